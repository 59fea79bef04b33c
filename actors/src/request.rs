//! What callers hand to the runtime and get back, with the conversions between the engine's specification and the
//! stored one.

use std::collections::BTreeMap;
use std::time::Duration;

use civitas_engine::{
    Activation, AppliedBundle, Cast, EngineError, Era, NetworkKind, NetworkSpec, PopulationSpec, RunSpec,
};
use civitas_store::{
    BatchRecord, DEFAULT_TENANT, ForkPoint, ProjectId, RunFault, RunId, RunMode, RunRecord, RunStatus, StoredEra,
    StoredSpec, TenantId, UsedBundle,
};
use uuid::Uuid;

use crate::demand::Shortage;
use crate::event_scripts::BundleChoice;
use crate::nodes::NodePlace;
use crate::telemetry::TelemetryChoice;

/// Agents stepped between two looks at control messages where a run does not say.
pub const DEFAULT_BATCH_SIZE: u32 = 1_000;

/// A run to create.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Who owns it.
    pub tenant_id: TenantId,
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// Which question it belongs to.
    pub node: NodePlace,
    /// What its node is called where it is new and has several runs; the run's own name where this is left out, or it is the only one.
    pub node_name: Option<String>,
    /// A name for people.
    pub name: String,
    /// Who creates it.
    pub created_by: String,
    /// What it is asked to do.
    pub spec: RunSpec,
    /// A bundle whose effects it has besides, from its creation on.
    pub bundle: Option<BundleChoice>,
    /// The client did not say how many agents: where the data set lists its agents, it says so.
    pub agents_left_out: bool,
    /// How it is executed; never changes results.
    pub execution: Execution,
    /// The versions that the client stated: engine, ruleset, dataset, schema. Where the data set is the tenant's own, a
    /// whole number picks its version; anything else means the newest, and is replaced by its number.
    pub versions: [String; 4],
}

impl NewRun {
    /// A run of the default tenant under no particular project: what a program that embeds the runtime for itself
    /// submits.
    pub fn local(name: impl Into<String>, spec: RunSpec) -> Self {
        Self {
            tenant_id: DEFAULT_TENANT,
            project_id: Uuid::nil(),
            node: NodePlace::Root,
            node_name: None,
            name: name.into(),
            created_by: "local".to_owned(),
            spec,
            bundle: None,
            agents_left_out: false,
            execution: Execution::default(),
            versions: std::array::from_fn(|_| "1.0.0".to_owned()),
        }
    }
}

/// How a run is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Agents stepped between two looks at control messages, at least 1.
    pub batch_size: u32,
    /// Ticks between snapshots, 0 for none; `None` for the runtime's default.
    pub snapshot_every_ticks: Option<u32>,
    /// What its telemetry holds.
    pub telemetry: TelemetryChoice,
}

impl Default for Execution {
    fn default() -> Self {
        Self { batch_size: DEFAULT_BATCH_SIZE, snapshot_every_ticks: None, telemetry: TelemetryChoice::default() }
    }
}

/// A batch that was created.
#[derive(Clone, Debug)]
pub struct CreatedBatch {
    /// The batch.
    pub batch: BatchRecord,
    /// Its runs, in the order of the request.
    pub runs: Vec<RunRecord>,
    /// For each of them, the earlier run of the batch with which it shares its first ticks, and how many: it goes on from that run's
    /// state there, where that run gets so far. `None` where it shares none, or too few to be worth it.
    pub shared: Vec<Option<ForkPoint>>,
}

/// A run that was started.
#[derive(Clone, Debug)]
pub struct StartedRun {
    /// The run: running, or as it was where it waits for room.
    pub record: RunRecord,
    /// How long it should take by the speed of earlier runs on this machine, in seconds.
    pub estimated_duration_s: f64,
    /// What there is too little of for it to run now; it starts by itself once there is enough.
    pub waits_for: Option<Shortage>,
}

/// A run's results as stored.
#[derive(Clone, Debug)]
pub struct RunResults {
    /// The run, ended.
    pub record: RunRecord,
    /// The canonical JSON of its outcome.
    pub outcome_json: Vec<u8>,
}

/// Where a run stands, as its watchers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The run.
    pub run_id: RunId,
    /// Its status.
    pub status: RunStatus,
    /// Ticks completed.
    pub tick: u32,
    /// Ticks asked for.
    pub total_ticks: u32,
    /// Agent-steps so far.
    pub agents_processed: u64,
    /// Running time so far, in milliseconds.
    pub running_ms: u64,
    /// Why it failed.
    pub fault: Option<RunFault>,
    /// True when results, whole or partial, are stored.
    pub has_results: bool,
    /// What it took to make its population and network in this life; `None` before they are made and once it has ended.
    pub setup: Option<Setup>,
}

/// What it took to make a run's population and network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// From the specification to the first tick.
    pub took: Duration,
    /// Bytes that the partitions hold: agents, what they publish, their ties.
    pub bytes: u64,
}

impl Progress {
    /// Where a stored run stands.
    pub fn of(record: &RunRecord) -> Self {
        Self {
            run_id: record.id,
            status: record.status,
            tick: record.current_tick,
            total_ticks: record.total_ticks,
            agents_processed: record.agents_processed,
            running_ms: record.running_ms,
            fault: record.fault.clone(),
            has_results: record.has_results,
            setup: None,
        }
    }

    /// Share of the ticks that are completed, in per cent.
    pub fn percent(&self) -> f64 {
        f64::from(self.tick) * 100.0 / f64::from(self.total_ticks.max(1))
    }
}

/// The mode of a run that is asked to do this.
pub fn mode_of(spec: &RunSpec) -> RunMode {
    match (spec.cast.as_deref(), &spec.workflow) {
        (Some(Cast::Hybrid(_)), _) => RunMode::Hybrid,
        (Some(Cast::Target(_)), _) => RunMode::Target,
        (None, Some(_)) => RunMode::Experiment,
        (None, None) => RunMode::Society,
    }
}

/// The stored form of a specification but for its workflow, its effects and its cast, which are stored beside it; `snapshot_every_ticks` is the runtime's default.
pub fn to_stored(
    spec: &RunSpec,
    execution: Execution,
    snapshot_every_ticks: u32,
    versions: &[String; 4],
) -> StoredSpec {
    StoredSpec {
        model: spec.model.clone(),
        parameters: spec.parameters.iter().map(|(name, &value)| (name.clone(), value)).collect(),
        dataset: spec.population.dataset.clone(),
        agents: spec.population.agents,
        network: spec.network.kind.as_str().to_owned(),
        mean_degree: spec.network.mean_degree,
        rewiring: spec.network.rewiring,
        long_range_share: spec.network.long_range_share,
        distance_exponent: spec.network.distance_exponent,
        border_factor: spec.network.border_factor,
        seed: spec.seed,
        horizon_ticks: spec.horizon_ticks,
        activation: spec.activation.as_str().to_owned(),
        sample_rate: spec.sample_rate,
        batch_size: execution.batch_size,
        snapshot_every_ticks: execution.snapshot_every_ticks.unwrap_or(snapshot_every_ticks),
        variable_deltas: listed(&spec.variable_deltas),
        effects: spec.effects.len() as u32,
        bundle: spec.bundle.as_ref().map(|bundle| UsedBundle {
            // None but in programs that make such ids themselves.
            id: Uuid::parse_str(&bundle.id).unwrap_or_default(),
            version: bundle.version,
            attribution: spec.attributed().is_some(),
        }),
        versions: versions.clone(),
        past: spec.past.iter().map(stored_era).collect(),
    }
}

/// The engine's form of a stored specification; the workflow of an experiment, the effects of a scenario
/// and the cast of a run that names agents are stored beside it.
///
/// # Errors
/// [`EngineError::State`] for a word that this version does not know.
pub fn from_stored(stored: &StoredSpec) -> Result<RunSpec, EngineError> {
    let unknown = |what: &str, word: &str| EngineError::State(format!("the {what} `{word}` is not known here"));
    let kind = NetworkKind::ALL.into_iter().find(|known| known.as_str() == stored.network);
    let activation = Activation::ALL.into_iter().find(|known| known.as_str() == stored.activation);
    Ok(RunSpec {
        model: stored.model.clone(),
        parameters: stored.parameters.iter().cloned().collect(),
        population: PopulationSpec { dataset: stored.dataset.clone(), agents: stored.agents },
        network: NetworkSpec {
            mean_degree: stored.mean_degree,
            rewiring: stored.rewiring,
            long_range_share: stored.long_range_share,
            distance_exponent: stored.distance_exponent,
            border_factor: stored.border_factor,
            kind: kind.ok_or_else(|| unknown("network", &stored.network))?,
        },
        seed: stored.seed,
        horizon_ticks: stored.horizon_ticks,
        activation: activation.ok_or_else(|| unknown("activation", &stored.activation))?,
        sample_rate: stored.sample_rate,
        variable_deltas: stored.variable_deltas.iter().cloned().collect(),
        effects: Vec::new(),
        bundle: stored.bundle.map(|UsedBundle { id, version, attribution }| AppliedBundle {
            id: id.to_string(),
            version,
            attribution,
        }),
        workflow: None,
        cast: None,
        past: stored.past.iter().map(era).collect(),
    })
}

fn listed(deltas: &BTreeMap<String, f64>) -> Vec<(String, f64)> {
    deltas.iter().map(|(name, &delta)| (name.clone(), delta)).collect()
}

fn stored_era(era: &Era) -> StoredEra {
    let Era { until_tick, seed, horizon_ticks, ref variable_deltas } = *era;
    StoredEra { until_tick, seed, horizon_ticks, variable_deltas: listed(variable_deltas) }
}

fn era(stored: &StoredEra) -> Era {
    let StoredEra { until_tick, seed, horizon_ticks, ref variable_deltas } = *stored;
    Era { until_tick, seed, horizon_ticks, variable_deltas: variable_deltas.iter().cloned().collect() }
}
