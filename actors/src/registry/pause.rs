//! Pausing, resuming, and snapshots on request. A paused run has given its place free; it counts as queued, so that a tenant
//! cannot heap up more of them than may wait, and it stays paused over restarts.

use std::sync::Arc;

use actix::{Handler, ResponseActFuture, ResponseFuture, WrapFuture};
use civitas_store::{RunRecord, RunStatus};
use tokio::sync::oneshot;

use crate::control::StopReason;
use crate::error::RuntimeError;
use crate::limits::MAX_SNAPSHOT_WAITERS;
use crate::messages::{PauseRun, PublishProgress, ResumeRun, TakeSnapshot};
use crate::registry::{Phase, Registry};
use crate::request::{Progress, StartedRun};

impl Handler<PauseRun> for Registry {
    type Result = ResponseFuture<Result<RunRecord, RuntimeError>>;

    fn handle(&mut self, message: PauseRun, _: &mut Self::Context) -> Self::Result {
        let PauseRun { tenant_id, run_id } = message;
        let (sender, receiver) = oneshot::channel();
        let stopping = self.stopping.is_some();
        let asked = self.live(tenant_id, run_id).and_then(|live| match live.phase {
            _ if stopping => Err(RuntimeError::ShuttingDown),
            Phase::Running => {
                live.control.stop(StopReason::Pause);
                live.waiters.push(sender);
                Ok(())
            }
            Phase::Queued | Phase::Paused => {
                Err(RuntimeError::WrongStatus(run_id, live.record.status, "only a running run can be paused"))
            }
            Phase::Leaving | Phase::Ending => Err(RuntimeError::AlreadyRunning(run_id)),
        });
        Box::pin(async move {
            asked?;
            match receiver.await.unwrap_or(Err(RuntimeError::ShuttingDown))? {
                record if record.status == RunStatus::Paused => Ok(record),
                // It reached its end before the pause did.
                record => Err(RuntimeError::AlreadyEnded(record.id, record.status)),
            }
        })
    }
}

impl Handler<ResumeRun> for Registry {
    type Result = ResponseActFuture<Self, Result<StartedRun, RuntimeError>>;

    fn handle(&mut self, message: ResumeRun, _: &mut Self::Context) -> Self::Result {
        let ResumeRun { tenant_id, run_id } = message;
        let phase = match self.stopping {
            Some(_) => Err(RuntimeError::ShuttingDown),
            None => self.live(tenant_id, run_id).map(|live| live.phase),
        };
        let reserved = phase.and_then(|phase| match phase {
            Phase::Paused => self.enter(tenant_id, run_id),
            Phase::Queued => Err(RuntimeError::WrongStatus(run_id, RunStatus::Queued, "start it instead")),
            Phase::Leaving | Phase::Running | Phase::Ending => Err(RuntimeError::AlreadyRunning(run_id)),
        });
        match reserved {
            Ok(lacking) => self.begin_or_wait(tenant_id, run_id, lacking),
            Err(refused) => Box::pin(async move { Err(refused) }.into_actor(self)),
        }
    }
}

impl Handler<TakeSnapshot> for Registry {
    type Result = ResponseFuture<Result<u32, RuntimeError>>;

    fn handle(&mut self, message: TakeSnapshot, _: &mut Self::Context) -> Self::Result {
        let TakeSnapshot { tenant_id, run_id } = message;
        let (sender, receiver) = oneshot::channel();
        let asked = self.live(tenant_id, run_id).and_then(|live| match live.phase {
            Phase::Running if live.control.snapshots_wanted() >= MAX_SNAPSHOT_WAITERS => Err(RuntimeError::Overloaded),
            Phase::Running => {
                live.control.want_snapshot(sender);
                Ok(())
            }
            Phase::Queued | Phase::Paused => {
                let what = "a snapshot is taken of a running run, and a paused one has one already";
                Err(RuntimeError::WrongStatus(run_id, live.record.status, what))
            }
            Phase::Leaving | Phase::Ending => Err(RuntimeError::AlreadyRunning(run_id)),
        });
        Box::pin(async move {
            asked?;
            // Nobody is left to answer where the run came to its end, or to a pause, before the tick's end.
            receiver.await.unwrap_or(Err(RuntimeError::AlreadyRunning(run_id)))
        })
    }
}

impl Registry {
    /// A run whose pause is on the disk: it waits for its owner, and everybody is told. Its place is given free by the
    /// caller.
    pub(super) fn paused(&mut self, record: &RunRecord) {
        self.admission.rest(record.tenant_id);
        self.surroundings.hub.do_send(PublishProgress(Progress::of(record)));
        let Some(live) = self.runs.get_mut(&record.id) else { return };
        live.record = record.clone();
        live.phase = Phase::Paused;
        live.control = Arc::default();
        for waiter in live.waiters.drain(..) {
            // Whoever asked may have gone.
            drop(waiter.send(Ok(record.clone())));
        }
    }
}
