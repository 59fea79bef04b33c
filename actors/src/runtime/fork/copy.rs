//! The copy of a snapshot that a fork, or a run that shares ticks with another, begins with: every part read with all its checks, the history as the fork has it,
//! written part by part. Nothing names the parts before the fork's record and manifest are committed.

use std::sync::Arc;

use civitas_engine::{Coordinator, EngineError, PartitionState, World, check_states, guarded};
use civitas_store::{Change, Purpose, RunRecord, SnapshotManifest, SnapshotReason, Store, StoreError};

use crate::supervisor::{HISTORY_PART, history_of, to_parts};

/// Why a snapshot was not copied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotCopied {
    #[error("the store failed: {0}")]
    Store(StoreError),
    #[error("it cannot be used: {0}")]
    Unusable(String),
}

/// A copy that only has to be named.
pub(crate) struct CopiedSnapshot {
    /// What makes it a snapshot of its run.
    pub(crate) manifest: SnapshotManifest,
    /// The history, as the run has it.
    pub(crate) history: Coordinator,
}

impl From<StoreError> for NotCopied {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupt { .. } => Self::Unusable(error.to_string()),
            error => Self::Store(error),
        }
    }
}

impl From<EngineError> for NotCopied {
    fn from(error: EngineError) -> Self {
        Self::Unusable(error.to_string())
    }
}

/// Copies the parts of a snapshot for a run, one at a time, the history as that run has it. They are not yet named by anything;
/// those of a copy that failed are removed.
pub(crate) fn copy_snapshot(
    store: &dyn Store,
    from: &SnapshotManifest,
    to: &RunRecord,
    now_ms: u64,
    worlds: (&World, &Arc<World>),
) -> std::result::Result<CopiedSnapshot, NotCopied> {
    let copied = copied_parts(store, from, to, now_ms, worlds);
    if copied.is_err() {
        store.commit(vec![Change::DropSnapshot(to.id, from.tick)], Box::new(|_| {}));
    }
    copied
}

fn copied_parts(
    store: &dyn Store,
    from: &SnapshotManifest,
    to: &RunRecord,
    now_ms: u64,
    (parent, child): (&World, &Arc<World>),
) -> std::result::Result<CopiedSnapshot, NotCopied> {
    let bare = SnapshotManifest { parts: Vec::new(), ..from.clone() };
    let (mut written, mut states, mut history) = (Vec::new(), Vec::new(), None);
    for part in &from.parts {
        let mut read = store.read_snapshot(&SnapshotManifest { parts: vec![part.clone()], ..bare.clone() })?;
        if part.index == HISTORY_PART {
            let saved = read.first().and_then(history_of);
            let (_, saved) = saved.ok_or_else(|| NotCopied::Unusable("its history is too short".to_owned()))?;
            let forked = guarded(|| Coordinator::fork(parent, Arc::clone(child), saved));
            let forked = forked.map_err(|said| NotCopied::Unusable(format!("the model panicked: {said}")))??;
            // Its running time is its own.
            read = to_parts(0, &forked.save(), &[]);
            history = Some(forked);
        }
        for state in read.iter().filter(|part| part.index != HISTORY_PART) {
            // The blocks are enough to see that nobody is missing.
            let PartitionState { blocks, .. } = PartitionState::from_bytes(&state.bytes)?;
            states.push(PartitionState { blocks, saved: Vec::new(), mail: Vec::new() });
        }
        written.extend(store.write_snapshot_parts(to.id, from.tick, &read, Purpose::New)?);
    }
    check_states(states, &child.layout)?;
    let history = history.filter(|history| history.series().tick() == from.tick);
    let history = history.ok_or_else(|| NotCopied::Unusable("it has no history of its tick".to_owned()))?;
    let manifest = SnapshotManifest {
        run_id: to.id,
        created_at_ms: now_ms,
        spec_hash: child.fingerprint(),
        parts: written,
        reason: SnapshotReason::Fork,
        ..bare
    };
    Ok(CopiedSnapshot { manifest, history })
}
