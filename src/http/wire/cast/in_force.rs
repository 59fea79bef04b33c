//! Named agents in answers, in the words in which they can be sent back.

use std::collections::BTreeMap;

use civitas_engine::{Cast, Goal, GoalTest, Persona, Quality, TargetAgent, Value};
use serde::Serialize;
use utoipa::ToSchema;

use super::ensemble::EnsembleInForce;
use super::goal::COMPARISONS;
use crate::http::wire::run::Config;

/// A target as it was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TargetInForce {
    /// Its name.
    pub name: String,
    /// Which agent it is; null where the seed chooses. The results name it in any case.
    pub agent: Option<u32>,
    /// Code of its region; null for any.
    pub region: Option<String>,
    /// Name of its segment; null for any.
    pub segment: Option<String>,
    /// Traits that it is born with: numbers, true or false, or labels.
    #[schema(value_type = BTreeMap<String, crate::experiment::Scalar>)]
    pub traits: BTreeMap<String, serde_json::Value>,
    /// A state whose first tick is noted: conditions that must all hold; null where there is none.
    pub goal: Option<Vec<GoalInForce>>,
}

/// Who somebody is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PersonaInForce {
    /// Code of its region; null for the only one.
    pub region: Option<String>,
    /// Name of its segment; null for the one that the seed draws.
    pub segment: Option<String>,
    /// Traits that it is born with: numbers, true or false, or labels.
    #[schema(value_type = BTreeMap<String, crate::experiment::Scalar>)]
    pub traits: BTreeMap<String, serde_json::Value>,
}

/// A condition of a goal.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GoalInForce {
    /// The trait that is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#trait: Option<String>,
    /// The metric in which the agent's part is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// `above`, `at_least`, `below`, `at_most` or `equals`, with the value.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, crate::experiment::Scalar>)]
    pub comparison: BTreeMap<&'static str, serde_json::Value>,
}

impl Config {
    /// With the agents that the run names, which are stored beside its record.
    #[must_use]
    pub fn with_cast(mut self, cast: Option<Cast>) -> Self {
        match cast {
            Some(Cast::Hybrid(targets)) => self.targets = targets.into_iter().map(TargetInForce::from).collect(),
            Some(Cast::Target(ensemble)) => {
                self.target = Some(EnsembleInForce::of(ensemble, self.population.agents));
            }
            None => {}
        }
        self
    }
}

impl From<TargetAgent> for TargetInForce {
    fn from(target: TargetAgent) -> Self {
        let TargetAgent { name, agent, persona, goal } = target;
        let PersonaInForce { region, segment, traits } = persona.into();
        Self { name, agent, region, segment, traits, goal: goal.map(conditions) }
    }
}

impl From<Persona> for PersonaInForce {
    fn from(persona: Persona) -> Self {
        let traits = persona.traits.into_iter().map(|(name, value)| (name, plain(value))).collect();
        Self { region: persona.region, segment: persona.segment, traits }
    }
}

pub(super) fn conditions(goal: Goal) -> Vec<GoalInForce> {
    goal.all.into_iter().map(GoalInForce::from).collect()
}

impl From<GoalTest> for GoalInForce {
    fn from(test: GoalTest) -> Self {
        let (r#trait, metric) = match test.quality {
            Quality::Trait(name) => (Some(name), None),
            Quality::Metric(name) => (None, Some(name)),
        };
        let word = COMPARISONS.iter().find(|(_, known)| *known == test.comparison).map(|(word, _)| *word);
        Self { r#trait, metric, comparison: word.into_iter().map(|word| (word, plain(test.value.clone()))).collect() }
    }
}

fn plain(value: Value) -> serde_json::Value {
    match value {
        Value::Number(number) => number.into(),
        Value::Flag(flag) => flag.into(),
        Value::Text(text) => text.into(),
    }
}
