//! From a record to a run that can tick: its world, its partitions, and the state that it starts or goes on from.

use std::sync::Arc;

use civitas_engine::{Coordinator, EngineError, RunSpec, Workflow, World, guarded};
use civitas_store::{RunMode, RunRecord, Store};

use crate::control::StopReason;
use crate::lifecycle::RunEnd;
use crate::messages::PartitionFault;
use crate::request::from_stored;
use crate::supervisor::crew::{Crew, Start};
use crate::supervisor::drive::ActiveRun;
use crate::supervisor::resume::{Resumed, Snapshots};
use crate::supervisor::{Assignment, Stopwatch, Surroundings, ending};

/// Makes a run ready, from its newest snapshot that can be used or from the start; else says how it ended.
pub(super) async fn prepare(
    surroundings: Surroundings,
    assignment: Assignment,
    mut watch: Stopwatch,
) -> Result<ActiveRun, Box<RunEnd>> {
    let end = |fault, history: Option<&Coordinator>, watch: &Stopwatch| {
        let ending = ending::from_fault(&assignment, fault, history);
        Box::new(ending::of(ending, history, None, watch, None))
    };
    let world = match world_of(&surroundings, &assignment.record) {
        Ok(world) => world,
        Err(error) => return Err(end(PartitionFault::Engine(error), None, &watch)),
    };
    if assignment.resume {
        for (tick, resumed) in Snapshots::newest_first(surroundings.store.as_ref(), assignment.record.id, &world) {
            watch.earlier_ms = resumed.running_ms;
            match resume(&surroundings, &assignment, &world, tick, &resumed).await {
                Ok(crew) => {
                    tracing::info!(run = %assignment.record.id, tick, "resumed from a snapshot");
                    return Ok(ActiveRun::new(surroundings, assignment, crew, resumed.coordinator, watch));
                }
                Err(PartitionFault::Engine(error)) => {
                    tracing::warn!(run = %assignment.record.id, tick, %error, "a snapshot cannot be used; trying an older one");
                }
                Err(fault) => return Err(end(fault, Some(&resumed.coordinator), &watch)),
            }
        }
        watch.earlier_ms = assignment.record.running_ms;
    }
    // Its first ticks are its parent's: there is no beginning that it could go back to.
    if assignment.record.forked_from.is_some() {
        return Err(Box::new(ending::without_state(&assignment.record)));
    }
    match begin(&surroundings, &assignment, &world).await {
        Ok((crew, coordinator)) => Ok(ActiveRun::new(surroundings, assignment, crew, coordinator, watch)),
        Err(fault) => Err(end(fault, None, &watch)),
    }
}

/// What a run is asked to do, made ready with the model and the version of the data set that it names.
fn world_of(surroundings: &Surroundings, record: &RunRecord) -> Result<Arc<World>, EngineError> {
    let spec = spec_of(record, surroundings.store.as_ref())?;
    let catalogue = surroundings.datasets.catalogue_of(&surroundings.catalogue, record)?;
    World::new(spec, &catalogue)
}

/// What a run is asked to do, with the workflow of an experiment.
pub(crate) fn spec_of(record: &RunRecord, store: &dyn Store) -> Result<RunSpec, EngineError> {
    let mut spec = from_stored(&record.spec)?;
    if record.mode == RunMode::Experiment {
        let stored = store.workflow(record.id).map_err(|error| EngineError::State(error.to_string()))?;
        let bytes = stored.ok_or_else(|| EngineError::State("the workflow is not in the store".to_owned()))?;
        spec.workflow = Some(Arc::new(Workflow::from_bytes(&bytes)?));
    }
    Ok(spec)
}

/// The partitions of a run at tick 0, and its first environment.
async fn begin(
    surroundings: &Surroundings,
    assignment: &Assignment,
    world: &Arc<World>,
) -> Result<(Crew, Coordinator), PartitionFault> {
    stop_early(assignment)?;
    let Start { crew, tally, segment_agents } =
        Crew::assemble(Arc::clone(world), surroundings, assignment, 0, None).await?;
    let coordinator = guarded(|| Coordinator::new(Arc::clone(world), tally, segment_agents));
    Ok((crew, coordinator.map_err(PartitionFault::between_ticks)?))
}

/// The partitions of a run as a snapshot kept them; their digest must be the snapshot's.
async fn resume(
    surroundings: &Surroundings,
    assignment: &Assignment,
    world: &Arc<World>,
    tick: u32,
    resumed: &Resumed,
) -> Result<Crew, PartitionFault> {
    stop_early(assignment)?;
    let states = Some(Arc::clone(&resumed.states));
    let crew = Crew::assemble(Arc::clone(world), surroundings, assignment, tick, states).await?.crew;
    let (digest, _) = crew.save(tick, false).await?;
    if digest == resumed.digest {
        return Ok(crew);
    }
    Err(PartitionFault::Engine(EngineError::State("its digest is not that of the state it gives".to_owned())))
}

/// Nothing is made for a run that is to stop; at a shutdown it goes on from where it was.
fn stop_early(assignment: &Assignment) -> Result<(), PartitionFault> {
    match assignment.control.reason() {
        Some(
            StopReason::Shutdown
            | StopReason::Pause
            | StopReason::Deadline
            | StopReason::Cancel
            | StopReason::Abandon,
        ) => Err(PartitionFault::Stopped),
        None => Ok(()),
    }
}
