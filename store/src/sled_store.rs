//! [`Store`] on sled: puts the folder, the committer and the readers together.
//!
//! Owns opening and closing. Reads go to sled on the caller's thread; every change of the state goes through the
//! committer.

mod target;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use target::SledTarget;
use uuid::Uuid;

use crate::StoreMeters;
use crate::backup::{self, Copied};
use crate::changes::{self, Write};
use crate::codec::{self, Stored};
use crate::committer::{self, Committer, Request};
use crate::disk::Disk;
use crate::limits::{
    DEFAULT_CACHE_BYTES, DEFAULT_RESERVE_BYTES, MAX_CAST_BYTES, MAX_EFFECTS_BYTES, MAX_RECORD_BYTES, MAX_RESULTS_BYTES,
    MAX_WORKFLOW_BYTES,
};
use crate::snapshots::{self, Writing};
use crate::{
    BatchId, BatchRecord, Change, Committed, DatasetKey, DatasetRecord, EventId, EventKind, EventRecord, KeyRecord,
    NodeId, NodeRecord, NodesOf, PartManifest, ProjectId, Purpose, Result, RunId, RunManifest, RunPage, RunQuery,
    RunRecord, RunStatus, SnapshotManifest, SnapshotPart, Store, StoreError, StoredTelemetry, TenantId, TenantRecord,
    blobs, datasets, events, keys, nodes, query, run_manifest,
};

/// How a store is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// What sled may cache, in bytes; it treats this as a goal and not as a hard cap.
    pub cache_bytes: u64,
    /// How much of the disk, in bytes, is kept back for what is under way: with less left, nothing new is stored. 0: none.
    pub reserve_bytes: u64,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { cache_bytes: DEFAULT_CACHE_BYTES, reserve_bytes: DEFAULT_RESERVE_BYTES }
    }
}

/// A store in a local folder. It belongs to one process at a time; dropping it closes it.
pub struct SledStore {
    /// `None` when closed. Held for reading during every read, so that closing waits for them.
    disk: RwLock<Option<Arc<Disk>>>,
    committer: Committer<Write>,
    writing: Arc<Writing>,
    /// How many backups are being made: until they are done no bytes are removed that a record names or named.
    held: Arc<AtomicUsize>,
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledStore").finish_non_exhaustive()
    }
}

impl SledStore {
    /// Opens the store in the folder `path` with default options, creating it where it is missing.
    ///
    /// # Errors
    /// See [`SledStore::open_with`].
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, StoreOptions::default())
    }

    /// Opens the store in the folder `path`, creating it where it is missing, and removes what an interrupted
    /// snapshot left behind.
    ///
    /// # Errors
    /// `Locked` when the folder is open elsewhere, `NewerFormat` when a newer civitas made it, `Corrupt` when it
    /// holds another program's data, `Open` or `Io` when the system refuses.
    pub fn open_with(path: &Path, options: StoreOptions) -> Result<Self> {
        committer::unpanicked(|| Self::open_sound(path, options))
    }

    fn open_sound(path: &Path, options: StoreOptions) -> Result<Self> {
        let disk = Arc::new(Disk::open(path, options)?);
        for sweep in [snapshots::sweep, datasets::sweep] {
            match committer::unpanicked(|| sweep(&disk)) {
                // What a damaged page keeps from being removed takes room, and nothing else.
                Err(error @ StoreError::Corrupt { .. }) => tracing::error!(%error, "bytes that nothing names stay"),
                swept => swept?,
            }
        }
        let (writing, held) = (Arc::new(Writing::default()), Arc::new(AtomicUsize::new(0)));
        let committer = Committer::start(SledTarget::new(&disk, &writing, &held))?;
        Ok(Self { disk: RwLock::new(Some(disk)), committer, writing, held })
    }

    /// Answers everything that was committed, waits for reads under way, and frees the folder: when this
    /// returns, it can be opened again. All later operations answer [`StoreError::Closed`]. Called from a commit's
    /// callback it returns at once, and the folder is freed after the last answer.
    pub fn close(&self) {
        self.committer.close();
        self.disk.write().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Writes everything that the store holds at one moment after this call begins: what was acknowledged before is in it.
    /// Commits wait while records are copied in memory, and go on while they and the bytes that they name are written.
    /// [`crate::backup::restore`] is the way back.
    ///
    /// # Errors
    /// `Corrupt` where a data set cannot be read; a damaged snapshot is left out. `Io` when reading or writing fails.
    pub fn back_up(&self, out: &mut dyn std::io::Write) -> Result<Copied> {
        self.held.fetch_add(1, Ordering::SeqCst);
        let (sender, receiver) = crossbeam::channel::bounded(1);
        let copied = self.submit_and_wait(Ok(vec![Write::CopyRecords(sender)])).and_then(|()| {
            let records = receiver.try_recv().map_err(|_| StoreError::Closed)?;
            self.with_disk(|disk| backup::write(disk, records, out))
        });
        self.held.fetch_sub(1, Ordering::SeqCst);
        copied
    }

    /// Runs `read` on the open disk.
    fn with_disk<T>(&self, read: impl FnOnce(&Disk) -> Result<T>) -> Result<T> {
        let disk = self.disk.read().unwrap_or_else(PoisonError::into_inner);
        let disk = disk.as_deref().ok_or(StoreError::Closed)?;
        committer::unpanicked(|| read(disk))
    }

    fn submit(&self, changes: Result<Vec<Write>>, done: Committed) {
        let bytes = changes.iter().flatten().map(Write::bytes).sum();
        self.committer.submit(Request { changes, bytes, done });
    }

    fn submit_and_wait(&self, changes: Result<Vec<Write>>) -> Result<()> {
        let (sender, receiver) = crossbeam::channel::bounded(1);
        let done: Committed = Box::new(move |result| {
            // The receiver waits below; were it gone, nobody would want the answer.
            let _ = sender.send(result);
        });
        self.submit(changes, done);
        receiver.recv().unwrap_or(Err(StoreError::Closed))
    }

    /// Prepares changes on this thread. A snapshot that is dropped counts as no longer being written from here on:
    /// what is written later is not what the drop means.
    fn prepare(&self, changes: Vec<Change>) -> Result<Vec<Write>> {
        let writes = changes::prepare(changes)?;
        for write in &writes {
            if let Write::DropSnapshot { run, tick } = write {
                self.writing.end(*run, *tick);
            }
        }
        Ok(writes)
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl Store for SledStore {
    fn commit(&self, changes: Vec<Change>, done: Committed) {
        self.submit(self.prepare(changes), done);
    }

    fn commit_wait(&self, changes: Vec<Change>) -> Result<()> {
        self.submit_and_wait(self.prepare(changes))
    }

    fn failure(&self) -> Option<StoreError> {
        self.committer.failure()
    }

    fn room(&self) -> Result<()> {
        self.with_disk(|disk| disk.room.check(0, Purpose::New))
    }

    fn meters(&self) -> StoreMeters {
        let meters = self.committer.meters().clone();
        let free = self.with_disk(|disk| Ok(disk.room.free()));
        meters.disk_free.set(free.ok().and_then(|free| i64::try_from(free).ok()).unwrap_or(0));
        meters
    }

    fn run(&self, id: RunId) -> Result<Option<RunRecord>> {
        self.with_disk(|disk| query::run(disk, id))
    }

    fn list_runs(&self, query: &RunQuery) -> Result<RunPage> {
        self.with_disk(|disk| query::list(disk, query))
    }

    fn runs_with_status(&self, status: RunStatus) -> Result<Vec<RunRecord>> {
        self.with_disk(|disk| query::with_status(disk, status))
    }

    fn batch(&self, id: BatchId) -> Result<Option<BatchRecord>> {
        self.with_disk(|disk| {
            let _reading = disk.reading_chunked();
            let what = format!("batch {id}");
            let bytes = blobs::join(&disk.state, &keys::batch(id), 0, MAX_RECORD_BYTES, &what)?;
            bytes.map(|bytes| codec::decode(&bytes)).transpose()
        })
    }

    fn node(&self, id: NodeId) -> Result<Option<NodeRecord>> {
        self.with_disk(|disk| nodes::node(disk, id))
    }

    fn node_ids(&self, of: NodesOf) -> Result<Vec<NodeId>> {
        self.with_disk(|disk| nodes::ids(disk, of))
    }

    fn node_runs(&self, id: NodeId) -> Result<Vec<(RunId, RunStatus)>> {
        self.with_disk(|disk| nodes::runs(disk, id))
    }

    fn event(&self, id: EventId) -> Result<Option<EventRecord>> {
        self.with_disk(|disk| events::event(disk, id))
    }

    fn event_ids(&self, kind: EventKind, tenant: TenantId, project: Option<ProjectId>) -> Result<Vec<EventId>> {
        self.with_disk(|disk| events::ids(disk, kind, tenant, project))
    }

    fn results(&self, id: RunId) -> Result<Option<Vec<u8>>> {
        self.with_disk(|disk| document(disk, &keys::results(id), &format!("results of run {id}"), MAX_RESULTS_BYTES))
    }

    fn run_manifest(&self, id: RunId) -> Result<Option<RunManifest>> {
        self.with_disk(|disk| run_manifest::read(disk, id))
    }

    fn workflow(&self, id: RunId) -> Result<Option<Vec<u8>>> {
        self.with_disk(|disk| document(disk, &keys::workflow(id), &format!("workflow of run {id}"), MAX_WORKFLOW_BYTES))
    }

    fn telemetry(&self, id: RunId) -> Result<Option<StoredTelemetry>> {
        self.with_disk(|disk| get(disk, &keys::telemetry(id)))
    }

    fn results_url(&self, id: RunId) -> Result<Option<String>> {
        let noted: Option<codec::ResultsUrl> = self.with_disk(|disk| get(disk, &keys::results_url(id)))?;
        Ok(noted.map(|noted| noted.url))
    }

    fn effects(&self, id: RunId) -> Result<Option<Vec<u8>>> {
        self.with_disk(|disk| document(disk, &keys::effects(id), &format!("effects of run {id}"), MAX_EFFECTS_BYTES))
    }

    fn cast(&self, id: RunId) -> Result<Option<Vec<u8>>> {
        self.with_disk(|disk| document(disk, &keys::cast(id), &format!("cast of run {id}"), MAX_CAST_BYTES))
    }

    fn write_snapshot_parts(
        &self,
        run: RunId,
        tick: u32,
        parts: &[SnapshotPart],
        purpose: Purpose,
    ) -> Result<Vec<PartManifest>> {
        // Not after the old one has gone for a new one that finds no room. Compressed, parts have two thirds of these bytes.
        let bytes = parts.iter().map(|part| part.bytes.len() as u64).sum();
        self.with_disk(|disk| disk.room.check(bytes, purpose))?;
        self.writing.begin(run, tick);
        // A manifest says that every part is there: it must be gone, durably, before parts are replaced.
        if self.with_disk(|disk| snapshots::is_published(disk, run, tick))? {
            self.submit_and_wait(Ok(vec![Write::Unpublish { run, tick }]))?;
        }
        self.with_disk(|disk| snapshots::write_parts(disk, run, tick, parts, purpose))
    }

    fn snapshots(&self, run: RunId) -> Result<Vec<SnapshotManifest>> {
        self.with_disk(|disk| snapshots::manifests(disk, &self.writing, run))
    }

    fn read_snapshot(&self, manifest: &SnapshotManifest) -> Result<Vec<SnapshotPart>> {
        self.with_disk(|disk| snapshots::read(disk, manifest))
    }

    fn write_dataset(&self, data: Uuid, bytes: &[u8]) -> Result<Vec<PartManifest>> {
        self.with_disk(|disk| datasets::write(disk, data, bytes))
    }

    fn datasets(&self, tenant: TenantId, name: Option<&str>) -> Result<Vec<DatasetRecord>> {
        let prefix = name.map_or_else(|| keys::datasets(tenant), |name| keys::dataset_versions(tenant, name));
        self.with_disk(|disk| scan(disk, &prefix))
    }

    fn dataset(&self, key: &DatasetKey) -> Result<Option<DatasetRecord>> {
        self.with_disk(|disk| get(disk, &keys::dataset(key)))
    }

    fn dataset_in_use(&self, key: &DatasetKey) -> Result<bool> {
        self.with_disk(|disk| {
            let used = disk.state.contains_key(keys::used_dataset(key));
            used.map_err(|error| StoreError::io("reading a record", error))
        })
    }

    fn last_dataset_version(&self, tenant: TenantId, name: &str) -> Result<u32> {
        let last: Option<codec::LastVersion> = self.with_disk(|disk| get(disk, &keys::last_version(tenant, name)))?;
        Ok(last.map_or(0, |last| last.version))
    }

    fn read_dataset(&self, record: &DatasetRecord) -> Result<Vec<u8>> {
        self.with_disk(|disk| datasets::read(disk, record))
    }

    fn keys(&self) -> Result<Vec<KeyRecord>> {
        let mut found: Vec<KeyRecord> = self.with_disk(|disk| scan(disk, &keys::api_keys()))?;
        found.sort_unstable_by_key(|key| (key.created_at_ms, key.id));
        Ok(found)
    }

    fn tenants(&self) -> Result<Vec<TenantRecord>> {
        let mut found: Vec<TenantRecord> = self.with_disk(|disk| scan(disk, &keys::tenants()))?;
        found.sort_unstable_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(found)
    }

    fn speed(&self, model: &str) -> Result<Option<u64>> {
        let speed: Option<codec::Speed> = self.with_disk(|disk| get(disk, &keys::speed(model)))?;
        Ok(speed.map(|speed| speed.agent_steps_per_s))
    }
}

/// Bytes that were stored compressed, under a header.
pub(crate) fn document(disk: &Disk, prefix: &[u8], what: &str, max: usize) -> Result<Option<Vec<u8>>> {
    let reading = disk.reading_chunked();
    let Some(header) = get(disk, &keys::chunk(prefix, 0))? else {
        return Ok(None);
    };
    let max_stored = lz4_flex::block::get_maximum_output_size(max);
    let stored = blobs::join(&disk.state, prefix, 1, max_stored, what)?.unwrap_or_default();
    drop(reading);
    blobs::expand(what, &header, &stored, max).map(Some)
}

/// The record under a key.
pub(crate) fn get<T: Stored>(disk: &Disk, key: &[u8]) -> Result<Option<T>> {
    let bytes = disk.state.get(key).map_err(|error| StoreError::io("reading a record", error))?;
    bytes.map(|bytes| codec::decode(&bytes)).transpose()
}

/// Every record under a prefix.
pub(crate) fn scan<T: Stored>(disk: &Disk, prefix: &[u8]) -> Result<Vec<T>> {
    let decode = |bytes: std::result::Result<sled::IVec, sled::Error>| {
        codec::decode(&bytes.map_err(|error| StoreError::io("reading records", error))?)
    };
    disk.state.scan_prefix(prefix).values().map(decode).collect()
}
