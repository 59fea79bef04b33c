//! To the registry: what users ask for, and what supervisors report. The registry alone writes run records, one at a
//! time per run, so answers to one run's requests come in the order of the requests.

use std::time::Duration;

use actix::Message;
use civitas_store::{
    BatchRecord, Change, DatasetKey, ForkPoint, NodeRecord, RunId, RunRecord, SnapshotManifest, StoreError, TenantId,
};

use crate::books::Census;
use crate::error::RuntimeError;
use crate::lifecycle::RunEnd;
use crate::request::StartedRun;

/// Control thread to registry, first, or facade to registry: take over runs that the store holds as queued, paused or running. What was running
/// goes on, unless it was interrupted too often; what waited waits on. Answered when every one of them can be asked for.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Recover(pub(crate) Vec<RunRecord>);

/// Facade to registry: create these runs of one tenant, all or none. Answered when they are on the disk.
#[derive(Message)]
#[rtype(result = "Result<(), RuntimeError>")]
pub(crate) struct Submit {
    pub(crate) tenant_id: TenantId,
    pub(crate) runs: Vec<RunRecord>,
    /// Nodes that are made for them.
    pub(crate) nodes: Vec<NodeRecord>,
    /// What is stored beside their records: workflows of those that are experiments, and effects of scenarios.
    pub(crate) documents: Vec<Change>,
    pub(crate) batch: Option<BatchRecord>,
    /// Versions of data sets that they name.
    pub(crate) datasets: Vec<DatasetKey>,
    /// What those that are forks begin with; the parts are written already.
    pub(crate) snapshots: Vec<SnapshotManifest>,
}

/// Facade to registry: what is counted of all tenants now.
#[derive(Message)]
#[rtype(result = "Census")]
pub(crate) struct TakeCensus;

/// Facade to registry: start a queued run. Answered when that it runs is on the disk.
#[derive(Message)]
#[rtype(result = "Result<StartedRun, RuntimeError>")]
pub(crate) struct StartRun {
    pub(crate) tenant_id: TenantId,
    pub(crate) run_id: RunId,
}

/// Facade to registry: pause a running run. Answered when that it is paused, and its snapshot, are on the disk.
#[derive(Message)]
#[rtype(result = "Result<RunRecord, RuntimeError>")]
pub(crate) struct PauseRun {
    pub(crate) tenant_id: TenantId,
    pub(crate) run_id: RunId,
}

/// Facade to registry: have a paused run go on. Answered when that it runs is on the disk.
#[derive(Message)]
#[rtype(result = "Result<StartedRun, RuntimeError>")]
pub(crate) struct ResumeRun {
    pub(crate) tenant_id: TenantId,
    pub(crate) run_id: RunId,
}

/// Facade to registry: take a snapshot of a running run after the tick in progress. Answered with its tick when it is on the
/// disk.
#[derive(Message)]
#[rtype(result = "Result<u32, RuntimeError>")]
pub(crate) struct TakeSnapshot {
    pub(crate) tenant_id: TenantId,
    pub(crate) run_id: RunId,
}

/// Facade to registry: end a queued, paused or running run. Answered when that it is cancelled is on the disk.
#[derive(Message)]
#[rtype(result = "Result<RunRecord, RuntimeError>")]
pub(crate) struct CancelRun {
    pub(crate) tenant_id: TenantId,
    pub(crate) run_id: RunId,
}

/// Supervisor to registry, exactly once per start: how the run ended.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct RunEnded {
    pub(crate) run_id: RunId,
    pub(crate) end: RunEnd,
}

/// Facade to registry: whether the tenant may queue so many more runs, before much is done for them.
#[derive(Message)]
#[rtype(result = "Result<(), RuntimeError>")]
pub(crate) struct RoomInQueue {
    pub(crate) tenant_id: TenantId,
    pub(crate) runs: usize,
}

/// Supervisor to registry: a run holds more memory than was reckoned with. As often as it grows by a twentieth, so that its queue is
/// bounded by the runs there are.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct RunHolds {
    pub(crate) run_id: RunId,
    pub(crate) bytes: u64,
}

/// Supervisor to registry: it is the turn of an interrupted run to be tried. Answered when that it runs is on the disk; with false
/// where it is not to run any more.
#[derive(Message)]
#[rtype(result = "Result<bool, StoreError>")]
pub(crate) struct BeginTrial(pub(crate) RunId);

/// What a run of a batch begins with instead of tick 0: a copy of the state of another run of it, whose parts are written.
#[derive(Clone, Debug)]
pub(crate) struct Beginning {
    pub(crate) from: ForkPoint,
    pub(crate) manifest: SnapshotManifest,
    pub(crate) agent_steps: u64,
}

/// Supervisor to registry: a run of a batch has looked for what it shares with the others, and begins so; its time runs from
/// now on. Answered with its record when that is on the disk; with none where it is not to run any more.
#[derive(Message)]
#[rtype(result = "Result<Option<Box<RunRecord>>, StoreError>")]
pub(crate) struct BeginWith {
    pub(crate) run_id: RunId,
    /// `None` for tick 0.
    pub(crate) beginning: Option<Beginning>,
}

/// Registry to itself: a run that is to be cancelled has had its time to end its tick.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct AbandonRun(pub(crate) RunId);

/// Registry to itself: a run's time is over.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct DeadlineReached(pub(crate) RunId);

/// Facade to registry: take no more work, suspend what runs. Answered when every run is suspended, or when the time is over that
/// there is, with those that are not.
#[derive(Message)]
#[rtype(result = "Vec<RunId>")]
pub(crate) struct ShutDown {
    pub(crate) within: Option<Duration>,
}
