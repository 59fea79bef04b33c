//! How a run ended: what a fault means for it, and what is reported of it.

use civitas_engine::{Coordinator, guarded};
use civitas_store::{RunFault, RunId};

use crate::control::StopReason;
use crate::faults;
use crate::lifecycle::{Ending, RunEnd};
use crate::manifest;
use crate::messages::PartitionFault;
use crate::supervisor::{Assignment, Stopwatch};

/// The report of a run that ended, with the outcome up to its last completed tick where it got to one.
pub(super) fn of(
    id: RunId,
    mut ending: Ending,
    run: Option<&Coordinator>,
    digest: Option<u128>,
    watch: &Stopwatch,
    speed: Option<u64>,
) -> RunEnd {
    let outcome_json = match (&ending, run) {
        (Ending::Suspended, _) | (_, None) => None,
        (_, Some(run)) => match guarded(|| run.outcome(digest).canonical_json()) {
            Ok(json) => Some(json),
            Err(message) => {
                let message = format!("the model panicked while its results were made: {message}");
                ending = Ending::Failed(fault(faults::MODEL_PANIC, message, None, None));
                None
            }
        },
    };
    let noted = run.zip(outcome_json.as_ref());
    let manifest = noted.map(|(run, json)| Box::new(manifest::of(id, run, json, digest)));
    RunEnd {
        ending,
        outcome_json,
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
    match (found, assignment.control.reason()) {
        (PartitionFault::Panicked { message, region }, _) => {
            let region = region.zip(run).map(|(number, run)| run.world().dataset.regions()[number].code.clone());
            Ending::Failed(fault(faults::MODEL_PANIC, format!("the model panicked: {message}"), tick, region))
        }
        (PartitionFault::Engine(error), _) => {
            Ending::Failed(fault(faults::ENGINE_ERROR, error.to_string(), tick, None))
        }
        (PartitionFault::Stopped, Some(StopReason::Deadline)) => {
            Ending::Failed(fault(faults::RUN_TIMEOUT, "the run used up its running time".to_owned(), tick, None))
        }
        (PartitionFault::Stopped, Some(StopReason::Shutdown)) => Ending::Suspended,
        (PartitionFault::Stopped, Some(StopReason::Pause)) => Ending::Paused,
        (PartitionFault::Stopped, Some(StopReason::Cancel)) => Ending::Cancelled,
        (PartitionFault::Stopped, None) => {
            let message = "a partition ended without being told to".to_owned();
            Ending::Failed(fault(faults::ENGINE_ERROR, message, tick, None))
        }
    }
}

fn fault(code: &str, message: String, tick: Option<u32>, region: Option<String>) -> RunFault {
    RunFault { code: code.to_owned(), message, tick, region }
}
