//! The run's state machine, pure: queued -> running -> succeeded / failed / cancelled, queued -> cancelled, running ->
//! paused -> running, and paused -> cancelled.
//! Every change of a run's record is made here; the registry writes it down.
//!
//! Invariants: (L1) a terminal record never changes; (L2) `started_at_ms` is set exactly when a run first leaves the
//! queue for running; (L3) `completed_at_ms` is set exactly when a record is terminal; (L4) a fault stands exactly in
//! failed records.

use civitas_store::{ForkPoint, RunFault, RunManifest, RunRecord, RunStatus};

use crate::error::RuntimeError;
use crate::faults;
use crate::limits::{MAX_FAULT_BYTES, TRIAL_FROM};

/// How a run's execution came to its end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ending {
    /// It reached its horizon.
    Completed,
    /// Its owner stopped it.
    Cancelled,
    /// It failed.
    Failed(RunFault),
    /// Its owner paused it: it goes on when asked to.
    Paused,
    /// The runtime shuts down; it goes on later, so its record stays as it is.
    Suspended,
}

/// What a supervisor reports at the end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunEnd {
    /// How it ended.
    pub ending: Ending,
    /// Canonical JSON of the outcome up to the last completed tick, once there was a tick 0.
    pub outcome_json: Option<Vec<u8>>,
    /// By which URL others find a copy of it, where there is one.
    pub results_url: Option<String>,
    /// What goes with the outcome.
    pub manifest: Option<Box<RunManifest>>,
    /// Ticks completed.
    pub tick: u32,
    /// Agent-steps over all of the run's lives.
    pub agent_steps: u64,
    /// Running time over all of the run's lives, in milliseconds.
    pub running_ms: u64,
    /// Agent-steps per second in this life, where enough were taken to tell.
    pub speed: Option<u64>,
}

/// The record of a queued run that starts.
///
/// # Errors
/// [`RuntimeError::AlreadyRunning`] or [`RuntimeError::AlreadyEnded`].
pub(crate) fn start(record: &RunRecord, now_ms: u64) -> Result<RunRecord, RuntimeError> {
    match record.status {
        RunStatus::Queued => Ok(RunRecord {
            status: RunStatus::Running,
            started_at_ms: Some(now_ms),
            start_requested: false,
            ..record.clone()
        }),
        RunStatus::Running => Err(RuntimeError::AlreadyRunning(record.id)),
        paused @ RunStatus::Paused => Err(RuntimeError::WrongStatus(record.id, paused, "resume it instead")),
        ended => Err(RuntimeError::AlreadyEnded(record.id, ended)),
    }
}

/// The record of a queued or paused run whose start was asked for, and that waits for room.
pub(crate) fn ask_to_start(record: &RunRecord) -> RunRecord {
    RunRecord { start_requested: true, ..record.clone() }
}

/// The record of a paused run that goes on.
///
/// # Errors
/// [`RuntimeError::AlreadyRunning`], [`RuntimeError::AlreadyEnded`], or [`RuntimeError::WrongStatus`] in the queue.
pub(crate) fn resume(record: &RunRecord) -> Result<RunRecord, RuntimeError> {
    match record.status {
        // What it came to so far was readable while it was paused, and will be again when it rests or ends.
        RunStatus::Paused => {
            Ok(RunRecord { status: RunStatus::Running, has_results: false, start_requested: false, ..record.clone() })
        }
        RunStatus::Running => Err(RuntimeError::AlreadyRunning(record.id)),
        queued @ RunStatus::Queued => Err(RuntimeError::WrongStatus(record.id, queued, "start it instead")),
        ended => Err(RuntimeError::AlreadyEnded(record.id, ended)),
    }
}

/// The record of a queued or paused run that is cancelled.
///
/// # Errors
/// [`RuntimeError::AlreadyRunning`] or [`RuntimeError::AlreadyEnded`].
pub(crate) fn cancel_resting(record: &RunRecord, now_ms: u64) -> Result<RunRecord, RuntimeError> {
    match record.status {
        RunStatus::Queued | RunStatus::Paused => Ok(RunRecord {
            status: RunStatus::Cancelled,
            start_requested: false,
            completed_at_ms: Some(now_ms),
            ..record.clone()
        }),
        RunStatus::Running => Err(RuntimeError::AlreadyRunning(record.id)),
        ended => Err(RuntimeError::AlreadyEnded(record.id, ended)),
    }
}

/// The record of a running run that has come to its end or to a pause; `None` where it only waits for a restart.
pub(crate) fn finish(record: &RunRecord, end: &RunEnd, now_ms: u64) -> Option<RunRecord> {
    let (status, fault) = match &end.ending {
        Ending::Completed => (RunStatus::Succeeded, None),
        Ending::Cancelled => (RunStatus::Cancelled, None),
        Ending::Failed(fault) => (RunStatus::Failed, Some(clipped(fault))),
        Ending::Paused => (RunStatus::Paused, None),
        Ending::Suspended => return None,
    };
    Some(RunRecord {
        status,
        fault,
        completed_at_ms: status.is_terminal().then_some(now_ms),
        running_ms: end.running_ms,
        // An end of which nothing more is known comes no earlier than what was known before.
        current_tick: if end.outcome_json.is_some() { end.tick } else { end.tick.max(record.current_tick) },
        agents_processed: match end.outcome_json {
            Some(_) => end.agent_steps,
            None => end.agent_steps.max(record.agents_processed),
        },
        has_results: end.outcome_json.is_some(),
        start_requested: false,
        ..record.clone()
    })
}

/// The record of a running run that is stopped in good order with the runtime: the mark that it goes on is that of a run which
/// is to start.
pub(crate) fn stopped_in_order(record: &RunRecord) -> RunRecord {
    RunRecord { start_requested: true, ..record.clone() }
}

/// What becomes of a run that was running when the last life ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Recovered {
    /// It goes on.
    GoesOn(RunRecord),
    /// It was interrupted too often: it ends so, once what it came to is made of its newest snapshot.
    GivenUp {
        /// As it is until then.
        record: RunRecord,
        /// Why it ends.
        fault: RunFault,
    },
    /// That, too, was interrupted: it has ended, without results.
    Ended(RunRecord),
}

impl Recovered {
    /// The record to write before anything else is done.
    pub(crate) fn record(&self) -> &RunRecord {
        match self {
            Self::GoesOn(record) | Self::GivenUp { record, .. } | Self::Ended(record) => record,
        }
    }
}

/// True when a recovered run has to wait for its turn to be tried.
pub(crate) fn needs_trial(record: &RunRecord) -> bool {
    record.interruptions >= TRIAL_FROM
}

/// The record of a recovered run whose turn it is.
pub(crate) fn begin_trial(record: &RunRecord) -> RunRecord {
    RunRecord { start_requested: false, ..record.clone() }
}

/// The record of a running run that goes on from the state of another instead of tick 0, which so many agent-steps led to.
pub(crate) fn begin_with(record: &RunRecord, from: ForkPoint, agent_steps: u64) -> RunRecord {
    RunRecord { forked_from: Some(from), current_tick: from.tick, agents_processed: agent_steps, ..record.clone() }
}

/// Takes over a running run whose newest snapshot is of the tick `newest`. An end of the server counts against the run that
/// was running unless it was in good order, or the run has a newer snapshot than when it last began.
pub(crate) fn recover(record: &RunRecord, newest: u32, max_interruptions: u32, now_ms: u64) -> Recovered {
    let before = record.interruptions;
    let interruptions = match (newest > record.current_tick, record.start_requested) {
        (true, _) => 0,
        (false, true) => record.interruptions,
        (false, false) => record.interruptions.saturating_add(1),
    };
    let agents_processed = match record.spec.sample_rate == 1.0 {
        true => u64::from(newest) * u64::from(record.spec.agents),
        false => record.agents_processed,
    };
    // What it will go on from; told right away, so that nobody sees it back at tick 0.
    let record =
        RunRecord { interruptions, current_tick: newest, agents_processed, start_requested: false, ..record.clone() };
    // A limit that was lowered meanwhile counts from the next interruption on; one that was given up stays so.
    let given_up = interruptions == max_interruptions + 1;
    if interruptions <= max_interruptions || interruptions <= before && !given_up {
        // Until its turn comes it does not run, so that an end of the server is none of its doing.
        return Recovered::GoesOn(RunRecord { start_requested: needs_trial(&record), ..record });
    }
    let message = format!(
        "the server ended {interruptions} times in a row while this run was running and before it had a newer snapshot than \
         that of tick {newest}; it is not started again"
    );
    let fault = RunFault { code: faults::INTERRUPTED.to_owned(), message, tick: Some(newest + 1), region: None };
    if given_up {
        return Recovered::GivenUp { record, fault };
    }
    Recovered::Ended(RunRecord {
        status: RunStatus::Failed,
        completed_at_ms: Some(now_ms),
        has_results: false,
        fault: Some(fault),
        ..record
    })
}

/// The fault with a message that fits the record.
fn clipped(fault: &RunFault) -> RunFault {
    let mut end = fault.message.len().min(MAX_FAULT_BYTES);
    while !fault.message.is_char_boundary(end) {
        end -= 1;
    }
    RunFault { message: fault.message[..end].to_owned(), ..fault.clone() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use civitas_store::{RunMode, StoredSpec};
    use uuid::Uuid;

    pub(crate) fn record(status: RunStatus) -> RunRecord {
        RunRecord {
            id: Uuid::from_u128(1),
            tenant_id: Uuid::nil(),
            project_id: Uuid::nil(),
            batch_id: None,
            parent_node_id: None,
            node_id: None,
            name: "x".to_owned(),
            mode: RunMode::Society,
            status,
            spec: StoredSpec::default(),
            start_requested: true,
            created_at_ms: 1,
            started_at_ms: None,
            completed_at_ms: status.is_terminal().then_some(2),
            running_ms: 0,
            current_tick: 0,
            total_ticks: 10,
            agents_processed: 0,
            has_results: false,
            fault: None,
            created_by: "local".to_owned(),
            forked_from: None,
            interruptions: 0,
        }
    }

    fn end(ending: Ending) -> RunEnd {
        RunEnd {
            ending,
            outcome_json: None,
            results_url: None,
            manifest: None,
            tick: 3,
            agent_steps: 30,
            running_ms: 5,
            speed: None,
        }
    }

    fn fault(message: String) -> RunFault {
        RunFault { code: "MODEL_PANIC".to_owned(), message, tick: Some(3), region: None }
    }

    #[test]
    fn only_a_queued_run_starts_a_paused_one_resumes_and_both_are_cancelled_at_rest() {
        for status in RunStatus::ALL {
            let record = record(status);
            let queued = status == RunStatus::Queued;
            assert_eq!(start(&record, 9).is_ok(), queued, "{status}");
            let paused = status == RunStatus::Paused;
            assert_eq!(cancel_resting(&record, 9).is_ok(), queued || paused, "{status}");
            assert_eq!(resume(&record).is_ok(), paused, "{status}");
            if status.is_terminal() {
                assert!(matches!(start(&record, 9), Err(RuntimeError::AlreadyEnded(_, s)) if s == status));
            }
        }
        let cancelled = cancel_resting(&record(RunStatus::Paused), 9).unwrap();
        assert_eq!((cancelled.status, cancelled.completed_at_ms), (RunStatus::Cancelled, Some(9)));
        let started = start(&record(RunStatus::Queued), 9).unwrap();
        assert_eq!(
            (started.status, started.started_at_ms, started.completed_at_ms),
            (RunStatus::Running, Some(9), None)
        );
    }

    #[test]
    fn every_ending_gives_its_status_and_a_suspended_run_keeps_its_record() {
        let running = record(RunStatus::Running);
        let cases = [
            (Ending::Completed, RunStatus::Succeeded),
            (Ending::Cancelled, RunStatus::Cancelled),
            (Ending::Failed(fault("boom".to_owned())), RunStatus::Failed),
        ];
        for (ending, status) in cases {
            let ended = finish(&running, &end(ending), 9).unwrap();
            assert_eq!((ended.status, ended.completed_at_ms, ended.current_tick), (status, Some(9), 3));
            assert_eq!(ended.fault.is_some(), status == RunStatus::Failed);
        }
        assert_eq!(finish(&running, &end(Ending::Suspended), 9), None);

        let outcome = RunEnd { outcome_json: Some(Vec::new()), ..end(Ending::Paused) };
        let paused = finish(&RunRecord { started_at_ms: Some(4), ..running }, &outcome, 9).unwrap();
        assert_eq!((paused.status, paused.completed_at_ms, paused.running_ms), (RunStatus::Paused, None, 5));
        assert!(paused.has_results && paused.fault.is_none());
        let resumed = resume(&paused).unwrap();
        assert_eq!((resumed.status, resumed.started_at_ms, resumed.has_results), (RunStatus::Running, Some(4), false));
        assert_eq!((resumed.running_ms, resumed.current_tick), (5, 3), "the deadline counts running time only");
    }

    #[test]
    fn a_run_that_begins_with_anothers_state_is_a_fork_of_it_and_all_else_stays() {
        let running = RunRecord { started_at_ms: Some(4), running_ms: 7, ..record(RunStatus::Running) };
        let from = ForkPoint { run_id: Uuid::from_u128(2), tick: 60 };
        let begun = begin_with(&running, from, 600);
        assert_eq!((begun.forked_from, begun.current_tick, begun.agents_processed), (Some(from), 60, 600));
        let back = RunRecord { forked_from: None, current_tick: 0, agents_processed: 0, ..begun };
        assert_eq!(back, running);
    }

    #[test]
    fn restarts_without_progress_are_counted_until_there_are_too_many() {
        let mut record = RunRecord { start_requested: false, ..record(RunStatus::Running) };
        let goes_on = |found: Recovered| match found {
            Recovered::GoesOn(record) => record,
            other => panic!("{other:?}"),
        };
        for crash in 1..=2 {
            record = goes_on(recover(&record, 0, 2, 9));
            assert_eq!((record.interruptions, record.status), (crash, RunStatus::Running));
            assert_eq!((needs_trial(&record), record.start_requested), (crash == 2, crash == 2));
        }
        assert_eq!(goes_on(recover(&record, 0, 2, 9)).interruptions, 2, "its turn had not come");
        record = begin_trial(&record);
        // An end in good order does not count, nor does one with progress; then counting begins anew.
        let stopped = stopped_in_order(&record);
        let after = goes_on(recover(&stopped, 0, 2, 9));
        assert_eq!((after.interruptions, after.start_requested), (2, true));
        let newer = goes_on(recover(&record, 7, 2, 9));
        assert_eq!((newer.interruptions, newer.current_tick), (0, 7));
        assert_eq!(goes_on(recover(&newer, 7, 2, 9)).interruptions, 1);

        let Recovered::GivenUp { record, fault } = recover(&record, 0, 2, 9) else { panic!("one too many") };
        assert_eq!((record.interruptions, record.status, fault.tick), (3, RunStatus::Running, Some(1)));
        let stopped = stopped_in_order(&record);
        assert!(matches!(recover(&stopped, 0, 2, 9), Recovered::GivenUp { .. }), "it is not tried again");
        assert_eq!(
            goes_on(recover(&stopped, 0, 1, 9)).interruptions,
            3,
            "the limit was lowered, and nothing happened since"
        );
        let Recovered::Ended(record) = recover(&record, 0, 2, 9) else { panic!("two too many") };
        assert_eq!((record.status, record.completed_at_ms), (RunStatus::Failed, Some(9)));
        assert_eq!(record.fault.unwrap().code, faults::INTERRUPTED);
    }

    #[test]
    fn a_long_fault_is_clipped_between_characters() {
        let ended = finish(&record(RunStatus::Running), &end(Ending::Failed(fault("ä".repeat(2_000)))), 9).unwrap();
        let message = ended.fault.unwrap().message;
        assert!(message.len() <= MAX_FAULT_BYTES && message.chars().all(|c| c == 'ä'));
    }
}
