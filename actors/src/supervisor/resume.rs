//! Where a run goes on from: its newest complete snapshot that can be read and fits, else the start.

use std::sync::Arc;

use civitas_engine::{Coordinator, PartitionState, World, check_states};
use civitas_store::{RunId, SnapshotManifest, SnapshotPart, Store};

/// Number of the part that holds the history; partitions follow.
const HISTORY_PART: u32 = 0;

/// A snapshot, decoded.
pub(crate) struct Resumed {
    pub(crate) tick: u32,
    pub(crate) running_ms: u64,
    pub(crate) history: Vec<u8>,
    pub(crate) states: Arc<[PartitionState]>,
}

/// The parts of a snapshot: running time and history, then each partition.
pub(crate) fn to_parts(running_ms: u64, history: &[u8], states: &[PartitionState]) -> Vec<SnapshotPart> {
    let mut first = running_ms.to_le_bytes().to_vec();
    first.extend_from_slice(history);
    let history = SnapshotPart { index: HISTORY_PART, bytes: first };
    let partitions = states.iter().zip(HISTORY_PART + 1..);
    let partitions = partitions.map(|(state, index)| SnapshotPart { index, bytes: state.to_bytes() });
    std::iter::once(history).chain(partitions).collect()
}

/// The newest snapshot of a run that can be used. One that cannot is reported and passed over.
pub(crate) fn newest(store: &dyn Store, run: RunId, world: &Arc<World>) -> Option<Resumed> {
    let manifests = store.snapshots(run).unwrap_or_else(|error| {
        tracing::error!(%run, %error, "the snapshots cannot be listed; the run starts over");
        Vec::new()
    });
    manifests.iter().rev().find_map(|manifest| match read(store, manifest, world) {
        Ok(resumed) => Some(resumed),
        Err(problem) => {
            tracing::warn!(%run, tick = manifest.tick, problem, "a snapshot cannot be used; trying an older one");
            None
        }
    })
}

fn read(store: &dyn Store, manifest: &SnapshotManifest, world: &Arc<World>) -> Result<Resumed, String> {
    if manifest.spec_hash != world.fingerprint() {
        return Err("it is of another specification or engine".to_owned());
    }
    let mut parts = store.read_snapshot(manifest).map_err(|error| error.to_string())?;
    parts.sort_by_key(|part| part.index);
    let mut parts = parts.into_iter();
    let first = parts.next().filter(|part| part.index == HISTORY_PART).ok_or("it has no history")?;
    let (running_ms, history) = first.bytes.split_first_chunk().ok_or("its history is too short")?;
    // Only whether the history can be read counts here; it is read again once the agents are made.
    let segments = vec![0; world.model.segments().len()];
    Coordinator::restore(Arc::clone(world), history, segments).map_err(|error| error.to_string())?;
    let states = parts.map(|part| PartitionState::from_bytes(&part.bytes)).collect::<Result<Vec<_>, _>>();
    let states = states.and_then(|states| check_states(states, &world.layout)).map_err(|error| error.to_string())?;
    Ok(Resumed { tick: manifest.tick, running_ms: u64::from_le_bytes(*running_ms), history: history.to_vec(), states })
}
