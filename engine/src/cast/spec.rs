//! What users ask of named agents, as plain data in their words: personas, targets, goals. Owns what can be checked without a
//! model and a data set, and the bytes that are stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ensemble::Ensemble;
use crate::error::{EngineError, Result};
use crate::spec::RunSpec;
use crate::workflow::{Comparison, Value};

/// The most target agents of a run: each is looked at in every tick.
pub const MAX_TARGETS: usize = 64;
/// The longest name of a target, in characters.
pub const MAX_NAME_CHARS: usize = 100;
/// The most conditions of a goal.
pub const MAX_GOAL_TESTS: usize = 8;

/// The version of the bytes that [`Cast::to_bytes`] makes.
const FORMAT: u32 = 1;

/// The named agents of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cast {
    /// Targets that live inside the society: 1 to [`MAX_TARGETS`].
    Hybrid(Vec<TargetAgent>),
    /// Copies of one persona in a given society: they are all the agents that the run has.
    Target(Ensemble),
}

/// An agent that lives inside the society and has a name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetAgent {
    /// Its name, of 1 to [`MAX_NAME_CHARS`] characters; no two are alike.
    pub name: String,
    /// Which agent it is; left out, one of the persona's region and segment that the run's first seed chooses.
    pub agent: Option<u32>,
    /// Who it is.
    pub persona: Persona,
    /// A state whose first tick is noted.
    pub goal: Option<Goal>,
}

/// Who an agent is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// Code of its region; left out, any.
    pub region: Option<String>,
    /// Name of its segment; left out, any.
    pub segment: Option<String>,
    /// Traits that it is born with, by name, each within its range; the others are as the model makes them.
    pub traits: BTreeMap<String, Value>,
}

/// A state of an agent that is to be reached: all conditions hold at the end of a tick.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// The conditions, 1 to [`MAX_GOAL_TESTS`].
    pub all: Vec<GoalTest>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoalTest {
    /// What is compared.
    pub quality: Quality,
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub value: Value,
}

/// What can be known of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// A trait.
    Trait(String),
    /// The agent's own part in a metric.
    Metric(String),
}

impl Cast {
    /// Checks what does not depend on the model or the data set.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] naming `targets` or one of them.
    pub(crate) fn check(&self, spec: &RunSpec) -> Result<()> {
        let agents = spec.population.agents;
        let targets = match self {
            Self::Hybrid(targets) => targets,
            Self::Target(ensemble) => return ensemble.check(spec),
        };
        if !(1..=MAX_TARGETS).contains(&targets.len()) {
            let problem = format!("must be between 1 and {MAX_TARGETS} agents, not {}", targets.len());
            return Err(EngineError::invalid("targets", problem));
        }
        for (place, target) in targets.iter().enumerate() {
            let field = |name: &str| format!("targets[{place}].{name}");
            let chars = target.name.chars().count();
            let blank = target.name.trim().is_empty() || target.name.chars().any(char::is_control);
            if blank || chars > MAX_NAME_CHARS {
                let problem = format!("must have between 1 and {MAX_NAME_CHARS} printable characters");
                return Err(EngineError::invalid(field("name"), problem));
            }
            if targets[..place].iter().any(|other| other.name == target.name) {
                let problem = format!("is {:?} a second time; targets are told apart by it", target.name);
                return Err(EngineError::invalid(field("name"), problem));
            }
            if let Some(agent) = target.agent {
                if agent >= agents {
                    let problem = format!("must be between 0 and {}, not {agent}", agents - 1);
                    return Err(EngineError::invalid(field("agent"), problem));
                }
                if targets[..place].iter().any(|other| other.agent == Some(agent)) {
                    return Err(EngineError::invalid(field("agent"), format!("is {agent} a second time")));
                }
            }
            if let Some(goal) = &target.goal {
                goal.check(&field("goal"))?;
            }
        }
        Ok(())
    }

    /// The cast as bytes, for a store; equal casts have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = FORMAT.to_le_bytes().to_vec();
        bytes.extend(serde_json::to_vec(self).expect("a checked cast holds string keys and finite numbers only"));
        bytes
    }

    /// Reads what [`Cast::to_bytes`] made.
    ///
    /// # Errors
    /// [`EngineError::State`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let wrong = |why: String| EngineError::State(format!("a stored cast: {why}"));
        let (format, json) = bytes.split_first_chunk().ok_or_else(|| wrong("it is too short".to_owned()))?;
        match u32::from_le_bytes(*format) {
            FORMAT => serde_json::from_slice(json).map_err(|error| wrong(error.to_string())),
            other => Err(wrong(format!("its format {other} is not known"))),
        }
    }
}

impl Goal {
    pub(super) fn check(&self, field: &str) -> Result<()> {
        if (1..=MAX_GOAL_TESTS).contains(&self.all.len()) {
            return Ok(());
        }
        let problem = format!("must have between 1 and {MAX_GOAL_TESTS} conditions, not {}", self.all.len());
        Err(EngineError::invalid(field, problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> TargetAgent {
        TargetAgent { name: name.to_owned(), ..TargetAgent::default() }
    }

    fn ten() -> RunSpec {
        let population = crate::PopulationSpec { agents: 10, ..RunSpec::default().population };
        RunSpec { population, ..RunSpec::default() }
    }

    #[test]
    fn names_ids_and_numbers_of_targets_are_checked() {
        let refusal = |targets: Vec<TargetAgent>| Cast::Hybrid(targets).check(&ten()).unwrap_err().to_string();
        assert!(Cast::Hybrid(vec![named("Ada"), TargetAgent { agent: Some(9), ..named("Ben") }]).check(&ten()).is_ok());
        assert_eq!(refusal(Vec::new()), "targets must be between 1 and 64 agents, not 0");
        let many = (0..65).map(|number| named(&number.to_string())).collect();
        assert_eq!(refusal(many), "targets must be between 1 and 64 agents, not 65");
        assert!(refusal(vec![named(" ")]).starts_with("targets[0].name must have between 1 and 100"));
        assert!(refusal(vec![named(&"x".repeat(101))]).starts_with("targets[0].name must have"));
        assert!(refusal(vec![named("Ada"), named("Ada")]).starts_with("targets[1].name is \"Ada\" a second time"));
        let of = |name, agent| TargetAgent { agent: Some(agent), ..named(name) };
        assert_eq!(refusal(vec![of("Ada", 10)]), "targets[0].agent must be between 0 and 9, not 10");
        assert_eq!(refusal(vec![of("Ada", 3), of("Ben", 3)]), "targets[1].agent is 3 a second time");
        let aimless = TargetAgent { goal: Some(Goal::default()), ..named("Ada") };
        assert!(refusal(vec![aimless]).starts_with("targets[0].goal must have between 1 and 8 conditions"));
    }

    #[test]
    fn a_cast_comes_back_from_its_bytes() {
        let test = GoalTest {
            quality: Quality::Trait("opinion".to_owned()),
            comparison: Comparison::Greater,
            value: Value::Number(0.1 + 0.2),
        };
        let persona = Persona {
            region: Some("CA".to_owned()),
            segment: None,
            traits: [("adopted".to_owned(), Value::Flag(true)), ("stance".to_owned(), Value::Text("é".to_owned()))]
                .into(),
        };
        let cast = Cast::Hybrid(vec![TargetAgent { persona, goal: Some(Goal { all: vec![test] }), ..named("Ada") }]);
        let bytes = cast.to_bytes();
        assert_eq!(Cast::from_bytes(&bytes).unwrap(), cast);
        for short in 0..bytes.len() {
            assert!(Cast::from_bytes(&bytes[..short]).is_err(), "{short} bytes");
        }
        assert!(Cast::from_bytes(&[&[9], &bytes[1..]].concat()).is_err(), "another format");
    }
}
