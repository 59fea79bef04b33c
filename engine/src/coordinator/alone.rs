//! What steps of an experiment come to that partitions have no part in: they follow from the specification.

use super::World;
use crate::workflow::{Action, Deed, StepResult};

/// A 32-bit number as people wrote it: 0.55, not 0.550000011920929.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(value.into())
}

/// What a step that partitions have no part in comes to.
pub(super) fn result_alone(world: &World, step: u32, before: f32) -> Option<StepResult> {
    let action = &world.spec.workflow.as_ref()?.steps[step as usize];
    Some(match action {
        Action::Run { ticks, seconds_per_tick } => StepResult::Run { ticks: *ticks, ticks_per_step: *seconds_per_tick },
        Action::Environment { key, value, .. } => StepResult::Environment {
            key: key.clone(),
            before: shortest(before),
            value: *value,
            regions: match &world.script.as_ref()?.steps[step as usize].deed {
                Deed::Environment { regions: Some(wanted), .. } => {
                    wanted.iter().filter(|&&wanted| wanted).count() as u64
                }
                _ => world.layout.regions() as u64,
            },
        },
        Action::Extract(extractor) => StepResult::Metric { name: extractor.name.clone() },
        _ => return None,
    })
}
