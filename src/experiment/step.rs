//! A step of a workflow as it is written: one flat object with the fields of all types, so that a wrong field is found by
//! its path before it is known what the step is. Owns the types, which fields each has, and why some are refused.

use serde::Deserialize;
use utoipa::ToSchema;

use super::foreign::Foreign;
use super::survey::SurveyBody;
use super::target::{TargetBody, TargetForms};
use super::value::Scalar;
use super::{invalid, unsupported};
use crate::http::errors::{ApiError, ApiResult};
use crate::http::wire::number::{Number, Whole};
use crate::http::wire::object::optional;

/// The types of steps with the fields that each has, beside `type` and `description`.
pub(super) const TYPES: [(&str, &[&str]); 9] = [
    ("run", &["days", "ticks_per_step"]),
    ("step", &["steps", "ticks_per_step"]),
    ("environment", &["key", "value", "regions"]),
    ("update_state", &["key", "value", "target_agent"]),
    ("message", &["intervene_message", "stance", "strength", "target_agent"]),
    ("survey", &["survey", "target_agent"]),
    ("interview", &["interview_message", "target_agent"]),
    ("next_round", &[]),
    ("metric", &["key", "method", "step_interval", "target_agent", "name"]),
];

/// Types that AgentSociety has and civitas has not, with why.
const UNSUPPORTED: [(&str, &str); 6] = [
    ("function", "it calls a Python function, and Python does not run here; extract numbers with metric"),
    ("other", "it calls a Python function, and Python does not run here; use environment, update_state or message"),
    ("intervene", "it calls a Python function, and Python does not run here; use environment, update_state or message"),
    ("marketing_message", "reading it needs a language model; use message, and say what it stands for in stance"),
    ("save_context", "there is no language model whose memory it would save; read agents with survey or interview"),
    ("delete_agent", "a society keeps its agents to the end; leave them out with target_agent in the steps after"),
];

/// A step of a workflow. `type` says which of the other fields it has: `run` {days, ticks_per_step}, `step` {steps,
/// ticks_per_step}, `environment` {key, value, regions}, `update_state` {key, value, target_agent}, `message`
/// {intervene_message, stance, strength, target_agent}, `survey` {survey, target_agent}, `interview` {interview_message,
/// target_agent}, `next_round`, `metric` {key, method, step_interval, target_agent, name}.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExperimentStep)]
pub struct Step {
    /// What it does: `run`, `step`, `environment`, `update_state`, `message`, `survey`, `interview`, `next_round` or
    /// `metric`.
    #[schema(required = true, example = "run")]
    pub r#type: Option<String>,
    /// For people.
    #[schema(max_length = 500)]
    pub description: Option<String>,
    /// Simulated days that pass.
    #[schema(value_type = Option<f64>, exclusive_minimum = 0, default = 1.0)]
    pub days: Option<Number>,
    /// Steps that pass; each is a tick of the run.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 105_408, default = 1)]
    pub steps: Option<Whole>,
    /// Seconds of a step; the environment's where it is left out.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 86_400)]
    pub ticks_per_step: Option<Whole>,
    /// A variable of the environment, or a trait of agents.
    pub key: Option<String>,
    /// What it becomes.
    pub value: Option<Scalar>,
    /// Codes of the regions where the variable is set; all where it is left out.
    pub regions: Option<Vec<String>>,
    /// Whom it is about.
    #[schema(value_type = Option<TargetForms>)]
    pub target_agent: Option<TargetBody>,
    /// What agents hear, for people.
    #[schema(max_length = 500)]
    pub intervene_message: Option<String>,
    /// What the message stands for.
    #[schema(value_type = Option<f64>, minimum = -1, maximum = 1)]
    pub stance: Option<Number>,
    /// How strongly.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1, default = 1.0)]
    pub strength: Option<Number>,
    /// What is asked of many.
    #[serde(default, deserialize_with = "optional")]
    pub survey: Option<SurveyBody>,
    /// What is asked of a few, for people.
    #[schema(max_length = 500)]
    pub interview_message: Option<String>,
    /// `mean`, `sum`, `max` or `min`.
    #[schema(default = "mean")]
    pub method: Option<String>,
    /// Steps from one value of the metric to the next.
    #[schema(value_type = Option<u32>, minimum = 1, default = 1)]
    pub step_interval: Option<Whole>,
    /// What the metric is called; `METHOD of KEY` where it is left out.
    #[schema(max_length = 100)]
    pub name: Option<String>,
    #[serde(default)]
    #[schema(ignore)]
    func: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    save_as: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    reach_prob: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    repeat: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    send_time: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    groups: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    tags: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    source: Foreign,
}

impl Step {
    /// The step's type, where it exists here and the step has no field that does not belong to it.
    pub(super) fn checked_type(&self, path: &str) -> ApiResult<&'static str> {
        let known = || TYPES.map(|(name, _)| name).join(", ");
        let Some(given) = self.r#type.as_deref() else {
            return Err(invalid(format!("{path}.type"), format!("is required; there are: {}", known())));
        };
        if let Some((name, why)) = UNSUPPORTED.iter().find(|(name, _)| *name == given) {
            return Err(unsupported(format!("{path}.type"), format!("is {name}, which is not supported: {why}")));
        }
        if self.func.is_given() {
            return Err(no_function(path));
        }
        let Some(&(name, fields)) = TYPES.iter().find(|(name, _)| *name == given) else {
            return Err(invalid(format!("{path}.type"), format!("must be one of {}, not {given:?}", known())));
        };
        match self.given().into_iter().find(|(field, given)| *given && !fields.contains(field)) {
            None => Ok(name),
            Some((field, _)) => {
                let all: Vec<_> = fields.iter().copied().chain(["description"]).collect();
                let problem = format!("does not belong to a step of type {name}, which has: {}", all.join(", "));
                Err(invalid(format!("{path}.{field}"), problem))
            }
        }
    }

    /// Every field that only some types have, and whether it is given.
    fn given(&self) -> [(&'static str, bool); 22] {
        [
            ("days", self.days.is_some()),
            ("steps", self.steps.is_some()),
            ("ticks_per_step", self.ticks_per_step.is_some()),
            ("key", self.key.is_some()),
            ("value", self.value.is_some()),
            ("regions", self.regions.is_some()),
            ("target_agent", self.target_agent.is_some()),
            ("intervene_message", self.intervene_message.is_some()),
            ("stance", self.stance.is_some()),
            ("strength", self.strength.is_some()),
            ("survey", self.survey.is_some()),
            ("interview_message", self.interview_message.is_some()),
            ("method", self.method.is_some()),
            ("step_interval", self.step_interval.is_some()),
            ("name", self.name.is_some()),
            ("save_as", self.save_as.is_given()),
            ("reach_prob", self.reach_prob.is_given()),
            ("repeat", self.repeat.is_given()),
            ("send_time", self.send_time.is_given()),
            ("groups", self.groups.is_given()),
            ("tags", self.tags.is_given()),
            ("source", self.source.is_given()),
        ]
    }
}

/// The refusal of a Python function.
pub(super) fn no_function(path: &str) -> ApiError {
    unsupported(format!("{path}.func"), "is not supported: Python does not run here; name a trait in key")
}
