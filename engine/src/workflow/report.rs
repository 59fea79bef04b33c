//! What users read of an experiment: one entry per step that was done, in order, and the extracted metrics. Part of the
//! canonical results, and kept in snapshots until the run ends; so it can be read back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What came of an experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The steps that were done, in order.
    pub steps: Vec<StepReport>,
    /// The extracted metrics: those of `metric_extractors` first, then those of steps.
    pub metrics: Vec<MetricReport>,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// Its place in the workflow, from 0.
    pub step: u32,
    /// The tick after which it was done.
    pub tick: u32,
    /// Days that were over.
    pub day: u32,
    /// Time of day, `HH:MM:SS`.
    pub time: String,
    /// What it was and found.
    #[serde(flatten)]
    pub result: StepResult,
}

/// What a step was and found, by its type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StepResult {
    /// Time began to pass.
    Run {
        /// How many ticks.
        ticks: u32,
        /// By how many seconds the clock advances in each.
        ticks_per_step: u32,
    },
    /// A variable was set.
    Environment {
        /// The variable.
        key: String,
        /// What it had been, before the model's feedback; in the first of the regions.
        before: f64,
        /// What it is now.
        value: f64,
        /// How many regions this concerns.
        regions: u64,
    },
    /// A trait was set.
    UpdateState {
        /// The trait.
        key: String,
        /// Its value.
        value: Value,
        /// How many agents were meant.
        agents: u64,
        /// How many of them had another value.
        changed: u64,
    },
    /// A message was heard.
    Message {
        /// What it said.
        intervene_message: String,
        /// What it stood for.
        stance: f64,
        /// How strongly.
        strength: f64,
        /// How many agents heard it.
        agents: u64,
        /// How many of them it changed.
        changed: u64,
    },
    /// Questions were answered.
    Survey {
        /// What it was called.
        title: String,
        /// How many agents answered.
        agents: u64,
        /// The answers.
        questions: Vec<QuestionReport>,
    },
    /// Agents spoke.
    Interview {
        /// What they were asked.
        interview_message: String,
        /// What they said, by id.
        interviews: Vec<Interviewed>,
    },
    /// Agents began anew.
    NextRound {
        /// How many.
        agents: u64,
        /// How many of them had changed since their birth, but for their memory.
        changed: u64,
    },
    /// A metric began to be extracted.
    Metric {
        /// Which; its values are in [`Report::metrics`].
        name: String,
    },
}

/// The answers to a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerCount {
    /// The choice, or the rating as text.
    pub answer: String,
    /// How many.
    pub agents: u64,
    /// Their share of those who answered; 0 where nobody was asked.
    pub share: f64,
}

/// What an agent said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    pub state: BTreeMap<String, Value>,
    /// Its reasons, in words that the model makes from its state.
    pub reasons: String,
}

/// A metric over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricPoint {
    /// The tick.
    pub tick: u32,
    /// How many agents it is about.
    pub agents: u64,
    /// Its value; null for a mean, maximum or minimum over nobody.
    pub value: Option<f64>,
}
