//! What can be asked of the store's committer: one durable change of whatever kind. It decides nothing; what becomes of each is in
//! `changes`.

use crate::{
    BatchRecord, DatasetKey, DatasetRecord, EventId, EventKind, EventRecord, KeyRecord, NodeRecord, RunId, RunManifest,
    RunRecord, SnapshotManifest, StoredTelemetry, TenantRecord,
};

/// One durable change. A [`Vec`] of them is applied whole or not at all.
#[derive(Clone, Debug)]
pub enum Change {
    /// Insert or replace a run and its index entries.
    PutRun(Box<RunRecord>),
    /// Insert a node, with or before its first run; refused where there is one of this id, or no such parent.
    PutNode(Box<NodeRecord>),
    /// Insert an event script or a bundle, or replace it by the next version; refused where another version than the one before
    /// is there, or a bundle names a script that is not one of its project.
    PutEvent(Box<EventRecord>),
    /// Drop an event script or a bundle; refused where a bundle names the script, or another version than this is there.
    DropEvent {
        /// Which of the two.
        kind: EventKind,
        /// Its id.
        id: EventId,
        /// The version that is meant; any where it is left out.
        version: Option<u32>,
    },
    /// Insert a batch.
    PutBatch(BatchRecord),
    /// Store a run's results document (canonical JSON bytes, at most
    /// [`crate::limits::MAX_RESULTS_BYTES`]).
    PutResults(RunId, Vec<u8>),
    /// Store the manifest of a run, at most [`crate::limits::MAX_RUN_MANIFEST_BYTES`] long. With its results.
    PutRunManifest(Box<RunManifest>),
    /// Store a run's workflow, opaque bytes of at most [`crate::limits::MAX_WORKFLOW_BYTES`]. Before or with the run.
    PutWorkflow(RunId, Vec<u8>),
    /// Store what a run's telemetry is to hold. With the run.
    PutTelemetry(RunId, StoredTelemetry),
    /// Note by which URL others find a copy of a run's results, or that there is none any more. With the results.
    SetResultsUrl(RunId, Option<String>),
    /// Store the effects of a run's scenario, opaque bytes of at most [`crate::limits::MAX_EFFECTS_BYTES`]. Before or with the
    /// run.
    PutEffects(RunId, Vec<u8>),
    /// Store the cast of a run that names agents, opaque bytes of at most [`crate::limits::MAX_CAST_BYTES`]. Before or with the
    /// run.
    PutCast(RunId, Vec<u8>),
    /// Publish a snapshot whose parts were written with [`crate::Store::write_snapshot_parts`].
    PutManifest(SnapshotManifest),
    /// Drop a snapshot's manifest; its parts are dropped afterwards.
    DropSnapshot(RunId, u32),
    /// Insert or replace an API key.
    PutKey(KeyRecord),
    /// Insert or replace a tenant.
    PutTenant(TenantRecord),
    /// Insert a version of a data set whose bytes were written with [`crate::Store::write_dataset`].
    PutDataset(Box<DatasetRecord>),
    /// Note that a run names a version of a data set; refused where there is none. With the run.
    UseDataset(DatasetKey),
    /// Drop a version of a data set with its bytes; refused where a run names it.
    DropDataset(Box<DatasetRecord>),
    /// Replace the measured speed of a model: agent-steps per second.
    PutSpeed(String, u64),
}
