//! The books of runs that were not begun in this life, and of what takes a place without being a run.

use civitas_store::{ForkPoint, RunFault, RunId, RunRecord, TenantId};

use super::{Books, Entry, Phase, take_one};
use crate::demand::{Demand, Shortage};
use crate::error::RuntimeError;
use crate::lifecycle::{self, Recovered};

impl Books {
    /// What becomes of a run of the last life that was running, and has its newest snapshot at this tick.
    pub(crate) fn recovered(&self, record: &RunRecord, newest: u32, now_ms: u64) -> Recovered {
        lifecycle::recover(record, newest, self.limits.max_interruptions, now_ms)
    }

    /// Takes over a run of the last life that goes on, whatever the limits say now; or that is to come to its end so.
    pub(crate) fn go_on(&mut self, found: Recovered, demand: Demand) -> Option<(RunRecord, Option<RunFault>)> {
        let (record, given_up) = match found {
            Recovered::GoesOn(record) => (record, None),
            Recovered::GivenUp { record, fault } => (record, Some(fault)),
            Recovered::Ended(_) => return None,
        };
        self.admission.recover_running(record.tenant_id, demand);
        self.runs.insert(record.id, Entry { record: record.clone(), demand, phase: Phase::Running });
        Some((record, given_up))
    }

    /// Takes over a run at rest.
    pub(crate) fn take_over(&mut self, record: RunRecord, demand: Demand) {
        let (run, tenant) = (record.id, record.tenant_id);
        self.admission.recover_queued(tenant, demand);
        if record.start_requested {
            self.admission.wait(tenant, run, demand);
        }
        let phase = Phase::at_rest(record.status);
        self.runs.insert(run, Entry { record, demand, phase });
    }

    /// The record of an interrupted run whose turn it is to be tried, where it is still to run.
    pub(crate) fn begin_trial(&mut self, run: RunId) -> Option<RunRecord> {
        let closed = self.closed;
        let entry = self.runs.get_mut(&run).filter(|entry| entry.phase == Phase::Running && !closed)?;
        entry.record = lifecycle::begin_trial(&entry.record);
        Some(entry.record.clone())
    }

    /// The record of a run that goes on from the state of another, where it is still to run; its own where it begins at tick 0.
    pub(crate) fn begin_with(&mut self, run: RunId, from: Option<(ForkPoint, u64)>) -> Option<RunRecord> {
        let closed = self.closed;
        let entry = self.runs.get_mut(&run).filter(|entry| entry.phase == Phase::Running && !closed)?;
        if let Some((from, agent_steps)) = from {
            entry.record = lifecycle::begin_with(&entry.record, from, agent_steps);
        }
        Some(entry.record.clone())
    }

    /// A run holds so many bytes of memory.
    pub(crate) fn holds(&mut self, run: RunId, bytes: u64) {
        let Some(entry) = self.runs.get_mut(&run).filter(|entry| entry.phase == Phase::Running) else { return };
        let more = bytes.saturating_sub(entry.demand.memory_bytes);
        entry.demand.memory_bytes += more;
        self.admission.grow(entry.record.tenant_id, more);
    }

    /// Takes the place of a run for a verification of it; gives what it lacks instead.
    ///
    /// # Errors
    /// [`RuntimeError::ShuttingDown`] and those of [`Admission::enter`].
    pub(crate) fn verify(
        &mut self,
        tenant: TenantId,
        run: RunId,
        demand: Demand,
    ) -> Result<Option<Shortage>, RuntimeError> {
        if self.closed {
            return Err(RuntimeError::ShuttingDown);
        }
        let lacking = self.admission.enter(tenant, run, demand)?;
        if lacking.is_none() {
            self.verifying.push((tenant, demand));
        }
        Ok(lacking)
    }

    /// A verification has ended.
    pub(crate) fn verified(&mut self, tenant: TenantId, demand: Demand) {
        take_one(&mut self.verifying, (tenant, demand));
        self.admission.free_place(tenant, demand);
    }
}
