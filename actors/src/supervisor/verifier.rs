//! Executes a run again, from tick 0, beside those that run, and compares it moment by moment with what it noted: on the
//! compute threads, with partitions of its own. It writes nothing; where it stands is on the board.
//!
//! What is executed is the stored specification, eras of its past included: nothing here needs to know how a run came to
//! its state.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix::{Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, WrapFuture};
use civitas_engine::{Coordinator, failure_of, guarded};
use civitas_store::{RunFault, RunManifest, RunStatus, results_sha256};
use futures_util::FutureExt;

use crate::control::StopReason;
use crate::demand::Demand;
use crate::faults;
use crate::manifest::position;
use crate::messages::{PartitionFault, VerificationEnded};
use crate::registry::Registry;
use crate::supervisor::crew::Crew;
use crate::supervisor::prepare::{begin, world_of};
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
            board.end(run_id, state, verifier.surroundings.clock.unix_ms());
            // The registry takes one of these per verification, of which it lets in as many as runs.
            verifier.registry.do_send(VerificationEnded { tenant_id, demand: *demand });
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
    let (mut tick, control) = (0, Arc::clone(&task.assignment.control));
    match compared(&surroundings, &task, &mut tick).await {
        Ok(()) => VerificationState::Same,
        Err(Halt::Different(difference)) => VerificationState::Different(difference),
        Err(Halt::Fault(PartitionFault::Engine(error))) => failed(faults::ENGINE_ERROR, error.to_string()),
        // It begins at tick 0, which needs no snapshot.
        Err(Halt::Fault(PartitionFault::NoState)) => failed(faults::SNAPSHOT_UNUSABLE, String::new()),
        Err(Halt::Fault(PartitionFault::Store(error))) => failed(faults::STORE_FAULT, error.to_string()),
        Err(Halt::Fault(PartitionFault::Memory { held, limit })) => {
            failed(faults::MEMORY_LIMIT, format!("it holds {held} bytes and may have {limit}"))
        }
        Err(Halt::Fault(PartitionFault::Model { failure, .. })) => {
            let short = Check::new(Arc::clone(&task.manifest));
            let at = civitas_store::RunPosition { tick, ..Default::default() };
            VerificationState::Different(short.stopped_short(at, &format!("the model failed: {failure}")))
        }
        Err(Halt::Fault(PartitionFault::Stopped)) => match control.reason() {
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
    let mut check = Check::new(Arc::clone(manifest));
    check.specification(world.fingerprint())?;
    let (mut crew, mut run) = begin(surroundings, assignment, &world).await?;
    board.update(assignment.record.id, |verification| verification.partitions = crew.partitions());
    loop {
        look(&mut check, &crew, &run).await?;
        let due = guarded(|| run.due()).map_err(PartitionFault::between_ticks);
        let at = position(run.position());
        if check.is_end(at) {
            break;
        }
        let due = due?;
        look(&mut check, &crew, &run).await?;
        check.passing(at)?;
        if due.is_none() && at.tick >= world.spec.horizon_ticks {
            return Err(check.stopped_short(at, "it ended").into());
        }
        if assignment.control.reason().is_some() {
            return Err(PartitionFault::Stopped.into());
        }
        match due {
            Some(due) => {
                let findings = crew.act(due, run.conditions()).await?;
                guarded(|| run.learn(due, findings)).map_err(PartitionFault::between_ticks)?;
            }
            None => {
                let tally = crew.step(run.conditions()).await?;
                // The one before is over only now: what the experiment did after it counts.
                check.tick(at.tick, run.tick_digest(at.tick).unwrap_or_default())?;
                let absorbed = guarded(|| run.absorb(tally)).map_err(PartitionFault::between_ticks);
                *tick = run.series().tick();
                if absorbed.is_err() && check.is_end(position(run.position())) {
                    // It failed here, and had come as far.
                    break;
                }
                absorbed?;
                let agreed = check.agreed();
                board.update(assignment.record.id, |verification| {
                    (verification.tick, verification.agreed) = (*tick, agreed)
                });
            }
        }
    }
    look(&mut check, &crew, &run).await?;
    check.tick(*tick, run.tick_digest(*tick).unwrap_or_default())?;
    // The results of a run that came to its end state the digest of its agents.
    let whole = assignment.record.status == RunStatus::Succeeded;
    let digest = if whole { Some(crew.save(*tick, false).await?.0) } else { None };
    let results = guarded(|| run.outcome(digest).canonical_json()).map_err(PartitionFault::between_ticks)?;
    check.results(results_sha256(&results))?;
    board.update(assignment.record.id, |verification| verification.agreed = check.agreed());
    Ok(())
}

/// Compares the digest of all state, where one was noted of this moment.
async fn look(check: &mut Check, crew: &Crew, run: &Coordinator) -> Result<(), Halt> {
    if check.wants_state(position(run.position())) {
        let (digest, _) = crew.save(run.series().tick(), false).await?;
        check.state(digest)?;
    }
    Ok(())
}

fn failed(code: &str, message: String) -> VerificationState {
    VerificationState::Failed(RunFault { code: code.to_owned(), message, tick: None, region: None })
}
