//! Creating runs: count them, write them, show them. All of a request or none.

use actix::{ActorFutureExt, AsyncContext, Handler, ResponseActFuture, WrapFuture};
use civitas_store::Change;

use crate::demand::Demand;
use crate::error::RuntimeError;
use crate::messages::Submit;
use crate::registry::{LiveRun, Phase, Registry};

impl Handler<Submit> for Registry {
    type Result = ResponseActFuture<Self, Result<(), RuntimeError>>;

    fn handle(&mut self, message: Submit, _: &mut Self::Context) -> Self::Result {
        let Submit { tenant_id, runs, workflows, batch, datasets, snapshots } = message;
        let demands: Vec<Demand> = runs.iter().map(|run| self.demand(run)).collect();
        let counted = match self.stopping {
            Some(_) => Err(RuntimeError::ShuttingDown),
            None => self.admission.queue(tenant_id, &demands),
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
                for demand in demands {
                    registry.admission.leave_queue(tenant_id);
                    registry.admission.release(tenant_id, demand);
                }
                return Err(error.into());
            }
            for (record, demand) in runs.into_iter().zip(demands) {
                registry.track(&record);
                if record.start_requested {
                    registry.admission.wait(tenant_id, record.id, demand);
                }
                registry.runs.insert(record.id, LiveRun::new(record, demand, Phase::Queued));
            }
            // After the answer is on its way, so that a batch is reported as queued before it runs.
            ctx.notify(super::start::StartWaiting);
            Ok(())
        }))
    }
}
