//! Executes a run again, from tick 0, beside those that run, and compares it moment by moment with what it noted: on the
//! compute threads, with partitions of its own. It writes nothing; where it stands is on the board.
//!
//! What is executed is the stored specification, eras of its past included: nothing here needs to know how a run came to
//! its state.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix::{Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, WrapFuture};
use civitas_engine::{Coordinator, failure_of, guarded};
use civitas_store::{RunFault, RunManifest, RunPosition, RunStatus, results_sha256};
use futures_util::FutureExt;

use crate::control::StopReason;
use crate::demand::Demand;
use crate::faults;
use crate::manifest::position;
use crate::messages::{PartitionFault, VerificationEnded};
use crate::registry::Registry;
use crate::supervisor::crew::Crew;
use crate::supervisor::prepare::{begin, world_of};
use crate::supervisor::twin::Twin;
use crate::supervisor::{Assignment, Surroundings};
use crate::verification::{Board, Check, Difference, VerificationState};

/// One run to verify.
#[derive(Clone)]
pub(crate) struct Verify {
    /// The run, with a switch of its own.
    pub(crate) assignment: Assignment,
    /// What was taken for it.
    pub(crate) demand: Demand,
    /// What it noted.
    pub(crate) manifest: Arc<RunManifest>,
    pub(crate) board: Board,
}

/// Owns one verification while it goes on.
pub(crate) struct Verifier {
    surroundings: Surroundings,
    task: Verify,
    registry: Addr<Registry>,
}

impl Verifier {
    /// Starts to verify on the compute thread of the first partition.
    pub(crate) fn launch(surroundings: Surroundings, task: Verify, registry: Addr<Registry>) {
        let thread = surroundings.compute[task.assignment.first_thread % surroundings.compute.len()].clone();
        Self::start_in_arbiter(&thread, |_| Self { surroundings, task, registry });
    }
}

impl Actor for Verifier {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // It may take as long as a run.
        ctx.run_later(self.surroundings.max_run_time, |verifier, _| {
            verifier.task.assignment.control.stop(StopReason::Deadline);
        });
        let redone = redo(self.surroundings.clone(), self.task.clone());
        let guarded = AssertUnwindSafe(redone).catch_unwind();
        ctx.spawn(guarded.into_actor(self).map(|ended, verifier, ctx| {
            let state =
                ended.unwrap_or_else(|panic| failed(faults::MODEL_PANIC, failure_of(panic.as_ref()).to_string()));
            let Verify { assignment, demand, board, .. } = &verifier.task;
            let (run_id, tenant_id) = (assignment.record.id, assignment.record.tenant_id);
            // The registry takes one of these per verification, of which it lets in as many as runs; and before anybody who is told
            // of the end can ask for the place.
            verifier.registry.do_send(VerificationEnded { tenant_id, demand: *demand });
            board.end(run_id, state, verifier.surroundings.clock.unix_ms());
            ctx.stop();
        }));
    }
}

/// Why a verification stops before everything has been compared.
enum Halt {
    Different(Difference),
    Fault(PartitionFault),
}

impl From<Difference> for Halt {
    fn from(difference: Difference) -> Self {
        Self::Different(difference)
    }
}

impl From<PartitionFault> for Halt {
    fn from(fault: PartitionFault) -> Self {
        Self::Fault(fault)
    }
}

async fn redo(surroundings: Surroundings, task: Verify) -> VerificationState {
    let mut tick = 0;
    match compared(&surroundings, &task, &mut tick).await {
        Ok(()) => VerificationState::Same,
        Err(Halt::Different(difference)) => VerificationState::Different(difference),
        Err(Halt::Fault(fault)) => stopped_by(fault, &task, tick),
    }
}

/// What a fault means after so many ticks. A model that fails where it did not is a difference; all else says nothing about
/// the run.
fn stopped_by(fault: PartitionFault, task: &Verify, tick: u32) -> VerificationState {
    match fault {
        PartitionFault::Engine(error) => failed(faults::ENGINE_ERROR, error.to_string()),
        // Only a fork that goes on needs a snapshot; a verification begins at tick 0.
        PartitionFault::NoState => {
            failed(faults::SNAPSHOT_UNUSABLE, "it was asked for a snapshot to go on from, and needs none".to_owned())
        }
        PartitionFault::Store(error) => failed(faults::STORE_FAULT, error.to_string()),
        PartitionFault::Memory { held, limit, .. } => {
            failed(faults::MEMORY_LIMIT, format!("it holds {held} bytes and may have {limit}"))
        }
        PartitionFault::Model { failure, .. } => {
            let at = RunPosition { tick, ..RunPosition::default() };
            let check = Check::new(Arc::clone(&task.manifest));
            VerificationState::Different(check.stopped_short(at, &format!("the model failed: {failure}")))
        }
        PartitionFault::Stopped | PartitionFault::GivenUp { .. } => match task.assignment.control.reason() {
            Some(StopReason::Deadline) => {
                failed(faults::RUN_TIMEOUT, "it took longer than a run may (limits.max_run_minutes)".to_owned())
            }
            Some(_) => VerificationState::Cancelled,
            None => failed(faults::ENGINE_ERROR, "a partition ended without being told to".to_owned()),
        },
    }
}

/// Executes the run up to where its manifest was written and compares everything on the way; `tick` is the last completed one.
async fn compared(surroundings: &Surroundings, task: &Verify, tick: &mut u32) -> Result<(), Halt> {
    let Verify { assignment, manifest, board, .. } = task;
    let world = world_of(surroundings, &assignment.record)?;
    let check = Check::new(Arc::clone(manifest));
    check.specification(world.fingerprint())?;
    let (crew, run) = begin(surroundings, assignment, &world).await?;
    board.update(assignment.record.id, |verification| verification.partitions = crew.partitions());
    let mut again = Again { surroundings, assignment, check, crew, run };
    let tell = |again: &Again<'_>| {
        let (tick, agreed) = (again.run.series().tick(), again.check.agreed());
        board.update(assignment.record.id, |verification| (verification.tick, verification.agreed) = (tick, agreed));
    };
    while again.goes_on().await? {
        *tick = again.run.series().tick();
        tell(&again);
    }
    *tick = again.run.series().tick();
    let concluded = again.conclude().await;
    tell(&again);
    concluded
}

/// A run that is executed again.
struct Again<'a> {
    surroundings: &'a Surroundings,
    assignment: &'a Assignment,
    check: Check,
    crew: Crew,
    run: Coordinator,
}

impl Again<'_> {
    /// Does what is next: what is due between two ticks, or a tick; `false` at the end. A run whose model failed between two
    /// ticks had come as far as one that fails there again.
    async fn goes_on(&mut self) -> Result<bool, Halt> {
        self.look().await?;
        let due = guarded(|| self.run.due()).map_err(PartitionFault::between_ticks);
        if self.is_at_the_end() {
            return Ok(false);
        }
        let due = due?;
        self.look().await?;
        let at = position(self.run.position());
        self.check.passing(at)?;
        if due.is_none() && at.tick >= self.run.world().spec.horizon_ticks {
            return Err(self.check.stopped_short(at, "it ended").into());
        }
        self.may_go_on(0)?;
        let done = match due {
            Some(due) => {
                let findings = self.crew.act(due, self.run.conditions()).await?;
                guarded(|| self.run.learn(due, findings))
            }
            None => {
                let tally = self.crew.step(self.run.conditions()).await?;
                // The one before is over only now: what the experiment did after it counts.
                self.compare_tick()?;
                guarded(|| self.run.absorb(tally))
            }
        };
        match done {
            Err(_) if self.is_at_the_end() => Ok(false),
            done => Ok(done.map(|()| true).map_err(PartitionFault::between_ticks)?),
        }
    }

    /// Compares what there is at the end of the run alone.
    async fn conclude(&mut self) -> Result<(), Halt> {
        self.look().await?;
        self.compare_tick()?;
        // The results of a run that came to its horizon state the digest of its agents.
        let (digest, twin) = match self.assignment.record.status {
            RunStatus::Succeeded => {
                let (digest, _) = self.crew.save(self.run.series().tick(), false).await?;
                (Some(digest), self.twin().await?)
            }
            _ => (None, None),
        };
        let twin = twin.as_ref().map(Twin::history);
        let results = guarded(|| self.run.outcome_beside(digest, twin).canonical_json());
        Ok(self.check.results(results_sha256(&results.map_err(PartitionFault::between_ticks)?))?)
    }

    /// The run's twin, where it has one.
    async fn twin(&self) -> Result<Option<Twin>, PartitionFault> {
        let begun = Twin::begin(self.surroundings, self.assignment, self.run.world()).await?;
        let Some(mut twin) = begun else { return Ok(None) };
        loop {
            self.may_go_on(twin.bytes())?;
            if !twin.goes_on().await? {
                return Ok(Some(twin));
            }
        }
    }

    fn is_at_the_end(&self) -> bool {
        self.check.is_end(position(self.run.position()))
    }

    /// Compares the digest of the last completed tick.
    fn compare_tick(&mut self) -> Result<(), Difference> {
        let tick = self.run.series().tick();
        self.check.tick(tick, self.run.tick_digest(tick).expect("the last tick's digest is made when asked for"))
    }

    /// Compares the digest of all state, where one was noted of this moment.
    async fn look(&mut self) -> Result<(), Halt> {
        if self.check.wants_state(position(self.run.position())) {
            let (digest, _) = self.crew.save(self.run.series().tick(), false).await?;
            self.check.state(digest)?;
        }
        Ok(())
    }

    /// What holds for every run: it stops when it is told to, and has its bound of memory, with what is held beside it.
    fn may_go_on(&self, beside_bytes: u64) -> Result<(), PartitionFault> {
        if self.assignment.control.reason().is_some() {
            return Err(PartitionFault::Stopped);
        }
        self.crew.within(self.surroundings.max_run_memory_bytes, beside_bytes)
    }
}

fn failed(code: &str, message: String) -> VerificationState {
    VerificationState::Failed(RunFault { code: code.to_owned(), message, tick: None, region: None })
}
