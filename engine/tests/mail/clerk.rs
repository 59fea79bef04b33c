//! Agents that write letters by a rule known to everybody, so that what each must read can be worked out by hand, and the
//! hand's reckoning itself.

use civitas_engine::*;

/// Whom a letter is to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum To {
    Agent(u32),
    Region(usize),
}

/// Regions of the data set of these tests; nobody lives in the second.
pub(crate) const REGIONS: usize = 4;

pub(crate) fn mix(hash: u64, word: u64) -> u64 {
    let mut z = (hash ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn key(id: u32, tick: u32, what: u64) -> u64 {
    mix(mix(u64::from(id), u64::from(tick)), what)
}

/// What agent `id` of `agents` writes in the step after `tick`: up to five letters, some to itself, some to regions.
pub(crate) fn letters_of(id: u32, tick: u32, agents: u32) -> Vec<(To, u32)> {
    let number = key(id, tick, 1) % 6;
    let letter = |n| {
        let word = key(id, tick, 100 + n);
        let to = match word % 8 {
            0 => To::Region((word >> 8) as usize % REGIONS),
            1 => To::Agent(id),
            // Some are written to by many.
            2 | 3 => To::Agent((word >> 8) as u32 % agents.min(3)),
            _ => To::Agent((word >> 8) as u32 % agents),
        };
        (to, (word >> 40) as u32)
    };
    (0..number).map(letter).collect()
}

/// What it reports in that step.
pub(crate) fn events_of(id: u32, tick: u32) -> Vec<(usize, f32)> {
    let number = key(id, tick, 2) % 3;
    let event = |n| (key(id, tick, 200 + n) as usize % 3, (key(id, tick, 300 + n) % 1_000) as f32 / 8.0);
    (0..number).filter(|_| tick > 0).map(event).collect()
}

/// The model.
pub(crate) struct Clerks;

#[derive(Clone, Copy)]
pub(crate) struct Clerk {
    agents: u32,
    kept: Kept,
}

/// A hash of all that was read, in order; how many letters that were; how often the agent acted.
pub(crate) type Kept = (u64, u32, u32);

impl State for Clerk {
    type Saved = Kept;

    fn save(&self) -> Kept {
        self.kept
    }

    fn load(&mut self, kept: Kept) {
        self.kept = kept;
    }
}

/// The hash after a letter: the order counts, and by which way it came.
pub(crate) fn read(hash: u64, way: u64, from: u32, content: u32) -> u64 {
    mix(mix(mix(hash, way), u64::from(from)), u64::from(content))
}

/// The hash after a message of an experiment.
pub(crate) fn heard(hash: u64) -> u64 {
    mix(hash, 77)
}

impl Model for Clerks {
    type Agent = Clerk;
    type Published = ();
    type Mail = u32;

    const NAME: &'static str = "clerks";
    const VERSION: &'static str = "1";
    const METRICS: &'static [Metric] = &[Metric { name: "read", unit: "letters", description: "" }];
    const EVENTS: &'static [EventKind] = &[
        EventKind { name: "a", description: "A happens" },
        EventKind { name: "b", description: "B happens" },
        EventKind { name: "c", description: "C happens" },
    ];
    const HEARS: bool = true;

    fn new(_: &Parameters) -> Self {
        Self
    }

    fn create(&self, newborn: Newborn, _: &mut Draws<'_>) -> Clerk {
        Clerk { agents: newborn.agents, kept: (u64::from(newborn.id), 0, 0) }
    }

    fn publish(&self, _: &Clerk) {}

    fn step(&self, clerk: &mut Clerk, around: Around<'_, (), u32>, _: &mut Draws<'_>) {
        let (hash, letters, steps) = &mut clerk.kept;
        for (way, mail) in [(1, around.mail), (2, around.bulletin)] {
            for letter in mail {
                *hash = read(*hash, way, letter.from, letter.content);
                *letters += 1;
            }
        }
        *steps += 1;
        for (to, content) in letters_of(around.id, around.tick, clerk.agents) {
            match to {
                To::Agent(id) => around.send(id, content),
                To::Region(region) => around.send_to_region(region, content),
            }
        }
        for (kind, value) in events_of(around.id, around.tick) {
            around.report(kind, value);
        }
    }

    fn values(&self, clerk: &Clerk, values: &mut [f32]) {
        values[0] = (clerk.kept.1 % 1_000) as f32;
    }

    fn hear(&self, clerk: &mut Clerk, _: Message, _: &[f32]) {
        clerk.kept.0 = heard(clerk.kept.0);
    }

    fn explain(&self, _: &Clerk, around: Around<'_, (), u32>) -> String {
        // Words are no deeds: none of this may reach anybody.
        assert!(around.mail.is_empty() && around.bulletin.is_empty());
        around.send(0, 1);
        around.send_to_region(0, 1);
        around.report(0, 1.0);
        "I write letters.".to_owned()
    }
}

/// All agents as they must be, reckoned from the rule alone.
pub(crate) struct Ledger {
    pub(crate) kept: Vec<Kept>,
    /// The region of every agent.
    regions: Vec<usize>,
    tick: u32,
    /// What each was sent in the last tick, and what each region was.
    mail: Vec<Vec<(u32, u32)>>,
    bulletins: Vec<Vec<(u32, u32)>>,
    /// Everything reported: tick, agent, kind, value.
    pub(crate) events: Vec<(u32, u32, usize, f32)>,
}

impl Ledger {
    pub(crate) fn new(regions: Vec<usize>) -> Self {
        let agents = regions.len();
        let kept = (0..agents as u64).map(|id| (id, 0, 0)).collect();
        let (mail, bulletins) = (vec![Vec::new(); agents], vec![Vec::new(); REGIONS]);
        Self { kept, regions, tick: 0, mail, bulletins, events: Vec::new() }
    }

    /// A tick in which those act of whom `acts` says so.
    pub(crate) fn step(&mut self, acts: impl Fn(u32) -> bool) {
        let agents = self.kept.len() as u32;
        let mail = std::mem::replace(&mut self.mail, vec![Vec::new(); agents as usize]);
        let bulletins = std::mem::replace(&mut self.bulletins, vec![Vec::new(); REGIONS]);
        for id in (0..agents).filter(|&id| acts(id)) {
            let place = id as usize;
            let (hash, letters, steps) = &mut self.kept[place];
            for (way, all) in [(1, &mail[place]), (2, &bulletins[self.regions[place]])] {
                for &(from, content) in all {
                    *hash = read(*hash, way, from, content);
                    *letters += 1;
                }
            }
            *steps += 1;
            for (to, content) in letters_of(id, self.tick, agents) {
                match to {
                    To::Agent(to) => self.mail[to as usize].push((id, content)),
                    To::Region(to) => self.bulletins[to].push((id, content)),
                }
            }
            let events = events_of(id, self.tick).into_iter();
            self.events.extend(events.map(|(kind, value)| (self.tick + 1, id, kind, value)));
        }
        self.tick += 1;
    }
}
