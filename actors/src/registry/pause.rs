//! Pausing, resuming, and snapshots on request. A paused run has given its place free; it counts as queued, so that a tenant
//! cannot heap up more of them than may wait, and it stays paused over restarts.

use actix::{Handler, ResponseFuture};
use civitas_store::{RunRecord, RunStatus};
use tokio::sync::oneshot;

use crate::books::Phase;
use crate::control::StopReason;
use crate::error::RuntimeError;
use crate::limits::MAX_SNAPSHOT_WAITERS;
use crate::messages::{PauseRun, PublishProgress, ResumeRun, TakeSnapshot};
use crate::registry::Registry;
use crate::registry::start::Started;
use crate::request::Progress;

impl Handler<PauseRun> for Registry {
    type Result = ResponseFuture<Result<RunRecord, RuntimeError>>;

    fn handle(&mut self, message: PauseRun, _: &mut Self::Context) -> Self::Result {
        let PauseRun { tenant_id, run_id } = message;
        let (sender, receiver) = oneshot::channel();
        let asked = match self.books.is_closed() {
            true => Err(RuntimeError::ShuttingDown),
            false => self.driven(tenant_id, run_id, "only a running run can be paused"),
        };
        let asked = asked.map(|handles| {
            handles.control.stop(StopReason::Pause);
            handles.waiters.push(sender);
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
    type Result = Started;

    fn handle(&mut self, ResumeRun { tenant_id, run_id }: ResumeRun, _: &mut Self::Context) -> Self::Result {
        self.start(tenant_id, run_id, Phase::Paused)
    }
}

impl Handler<TakeSnapshot> for Registry {
    type Result = ResponseFuture<Result<u32, RuntimeError>>;

    fn handle(&mut self, message: TakeSnapshot, _: &mut Self::Context) -> Self::Result {
        let TakeSnapshot { tenant_id, run_id } = message;
        let (sender, receiver) = oneshot::channel();
        let otherwise = "a snapshot is taken of a running run, and a paused one has one already";
        let asked = self.driven(tenant_id, run_id, otherwise).and_then(|handles| {
            if handles.control.snapshots_wanted() >= MAX_SNAPSHOT_WAITERS {
                return Err(RuntimeError::Overloaded);
            }
            handles.control.want_snapshot(sender);
            Ok(())
        });
        Box::pin(async move {
            asked?;
            // Nobody is left to answer where the run came to its end, or to a pause, before the tick's end.
            receiver.await.unwrap_or(Err(RuntimeError::AlreadyRunning(run_id)))
        })
    }
}

impl Registry {
    /// A run whose pause is on the disk: it waits for its owner, and everybody is told.
    pub(super) fn paused(&mut self, record: &RunRecord) {
        self.surroundings.hub.do_send(PublishProgress(Progress::of(record)));
        if let Some(handles) = self.handles.get_mut(&record.id) {
            handles.answer(&Ok(record.clone()));
        }
    }
}
