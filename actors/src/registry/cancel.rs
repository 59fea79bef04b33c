//! Cancelling: a queued run ends at once, a running one when it has stopped and its partial results are on the disk.

use actix::{ActorFutureExt, Handler, ResponseActFuture, WrapFuture};
use civitas_store::{Change, RunId, RunRecord, RunStatus, TenantId};
use tokio::sync::oneshot;

use crate::control::StopReason;
use crate::error::RuntimeError;
use crate::lifecycle;
use crate::messages::CancelRun;
use crate::registry::{Phase, Registry};

type Answer = ResponseActFuture<Registry, Result<RunRecord, RuntimeError>>;

impl Handler<CancelRun> for Registry {
    type Result = Answer;

    fn handle(&mut self, message: CancelRun, _: &mut Self::Context) -> Self::Result {
        let CancelRun { tenant_id, run_id } = message;
        let (sender, receiver) = oneshot::channel();
        match self.live(tenant_id, run_id) {
            Err(refused) => return Box::pin(async move { Err(refused) }.into_actor(self)),
            Ok(live) if live.phase == Phase::Queued => return self.cancel_queued(tenant_id, run_id),
            Ok(live) => {
                live.control.stop(StopReason::Cancel);
                live.waiters.push(sender);
            }
        }
        let ended = async move {
            match receiver.await.unwrap_or(Err(RuntimeError::ShuttingDown))? {
                record if record.status == RunStatus::Cancelled => Ok(record),
                // It reached its end before the cancel did.
                record => Err(RuntimeError::AlreadyEnded(record.id, record.status)),
            }
        };
        Box::pin(ended.into_actor(self))
    }
}

impl Registry {
    fn cancel_queued(&mut self, tenant: TenantId, run: RunId) -> Answer {
        let now_ms = self.surroundings.clock.unix_ms();
        let record = match self.leave(tenant, run, |record| lifecycle::cancel_queued(record, now_ms)) {
            Ok(record) => record,
            Err(refused) => return Box::pin(async move { Err(refused) }.into_actor(self)),
        };
        let writing = self.record(vec![Change::PutRun(Box::new(record.clone()))]);
        Box::pin(writing.into_actor(self).map(move |written, registry, _| {
            if let Err(error) = written {
                registry.stay(run, &error);
                return Err(error.into());
            }
            registry.admission.leave_queue(tenant);
            registry.forget(&record);
            registry.answer_shutdown();
            Ok(record)
        }))
    }
}
