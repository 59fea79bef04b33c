//! From a record to a run that can tick: its world, its partitions, and the state that it starts or goes on from.

use std::sync::Arc;

use civitas_engine::{Cast, Coordinator, Effect, EngineError, RunSpec, Workflow, World, effects_from_bytes, guarded};
use civitas_store::{ForkPoint, RunMode, RunRecord, Store, StoreError};

use crate::control::StopReason;
use crate::error::RuntimeError;
use crate::lifecycle::{Ending, RunEnd};
use crate::messages::PartitionFault;
use crate::request::from_stored;
use crate::supervisor::crew::{Crew, Start};
use crate::supervisor::drive::ActiveRun;
use crate::supervisor::resume::{Resumed, Snapshots};
use crate::supervisor::{Assignment, Stopwatch, Surroundings, ending, retry};

/// What a run goes on with, or why it cannot, with the history that it had got to.
type Prepared = Result<(Crew, Coordinator), (PartitionFault, Option<Box<Coordinator>>)>;

/// Makes a run ready, from its newest snapshot that can be used or from the start; else says how it ended. Where the store fails
/// for the moment, all of it is tried again.
pub(super) async fn prepare(
    surroundings: Surroundings,
    assignment: Assignment,
    mut watch: Stopwatch,
) -> Result<ActiveRun, Box<RunEnd>> {
    let mut failures = 0;
    loop {
        let (mut fault, history) = match make_ready(&surroundings, &assignment, &mut watch).await {
            Ok((crew, coordinator)) => return Ok(ActiveRun::new(surroundings, assignment, crew, coordinator, watch)),
            Err(failed) => failed,
        };
        failures += 1;
        if let PartitionFault::Store(error) = &fault
            && error.is_transient()
            && let Some(pause) = retry::pause_after(failures)
        {
            tracing::warn!(run = %assignment.record.id, %error, failures, "the store failed; the run tries again");
            if retry::wait(&surroundings.clock, &assignment.control, pause).await {
                continue;
            }
            fault = PartitionFault::Stopped;
        }
        if let PartitionFault::NoState = fault {
            return Err(Box::new(ending::without_state(&assignment.record)));
        }
        let history = history.map(rested);
        let ending = ending::from_fault(&assignment, fault, history.as_deref());
        let told = history.as_deref().filter(|history| history.is_counted());
        return Err(Box::new(ending::of(assignment.record.id, ending, told, (None, None), &watch, None)));
    }
}

/// The end of a run that does not go on, with what its newest snapshot came to, as far as that can be read.
pub(super) fn end_without(
    surroundings: &Surroundings,
    assignment: &Assignment,
    ending: Ending,
    mut watch: Stopwatch,
) -> RunEnd {
    let newest = match ending {
        Ending::Suspended => None,
        _ => world_of(surroundings, &assignment.record).ok().and_then(|world| {
            let snapshots = Snapshots::newest_first(surroundings.store.as_ref(), assignment.record.id, &world);
            snapshots.ok()?.next()?.ok()
        }),
    };
    watch.earlier_ms = newest.as_ref().map_or(watch.earlier_ms, |(_, resumed)| resumed.running_ms);
    let history = newest.map(|(_, resumed)| rested(Box::new(resumed.coordinator)));
    let history = history.filter(|history| history.is_counted());
    ending::of(assignment.record.id, ending, history.as_deref(), (None, None), &watch, None)
}

/// A history as a run that rests there leaves it: what is due at its tick without its agents is done, as whoever executes the
/// run again will have done it.
fn rested(mut history: Box<Coordinator>) -> Box<Coordinator> {
    // A model that fails in it has not come further than the history says.
    let _ = guarded(|| history.due());
    history
}

async fn make_ready(surroundings: &Surroundings, assignment: &Assignment, watch: &mut Stopwatch) -> Prepared {
    let alone = |fault| (fault, None);
    let world = world_of(surroundings, &assignment.record).map_err(alone)?;
    if assignment.resume {
        let store = surroundings.store.as_ref();
        let snapshots = Snapshots::newest_first(store, assignment.record.id, &world);
        for found in snapshots.map_err(|error| alone(PartitionFault::Store(error)))? {
            let (tick, mut resumed) = found.map_err(|error| alone(PartitionFault::Store(error)))?;
            watch.earlier_ms = resumed.running_ms;
            match resume(surroundings, assignment, &world, tick, &mut resumed).await {
                Ok(crew) => {
                    tracing::info!(run = %assignment.record.id, tick, "resumed from a snapshot");
                    return Ok((crew, resumed.coordinator));
                }
                Err(PartitionFault::Engine(error)) => {
                    tracing::warn!(run = %assignment.record.id, tick, %error, "a snapshot cannot be used; trying an older one");
                }
                Err(fault) => return Err((fault, Some(Box::new(resumed.coordinator)))),
            }
        }
        watch.earlier_ms = assignment.record.running_ms;
    }
    // A fork's first ticks are its parent's: there is no beginning that it could go back to.
    if is_fork(surroundings, &assignment.record).map_err(|error| alone(PartitionFault::Store(error)))? {
        return Err(alone(PartitionFault::NoState));
    }
    begin(surroundings, assignment, &world).await.map_err(alone)
}

/// True for a run that was asked for as a fork, and not only shares ticks with another of its batch: that one began with the
/// request.
fn is_fork(surroundings: &Surroundings, record: &RunRecord) -> Result<bool, StoreError> {
    let batch = record.batch_id.map(|id| surroundings.store.batch(id)).transpose()?.flatten();
    let shares = |from: &ForkPoint| batch.is_some_and(|batch| batch.run_ids.contains(&from.run_id));
    Ok(record.forked_from.is_some_and(|from| !shares(&from)))
}

/// What a run is asked to do, made ready with the model and the version of the data set that it names.
pub(super) fn world_of(surroundings: &Surroundings, record: &RunRecord) -> Result<Arc<World>, PartitionFault> {
    let fault_of = |error| match error {
        RuntimeError::Store(error) => PartitionFault::Store(error),
        RuntimeError::Spec(error) => PartitionFault::Engine(error),
        other => PartitionFault::Engine(EngineError::State(other.to_string())),
    };
    let spec = spec_of(record, surroundings.store.as_ref()).map_err(fault_of)?;
    let catalogue = surroundings.datasets.catalogue_of(&surroundings.catalogue, record).map_err(fault_of)?;
    World::new(spec, &catalogue).map_err(PartitionFault::Engine)
}

/// What a run is asked to do, with the workflow of an experiment, the effects of its scenario and the agents that it names.
///
/// # Errors
/// [`RuntimeError::Store`] where one of these cannot be read, [`RuntimeError::Spec`] where the record makes no sense here.
pub(crate) fn spec_of(record: &RunRecord, store: &dyn Store) -> Result<RunSpec, RuntimeError> {
    let mut spec = from_stored(&record.spec)?;
    spec.effects = effects_of(record, store)?;
    spec.cast = cast_of(record, store)?.map(Arc::new);
    let workflow = match record.mode {
        RunMode::Experiment => Some(store.workflow(record.id)?.ok_or_else(|| missing("the workflow", record))?),
        // Agents may be named in an experiment too.
        RunMode::Hybrid => store.workflow(record.id)?,
        RunMode::Society | RunMode::Target => None,
    };
    spec.workflow = workflow.map(|bytes| Workflow::from_bytes(&bytes)).transpose()?.map(Arc::new);
    Ok(spec)
}

/// The effects of a run's scenario.
///
/// # Errors
/// [`RuntimeError::Store`] where they cannot be read, [`RuntimeError::Spec`] where they make no sense here.
pub(crate) fn effects_of(record: &RunRecord, store: &dyn Store) -> Result<Vec<Effect>, RuntimeError> {
    if record.spec.effects == 0 {
        return Ok(Vec::new());
    }
    let bytes = store.effects(record.id)?.ok_or_else(|| missing("the effects", record))?;
    Ok(effects_from_bytes(&bytes)?)
}

/// The agents that a run names.
///
/// # Errors
/// [`RuntimeError::Store`] where they cannot be read, [`RuntimeError::Spec`] where they make no sense here.
pub(crate) fn cast_of(record: &RunRecord, store: &dyn Store) -> Result<Option<Cast>, RuntimeError> {
    if !record.mode.has_cast() {
        return Ok(None);
    }
    let bytes = store.cast(record.id)?.ok_or_else(|| missing("the cast", record))?;
    Ok(Some(Cast::from_bytes(&bytes)?))
}

/// What a record says is there, and is not.
fn missing(what: &str, record: &RunRecord) -> StoreError {
    StoreError::Corrupt { what: format!("{what} of run {}", record.id), why: "not there".to_owned() }
}

/// The partitions of a run at tick 0, and its first environment.
pub(super) async fn begin(
    surroundings: &Surroundings,
    assignment: &Assignment,
    world: &Arc<World>,
) -> Result<(Crew, Coordinator), PartitionFault> {
    stop_early(assignment)?;
    let Start { crew, tally, counts } = Crew::assemble(Arc::clone(world), surroundings, assignment, 0, None).await?;
    let coordinator = guarded(|| Coordinator::new(Arc::clone(world), tally, counts));
    Ok((crew, coordinator.map_err(PartitionFault::between_ticks)?))
}

/// The partitions of a run as a snapshot kept them; their digest must be the snapshot's.
async fn resume(
    surroundings: &Surroundings,
    assignment: &Assignment,
    world: &Arc<World>,
    tick: u32,
    resumed: &mut Resumed,
) -> Result<Crew, PartitionFault> {
    stop_early(assignment)?;
    let states = Some(Arc::clone(&resumed.states));
    let Start { crew, counts, .. } = Crew::assemble(Arc::clone(world), surroundings, assignment, tick, states).await?;
    resumed.coordinator.count(&counts);
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
            StopReason::Shutdown | StopReason::Pause | StopReason::Deadline | StopReason::Cancel | StopReason::Abandon,
        ) => Err(PartitionFault::Stopped),
        None => Ok(()),
    }
}
