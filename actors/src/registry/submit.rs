//! Creating runs: count them, write them, show them. All of a request or none.

use actix::{ActorFutureExt, AsyncContext, Handler, ResponseActFuture, WrapFuture};
use civitas_store::Change;

use crate::error::RuntimeError;
use crate::messages::Submit;
use crate::registry::{LiveRun, Phase, Registry};

impl Handler<Submit> for Registry {
    type Result = ResponseActFuture<Self, Result<(), RuntimeError>>;

    fn handle(&mut self, message: Submit, _: &mut Self::Context) -> Self::Result {
        let Submit { tenant_id, runs, workflows, batch, datasets, snapshots } = message;
        let counted = match self.stopping {
            Some(_) => Err(RuntimeError::ShuttingDown),
            None => self.admission.queue(tenant_id, runs.len()),
        };
        if let Err(refused) = counted {
            return Box::pin(async move { Err(refused) }.into_actor(self));
        }
        let mut changes: Vec<Change> = runs.iter().map(|run| Change::PutRun(Box::new(run.clone()))).collect();
        changes.extend(workflows.into_iter().map(|(run, bytes)| Change::PutWorkflow(run, bytes)));
        changes.extend(datasets.into_iter().map(Change::UseDataset));
        changes.extend(batch.map(Change::PutBatch));
        changes.extend(snapshots.into_iter().map(Change::PutManifest));
        let writing = self.record(changes);
        Box::pin(writing.into_actor(self).map(move |written, registry, ctx| {
            if let Err(error) = written {
                for _ in &runs {
                    registry.admission.leave_queue(tenant_id);
                }
                return Err(error.into());
            }
            for record in runs {
                registry.track(&record);
                if record.start_requested {
                    registry.admission.wait(tenant_id, record.id);
                }
                registry.runs.insert(record.id, LiveRun::new(record, Phase::Queued));
            }
            // After the answer is on its way, so that a batch is reported as queued before it runs.
            ctx.notify(super::start::StartWaiting);
            Ok(())
        }))
    }
}
