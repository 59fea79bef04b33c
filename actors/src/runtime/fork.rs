//! Forks: a new run that goes on from a snapshot of another, with another seed, scenario or horizon from there on. Owns the
//! order: the snapshot is chosen, checked and copied part by part, and what makes the copy a snapshot is committed with the
//! record of the new run. So the fork needs its parent no more, and a crash leaves all of it or nothing.

pub(crate) mod copy;

use std::sync::Arc;

use civitas_engine::{EngineError, RunSpec, Turn, World};
use civitas_store::{
    BatchRecord, Change, DatasetKey, ForkPoint, ProjectId, RunId, RunRecord, SnapshotManifest, TenantId,
};
use tokio::sync::{Mutex, Semaphore};
use uuid::Uuid;

use super::Runtime;
use crate::error::{Result, RuntimeError};
use crate::event_scripts::BundleChoice;
use crate::limits::{MAX_FORKS_WAITING, MAX_NAME_CHARS, MAX_PAST_BYTES};
use crate::messages::{RoomInQueue, Submit};
use crate::nodes::NodePlace;
use crate::reading::Reading;
use crate::request::{CreatedBatch, Execution, NewRun};
use crate::supervisor::spec_of;
use crate::telemetry::TelemetryChoice;
use copy::{CopiedSnapshot, NotCopied, copy_snapshot};

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
    /// The node of the parent, where the fork is to have a node of its own below it in any case.
    pub parent_node_id: Option<Uuid>,
    /// A name for people.
    pub name: Option<String>,
    /// Who creates it.
    pub created_by: String,
    /// What is another from that tick on.
    pub turn: Turn,
    /// A bundle that begins at that tick.
    pub bundle: Option<BundleChoice>,
    /// Agents stepped between two looks at control messages.
    pub batch_size: Option<u32>,
    /// Ticks between snapshots.
    pub snapshot_every_ticks: Option<u32>,
    /// What its telemetry holds.
    pub telemetry: TelemetryChoice,
}

/// A fork that only has to be committed.
struct Copied {
    record: RunRecord,
    run: NewRun,
    documents: Vec<Change>,
    datasets: Vec<DatasetKey>,
    manifest: SnapshotManifest,
}

/// Runs that were created, with their batch where they are one.
type Forked = (Vec<RunRecord>, Option<BatchRecord>);

/// What takes copies back that nothing names.
fn dropped(copied: &[Copied]) -> Vec<Change> {
    copied.iter().map(|copied| Change::DropSnapshot(copied.manifest.run_id, copied.manifest.tick)).collect()
}

/// Who copies snapshots, one request at a time, and how many wait for that.
#[derive(Clone)]
pub(super) struct Forking {
    turn: Arc<Mutex<()>>,
    room: Arc<Semaphore>,
}

impl Default for Forking {
    fn default() -> Self {
        Self { turn: Arc::default(), room: Arc::new(Semaphore::new(MAX_FORKS_WAITING)) }
    }
}

impl Runtime {
    /// Creates a run that goes on from a snapshot of another, queued; it and its copy of the snapshot are on the disk when
    /// this returns, and it depends on its parent no more. With nothing changed it ends in the parent's bytes.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`] for the parent, [`RuntimeError::NoSnapshot`], [`RuntimeError::SnapshotUnusable`],
    /// [`RuntimeError::Spec`] when what is changed is wrong, [`RuntimeError::Quota`] when the queue is full.
    pub async fn fork(&self, fork: NewFork) -> Result<RunRecord> {
        let (runs, _) = self.fork_to_the_end(vec![fork], None).await?;
        runs.into_iter().next().ok_or(RuntimeError::ShuttingDown)
    }

    /// Creates several forks of one run, all or none, on the disk when this returns: what came before their tick was stepped
    /// once for all of them. With `auto_start` they wait for places and start as those free up.
    ///
    /// # Errors
    /// As [`Runtime::fork`]; [`RuntimeError::Spec`] also for a batch without forks, or of several runs.
    pub async fn fork_batch(&self, forks: Vec<NewFork>, auto_start: bool) -> Result<CreatedBatch> {
        let Some(first) = forks.first() else {
            return Err(EngineError::invalid("variations", "must name at least one run").into());
        };
        let whose = |fork: &NewFork| (fork.tenant_id, fork.parent, fork.from_tick, fork.project_id);
        if forks.iter().any(|fork| whose(fork) != whose(first)) {
            return Err(EngineError::invalid("variations", "must all be of one run, tick and project").into());
        }
        let (runs, batch) = self.fork_to_the_end(forks, Some(auto_start)).await?;
        // What came before their tick was stepped by their parent.
        let shared = vec![None; runs.len()];
        Ok(CreatedBatch { batch: batch.ok_or(RuntimeError::ShuttingDown)?, runs, shared })
    }

    /// Creates forks, as a batch where it is said whether that starts by itself. To the end, whether or not whoever asked
    /// still waits: a copy that was begun is not left lying about.
    async fn fork_to_the_end(&self, forks: Vec<NewFork>, batch: Option<bool>) -> Result<Forked> {
        let room = Arc::clone(&self.forking.room).try_acquire_owned();
        let room = room.map_err(|_| RuntimeError::Overloaded)?;
        if let Some(first) = forks.first() {
            let asked = RoomInQueue { tenant_id: first.tenant_id, runs: forks.len() };
            self.ask(asked).await??;
        }
        let runtime = self.clone();
        let forking = tokio::spawn(async move {
            let _room = room;
            runtime.fork_all(forks, batch).await
        });
        forking.await.map_err(|_| RuntimeError::ShuttingDown)?
    }

    async fn fork_all(&self, forks: Vec<NewFork>, batch: Option<bool>) -> Result<Forked> {
        // One request at a time: a copy keeps the disk busy, and a part of a snapshot in memory.
        let _turn = self.forking.turn.lock().await;
        let runtime = self.clone();
        let copied = tokio::task::spawn_blocking(move || runtime.copied_all(forks)).await;
        let copied = copied.map_err(|_| RuntimeError::ShuttingDown)??;
        let snapshots: Vec<_> = copied.iter().map(|copied| copied.manifest.clone()).collect();
        let drops = dropped(&copied);
        let batch_id = batch.map(|_| Uuid::now_v7());
        let (mut runs, mut asked, mut documents, mut datasets) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for fork in copied {
            documents.extend(fork.documents);
            runs.push(RunRecord { batch_id, start_requested: batch.unwrap_or(false), ..fork.record });
            asked.push(fork.run);
            datasets.extend(fork.datasets);
        }
        let placed = self.placed(&asked, &mut runs);
        if placed.is_err() {
            self.store.commit(drops.clone(), Box::new(|_| {}));
        }
        let nodes = placed?;
        let Some(RunRecord { tenant_id, project_id, created_at_ms, .. }) = runs.first().cloned() else {
            return Err(RuntimeError::ShuttingDown);
        };
        let run_ids = runs.iter().map(|run| run.id).collect();
        let batch = batch_id.map(|id| BatchRecord { id, tenant_id, project_id, run_ids, created_at_ms });
        let message =
            Submit { tenant_id, runs: runs.clone(), nodes, documents, batch: batch.clone(), datasets, snapshots };
        let told = self.ask(message).await?;
        if told.is_err() {
            // Refused, so that nothing names the parts. Without an answer they may be named: then they stay.
            self.store.commit(drops, Box::new(|_| {}));
        }
        told.map(|()| (runs, batch))
    }

    /// Checks forks of one run and copies their snapshot for each, all or none. Waits for the disk.
    fn copied_all(&self, forks: Vec<NewFork>) -> Result<Vec<Copied>> {
        let mut done: Vec<Copied> = Vec::with_capacity(forks.len());
        let mut reading = Reading::default();
        for mut fork in forks {
            // Where the newest snapshot is meant, it is the same one for all.
            fork.from_tick = done.first().map(|first| first.manifest.tick).or(fork.from_tick);
            match self.copied(&fork, &mut reading) {
                Ok(copied) => done.push(copied),
                Err(refused) => {
                    self.store.commit(dropped(&done), Box::new(|_| {}));
                    return Err(refused);
                }
            }
        }
        Ok(done)
    }

    /// Checks the fork and copies its snapshot. Waits for the disk.
    fn copied(&self, fork: &NewFork, reading: &mut Reading) -> Result<Copied> {
        let parent = self.stored(fork.tenant_id, fork.parent)?;
        let mut tried = 0;
        loop {
            let manifest = self.snapshot_of(&parent, fork.from_tick)?;
            let copied = self.copied_from(fork, &parent, &manifest, reading);
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

    fn copied_from(
        &self,
        fork: &NewFork,
        parent: &RunRecord,
        manifest: &SnapshotManifest,
        reading: &mut Reading,
    ) -> Result<Copied> {
        let spec = spec_of(parent, self.store.as_ref())?;
        let catalogue = self.datasets.catalogue_of(&self.catalogue, parent)?;
        let mut run = new_run(fork, parent, &spec, manifest.tick)?;
        run.execution.telemetry = self.forks_telemetry(fork, parent.id)?;
        let (runs, datasets) = self.settle_here(vec![run], reading)?;
        let Some(mut run) = runs.into_iter().next() else { return Err(RuntimeError::ShuttingDown) };
        let (parent_world, child) = (World::new(spec, &catalogue)?, World::new(run.spec.clone(), &catalogue)?);
        let record = self.new_record(&run, None, false);
        run.node = self.place_of_fork(fork, parent, &record)?;
        let documents = self.documents_of(&record, &run)?;
        let store = self.store.as_ref();
        let copied = copy_snapshot(store, manifest, &record, record.created_at_ms, (&parent_world, &child));
        let CopiedSnapshot { manifest, history } = copied.map_err(|refused| match refused {
            NotCopied::Store(error) => error.into(),
            NotCopied::Unusable(why) => RuntimeError::SnapshotUnusable { run: parent.id, tick: manifest.tick, why },
        })?;
        let record = RunRecord {
            forked_from: Some(ForkPoint { run_id: parent.id, tick: manifest.tick }),
            current_tick: manifest.tick,
            agents_processed: history.series().agent_steps(),
            ..record
        };
        Ok(Copied { record, run, documents, datasets, manifest })
    }
}

/// The fork as a run to create, with what is left out taken from its parent.
fn new_run(fork: &NewFork, parent: &RunRecord, spec: &RunSpec, tick: u32) -> Result<NewRun> {
    let horizon_ticks = fork.turn.horizon_ticks.unwrap_or(spec.horizon_ticks);
    if horizon_ticks < tick {
        let problem = format!("must be at least {tick}, the tick that the run is forked from, not {horizon_ticks}");
        return Err(EngineError::invalid("horizon_ticks", problem).into());
    }
    if let Some(early) = fork.turn.effects.iter().filter_map(|effect| effect.from_tick).find(|from| *from < tick) {
        let problem =
            format!("must have a from_tick of at least {tick}, the tick that the run is forked from, not {early}");
        return Err(EngineError::invalid("scenario_patch: effects and windows of variable_deltas", problem).into());
    }
    let child = spec.turned(tick, fork.turn.clone());
    check_room(&child)?;
    let name = fork.name.clone().unwrap_or_else(|| {
        let end = format!(" from tick {tick}");
        let kept = MAX_NAME_CHARS - end.len();
        parent.name.chars().take(kept).chain(end.chars()).collect()
    });
    Ok(NewRun {
        tenant_id: parent.tenant_id,
        project_id: fork.project_id.unwrap_or(parent.project_id),
        node: NodePlace::Root,
        node_name: None,
        name,
        created_by: fork.created_by.clone(),
        spec: child,
        bundle: fork.bundle.map(|choice| BundleChoice { from_tick: tick, ..choice }),
        agents_left_out: false,
        execution: Execution {
            batch_size: fork.batch_size.unwrap_or(parent.spec.batch_size),
            snapshot_every_ticks: Some(fork.snapshot_every_ticks.unwrap_or(parent.spec.snapshot_every_ticks)),
            ..Execution::default()
        },
        versions: parent.spec.versions.clone(),
    })
}

/// A run's record keeps its whole past.
fn check_room(child: &RunSpec) -> Result<()> {
    let names = child.past.iter().flat_map(|era| era.variable_deltas.keys());
    let past_bytes = child.past.len() * ERA_BYTES + names.map(|name| name.len() + DELTA_BYTES).sum::<usize>();
    if past_bytes <= MAX_PAST_BYTES {
        return Ok(());
    }
    let problem = "cannot be forked once more: a run's record has no room for so many changes of seed and scenario";
    Err(EngineError::invalid("parent_run_id", problem).into())
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
    use civitas_engine::{RunSpec, Turn};

    use super::{check_room, nearest};

    #[test]
    fn forks_of_forks_end_where_the_record_is_full() {
        let turn = |spec: &RunSpec, tick: u32| spec.turned(tick, Turn { seed: Some(tick.into()), ..Turn::default() });
        let mut spec = RunSpec { horizon_ticks: 1_000, ..RunSpec::default() };
        for tick in 1..=40 {
            spec = turn(&spec, tick);
            assert!(check_room(&spec).is_ok(), "{tick}");
        }
        let said = (41..60)
            .find_map(|tick| {
                check_room(&{
                    spec = turn(&spec, tick);
                    spec.clone()
                })
                .err()
            })
            .unwrap()
            .to_string();
        assert!(said.starts_with("parent_run_id cannot be forked once more"), "{said}");
    }

    #[test]
    fn the_nearest_snapshots_are_named_on_either_side() {
        let ticks = [10, 20, 40];
        assert_eq!(nearest(&ticks, 25), "the nearest are at ticks 20 and 40");
        assert_eq!(nearest(&ticks, 9), "the nearest is at tick 10");
        assert_eq!(nearest(&ticks, 41), "the nearest is at tick 40");
        assert!(nearest(&[], 41).starts_with("it has none yet"));
    }
}
