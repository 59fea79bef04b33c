//! Who may queue and who may run: pure counting, no actor, no clock.
//!
//! Invariants: (A1) no tenant has more than `max_running` places taken by [`Admission::take_place`]; (A2) a waiting
//! run is started before any run that its tenant queued later; (A3) tenants with waiting runs take turns.

use std::collections::{BTreeMap, VecDeque};

use civitas_store::{RunId, TenantId};

use crate::config::Limits;
use crate::error::RuntimeError;
use crate::limits::RETRY_AFTER_S;

#[derive(Debug, Default)]
struct Tenant {
    running: usize,
    queued: usize,
    waiting: VecDeque<RunId>,
}

/// Counts of all tenants, and whose turn it is.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: Limits,
    tenants: BTreeMap<TenantId, Tenant>,
    running: usize,
    /// Tenants with waiting runs, in the order of their turns.
    turns: VecDeque<TenantId>,
}

impl Admission {
    /// Nobody is there yet.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, tenants: BTreeMap::new(), running: 0, turns: VecDeque::new() }
    }

    /// Counts `runs` more queued runs.
    ///
    /// # Errors
    /// [`RuntimeError::Quota`] when they would exceed the tenant's limit; then none is counted.
    pub(crate) fn queue(&mut self, tenant: TenantId, runs: usize) -> Result<(), RuntimeError> {
        let queued = self.tenants.get(&tenant).map_or(0, |entry| entry.queued);
        if queued + runs > self.limits.max_queued {
            return Err(quota("Queued run", queued, self.limits.max_queued));
        }
        self.tenants.entry(tenant).or_default().queued += runs;
        Ok(())
    }

    /// Counts a queued run that exists already, whatever the limit says. For recovery.
    pub(crate) fn recover_queued(&mut self, tenant: TenantId) {
        self.tenants.entry(tenant).or_default().queued += 1;
    }

    /// Counts a run that rests from now on as queued, whatever the limit says: no more can be created in its stead.
    pub(crate) fn rest(&mut self, tenant: TenantId) {
        self.recover_queued(tenant);
    }

    /// Counts a running run that exists already, whatever the limits say. For recovery.
    pub(crate) fn recover_running(&mut self, tenant: TenantId) {
        self.tenants.entry(tenant).or_default().running += 1;
        self.running += 1;
    }

    /// A queued run has left the queue: it runs, or it is gone.
    pub(crate) fn leave_queue(&mut self, tenant: TenantId) {
        if let Some(entry) = self.tenants.get_mut(&tenant) {
            entry.queued = entry.queued.saturating_sub(1);
        }
        self.forget_if_idle(tenant);
    }

    /// A run waits for a place no longer: it is on its way out of the queue.
    pub(crate) fn stop_waiting(&mut self, tenant: TenantId, run: RunId) {
        if let Some(entry) = self.tenants.get_mut(&tenant) {
            entry.waiting.retain(|&waiting| waiting != run);
        }
    }

    /// Takes a place to run.
    ///
    /// # Errors
    /// [`RuntimeError::Quota`] when the tenant, or the machine, has none left.
    pub(crate) fn take_place(&mut self, tenant: TenantId) -> Result<(), RuntimeError> {
        let running = self.tenants.get(&tenant).map_or(0, |entry| entry.running);
        if running >= self.limits.max_running {
            return Err(quota("Concurrent run", running, self.limits.max_running));
        }
        if self.running >= self.limits.max_running_total {
            return Err(quota("Server-wide concurrent run", self.running, self.limits.max_running_total));
        }
        self.tenants.entry(tenant).or_default().running += 1;
        self.running += 1;
        Ok(())
    }

    /// Gives a place back.
    pub(crate) fn free_place(&mut self, tenant: TenantId) {
        if let Some(entry) = self.tenants.get_mut(&tenant) {
            entry.running = entry.running.saturating_sub(1);
            self.running = self.running.saturating_sub(1);
        }
        self.forget_if_idle(tenant);
    }

    /// A queued run waits for a place from now on.
    pub(crate) fn wait(&mut self, tenant: TenantId, run: RunId) {
        let entry = self.tenants.entry(tenant).or_default();
        entry.waiting.push_back(run);
        if !self.turns.contains(&tenant) {
            self.turns.push_back(tenant);
        }
    }

    /// Takes a place for the waiting run whose turn it is, if there is a place for any.
    pub(crate) fn next(&mut self) -> Option<(TenantId, RunId)> {
        for _ in 0..self.turns.len() {
            let tenant = self.turns.pop_front()?;
            let waiting = self.tenants.get(&tenant).is_some_and(|entry| !entry.waiting.is_empty());
            if !waiting {
                continue;
            }
            self.turns.push_back(tenant);
            if self.take_place(tenant).is_ok() {
                let run = self.tenants.get_mut(&tenant).and_then(|entry| entry.waiting.pop_front());
                return run.map(|run| (tenant, run));
            }
        }
        None
    }

    fn forget_if_idle(&mut self, tenant: TenantId) {
        if self.tenants.get(&tenant).is_some_and(|e| e.running == 0 && e.queued == 0 && e.waiting.is_empty()) {
            self.tenants.remove(&tenant);
        }
    }
}

fn quota(what: &'static str, used: usize, limit: usize) -> RuntimeError {
    RuntimeError::Quota { what, used, limit, retry_after_s: RETRY_AFTER_S }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn limits(max_running: usize, max_queued: usize, max_running_total: usize) -> Limits {
        Limits { max_running, max_queued, max_running_total, ..Limits::default() }
    }

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn limits_are_per_tenant_and_say_what_is_used() {
        let mut admission = Admission::new(limits(2, 3, 64));
        admission.queue(id(1), 3).unwrap();
        let refused = admission.queue(id(1), 1).unwrap_err().to_string();
        assert_eq!(refused, "Queued run limit exceeded (3/3). Try again later.");
        admission.queue(id(2), 3).unwrap();
        for _ in 0..2 {
            admission.take_place(id(1)).unwrap();
        }
        let refused = admission.take_place(id(1)).unwrap_err().to_string();
        assert_eq!(refused, "Concurrent run limit exceeded (2/2). Try again later.");
        admission.free_place(id(1));
        admission.take_place(id(1)).unwrap();
    }

    #[test]
    fn a_batch_that_does_not_fit_counts_nothing() {
        let mut admission = Admission::new(limits(1, 5, 64));
        admission.queue(id(1), 3).unwrap();
        assert!(admission.queue(id(1), 3).is_err());
        admission.queue(id(1), 2).unwrap();
    }

    #[test]
    fn a_paused_run_frees_its_place_and_counts_as_queued() {
        let mut admission = Admission::new(limits(1, 1, 64));
        admission.take_place(id(1)).unwrap();
        admission.rest(id(1));
        admission.free_place(id(1));
        assert!(admission.queue(id(1), 1).is_err(), "paused runs cannot be heaped up");
        admission.take_place(id(1)).unwrap();
        assert!(admission.take_place(id(1)).is_err(), "going on needs a place");
        admission.leave_queue(id(1));
        admission.queue(id(1), 1).unwrap();
    }

    #[test]
    fn tenants_take_turns_and_each_keeps_its_order() {
        let mut admission = Admission::new(limits(10, 50, 3));
        for run in 0..4 {
            admission.wait(id(1), id(100 + run));
        }
        admission.wait(id(2), id(200));
        admission.wait(id(3), id(300));
        let mut started = Vec::new();
        while let Some(next) = admission.next() {
            started.push(next);
        }
        assert_eq!(started, [(id(1), id(100)), (id(2), id(200)), (id(3), id(300))]);
        admission.free_place(id(2));
        assert_eq!(admission.next(), Some((id(1), id(101))));
        assert_eq!(admission.next(), None);
    }

    #[test]
    fn a_tenant_at_its_limit_does_not_hold_up_others() {
        let mut admission = Admission::new(limits(1, 50, 64));
        admission.wait(id(1), id(100));
        admission.wait(id(1), id(101));
        admission.wait(id(2), id(200));
        assert_eq!(admission.next(), Some((id(1), id(100))));
        assert_eq!(admission.next(), Some((id(2), id(200))));
        assert_eq!(admission.next(), None);
        admission.stop_waiting(id(1), id(101));
        admission.free_place(id(1));
        assert_eq!(admission.next(), None);
    }
}
