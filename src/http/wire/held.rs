//! What pauses and snapshots look like in answers. Owns their field names; it must not read anything that is not handed in.

use civitas_store::{RunId, SnapshotManifest};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::time;

/// A run that was paused.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunPaused {
    /// Its id.
    pub id: Uuid,
    /// `paused`.
    pub status: &'static str,
    /// What happened, for people.
    pub message: &'static str,
    /// True when results up to the last completed tick can be read.
    pub partial_results: bool,
    /// Ticks completed.
    pub ticks_completed: u32,
}

/// A run's snapshots.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SnapshotList {
    /// Oldest first.
    pub items: Vec<Snapshot>,
}

/// A complete snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Snapshot {
    /// Its name, as `outputs.snapshot_refs` of the run has it.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The run.
    pub run_id: Uuid,
    /// The tick whose state it holds.
    pub tick: u32,
    /// Why it was taken: `interval`, `requested`, `paused`, `cancelled`, `shutdown` or `fork`.
    #[schema(example = "requested")]
    pub reason: &'static str,
    /// When it was taken, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Version of the engine that took it.
    pub engine_version: String,
    /// Name and version of the model; empty where it was not noted yet.
    #[schema(example = "society 1")]
    pub model: String,
    /// Hash of all that decides the run's results, in hexadecimal digits.
    pub specification_hash: String,
    /// Digest of all agents' state, in hexadecimal digits.
    pub state_digest: String,
    /// Bytes that it takes on the disk.
    pub bytes: u64,
}

/// The name of a snapshot.
pub fn snapshot_ref(run: RunId, tick: u32) -> String {
    format!("snapshot:{run}/tick-{tick}")
}

impl From<SnapshotManifest> for Snapshot {
    fn from(manifest: SnapshotManifest) -> Self {
        Self {
            reference: snapshot_ref(manifest.run_id, manifest.tick),
            run_id: manifest.run_id,
            tick: manifest.tick,
            reason: manifest.reason.as_str(),
            created_at: time::rfc3339(manifest.created_at_ms),
            engine_version: manifest.engine_version,
            model: manifest.model,
            specification_hash: format!("{:016x}", manifest.spec_hash),
            state_digest: format!("{:032x}", manifest.digest),
            bytes: manifest.parts.iter().map(|part| part.stored_len).sum(),
        }
    }
}
