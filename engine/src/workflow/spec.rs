//! What an experiment asks of a run besides its ticks: who the agents are at the start, and what is done to them, asked of
//! them and measured of them, in which order. Plain data in the words of its users; `script` gives it a meaning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{EngineError, Result};

/// The most steps of a workflow.
pub const MAX_STEPS: usize = 1_000;
/// The most ticks of a workflow: a leap year of five-minute ticks.
pub const MAX_WORKFLOW_TICKS: u32 = 105_408;
/// The most groups of agents.
pub const MAX_GROUPS: usize = 64;
/// The most questions of all surveys together.
pub const MAX_QUESTIONS: usize = 2_000;
/// The most choices of a question; also the most points of a rating.
pub const MAX_CHOICES: usize = 32;
/// The most values of a distribution that chooses.
pub const MAX_DISTRIBUTION_CHOICES: usize = 1_000;
/// The most agents that are interviewed, in all interviews together.
pub const MAX_INTERVIEWS: usize = 1_000;
/// The most metrics that are extracted.
pub const MAX_EXTRACTORS: usize = 64;
/// The most values that all extracted metrics have together.
pub const MAX_SAMPLES: u64 = 200_000;
/// The longest text, in characters.
pub const MAX_TEXT_CHARS: usize = 500;
/// The longest name or label, in characters.
pub const MAX_LABEL_CHARS: usize = 100;
/// Seconds of a whole day.
pub const DAY_SECONDS: u32 = 86_400;

/// The version of the bytes that [`Workflow::to_bytes`] makes.
const FORMAT: u32 = 1;

/// An experiment's part of a run's specification.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    /// Who the agents are. Empty: all are as the model makes them. Otherwise the numbers add up to the population.
    pub groups: Vec<Group>,
    /// Values of environment variables from tick 0 on, each in [0, 1], in place of the model's defaults.
    pub environment: BTreeMap<String, f64>,
    /// The part of a day that is simulated.
    pub day: Day,
    /// What happens, in order. The ticks of all [`Action::Run`]s together are the run's horizon.
    pub steps: Vec<Action>,
    /// Metrics that are extracted from tick 0 on.
    pub extractors: Vec<Extractor>,
}

/// The part of a day that is simulated; the next day begins when it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Second of the day at which it begins, below [`DAY_SECONDS`].
    pub start_s: u32,
    /// How many seconds it lasts, at least 1; it ends at midnight at the latest.
    pub length_s: u32,
}

impl Default for Day {
    fn default() -> Self {
        Self { start_s: 0, length_s: DAY_SECONDS }
    }
}

impl Day {
    /// How many ticks of `seconds_per_tick` seconds a day has; the last may be cut short.
    pub fn ticks(self, seconds_per_tick: u32) -> u32 {
        self.length_s.div_ceil(seconds_per_tick.max(1))
    }
}

/// Agents of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// What users call them; several groups may share it.
    pub agent_class: String,
    /// How many they are, at least 1. Which of the run's agents they are is drawn from the seed.
    pub number: u32,
    /// Traits that are drawn anew at birth, by name.
    pub traits: BTreeMap<String, Distribution>,
}

/// How the values of a trait are distributed over the agents of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// All have this one.
    Constant(Value),
    /// One of these, with these weights; without weights each is as likely as the others.
    Choice {
        /// The values, at least one.
        choices: Vec<Value>,
        /// As many weights, none negative, not all 0.
        weights: Option<Vec<f64>>,
    },
    /// A whole number from `min` to `max`, both included.
    UniformInt {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A number in [min, max).
    UniformFloat {
        /// Smallest.
        min: f64,
        /// Above all.
        max: f64,
    },
    /// A normal number; what falls outside the bounds is set to the bound.
    Normal {
        /// Mean of the normal distribution before it is cut.
        mean: f64,
        /// Its standard deviation, not negative.
        std: f64,
        /// Lower bound; the trait's own where there is none.
        min: Option<f64>,
        /// Upper bound; the trait's own where there is none.
        max: Option<f64>,
    },
}

/// The value of a trait as users write it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// A label.
    Text(String),
}

impl Value {
    /// The number, where it is a finite one.
    pub(crate) fn finite(&self) -> Option<f64> {
        match self {
            Self::Number(number) if number.is_finite() => Some(*number),
            _ => None,
        }
    }
}

/// One step of a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Time passes.
    Run {
        /// How many ticks, at least 1.
        ticks: u32,
        /// By how much the clock advances in each, at least 1.
        seconds_per_tick: u32,
    },
    /// A variable of the environment takes a value, from now on.
    Environment {
        /// The variable.
        key: String,
        /// Its value in [0, 1]; the model's feedback comes on top.
        value: f64,
        /// Codes of the regions where it does; all where there are none.
        regions: Vec<String>,
    },
    /// A trait of agents takes a value, now.
    UpdateState {
        /// The trait.
        key: String,
        /// Its value.
        value: Value,
        /// Whose.
        target: Target,
    },
    /// Agents hear a message, now; the model says what it does to them.
    Message {
        /// What it says, for people.
        text: String,
        /// What it stands for, in [-1, 1].
        stance: f64,
        /// How strongly, in [0, 1].
        strength: f64,
        /// Who hears it.
        target: Target,
    },
    /// Agents answer questions from their state.
    Survey {
        /// What it is called.
        title: String,
        /// The questions, at least one.
        questions: Vec<Question>,
        /// Who is asked.
        target: Target,
    },
    /// Agents say what they are and why.
    Interview {
        /// What they are asked, for people.
        text: String,
        /// Who is asked, by id.
        agents: Vec<u32>,
    },
    /// All agents are as they were born, but for what the model calls their memory.
    NextRound,
    /// A metric is extracted from now on.
    Extract(Extractor),
}

/// Which agents; all conditions hold together, and none means everybody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Only these ids, from 0 to the number of agents less 1.
    pub ids: Option<Vec<u32>>,
    /// Only agents of these classes; any where there are none.
    pub classes: Vec<String>,
    /// Only agents for which these hold at the moment of the step.
    pub conditions: Vec<Condition>,
}

/// A comparison with a trait, or with `region`, `segment`, `agent_class` or `id`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// What is compared.
    pub key: String,
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub value: Value,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// A question of a survey, answered from a trait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Names the answers.
    pub name: String,
    /// The question, for people.
    pub text: String,
    /// The trait that answers it.
    pub key: String,
    /// In which form.
    pub kind: QuestionKind,
}

/// The form of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// One of these. Where there are none, the trait's own labels, or `no` and `yes`. The range of a trait that is a number
    /// is cut into as many equal parts as there are choices, the lowest first.
    Choice(Vec<Choice>),
    /// A whole number from `min` to `max`: the trait's range cut into as many equal parts.
    Rating {
        /// Answer at the lower end of the trait's range.
        min: i32,
        /// Answer at its upper end.
        max: i32,
    },
    /// The trait's value.
    Number,
}

/// An answer to choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// What it is called.
    pub label: String,
    /// The value of the trait that it stands for, where the label is not the value's own name. Of no use for numbers.
    pub value: Option<Value>,
}

impl From<&str> for Choice {
    fn from(label: &str) -> Self {
        Self { label: label.to_owned(), value: None }
    }
}

/// A metric over time: a trait of some agents in one number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extractor {
    /// What it is called.
    pub name: String,
    /// The trait.
    pub key: String,
    /// How it becomes one number.
    pub method: Method,
    /// Ticks from one value to the next, at least 1.
    pub every_ticks: u32,
    /// Whose.
    pub target: Target,
}

/// How many values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Their mean.
    Mean,
    /// Their sum.
    Sum,
    /// The largest.
    Max,
    /// The smallest.
    Min,
}

impl Workflow {
    /// The ticks of all runs together; more than [`MAX_WORKFLOW_TICKS`] where they are too many.
    pub fn ticks(&self) -> u32 {
        let ticks = self.steps.iter().map(|step| match step {
            Action::Run { ticks, .. } => *ticks,
            _ => 0,
        });
        ticks.fold(0, u32::saturating_add)
    }

    /// The agents of all groups together; saturates.
    pub fn agents(&self) -> u32 {
        self.groups.iter().map(|group| group.number).fold(0, u32::saturating_add)
    }

    /// The workflow as bytes, for a store: the same for equal workflows.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = FORMAT.to_le_bytes().to_vec();
        bytes.extend(serde_json::to_vec(self).expect("a checked workflow holds string keys and finite numbers only"));
        bytes
    }

    /// Reads what [`Workflow::to_bytes`] made.
    ///
    /// # Errors
    /// [`EngineError::State`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let wrong = |why: String| EngineError::State(format!("a stored workflow: {why}"));
        let (format, json) = bytes.split_first_chunk().ok_or_else(|| wrong("it is too short".to_owned()))?;
        match u32::from_le_bytes(*format) {
            FORMAT => serde_json::from_slice(json).map_err(|error| wrong(error.to_string())),
            other => Err(wrong(format!("its format {other} is not known"))),
        }
    }
}
