//! How a run ended: what a fault means for it, and what is reported of it.

use civitas_engine::{Coordinator, guarded};
use civitas_store::{RunFault, RunRecord};

use crate::control::StopReason;
use crate::faults;
use crate::lifecycle::{Ending, RunEnd};
use crate::messages::PartitionFault;
use crate::supervisor::{Assignment, Stopwatch};

/// The report of a run that ended, with the outcome up to its last completed tick where it got to one.
pub(super) fn of(
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
    RunEnd {
        ending,
        outcome_json,
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
        (PartitionFault::Stopped, Some(StopReason::Cancel | StopReason::Abandon)) => Ending::Cancelled,
        (PartitionFault::Stopped, None) => {
            let message = "a partition ended without being told to".to_owned();
            Ending::Failed(fault(faults::ENGINE_ERROR, message, tick, None))
        }
    }
}

/// The report of a fork that has no state to go on from.
pub(super) fn without_state(record: &RunRecord) -> RunEnd {
    let message = "no snapshot of this fork can be read and used, so there is nothing that it could go on from".to_owned();
    RunEnd {
        ending: Ending::Failed(fault(faults::SNAPSHOT_UNUSABLE, message, None, None)),
        outcome_json: None,
        tick: record.current_tick,
        agent_steps: record.agents_processed,
        running_ms: record.running_ms,
        speed: None,
    }
}

fn fault(code: &str, message: String, tick: Option<u32>, region: Option<String>) -> RunFault {
    RunFault { code: code.to_owned(), message, tick, region }
}
