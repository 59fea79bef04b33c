//! A run of a batch before its first tick: where it has ticks in common with an earlier run of the batch that are stepped now, it
//! waits for them, and goes on from a copy of that run's state; where they were stepped before, it does so at once. It owns the
//! order: wait, copy, then the registry's word, which makes the run a fork and starts its time.
//!
//! Whatever goes wrong here costs time and no result: the run then begins at tick 0.

use std::collections::BTreeSet;
use std::sync::Arc;

use civitas_store::{Change, ForkPoint, RunId, RunRecord, SnapshotManifest, StoreError};
use futures_util::future::{Either, select};

use crate::error::RuntimeError;
use crate::limits::{LOOK_AT_SWITCH, ROOM_PAUSE};
use crate::messages::{BeginWith, Beginning, PartitionFault};
use crate::runtime::{CopiedSnapshot, copy_snapshot};
use crate::sharing::{Member, Sharing, is_worth, may_begin_with_another, may_share};
use crate::supervisor::prepare::{spec_of, world_of};
use crate::supervisor::{Assignment, Surroundings, retry};

/// Has a run begin with what it has in common with others of its batch; gives the ticks at which others part from it. Its time
/// runs from here on.
///
/// # Errors
/// [`PartitionFault::Stopped`] where it is told to stop meanwhile, [`PartitionFault::Store`].
pub(super) async fn begin(
    surroundings: &Surroundings,
    assignment: &mut Assignment,
) -> Result<BTreeSet<u32>, PartitionFault> {
    let run = assignment.record.id;
    if !surroundings.shares_prefixes || !may_share(&assignment.record) {
        surroundings.ways.close(run);
        return Ok(BTreeSet::new());
    }
    let sharing = sharing_of(surroundings, &assignment.record).unwrap_or_else(|error| {
        tracing::warn!(%run, %error, "what this run shares with its batch cannot be read; it goes on by itself");
        Sharing::default()
    });
    if sharing.partings.is_empty() {
        // Nobody waits for a run that keeps nothing.
        surroundings.ways.close(run);
    }
    if may_begin_with_another(&assignment.record) {
        let found = found_beginning(surroundings, assignment, &sharing.sources).await?;
        let taken = found.as_ref().map(|found| Change::DropSnapshot(run, found.manifest.tick));
        match (begin_with(surroundings, assignment, found).await, taken) {
            (Ok(Some(record)), copied) => {
                assignment.resume |= copied.is_some();
                assignment.record = *record;
            }
            (refused, copied) => {
                // Nothing names the copy.
                copied.into_iter().for_each(|drop| surroundings.store.commit(vec![drop], Box::new(|_| {})));
                return refused.and(Err(PartitionFault::Stopped));
            }
        }
    }
    Ok(sharing.partings)
}

/// Asks for the registry's word; where the disk has no room to note it, again and again.
async fn begin_with(
    surroundings: &Surroundings,
    assignment: &Assignment,
    beginning: Option<Beginning>,
) -> Result<Option<Box<RunRecord>>, PartitionFault> {
    loop {
        let message = BeginWith { run_id: assignment.record.id, beginning: beginning.clone() };
        match assignment.registry.send(message).await.unwrap_or(Ok(None)) {
            Err(StoreError::NoRoom { .. })
                if retry::wait(&surroundings.clock, &assignment.control, ROOM_PAUSE).await => {}
            Err(StoreError::NoRoom { .. }) => return Err(PartitionFault::Stopped),
            told => return told.map_err(PartitionFault::Store),
        }
    }
}

/// What a run shares with the others of its batch. Waits for the disk.
fn sharing_of(surroundings: &Surroundings, record: &RunRecord) -> Result<Sharing, RuntimeError> {
    let store = surroundings.store.as_ref();
    let Some(batch) = record.batch_id.map(|id| store.batch(id)).transpose()?.flatten() else {
        return Ok(Sharing::default());
    };
    let mut members = Vec::with_capacity(batch.run_ids.len());
    for id in batch.run_ids {
        let record = store.run(id)?.ok_or(RuntimeError::NotFound(id))?;
        members.push(Member { spec: spec_of(&record, store)?, record });
    }
    let place = members.iter().position(|member| member.record.id == record.id);
    Ok(place.map_or_else(Sharing::default, |place| Sharing::of(place, &members)))
}

/// A copy of the best state of another run that there is, after waiting for those that are on their way; `None` for tick 0.
async fn found_beginning(
    surroundings: &Surroundings,
    assignment: &Assignment,
    sources: &[(RunId, u32)],
) -> Result<Option<Beginning>, PartitionFault> {
    // An audit has all ticks of its run.
    if surroundings.audits.has(assignment.record.id) {
        return Ok(None);
    }
    for &(source, tick) in sources {
        // Whoever waits for its turn to be tried may be waiting for this one.
        if !assignment.on_trial {
            wait_for(surroundings, assignment, source, tick).await?;
        }
        match copied(surroundings, &assignment.record, source, tick).await {
            Ok(Some(found)) => {
                let (run, tick) = (assignment.record.id, found.manifest.tick);
                tracing::info!(%run, %source, tick, "a run of a batch goes on from what it has in common with another");
                return Ok(Some(found));
            }
            Ok(None) => {}
            Err(why) => {
                let run = assignment.record.id;
                tracing::warn!(%run, %source, tick, why, "what runs of a batch have in common cannot be taken over");
            }
        }
    }
    Ok(None)
}

/// Waits until a run that is on its way has come to this tick, or is on its way no more.
async fn wait_for(
    surroundings: &Surroundings,
    assignment: &Assignment,
    source: RunId,
    tick: u32,
) -> Result<(), PartitionFault> {
    let Some(mut way) = surroundings.ways.watch(source) else { return Ok(()) };
    while *way.borrow_and_update() < tick {
        if assignment.control.reason().is_some() {
            return Err(PartitionFault::Stopped);
        }
        let changed = std::pin::pin!(way.changed());
        if let Either::Left((Err(_), _)) = select(changed, surroundings.clock.sleep(LOOK_AT_SWITCH)).await {
            break;
        }
    }
    Ok(())
}

/// A copy of a run's newest snapshot that both runs have in common, if there is one that is worth it.
async fn copied(
    surroundings: &Surroundings,
    record: &RunRecord,
    source: RunId,
    tick: u32,
) -> Result<Option<Beginning>, String> {
    let _turn = surroundings.ways.copying.acquire().await.map_err(|error| error.to_string())?;
    let (around, record) = (surroundings.clone(), record.clone());
    // Compute threads have other runs to step.
    let copying = tokio::task::spawn_blocking(move || copied_here(&around, &record, source, tick));
    copying.await.unwrap_or_else(|error| Err(error.to_string()))
}

fn copied_here(
    surroundings: &Surroundings,
    record: &RunRecord,
    source: RunId,
    tick: u32,
) -> Result<Option<Beginning>, String> {
    let store = surroundings.store.as_ref();
    let snapshots = store.snapshots(source).map_err(|error| error.to_string())?;
    let common = |manifest: &SnapshotManifest| manifest.tick <= tick && is_worth(record, manifest.tick);
    let Some(manifest) = snapshots.into_iter().rfind(common) else { return Ok(None) };
    let parent = store.run(source).map_err(|error| error.to_string())?.ok_or("its record is gone")?;
    let worlds = world_of(surroundings, &parent).and_then(|parent| Ok((parent, world_of(surroundings, record)?)));
    let (parent, child) = worlds.map_err(|fault| format!("{fault:?}"))?;
    let CopiedSnapshot { manifest, history } =
        copy_snapshot(store, &manifest, record, surroundings.clock.unix_ms(), (&parent, &Arc::clone(&child)))
            .map_err(|why| why.to_string())?;
    let from = ForkPoint { run_id: source, tick: manifest.tick };
    Ok(Some(Beginning { from, manifest, agent_steps: history.series().agent_steps() }))
}
