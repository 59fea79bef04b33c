//! A model whose behaviour is drawn: how an agent steps, what it shows, whom it writes to and what it reports follow from
//! a hash of the parameter `genome`. Nothing in it commutes, so that whatever comes in another order, twice or not at all,
//! shows in the state. It uses everything that the trait offers.

use civitas_engine::*;

/// Regions of the bundled data set.
const REGIONS: u64 = 51;

pub(crate) fn mix(hash: u64, word: u64) -> u64 {
    let mut z = (hash ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

pub(crate) struct Whim {
    genome: u64,
    letters: u64,
}

/// An agent: its segment and the size of its society are of its birth, and not saved.
#[derive(Clone, Copy)]
pub(crate) struct Fool {
    segment: u8,
    agents: u32,
    memory: u64,
    /// Settable, and not saved by the model.
    mood: f32,
}

impl State for Fool {
    type Saved = u64;

    fn save(&self) -> u64 {
        self.memory
    }

    fn load(&mut self, memory: u64) {
        self.memory = memory;
    }
}

/// What letters hold: a number and how sure one is of it.
type Note = (u16, f32);

impl Whim {
    /// A number below `below` that belongs to this genome, to `what` and to `of`.
    fn gene(&self, what: u64, of: u64, below: u64) -> u64 {
        mix(mix(self.genome, what), of) % below
    }

    fn look(&self, fool: &mut Fool, around: &Around<'_, u32, Note>, draws: &mut Draws<'_>) {
        let mut take = |word: u64| fool.memory = mix(fool.memory, word);
        let peers = around.peers;
        match self.gene(1, u64::from(fool.segment), 4) {
            0 => peers.iter().for_each(|peer| take(u64::from(peer))),
            1 => take(peers.pick(draws).map_or(0, u64::from)),
            2 if !peers.is_empty() => {
                let place = draws.below(peers.len() as u32) as usize;
                take(u64::from(peers.get(place)) << 32 | u64::from(peers.id(place)));
            }
            _ => take(peers.len() as u64),
        }
        for (way, letters) in [(3, around.mail), (5, around.bulletin)] {
            for letter in letters {
                let (number, sure) = letter.content;
                take(way << 60 | u64::from(number) << 32 | u64::from(letter.from));
                take(u64::from(sure.to_bits()));
            }
        }
        around.environment.iter().for_each(|value| take(u64::from(value.to_bits())));
        if self.gene(2, 0, 2) == 0 {
            around.society.iter().for_each(|mean| take(mean.to_bits()));
        }
        take(around.region as u64);
        take(u64::from(fool.mood.to_bits()));
    }

    fn write(&self, fool: &Fool, around: &Around<'_, u32, Note>, draws: &mut Draws<'_>) {
        for n in 0..mix(fool.memory, 7) % (self.letters + 1) {
            let word = mix(fool.memory, 100 + n);
            let note = ((word >> 20) as u16, (word >> 36) as f32 / 64.0);
            match self.gene(3, word % 16, 5) {
                0 => around.send(draws.below(fool.agents), note),
                1 if !around.peers.is_empty() => {
                    around.send(around.peers.id(word as usize % around.peers.len()), note);
                }
                2 => around.send_to_region(around.region, note),
                3 => around.send_to_region((word >> 8) as usize % REGIONS as usize, note),
                // Everybody to a few.
                _ => around.send((word >> 8) as u32 % fool.agents.min(5), note),
            }
        }
    }
}

impl Model for Whim {
    type Agent = Fool;
    type Published = u32;
    type Mail = Note;

    const NAME: &'static str = "whim";
    const VERSION: &'static str = "1";
    const DRAWS_PER_STEP: usize = 2;
    const DRAWS_AT_BIRTH: usize = 2;
    const SEGMENTS: &'static [&'static str] = &["one", "two", "three"];
    const PARAMETERS: &'static [Parameter] = &[
        Parameter::new("genome", "1", (0.0, 9_007_199_254_740_991.0), 0.0, "All that it does"),
        Parameter::new("letters", "per tick", (0.0, 40.0), 3.0, "The most letters of an agent"),
    ];
    const VARIABLES: &'static [Variable] = &[Variable { name: "weather", default: 0.5, description: "Weather" }];
    const METRICS: &'static [Metric] = &[Metric::share("low", "Low bits"), Metric::share("high", "High bits")];
    const TRAITS: &'static [Trait] = &[Trait {
        name: "mood",
        kind: TraitKind::Number { unit: "1", min: 0.0, max: 1.0 },
        settable: true,
        memory: true,
        description: "Mood",
    }];
    const EVENTS: &'static [EventKind] =
        &[EventKind { name: "rare", description: "Rare" }, EventKind { name: "common", description: "Common" }];
    const HEARS: bool = true;

    fn new(parameters: &Parameters) -> Self {
        Self { genome: parameters.exact("genome") as u64, letters: parameters.exact("letters") as u64 }
    }

    fn create(&self, newborn: Newborn, draws: &mut Draws<'_>) -> Fool {
        let segment = draws.below(3) as u8;
        // More than are ready, for some.
        let memory = (0..self.gene(4, u64::from(newborn.id), 4)).fold(0, |hash, _| mix(hash, draws.word().into()));
        Fool { segment, agents: newborn.agents, memory, mood: draws.unit() }
    }

    fn publish(&self, fool: &Fool) -> u32 {
        (fool.memory >> self.gene(5, fool.segment.into(), 32)) as u32
    }

    fn segment(&self, fool: &Fool) -> usize {
        fool.segment.into()
    }

    fn step(&self, fool: &mut Fool, around: Around<'_, u32, Note>, draws: &mut Draws<'_>) {
        self.look(fool, &around, draws);
        for _ in 0..self.gene(6, fool.memory % 8, 5) {
            fool.memory = mix(fool.memory, draws.word().into());
        }
        self.write(fool, &around, draws);
        for kind in [0, 1].into_iter().filter(|kind| self.gene(7, fool.memory, 50 - 45 * kind) == 0) {
            around.report(kind as usize, (fool.memory % 1_000) as f32 / 10.0);
        }
    }

    fn values(&self, fool: &Fool, values: &mut [f32]) {
        values[0] = (fool.memory & 0xff) as f32 / 255.0;
        values[1] = if self.gene(8, 0, 2) == 0 { (fool.memory >> 60) as f32 / 15.0 } else { fool.mood };
    }

    fn feedback(&self, base: &[f32], means: &[f64], now: &mut [f32]) {
        now[0] = base[0] + (means[0] - 0.5) as f32 * self.gene(9, 0, 5) as f32;
    }

    fn trait_value(&self, fool: &Fool, _: usize) -> f64 {
        fool.mood.into()
    }

    fn set_trait(&self, fool: &mut Fool, _: usize, value: f64) {
        fool.mood = value as f32;
    }

    fn hear(&self, fool: &mut Fool, message: Message, environment: &[f32]) {
        fool.memory = mix(fool.memory, u64::from((message.stance * environment[0]).to_bits()));
    }

    fn explain(&self, fool: &Fool, around: Around<'_, u32, Note>) -> String {
        around.send(0, (0, 0.0));
        around.report(0, 0.0);
        format!("I remember {:x} among {} peers.", fool.memory, around.peers.len())
    }
}
