//! What models of an opinion in [0, 1] have in common: how it begins, how it is measured, and that experiments can ask for
//! it. What becomes of it is each model's own.

use crate::draws::Draws;
use crate::model::{Metric, Newborn, Parameter, Trait, TraitKind};

/// Whether opinions begin by id or by chance; see [`initial`].
pub(super) const SPACED: Parameter =
    Parameter::switch("spaced", false, "1: opinions begin evenly spaced by id, else uniformly at random");

/// See [`crate::Model::METRICS`] and [`measure`].
pub(super) const METRICS: &[Metric] = &[
    Metric { name: "opinion", unit: "opinion, 0 to 1", description: "Mean opinion" },
    Metric {
        name: "square",
        unit: "opinion squared",
        description: "Mean squared opinion: the variance is this minus the mean's square",
    },
];

/// See [`crate::Model::TRAITS`]: one, whose value is the opinion.
pub(super) const TRAITS: &[Trait] = &[Trait {
    name: "opinion",
    kind: TraitKind::Number { unit: "1", min: 0.0, max: 1.0 },
    settable: true,
    memory: true,
    description: "What the agent thinks",
}];

/// An agent's opinion at its birth.
pub(super) fn initial(spaced: bool, newborn: Newborn, draws: &mut Draws<'_>) -> f64 {
    if spaced { newborn.place() } else { f64::from(draws.unit()) }
}

/// See [`crate::Model::values`].
#[inline]
pub(super) fn measure(opinion: f64, values: &mut [f32]) {
    values[0] = opinion as f32;
    values[1] = (opinion * opinion) as f32;
}
