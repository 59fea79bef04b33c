//! How a run ended: what a fault means for it, and what is reported of it.

use civitas_engine::{Coordinator, ModelFailure, guarded};
use civitas_store::{RunFault, RunId, RunRecord};

use crate::control::StopReason;
use crate::faults;
use crate::lifecycle::{Ending, RunEnd};
use crate::manifest;
use crate::messages::PartitionFault;
use crate::supervisor::{Assignment, Stopwatch};

/// The report of a run that ended, with the outcome up to its last completed tick where it got to one; of one that came to its
/// horizon the digest of its state, and its twin where it has one.
pub(super) fn of(
    id: RunId,
    mut ending: Ending,
    run: Option<&Coordinator>,
    (digest, twin): (Option<u128>, Option<&Coordinator>),
    watch: &Stopwatch,
    speed: Option<u64>,
) -> RunEnd {
    let outcome_json = match (&ending, run) {
        (Ending::Suspended, _) | (_, None) => None,
        (_, Some(run)) => match guarded(|| run.outcome_beside(digest, twin).canonical_json()) {
            Ok(json) => Some(json),
            Err(failure) => {
                let failure = failure.saying(|said| format!("{said}, while its results were made"));
                ending = Ending::Failed(of_model(&failure, None, None));
                None
            }
        },
    };
    let noted = run.zip(outcome_json.as_ref());
    let manifest = noted.map(|(run, json)| Box::new(manifest::of(id, run, json, digest)));
    RunEnd {
        ending,
        outcome_json,
        results_url: None,
        manifest,
        tick: run.map_or(0, |run| run.series().tick()),
        agent_steps: run.map_or(0, |run| run.series().agent_steps()),
        running_ms: watch.total_ms(),
        speed,
    }
}

/// What a fault means for the run.
pub(super) fn from_fault(assignment: &Assignment, found: PartitionFault, run: Option<&Coordinator>) -> Ending {
    let tick = run.map(|run| run.series().tick() + 1);
    let code_of = |number: usize| run.map(|run| run.world().dataset.regions()[number].code.clone());
    match (found, assignment.control.reason()) {
        (PartitionFault::Model { failure, region }, _) => {
            Ending::Failed(of_model(&failure, tick, region.and_then(code_of)))
        }
        (PartitionFault::Memory { held, limit, regions }, _) => {
            let (held, limit) = (held.div_ceil(1 << 20), limit >> 20);
            let (first, last) = (code_of(regions.start), regions.clone().next_back().and_then(code_of));
            // A partition of many regions holds what it holds for all of them.
            let region = first.clone().filter(|_| regions.len() == 1);
            let places = first.zip(last).filter(|_| regions.len() > 1);
            let most = places.map_or_else(String::new, |(first, last)| {
                format!(", most of it for agents of the {} regions {first} to {last}", regions.len())
            });
            let message = format!(
                "the run holds {held} MiB{most}, and may have {limit}; ask for fewer agents, have them write fewer letters, or \
                 raise limits.max_run_memory_mib"
            );
            Ending::Failed(fault(faults::MEMORY_LIMIT, message, tick, region))
        }
        (PartitionFault::Store(error), _) => Ending::Failed(fault(
            faults::STORE_FAULT,
            format!("what the run needs cannot be read: {error}"),
            tick,
            None,
        )),
        (PartitionFault::NoState, _) => Ending::Failed(no_state()),
        (PartitionFault::Engine(error), _) => {
            Ending::Failed(fault(faults::ENGINE_ERROR, error.to_string(), tick, None))
        }
        (stop @ (PartitionFault::Stopped | PartitionFault::GivenUp { .. }), Some(StopReason::Deadline)) => {
            let region = if let PartitionFault::GivenUp { region } = stop { code_of(region) } else { None };
            // Before there is a history its first state is made.
            let tick = tick.unwrap_or(assignment.record.current_tick);
            Ending::Failed(fault(
                faults::RUN_TIMEOUT,
                "the run used up its running time".to_owned(),
                Some(tick),
                region,
            ))
        }
        (PartitionFault::Stopped | PartitionFault::GivenUp { .. }, Some(StopReason::Shutdown)) => Ending::Suspended,
        (PartitionFault::Stopped | PartitionFault::GivenUp { .. }, Some(StopReason::Pause)) => Ending::Paused,
        (PartitionFault::Stopped | PartitionFault::GivenUp { .. }, Some(StopReason::Cancel | StopReason::Abandon)) => {
            Ending::Cancelled
        }
        (PartitionFault::Stopped | PartitionFault::GivenUp { .. }, None) => {
            let message = "a partition ended without being told to".to_owned();
            Ending::Failed(fault(faults::ENGINE_ERROR, message, tick, None))
        }
    }
}

/// The same of a run whose twin failed: its sentence says so, and its tick is the twin's.
pub(super) fn in_twin(ending: Ending) -> Ending {
    let Ending::Failed(fault) = ending else { return ending };
    let message =
        format!("{}; it came while the run was stepped without its bundle, to tell what that did", fault.message);
    Ending::Failed(RunFault { message, ..fault })
}

/// The fault of a run whose model failed.
pub(super) fn of_model(failure: &ModelFailure, tick: Option<u32>, region: Option<String>) -> RunFault {
    match failure {
        ModelFailure::Panicked(said) => fault(faults::MODEL_PANIC, format!("the model panicked: {said}"), tick, region),
        ModelFailure::Faulty(said) => {
            fault(faults::MODEL_FAULT, format!("the model reports a fault: {said}"), tick, region)
        }
    }
}

/// The report of a fork that has no state to go on from.
pub(super) fn without_state(record: &RunRecord) -> RunEnd {
    RunEnd {
        ending: Ending::Failed(no_state()),
        outcome_json: None,
        results_url: None,
        manifest: None,
        tick: record.current_tick,
        agent_steps: record.agents_processed,
        running_ms: record.running_ms,
        speed: None,
    }
}

fn no_state() -> RunFault {
    let message = "no snapshot of this fork can be read and used, so there is nothing that it could go on from";
    fault(faults::SNAPSHOT_UNUSABLE, message.to_owned(), None, None)
}

fn fault(code: &str, message: String, tick: Option<u32>, region: Option<String>) -> RunFault {
    RunFault { code: code.to_owned(), message, tick, region }
}
