//! To the recorder: what must be on the disk.

use std::sync::Arc;

use actix::Message;
use civitas_store::{Change, RunId, SnapshotPart, SnapshotReason, StoreError};

/// Registry to recorder: make these changes durable. Answered when they are on the disk, or have failed as a whole.
/// Applied in the order of sending.
#[derive(Message)]
#[rtype(result = "Result<(), StoreError>")]
pub(crate) struct Record(pub(crate) Vec<Change>);

/// A snapshot on its way to the disk.
#[derive(Debug)]
pub(crate) struct SnapshotJob {
    pub(crate) run_id: RunId,
    pub(crate) tick: u32,
    pub(crate) created_at_ms: u64,
    pub(crate) spec_hash: u64,
    pub(crate) digest: u128,
    /// Part 0 is the history, the others are the partitions.
    pub(crate) parts: Vec<SnapshotPart>,
    /// Name and version of the model.
    pub(crate) model: String,
    /// Why it is taken.
    pub(crate) reason: SnapshotReason,
    /// Complete snapshots to keep besides those that users asked for, this one included.
    pub(crate) keep: usize,
}

/// Supervisor to recorder: write a snapshot beside the run. Answered with `true` when it is on the disk, with
/// `false` when it was passed over because too many wait already.
#[derive(Message)]
#[rtype(result = "Result<bool, StoreError>")]
pub(crate) struct SaveSnapshot(pub(crate) Arc<SnapshotJob>);
