//! From a step to what the engine does: required fields, defaults and amounts, type by type. Whether names exist, and
//! what a model can hear or be asked, is the engine's to check.

use civitas_engine::{Action, Extractor, MAX_WORKFLOW_TICKS, Method, Target};

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
    Ok(match kind {
        "run" => run_days(path, &step, clock)?.into(),
        "step" => run_steps(path, &step, clock)?.into(),
        "environment" => environment(path, step)?.into(),
        "update_state" => update(path, step)?.into(),
        "message" => message(path, step)?.into(),
        "survey" => survey(path, step)?,
        "interview" => interview(path, step)?.into(),
        "next_round" => Action::NextRound.into(),
        _ => {
            let every = (step.method, step.step_interval);
            Action::Extract(extractor(path, (step.name, step.key), every, step.target_agent)?).into()
        }
    })
}

fn environment(path: &str, step: Step) -> ApiResult<Action> {
    let key = text(&format!("{path}.key"), step.key)?;
    let field = format!("{path}.value");
    let value = match required(&field, step.value)? {
        Scalar::Number(value) => value,
        other => return Err(invalid(field, format!("must be a number, not {other}"))),
    };
    if step.regions.as_ref().is_some_and(Vec::is_empty) {
        let problem = "must name at least one region; leave it out for all";
        return Err(invalid(format!("{path}.regions"), problem));
    }
    Ok(Action::Environment { key, value, regions: step.regions.unwrap_or_default() })
}

fn update(path: &str, step: Step) -> ApiResult<Action> {
    let key = text(&format!("{path}.key"), step.key)?;
    let value = required(&format!("{path}.value"), step.value)?;
    Ok(Action::UpdateState { key, value: value.into(), target: target(path, step.target_agent)? })
}

fn message(path: &str, step: Step) -> ApiResult<Action> {
    let text = text(&format!("{path}.intervene_message"), step.intervene_message)?;
    let field = format!("{path}.stance");
    let stance = step.stance.ok_or_else(|| {
        let problem = "is required: reading a text needs a language model, so say what it stands for, from -1 to 1";
        unsupported(&field, problem)
    })?;
    let stance = number(&field, stance, (-1.0, 1.0))?;
    let strength = number(&format!("{path}.strength"), step.strength.unwrap_or(Number(1.0)), (0.0, 1.0))?;
    Ok(Action::Message { text, stance, strength, target: target(path, step.target_agent)? })
}

fn survey(path: &str, step: Step) -> ApiResult<Done> {
    let field = format!("{path}.survey");
    let asking = required(&field, step.survey)?.asking(&field)?;
    let target = target(path, step.target_agent)?;
    let action = Action::Survey { title: asking.title, questions: asking.questions, target };
    Ok(Done { action, places: asking.places })
}

fn interview(path: &str, step: Step) -> ApiResult<Action> {
    let text = text(&format!("{path}.interview_message"), step.interview_message)?;
    let field = format!("{path}.target_agent");
    match required(&field, step.target_agent)? {
        TargetBody::Ids(given) => Ok(Action::Interview { text, agents: ids(&field, given)? }),
        _ => Err(invalid(field, "must be a list of ids: interviews are with one agent at a time")),
    }
}

/// Whom the step at `path` is about, where that must be said.
fn target(path: &str, given: Option<TargetBody>) -> ApiResult<Target> {
    let field = format!("{path}.target_agent");
    let forms = "is required: a list of ids, an object with agent_class or filter_str, or \"all\"";
    given.ok_or_else(|| invalid(&field, forms))?.target(&field)
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

fn run_steps(path: &str, step: &Step, clock: Clock) -> ApiResult<Action> {
    let steps = step.steps.unwrap_or(Whole(1));
    let ticks = whole(&format!("{path}.steps"), steps, (1, MAX_WORKFLOW_TICKS.into()))?;
    Ok(Action::Run { ticks, seconds_per_tick: pace(path, step, clock)? })
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
