//! Room for runs: what one takes by its record, and how a run that was started without enough room waits for it.

use actix::{ActorFutureExt, AsyncContext, ResponseActFuture, WrapFuture};
use civitas_engine::memory_bytes;
use civitas_store::{Change, RunId, RunRecord, TenantId};

use crate::demand::{Demand, Shortage};
use crate::error::RuntimeError;
use crate::lifecycle;
use crate::registry::Registry;
use crate::registry::start::StartWaiting;
use crate::request::{StartedRun, from_stored};

/// What whoever starts a run is told.
pub(super) type Started = ResponseActFuture<Registry, Result<StartedRun, RuntimeError>>;

impl Registry {
    /// What a run takes, by its record. One whose model is not there any more takes nothing: it ends before it has any.
    pub(super) fn demand(&self, record: &RunRecord) -> Demand {
        let around = &self.surroundings;
        let (partitions, threads) = (around.partitions, around.compute.len());
        let spec = from_stored(&record.spec);
        let bytes = spec.and_then(|spec| memory_bytes(&spec, &around.catalogue, partitions, threads));
        let bytes = bytes.unwrap_or_else(|error| {
            tracing::warn!(run = %record.id, %error, "what a run takes cannot be estimated");
            0
        });
        Demand::new(record, bytes.saturating_add(around.datasets.memory_of(&around.catalogue, record)))
    }

    /// Takes a place for a run at rest; gives what it lacks where it has to wait instead.
    pub(super) fn enter(&mut self, tenant: TenantId, run: RunId) -> Result<Option<Shortage>, RuntimeError> {
        let demand = self.live(tenant, run)?.demand;
        self.admission.enter(tenant, run, demand)
    }

    /// Answers who started a run for which a place was taken, or which waits.
    pub(super) fn begin_or_wait(&mut self, tenant: TenantId, run: RunId, lacking: Option<Shortage>) -> Started {
        let Some(shortage) = lacking else {
            return Box::pin(self.begin(tenant, run).map(|begun, registry, _| {
                let record = begun?;
                let estimated_duration_s = registry.estimate(&record);
                Ok(StartedRun { record, estimated_duration_s, waits_for: None })
            }));
        };
        let asked = match self.live(tenant, run) {
            Ok(live) => lifecycle::ask_to_start(&live.record),
            Err(refused) => return Box::pin(async move { Err(refused) }.into_actor(self)),
        };
        let writing = self.record(vec![Change::PutRun(Box::new(asked.clone()))]);
        Box::pin(writing.into_actor(self).map(move |written, registry, ctx| {
            written?;
            let estimated_duration_s = registry.estimate(&asked);
            // Meanwhile it may have been started by somebody else, or be gone.
            if let Some(live) = registry.runs.get_mut(&run).filter(|live| live.phase.is_at_rest())
                && !live.record.start_requested
            {
                live.record.start_requested = true;
                registry.admission.wait(tenant, run, live.demand);
                ctx.notify(StartWaiting);
            }
            Ok(StartedRun { record: asked, estimated_duration_s, waits_for: Some(shortage) })
        }))
    }
}
