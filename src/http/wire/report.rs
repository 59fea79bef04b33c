//! What came of an experiment, as the results document has it. The engine writes it and it is spliced in as it is; the
//! structs here describe it to OpenAPI, and a test compares them with what the engine writes.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// What came of an experiment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct ExperimentReport {
    /// The steps that were done, in order.
    pub steps: Vec<StepReport>,
    /// The extracted metrics: those of `metric_extractors` first, then those of steps.
    pub metrics: Vec<MetricReport>,
}

/// What came of a step. `type` says which of the fields after it there are.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schema(as = ExperimentStepReport)]
pub struct StepReport {
    /// Its place in the workflow, from 0.
    pub step: u32,
    /// The tick after which it was done.
    pub tick: u32,
    /// Days that were over.
    pub day: u32,
    /// Time of day, `HH:MM:SS`.
    pub time: String,
    /// `run` (for steps of type `step` as well), `environment`, `update_state`, `message`, `survey`, `interview`,
    /// `next_round` or `metric`.
    pub r#type: String,
    /// `run`: how many steps passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ticks: Option<u32>,
    /// `run`: seconds of each.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ticks_per_step: Option<u32>,
    /// `environment`, `update_state`: what was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub key: Option<String>,
    /// `environment`: what it had been, before the model's feedback.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub before: Option<f64>,
    /// `environment`, `update_state`: what it became; a number, true or false, or a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
    /// `environment`: how many regions this concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub regions: Option<u64>,
    /// `update_state`, `message`, `survey`, `next_round`: how many agents this concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub agents: Option<u64>,
    /// `update_state`, `message`, `next_round`: how many of them it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub changed: Option<u64>,
    /// `message`: what it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub intervene_message: Option<String>,
    /// `message`: what it stood for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stance: Option<f64>,
    /// `message`: how strongly.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub strength: Option<f64>,
    /// `survey`: what it was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub title: Option<String>,
    /// `survey`: the answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub questions: Option<Vec<QuestionReport>>,
    /// `interview`: what agents were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub interview_message: Option<String>,
    /// `interview`: what they said, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub interviews: Option<Vec<Interviewed>>,
    /// `metric`: which; its values stand in `metrics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
}

/// The answers to a question.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schema(as = ExperimentQuestionReport)]
pub struct QuestionReport {
    /// Its name.
    pub name: String,
    /// The question.
    pub title: String,
    /// The trait that answered.
    pub key: String,
    /// `choice`, `rating` or `number`.
    pub r#type: String,
    /// How many agents answered: all that were asked.
    pub answers: u64,
    /// How many gave each answer, in the order of the choices; empty for numbers.
    pub counts: Vec<AnswerCount>,
    /// Mean rating or number; null for choices and where nobody was asked.
    pub mean: Option<f64>,
    /// Standard deviation of ratings or numbers over those asked.
    pub std: Option<f64>,
    /// Smallest rating or number.
    pub min: Option<f64>,
    /// Largest rating or number.
    pub max: Option<f64>,
}

/// How many agents gave an answer.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schema(as = ExperimentAnswerCount)]
pub struct AnswerCount {
    /// The choice, or the rating as text.
    pub answer: String,
    /// How many.
    pub agents: u64,
    /// Their share of those who answered; 0 where nobody was asked.
    pub share: f64,
}

/// What an agent said.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schema(as = ExperimentInterview)]
pub struct Interviewed {
    /// Its id.
    pub agent: u32,
    /// Its class.
    pub agent_class: String,
    /// Its region's code.
    pub region: String,
    /// Its segment.
    pub segment: String,
    /// Its traits by name.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub state: BTreeMap<String, serde_json::Value>,
    /// Its reasons, in words that the model makes from its state.
    pub reasons: String,
}

/// A metric over time.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schema(as = ExperimentMetricReport)]
pub struct MetricReport {
    /// Its name.
    pub name: String,
    /// The trait.
    pub key: String,
    /// `mean`, `sum`, `max` or `min`.
    pub method: String,
    /// Ticks from one value to the next.
    pub step_interval: u32,
    /// The values.
    pub points: Vec<MetricPoint>,
}

/// A metric at a tick.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schema(as = ExperimentMetricPoint)]
pub struct MetricPoint {
    /// The tick.
    pub tick: u32,
    /// How many agents it is about.
    pub agents: u64,
    /// Its value; null for a mean, maximum or minimum over nobody.
    pub value: Option<f64>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use civitas_engine::{Catalogue, Simulation};
    use serde_json::Value;
    use utoipa::PartialSchema;

    use super::*;
    use crate::experiment::ExperimentBody;

    /// The report of the experiment that is shipped, which uses every type of step.
    fn report() -> Value {
        let body: ExperimentBody = serde_json::from_str(include_str!("../../../scenarios/campaign.json")).unwrap();
        let spec = body.draft().unwrap().spec;
        let outcome = Simulation::new(spec, &Catalogue::default(), 1).unwrap().run().unwrap().canonical_json();
        serde_json::from_slice::<Value>(&outcome).unwrap()["experiment"].take()
    }

    #[test]
    fn the_engines_report_is_as_described() {
        let report = report();
        let described: ExperimentReport = serde_json::from_value(report.clone()).unwrap();
        assert_eq!(serde_json::to_value(&described).unwrap(), report, "read and written again it is the same");
        let seen: BTreeSet<_> = described.steps.iter().map(|step| step.r#type.as_str()).collect();
        let types = ["environment", "interview", "message", "metric", "next_round", "run", "survey", "update_state"];
        assert_eq!(seen, BTreeSet::from(types));
    }

    #[test]
    fn every_described_field_of_a_step_is_written_by_some_step() {
        let report = report();
        let steps = report["steps"].as_array().unwrap();
        let written: BTreeSet<_> = steps.iter().flat_map(|step| step.as_object().unwrap().keys().cloned()).collect();
        let schema = serde_json::to_value(StepReport::schema()).unwrap();
        assert_eq!(written, schema["properties"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>());
    }
}
