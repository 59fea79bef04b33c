//! The runtime's one error: why a request was refused. Faults of a run in progress are [`civitas_store::RunFault`]s.

use civitas_engine::EngineError;
use civitas_store::{RunId, RunStatus, StoreError};

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
    /// The tenant has no data set of this name, or not this version of it.
    #[error("there is no data set {0}")]
    NoDataset(String),
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
    /// The run would take more memory than one run may.
    #[error(
        "the run needs about {needed_mib} MiB and may have {limit_mib}; ask for fewer agents or a smaller mean degree, \
         or raise limits.max_run_memory_mib"
    )]
    TooLarge {
        /// What it would take, in MiB.
        needed_mib: u64,
        /// What one run may take, in MiB.
        limit_mib: u64,
    },
    /// The runtime is stopping, or its actors are gone.
    #[error("the runtime is shutting down")]
    ShuttingDown,
    /// The runtime did not answer in time.
    #[error("the runtime is overloaded; try again")]
    Overloaded,
    /// The store failed; the request may be repeated.
    #[error("storage failed: {0}")]
    Store(#[from] StoreError),
    /// The runtime could not be started.
    #[error("the runtime could not be started: {0}")]
    Start(String),
}

/// The result of a runtime call.
pub type Result<T> = std::result::Result<T, RuntimeError>;
