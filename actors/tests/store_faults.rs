//! A store that fails for a moment: the run waits and tries again, from the last snapshot, to the same bytes; and not for ever. The
//! store is a real one, before which reads and writes are made to fail.

#![allow(clippy::unwrap_used)]

mod common;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use civitas_actors::{Runtime, RuntimeConfig, faults};
use civitas_engine::RunSpec;
use civitas_store::*;
use common::{TENANT, catalogue, new_run, reference, spec};
use uuid::Uuid;

/// Fails so many times more at what is counted, and then no more.
#[derive(Default)]
struct Moody {
    inner: Option<Arc<SledStore>>,
    listings: AtomicU32,
    reads: AtomicU32,
    writes: AtomicU32,
}

impl Moody {
    fn inner(&self) -> &SledStore {
        self.inner.as_deref().unwrap()
    }

    /// An error while the counter is not at its end.
    fn mood(counter: &AtomicU32, doing: &'static str) -> Result<()> {
        let left = counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match left {
            Ok(_) => Err(StoreError::Io { doing, source: Arc::new(io::Error::other("out of sorts")) }),
            Err(_) => Ok(()),
        }
    }
}

impl Store for Moody {
    fn commit(&self, changes: Vec<Change>, done: Committed) {
        self.inner().commit(changes, done);
    }

    fn commit_wait(&self, changes: Vec<Change>) -> Result<()> {
        self.inner().commit_wait(changes)
    }

    fn failure(&self) -> Option<StoreError> {
        self.inner().failure()
    }

    fn run(&self, id: RunId) -> Result<Option<RunRecord>> {
        self.inner().run(id)
    }

    fn list_runs(&self, query: &RunQuery) -> Result<RunPage> {
        self.inner().list_runs(query)
    }

    fn runs_with_status(&self, status: RunStatus) -> Result<Vec<RunRecord>> {
        self.inner().runs_with_status(status)
    }

    fn batch(&self, id: BatchId) -> Result<Option<BatchRecord>> {
        self.inner().batch(id)
    }

    fn results(&self, id: RunId) -> Result<Option<Vec<u8>>> {
        self.inner().results(id)
    }

    fn run_manifest(&self, id: RunId) -> Result<Option<RunManifest>> {
        self.inner().run_manifest(id)
    }

    fn node(&self, id: NodeId) -> Result<Option<NodeRecord>> {
        self.inner().node(id)
    }

    fn node_ids(&self, of: NodesOf) -> Result<Vec<NodeId>> {
        self.inner().node_ids(of)
    }

    fn node_runs(&self, id: NodeId) -> Result<Vec<(RunId, RunStatus)>> {
        self.inner().node_runs(id)
    }

    fn event(&self, id: EventId) -> Result<Option<EventRecord>> {
        self.inner().event(id)
    }

    fn event_ids(&self, kind: EventKind, tenant: TenantId, project: Option<ProjectId>) -> Result<Vec<EventId>> {
        self.inner().event_ids(kind, tenant, project)
    }

    fn workflow(&self, id: RunId) -> Result<Option<Vec<u8>>> {
        self.inner().workflow(id)
    }

    fn telemetry(&self, id: RunId) -> Result<Option<StoredTelemetry>> {
        self.inner().telemetry(id)
    }

    fn results_url(&self, id: RunId) -> Result<Option<String>> {
        self.inner().results_url(id)
    }

    fn effects(&self, id: RunId) -> Result<Option<Vec<u8>>> {
        self.inner().effects(id)
    }

    fn cast(&self, id: RunId) -> Result<Option<Vec<u8>>> {
        self.inner().cast(id)
    }

    fn write_snapshot_parts(
        &self,
        run: RunId,
        tick: u32,
        parts: &[SnapshotPart],
        purpose: Purpose,
    ) -> Result<Vec<PartManifest>> {
        Self::mood(&self.writes, "writing a snapshot")?;
        self.inner().write_snapshot_parts(run, tick, parts, purpose)
    }

    fn snapshots(&self, run: RunId) -> Result<Vec<SnapshotManifest>> {
        Self::mood(&self.listings, "reading manifests")?;
        self.inner().snapshots(run)
    }

    fn read_snapshot(&self, manifest: &SnapshotManifest) -> Result<Vec<SnapshotPart>> {
        Self::mood(&self.reads, "reading a snapshot")?;
        self.inner().read_snapshot(manifest)
    }

    fn write_dataset(&self, data: Uuid, bytes: &[u8]) -> Result<Vec<PartManifest>> {
        self.inner().write_dataset(data, bytes)
    }

    fn datasets(&self, tenant: TenantId, name: Option<&str>) -> Result<Vec<DatasetRecord>> {
        self.inner().datasets(tenant, name)
    }

    fn dataset(&self, key: &DatasetKey) -> Result<Option<DatasetRecord>> {
        self.inner().dataset(key)
    }

    fn dataset_in_use(&self, key: &DatasetKey) -> Result<bool> {
        self.inner().dataset_in_use(key)
    }

    fn last_dataset_version(&self, tenant: TenantId, name: &str) -> Result<u32> {
        self.inner().last_dataset_version(tenant, name)
    }

    fn read_dataset(&self, record: &DatasetRecord) -> Result<Vec<u8>> {
        self.inner().read_dataset(record)
    }

    fn keys(&self) -> Result<Vec<KeyRecord>> {
        self.inner().keys()
    }

    fn tenants(&self) -> Result<Vec<TenantRecord>> {
        self.inner().tenants()
    }

    fn speed(&self, model: &str) -> Result<Option<u64>> {
        self.inner().speed(model)
    }
}

fn wanted() -> RunSpec {
    RunSpec { seed: 12, ..spec(40_000, 300) }
}

async fn start(store: &Arc<Moody>) -> Runtime {
    let config = RuntimeConfig { threads: 2, snapshot_every_ticks: 20, ..RuntimeConfig::default() };
    Runtime::start(config, Arc::clone(store) as Arc<dyn Store>, catalogue()).await.unwrap()
}

/// A run that is paused amid its ticks, in a store that can be told to fail.
async fn paused(folder: &tempfile::TempDir) -> (Arc<Moody>, Runtime, RunId, u32) {
    let inner = Some(Arc::new(SledStore::open(folder.path()).unwrap()));
    let store = Arc::new(Moody { inner, ..Moody::default() });
    let runtime = start(&store).await;
    let id = runtime.submit_and_start(new_run(wanted())).await.unwrap().id;
    let mut watch = runtime.watch(TENANT, id).await.unwrap();
    while watch.latest().tick < 30 {
        watch.changed().await.unwrap();
    }
    let tick = runtime.pause(TENANT, id).await.unwrap().current_tick;
    (store, runtime, id, tick)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_fails_for_a_moment_is_tried_again_from_the_last_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let (store, runtime, id, tick) = paused(&folder).await;
    store.listings.store(1, Ordering::SeqCst);
    store.reads.store(1, Ordering::SeqCst);
    runtime.resume(TENANT, id).await.unwrap();
    let mut watch = runtime.watch(TENANT, id).await.unwrap();
    let mut latest = watch.latest();
    while !latest.status.is_terminal() {
        assert!(latest.tick >= tick, "it started over: {latest:?}");
        latest = watch.changed().await.unwrap();
    }
    assert_eq!(latest.status, RunStatus::Succeeded, "{:?}", latest.fault);
    assert_eq!((store.listings.load(Ordering::SeqCst), store.reads.load(Ordering::SeqCst)), (0, 0));
    assert_eq!(runtime.results(TENANT, id).await.unwrap().outcome_json, reference(wanted()).canonical_json());
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_goes_on_failing_ends_the_run_with_a_code_and_a_wait_can_be_cut_short() {
    let folder = tempfile::tempdir().unwrap();
    let (store, runtime, id, _) = paused(&folder).await;
    store.reads.store(1_000, Ordering::SeqCst);
    runtime.resume(TENANT, id).await.unwrap();
    let before = 1_000 - store.reads.load(Ordering::SeqCst);
    let end = runtime.wait(TENANT, id).await.unwrap();
    let fault = end.fault.unwrap();
    assert_eq!((end.status, fault.code.as_str()), (RunStatus::Failed, faults::STORE_FAULT));
    assert!(fault.message.contains("out of sorts"), "{}", fault.message);
    let attempts = 1_000 - store.reads.load(Ordering::SeqCst) - before;
    assert!((2..20).contains(&attempts), "{attempts} attempts");

    // Another run, which is cancelled while it waits for the store.
    let (_, _, id, _) = {
        store.reads.store(0, Ordering::SeqCst);
        let id = runtime.submit_and_start(new_run(wanted())).await.unwrap().id;
        let mut watch = runtime.watch(TENANT, id).await.unwrap();
        while watch.latest().tick < 5 {
            watch.changed().await.unwrap();
        }
        (0, 0, id, runtime.pause(TENANT, id).await.unwrap())
    };
    store.reads.store(1_000, Ordering::SeqCst);
    runtime.resume(TENANT, id).await.unwrap();
    while store.reads.load(Ordering::SeqCst) == 1_000 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(runtime.cancel(TENANT, id).await.unwrap().status, RunStatus::Cancelled);
    assert!(store.reads.load(Ordering::SeqCst) > 990, "it does not wait for its attempts");
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_cannot_be_written_is_written_a_little_later() {
    let folder = tempfile::tempdir().unwrap();
    let inner = Some(Arc::new(SledStore::open(folder.path()).unwrap()));
    let store = Arc::new(Moody { inner, ..Moody::default() });
    let runtime = start(&store).await;
    let mut run = new_run(RunSpec { model: "faulty".to_owned(), ..spec(100_000, 1_000) });
    run.spec.parameters.insert("slow".to_owned(), 100.0);
    // One snapshot is due by its interval, and fails.
    run.execution.snapshot_every_ticks = Some(4);
    store.writes.store(2, Ordering::SeqCst);
    let id = runtime.submit_and_start(run).await.unwrap().id;
    let mut watch = runtime.watch(TENANT, id).await.unwrap();
    while store.inner().snapshots(id).unwrap().is_empty() {
        watch.changed().await.expect("it is still running");
    }
    // A pause waits until its snapshot is there.
    store.writes.store(2, Ordering::SeqCst);
    let paused = runtime.pause(TENANT, id).await.unwrap();
    let newest = store.inner().snapshots(id).unwrap().pop().unwrap();
    assert_eq!((newest.tick, newest.reason), (paused.current_tick, SnapshotReason::Paused));
    runtime.cancel(TENANT, id).await.unwrap();
    runtime.shutdown().await.unwrap();
}
