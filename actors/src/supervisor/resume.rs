//! What a run goes on from: its snapshots, newest first, as far as they can be read and fit.

use std::sync::Arc;

use civitas_engine::{Coordinator, PartitionState, World, check_states};
use civitas_store::{Result as StoreResult, RunId, SnapshotManifest, SnapshotPart, Store, StoreError};

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
/// comes. Where the store fails for the moment, nobody knows whether one can be used: that is told.
pub(super) struct Snapshots<'a> {
    store: &'a dyn Store,
    world: &'a Arc<World>,
    manifests: Vec<SnapshotManifest>,
}

impl<'a> Snapshots<'a> {
    /// # Errors
    /// The store's, where they cannot be listed.
    pub(super) fn newest_first(store: &'a dyn Store, run: RunId, world: &'a Arc<World>) -> StoreResult<Self> {
        Ok(Self { store, world, manifests: store.snapshots(run)? })
    }
}

impl Iterator for Snapshots<'_> {
    type Item = StoreResult<(u32, Resumed)>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(manifest) = self.manifests.pop() {
            match read(self.store, &manifest, self.world) {
                Ok(resumed) => return Some(Ok((manifest.tick, resumed))),
                Err(Unread::NotNow(error)) => return Some(Err(error)),
                Err(Unread::Never(problem)) => {
                    let (run, tick) = (manifest.run_id, manifest.tick);
                    tracing::warn!(%run, tick, problem, "a snapshot cannot be used; trying an older one");
                }
            }
        }
        None
    }
}

/// Why a snapshot was not read.
enum Unread {
    /// The store failed; it may do better.
    NotNow(StoreError),
    /// It is of no use.
    Never(String),
}

fn read(store: &dyn Store, manifest: &SnapshotManifest, world: &Arc<World>) -> Result<Resumed, Unread> {
    if manifest.spec_hash != world.fingerprint() {
        return Err(Unread::Never("it is of another specification or engine".to_owned()));
    }
    let parts = store.read_snapshot(manifest).map_err(|error| match error.is_transient() {
        true => Unread::NotNow(error),
        false => Unread::Never(error.to_string()),
    })?;
    decode(parts, manifest, world).map_err(Unread::Never)
}

fn decode(mut parts: Vec<SnapshotPart>, manifest: &SnapshotManifest, world: &Arc<World>) -> Result<Resumed, String> {
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
