//! The registry: who may run, what runs, and what stands in the records.
//!
//! It alone writes run records. Every change goes: decide (pure, in `admission` and `lifecycle`), reserve in memory,
//! write through the recorder, and only when that is on the disk show it: answer, publish, launch. Where the write
//! fails the reservation is undone.

mod cancel;
mod end;
mod pause;
mod start;
mod submit;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, AsyncContext, Context, Handler, SpawnHandle};
use civitas_store::{Change, RunId, RunRecord, RunStatus, StoreError, TenantId};
use tokio::sync::oneshot;

use crate::admission::Admission;
use crate::config::Limits;
use crate::control::{RunControl, StopReason};
use crate::error::RuntimeError;
use crate::limits::REGISTRY_MAILBOX;
use crate::messages::{DeadlineReached, PublishProgress, Record, Recover, TrackRun};
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
    phase: Phase,
    control: Arc<RunControl>,
    waiters: Vec<EndWaiter>,
    deadline: Option<SpawnHandle>,
}

impl LiveRun {
    fn new(record: RunRecord, phase: Phase) -> Self {
        Self { record, phase, control: Arc::default(), waiters: Vec::new(), deadline: None }
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
    /// A registry without runs; those of the last life come with [`Recover`].
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
            let tenant = live.record.tenant_id;
            self.admission.wait(tenant, run);
        }
        self.answer_shutdown();
    }

    /// Writes changes; resolves when they are on the disk.
    fn record(&self, changes: Vec<Change>) -> impl Future<Output = Result<(), StoreError>> + 'static {
        let writing = self.surroundings.recorder.send(Record(changes));
        async move { writing.await.unwrap_or(Err(StoreError::Closed)) }
    }

    /// Opens a run's progress channel. The hub's queue is bounded by the runs that quotas admit.
    fn track(&self, record: &RunRecord) {
        self.surroundings.hub.do_send(TrackRun(Progress::of(record)));
    }

    /// Hands a run, whose place is taken and whose record says running, to a supervisor.
    fn launch(&mut self, run: RunId, resume: bool, ctx: &mut Context<Self>) {
        let first_thread = self.next_thread;
        self.next_thread = self.next_thread.wrapping_add(1);
        let limit = self.limits.max_run_time;
        let Some(live) = self.runs.get_mut(&run) else { return };
        live.phase = Phase::Running;
        // Before anyone is told: whoever asks after the answer must see that it runs.
        self.surroundings.hub.do_send(PublishProgress(Progress::of(&live.record)));
        let left = limit.saturating_sub(Duration::from_millis(live.record.running_ms));
        live.deadline = Some(ctx.notify_later(DeadlineReached(run), left));
        let assignment =
            Assignment { record: live.record.clone(), control: Arc::clone(&live.control), first_thread, resume };
        RunSupervisor::launch(self.surroundings.clone(), assignment, ctx.address());
    }
}

impl Actor for Registry {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(REGISTRY_MAILBOX);
    }
}

impl Handler<Recover> for Registry {
    type Result = ();

    fn handle(&mut self, Recover(runs): Recover, ctx: &mut Self::Context) {
        for mut record in runs {
            let (run, tenant) = (record.id, record.tenant_id);
            if self.runs.contains_key(&run) {
                continue;
            }
            if record.status == RunStatus::Running {
                // What it will go on from; told right away, so that nobody sees it back at tick 0.
                let snapshots = self.surroundings.store.snapshots(run).unwrap_or_default();
                record.current_tick = snapshots.last().map_or(0, |manifest| manifest.tick);
                if record.spec.sample_rate == 1.0 {
                    record.agents_processed = u64::from(record.current_tick) * u64::from(record.spec.agents);
                }
            }
            self.track(&record);
            if record.status == RunStatus::Running {
                self.admission.recover_running(tenant);
                self.runs.insert(run, LiveRun::new(record, Phase::Running));
                tracing::info!(%run, "a run was interrupted; it goes on");
                self.launch(run, true, ctx);
            } else {
                self.admission.recover_queued(tenant);
                if record.start_requested {
                    self.admission.wait(tenant, run);
                }
                let phase = Phase::at_rest(record.status);
                self.runs.insert(run, LiveRun::new(record, phase));
            }
        }
        self.start_waiting(ctx);
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
