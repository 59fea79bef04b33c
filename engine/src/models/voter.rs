//! `voter`: agents copy each other (Clifford & Sudbury 1973; Holley & Liggett 1975).
//!
//! An agent that acts takes the opinion of one of those that it listens to, each as likely as the others; one without any
//! keeps its own. With `scheduler.activation` = `one` a single agent acts in a tick, which is the model's usual clock: on a
//! complete network of N agents the number of those with opinion A is then a birth-death chain, whose mean time to
//! consensus is known exactly (Sood & Redner 2005).

use crate::draws::Draws;
use crate::model::{Around, Metric, Model, Newborn, Parameter, Parameters, Report, Trait, TraitKind};

/// The model; see the module's documentation for its rule.
#[derive(Clone, Debug)]
pub struct Voter {
    initial_share: f64,
    noise: f32,
}

impl Model for Voter {
    /// Is of opinion A.
    type Agent = bool;
    type Published = bool;
    type Mail = ();

    const NAME: &'static str = "voter";
    const VERSION: &'static str = "1";
    const DRAWS_PER_STEP: usize = 2;
    const MEETS_STRANGERS: bool = true;

    const PARAMETERS: &'static [Parameter] = &[
        Parameter::share("initial_share", 0.5, "Share of agents with opinion A at the start"),
        Parameter::new(
            "noise",
            "per act",
            (0.0, 1.0),
            0.0,
            "Chance of taking an opinion at random instead (Kirman 1993)",
        ),
    ];

    const METRICS: &'static [Metric] = &[Metric::share("opinion_a", "Agents with opinion A")];

    const REPORT: Report = Report { swings: &[(0, "swing")], ..Report::EVERY_METRIC };

    const TRAITS: &'static [Trait] = &[Trait {
        name: "opinion_a",
        kind: TraitKind::Flag,
        settable: true,
        memory: true,
        description: "Is of opinion A rather than B",
    }];

    fn new(parameters: &Parameters) -> Self {
        Self { initial_share: parameters.exact("initial_share"), noise: parameters.get("noise") }
    }

    fn create(&self, newborn: Newborn, _: &mut Draws<'_>) -> bool {
        newborn.among(self.initial_share)
    }

    #[inline]
    fn publish(&self, opinion: &bool) -> bool {
        *opinion
    }

    #[inline]
    fn step(&self, opinion: &mut bool, around: Around<'_, bool>, draws: &mut Draws<'_>) {
        if self.noise > 0.0 && draws.chance(self.noise) {
            *opinion = draws.chance(0.5);
        } else if let Some(other) = around.peers.pick(draws) {
            *opinion = other;
        }
    }

    #[inline]
    fn values(&self, opinion: &bool, values: &mut [f32]) {
        values[0] = f32::from(u8::from(*opinion));
    }

    fn trait_value(&self, opinion: &bool, _: usize) -> f64 {
        f64::from(u8::from(*opinion))
    }

    fn set_trait(&self, opinion: &mut bool, _: usize, value: f64) {
        *opinion = value != 0.0;
    }

    fn stranger(&self, means: &[f64], draws: &mut Draws<'_>) -> bool {
        draws.chance(means[0] as f32)
    }

    fn explain(&self, opinion: &bool, around: Around<'_, bool>) -> String {
        let own = if *opinion { "A" } else { "B" };
        let (like, of) = (around.peers.iter().filter(|&other| other).count(), around.peers.len());
        format!(
            "I am of opinion {own}. Of the {of} others that I listen to {like} are of opinion A, and I copy one of them."
        )
    }
}
