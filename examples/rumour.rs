//! A rumour told by letters, after Maki and Thompson (1973): whoever tells it to one who knows it already may tire of
//! telling. An answer takes two ticks to come back, so that fewer stay ignorant than their 0.203. It shows typed mail and
//! events, on any network, and is a civitas with all its commands.
//!
//! ```text
//! cargo run --release --example rumour -- run examples/rumour.toml
//! ```

use std::process::ExitCode;

use civitas::engine::{Around, Catalogue, Draws, EventKind, Letter, Metric, Model, Newborn, Parameter, Parameters};

const IGNORANT: u8 = 0;
const SPREADER: u8 = 1;
const STIFLER: u8 = 2;

/// What a letter says: the rumour, or that its reader is the last to know.
const RUMOUR: u8 = 0;
const OLD_NEWS: u8 = 1;

/// Places in [`Rumour::EVENTS`].
const HEARD: usize = 0;
const TIRED: usize = 1;

/// Spreaders write to one of their peers in every tick, and now and then to their whole region.
struct Rumour {
    tiring: f32,
    broadcast: f32,
    initial_share: f32,
}

/// How many of these letters say this.
fn count(letters: &[Letter<u8>], said: u8) -> usize {
    letters.iter().filter(|letter| letter.content == said).count()
}

impl Model for Rumour {
    type Agent = u8;
    type Published = ();
    type Mail = u8;

    const NAME: &'static str = "rumour";
    const VERSION: &'static str = "1";
    const DRAWS_PER_STEP: usize = 3;
    const PARAMETERS: &'static [Parameter] = &[
        Parameter::share("tiring", 1.0, "Chance that a spreader who wrote to one who knew it stops telling"),
        Parameter::share("broadcast", 0.0, "Chance per tick that a spreader tells its whole region"),
        Parameter::share("initial_share", 0.001, "Share of agents that begin as spreaders"),
    ];
    const METRICS: &'static [Metric] = &[
        Metric::share("ignorant", "Agents that do not know it"),
        Metric::share("spreading", "Agents that tell it"),
        Metric::share("stifling", "Agents that know it and keep it to themselves"),
    ];
    const EVENTS: &'static [EventKind] = &[
        EventKind { name: "heard", description: "An agent hears the rumour, from so many at once" },
        EventKind { name: "tired", description: "A spreader stops telling, told off by so many at once" },
    ];

    fn new(parameters: &Parameters) -> Self {
        let [tiring, broadcast, initial_share] =
            ["tiring", "broadcast", "initial_share"].map(|name| parameters.get(name));
        Self { tiring, broadcast, initial_share }
    }

    fn create(&self, newborn: Newborn, _: &mut Draws<'_>) -> u8 {
        if newborn.among(self.initial_share) { SPREADER } else { IGNORANT }
    }

    fn publish(&self, _: &u8) {}

    fn step(&self, stage: &mut u8, around: Around<'_, (), u8>, draws: &mut Draws<'_>) {
        let told = count(around.mail, RUMOUR) + count(around.bulletin, RUMOUR);
        let told_off = count(around.mail, OLD_NEWS);
        let (tires, broadcasts) = (draws.chance(self.tiring), draws.chance(self.broadcast));
        if *stage == IGNORANT {
            if told > 0 {
                *stage = SPREADER;
                around.report(HEARD, told as f32);
            }
            return;
        }
        for letter in around.mail.iter().filter(|letter| letter.content == RUMOUR) {
            around.send(letter.from, OLD_NEWS);
        }
        if *stage == SPREADER && told_off > 0 && tires {
            *stage = STIFLER;
            around.report(TIRED, told_off as f32);
        }
        if *stage == SPREADER && !around.peers.is_empty() {
            let place = draws.below(around.peers.len() as u32) as usize;
            around.send(around.peers.id(place), RUMOUR);
        }
        if *stage == SPREADER && broadcasts {
            around.send_to_region(around.region, RUMOUR);
        }
    }

    fn values(&self, stage: &u8, values: &mut [f32]) {
        values[usize::from(*stage)] = 1.0;
    }
}

fn main() -> ExitCode {
    let mut catalogue = Catalogue::default();
    catalogue.register::<Rumour>();
    civitas::cli::main_with(catalogue)
}
