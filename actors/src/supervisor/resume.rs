//! What a run goes on from: its snapshots, newest first, as far as they can be read and fit.

use std::sync::Arc;

use civitas_engine::{Coordinator, PartitionState, World, check_states};
use civitas_store::{RunId, SnapshotManifest, SnapshotPart, Store};

/// Number of the part that holds the history; partitions follow.
pub(crate) const HISTORY_PART: u32 = 0;

/// A snapshot, decoded.
pub(super) struct Resumed {
    pub(super) running_ms: u64,
    pub(super) coordinator: Coordinator,
    pub(super) states: Arc<[PartitionState]>,
    /// What the state's digest must be.
    pub(super) digest: u128,
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

/// The running time and the history that the first part of a snapshot holds.
pub(crate) fn history_of(first: &SnapshotPart) -> Option<(u64, &[u8])> {
    let (running_ms, history) = first.bytes.split_first_chunk()?;
    Some((u64::from_le_bytes(*running_ms), history))
}

/// A run's snapshots with their ticks. One that cannot be used is reported and passed over; each is read when its turn
/// comes.
pub(super) struct Snapshots<'a> {
    store: &'a dyn Store,
    world: &'a Arc<World>,
    manifests: Vec<SnapshotManifest>,
}

impl<'a> Snapshots<'a> {
    pub(super) fn newest_first(store: &'a dyn Store, run: RunId, world: &'a Arc<World>) -> Self {
        let manifests = store.snapshots(run).unwrap_or_else(|error| {
            tracing::error!(%run, %error, "the snapshots cannot be listed");
            Vec::new()
        });
        Self { store, world, manifests }
    }
}

impl Iterator for Snapshots<'_> {
    type Item = (u32, Resumed);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(manifest) = self.manifests.pop() {
            match read(self.store, &manifest, self.world) {
                Ok(resumed) => return Some((manifest.tick, resumed)),
                Err(problem) => {
                    let (run, tick) = (manifest.run_id, manifest.tick);
                    tracing::warn!(%run, tick, problem, "a snapshot cannot be used; trying an older one");
                }
            }
        }
        None
    }
}

fn read(store: &dyn Store, manifest: &SnapshotManifest, world: &Arc<World>) -> Result<Resumed, String> {
    if manifest.spec_hash != world.fingerprint() {
        return Err("it is of another specification or engine".to_owned());
    }
    let mut parts = store.read_snapshot(manifest).map_err(|error| error.to_string())?;
    parts.sort_by_key(|part| part.index);
    let mut parts = parts.into_iter();
    let first = parts.next().filter(|part| part.index == HISTORY_PART).ok_or("it has no history")?;
    let (running_ms, history) = history_of(&first).ok_or("its history is too short")?;
    let coordinator = Coordinator::restore(Arc::clone(world), history).map_err(|error| error.to_string())?;
    if coordinator.series().tick() != manifest.tick {
        return Err("its history ends at another tick".to_owned());
    }
    let states = parts.map(|part| PartitionState::from_bytes(&part.bytes)).collect::<Result<Vec<_>, _>>();
    let states = states.and_then(|states| check_states(states, &world.layout)).map_err(|error| error.to_string())?;
    Ok(Resumed { running_ms, coordinator, states, digest: manifest.digest })
}
