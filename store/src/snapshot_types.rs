//! What the store keeps of snapshots, in the store's own words, like `types`: plain structs with no JSON and no actor in them.

use bincode::{Decode, Encode};

use crate::RunId;

/// What is known of a whole snapshot; its presence says that every part is stored.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SnapshotManifest {
    /// The run.
    #[bincode(with_serde)]
    pub run_id: RunId,
    /// The tick whose state it holds.
    pub tick: u32,
    /// Milliseconds since the Unix epoch.
    pub created_at_ms: u64,
    /// Version of the engine that wrote it.
    pub engine_version: String,
    /// Hash of the run's specification; a snapshot of another specification is never resumed.
    pub spec_hash: u64,
    /// Digest of all agents' state, independent of partitioning.
    pub digest: u128,
    /// One entry per part.
    pub parts: Vec<PartManifest>,
    /// Name and version of the model, with a blank between them; empty where it was not noted yet.
    pub model: String,
    /// Why it was taken.
    pub reason: SnapshotReason,
}

/// Why a snapshot was taken. The stored number is its place here, so a new one comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum SnapshotReason {
    /// Its tick was a multiple of the run's interval.
    Interval,
    /// A user asked for it; it is kept as long as the run.
    Requested,
    /// The run was paused.
    Paused,
    /// The run was cancelled.
    Cancelled,
    /// The runtime shut down.
    Shutdown,
    /// The run was forked from another, of which this is a copy; it is kept as long as the run.
    Fork,
}

impl SnapshotReason {
    /// Every reason.
    pub const ALL: [Self; 6] =
        [Self::Interval, Self::Requested, Self::Paused, Self::Cancelled, Self::Shutdown, Self::Fork];

    /// The word used in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interval => "interval",
            Self::Requested => "requested",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Shutdown => "shutdown",
            Self::Fork => "fork",
        }
    }

    /// True when no newer snapshot takes its place.
    pub fn is_kept(self) -> bool {
        matches!(self, Self::Requested | Self::Fork)
    }
}

/// One stored part of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PartManifest {
    /// Which part: `Part::index`.
    pub index: u32,
    /// Bytes before compression.
    pub raw_len: u64,
    /// Bytes after compression.
    pub stored_len: u64,
    /// CRC-32 of the stored bytes.
    pub crc32: u32,
}

/// One part of a snapshot as the runtime hands it over: opaque bytes with a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotPart {
    /// Its number, unique within the snapshot.
    pub index: u32,
    /// Its bytes, not compressed.
    pub bytes: Vec<u8>,
}
