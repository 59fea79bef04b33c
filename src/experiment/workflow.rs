//! The `workflow` of a configuration: a list of steps, or an object with the list and with metrics that are extracted from
//! the start on. Owns both forms; a step's own fields are [`super::step`]'s.

use std::fmt;

use civitas_engine::{Action, Extractor};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use utoipa::ToSchema;

use super::actions::{self, Done};
use super::environment::Clock;
use super::foreign::{self, Foreign};
use super::paths::Paths;
use super::step::{Step, no_function};
use super::target::{TargetBody, TargetForms};
use super::value::check_description;
use super::{invalid, unsupported};
use crate::http::errors::ApiResult;
use crate::http::wire::number::Whole;
use crate::http::wire::object::Object;

/// What happens, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkflowBody {
    /// The steps alone.
    List(Vec<Object<Step>>),
    /// The steps with metrics.
    Object(WorkflowObject),
}

/// What happens, in order: a list of steps, or an object with the list and with metrics.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = ExperimentWorkflow)]
#[expect(dead_code, reason = "describes the forms of a workflow to OpenAPI; never held")]
pub(super) enum WorkflowForms {
    /// The steps alone.
    List(Vec<Step>),
    /// The steps with metrics.
    Object(WorkflowObject),
}

/// Steps, and metrics that are extracted from the start on.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExperimentWorkflowObject)]
pub struct WorkflowObject {
    /// The steps, at least one of which lets time pass.
    #[schema(value_type = Vec<Step>, min_items = 1, max_items = 1000)]
    pub steps: Vec<Object<Step>>,
    /// The metrics.
    #[schema(value_type = Option<Vec<ExtractorBody>>, max_items = 64)]
    pub metric_extractors: Option<Vec<Object<ExtractorBody>>>,
}

/// A metric over time: a trait of some agents in one number.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExperimentExtractor)]
pub struct ExtractorBody {
    /// `state`, the only type.
    #[schema(default = "state")]
    pub r#type: Option<String>,
    /// What it is called; `METHOD of KEY` where it is left out.
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// For people.
    #[schema(max_length = 500)]
    pub description: Option<String>,
    /// The trait.
    #[schema(required = true)]
    pub key: Option<String>,
    /// `mean`, `sum`, `max` or `min`.
    #[schema(default = "mean")]
    pub method: Option<String>,
    /// Steps from one value to the next.
    #[schema(value_type = Option<u32>, minimum = 1, default = 1)]
    pub step_interval: Option<Whole>,
    /// Whose; everybody's where it is left out.
    #[schema(value_type = Option<TargetForms>)]
    pub target_agent: Option<TargetBody>,
    #[serde(default)]
    #[schema(ignore)]
    func: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    extract_time: Foreign,
}

struct WorkflowVisitor;

impl<'de> Visitor<'de> for WorkflowVisitor {
    type Value = WorkflowBody;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of steps, or an object with steps")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, steps: A) -> Result<WorkflowBody, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(steps)).map(WorkflowBody::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<WorkflowBody, A::Error> {
        WorkflowObject::deserialize(MapAccessDeserializer::new(fields)).map(WorkflowBody::Object)
    }
}

impl<'de> Deserialize<'de> for WorkflowBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WorkflowVisitor)
    }
}

/// A workflow in the engine's words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plot {
    pub(super) steps: Vec<Action>,
    pub(super) extractors: Vec<Extractor>,
    pub(super) paths: Paths,
}

impl WorkflowBody {
    /// The steps and metrics.
    pub(super) fn plot(self, clock: Clock) -> ApiResult<Plot> {
        let (bodies, extractors, mut paths) = match self {
            Self::List(steps) => (steps, Vec::new(), Paths::of_list()),
            Self::Object(WorkflowObject { steps, metric_extractors }) => {
                (steps, metric_extractors.unwrap_or_default(), Paths::default())
            }
        };
        if bodies.is_empty() {
            return Err(invalid(paths.steps(), "must have at least one step"));
        }
        let mut steps = Vec::with_capacity(bodies.len());
        for (place, Object(step)) in bodies.into_iter().enumerate() {
            let path = format!("{}[{place}]", paths.steps());
            let Done { action, places } = actions::action(step, &path, clock)?;
            paths.note_questions(place, places);
            steps.push(action);
        }
        let extractors = extractors.into_iter().enumerate().map(|(n, Object(extractor))| extractor.extractor(n));
        Ok(Plot { steps, extractors: extractors.collect::<ApiResult<_>>()?, paths })
    }
}

impl ExtractorBody {
    fn extractor(self, place: usize) -> ApiResult<Extractor> {
        let path = format!("workflow.metric_extractors[{place}]");
        match self.r#type.as_deref() {
            None | Some("state") => {}
            Some("function") => {
                let problem = "is function, which is not supported: Python does not run here; use state with a key";
                return Err(unsupported(format!("{path}.type"), problem));
            }
            Some(other) => return Err(invalid(format!("{path}.type"), format!("must be state, not {other:?}"))),
        }
        if self.func.is_given() {
            return Err(no_function(&path));
        }
        let reason = "metrics have their first value at the start and then every step_interval steps; a step of type \
            metric starts later";
        foreign::refuse(&path, &[("extract_time", self.extract_time, reason)])?;
        check_description(&path, self.description.as_deref())?;
        let every = (self.method, self.step_interval);
        actions::extractor(&path, (self.name, self.key), every, self.target_agent)
    }
}
