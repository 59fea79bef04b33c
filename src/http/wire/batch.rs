//! The body of POST /runs/batch: one configuration and its variations. Owns how a variation overrides the base and how
//! runs without a name are named; quotas are the runtime's matter.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::cast::ensemble::EnsembleBody;
use super::cast::{TargetBody, check_mode};
use super::config::{Network, Population, RunConfig, ScenarioPatch, Scheduler, merged};
use super::create::{DEFAULT_NAME, Draft, check_name};
use super::fork::ForkedFrom;
use super::number::{Numbers, Whole};
use super::object::{Object, optional};
use super::telemetry_config::TelemetryRequest;
use crate::http::errors::{ApiError, ApiResult};

/// The most variations in one batch: as many as a tenant may have queued.
pub const MAX_VARIATIONS: usize = 50;

/// Runs to create together: all of them, or none.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateBatch {
    /// The project they belong to.
    #[schema(value_type = Uuid, required = true)]
    pub project_id: Option<Uuid>,
    /// What runs without a name of their own are called, with their number.
    #[schema(max_length = 200, default = "Untitled run")]
    pub name: Option<String>,
    /// What they have in common.
    #[serde(default, deserialize_with = "optional")]
    pub base_config: Option<BaseConfig>,
    /// How each differs; 1 to 50.
    #[schema(value_type = Vec<Variation>, required = true, min_items = 1, max_items = 50)]
    pub variations: Option<Vec<Object<Variation>>>,
    /// Start them as places free up.
    #[schema(default = false)]
    pub auto_start: Option<bool>,
}

/// What a batch's runs have in common: the fields of a run's configuration, its mode and its parent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BaseConfig {
    /// What kind of question they ask: `society`, `hybrid` with named agents in it, or `target` of copies of one
    /// persona.
    #[schema(default = "society")]
    pub mode: Option<String>,
    /// The node whose scenario theirs add to: they belong to children of it, and what they leave out is as there.
    pub parent_node_id: Option<Uuid>,
    /// The node that they are more runs of, with other seeds; all else is as there.
    pub node_id: Option<Uuid>,
    /// The run that all of them are forked from: what came before their tick was stepped once, by that run.
    pub parent_run_id: Option<Uuid>,
    /// The tick of the snapshot, for forks; the newest where it is left out.
    #[schema(value_type = Option<u32>, minimum = 0)]
    pub from_tick: Option<Whole>,
    /// Version of the engine that the client expects; recorded.
    pub engine_version: Option<String>,
    /// Version of the rules that the client expects; recorded.
    pub ruleset_version: Option<String>,
    /// Version of the data set that the client expects; recorded.
    pub dataset_version: Option<String>,
    /// Version of the schema that the client expects; recorded.
    pub schema_version: Option<String>,
    /// Chooses every random number.
    #[schema(value_type = Option<u64>, default = 42)]
    pub seed: Option<Whole>,
    /// How many ticks to simulate.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 100)]
    pub horizon_ticks: Option<Whole>,
    /// How agents are scheduled.
    #[serde(default, deserialize_with = "optional")]
    pub scheduler: Option<Scheduler>,
    /// What the scenario changes.
    #[serde(default, deserialize_with = "optional")]
    pub scenario_patch: Option<ScenarioPatch>,
    /// Name of the model.
    #[schema(default = "society")]
    pub model: Option<String>,
    /// The model's parameters that differ from its defaults.
    #[schema(value_type = Option<std::collections::BTreeMap<String, f64>>)]
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
    /// Ticks between snapshots, 0 for none.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 1000)]
    pub snapshot_every_ticks: Option<Whole>,
    /// What is recorded of them on their way.
    #[serde(default, deserialize_with = "optional")]
    pub telemetry: Option<TelemetryRequest>,
}

/// How one run of a batch differs from the base; tables are merged name by name.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variation {
    /// Its name.
    #[schema(max_length = 200)]
    pub name: Option<String>,
    /// Its seed.
    #[schema(value_type = Option<u64>)]
    pub seed: Option<Whole>,
    /// Its ticks.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    pub horizon_ticks: Option<Whole>,
    /// What its scenario changes.
    #[serde(default, deserialize_with = "optional")]
    pub scenario_patch: Option<ScenarioPatch>,
    /// Its parameters.
    #[schema(value_type = Option<std::collections::BTreeMap<String, f64>>)]
    pub parameters: Option<Numbers>,
    /// Its population.
    #[serde(default, deserialize_with = "optional")]
    pub population: Option<Population>,
    /// Its network.
    #[serde(default, deserialize_with = "optional")]
    pub network: Option<Network>,
}

/// A batch that was created.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BatchCreated {
    /// The batch.
    pub batch_id: Uuid,
    /// Its runs, in the order of the variations.
    pub runs: Vec<BatchRun>,
    /// How many they are.
    pub total: usize,
}

/// One run of a batch that was created.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BatchRun {
    /// The run.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: &'static str,
    /// The earlier run of the batch with which it shares its first ticks, and up to which tick: it goes on from that run's state,
    /// where that run gets so far. Left out where it shares none, or too few to be worth it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub shares_with: Option<ForkedFrom>,
}

impl CreateBatch {
    /// One checked draft per variation.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` naming the field and, where one is to blame, the variation.
    pub fn drafts(self) -> ApiResult<Vec<Draft>> {
        let base = self.base_config.unwrap_or_default();
        let mode = base.mode.clone();
        let common_name = self.name.unwrap_or_else(|| DEFAULT_NAME.to_owned());
        check_name("name", &common_name)?;
        let variations = checked(self.variations)?;
        if base.from_tick.is_some() {
            return Err(ApiError::invalid("base_config.from_tick needs parent_run_id, the run that is forked"));
        }
        let (_, config) = base.split();
        check_mode(("base_config.mode", "base_config"), mode.as_deref(), &config)?;
        let project_id = Some(self.project_id.ok_or_else(|| ApiError::invalid("project_id is required"))?);
        let draft = |(index, Object(variation)): (usize, Object<Variation>)| {
            let name = variation.name.clone().unwrap_or_else(|| format!("{common_name} {}", index + 1));
            check_name(&format!("variations[{index}].name"), &name)?;
            let plan = variation.over(config.clone()).plan().map_err(|error| blame(error, index))?;
            Ok(Draft { project_id, name, node_name: Some(common_name.clone()), plan })
        };
        variations.into_iter().enumerate().map(draft).collect()
    }
}

impl BaseConfig {
    /// The node that is named, and the configuration.
    pub(super) fn split(self) -> (Option<Uuid>, RunConfig) {
        let config = RunConfig {
            engine_version: self.engine_version,
            ruleset_version: self.ruleset_version,
            dataset_version: self.dataset_version,
            schema_version: self.schema_version,
            seed: self.seed,
            horizon_ticks: self.horizon_ticks,
            scheduler: self.scheduler,
            scenario_patch: self.scenario_patch,
            model: self.model,
            parameters: self.parameters,
            population: self.population,
            network: self.network,
            targets: self.targets,
            target: self.target,
            snapshot_every_ticks: self.snapshot_every_ticks,
            telemetry: self.telemetry,
        };
        (self.parent_node_id, config)
    }
}

impl Variation {
    /// The configuration with what this variation says in place of what it said.
    pub(super) fn over(self, base: RunConfig) -> RunConfig {
        RunConfig {
            seed: self.seed.or(base.seed),
            horizon_ticks: self.horizon_ticks.or(base.horizon_ticks),
            parameters: merged(base.parameters, self.parameters),
            scenario_patch: both(base.scenario_patch, self.scenario_patch, ScenarioPatch::merged),
            network: both(base.network, self.network, Network::overlaid),
            population: both(base.population, self.population, |base, over| Population {
                dataset: over.dataset.or(base.dataset),
                agents: over.agents.or(base.agents),
            }),
            ..base
        }
    }
}

fn both<T>(base: Option<T>, over: Option<T>, merge: impl FnOnce(T, T) -> T) -> Option<T> {
    match (base, over) {
        (Some(base), Some(over)) => Some(merge(base, over)),
        (base, over) => over.or(base),
    }
}

/// As many variations as a batch may have.
pub(super) fn checked(variations: Option<Vec<Object<Variation>>>) -> ApiResult<Vec<Object<Variation>>> {
    let variations = variations.ok_or_else(|| ApiError::invalid("variations is required"))?;
    if (1..=MAX_VARIATIONS).contains(&variations.len()) {
        return Ok(variations);
    }
    let detail = format!("variations must have between 1 and {MAX_VARIATIONS} entries, not {}", variations.len());
    Err(ApiError::invalid(detail))
}

/// Says which variation a refusal is about; the field still comes first.
pub(super) fn blame(error: ApiError, index: usize) -> ApiError {
    let detail = format!("{} (in variations[{index}])", error.detail);
    ApiError { detail, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::wire::decode;

    const PROJECT: &str = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10";

    fn drafts(rest: &str) -> ApiResult<Vec<Draft>> {
        let body = format!(r#"{{"project_id": "{PROJECT}", {rest}}}"#);
        decode::json::<CreateBatch>(body.as_bytes())?.drafts()
    }

    #[test]
    fn the_documented_batch_becomes_five_runs() {
        let runs = drafts(
            r#""base_config": {"mode": "society", "horizon_ticks": 100}, "auto_start": true, "variations": [
            {"name": "Seed 1", "seed": 1}, {"name": "Seed 2", "seed": 2}, {"name": "Seed 3", "seed": 3},
            {"name": "Seed 4", "seed": 4}, {"name": "Seed 5", "seed": 5}]"#,
        );
        let runs = runs.unwrap();
        let seen: Vec<_> = runs.iter().map(|run| (run.name.as_str(), run.plan.spec.seed)).collect();
        assert_eq!(seen, [("Seed 1", 1), ("Seed 2", 2), ("Seed 3", 3), ("Seed 4", 4), ("Seed 5", 5)]);
    }

    #[test]
    fn variations_override_the_base_name_by_name() {
        let runs = drafts(
            r#""name": "Trial", "base_config": {"seed": 7, "parameters": {"pace": 0.5, "noise": 0.1},
            "network": {"rewiring": 0.3, "mean_degree": 8}, "population": {"agents": 500}},
            "variations": [{}, {"parameters": {"noise": 0.2}, "network": {"mean_degree": 4}, "seed": 9}]"#,
        );
        let runs = runs.unwrap();
        assert_eq!([runs[0].name.as_str(), runs[1].name.as_str()], ["Trial 1", "Trial 2"]);
        let spec = &runs[1].plan.spec;
        assert_eq!((spec.seed, spec.population.agents), (9, 500));
        assert_eq!((spec.network.rewiring, spec.network.mean_degree), (0.3, 4.0));
        assert_eq!((spec.parameters["pace"], spec.parameters["noise"]), (0.5, 0.2));
    }

    #[test]
    fn refusals_name_the_variation() {
        let many = format!(r#""variations": [{}]"#, ["{}"; 51].join(","));
        for (rest, start) in [
            (
                r#""variations": [{}, {"horizon_ticks": 0}]"#,
                "horizon_ticks must be between 1 and 1000 (in variations[1])",
            ),
            (r#""variations": [{"seed": "x"}]"#, "variations[0].seed must be a whole number"),
            (r#""variations": [{"sed": 1}]"#, "variations[0].sed is not a known field"),
            (r#""variations": [[]]"#, "variations[0] must be an object"),
            (r#""variations": {}"#, "variations must be an array, not an object"),
            (r#""variations": []"#, "variations must have between 1 and 50 entries, not 0"),
            (many.as_str(), "variations must have between 1 and 50 entries, not 51"),
            (r#""auto_start": 1, "variations": [{}]"#, "auto_start must be a boolean"),
            (r#""auto_start": true"#, "variations is required"),
        ] {
            let error = drafts(rest).unwrap_err();
            assert!(error.detail.starts_with(start), "{rest}: {}", error.detail);
        }
    }
}
