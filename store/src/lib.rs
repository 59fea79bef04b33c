//! Durable storage of civitas behind one trait: run records with indices, batches, results, snapshots, keys.
//!
//! What [`Store::commit`] acknowledges is on the disk, all of it or nothing, and every read sees it:
//!
//! ```
//! use civitas_store::{Change, SledStore, Store, TenantRecord};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let acme = TenantRecord { id: uuid::Uuid::from_u128(7), name: "acme".to_owned(), created_at_ms: 1_700_000_000_000 };
//! {
//!     let store = SledStore::open(folder.path())?;
//!     store.commit_wait(vec![Change::PutTenant(acme.clone()), Change::PutSpeed("society".to_owned(), 30_000_000)])?;
//! }
//! // Another process, after the first has ended or was killed.
//! let store = SledStore::open(folder.path())?;
//! assert_eq!(store.tenants()?, [acme]);
//! assert_eq!(store.speed("society")?, Some(30_000_000));
//! # Ok(()) }
//! ```
//!
//! Map: `types` says what is kept, `run_manifest` what is kept of a run to check it by, `node_types` what of the questions that runs answer, `event_types` what of event scripts; [`Store`] says what can be asked; `sled_store` keeps it in sled with one
//! committer thread (`committer`), which alone decides that something is on the disk; `codec` turns the
//! types into versioned, checksummed bytes; [`limits`] holds every bound with its reason.
//!
//! The way of a change: [`Store::commit`] -> `changes` (checked and encoded, on the caller's thread) -> `committer`
//! (the queue) -> `stage` (one atomic batch, `index` entries replaced) -> `disk` (flush, fdatasync) -> answered. The
//! way of a read: `query`, `nodes`, `events`, `snapshots` or `datasets`, `blobs` where it has many chunks, `keys` for every key.
//!
//! This room knows no actor, no HTTP and no JSON.

pub mod backup;
mod blobs;
mod change;
mod changes;
mod codec;
mod committer;
mod dataset_types;
mod datasets;
mod disk;
pub mod doctor;
mod error;
mod event_types;
mod events;
mod index;
mod keys;
pub mod limits;
mod mark;
mod meters;
mod node_types;
mod nodes;
mod old;
mod old_runs;
mod old_runs_4;
mod query;
mod room;
mod run_manifest;
mod sled_store;
mod snapshot_types;
mod snapshots;
mod stage;
mod telemetry;
mod types;

use uuid::Uuid;

pub use change::Change;
pub use dataset_types::{DatasetKey, DatasetRecord, TiesRecord};
pub use error::StoreError;
pub use event_types::{EventContent, EventId, EventKind, EventRecord, EventStep};
pub use meters::StoreMeters;
pub use node_types::{NodeId, NodeRecord, NodesOf, StoredPatch};
pub use room::{Purpose, Room};
pub use run_manifest::{RunManifest, RunPosition, RunStateDigest, results_sha256};
pub use sled_store::{SledStore, StoreOptions};
pub use snapshot_types::{PartManifest, SnapshotManifest, SnapshotPart, SnapshotReason};
pub use telemetry::StoredTelemetry;
pub use types::*;

/// The result of a store operation.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Called once when a commit is on the disk, or when it has failed and nothing of it was applied.
/// It runs on the committer's thread, so it must be short and must not block.
pub type Committed = Box<dyn FnOnce(Result<()>) + Send + 'static>;

/// What the runtime asks of a store. Reads see every change whose commit was acknowledged.
pub trait Store: Send + Sync + 'static {
    /// Hands `changes` to the committer: applied in one transaction, in the order of calls, then made durable,
    /// then `done` is called. Blocks only while the committer's queue is full.
    fn commit(&self, changes: Vec<Change>, done: Committed);

    /// The same, waiting for the disk. For start-up, command-line tools and tests.
    fn commit_wait(&self, changes: Vec<Change>) -> Result<()>;

    /// Why the store accepts no more commits, since one could not be made durable; `None` while it does.
    fn failure(&self) -> Option<StoreError>;

    /// Whether the store's disk has room for something new; what is under way may go on where it has not. It is asked anew each time.
    ///
    /// # Errors
    /// [`StoreError::NoRoom`].
    fn room(&self) -> Result<()> {
        Ok(())
    }

    /// What the store counts of itself; a store that counts nothing shows nothing.
    fn meters(&self) -> StoreMeters {
        StoreMeters::default()
    }

    /// One run, whoever owns it.
    fn run(&self, id: RunId) -> Result<Option<RunRecord>>;

    /// A page of one tenant's runs.
    fn list_runs(&self, query: &RunQuery) -> Result<RunPage>;

    /// Every run with this status, of all tenants, oldest first. For recovery.
    fn runs_with_status(&self, status: RunStatus) -> Result<Vec<RunRecord>>;

    /// One batch.
    fn batch(&self, id: BatchId) -> Result<Option<BatchRecord>>;

    /// One node, whoever owns it.
    fn node(&self, id: NodeId) -> Result<Option<NodeRecord>>;

    /// The ids of nodes, oldest first; all of a tenant project by project.
    fn node_ids(&self, of: NodesOf) -> Result<Vec<NodeId>>;

    /// A node's runs with their status, oldest first.
    fn node_runs(&self, id: NodeId) -> Result<Vec<(RunId, RunStatus)>>;

    /// One event script or bundle, whoever owns it.
    fn event(&self, id: EventId) -> Result<Option<EventRecord>>;

    /// The ids of a tenant's event scripts, or bundles, oldest first.
    fn event_ids(&self, kind: EventKind, tenant: TenantId, project: Option<ProjectId>) -> Result<Vec<EventId>>;

    /// A run's results document as it was stored.
    fn results(&self, id: RunId) -> Result<Option<Vec<u8>>>;

    /// A run's manifest; of one that goes on after a pause, what was noted at the pause.
    fn run_manifest(&self, id: RunId) -> Result<Option<RunManifest>>;

    /// A run's workflow as it was stored.
    fn workflow(&self, id: RunId) -> Result<Option<Vec<u8>>>;

    /// What a run's telemetry is to hold; `None` for a run without.
    fn telemetry(&self, id: RunId) -> Result<Option<StoredTelemetry>>;

    /// By which URL others find a copy of a run's results; `None` where there is none.
    fn results_url(&self, id: RunId) -> Result<Option<String>>;

    /// The effects of a run's scenario as they were stored.
    fn effects(&self, id: RunId) -> Result<Option<Vec<u8>>>;

    /// The cast of a run that names agents as it was stored.
    fn cast(&self, id: RunId) -> Result<Option<Vec<u8>>>;

    /// Compresses, checksums and writes the parts of a snapshot, not yet visible and not yet durable, and says
    /// what the manifest must hold of them. Call from a thread that may block.
    ///
    /// # Errors
    /// [`StoreError::NoRoom`] where the disk has too little room for this purpose.
    fn write_snapshot_parts(
        &self,
        run: RunId,
        tick: u32,
        parts: &[SnapshotPart],
        purpose: Purpose,
    ) -> Result<Vec<PartManifest>>;

    /// The manifests of a run's complete snapshots, by tick, oldest first.
    fn snapshots(&self, run: RunId) -> Result<Vec<SnapshotManifest>>;

    /// Reads a snapshot's parts and checks every checksum.
    fn read_snapshot(&self, manifest: &SnapshotManifest) -> Result<Vec<SnapshotPart>>;

    /// Compresses, checksums and writes the bytes of a data set, not yet durable, and says what its record must hold of
    /// them. Bytes that no record names are removed when the store is next opened. Call from a thread that may block.
    fn write_dataset(&self, data: Uuid, bytes: &[u8]) -> Result<Vec<PartManifest>>;

    /// Every version of a tenant's data sets, or of the one with this name: by name, then by version.
    fn datasets(&self, tenant: TenantId, name: Option<&str>) -> Result<Vec<DatasetRecord>>;

    /// One version of a data set.
    fn dataset(&self, key: &DatasetKey) -> Result<Option<DatasetRecord>>;

    /// True when a run names this version.
    fn dataset_in_use(&self, key: &DatasetKey) -> Result<bool>;

    /// The last version that was given to this name, dropped ones included; 0 where there was none.
    fn last_dataset_version(&self, tenant: TenantId, name: &str) -> Result<u32>;

    /// Reads the bytes of a data set and checks every checksum.
    fn read_dataset(&self, record: &DatasetRecord) -> Result<Vec<u8>>;

    /// All API keys, revoked ones included, oldest first.
    fn keys(&self) -> Result<Vec<KeyRecord>>;

    /// All tenants, by name.
    fn tenants(&self) -> Result<Vec<TenantRecord>>;

    /// The last measured speed of a model, in agent-steps per second.
    fn speed(&self, model: &str) -> Result<Option<u64>>;
}
