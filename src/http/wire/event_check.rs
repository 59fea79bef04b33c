//! Trying event scripts and bundles: the bodies that say what is tried in which run, and the answer, with all that is wrong and
//! the time line that comes of it. It stores nothing.

use civitas_actors::{EventProblem, NewRun};
use civitas_engine::{BundleOrder, BundleStep, Cause, Effect, EventBundle, EventScript, MAX_EFFECTS};
use civitas_store::EventStep;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::config::RunConfig;
use super::create::{CreateRun, check_name};
use super::event_script::{StepBody, steps_of};
use super::object::{Object, optional};
use super::scenario::{EffectBody, EffectInForce};
use crate::http::errors::{ApiError, ApiResult, ErrorCode};
use crate::keys::Identity;

/// What a script is called that is tried without a name.
const NAMELESS: &str = "script";

/// An event script to try.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TryEventScript {
    /// The project; of no consequence.
    pub project_id: Option<Uuid>,
    /// Its name.
    #[schema(max_length = 200)]
    pub name: Option<String>,
    /// What happens, in order.
    #[serde(default)]
    #[schema(value_type = Vec<EffectBody>, min_items = 1, max_items = 256, required = true)]
    pub effects: Vec<Object<EffectBody>>,
    /// The run that it is tried in: its model, data set and horizon decide. What is left out has a run's defaults.
    #[serde(default, deserialize_with = "optional")]
    pub config: Option<RunConfig>,
}

/// A bundle to try.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TryEventBundle {
    /// The project that its scripts belong to.
    #[schema(value_type = Uuid, required = true)]
    pub project_id: Option<Uuid>,
    /// Its name; of no consequence.
    #[schema(max_length = 200)]
    pub name: Option<String>,
    /// `parallel` or `sequential`.
    #[schema(default = "parallel", example = "parallel")]
    pub order: Option<String>,
    /// The scripts.
    #[serde(default)]
    #[schema(value_type = Vec<StepBody>, min_items = 1, max_items = 64, required = true)]
    pub scripts: Vec<Object<StepBody>>,
    /// The run that it is tried in. What is left out has a run's defaults.
    #[serde(default, deserialize_with = "optional")]
    pub config: Option<RunConfig>,
}

/// What would come of a script or a bundle in a run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventCheck {
    /// True where a run would take it.
    pub valid: bool,
    /// All that is wrong.
    pub problems: Vec<Problem>,
    /// The effects that a run would have, with its ticks; empty where they cannot be told.
    pub effects: Vec<EffectInForce>,
}

/// Something that is wrong with a script or a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = EventProblem)]
pub struct Problem {
    /// The place of the script in the bundle, from 0; null where no single one is to blame.
    pub step: Option<u32>,
    /// The place of the effect in its script, from 0; null where no single one is to blame.
    pub effect: Option<u32>,
    /// The code with which a run would be refused.
    pub error_code: ErrorCode,
    /// What is wrong, for people.
    pub detail: String,
}

impl TryEventScript {
    /// The run and the bundle of the one script; else what is wrong with the effects already.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` for what is wrong with the rest.
    pub fn parts(self, identity: Identity) -> ApiResult<Result<(NewRun, EventBundle), Vec<Problem>>> {
        let run = run_of(self.config, identity)?;
        let name = self.name.unwrap_or_else(|| NAMELESS.to_owned());
        check_name("name", &name)?;
        if !(1..=MAX_EFFECTS).contains(&self.effects.len()) {
            let detail = format!("effects must have between 1 and {MAX_EFFECTS} entries, not {}", self.effects.len());
            return Err(ApiError::invalid(detail));
        }
        let (mut effects, mut problems): (Vec<Effect>, Vec<Problem>) = (Vec::new(), Vec::new());
        for (place, Object(body)) in (0..).zip(self.effects) {
            match body.effect(&format!("effects[{place}]")) {
                Ok(effect) => effects.push(effect),
                Err(error) => problems.push(Problem {
                    step: None,
                    effect: Some(place),
                    error_code: error.code,
                    detail: error.detail,
                }),
            }
        }
        if !problems.is_empty() {
            return Ok(Err(problems));
        }
        let id = Uuid::nil().to_string();
        let script = EventScript { id: id.clone(), version: 0, name, effects };
        let steps = vec![BundleStep { script, offset_ticks: 0 }];
        Ok(Ok((run, EventBundle { id, version: 0, order: BundleOrder::Parallel, steps })))
    }
}

impl TryEventBundle {
    /// The run, the project, and the time line.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field.
    pub fn parts(self, identity: Identity) -> ApiResult<(NewRun, Uuid, BundleOrder, Vec<EventStep>)> {
        let run = run_of(self.config, identity)?;
        let project = self.project_id.ok_or_else(|| ApiError::invalid("project_id is required"))?;
        let (order, steps) = steps_of(self.order.as_deref(), self.scripts)?;
        Ok((run, project, order, steps))
    }
}

/// The run in which something is tried.
fn run_of(config: Option<RunConfig>, identity: Identity) -> ApiResult<NewRun> {
    let body = CreateRun { project_id: Some(Uuid::nil()), config, ..CreateRun::default() };
    let run = body.draft()?.into_new_run(identity)?;
    if !run.spec.effects.is_empty() || run.bundle.is_some() {
        let detail = "config.scenario_patch must have neither effects nor a bundle: what is tried is tried alone";
        return Err(ApiError::invalid(detail));
    }
    Ok(run)
}

impl EventCheck {
    /// What was found of effects that a run would have.
    pub fn of(effects: Vec<Effect>, problems: Vec<EventProblem>) -> Self {
        let problems = problems.into_iter().map(|(cause, error)| {
            let (step, effect) = cause.map(|Cause { step, effect, .. }| (step, effect)).unzip();
            let ApiError { code, detail, .. } = error.into();
            Problem { step, effect, error_code: code, detail }
        });
        let problems: Vec<_> = problems.collect();
        Self { valid: problems.is_empty(), problems, effects: effects.into_iter().map(EffectInForce::from).collect() }
    }

    /// What is wrong before there are effects.
    pub fn refused(problems: Vec<Problem>) -> Self {
        Self { valid: false, problems, effects: Vec::new() }
    }
}
