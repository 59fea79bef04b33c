//! `bass`: something new is adopted, well mixed (Bass 1969, "A new product growth for model consumer durables",
//! Management Science 15).
//!
//! Whoever has not adopted does so in a tick with probability p + q F, where p is `innovation`, q `imitation` and F the
//! share of all agents that have. For small p and q per tick, F(t) = (1 - e^{-(p+q)t}) / (1 + (q/p) e^{-(p+q)t}), and
//! adoptions peak at t* = ln(q/p) / (p+q).

use crate::draws::Draws;
use crate::model::{Around, Metric, Model, Newborn, Parameter, Parameters, Report, Trait, TraitKind, Variable};

/// The model; see the module's documentation for its equation.
#[derive(Clone, Debug)]
pub struct Bass {
    innovation: f32,
    imitation: f32,
    initial_share: f64,
}

impl Model for Bass {
    /// Has adopted.
    type Agent = bool;
    type Published = ();
    type Mail = ();

    const NAME: &'static str = "bass";
    const VERSION: &'static str = "1";
    const MEETS_STRANGERS: bool = true;

    const PARAMETERS: &'static [Parameter] = &[
        Parameter::new("innovation", "per tick", (0.0, 1.0), 0.001, "Chance of adopting by oneself (p)"),
        Parameter::new("imitation", "per tick", (0.0, 1.0), 0.05, "Chance of adopting because all others have (q)"),
        Parameter::share("initial_share", 0.0, "Share of agents that have adopted at the start"),
    ];

    const VARIABLES: &'static [Variable] = &[Variable {
        name: "promotion",
        default: 0.5,
        description: "Advertising: doubles innovation at 1, ends it at 0",
    }];

    const METRICS: &'static [Metric] = &[Metric::share("adopted", "Agents that have adopted")];

    const REPORT: Report = Report {
        milestones: &[(0, 0.16, "Adoption passes 16 %"), (0, 0.5, "Adoption passes 50 %")],
        swings: &[(0, "adoption_surge")],
        ..Report::EVERY_METRIC
    };

    const TRAITS: &'static [Trait] = &[Trait {
        name: "adopted",
        kind: TraitKind::Flag,
        settable: true,
        memory: false,
        description: "Has adopted; a new round begins as at birth",
    }];

    fn new(parameters: &Parameters) -> Self {
        Self {
            innovation: parameters.get("innovation"),
            imitation: parameters.get("imitation"),
            initial_share: parameters.exact("initial_share"),
        }
    }

    fn create(&self, newborn: Newborn, _: &mut Draws<'_>) -> bool {
        newborn.among(self.initial_share)
    }

    fn publish(&self, _: &bool) {}

    #[inline]
    fn step(&self, adopted: &mut bool, around: Around<'_, ()>, draws: &mut Draws<'_>) {
        *adopted |= draws.chance(self.hazard(&around));
    }

    #[inline]
    fn values(&self, adopted: &bool, values: &mut [f32]) {
        values[0] = f32::from(u8::from(*adopted));
    }

    fn trait_value(&self, adopted: &bool, _: usize) -> f64 {
        f64::from(u8::from(*adopted))
    }

    fn set_trait(&self, adopted: &mut bool, _: usize, value: f64) {
        *adopted = value != 0.0;
    }

    fn explain(&self, adopted: &bool, around: Around<'_, ()>) -> String {
        let have = if *adopted { "have" } else { "have not" };
        let share = 100.0 * around.society[0];
        let chance = 100.0 * self.hazard(&around);
        format!(
            "I {have} adopted. {share:.2} % of all have, so that the chance of adopting in a tick is {chance:.2} %."
        )
    }
}

impl Bass {
    #[inline]
    fn hazard(&self, around: &Around<'_, ()>) -> f32 {
        self.innovation * 2.0 * around.environment[0] + self.imitation * around.society[0] as f32
    }
}
