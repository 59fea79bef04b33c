//! The configuration of a run as clients write it: every field optional, and what each becomes when it is left out.
//! Owns names, defaults and bounds that the engine does not know (versions, batch size, snapshots); the engine checks
//! the rest. It must not know who asks.

use std::sync::Arc;

use civitas_actors::{BundleChoice, DEFAULT_BATCH_SIZE, Execution};
use civitas_engine::{Activation, EngineError, MAX_AGENTS, MAX_HORIZON_TICKS, NetworkSpec, RunSpec};
use serde::Deserialize;
use utoipa::ToSchema;

use super::cast::ensemble::EnsembleBody;
use super::cast::{TargetBody, cast};
use super::number::{Number, Numbers, Whole};
use super::object::{Object, optional};
use super::scenario::Changes;
pub use super::scenario::ScenarioPatch;
use super::telemetry_config::TelemetryRequest;
use crate::http::errors::{ApiError, ApiResult};

/// Where no version is stated.
pub const DEFAULT_VERSION: &str = "1.0.0";
/// The longest version, in characters; four of them are part of every stored run.
const MAX_VERSION_CHARS: usize = 64;
/// The largest `scheduler.batch_size`, in agents; a partition looks at its control messages at least every
/// 131,072 agents anyway.
const MAX_BATCH_SIZE: i128 = 10_000_000;

/// How a run is configured. Every field may be left out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// Version of the engine that the client expects; recorded.
    #[schema(default = "1.0.0", max_length = 64)]
    pub engine_version: Option<String>,
    /// Version of the rules that the client expects; recorded.
    #[schema(default = "1.0.0", max_length = 64)]
    pub ruleset_version: Option<String>,
    /// Of a data set of one's own a whole number picks that version, and anything else the newest, whose number is then
    /// recorded; otherwise the version that the client expects, recorded.
    #[schema(default = "1.0.0", max_length = 64)]
    pub dataset_version: Option<String>,
    /// Version of the schema that the client expects; recorded.
    #[schema(default = "1.0.0", max_length = 64)]
    pub schema_version: Option<String>,
    /// Chooses every random number of the run; the same seed gives the same results, byte for byte.
    #[schema(value_type = Option<u64>, default = 42)]
    pub seed: Option<Whole>,
    /// How many ticks to simulate.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 100)]
    pub horizon_ticks: Option<Whole>,
    /// How agents are scheduled.
    #[serde(default, deserialize_with = "optional")]
    pub scheduler: Option<Scheduler>,
    /// What this scenario changes; entries of the same patch at the top level win.
    #[serde(default, deserialize_with = "optional")]
    pub scenario_patch: Option<ScenarioPatch>,
    /// Name of the model.
    #[schema(default = "society")]
    pub model: Option<String>,
    /// The model's parameters that differ from its defaults.
    #[schema(value_type = Option<BTreeMap<String, f64>>)]
    pub parameters: Option<Numbers>,
    /// Who is simulated.
    #[serde(default, deserialize_with = "optional")]
    pub population: Option<Population>,
    /// Who listens to whom.
    #[serde(default, deserialize_with = "optional")]
    pub network: Option<Network>,
    /// Agents that live inside the society and have names, for the mode `hybrid`; 1 to 64.
    #[schema(value_type = Option<Vec<TargetBody>>, min_items = 1, max_items = 64)]
    pub targets: Option<Vec<Object<TargetBody>>>,
    /// Copies of one persona, for the mode `target`.
    #[serde(default, deserialize_with = "optional")]
    pub target: Option<EnsembleBody>,
    /// Ticks between snapshots, 0 for none; the server's default where it is left out. Never changes results.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 1000)]
    pub snapshot_every_ticks: Option<Whole>,
    /// What is recorded of the run on its way. Never changes results.
    #[serde(default, deserialize_with = "optional")]
    pub telemetry: Option<TelemetryRequest>,
}

/// How agents are scheduled.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scheduler {
    /// How agents are grouped; `region` is the one way.
    #[schema(default = "region")]
    pub partition_by: Option<String>,
    /// Who acts in a tick: `all`, or `one` agent drawn at random.
    #[schema(default = "all")]
    pub activation: Option<String>,
    /// Share of agents that act in a tick, above 0 and at most 1.
    #[schema(value_type = Option<f64>, exclusive_minimum = 0, maximum = 1, default = 1.0)]
    pub sample_rate: Option<Number>,
    /// Agents stepped between two looks at control messages. Never changes results.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000_000, default = 1000)]
    pub batch_size: Option<Whole>,
}

/// Who is simulated.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Name of the data set that gives regions and their populations: a bundled one, or one's own.
    #[schema(default = "us-2020")]
    pub dataset: Option<String>,
    /// Number of agents, shared out in proportion to the regions' populations. A data set that lists its agents has
    /// exactly those: then leave this out.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100_000_000, default = 10_000)]
    pub agents: Option<Whole>,
}

/// Who listens to whom.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// What kind of network: `gravity`, `complete`, `pairs`, `ring`, `small_world`, `erdos_renyi`, `scale_free`, or
    /// `listed`: the ties that the data set lists.
    #[schema(default = "gravity")]
    pub kind: Option<String>,
    /// Mean number of agents that an agent listens to.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 256, default = 12.0)]
    pub mean_degree: Option<Number>,
    /// Share of local ties that are rewired to a random agent of the region.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1, default = 0.1)]
    pub rewiring: Option<Number>,
    /// Share of ties that lead to another region.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1, default = 0.1)]
    pub long_range_share: Option<Number>,
    /// Power of the distance in the gravity law.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 4, default = 2.0)]
    pub distance_exponent: Option<Number>,
    /// Factor on the gravity of regions that share a border.
    #[schema(value_type = Option<f64>, minimum = 1, maximum = 100, default = 2.0)]
    pub border_factor: Option<Number>,
}

/// A configuration with its defaults filled in, in the words of the rooms below.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What to simulate.
    pub spec: RunSpec,
    /// A bundle of events that it has the effects of besides.
    pub bundle: Option<BundleChoice>,
    /// Nobody said how many agents there are.
    pub agents_left_out: bool,
    /// How to execute it.
    pub execution: Execution,
    /// The client's versions: engine, ruleset, dataset, schema.
    pub versions: [String; 4],
}

impl RunConfig {
    /// Fills in every default and checks what needs neither the model nor the data set.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field.
    pub fn plan(self) -> ApiResult<Plan> {
        let defaults = RunSpec::default();
        let scheduler = self.scheduler.unwrap_or_default();
        let population = self.population.unwrap_or_default();
        let execution = Execution {
            telemetry: self.telemetry.unwrap_or_default().choice()?,
            ..execution(&scheduler, self.snapshot_every_ticks)?
        };
        let agents = bounded("population.agents", population.agents, (1, MAX_AGENTS.into()))?;
        let horizon = bounded("horizon_ticks", self.horizon_ticks, (1, MAX_HORIZON_TICKS.into()))?;
        let seed = bounded("seed", self.seed, (0, u64::MAX.into()))?;
        let (named, agents) = cast(self.targets, self.target, agents)?;
        let Changes { variable_deltas, effects, applied, chosen } =
            self.scenario_patch.unwrap_or_default().changes()?;
        let spec = RunSpec {
            model: self.model.unwrap_or(defaults.model),
            parameters: self.parameters.unwrap_or_default().0,
            population: civitas_engine::PopulationSpec {
                dataset: population.dataset.unwrap_or(defaults.population.dataset),
                agents: agents.unwrap_or(defaults.population.agents),
            },
            network: self.network.unwrap_or_default().spec()?,
            seed: seed.unwrap_or(defaults.seed),
            horizon_ticks: horizon.unwrap_or(defaults.horizon_ticks),
            activation: activation(scheduler.activation.as_deref())?,
            sample_rate: scheduler.sample_rate.map_or(defaults.sample_rate, |rate| rate.0),
            variable_deltas,
            effects,
            bundle: applied,
            workflow: None,
            cast: named.map(Arc::new),
            past: Vec::new(),
        };
        spec.check()?;
        let versions = [
            version("engine_version", self.engine_version)?,
            version("ruleset_version", self.ruleset_version)?,
            version("dataset_version", self.dataset_version)?,
            version("schema_version", self.schema_version)?,
        ];
        Ok(Plan { spec, bundle: chosen, agents_left_out: agents.is_none(), execution, versions })
    }
}

impl Network {
    /// The network with its defaults filled in.
    ///
    /// # Errors
    /// For a kind that does not exist.
    pub(crate) fn spec(self) -> Result<NetworkSpec, EngineError> {
        let default = NetworkSpec::default();
        let or = |given: Option<Number>, default| given.map_or(default, |number| number.0);
        Ok(NetworkSpec {
            mean_degree: or(self.mean_degree, default.mean_degree),
            rewiring: or(self.rewiring, default.rewiring),
            long_range_share: or(self.long_range_share, default.long_range_share),
            distance_exponent: or(self.distance_exponent, default.distance_exponent),
            border_factor: or(self.border_factor, default.border_factor),
            kind: self.kind.map_or(Ok(default.kind), |name| name.parse())?,
        })
    }

    /// This network where `over` says nothing.
    pub(super) fn overlaid(self, over: Self) -> Self {
        Self {
            kind: over.kind.or(self.kind),
            mean_degree: over.mean_degree.or(self.mean_degree),
            rewiring: over.rewiring.or(self.rewiring),
            long_range_share: over.long_range_share.or(self.long_range_share),
            distance_exponent: over.distance_exponent.or(self.distance_exponent),
            border_factor: over.border_factor.or(self.border_factor),
        }
    }
}

/// Both tables; where both have a name, `over` wins.
pub(super) fn merged(base: Option<Numbers>, over: Option<Numbers>) -> Option<Numbers> {
    match (base, over) {
        (Some(mut base), Some(over)) => {
            base.0.extend(over.0);
            Some(base)
        }
        (base, over) => over.or(base),
    }
}

pub(super) fn execution(scheduler: &Scheduler, snapshot_every_ticks: Option<Whole>) -> ApiResult<Execution> {
    if let Some(other) = scheduler.partition_by.as_deref().filter(|by| *by != "region") {
        return Err(ApiError::invalid(format!("scheduler.partition_by must be region, not {other:?}")));
    }
    let batch_size = bounded("scheduler.batch_size", scheduler.batch_size, (1, MAX_BATCH_SIZE))?;
    let snapshots = bounded("snapshot_every_ticks", snapshot_every_ticks, (0, MAX_HORIZON_TICKS.into()))?;
    let batch_size = batch_size.unwrap_or(DEFAULT_BATCH_SIZE);
    Ok(Execution { batch_size, snapshot_every_ticks: snapshots, ..Execution::default() })
}

fn activation(given: Option<&str>) -> ApiResult<Activation> {
    let Some(name) = given else { return Ok(Activation::default()) };
    let known = Activation::ALL.into_iter().find(|known| known.as_str() == name);
    let names = Activation::ALL.map(Activation::as_str).join(", ");
    known.ok_or_else(|| ApiError::invalid(format!("scheduler.activation must be one of {names}, not {name:?}")))
}

/// The number, within its bounds, in the engine's words where it is not.
pub(super) fn bounded<T: TryFrom<i128>>(
    field: &str,
    given: Option<Whole>,
    (min, max): (i128, i128),
) -> ApiResult<Option<T>> {
    let Some(whole) = given else { return Ok(None) };
    let value = whole.within(min, max);
    let refusal = || EngineError::invalid(field, format!("must be between {min} and {max}")).into();
    value.map(Some).ok_or_else(refusal)
}

fn version(field: &str, given: Option<String>) -> ApiResult<String> {
    let version = given.unwrap_or_else(|| DEFAULT_VERSION.to_owned());
    if version.chars().count() > MAX_VERSION_CHARS || version.chars().any(char::is_control) {
        return Err(ApiError::invalid(format!("{field} must have at most {MAX_VERSION_CHARS} printable characters")));
    }
    Ok(version)
}
