//! What users ask of an ensemble, as plain data: copies of one persona, each going its own way in a given society, and a goal.
//! Owns what the copies find around them, as it is stored.

use serde::{Deserialize, Serialize};

use super::spec::{Goal, Persona};
use crate::error::{EngineError, Result};
use crate::scenario::Subject;
use crate::spec::{Activation, MAX_HORIZON_TICKS, RunSpec};

/// The most copies of a persona. The standard error of a share is at most 0.0005 with as many.
pub const MAX_COPIES: u32 = 1_000_000;

/// Independent copies of a persona: as many as the population has agents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ensemble {
    /// Who all of them are. It must have a region, unless the data set has only one.
    pub persona: Persona,
    /// The state that is to be reached.
    pub goal: Goal,
    /// What they find around them.
    pub around: Surroundings,
}

/// The society that copies live in: they are moved by it, and it knows nothing of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surroundings {
    /// What it was recorded from, for people.
    pub source: Option<String>,
    /// How many agents it has, where that is known: on a network where everybody listens to everybody.
    pub agents: Option<u32>,
    /// How it was at the end of each tick from 0 on; one entry alone holds in all ticks. Empty: the society stays as the model
    /// makes it at birth, in the environment of the scenario.
    pub ticks: Vec<Surrounding>,
}

/// A society at the end of a tick.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surrounding {
    /// Value of every variable that the next tick has in the persona's region, each in [0, 1]; shifts and effects come on top.
    pub environment: Vec<f32>,
    /// Mean of every metric over the persona's region.
    pub region: Vec<f64>,
    /// Mean of every metric over all agents.
    pub society: Vec<f64>,
}

impl Ensemble {
    /// Checks what does not depend on the model or the data set.
    pub(super) fn check(&self, spec: &RunSpec) -> Result<()> {
        let wrong = |field: &str, problem: String| Err(EngineError::invalid(field, problem));
        let copies = spec.population.agents;
        if !(1..=MAX_COPIES).contains(&copies) {
            return wrong("target.copies", format!("must be between 1 and {MAX_COPIES}, not {copies}"));
        }
        if spec.activation == Activation::One {
            let problem = "must be all, or be left out: copies go their ways beside each other".to_owned();
            return wrong("scheduler.activation", problem);
        }
        if spec.workflow.is_some() {
            return wrong("target", "cannot be asked of an experiment".to_owned());
        }
        for (place, effect) in spec.effects.iter().enumerate() {
            if effect.precondition.as_ref().is_some_and(|when| matches!(when.subject, Subject::Metric(_))) {
                let problem = "cannot look at a metric: what copies come to must not reach other copies".to_owned();
                return wrong(&format!("scenario_patch.effects[{place}].precondition"), problem);
            }
        }
        self.goal.check("target.goal")?;
        let ticks = self.around.ticks.len();
        if ticks > MAX_HORIZON_TICKS as usize + 1 {
            return wrong("target.society", format!("must be recorded for at most {MAX_HORIZON_TICKS} ticks"));
        }
        if ticks > 1 && (spec.horizon_ticks as usize) >= ticks {
            let problem = format!(
                "must be at most {}, as long as the society was recorded, not {}",
                ticks - 1,
                spec.horizon_ticks
            );
            return wrong("horizon_ticks", problem);
        }
        for around in &self.around.ticks {
            let sound = around.environment.iter().all(|value| (0.0..=1.0).contains(value));
            if !sound || around.region.iter().chain(&around.society).any(|mean| !mean.is_finite()) {
                return wrong("target.society", "must have environments between 0 and 1 and finite means".to_owned());
            }
        }
        Ok(())
    }
}
