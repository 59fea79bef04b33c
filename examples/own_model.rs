//! A model of one's own, in a crate of one's own: SIR on a network, and a civitas with all its commands around it.
//!
//! ```text
//! cargo run --release --example own_model -- run examples/sir.toml
//! cargo run --release --example own_model -- serve
//! ```

use std::process::ExitCode;

use civitas::engine::{Around, Catalogue, Draws, Metric, Model, Newborn, Parameter, Parameters};

const SUSCEPTIBLE: u8 = 0;
const INFECTIOUS: u8 = 1;
const RECOVERED: u8 = 2;

/// Susceptible agents catch it from those that they listen to; infectious ones recover.
struct Sir {
    transmission: f32,
    recovery: f32,
    initial_share: f32,
}

impl Model for Sir {
    type Agent = u8;
    type Published = u8;
    type Mail = ();

    const NAME: &'static str = "sir";
    const VERSION: &'static str = "1";
    const PARAMETERS: &'static [Parameter] = &[
        Parameter::new("transmission", "per contact and tick", (0.0, 1.0), 0.05, "Chance that a contact infects"),
        Parameter::new("recovery", "per tick", (0.0, 1.0), 0.1, "Chance of recovering"),
        Parameter::share("initial_share", 0.01, "Share of agents that begin infectious"),
    ];
    const METRICS: &'static [Metric] = &[
        Metric::share("susceptible", "Agents that can catch it"),
        Metric::share("infectious", "Agents that pass it on"),
        Metric::share("recovered", "Agents that had it"),
    ];

    fn new(parameters: &Parameters) -> Self {
        let [transmission, recovery, initial_share] =
            ["transmission", "recovery", "initial_share"].map(|name| parameters.get(name));
        Self { transmission, recovery, initial_share }
    }

    fn create(&self, newborn: Newborn, _: &mut Draws<'_>) -> u8 {
        if newborn.among(self.initial_share) { INFECTIOUS } else { SUSCEPTIBLE }
    }

    fn publish(&self, stage: &u8) -> u8 {
        *stage
    }

    fn step(&self, stage: &mut u8, around: Around<'_, u8>, draws: &mut Draws<'_>) {
        let contacts = around.peers.iter().filter(|&peer| peer == INFECTIOUS);
        *stage = match *stage {
            SUSCEPTIBLE if draws.chance(1.0 - contacts.fold(1.0, |escape, _| escape * (1.0 - self.transmission))) => {
                INFECTIOUS
            }
            INFECTIOUS if draws.chance(self.recovery) => RECOVERED,
            stage => stage,
        };
    }

    fn values(&self, stage: &u8, values: &mut [f32]) {
        values[usize::from(*stage)] = 1.0;
    }
}

fn main() -> ExitCode {
    let mut catalogue = Catalogue::default();
    catalogue.register::<Sir>();
    civitas::cli::main_with(catalogue)
}
