//! What a run looks like in answers, made from its stored record. Owns the field names of the Run object; it must not
//! read anything that is not handed in.

use std::collections::BTreeMap;

use civitas_engine::TelemetryOptions;
use civitas_store::{RunFault, RunRecord, StoredEra, StoredSpec};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::cast::TargetInForce;
use super::cast::ensemble::EnsembleInForce;
use super::fork::ForkedFrom;
use super::held::snapshot_ref;
use super::number::{short, short_or_null};
pub use super::run_changes::{RunCancelled, RunStarted};
use super::scenario::ScenarioPatchInForce;
use super::telemetry_config::TelemetryInForce;
use crate::telemetry::Place;
use crate::time;

/// A run, whole.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Run {
    /// Its id.
    pub id: Uuid,
    /// Its project.
    pub project_id: Uuid,
    /// Its tenant.
    pub tenant_id: Uuid,
    /// Its name.
    pub name: String,
    /// Its mode: `society`, `hybrid`, `target`, or `experiment` for those of POST /api/run-experiments.
    #[schema(example = "society")]
    pub mode: &'static str,
    /// `queued`, `running`, `paused`, `succeeded`, `failed` or `cancelled`.
    #[schema(example = "succeeded")]
    pub status: &'static str,
    /// Its configuration with every default filled in.
    pub config: Config,
    /// How far it is.
    pub progress: RunProgress,
    /// Where its outputs are.
    pub outputs: Outputs,
    /// When what happened.
    pub timing: Timing,
    /// Why it failed.
    pub error: Option<Fault>,
    /// Who created it: an API key's id, or `local`.
    pub created_by: String,
    /// The batch that it was created in.
    pub batch_id: Option<Uuid>,
    /// The parent of its node.
    pub parent_node_id: Option<Uuid>,
    /// Where it was forked from; null for a run that began at tick 0.
    pub forked_from: Option<ForkedFrom>,
}

/// A configuration with every default filled in. Sent back as the `config` of a new run it gives the same results, but
/// for an experiment, whose groups and workflow are no part of it, and a fork, whose past is not for new runs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Config {
    /// As the client stated it.
    pub engine_version: String,
    /// As the client stated it.
    pub ruleset_version: String,
    /// As the client stated it.
    pub dataset_version: String,
    /// As the client stated it.
    pub schema_version: String,
    /// The seed.
    pub seed: u64,
    /// Ticks asked for.
    pub horizon_ticks: u32,
    /// How agents are scheduled.
    pub scheduler: SchedulerInForce,
    /// What the scenario changes; null where it changes nothing.
    pub scenario_patch: Option<ScenarioPatchInForce>,
    /// The model.
    pub model: String,
    /// The parameters that were given; the others have the model's defaults.
    pub parameters: BTreeMap<String, f64>,
    /// Who is simulated.
    pub population: PopulationInForce,
    /// Who listens to whom.
    pub network: NetworkInForce,
    /// The agents that it names; only in the mode `hybrid`, and where one run is shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetInForce>,
    /// The copies of a persona that it is of; only in the mode `target`, and where one run is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target: Option<EnsembleInForce>,
    /// Ticks between snapshots, 0 for none.
    pub snapshot_every_ticks: u32,
    /// What is recorded of the run; only where one run is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub telemetry: Option<TelemetryInForce>,
    /// What was in force before the seed, the horizon and the scenario that stand here, oldest first; only in forks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<EraInForce>,
}

/// What was in force up to a tick.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EraInForce {
    /// The last tick that was stepped so.
    pub until_tick: u32,
    /// The seed.
    pub seed: u64,
    /// Ticks that were asked for.
    pub horizon_ticks: u32,
    /// Shifts of environment variables.
    pub variable_deltas: BTreeMap<String, f64>,
}

/// How agents are scheduled.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SchedulerInForce {
    /// How agents are grouped.
    pub partition_by: &'static str,
    /// Who acts in a tick.
    pub activation: String,
    /// Share of agents that act in a tick.
    pub sample_rate: f64,
    /// Agents stepped between two looks at control messages.
    pub batch_size: u32,
}

/// Who is simulated.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PopulationInForce {
    /// The data set.
    pub dataset: String,
    /// Number of agents.
    pub agents: u32,
}

/// Who listens to whom.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NetworkInForce {
    /// What kind of network.
    pub kind: String,
    /// Mean number of agents that an agent listens to.
    pub mean_degree: f64,
    /// Share of local ties that are rewired.
    pub rewiring: f64,
    /// Share of ties that lead to another region.
    pub long_range_share: f64,
    /// Power of the distance in the gravity law.
    pub distance_exponent: f64,
    /// Factor on the gravity of regions that share a border.
    pub border_factor: f64,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunProgress {
    /// Ticks completed.
    pub current_tick: u32,
    /// Ticks asked for.
    pub total_ticks: u32,
    /// Agent-steps so far.
    pub agents_processed: u64,
    /// Share of the ticks that are completed, in per cent.
    #[serde(serialize_with = "short")]
    pub percent_complete: f64,
}

/// Where a run's outputs are.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Outputs {
    /// The node that it belongs to; null for runs that an earlier version stored.
    pub node_id: Option<Uuid>,
    /// Where the telemetry is read: a path of the API, or the URL of a folder in an object store; null for a run without
    /// telemetry, and before it starts.
    pub telemetry_ref: Option<String>,
    /// Where the results are, whole or partial: a path of the API, or a URL; null where there are none.
    pub results_ref: Option<String>,
    /// Complete snapshots, oldest first.
    pub snapshot_refs: Vec<String>,
}

/// When what happened, RFC 3339 in UTC.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Timing {
    /// When it was created.
    #[schema(format = DateTime)]
    pub queued_at: String,
    /// When it first left the queue.
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    pub completed_at: Option<String>,
    /// Seconds from start to end; null before it has ended, and for a run that never started.
    #[serde(serialize_with = "short_or_null")]
    pub duration_seconds: Option<f64>,
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Fault {
    /// A documented code, for instance `RUN_TIMEOUT`.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// The tick that was being computed.
    pub tick: Option<u32>,
    /// The region that was being stepped.
    pub region: Option<String>,
}

/// A run that was created.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunCreated {
    /// Its id.
    pub id: Uuid,
    /// Its project.
    pub project_id: Uuid,
    /// Its name.
    pub name: String,
    /// Its mode.
    pub mode: &'static str,
    /// `queued`.
    pub status: &'static str,
    /// Its configuration with every default filled in.
    pub config: Config,
    /// When it was created, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Where it was forked from; only for forks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub forked_from: Option<ForkedFrom>,
}

/// Where a run's results are read.
pub fn results_path(id: Uuid) -> String {
    format!("/api/v1/runs/{id}/results")
}

/// Seconds from start to end, where there were both. Listings are sorted by the same number.
pub fn duration_seconds(record: &RunRecord) -> Option<f64> {
    record.duration_ms().map(time::seconds)
}

impl Run {
    /// The run, with the ticks of its complete snapshots.
    pub fn new(record: RunRecord, snapshot_ticks: impl IntoIterator<Item = u32>) -> Self {
        let id = record.id;
        Self {
            id,
            forked_from: ForkedFrom::of(&record),
            project_id: record.project_id,
            tenant_id: record.tenant_id,
            mode: record.mode.as_str(),
            status: record.status.as_str(),
            config: Config::from(&record.spec),
            progress: RunProgress {
                current_tick: record.current_tick,
                total_ticks: record.total_ticks,
                agents_processed: record.agents_processed,
                percent_complete: f64::from(record.current_tick) * 100.0 / f64::from(record.total_ticks.max(1)),
            },
            outputs: Outputs {
                node_id: record.node_id,
                telemetry_ref: None,
                results_ref: record.has_results.then(|| results_path(id)),
                snapshot_refs: snapshot_ticks.into_iter().map(|tick| snapshot_ref(id, tick)).collect(),
            },
            timing: Timing {
                queued_at: time::rfc3339(record.created_at_ms),
                started_at: record.started_at_ms.map(time::rfc3339),
                completed_at: record.completed_at_ms.map(time::rfc3339),
                duration_seconds: duration_seconds(&record),
            },
            name: record.name,
            error: record.fault.map(Fault::from),
            created_by: record.created_by,
            batch_id: record.batch_id,
            parent_node_id: record.parent_node_id,
        }
    }
}

impl Run {
    /// The same with what is recorded of it, and where that is: of results the path of the API, unless a copy is known to be
    /// where others reach it.
    #[must_use]
    pub fn recorded(
        mut self,
        telemetry: Option<TelemetryOptions>,
        results_url: Option<String>,
        place: Option<&Place>,
    ) -> Self {
        if let (Some(_), Some(place), Some(_)) = (telemetry, place, &self.timing.started_at) {
            self.outputs.telemetry_ref = Some(place.telemetry_ref(self.id));
        }
        if let (Some(results), Some(url)) = (&mut self.outputs.results_ref, results_url) {
            *results = url;
        }
        self.config.telemetry = Some(telemetry.into());
        self
    }
}

impl From<&StoredSpec> for Config {
    fn from(spec: &StoredSpec) -> Self {
        let [engine_version, ruleset_version, dataset_version, schema_version] = spec.versions.clone();
        Self {
            engine_version,
            ruleset_version,
            dataset_version,
            schema_version,
            seed: spec.seed,
            horizon_ticks: spec.horizon_ticks,
            scheduler: SchedulerInForce {
                partition_by: "region",
                activation: spec.activation.clone(),
                sample_rate: spec.sample_rate,
                batch_size: spec.batch_size,
            },
            scenario_patch: ScenarioPatchInForce::of(spec),
            model: spec.model.clone(),
            parameters: spec.parameters.iter().cloned().collect(),
            population: PopulationInForce { dataset: spec.dataset.clone(), agents: spec.agents },
            network: NetworkInForce {
                kind: spec.network.clone(),
                mean_degree: spec.mean_degree,
                rewiring: spec.rewiring,
                long_range_share: spec.long_range_share,
                distance_exponent: spec.distance_exponent,
                border_factor: spec.border_factor,
            },
            targets: Vec::new(),
            target: None,
            snapshot_every_ticks: spec.snapshot_every_ticks,
            telemetry: None,
            past: spec.past.iter().map(EraInForce::from).collect(),
        }
    }
}

impl From<&StoredEra> for EraInForce {
    fn from(era: &StoredEra) -> Self {
        Self {
            until_tick: era.until_tick,
            seed: era.seed,
            horizon_ticks: era.horizon_ticks,
            variable_deltas: era.variable_deltas.iter().cloned().collect(),
        }
    }
}

impl From<RunFault> for Fault {
    fn from(fault: RunFault) -> Self {
        Self { code: fault.code, message: fault.message, tick: fault.tick, region: fault.region }
    }
}

impl From<RunRecord> for RunCreated {
    fn from(record: RunRecord) -> Self {
        Self {
            id: record.id,
            forked_from: ForkedFrom::of(&record),
            project_id: record.project_id,
            config: Config::from(&record.spec),
            name: record.name,
            mode: record.mode.as_str(),
            status: record.status.as_str(),
            created_at: time::rfc3339(record.created_at_ms),
        }
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
pub(crate) mod tests;
