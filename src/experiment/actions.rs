//! From a step to what the engine does: required fields, defaults and amounts, type by type. Whether names exist, and
//! what a model can hear or be asked, is the engine's to check.

use civitas_engine::{Action, Extractor, MAX_WORKFLOW_TICKS, Method, Target, Value};

use super::environment::{Clock, seconds_per_tick};
use super::step::Step;
use super::target::{TargetBody, ids};
use super::value::{Scalar, check_description, number, required, text, whole};
use super::{invalid, unsupported};
use crate::http::errors::ApiResult;
use crate::http::wire::number::{Number, Whole};

/// A step in the engine's words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Done {
    pub(super) action: Action,
    /// For surveys: where each question stands below the step's survey.
    pub(super) places: Vec<String>,
}

impl From<Action> for Done {
    fn from(action: Action) -> Self {
        Self { action, places: Vec::new() }
    }
}

/// What the step at `path` does.
pub(super) fn action(step: Step, path: &str, clock: Clock) -> ApiResult<Done> {
    let kind = step.checked_type(path)?;
    check_description(path, step.description.as_deref())?;
    let at = |field: &str| format!("{path}.{field}");
    let key = |given| text(&at("key"), given);
    let target = |given: Option<TargetBody>| {
        let given = given.ok_or_else(|| {
            invalid(
                at("target_agent"),
                "is required: a list of ids, an object with agent_class or filter_str, or \"all\"",
            )
        })?;
        given.target(&at("target_agent"))
    };
    Ok(match kind {
        "run" => run_days(path, &step, clock)?.into(),
        "step" => {
            let ticks = whole(&at("steps"), step.steps.unwrap_or(Whole(1)), (1, MAX_WORKFLOW_TICKS.into()))?;
            Action::Run { ticks, seconds_per_tick: pace(path, &step, clock)? }.into()
        }
        "environment" => {
            let value = match required(&at("value"), step.value)? {
                Scalar::Number(value) => value,
                other => return Err(invalid(at("value"), format!("must be a number, not {other}"))),
            };
            if step.regions.as_ref().is_some_and(Vec::is_empty) {
                return Err(invalid(at("regions"), "must name at least one region; leave it out for all"));
            }
            Action::Environment { key: key(step.key)?, value, regions: step.regions.unwrap_or_default() }.into()
        }
        "update_state" => {
            let (key, value) = (key(step.key)?, Value::from(required(&at("value"), step.value)?));
            Action::UpdateState { key, value, target: target(step.target_agent)? }.into()
        }
        "message" => {
            let text = text(&at("intervene_message"), step.intervene_message)?;
            let stance = step.stance.ok_or_else(|| {
                unsupported(
                    at("stance"),
                    "is required: reading a text needs a language model, so say what it stands for, from -1 to 1",
                )
            })?;
            let stance = number(&at("stance"), stance, (-1.0, 1.0))?;
            let strength = number(&at("strength"), step.strength.unwrap_or(Number(1.0)), (0.0, 1.0))?;
            Action::Message { text, stance, strength, target: target(step.target_agent)? }.into()
        }
        "survey" => {
            let asking = required(&at("survey"), step.survey)?.asking(&at("survey"))?;
            let target = target(step.target_agent)?;
            let action = Action::Survey { title: asking.title, questions: asking.questions, target };
            Done { action, places: asking.places }
        }
        "interview" => {
            let text = text(&at("interview_message"), step.interview_message)?;
            let path = at("target_agent");
            let agents = match required(&path, step.target_agent)? {
                TargetBody::Ids(given) => ids(&path, given)?,
                _ => return Err(invalid(path, "must be a list of ids: interviews are with one agent at a time")),
            };
            Action::Interview { text, agents }.into()
        }
        "next_round" => Action::NextRound.into(),
        _ => {
            let every = (step.method, step.step_interval);
            let extractor = extractor(path, (step.name, step.key), every, step.target_agent)?;
            Action::Extract(extractor).into()
        }
    })
}

/// A metric that is extracted, with its defaults.
pub(super) fn extractor(
    path: &str,
    (name, key): (Option<String>, Option<String>),
    (method, step_interval): (Option<String>, Option<Whole>),
    target_agent: Option<TargetBody>,
) -> ApiResult<Extractor> {
    let key = text(&format!("{path}.key"), key)?;
    let (word, method) = match method.as_deref() {
        None | Some("mean") => ("mean", Method::Mean),
        Some("sum") => ("sum", Method::Sum),
        Some("max") => ("max", Method::Max),
        Some("min") => ("min", Method::Min),
        Some(other) => {
            return Err(invalid(
                format!("{path}.method"),
                format!("must be one of mean, sum, max, min, not {other:?}"),
            ));
        }
    };
    let name = match name {
        Some(name) => text(&format!("{path}.name"), Some(name))?,
        None => format!("{word} of {key}"),
    };
    let every = step_interval.unwrap_or(Whole(1));
    let every_ticks = whole(&format!("{path}.step_interval"), every, (1, MAX_WORKFLOW_TICKS.into()))?;
    let target = target_agent.map(|given| given.target(&format!("{path}.target_agent")));
    let target = target.transpose()?.unwrap_or_else(Target::default);
    Ok(Extractor { name, key, method, every_ticks, target })
}

/// Days as ticks, at least one.
fn run_days(path: &str, step: &Step, clock: Clock) -> ApiResult<Action> {
    let seconds_per_tick = pace(path, step, clock)?;
    let Number(days) = step.days.unwrap_or(Number(1.0));
    let path = format!("{path}.days");
    if days <= 0.0 {
        return Err(invalid(path, format!("must be above 0, not {days}")));
    }
    let ticks = (days * f64::from(clock.day.ticks(seconds_per_tick))).round().max(1.0);
    if ticks > f64::from(MAX_WORKFLOW_TICKS) {
        let problem = format!("must come to at most {MAX_WORKFLOW_TICKS} steps, not {ticks}");
        return Err(invalid(path, format!("{problem}; a larger ticks_per_step makes fewer")));
    }
    Ok(Action::Run { ticks: ticks as u32, seconds_per_tick })
}

/// Seconds of the step's ticks.
fn pace(path: &str, step: &Step, clock: Clock) -> ApiResult<u32> {
    match step.ticks_per_step {
        Some(given) => seconds_per_tick(&format!("{path}.ticks_per_step"), given),
        None => Ok(clock.ticks_per_step),
    }
}
