//! Cancelling: a queued or paused run ends at once, a running one when it has stopped and its partial results are on the disk,
//! with a snapshot of the tick in progress, if that comes to its end soon.

use actix::{ActorFutureExt, AsyncContext, Handler, ResponseActFuture, WrapFuture};
use civitas_store::{Change, RunId, RunRecord, RunStatus, TenantId};
use tokio::sync::oneshot;

use crate::control::StopReason;
use crate::error::RuntimeError;
use crate::limits::CANCEL_GRACE;
use crate::messages::{AbandonRun, CancelRun};
use crate::registry::{Handles, Registry};

type Answer = ResponseActFuture<Registry, Result<RunRecord, RuntimeError>>;

impl Handler<CancelRun> for Registry {
    type Result = Answer;

    fn handle(&mut self, message: CancelRun, ctx: &mut Self::Context) -> Self::Result {
        let CancelRun { tenant_id, run_id } = message;
        if let Some(refused) = self.live(tenant_id, run_id).ok().and_then(|_| self.end_waits(run_id)) {
            return Box::pin(async move { Err(refused) }.into_actor(self));
        }
        let (sender, receiver) = oneshot::channel();
        match self.live(tenant_id, run_id) {
            Err(refused) => return Box::pin(async move { Err(refused) }.into_actor(self)),
            Ok(entry) if entry.phase.is_at_rest() => return self.cancel_resting(tenant_id, run_id),
            Ok(_) => {
                let handles = self.handles.entry(run_id).or_default();
                handles.control.stop(StopReason::Cancel);
                handles.waiters.push(sender);
                ctx.notify_later(AbandonRun(run_id), CANCEL_GRACE);
            }
        }
        let told = async move { receiver.await.unwrap_or(Err(RuntimeError::ShuttingDown)) };
        Box::pin(told.into_actor(self).then(move |told, registry: &mut Self, _| -> Answer {
            let answer = match told {
                // The pause was under way already.
                Ok(record) if record.status == RunStatus::Paused => {
                    return registry.cancel_resting(tenant_id, run_id);
                }
                Ok(record) if record.status == RunStatus::Cancelled => Ok(record),
                // It reached its end before the cancel did.
                Ok(record) => Err(RuntimeError::AlreadyEnded(record.id, record.status)),
                Err(refused) => Err(refused),
            };
            Box::pin(async move { answer }.into_actor(registry))
        }))
    }
}

impl Handler<AbandonRun> for Registry {
    type Result = ();

    fn handle(&mut self, AbandonRun(run): AbandonRun, _: &mut Self::Context) {
        // One that is paused meanwhile has a switch of its own again.
        let told = |handles: &&Handles| handles.control.reason() == Some(StopReason::Cancel);
        if let Some(handles) = self.handles.get(&run).filter(told) {
            handles.control.stop(StopReason::Abandon);
        }
    }
}

impl Registry {
    fn cancel_resting(&mut self, tenant: TenantId, run: RunId) -> Answer {
        let now_ms = self.surroundings.clock.unix_ms();
        let record = match self.live(tenant, run).map(|_| ()).and_then(|()| self.books.cancel(run, now_ms)) {
            Ok(record) => record,
            Err(refused) => return Box::pin(async move { Err(refused) }.into_actor(self)),
        };
        let writing = self.record(vec![Change::PutRun(Box::new(record.clone()))]);
        Box::pin(writing.into_actor(self).map(move |written, registry, ctx| {
            registry.books.cancelled(run, written.is_ok());
            registry.books.assert_sound();
            if let Err(error) = written {
                registry.stays(run, &error);
                return Err(error.into());
            }
            registry.forget(&record);
            // What was kept free for it is free for others.
            registry.start_waiting(ctx);
            registry.answer_shutdown();
            Ok(record)
        }))
    }
}
