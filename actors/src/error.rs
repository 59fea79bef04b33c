//! The runtime's one error: why a request was refused. Faults of a run in progress are [`civitas_store::RunFault`]s.

use civitas_engine::EngineError;
use civitas_store::{NodeId, RunId, RunStatus, StoreError};

use crate::demand::{Resource, Shortage};

/// Why the runtime refuses a request. Nothing has changed when one of these comes back, except that after
/// [`RuntimeError::Overloaded`], [`RuntimeError::ShuttingDown`] and [`RuntimeError::Store`] it may have: look at the run.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The specification is wrong.
    #[error(transparent)]
    Spec(#[from] EngineError),
    /// The tenant has no such run.
    #[error("Run {0} not found")]
    NotFound(RunId),
    /// The tenant has no such node.
    #[error("Node {0} not found")]
    NoNode(NodeId),
    /// A run is to belong to a node, and asks something else; or a child differs from its parent by more than its patch.
    #[error(
        "{field} must be as in node {node}, or be left out; for another question leave parent_node_id and node_id out"
    )]
    NodeMismatch {
        /// What is not as there.
        field: String,
        /// The node.
        node: NodeId,
    },
    /// Nodes of these two models were to be compared.
    #[error("node_ids must be nodes of one model, and these are of {0} and {1}: compare nodes of the same model")]
    NodeModels(String, String),
    /// There is no room for it among nodes.
    #[error("{0}")]
    NodeLimit(String),
    /// The tenant has no data set of this name, or not this version of it.
    #[error("there is no data set {0}")]
    NoDataset(String),
    /// The bundle is of another project of the tenant than the run.
    #[error("scenario_patch.event_bundle_id must be a bundle of the run's project {project}, and {id} is of another")]
    BundleElsewhere {
        /// The bundle.
        id: civitas_store::EventId,
        /// The run's project.
        project: civitas_store::ProjectId,
    },
    /// It is running already, or on its way into or out of running.
    #[error("Run is already running")]
    AlreadyRunning(RunId),
    /// It has ended.
    #[error("Run has already ended as {1}")]
    AlreadyEnded(RunId, RunStatus),
    /// Its status does not allow what was asked.
    #[error("Run is {1}; {2}")]
    WrongStatus(RunId, RunStatus, &'static str),
    /// It has no snapshot of this tick, or none at all.
    #[error("from_tick must be the tick of a snapshot of run {run}: {have}")]
    NoSnapshot {
        /// The run that was to be forked.
        run: RunId,
        /// Which there are, the nearest ones.
        have: String,
    },
    /// It has the snapshot, and no run can go on from it.
    #[error("the snapshot of run {run} at tick {tick} cannot be used: {why}")]
    SnapshotUnusable {
        /// The run that was to be forked.
        run: RunId,
        /// The snapshot's tick.
        tick: u32,
        /// What is wrong with it.
        why: String,
    },
    /// It has no results to read yet.
    #[error("Run is {1}; results are available when it has ended")]
    NoResultsYet(RunId, RunStatus),
    /// What it notes of itself is written when it has ended or rests.
    #[error("Run is {1}; its manifest is written when it has ended or is paused")]
    ManifestNotReady(RunId, RunStatus),
    /// It has no manifest.
    #[error("Run {0} has no manifest: it ended before its first tick, or was executed before there were manifests")]
    NoManifest(RunId),
    /// This program has not what made the run, so that it cannot be expected to give the same.
    #[error("Run {0} has {1}")]
    OtherResults(RunId, String),
    /// Nobody had the run verified since the runtime started.
    #[error("Run {0} has not been verified since the server started")]
    NoVerification(RunId),
    /// It ended before its first tick, so there are no results.
    #[error("Run ended as {1} before its first tick and has no results")]
    NoResults(RunId, RunStatus),
    /// A limit of the tenant, or of the whole machine, is reached.
    #[error("{what} limit exceeded ({used}/{limit}). Try again later.")]
    Quota {
        /// Which limit: `Concurrent run`, `Queued run`, `Server-wide concurrent run`.
        what: &'static str,
        /// How many there are, without what was asked for.
        used: usize,
        /// How many there may be.
        limit: usize,
        /// When to try again.
        retry_after_s: u64,
    },
    /// What is asked for would not fit its budget if nothing else were there.
    #[error("{}", too_large(.0))]
    TooLarge(Shortage),
    /// What is asked for does not fit its budget now.
    #[error("Budget exceeded: this {shortage}. Try again later.")]
    NoRoom {
        /// Which budget, with the figures.
        shortage: Shortage,
        /// When to try again.
        retry_after_s: u64,
    },
    /// The runtime is stopping, or its actors are gone.
    #[error("the runtime is shutting down")]
    ShuttingDown,
    /// The runtime did not answer in time.
    #[error("the runtime is overloaded; try again")]
    Overloaded,
    /// An event script or bundle is not there, was changed, is in use, or is one too many.
    #[error(transparent)]
    Events(StoreError),
    /// The store failed; the request may be repeated.
    #[error("storage failed: {0}")]
    Store(#[from] StoreError),
    /// The runtime could not be started.
    #[error("the runtime could not be started: {0}")]
    Start(String),
}

fn too_large(shortage: &Shortage) -> String {
    let Shortage { resource, needed, budget, .. } = *shortage;
    let (needed, budget, option) = (resource.shown(needed), resource.shown(budget), shortage.option());
    match resource {
        Resource::Memory => format!(
            "the run needs about {needed} MiB and may have {budget}; ask for fewer agents or a smaller mean degree, or raise \
             {option}"
        ),
        Resource::AgentSteps => format!(
            "what is asked for comes to about {needed} agent-steps, and there may be {budget}; ask for fewer agents, ticks or \
             runs, or raise {option}"
        ),
    }
}

/// The result of a runtime call.
pub type Result<T> = std::result::Result<T, RuntimeError>;
