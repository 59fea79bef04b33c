//! The runtime as a value: what another program holds to run societies.
//!
//! Its actors live on threads of their own: one for the registry, the recorder and the progress hub, and the compute
//! threads. So it can be used from any tokio or actix task, and model code never runs on a caller's thread.

mod ask;
mod events;
mod fork;
mod hold;
mod nodes;
mod record;
mod scenario;
mod settle;
mod shared;
mod stop;
mod telemetry;
mod verify;
mod watching;

use std::sync::{Arc, Mutex};

use actix::Addr;
use civitas_engine::{AuditSink, Catalogue, EngineError};
use civitas_store::{BatchId, BatchRecord, RunId, RunPage, RunQuery, RunRecord, RunStatus};
use civitas_store::{SnapshotManifest, Store, TenantId};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use crate::audit::WaitingSinks;
use crate::clock::{SharedClock, SystemClock};
use crate::config::RuntimeConfig;
use crate::datasets::Datasets;
use crate::error::{Result, RuntimeError};
use crate::event_scripts::EventScripts;
use crate::hub::ProgressHub;
use crate::limits::REQUEST_TIMEOUT;
use crate::messages::{CancelRun, LatestProgress, StartRun, Submit, Subscribe};
use crate::meters::Meters;
use crate::registry::Registry;
use crate::request::{CreatedBatch, NewRun, Progress, RunResults, StartedRun};
use crate::system::{Actors, ControlThread};
use crate::telemetry::Telemetry;
use crate::verification::Board;

pub use events::EventProblem;
pub use verify::ManifestedRun;
pub use watching::Watch;

use ask::answer;
use fork::Forking;
pub use fork::NewFork;
pub(crate) use fork::copy::{CopiedSnapshot, copy_snapshot};

/// A handle to a running actor system; clones share it. It ends with [`Runtime::shutdown`]; when every handle is dropped
/// without that, the same happens in the background.
#[derive(Clone)]
pub struct Runtime {
    registry: Addr<Registry>,
    hub: Addr<ProgressHub>,
    store: Arc<dyn Store>,
    catalogue: Arc<Catalogue>,
    datasets: Arc<Datasets>,
    event_scripts: Arc<EventScripts>,
    config: RuntimeConfig,
    clock: SharedClock,
    audits: WaitingSinks,
    meters: Meters,
    /// There is a place for telemetry.
    keeps_telemetry: bool,
    verifications: Board,
    /// Who copies snapshots, and waits for that.
    forking: Forking,
    /// Asks the control thread to stop; taken by the first shutdown.
    stop: Arc<Mutex<Option<oneshot::Sender<()>>>>,
    /// Becomes true when every thread is done.
    stopped: watch::Receiver<bool>,
}

impl Runtime {
    /// Starts the actors on threads of their own and takes over what the store holds: runs that were running go on
    /// from their newest snapshot, runs that waited wait on.
    ///
    /// # Errors
    /// [`RuntimeError::Store`] when the store cannot be read, [`RuntimeError::Start`] when a thread cannot be made.
    pub async fn start(config: RuntimeConfig, store: Arc<dyn Store>, catalogue: Catalogue) -> Result<Self> {
        Self::start_with(config, store, catalogue, None).await
    }

    /// The same with a place for telemetry; without one there is none, whatever runs ask for.
    ///
    /// # Errors
    /// As [`Runtime::start`].
    pub async fn start_with(
        config: RuntimeConfig,
        store: Arc<dyn Store>,
        catalogue: Catalogue,
        telemetry: Option<Arc<dyn Telemetry>>,
    ) -> Result<Self> {
        let config = RuntimeConfig { limits: config.limits.on_this_machine(), ..config };
        let mut recovered = Vec::new();
        if config.recover {
            recovered.extend(store.runs_with_status(RunStatus::Running)?);
            recovered.extend(store.runs_with_status(RunStatus::Queued)?);
            recovered.extend(store.runs_with_status(RunStatus::Paused)?);
        }
        let clock: SharedClock = Arc::new(SystemClock::default());
        let catalogue = Arc::new(catalogue);
        let (audits, verifications, meters) = (WaitingSinks::default(), Board::default(), Meters::default());
        let datasets = Arc::new(Datasets::new(Arc::clone(&store)));
        let (stop, stop_asked) = oneshot::channel();
        let (stopped_told, stopped) = watch::channel(false);
        let (ready_told, ready) = oneshot::channel();
        let parts = ControlThread {
            config: config.clone(),
            store: Arc::clone(&store),
            catalogue: Arc::clone(&catalogue),
            datasets: Arc::clone(&datasets),
            clock: Arc::clone(&clock),
            audits: audits.clone(),
            meters: meters.clone(),
            telemetry: telemetry.clone(),
            verifications: verifications.clone(),
            recovered,
        };
        std::thread::Builder::new()
            .name("civitas-control".to_owned())
            .spawn(move || {
                parts.run(ready_told, stop_asked);
                // Nobody waits where the handle was dropped.
                let _ = stopped_told.send(true);
            })
            .map_err(|error| RuntimeError::Start(error.to_string()))?;
        let actors = ready.await.map_err(|_| RuntimeError::Start("its control thread ended".to_owned()))??;
        let stop = Arc::new(Mutex::new(Some(stop)));
        let event_scripts = Arc::new(EventScripts::new(Arc::clone(&store)));
        let Actors { registry, hub } = actors;
        Ok(Self {
            registry,
            hub,
            store,
            catalogue,
            datasets,
            event_scripts,
            config,
            clock,
            audits,
            meters,
            keeps_telemetry: telemetry.is_some(),
            verifications,
            forking: Forking::default(),
            stop,
            stopped,
        })
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The models.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Tenants' own data sets. What is asked of them may wait for the disk.
    pub fn datasets(&self) -> &Arc<Datasets> {
        &self.datasets
    }

    /// Tenants' event scripts and bundles. What is asked of them may wait for the disk.
    pub fn event_scripts(&self) -> &Arc<EventScripts> {
        &self.event_scripts
    }

    /// The configuration.
    pub fn config(&self) -> &RuntimeConfig {
        &self.config
    }

    /// Creates a run, queued; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`RuntimeError::Spec`] when the specification is wrong, [`RuntimeError::Quota`] when the queue is full.
    pub async fn submit(&self, run: NewRun) -> Result<RunRecord> {
        self.submit_one(run, false).await
    }

    /// Creates a run that starts as soon as there is a place for it; it is on the disk when this returns.
    ///
    /// # Errors
    /// As [`Runtime::submit`].
    pub async fn submit_and_start(&self, run: NewRun) -> Result<RunRecord> {
        self.submit_one(run, true).await
    }

    async fn submit_one(&self, run: NewRun, start: bool) -> Result<RunRecord> {
        let (runs, datasets) = self.settle(vec![run]).await?;
        let Some(run) = runs.into_iter().next() else { return Err(RuntimeError::ShuttingDown) };
        let mut records = vec![self.new_record(&run, None, start)];
        let run = [run];
        let nodes = self.placed(&run, &mut records)?;
        let [run] = run;
        let Some(record) = records.first().cloned() else { return Err(RuntimeError::ShuttingDown) };
        let documents = self.documents_of(&record, &run)?;
        let (tenant_id, snapshots) = (run.tenant_id, Vec::new());
        let message = Submit { tenant_id, runs: records, nodes, documents, batch: None, datasets, snapshots };
        self.ask(message).await??;
        Ok(record)
    }

    /// Creates the runs of a batch, all or none, on the disk when this returns. With `auto_start` they wait for places
    /// and start as those free up.
    ///
    /// # Errors
    /// As [`Runtime::submit`]; [`RuntimeError::Spec`] also for a batch without runs or over several tenants.
    pub async fn submit_batch(&self, runs: Vec<NewRun>, auto_start: bool) -> Result<CreatedBatch> {
        let Some(first) = runs.first() else {
            return Err(EngineError::invalid("variations", "must name at least one run").into());
        };
        if runs.iter().any(|run| (run.tenant_id, run.project_id) != (first.tenant_id, first.project_id)) {
            return Err(EngineError::invalid("variations", "must all be of one tenant and project").into());
        }
        let (tenant_id, project_id) = (first.tenant_id, first.project_id);
        let (runs, datasets) = self.settle(runs).await?;
        let id = Uuid::now_v7();
        let mut records: Vec<_> = runs.iter().map(|run| self.new_record(run, Some(id), auto_start)).collect();
        let nodes = self.placed(&runs, &mut records)?;
        let batch = BatchRecord {
            id,
            tenant_id,
            project_id,
            run_ids: records.iter().map(|record| record.id).collect(),
            created_at_ms: self.clock.unix_ms(),
        };
        let shared = self.shared_in(&records, &runs);
        let mut documents = Vec::new();
        for (record, run) in records.iter().zip(&runs) {
            documents.extend(self.documents_of(record, run)?);
        }
        let (runs, batch_record, snapshots) = (records.clone(), Some(batch.clone()), Vec::new());
        let message = Submit { tenant_id, runs, nodes, documents, batch: batch_record, datasets, snapshots };
        self.ask(message).await??;
        Ok(CreatedBatch { batch, runs: records, shared })
    }

    /// Gives a run that is queued and has never run a sink for its audit; a second one takes the place of the first. A run
    /// that is interrupted by a restart goes on without. That of a fork begins at the tick of its snapshot, which must be
    /// between two ticks: what came before is its parent's.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::AlreadyRunning`], [`RuntimeError::AlreadyEnded`].
    pub async fn audit(&self, tenant: TenantId, id: RunId, sink: Box<dyn AuditSink>) -> Result<()> {
        match self.run(tenant, id).await?.status {
            RunStatus::Queued => {
                self.audits.give(id, sink);
                Ok(())
            }
            RunStatus::Running | RunStatus::Paused => Err(RuntimeError::AlreadyRunning(id)),
            ended => Err(RuntimeError::AlreadyEnded(id, ended)),
        }
    }

    /// Starts a queued run; that it runs is on the disk when this returns.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::AlreadyRunning`], [`RuntimeError::AlreadyEnded`], or
    /// [`RuntimeError::Quota`] when there is no place.
    pub async fn start_run(&self, tenant: TenantId, id: RunId) -> Result<StartedRun> {
        let message = StartRun { tenant_id: tenant, run_id: id };
        self.ask(message).await?
    }

    /// Cancels a queued or running run; returns when it has stopped and that, with its partial results, is on the
    /// disk.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], or [`RuntimeError::AlreadyEnded`] when it reached its end first.
    pub async fn cancel(&self, tenant: TenantId, id: RunId) -> Result<RunRecord> {
        let message = CancelRun { tenant_id: tenant, run_id: id };
        self.ask(message).await?
    }

    /// A run, with its progress as it is now.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`].
    pub async fn run(&self, tenant: TenantId, id: RunId) -> Result<RunRecord> {
        let live = answer(self.hub.send(LatestProgress(id)).timeout(REQUEST_TIMEOUT).await)?;
        // The record is read after the hub was asked: where the hub knows the run no more, its end is on the disk.
        let record = self.stored(tenant, id)?;
        Ok(match live {
            // The store shows a change a moment before it is on the disk; the hub shows it a moment after.
            Some(progress) => RunRecord {
                status: progress.status,
                started_at_ms: record.started_at_ms.filter(|_| progress.status != RunStatus::Queued),
                completed_at_ms: None,
                current_tick: progress.tick,
                agents_processed: progress.agents_processed,
                running_ms: progress.running_ms,
                has_results: progress.has_results,
                fault: None,
                ..record
            },
            None => record,
        })
    }

    /// A page of a tenant's runs. A run that has just changed may be listed as it will be, a flush of the disk before
    /// that is certain.
    ///
    /// # Errors
    /// [`RuntimeError::Store`].
    pub fn list(&self, query: &RunQuery) -> Result<RunPage> {
        Ok(self.store.list_runs(query)?)
    }

    /// A batch of a tenant.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`].
    pub fn batch(&self, tenant: TenantId, id: BatchId) -> Result<BatchRecord> {
        let batch = self.store.batch(id)?.filter(|batch| batch.tenant_id == tenant);
        batch.ok_or(RuntimeError::NotFound(id))
    }

    /// The results of a run that has ended, whole or partial, or of a paused one up to its tick.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::NoResultsYet`] while it has not ended, [`RuntimeError::NoResults`]
    /// when it ended before its first tick.
    pub async fn results(&self, tenant: TenantId, id: RunId) -> Result<RunResults> {
        let record = self.run(tenant, id).await?;
        if !record.has_results {
            return Err(match record.status.is_terminal() {
                true => RuntimeError::NoResults(id, record.status),
                false => RuntimeError::NoResultsYet(id, record.status),
            });
        }
        // Reading and decompressing may take a while; the caller's thread may have other work.
        let store = Arc::clone(&self.store);
        let read = tokio::task::spawn_blocking(move || store.results(id)).await;
        let found = read.map_err(|_| RuntimeError::ShuttingDown)??;
        let outcome_json = found.ok_or(RuntimeError::NoResults(id, record.status))?;
        Ok(RunResults { record, outcome_json })
    }

    /// A run's complete snapshots, oldest first.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`].
    pub fn snapshots(&self, tenant: TenantId, id: RunId) -> Result<Vec<SnapshotManifest>> {
        self.stored(tenant, id)?;
        Ok(self.store.snapshots(id)?)
    }

    /// Watches a run: its latest state at once, then every change that the watcher is fast enough to see, at most ten
    /// a second and always the last. Never slows the run.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`].
    pub async fn watch(&self, tenant: TenantId, id: RunId) -> Result<Watch> {
        let channel = answer(self.hub.send(Subscribe(id)).timeout(REQUEST_TIMEOUT).await)?;
        // After the hub: a run that it knows no more has its end on the disk.
        let record = self.stored(tenant, id)?;
        let channel = channel.unwrap_or_else(|| watch::channel(Progress::of(&record)).1);
        Ok(Watch { channel })
    }

    /// Waits until a run has ended, and that is on the disk.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::ShuttingDown`] when the runtime stops first.
    pub async fn wait(&self, tenant: TenantId, id: RunId) -> Result<Progress> {
        let mut watch = self.watch(tenant, id).await?;
        let mut latest = watch.latest();
        while !latest.status.is_terminal() {
            latest = watch.changed().await.ok_or(RuntimeError::ShuttingDown)?;
        }
        Ok(latest)
    }

    fn stored(&self, tenant: TenantId, id: RunId) -> Result<RunRecord> {
        let record = self.store.run(id)?.filter(|record| record.tenant_id == tenant);
        record.ok_or(RuntimeError::NotFound(id))
    }
}
