//! The copy of a snapshot that a fork begins with: every part read with all its checks, the history as the fork has it,
//! written part by part. Nothing names the parts before the fork's record and manifest are committed.

use std::sync::Arc;

use civitas_engine::{Coordinator, EngineError, PartitionState, World, check_states, guarded};
use civitas_store::{PartManifest, RunId, SnapshotManifest, Store, StoreError};

use crate::supervisor::{HISTORY_PART, history_of, to_parts};

/// Why a snapshot was not copied.
pub(super) enum NotCopied {
    Store(StoreError),
    Unusable(String),
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

/// Copies the parts of a snapshot, one at a time, the history as the fork has it. They are not yet named by anything.
pub(super) fn copy(
    store: &dyn Store,
    from: &SnapshotManifest,
    to: RunId,
    parent: &World,
    child: &Arc<World>,
) -> std::result::Result<(Vec<PartManifest>, Coordinator), NotCopied> {
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
        written.extend(store.write_snapshot_parts(to, from.tick, &read)?);
    }
    check_states(states, &child.layout)?;
    let history = history.filter(|history| history.series().tick() == from.tick);
    let history = history.ok_or_else(|| NotCopied::Unusable("it has no history of its tick".to_owned()))?;
    Ok((written, history))
}
