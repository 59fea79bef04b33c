//! Event scripts and bundles of them: named effects that are written once, put on a time line, and compiled into the effects of
//! a run. Owns when each script begins; what an effect does, and what of it a run refuses, is as of any other.
//!
//! A script's ticks count from its own beginning. A run has the compiled effects alone, each of which says what it came from:
//! no script that is changed afterwards changes a run.

use serde::{Deserialize, Serialize};

use super::effect::{Effect, MAX_EFFECTS};
use crate::error::{EngineError, Result};

/// The most scripts of a bundle.
pub const MAX_BUNDLE_SCRIPTS: usize = 64;

/// Where a bundle stands in what users write. One that is written out in the scenario has an id that names its content, a UUID of
/// version 8 (RFC 9562).
pub(super) fn field_of(id: &str) -> &'static str {
    match id.as_bytes().get(14) {
        Some(b'8') => "scenario_patch.event_bundle",
        _ => "scenario_patch.event_bundle_id",
    }
}

/// What an effect came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Id of the bundle.
    pub bundle: String,
    /// Which of the bundle's scripts, from 0; a script may stand in a bundle more than once.
    pub step: u32,
    /// Id of the script.
    pub script_id: String,
    /// The script's version.
    pub script_version: u32,
    /// Name of the script, for people.
    pub script: String,
    /// Which of the script's effects, from 0.
    pub effect: u32,
}

/// Effects under a name. Their ticks count from the script's beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct EventScript {
    /// Names it among others.
    pub id: String,
    /// How often it was changed, from 1.
    pub version: u32,
    /// A name for people.
    pub name: String,
    /// What happens, in order.
    pub effects: Vec<Effect>,
}

/// When the scripts of a bundle begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BundleOrder {
    /// Each at its offset from the bundle's beginning.
    #[default]
    Parallel,
    /// Each at its offset from the end of the one before, the first from the bundle's beginning.
    Sequential,
}

/// A script with its place on the time line.
#[derive(Clone, Debug, PartialEq)]
pub struct BundleStep {
    /// The script.
    pub script: EventScript,
    /// Ticks after the bundle's beginning, or after the end of the script before.
    pub offset_ticks: u32,
}

/// Scripts that are applied together.
#[derive(Clone, Debug, PartialEq)]
pub struct EventBundle {
    /// Names it among others.
    pub id: String,
    /// How often it was changed, from 1.
    pub version: u32,
    /// When its scripts begin.
    pub order: BundleOrder,
    /// The scripts.
    pub steps: Vec<BundleStep>,
}

/// The bundle that a run's scenario applied last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppliedBundle {
    /// The bundle.
    pub id: String,
    /// Its version then.
    pub version: u32,
    /// Its impact is the difference from the same run without its effects.
    pub attribution: bool,
}

impl Cause {
    /// True for effects that are told of as one: of one script in one place of a bundle.
    pub(crate) fn is_of_one_script(&self, other: &Self) -> bool {
        (&self.bundle, self.step, &self.script_id) == (&other.bundle, other.step, &other.script_id)
    }
}

impl BundleOrder {
    /// Both orders.
    pub const ALL: [Self; 2] = [Self::Parallel, Self::Sequential];

    /// The word used in configurations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parallel => "parallel",
            Self::Sequential => "sequential",
        }
    }
}

impl EventScript {
    /// The first tick, counted from its beginning, at which nothing of it is felt any more; `None` where some effect has no end,
    /// or waits for a condition without one.
    pub fn lasts_ticks(&self) -> Option<u32> {
        let ends = self.effects.iter().map(|effect| {
            // When one with a precondition begins is not known, so that its course says nothing.
            let course = effect.intensity.lasts_ticks().filter(|_| effect.precondition.is_none());
            let faded = course.map(|ticks| effect.begins().saturating_add(ticks));
            match (effect.until_tick, faded) {
                (Some(until), Some(faded)) => Some(until.min(faded)),
                (until, faded) => until.or(faded),
            }
        });
        ends.collect::<Option<Vec<_>>>()?.into_iter().max()
    }
}

impl EventBundle {
    /// The effects of all scripts, in their order, of a bundle that begins at `from_tick`.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] where a script in a sequence comes after one that never ends, or where these are more than
    /// [`MAX_EFFECTS`].
    pub fn compile(&self, from_tick: u32) -> Result<Vec<Effect>> {
        let mut effects = Vec::new();
        let mut end = Some(from_tick);
        for (step, BundleStep { script, offset_ticks }) in (0..).zip(&self.steps) {
            let start = match (self.order, end) {
                (BundleOrder::Parallel, _) => from_tick,
                (BundleOrder::Sequential, Some(end)) => end,
                (BundleOrder::Sequential, None) => return Err(self.endless(step)),
            };
            let start = start.saturating_add(*offset_ticks);
            end = script.lasts_ticks().map(|ticks| start.saturating_add(ticks));
            effects.extend(self.placed(step, script, start));
        }
        if effects.len() > MAX_EFFECTS {
            let problem =
                format!("has scripts with {} effects in all, and a run has at most {MAX_EFFECTS}", effects.len());
            return Err(EngineError::invalid(field_of(&self.id), problem));
        }
        Ok(effects)
    }

    /// The effects of the script in this place, which begins at `start`.
    fn placed(&self, step: u32, script: &EventScript, start: u32) -> impl Iterator<Item = Effect> {
        (0..).zip(&script.effects).map(move |(place, effect)| Effect {
            from_tick: Some(start.saturating_add(effect.begins())),
            until_tick: effect.until_tick.map(|until| start.saturating_add(until)),
            cause: Some(Cause {
                bundle: self.id.clone(),
                step,
                script_id: script.id.clone(),
                script_version: script.version,
                script: script.name.clone(),
                effect: place,
            }),
            ..effect.clone()
        })
    }

    /// What is said where the script in this place has to wait for ever.
    fn endless(&self, step: u32) -> EngineError {
        let name = |step: usize| self.steps.get(step).map(|step| step.script.name.as_str()).unwrap_or_default();
        let step = step as usize;
        let (before, this) = (name(step.saturating_sub(1)), name(step));
        let problem = format!(
            "runs its scripts one after the other, and {before:?}, after which {this:?} comes, never ends: give each of its effects an \
             until_tick, or an intensity that comes to nothing, or choose the order parallel"
        );
        EngineError::invalid(field_of(&self.id), problem)
    }
}

#[cfg(test)]
#[path = "bundle_tests.rs"]
mod tests;
