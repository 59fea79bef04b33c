//! What must hold of the books after every step, whatever came before. One function for the registry, which asserts it as it
//! goes, and for the exhaustive check.

use std::collections::BTreeMap;

use civitas_store::{RunStatus, TenantId};

use super::{Books, Phase};
use crate::admission::Taken;

/// In a release build all of the books are gone through after so many steps; in others, after every one.
const STEPS_BETWEEN: u64 = if cfg!(debug_assertions) { 1 } else { 1_024 };

impl Books {
    /// The invariants of the books:
    ///
    /// - (B1) What admission counts for each tenant is what its runs take: a place and memory while a run starts, runs or ends, and
    ///   while it is verified; the queue while it is created, rests, starts or is cancelled; agent-steps until it has ended.
    /// - (B2) Those that wait are the runs at rest that were asked to start, each once.
    /// - (B3) A run's phase fits its record: at rest, starting and being cancelled it is queued or paused, else running; no run in
    ///   the books has ended.
    /// - (B4) A tenant has its turn exactly when a run of it waits.
    ///
    /// # Errors
    /// The first that does not hold, with the figures.
    pub(crate) fn check(&self) -> Result<(), String> {
        let mut due: BTreeMap<TenantId, Taken> = BTreeMap::new();
        for (run, entry) in &self.runs {
            let (record, phase) = (&entry.record, entry.phase);
            let fits = match phase {
                Phase::Queued => record.status == RunStatus::Queued,
                Phase::Paused => record.status == RunStatus::Paused,
                Phase::Starting | Phase::Cancelling => matches!(record.status, RunStatus::Queued | RunStatus::Paused),
                Phase::Running | Phase::Ending => record.status == RunStatus::Running,
            };
            if !fits {
                return Err(format!("B3: run {run} is {phase:?}, and its record {}", record.status));
            }
            let taken = due.entry(record.tenant_id).or_default();
            taken.agent_steps += entry.demand.agent_steps;
            if matches!(phase, Phase::Starting | Phase::Running | Phase::Ending) {
                taken.running += 1;
                taken.memory_bytes += entry.demand.memory_bytes;
            }
            taken.queued += usize::from(!matches!(phase, Phase::Running | Phase::Ending));
            if phase.is_at_rest() && record.start_requested {
                taken.waiting.push(*run);
            }
        }
        for (tenant, demand) in &self.creating {
            let taken = due.entry(*tenant).or_default();
            (taken.queued, taken.agent_steps) = (taken.queued + 1, taken.agent_steps + demand.agent_steps);
        }
        for (tenant, demand) in &self.verifying {
            let taken = due.entry(*tenant).or_default();
            (taken.running, taken.memory_bytes) = (taken.running + 1, taken.memory_bytes + demand.memory_bytes);
        }
        let mut counted = self.admission.taken();
        counted.values_mut().for_each(|taken| taken.waiting.sort_unstable());
        if counted != due {
            return Err(format!("B1, B2: admission counts {counted:?}, and the runs take {due:?}"));
        }
        self.admission.check_turns()
    }

    /// Checks the books now and then; a fault stops a test, and is told to whoever runs the service.
    pub(crate) fn assert_sound(&mut self) {
        self.steps += 1;
        if !self.steps.is_multiple_of(STEPS_BETWEEN) {
            return;
        }
        if let Err(fault) = self.check() {
            debug_assert!(false, "the books do not balance: {fault}");
            tracing::error!(%fault, "the books do not balance: a defect, please report it; runs go on");
        }
    }
}
