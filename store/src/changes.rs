//! From a [`Change`] to bytes: everything that can be checked, encoded or compressed without reading the store.
//!
//! Preparing runs on the thread that commits, so that the committer has little left to do, and a change
//! that can never be stored is refused before anything is touched. It must not read or write.

use crossbeam::channel::Sender;
use uuid::Uuid;

use crate::backup::Records;
use crate::index::Indexed;
use crate::limits::{
    MAX_CAST_BYTES, MAX_DATASET_NAME_BYTES, MAX_EFFECTS_BYTES, MAX_MODEL_NAME_BYTES, MAX_RECORD_BYTES,
    MAX_RESULTS_BYTES, MAX_RUN_MANIFEST_BYTES, MAX_VALUE_BYTES, MAX_WORKFLOW_BYTES,
};
use crate::{
    Change, DatasetKey, EventId, EventKind, EventRecord, NodeRecord, Result, RunId, SnapshotManifest, StoreError,
    blobs, codec, keys,
};

/// A change in bytes.
#[derive(Debug)]
pub(crate) enum Write {
    /// A run with its index entries.
    Run { indexed: Indexed, bytes: Vec<u8> },
    /// A node, new, with its index entries.
    Node { node: Box<NodeRecord>, chunks: Vec<Vec<u8>> },
    /// An event script or a bundle, new or changed, with its index entries.
    Event { event: Box<EventRecord>, chunks: Vec<Vec<u8>> },
    /// An event script or a bundle goes.
    DropEvent { kind: EventKind, id: EventId, version: Option<u32> },
    /// One value.
    Value { key: Vec<u8>, bytes: Vec<u8> },
    /// A value goes, where there is one.
    Remove { key: Vec<u8> },
    /// A value of many chunks; those of an older one are removed.
    Chunked { prefix: Vec<u8>, chunks: Vec<Vec<u8>> },
    /// The manifest of a snapshot.
    Manifest { run: RunId, tick: u32, chunks: Vec<Vec<u8>> },
    /// A manifest goes, and after it the snapshot's chunks.
    DropSnapshot { run: RunId, tick: u32 },
    /// A version of a data set with its name's last version.
    Dataset { key: DatasetKey, bytes: Vec<u8>, last: Vec<u8> },
    /// A run names a version of a data set.
    UseDataset(DatasetKey),
    /// A version of a data set goes, and after it its bytes.
    DropDataset { key: DatasetKey, data: Uuid },
    /// A manifest goes, because its parts are about to be written again.
    Unpublish { run: RunId, tick: u32 },
    /// Nothing is written: all records are handed over as they are once this commit is on the disk.
    CopyRecords(Sender<Records>),
}

impl Write {
    /// What there is to write, in bytes, without index entries.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Run { bytes, .. } | Self::Value { bytes, .. } => bytes.len(),
            Self::Chunked { chunks, .. }
            | Self::Manifest { chunks, .. }
            | Self::Node { chunks, .. }
            | Self::Event { chunks, .. } => chunks.iter().map(Vec::len).sum(),
            Self::Dataset { bytes, last, .. } => bytes.len() + last.len(),
            Self::Remove { .. } | Self::DropSnapshot { .. } | Self::Unpublish { .. } | Self::DropEvent { .. } => 0,
            Self::UseDataset(_) | Self::DropDataset { .. } | Self::CopyRecords(_) => 0,
        }
    }

    /// True when readers must not look while it is applied.
    pub(crate) fn is_chunked(&self) -> bool {
        matches!(
            self,
            Self::Chunked { .. }
                | Self::Manifest { .. }
                | Self::Node { .. }
                | Self::Event { .. }
                | Self::DropEvent { .. }
                | Self::DropSnapshot { .. }
                | Self::Unpublish { .. }
        )
    }
}

/// Prepares all changes of one request.
///
/// # Errors
/// `TooLarge` names the first record above its bound.
pub(crate) fn prepare(changes: Vec<Change>) -> Result<Vec<Write>> {
    changes.into_iter().map(prepare_one).collect()
}

fn prepare_one(change: Change) -> Result<Write> {
    Ok(match change {
        Change::PutRun(run) => {
            Write::Run { indexed: Indexed::of(&run), bytes: one_value(&*run, || format!("run {}", run.id))? }
        }
        Change::PutNode(node) => {
            let chunks = many_values(&*node, MAX_RECORD_BYTES, || format!("node {}", node.id))?;
            Write::Node { node, chunks }
        }
        Change::PutEvent(event) => {
            let chunks = many_values(&*event, MAX_RECORD_BYTES, || format!("{} {}", event.kind().as_str(), event.id))?;
            Write::Event { event, chunks }
        }
        Change::DropEvent { kind, id, version } => Write::DropEvent { kind, id, version },
        Change::PutBatch(batch) => Write::Chunked {
            prefix: keys::batch(batch.id),
            chunks: many_values(&batch, MAX_RECORD_BYTES, || format!("batch {}", batch.id))?,
        },
        Change::PutResults(run, document) => {
            let what = format!("results of run {run}");
            Write::Chunked { prefix: keys::results(run), chunks: document_values(&what, &document, MAX_RESULTS_BYTES)? }
        }
        Change::PutRunManifest(manifest) => {
            let run = manifest.run_id;
            let chunks = many_values(&*manifest, MAX_RUN_MANIFEST_BYTES, || format!("manifest of run {run}"))?;
            Write::Chunked { prefix: keys::run_manifest(run), chunks }
        }
        Change::PutWorkflow(run, document) => {
            let what = format!("workflow of run {run}");
            Write::Chunked {
                prefix: keys::workflow(run),
                chunks: document_values(&what, &document, MAX_WORKFLOW_BYTES)?,
            }
        }
        Change::PutTelemetry(run, telemetry) => Write::Value {
            key: keys::telemetry(run),
            bytes: one_value(&telemetry, || format!("telemetry of run {run}"))?,
        },
        Change::SetResultsUrl(run, Some(url)) => Write::Value {
            key: keys::results_url(run),
            bytes: one_value(&codec::ResultsUrl { url }, || format!("URL of the results of run {run}"))?,
        },
        Change::SetResultsUrl(run, None) => Write::Remove { key: keys::results_url(run) },
        Change::PutEffects(run, document) => {
            let what = format!("effects of run {run}");
            Write::Chunked { prefix: keys::effects(run), chunks: document_values(&what, &document, MAX_EFFECTS_BYTES)? }
        }
        Change::PutCast(run, document) => {
            let what = format!("cast of run {run}");
            Write::Chunked { prefix: keys::cast(run), chunks: document_values(&what, &document, MAX_CAST_BYTES)? }
        }
        Change::PutManifest(manifest) => {
            let SnapshotManifest { run_id: run, tick, .. } = manifest;
            let what = || format!("manifest of run {run} at tick {tick}");
            let chunks = many_values(&manifest, MAX_RECORD_BYTES, what)?;
            Write::Manifest { run, tick, chunks }
        }
        Change::DropSnapshot(run, tick) => Write::DropSnapshot { run, tick },
        Change::PutKey(key) => {
            Write::Value { key: keys::api_key(key.id), bytes: one_value(&key, || format!("key {}", key.id))? }
        }
        Change::PutTenant(tenant) => Write::Value {
            key: keys::tenant(tenant.id),
            bytes: one_value(&tenant, || format!("tenant {}", tenant.id))?,
        },
        Change::PutDataset(record) => {
            StoreError::check_size("the name of a data set", record.name.len(), MAX_DATASET_NAME_BYTES)?;
            Write::Dataset {
                key: DatasetKey::of(&record),
                bytes: one_value(&*record, || format!("data set {}", record.name))?,
                last: codec::encode(&codec::LastVersion { version: record.version })?,
            }
        }
        Change::UseDataset(key) => Write::UseDataset(key),
        Change::DropDataset(record) => Write::DropDataset { key: DatasetKey::of(&record), data: record.data_id },
        Change::PutSpeed(model, agent_steps_per_s) => {
            StoreError::check_size("the name of a model", model.len(), MAX_MODEL_NAME_BYTES)?;
            Write::Value { key: keys::speed(&model), bytes: codec::encode(&codec::Speed { agent_steps_per_s })? }
        }
    })
}

fn one_value<T: codec::Stored>(record: &T, what: impl Fn() -> String) -> Result<Vec<u8>> {
    let bytes = codec::encode(record)?;
    if bytes.len() > MAX_VALUE_BYTES {
        StoreError::check_size(&what(), bytes.len(), MAX_VALUE_BYTES)?;
    }
    Ok(bytes)
}

fn many_values<T: codec::Stored>(record: &T, max: usize, what: impl Fn() -> String) -> Result<Vec<Vec<u8>>> {
    let bytes = codec::encode(record)?;
    if bytes.len() > max {
        StoreError::check_size(&what(), bytes.len(), max)?;
    }
    Ok(blobs::cut(&bytes).into_iter().map(<[u8]>::to_vec).collect())
}

fn document_values(what: &str, document: &[u8], max: usize) -> Result<Vec<Vec<u8>>> {
    let (header, stored) = blobs::compress(what, document, max)?;
    let mut chunks = vec![codec::encode(&header)?];
    chunks.extend(blobs::cut(&stored).into_iter().map(<[u8]>::to_vec));
    Ok(chunks)
}
