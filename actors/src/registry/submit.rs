//! Creating runs: count them, write them, show them. All of a request or none.

use actix::{ActorFutureExt, AsyncContext, Handler, ResponseActFuture, WrapFuture};
use civitas_store::{Change, StoreError};

use crate::demand::Demand;
use crate::error::RuntimeError;
use crate::messages::{RoomInQueue, Submit};
use crate::nodes::full;
use crate::registry::{Handles, Registry};

impl Handler<Submit> for Registry {
    type Result = ResponseActFuture<Self, Result<(), RuntimeError>>;

    fn handle(&mut self, message: Submit, _: &mut Self::Context) -> Self::Result {
        let Submit { tenant_id, runs, nodes, documents, batch, datasets, snapshots } = message;
        let demands: Vec<Demand> = runs.iter().map(|run| self.demand(run)).collect();
        let room = self.room_to_begin().map_err(RuntimeError::from);
        if let Err(refused) = room.and_then(|()| self.books.create(tenant_id, &demands)) {
            return Box::pin(async move { Err(refused) }.into_actor(self));
        }
        let mut changes: Vec<Change> = nodes.into_iter().map(|node| Change::PutNode(Box::new(node))).collect();
        changes.extend(runs.iter().map(|run| Change::PutRun(Box::new(run.clone()))));
        changes.extend(documents);
        changes.extend(datasets.into_iter().map(Change::UseDataset));
        changes.extend(batch.map(Change::PutBatch));
        changes.extend(snapshots.into_iter().map(Change::PutManifest));
        let writing = self.record(changes);
        Box::pin(writing.into_actor(self).map(move |written, registry, ctx| {
            for record in runs.iter().filter(|_| written.is_ok()) {
                registry.track(record);
                registry.handles.insert(record.id, Handles::default());
            }
            registry.books.created(runs.into_iter().zip(demands).collect(), written.is_ok());
            registry.books.assert_sound();
            written.map_err(refused)?;
            // After the answer is on its way, so that a batch is reported as queued before it runs.
            ctx.notify(super::start::StartWaiting);
            Ok(())
        }))
    }
}

/// What whoever creates runs is told where they were not written. Others may have filled a node meanwhile.
fn refused(error: StoreError) -> RuntimeError {
    match error {
        StoreError::NodeFull { .. } => full(),
        error => error.into(),
    }
}

impl Handler<RoomInQueue> for Registry {
    type Result = Result<(), RuntimeError>;

    fn handle(&mut self, RoomInQueue { tenant_id, runs }: RoomInQueue, _: &mut Self::Context) -> Self::Result {
        self.books.room_in_queue(tenant_id, runs)
    }
}
