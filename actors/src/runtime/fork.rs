//! Forks: a new run that goes on from a snapshot of another, with another seed, scenario or horizon from there on. Owns the
//! order: the snapshot is chosen, checked and copied part by part, and what makes the copy a snapshot is committed with the
//! record of the new run. So the fork needs its parent no more, and a crash leaves all of it or nothing.

use std::sync::Arc;

use civitas_engine::{Coordinator, EngineError, PartitionState, RunSpec, Turn, World, check_states, guarded};
use civitas_store::{
    Change, DatasetKey, ForkPoint, PartManifest, ProjectId, RunId, RunRecord, SnapshotManifest, SnapshotReason, Store,
    StoreError, TenantId,
};
use uuid::Uuid;

use super::{Runtime, answer, workflow_of};
use crate::error::{Result, RuntimeError};
use crate::limits::{MAX_NAME_CHARS, MAX_PAST_BYTES, REQUEST_TIMEOUT};
use crate::messages::Submit;
use crate::request::{Execution, NewRun};
use crate::supervisor::{HISTORY_PART, history_of, spec_of, to_parts};

/// What an era takes in a record besides its names, in bytes at most, and what each shift takes.
const ERA_BYTES: usize = 24;
const DELTA_BYTES: usize = 9;
/// How often a fork of the newest snapshot looks for it anew, where a running parent takes newer ones meanwhile.
const TRIES: usize = 5;

/// A fork to create: what it goes on from, and what is another from there on. What is left out is the parent's.
#[derive(Clone, Debug)]
pub struct NewFork {
    /// Who owns the parent and will own the fork.
    pub tenant_id: TenantId,
    /// The run that is forked.
    pub parent: RunId,
    /// The tick of one of its snapshots; the newest where it is left out.
    pub from_tick: Option<u32>,
    /// The project that it belongs to.
    pub project_id: Option<ProjectId>,
    /// The node it names as parent; recorded, not yet used.
    pub parent_node_id: Option<Uuid>,
    /// A name for people.
    pub name: Option<String>,
    /// Who creates it.
    pub created_by: String,
    /// What is another from that tick on.
    pub turn: Turn,
    /// Agents stepped between two looks at control messages.
    pub batch_size: Option<u32>,
    /// Ticks between snapshots.
    pub snapshot_every_ticks: Option<u32>,
}

/// A fork that only has to be committed.
struct Copied {
    record: RunRecord,
    workflow: Option<(RunId, Vec<u8>)>,
    datasets: Vec<DatasetKey>,
    manifest: SnapshotManifest,
}

impl Runtime {
    /// Creates a run that goes on from a snapshot of another, queued; it and its copy of the snapshot are on the disk when
    /// this returns, and it depends on its parent no more. With nothing changed it ends in the parent's bytes.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`] for the parent, [`RuntimeError::NoSnapshot`], [`RuntimeError::SnapshotUnusable`],
    /// [`RuntimeError::Spec`] when what is changed is wrong, [`RuntimeError::Quota`] when the queue is full.
    pub async fn fork(&self, fork: NewFork) -> Result<RunRecord> {
        let runtime = self.clone();
        // To its end whether or not whoever asked still waits: a copy that was begun is not left lying about.
        tokio::spawn(async move { runtime.fork_whole(fork).await }).await.map_err(|_| RuntimeError::ShuttingDown)?
    }

    async fn fork_whole(&self, fork: NewFork) -> Result<RunRecord> {
        // One at a time: a copy keeps the disk busy, and a part of a snapshot in memory.
        let _turn = self.forking.lock().await;
        let runtime = self.clone();
        let copied = tokio::task::spawn_blocking(move || runtime.copied(&fork)).await;
        let Copied { record, workflow, datasets, manifest } = copied.map_err(|_| RuntimeError::ShuttingDown)??;
        let drop_copy = Change::DropSnapshot(manifest.run_id, manifest.tick);
        let (tenant_id, runs, workflows) = (record.tenant_id, vec![record.clone()], workflow.into_iter().collect());
        let message = Submit { tenant_id, runs, workflows, batch: None, datasets, snapshots: vec![manifest] };
        let told = answer(self.registry.send(message).timeout(REQUEST_TIMEOUT).await)?;
        if told.is_err() {
            // Refused, so that nothing names the parts. Without an answer they may be named: then they stay.
            self.store.commit(vec![drop_copy], Box::new(|_| {}));
        }
        told.map(|()| record)
    }

    /// Checks the fork and copies its snapshot. Waits for the disk.
    fn copied(&self, fork: &NewFork) -> Result<Copied> {
        let parent = self.stored(fork.tenant_id, fork.parent)?;
        let mut tried = 0;
        loop {
            let manifest = self.snapshot_of(&parent, fork.from_tick)?;
            let copied = self.copied_from(fork, &parent, &manifest);
            let gone = || self.snapshots(parent.tenant_id, parent.id).is_ok_and(|all| !all.contains(&manifest));
            tried += 1;
            match copied {
                // A running parent drops its older snapshots as it takes new ones.
                Err(RuntimeError::SnapshotUnusable { .. }) if tried < TRIES && gone() => {}
                copied => return copied,
            }
        }
    }

    /// The snapshot that is meant; else which there are.
    fn snapshot_of(&self, parent: &RunRecord, tick: Option<u32>) -> Result<SnapshotManifest> {
        let mut snapshots = self.store.snapshots(parent.id)?;
        let place = match tick {
            Some(tick) => snapshots.iter().position(|snapshot| snapshot.tick == tick),
            None => snapshots.len().checked_sub(1),
        };
        let missing = || {
            let ticks: Vec<u32> = snapshots.iter().map(|snapshot| snapshot.tick).collect();
            RuntimeError::NoSnapshot { run: parent.id, have: nearest(&ticks, tick.unwrap_or_default()) }
        };
        let place = place.ok_or_else(missing)?;
        Ok(snapshots.swap_remove(place))
    }

    fn copied_from(&self, fork: &NewFork, parent: &RunRecord, manifest: &SnapshotManifest) -> Result<Copied> {
        let spec = spec_of(parent, self.store.as_ref())?;
        let catalogue = self.datasets.catalogue_of(&self.catalogue, parent)?;
        let (runs, datasets) = self.settle_here(vec![new_run(fork, parent, &spec, manifest.tick)?])?;
        let Some(run) = runs.into_iter().next() else { return Err(RuntimeError::ShuttingDown) };
        let (parent_world, child) = (World::new(spec, &catalogue)?, World::new(run.spec.clone(), &catalogue)?);
        let record = self.new_record(&run, None, false);
        let copied = copy(self.store.as_ref(), manifest, record.id, &parent_world, &child);
        let (parts, history) = copied.map_err(|refused| {
            self.store.commit(vec![Change::DropSnapshot(record.id, manifest.tick)], Box::new(|_| {}));
            match refused {
                NotCopied::Store(error) => error.into(),
                NotCopied::Unusable(why) => RuntimeError::SnapshotUnusable { run: parent.id, tick: manifest.tick, why },
            }
        })?;
        let record = RunRecord {
            forked_from: Some(ForkPoint { run_id: parent.id, tick: manifest.tick }),
            current_tick: manifest.tick,
            agents_processed: history.series().agent_steps(),
            ..record
        };
        let manifest = SnapshotManifest {
            run_id: record.id,
            created_at_ms: record.created_at_ms,
            spec_hash: child.fingerprint(),
            parts,
            reason: SnapshotReason::Fork,
            ..manifest.clone()
        };
        Ok(Copied { workflow: workflow_of(&record, &run), record, datasets, manifest })
    }
}

/// Why a snapshot was not copied.
enum NotCopied {
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
fn copy(
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

/// The fork as a run to create, with what is left out taken from its parent.
fn new_run(fork: &NewFork, parent: &RunRecord, spec: &RunSpec, tick: u32) -> Result<NewRun> {
    let horizon_ticks = fork.turn.horizon_ticks.unwrap_or(spec.horizon_ticks);
    if horizon_ticks < tick {
        let problem = format!("must be at least {tick}, the tick that the run is forked from, not {horizon_ticks}");
        return Err(EngineError::invalid("horizon_ticks", problem).into());
    }
    let child = spec.turned(tick, fork.turn.clone());
    let names = child.past.iter().flat_map(|era| era.variable_deltas.keys());
    let past_bytes = child.past.len() * ERA_BYTES + names.map(|name| name.len() + DELTA_BYTES).sum::<usize>();
    if past_bytes > MAX_PAST_BYTES {
        let problem = "cannot be forked once more: a run's record has no room for so many changes of seed and scenario";
        return Err(EngineError::invalid("parent_run_id", problem).into());
    }
    let name = fork.name.clone().unwrap_or_else(|| {
        let end = format!(" from tick {tick}");
        let kept = MAX_NAME_CHARS - end.len();
        parent.name.chars().take(kept).chain(end.chars()).collect()
    });
    Ok(NewRun {
        tenant_id: parent.tenant_id,
        project_id: fork.project_id.unwrap_or(parent.project_id),
        parent_node_id: fork.parent_node_id.or(parent.parent_node_id),
        name,
        created_by: fork.created_by.clone(),
        spec: child,
        agents_left_out: false,
        execution: Execution {
            batch_size: fork.batch_size.unwrap_or(parent.spec.batch_size),
            snapshot_every_ticks: Some(fork.snapshot_every_ticks.unwrap_or(parent.spec.snapshot_every_ticks)),
        },
        versions: parent.spec.versions.clone(),
    })
}

/// The ticks there are around this one, in words.
fn nearest(ticks: &[u32], tick: u32) -> String {
    let after = ticks.partition_point(|&there| there < tick);
    let below = after.checked_sub(1).map(|place| ticks[place]);
    match (below, ticks.get(after)) {
        (Some(below), Some(above)) => format!("the nearest are at ticks {below} and {above}"),
        (Some(only), None) => format!("the nearest is at tick {only}"),
        (None, Some(only)) => format!("the nearest is at tick {only}"),
        (None, None) => "it has none yet; POST /runs/{id}/snapshots takes one of a running run".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_snapshots_are_named_on_either_side() {
        let ticks = [10, 20, 40];
        assert_eq!(nearest(&ticks, 25), "the nearest are at ticks 20 and 40");
        assert_eq!(nearest(&ticks, 9), "the nearest is at tick 10");
        assert_eq!(nearest(&ticks, 41), "the nearest is at tick 40");
        assert!(nearest(&[], 41).starts_with("it has none yet"));
    }
}
