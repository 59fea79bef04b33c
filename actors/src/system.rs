//! The threads behind a runtime: the control thread with the actors that are one per runtime, and the compute threads.

use std::sync::Arc;

use actix::{Actor, Addr, System};
use actix_rt::Arbiter;
use civitas_engine::Catalogue;
use civitas_store::{RunRecord, Store};
use tokio::sync::{Semaphore, oneshot};

use crate::audit::WaitingSinks;
use crate::clock::SharedClock;
use crate::config::RuntimeConfig;
use crate::datasets::Datasets;
use crate::error::{Result, RuntimeError};
use crate::hub::ProgressHub;
use crate::messages::{Recover, ShutDown};
use crate::meters::Meters;
use crate::recorder::Recorder;
use crate::registry::Registry;
use crate::sharing::Ways;
use crate::supervisor::Surroundings;
use crate::telemetry::Telemetry;
use crate::verification::Board;

/// The addresses that a runtime's handle needs.
pub(crate) struct Actors {
    pub(crate) registry: Addr<Registry>,
    pub(crate) hub: Addr<ProgressHub>,
}

/// What the control thread needs.
pub(crate) struct ControlThread {
    pub(crate) config: RuntimeConfig,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) datasets: Arc<Datasets>,
    pub(crate) clock: SharedClock,
    pub(crate) audits: WaitingSinks,
    pub(crate) meters: Meters,
    pub(crate) telemetry: Option<Arc<dyn Telemetry>>,
    pub(crate) verifications: Board,
    pub(crate) recovered: Vec<RunRecord>,
}

impl ControlThread {
    /// Runs the actor system until it is told to stop, then joins its threads.
    pub(crate) fn run(self, ready: oneshot::Sender<Result<Actors>>, stop: oneshot::Receiver<()>) {
        let system = System::new();
        let compute: Vec<Arbiter> = system.block_on(async {
            let compute: Vec<_> = (0..self.config.compute_threads()).map(|_| Arbiter::new()).collect();
            let actors = self.actors(&compute).await;
            let registry = actors.as_ref().ok().map(|actors| actors.registry.clone());
            // Nobody is left to tell where the caller has gone.
            drop(ready.send(actors));
            if stop.await.is_err()
                && let Some(registry) = registry
            {
                // Every handle is gone without a shutdown: do what it would have done.
                let _ = registry.send(ShutDown { within: None }).await;
            }
            compute
        });
        for arbiter in compute {
            arbiter.stop();
            if arbiter.join().is_err() {
                tracing::error!("a compute thread panicked");
            }
        }
        System::current().stop();
        if let Err(error) = system.run() {
            tracing::error!(%error, "the actor system ended badly");
        }
    }

    /// Starts the actors; the runs of the last life are taken over when this returns.
    async fn actors(self, compute: &[Arbiter]) -> Result<Actors> {
        let recorder = Recorder::new(Arc::clone(&self.store), self.meters.clone())
            .map_err(|error| RuntimeError::Start(error.to_string()))?;
        let hub = ProgressHub::default().start();
        let surroundings = Surroundings {
            store: self.store,
            catalogue: self.catalogue,
            datasets: self.datasets,
            clock: self.clock,
            hub: hub.clone(),
            recorder: recorder.start(),
            meters: self.meters,
            audits: self.audits,
            telemetry: self.telemetry,
            verifications: self.verifications,
            compute: compute.iter().map(Arbiter::handle).collect(),
            partitions: self.config.partitions,
            snapshot_keep: self.config.snapshot_keep.max(1),
            trial: Arc::new(Semaphore::new(1)),
            shares_prefixes: self.config.shares_prefixes,
            ways: Ways::default(),
            max_run_time: self.config.limits.max_run_time,
            max_run_memory_bytes: self.config.limits.max_run_memory_bytes,
        };
        let registry = Registry::new(surroundings, self.config.limits).start();
        registry.send(Recover(self.recovered)).await.map_err(|error| RuntimeError::Start(error.to_string()))?;
        Ok(Actors { registry, hub })
    }
}
