//! The `agent` of a configuration: groups of citizens with what they are born with, the model, and the network. Owns their
//! fields and counts; which traits and parameters there are is the model's matter.

use civitas_engine::{Distribution, Group, MAX_AGENTS};
use serde::Deserialize;
use utoipa::ToSchema;

use super::foreign::{self, Foreign};
use super::invalid;
use super::value::{Scalar, Table, required, text, whole};
use crate::http::errors::ApiResult;
use crate::http::wire::config::Network;
use crate::http::wire::number::{Number, Numbers, Whole};
use crate::http::wire::object::{Object, optional};

/// The longest name of a class, in characters.
const MAX_CLASS_CHARS: usize = 100;
/// Up to here every whole `f64` is exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

const CITIZENS_ONLY: &str = "all agents are citizens of one model; leave it out or empty";
const NO_PYTHON: &str = "Python does not run here; say what agents are born with in memory_distributions";
const NO_BLOCKS: &str = "agents follow the model's rules and have no blocks; see parameters";

/// Who is simulated, and by which rules.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExperimentAgents)]
pub struct Agents {
    /// Groups of agents, at least one.
    #[schema(value_type = Vec<Citizens>, min_items = 1, max_items = 64)]
    pub citizens: Vec<Object<Citizens>>,
    /// Name of the model.
    #[schema(default = "society")]
    pub model: Option<String>,
    /// The model's parameters that differ from its defaults.
    #[schema(value_type = Option<BTreeMap<String, f64>>)]
    pub parameters: Option<Numbers>,
    /// Who listens to whom.
    #[serde(default, deserialize_with = "optional")]
    pub network: Option<Network>,
    #[serde(default)]
    #[schema(ignore)]
    firms: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    banks: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    nbs: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    governments: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    supervisor: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    init_funcs: Foreign,
}

/// Agents of one kind.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExperimentCitizens)]
pub struct Citizens {
    /// What you call them: letters, digits, `_` and `-`.
    #[schema(min_length = 1, max_length = 100, pattern = "^[A-Za-z0-9_-]+$")]
    pub agent_class: String,
    /// How many there are.
    #[schema(value_type = u32, minimum = 1, maximum = 100_000_000)]
    pub number: Whole,
    /// Traits that are drawn at birth, by name; the others are as the model makes them.
    #[schema(value_type = Option<BTreeMap<String, DistributionBody>>)]
    pub memory_distributions: Option<Table<Object<DistributionBody>>>,
    #[serde(default)]
    #[schema(ignore)]
    memory_config_func: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    memory_from_file: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    blocks: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    agent_params: Foreign,
    #[serde(default)]
    #[schema(ignore)]
    param_config: Foreign,
}

/// How a trait is distributed: `constant` {value}, `choice` {choices, weights}, `uniform_int` and `uniform_float`
/// {min_value, max_value}, `normal` {mean, std, min_value, max_value}.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExperimentDistribution)]
pub struct DistributionBody {
    /// `constant`, `choice`, `uniform_int`, `uniform_float` or `normal`.
    #[serde(alias = "type")]
    pub dist_type: String,
    /// The one value of `constant`.
    pub value: Option<Scalar>,
    /// The values of `choice`.
    pub choices: Option<Vec<Scalar>>,
    /// A weight for each of the choices; all alike where there are none.
    #[schema(value_type = Option<Vec<f64>>)]
    pub weights: Option<Vec<Number>>,
    /// The smallest value.
    #[schema(value_type = Option<f64>)]
    pub min_value: Option<Number>,
    /// The largest value.
    #[schema(value_type = Option<f64>)]
    pub max_value: Option<Number>,
    /// The mean of `normal`.
    #[schema(value_type = Option<f64>)]
    pub mean: Option<Number>,
    /// The standard deviation of `normal`.
    #[schema(value_type = Option<f64>)]
    pub std: Option<Number>,
}

impl Agents {
    /// The groups in the engine's words. Their numbers add up to no more than a run may have.
    pub(super) fn groups(&mut self) -> ApiResult<Vec<Group>> {
        let lists = [
            ("firms", self.firms, CITIZENS_ONLY),
            ("banks", self.banks, CITIZENS_ONLY),
            ("nbs", self.nbs, CITIZENS_ONLY),
            ("governments", self.governments, CITIZENS_ONLY),
            ("supervisor", self.supervisor, CITIZENS_ONLY),
            ("init_funcs", self.init_funcs, NO_PYTHON),
        ];
        foreign::refuse("agent", &lists)?;
        if self.citizens.is_empty() {
            return Err(invalid("agent.citizens", "must have at least one group of agents"));
        }
        let citizens = std::mem::take(&mut self.citizens);
        let groups = citizens.into_iter().enumerate().map(|(n, Object(group))| group.group(n));
        let groups = groups.collect::<ApiResult<Vec<_>>>()?;
        let agents: u64 = groups.iter().map(|group| u64::from(group.number)).sum();
        if agents > u64::from(MAX_AGENTS) {
            let problem = format!("must be at most {MAX_AGENTS} agents together, not {agents}");
            return Err(invalid("agent.citizens", problem));
        }
        Ok(groups)
    }
}

impl Citizens {
    fn group(self, place: usize) -> ApiResult<Group> {
        let path = format!("agent.citizens[{place}]");
        let fields = [
            ("memory_config_func", self.memory_config_func, NO_PYTHON),
            (
                "memory_from_file",
                self.memory_from_file,
                "agents are not read from files; say what they are born with in memory_distributions",
            ),
            ("blocks", self.blocks, NO_BLOCKS),
            ("agent_params", self.agent_params, NO_BLOCKS),
            ("param_config", self.param_config, NO_BLOCKS),
        ];
        foreign::refuse(&path, &fields)?;
        check_class(&format!("{path}.agent_class"), &self.agent_class)?;
        let number = whole(&format!("{path}.number"), self.number, (1, MAX_AGENTS.into()))?;
        let traits = self.memory_distributions.map(|table| table.0).unwrap_or_default().into_iter().map(
            |(name, Object(given))| {
                let distribution = given.distribution(&format!("{path}.memory_distributions.{name}"))?;
                Ok((name, distribution))
            },
        );
        Ok(Group { agent_class: self.agent_class, number, traits: traits.collect::<ApiResult<_>>()? })
    }
}

fn check_class(path: &str, class: &str) -> ApiResult<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if (1..=MAX_CLASS_CHARS).contains(&class.chars().count()) && class.chars().all(fits) {
        return Ok(());
    }
    let mut problem = format!("must be a name of 1 to {MAX_CLASS_CHARS} letters, digits, _ and -, not {class:?}");
    if class.contains('.') {
        problem += "; Python classes cannot run here, so call the group what you like, for instance citizen";
    }
    Err(invalid(path, problem))
}

impl DistributionBody {
    fn distribution(self, path: &str) -> ApiResult<Distribution> {
        let at = |field: &str| format!("{path}.{field}");
        self.check_fields(path)?;
        let number = |field: &str, given: Option<Number>| required(&at(field), given).map(|number| number.0);
        Ok(match self.dist_type.as_str() {
            "constant" => Distribution::Constant(required(&at("value"), self.value)?.into()),
            "choice" => {
                let choices = required(&at("choices"), self.choices)?.into_iter().map(Into::into).collect();
                let weights = self.weights.map(|weights| weights.into_iter().map(|weight| weight.0).collect());
                Distribution::Choice { choices, weights }
            }
            "uniform_int" => {
                let whole = |field: &str, given| number(field, given).and_then(|value| exact(&at(field), value));
                Distribution::UniformInt {
                    min: whole("min_value", self.min_value)?,
                    max: whole("max_value", self.max_value)?,
                }
            }
            "uniform_float" => Distribution::UniformFloat {
                min: number("min_value", self.min_value)?,
                max: number("max_value", self.max_value)?,
            },
            _ => Distribution::Normal {
                mean: number("mean", self.mean)?,
                std: number("std", self.std)?,
                min: self.min_value.map(|number| number.0),
                max: self.max_value.map(|number| number.0),
            },
        })
    }

    /// Refuses types that do not exist, and fields that the type has no use for.
    fn check_fields(&self, path: &str) -> ApiResult<()> {
        let uses: &[&str] = match text(&format!("{path}.dist_type"), Some(self.dist_type.clone()))?.as_str() {
            "constant" => &["value"],
            "choice" => &["choices", "weights"],
            "uniform_int" | "uniform_float" => &["min_value", "max_value"],
            "normal" => &["mean", "std", "min_value", "max_value"],
            other => {
                let known = "constant, choice, uniform_int, uniform_float, normal";
                return Err(invalid(format!("{path}.dist_type"), format!("must be one of {known}, not {other:?}")));
            }
        };
        let given = [
            ("value", self.value.is_some()),
            ("choices", self.choices.is_some()),
            ("weights", self.weights.is_some()),
            ("min_value", self.min_value.is_some()),
            ("max_value", self.max_value.is_some()),
            ("mean", self.mean.is_some()),
            ("std", self.std.is_some()),
        ];
        match given.iter().find(|(name, given)| *given && !uses.contains(name)) {
            None => Ok(()),
            Some((name, _)) => {
                let problem = format!("does not belong to {}, which has: {}", self.dist_type, uses.join(", "));
                Err(invalid(format!("{path}.{name}"), problem))
            }
        }
    }
}

/// A number that must be whole.
fn exact(path: &str, value: f64) -> ApiResult<i64> {
    if value.fract() == 0.0 && value.abs() <= EXACT {
        return Ok(value as i64);
    }
    Err(invalid(path, format!("must be a whole number, not {value}")))
}
