//! The registry: who may run, what runs, and what stands in the records.
//!
//! It alone writes run records. Every change goes: decide and reserve (pure, in `books`), write through the recorder, and only when that is on the disk show it: answer, publish, launch. Where the write
//! fails the reservation is undone.

mod cancel;
mod census;
mod end;
mod pause;
mod recover;
mod room;
mod sharing;
mod short;
mod start;
mod submit;
mod verify;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, AsyncContext, Context, Handler, SpawnHandle, WrapFuture};
use civitas_store::{Change, RunFault, RunId, RunRecord, RunStatus, StoreError, TenantId};
use tokio::sync::oneshot;

use crate::books::{Books, Entry, Phase};
use crate::config::Limits;
use crate::control::{RunControl, StopReason};
use crate::error::RuntimeError;
use crate::limits::REGISTRY_MAILBOX;
use crate::messages::{DeadlineReached, PublishProgress, Record, TrackRun};
use crate::registry::short::Short;
use crate::request::Progress;
use crate::supervisor::{Assignment, RunSupervisor, Surroundings};

/// Told how a run ended, or that it is paused, when that is on the disk.
type EndWaiter = oneshot::Sender<Result<RunRecord, RuntimeError>>;

/// What a run that has not ended is held by.
#[derive(Default)]
struct Handles {
    control: Arc<RunControl>,
    waiters: Vec<EndWaiter>,
    deadline: Option<SpawnHandle>,
}

impl Handles {
    /// Tells all who wait for the run's end or pause, and gives the run a switch of its own again.
    fn answer(&mut self, told: &Result<RunRecord, RuntimeError>) {
        self.control = Arc::default();
        for waiter in self.waiters.drain(..) {
            // Whoever asked may have gone.
            drop(waiter.send(told.clone()));
        }
    }
}

/// Owns the books, and what every run that has not ended is held by.
pub(crate) struct Registry {
    surroundings: Surroundings,
    limits: Limits,
    books: Books,
    /// Of the runs in the books.
    handles: HashMap<RunId, Handles>,
    /// Measured agent-steps per second by model.
    speeds: HashMap<String, u64>,
    /// The compute thread that the next run's first partition goes to.
    next_thread: usize,
    /// What waits for room on the disk.
    short: Short,
    /// Answers owed to those who asked for the shutdown.
    stopping: Vec<oneshot::Sender<()>>,
}

impl Registry {
    /// A registry without runs; those of the last life come with [`crate::messages::Recover`].
    pub(crate) fn new(surroundings: Surroundings, limits: Limits) -> Self {
        Self {
            surroundings,
            limits,
            books: Books::new(limits),
            handles: HashMap::new(),
            speeds: HashMap::new(),
            next_thread: 0,
            short: Short::default(),
            stopping: Vec::new(),
        }
    }

    /// A run of this tenant that has not ended; else why there is none.
    fn live(&self, tenant: TenantId, run: RunId) -> Result<&Entry, RuntimeError> {
        match self.books.run(run) {
            Some(entry) if entry.record.tenant_id == tenant => Ok(entry),
            Some(_) => Err(RuntimeError::NotFound(run)),
            None => Err(match self.surroundings.store.run(run)? {
                Some(record) if record.tenant_id != tenant => RuntimeError::NotFound(run),
                Some(record) if record.status.is_terminal() => RuntimeError::AlreadyEnded(run, record.status),
                // It is being created at this moment, and not acknowledged yet.
                Some(record) if record.status == RunStatus::Queued => RuntimeError::Overloaded,
                // It is not taken over yet, or its end could not be stored; see `end`.
                Some(_) => match self.surroundings.store.room() {
                    Err(short @ StoreError::NoRoom { .. }) => short.into(),
                    _ => StoreError::Stopped { why: "the run's end was not stored".to_owned() }.into(),
                },
                None => RuntimeError::NotFound(run),
            }),
        }
    }

    /// A run of this tenant that is driven by its supervisor, with what it is held by.
    fn driven(&mut self, tenant: TenantId, run: RunId, otherwise: &'static str) -> Result<&mut Handles, RuntimeError> {
        let entry = self.live(tenant, run)?;
        match entry.phase {
            Phase::Running => {}
            Phase::Queued | Phase::Paused => {
                return Err(RuntimeError::WrongStatus(run, entry.record.status, otherwise));
            }
            Phase::Starting | Phase::Cancelling | Phase::Ending => return Err(RuntimeError::AlreadyRunning(run)),
        }
        self.handles.get_mut(&run).ok_or(RuntimeError::NotFound(run))
    }

    /// The run stays in the queue or the pause, because the write that was to take it out failed.
    fn stays(&mut self, run: RunId, error: &StoreError) {
        if let Some(handles) = self.handles.get_mut(&run) {
            handles.answer(&Err(error.clone().into()));
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

    /// Hands a run, which is running in the books, to a supervisor.
    fn launch(&mut self, run: RunId, resume: bool, ctx: &mut Context<Self>) {
        self.launch_with(run, resume, None, ctx);
        if self.books.is_closed() {
            ctx.spawn(self.note_stopped(std::iter::once(run)).into_actor(self));
        }
    }

    /// The same for a run that may be only to come to its end.
    fn launch_with(&mut self, run: RunId, resume: bool, given_up: Option<RunFault>, ctx: &mut Context<Self>) {
        let first_thread = self.next_thread;
        self.next_thread = self.next_thread.wrapping_add(1);
        let Some(entry) = self.books.run(run) else { return };
        let handles = self.handles.entry(run).or_default();
        if entry.record.batch_id.is_some() {
            self.surroundings.ways.open(run);
        }
        // Before anyone is told: whoever asks after the answer must see that it runs.
        self.surroundings.hub.do_send(PublishProgress(Progress::of(&entry.record)));
        let on_trial = entry.record.start_requested && given_up.is_none();
        let assignment = Assignment {
            record: entry.record.clone(),
            control: Arc::clone(&handles.control),
            first_thread,
            resume,
            on_trial,
            given_up,
            memory_bytes: entry.demand.memory_bytes,
            registry: ctx.address(),
        };
        let (tenant, model, agents) = (entry.record.tenant_id, &entry.record.spec.model, entry.record.spec.agents);
        tracing::info!(%run, %tenant, model, agents, from_tick = entry.record.current_tick, resume, "a run starts");
        RunSupervisor::launch(self.surroundings.clone(), assignment, ctx.address());
        // Those that may have something to wait for say when they begin.
        if !on_trial && !self.may_wait_for_another(run) {
            self.set_deadline(run, ctx);
        }
    }

    /// From now on the run's time runs.
    fn set_deadline(&mut self, run: RunId, ctx: &mut Context<Self>) {
        let limit = self.limits.max_run_time;
        if let Some((entry, handles)) = self.books.run(run).zip(self.handles.get_mut(&run)) {
            let left = limit.saturating_sub(Duration::from_millis(entry.record.running_ms));
            if let Some(earlier) = handles.deadline.replace(ctx.notify_later(DeadlineReached(run), left)) {
                ctx.cancel_future(earlier);
            }
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
        if let Some(handles) = self.handles.get(&run) {
            handles.control.stop(StopReason::Deadline);
        }
    }
}
