//! A partition shows some of its agents, once everything that they listen to has come.

use actix::{Context, Handler, ResponseFuture};
use civitas_engine::{Observation, guarded};
use tokio::sync::oneshot;

use super::{Answer, Partition, Reply, Work, answered, not_built};
use crate::messages::{ObservePartition, PartitionFault};

impl Partition {
    /// Shows the agents; waits, without being busy, for halos that are still on their way.
    pub(super) fn observe(&mut self, message: ObservePartition, reply: Reply<Vec<Observation>>) -> bool {
        if let Some(fault) = self.halo_fault.take() {
            drop(reply.send(Err(fault)));
        } else if self.arrived[0] < self.needed {
            self.work = Work::Observing { message, reply };
        } else {
            drop(reply.send(self.observed(&message)));
        }
        false
    }

    fn observed(&self, message: &ObservePartition) -> Answer<Vec<Observation>> {
        let Some(kernel) = &self.kernel else { return Err(not_built()) };
        let observed = guarded(|| kernel.observe(&message.ids, &message.conditions, message.reasons));
        observed.map_err(PartitionFault::between_ticks)
    }
}

impl Handler<ObservePartition> for Partition {
    type Result = ResponseFuture<Answer<Vec<Observation>>>;

    fn handle(&mut self, message: ObservePartition, ctx: &mut Context<Self>) -> Self::Result {
        let (reply, answer) = oneshot::channel();
        self.work = Work::Observing { message, reply };
        self.work(ctx);
        answered(answer)
    }
}
