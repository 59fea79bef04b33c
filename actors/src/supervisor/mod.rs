//! The run's supervisor: drives one run through its ticks and reports how it ended, exactly once.
//!
//! It lives on the compute thread of the run's first partition, so that a small run's messages stay on one thread. The
//! run itself is one future (`drive`), which sends a message to every partition, waits for all answers, merges them and
//! goes on; whatever panics in it ends this run alone.

mod audit;
mod crew;
mod drive;
mod ending;
mod prepare;
mod resume;
mod retry;
mod sharing;
mod telemetry;
mod trial;
mod twin;
mod verifier;

pub(crate) use prepare::{cast_of, effects_of, spec_of};
pub(crate) use resume::{HISTORY_PART, history_of, to_parts};

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, WrapFuture};
use actix_rt::ArbiterHandle;
use civitas_engine::{Catalogue, ModelFailure, failure_of};
use civitas_store::{RunFault, RunRecord, RunStatus, Store};
use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::audit::WaitingSinks;
use crate::clock::SharedClock;
use crate::control::RunControl;
use crate::datasets::Datasets;
use crate::hub::ProgressHub;
use crate::lifecycle::{Ending, RunEnd};
use crate::messages::RunEnded;
use crate::meters::Meters;
use crate::recorder::Recorder;
use crate::registry::Registry;
use crate::sharing::Ways;
use crate::telemetry::Telemetry;
use crate::verification::Board;

pub(crate) use verifier::{Verifier, Verify};

/// What all supervisors of a runtime share.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) datasets: Arc<Datasets>,
    pub(crate) clock: SharedClock,
    pub(crate) hub: Addr<ProgressHub>,
    pub(crate) recorder: Addr<Recorder>,
    pub(crate) meters: Meters,
    /// Where audits of runs that have not started go.
    pub(crate) audits: WaitingSinks,
    /// Where telemetry goes, where there is such a place.
    pub(crate) telemetry: Option<Arc<dyn Telemetry>>,
    /// Where verifications stand.
    pub(crate) verifications: Board,
    /// The compute threads.
    pub(crate) compute: Arc<[ArbiterHandle]>,
    /// Partitions of every run; `None` leaves it to the planner.
    pub(crate) partitions: Option<usize>,
    pub(crate) snapshot_keep: usize,
    /// Held by the run that is being tried.
    pub(crate) trial: Arc<Semaphore>,
    /// Runs of a batch share ticks that they have in common.
    pub(crate) shares_prefixes: bool,
    /// How far runs of batches have come.
    pub(crate) ways: Ways,
    /// Running time after which a run fails.
    pub(crate) max_run_time: Duration,
    /// Memory with which a run fails, in bytes.
    pub(crate) max_run_memory_bytes: u64,
}

/// One run to drive.
#[derive(Clone)]
pub(crate) struct Assignment {
    pub(crate) record: RunRecord,
    pub(crate) control: Arc<RunControl>,
    /// The compute thread of the first partition; the others follow in turn.
    pub(crate) first_thread: usize,
    /// Look for a snapshot to go on from.
    pub(crate) resume: bool,
    /// It was interrupted so often that it has to wait for its turn to be tried.
    pub(crate) on_trial: bool,
    /// The run is not to go on: it ends as failed so, with what its newest snapshot has.
    pub(crate) given_up: Option<RunFault>,
    /// Memory that is reckoned with, in bytes; the registry is told when it is more.
    pub(crate) memory_bytes: u64,
    pub(crate) registry: Addr<Registry>,
}

/// Owns one run while it runs.
pub(crate) struct RunSupervisor {
    surroundings: Surroundings,
    assignment: Assignment,
    registry: Addr<Registry>,
}

impl RunSupervisor {
    /// Starts to drive a run on its compute thread.
    pub(crate) fn launch(surroundings: Surroundings, assignment: Assignment, registry: Addr<Registry>) {
        let thread = surroundings.compute[assignment.first_thread % surroundings.compute.len()].clone();
        Self::start_in_arbiter(&thread, |_| Self { surroundings, assignment, registry });
    }
}

impl Actor for RunSupervisor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let run_id = self.assignment.record.id;
        // What is logged on the way says whose run it is.
        let tenant = self.assignment.record.tenant_id;
        let span = tracing::error_span!("run", id = %run_id, %tenant, status = Empty, code = Empty, fault = Empty);
        let driven = drive::drive(self.surroundings.clone(), self.assignment.clone()).instrument(span.clone());
        let guarded = AssertUnwindSafe(driven).catch_unwind();
        let reported = guarded.into_actor(self).map(move |end, supervisor, ctx| {
            let end =
                end.unwrap_or_else(|payload| failed_whole(&supervisor.assignment.record, failure_of(payload.as_ref())));
            note(&span, &end.ending);
            // The registry takes at most one of these per run, so its queue is bounded by the runs there are.
            supervisor.registry.do_send(RunEnded { run_id, end });
            ctx.stop();
        });
        ctx.spawn(reported);
    }
}

/// Notes in a run's span how this life of it ended.
fn note(span: &Span, ending: &Ending) {
    let status = match ending {
        Ending::Suspended => "suspended",
        Ending::Paused => RunStatus::Paused.as_str(),
        Ending::Completed => RunStatus::Succeeded.as_str(),
        Ending::Cancelled => RunStatus::Cancelled.as_str(),
        Ending::Failed(fault) => {
            span.record("code", fault.code.as_str()).record("fault", fault.message.as_str());
            RunStatus::Failed.as_str()
        }
    };
    span.record("status", status);
}

/// The end of a run whose driver came to no end: nothing is known beyond its record.
fn failed_whole(record: &RunRecord, failure: ModelFailure) -> RunEnd {
    let failure = failure.saying(|said| format!("{said}, between ticks"));
    RunEnd {
        ending: Ending::Failed(ending::of_model(&failure, None, None)),
        outcome_json: None,
        results_url: None,
        manifest: None,
        tick: record.current_tick,
        agent_steps: record.agents_processed,
        running_ms: record.running_ms,
        speed: None,
    }
}

/// Running time so far over all lives of a run.
pub(crate) struct Stopwatch {
    clock: SharedClock,
    start: Duration,
    earlier_ms: u64,
}

impl Stopwatch {
    pub(crate) fn start(clock: SharedClock, earlier_ms: u64) -> Self {
        Self { start: clock.monotonic(), clock, earlier_ms }
    }

    /// In this life.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.start)
    }

    /// Over all lives, in milliseconds.
    pub(crate) fn total_ms(&self) -> u64 {
        self.earlier_ms + self.elapsed().as_millis() as u64
    }
}
