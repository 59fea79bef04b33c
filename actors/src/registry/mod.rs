//! The registry: who may run, what runs, and what stands in the records.
//!
//! It alone writes run records. Every change goes: decide (pure, in `admission` and `lifecycle`), reserve in memory,
//! write through the recorder, and only when that is on the disk show it: answer, publish, launch. Where the write
//! fails the reservation is undone.

mod cancel;
mod end;
mod pause;
mod recover;
mod room;
mod start;
mod submit;
mod verify;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, AsyncContext, Context, Handler, SpawnHandle, WrapFuture};
use civitas_store::{Change, RunFault, RunId, RunRecord, RunStatus, StoreError, TenantId};
use tokio::sync::oneshot;

use crate::admission::Admission;
use crate::config::Limits;
use crate::control::{RunControl, StopReason};
use crate::demand::Demand;
use crate::error::RuntimeError;
use crate::limits::REGISTRY_MAILBOX;
use crate::messages::{DeadlineReached, PublishProgress, Record, TrackRun};
use crate::request::Progress;
use crate::supervisor::{Assignment, RunSupervisor, Surroundings};

/// What a run that has not ended is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// In the queue.
    Queued,
    /// Paused by its owner; counts as queued, but starts only when asked to.
    Paused,
    /// On its way out of the queue or the pause: the write that says so is in flight.
    Leaving,
    /// Driven by its supervisor.
    Running,
    /// Its supervisor has reported; the write that says so is in flight.
    Ending,
}

impl Phase {
    /// True when nothing of the run is under way.
    fn is_at_rest(self) -> bool {
        matches!(self, Self::Queued | Self::Paused)
    }

    /// The phase of a run at rest with this status.
    fn at_rest(status: RunStatus) -> Self {
        if status == RunStatus::Paused { Self::Paused } else { Self::Queued }
    }
}

/// Told how a run ended, or that it is paused, when that is on the disk.
type EndWaiter = oneshot::Sender<Result<RunRecord, RuntimeError>>;

/// A run that has not ended.
struct LiveRun {
    record: RunRecord,
    /// What it takes.
    demand: Demand,
    phase: Phase,
    control: Arc<RunControl>,
    waiters: Vec<EndWaiter>,
    deadline: Option<SpawnHandle>,
}

impl LiveRun {
    fn new(record: RunRecord, demand: Demand, phase: Phase) -> Self {
        Self { record, demand, phase, control: Arc::default(), waiters: Vec::new(), deadline: None }
    }
}

/// Owns tenants' counts, the queue, and every run that has not ended.
pub(crate) struct Registry {
    surroundings: Surroundings,
    limits: Limits,
    admission: Admission,
    runs: HashMap<RunId, LiveRun>,
    /// Measured agent-steps per second by model.
    speeds: HashMap<String, u64>,
    /// The compute thread that the next run's first partition goes to.
    next_thread: usize,
    /// Answers owed to those who asked for the shutdown; `None` while there is none.
    stopping: Option<Vec<oneshot::Sender<()>>>,
}

impl Registry {
    /// A registry without runs; those of the last life come with [`crate::messages::Recover`].
    pub(crate) fn new(surroundings: Surroundings, limits: Limits) -> Self {
        Self {
            surroundings,
            limits,
            admission: Admission::new(limits),
            runs: HashMap::new(),
            speeds: HashMap::new(),
            next_thread: 0,
            stopping: None,
        }
    }

    /// A run of this tenant that has not ended; else why there is none.
    fn live(&mut self, tenant: TenantId, run: RunId) -> Result<&mut LiveRun, RuntimeError> {
        match self.runs.get_mut(&run) {
            Some(live) if live.record.tenant_id == tenant => Ok(live),
            Some(_) => Err(RuntimeError::NotFound(run)),
            None => Err(match self.surroundings.store.run(run)? {
                Some(record) if record.tenant_id != tenant => RuntimeError::NotFound(run),
                Some(record) if record.status.is_terminal() => RuntimeError::AlreadyEnded(run, record.status),
                // It is being created at this moment, and not acknowledged yet.
                Some(record) if record.status == RunStatus::Queued => RuntimeError::Overloaded,
                // Its end could not be stored; see `end`.
                Some(_) => RuntimeError::Store(StoreError::Stopped { why: "the run's end was not stored".to_owned() }),
                None => RuntimeError::NotFound(run),
            }),
        }
    }

    /// Moves a queued or paused run to [`Phase::Leaving`] with the record that `decide` makes of it; no queue hands it out any
    /// more.
    fn leave(
        &mut self,
        tenant: TenantId,
        run: RunId,
        decide: impl FnOnce(&RunRecord) -> Result<RunRecord, RuntimeError>,
    ) -> Result<RunRecord, RuntimeError> {
        let live = self.live(tenant, run)?;
        if !live.phase.is_at_rest() {
            return Err(RuntimeError::AlreadyRunning(run));
        }
        let next = decide(&live.record)?;
        live.phase = Phase::Leaving;
        self.admission.stop_waiting(tenant, run);
        Ok(next)
    }

    /// Puts a run back into the queue or the pause as it was, because the write that was to take it out failed.
    fn stay(&mut self, run: RunId, error: &StoreError) {
        let Some(live) = self.runs.get_mut(&run) else { return };
        live.phase = Phase::at_rest(live.record.status);
        live.control = Arc::default();
        for waiter in live.waiters.drain(..) {
            // Whoever asked may have gone.
            drop(waiter.send(Err(error.clone().into())));
        }
        if live.record.start_requested {
            let (tenant, demand) = (live.record.tenant_id, live.demand);
            self.admission.wait(tenant, run, demand);
        }
        self.answer_shutdown();
    }

    /// Writes changes; resolves when they are on the disk. Nothing is asked of a disk for no changes.
    fn record(&self, changes: Vec<Change>) -> impl Future<Output = Result<(), StoreError>> + 'static {
        let writing = (!changes.is_empty()).then(|| self.surroundings.recorder.send(Record(changes)));
        async move {
            match writing {
                Some(writing) => writing.await.unwrap_or(Err(StoreError::Closed)),
                None => Ok(()),
            }
        }
    }

    /// Opens a run's progress channel. The hub's queue is bounded by the runs that quotas admit.
    fn track(&self, record: &RunRecord) {
        self.surroundings.hub.do_send(TrackRun(Progress::of(record)));
    }

    /// Hands a run, whose place is taken and whose record says running, to a supervisor.
    fn launch(&mut self, run: RunId, resume: bool, ctx: &mut Context<Self>) {
        self.launch_with(run, resume, None, ctx);
        if self.stopping.is_some() {
            ctx.spawn(self.note_stopped(std::iter::once(run)).into_actor(self));
        }
    }

    /// The same for a run that may be only to come to its end.
    fn launch_with(&mut self, run: RunId, resume: bool, given_up: Option<RunFault>, ctx: &mut Context<Self>) {
        let first_thread = self.next_thread;
        self.next_thread = self.next_thread.wrapping_add(1);
        let Some(live) = self.runs.get_mut(&run) else { return };
        live.phase = Phase::Running;
        // Before anyone is told: whoever asks after the answer must see that it runs.
        self.surroundings.hub.do_send(PublishProgress(Progress::of(&live.record)));
        let on_trial = live.record.start_requested && given_up.is_none();
        let assignment = Assignment {
            record: live.record.clone(),
            control: Arc::clone(&live.control),
            first_thread,
            resume,
            on_trial,
            given_up,
            memory_bytes: live.demand.memory_bytes,
            registry: ctx.address(),
        };
        RunSupervisor::launch(self.surroundings.clone(), assignment, ctx.address());
        if !on_trial {
            self.set_deadline(run, ctx);
        }
    }

    /// From now on the run's time runs.
    fn set_deadline(&mut self, run: RunId, ctx: &mut Context<Self>) {
        let limit = self.limits.max_run_time;
        if let Some(live) = self.runs.get_mut(&run) {
            let left = limit.saturating_sub(Duration::from_millis(live.record.running_ms));
            live.deadline = Some(ctx.notify_later(DeadlineReached(run), left));
        }
    }
}

impl Actor for Registry {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(REGISTRY_MAILBOX);
    }
}

impl Handler<DeadlineReached> for Registry {
    type Result = ();

    fn handle(&mut self, DeadlineReached(run): DeadlineReached, _: &mut Self::Context) {
        if let Some(live) = self.runs.get(&run) {
            live.control.stop(StopReason::Deadline);
        }
    }
}
