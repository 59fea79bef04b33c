//! Who may queue and who may run: pure counting against limits and budgets, no actor, no clock.
//!
//! Invariants: (A1) no tenant has more than `max_running` places taken by [`Admission::enter`] and [`Admission::next`]; (A2) a
//! waiting run is started before any run of its tenant that came to wait later, or is started by hand meanwhile; (A3) tenants
//! with waiting runs take turns; (A4) memory that was taken so is within the budgets of the tenant and of the machine, but for a run that
//! has all of it to itself; (A5) agent-steps that were queued are within theirs; (A6) a run that lacks memory of the machine
//! when its turn comes is overtaken by [`MAX_OVERTAKES`] others at the most, and then nothing starts before it.

use std::collections::{BTreeMap, VecDeque};

use civitas_store::{RunId, TenantId};

use crate::config::Limits;
use crate::demand::{Demand, Resource, Scope, Shortage};
use crate::error::RuntimeError;
use crate::limits::{MAX_OVERTAKES, RETRY_AFTER_S};

#[derive(Clone, Debug, Default)]
struct Tenant {
    running: usize,
    queued: usize,
    /// Of its running runs.
    memory_bytes: u64,
    /// Of its runs that have not ended.
    agent_steps: u64,
    waiting: VecDeque<(RunId, Demand)>,
}

/// What is counted for a tenant.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) running: usize,
    pub(crate) queued: usize,
    pub(crate) memory_bytes: u64,
    pub(crate) agent_steps: u64,
    /// Runs that wait for a place, in their order.
    pub(crate) waiting: Vec<RunId>,
}

/// The run whose turn it was when the machine had too little memory for it.
#[derive(Clone, Debug)]
struct HeldUp {
    run: RunId,
    memory_bytes: u64,
    /// How many were started since.
    overtaken: u32,
}

/// Counts of all tenants, and whose turn it is.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    limits: Limits,
    tenants: BTreeMap<TenantId, Tenant>,
    running: usize,
    memory_bytes: u64,
    agent_steps: u64,
    /// Tenants with waiting runs, in the order of their turns.
    turns: VecDeque<TenantId>,
    held_up: Option<HeldUp>,
}

impl Admission {
    /// Nobody is there yet.
    pub(crate) fn new(limits: Limits) -> Self {
        let (tenants, turns) = (BTreeMap::new(), VecDeque::new());
        Self { limits, tenants, running: 0, memory_bytes: 0, agent_steps: 0, turns, held_up: None }
    }

    /// Counts so many more queued runs.
    ///
    /// # Errors
    /// [`RuntimeError::Quota`] or [`RuntimeError::NoRoom`] when they would exceed a limit, [`RuntimeError::TooLarge`] when they
    /// would with nothing else there; then none is counted.
    pub(crate) fn queue(&mut self, tenant: TenantId, demands: &[Demand]) -> Result<(), RuntimeError> {
        self.room_in_queue(tenant, demands.len())?;
        let steps = self.tenants.get(&tenant).map_or(0, |entry| entry.agent_steps);
        let needed = demands.iter().fold(0_u64, |sum, demand| sum.saturating_add(demand.agent_steps));
        for (scope, in_use, budget) in [
            (Scope::Tenant, steps, self.limits.max_tenant_agent_steps),
            (Scope::Machine, self.agent_steps, self.limits.max_agent_steps_total),
        ] {
            let shortage = Shortage { resource: Resource::AgentSteps, scope, needed, in_use, budget };
            if needed > budget {
                return Err(RuntimeError::TooLarge(shortage));
            }
            if needed.saturating_add(in_use) > budget {
                return Err(RuntimeError::NoRoom { shortage, retry_after_s: RETRY_AFTER_S });
            }
        }
        for demand in demands {
            self.recover_queued(tenant, *demand);
        }
        Ok(())
    }

    /// # Errors
    /// [`RuntimeError::Quota`] when so many more queued runs would exceed the tenant's limit.
    pub(crate) fn room_in_queue(&self, tenant: TenantId, runs: usize) -> Result<(), RuntimeError> {
        let queued = self.tenants.get(&tenant).map_or(0, |entry| entry.queued);
        if queued + runs > self.limits.max_queued {
            return Err(quota("Queued run", queued, self.limits.max_queued));
        }
        Ok(())
    }

    /// Counts a queued run that exists already, whatever the limits say. For recovery.
    pub(crate) fn recover_queued(&mut self, tenant: TenantId, demand: Demand) {
        self.rest(tenant);
        self.promise(tenant, demand);
    }

    /// Counts a run that rests from now on as queued, whatever the limit says: no more can be created in its stead.
    pub(crate) fn rest(&mut self, tenant: TenantId) {
        self.tenants.entry(tenant).or_default().queued += 1;
    }

    /// Counts a running run that exists already, whatever the limits say. For recovery.
    pub(crate) fn recover_running(&mut self, tenant: TenantId, demand: Demand) {
        self.occupy(tenant, demand);
        self.promise(tenant, demand);
    }

    /// A queued run has left the queue: it runs, or it is gone.
    pub(crate) fn leave_queue(&mut self, tenant: TenantId) {
        if let Some(entry) = self.tenants.get_mut(&tenant) {
            entry.queued = entry.queued.saturating_sub(1);
        }
        self.forget_if_idle(tenant);
    }

    /// A run is over, or never came to be: nobody waits for its work any more.
    pub(crate) fn release(&mut self, tenant: TenantId, demand: Demand) {
        if let Some(entry) = self.tenants.get_mut(&tenant) {
            entry.agent_steps = entry.agent_steps.saturating_sub(demand.agent_steps);
            self.agent_steps = self.agent_steps.saturating_sub(demand.agent_steps);
        }
        self.forget_if_idle(tenant);
    }

    /// A run waits for a place no longer: it is on its way out of the queue.
    pub(crate) fn stop_waiting(&mut self, tenant: TenantId, run: RunId) {
        if let Some(entry) = self.tenants.get_mut(&tenant) {
            entry.waiting.retain(|&(waiting, _)| waiting != run);
        }
        self.held_up.take_if(|held_up| held_up.run == run);
    }

    /// Takes a place for a run that is started by hand; gives what it lacks where it has to wait instead.
    ///
    /// # Errors
    /// [`RuntimeError::Quota`] when the tenant, or the machine, has no place left.
    pub(crate) fn enter(
        &mut self,
        tenant: TenantId,
        run: RunId,
        demand: Demand,
    ) -> Result<Option<Shortage>, RuntimeError> {
        self.places(tenant)?;
        // Those of its own tenant that wait come first.
        let first = self.tenants.get(&tenant).and_then(|entry| entry.waiting.front().copied());
        let before = first.and_then(|(first, needed)| self.lacking(tenant, first, needed));
        let lacking = before.or_else(|| self.lacking(tenant, run, demand));
        if lacking.is_none() {
            self.start(tenant, run, demand);
        }
        Ok(lacking)
    }

    /// Gives a place back.
    pub(crate) fn free_place(&mut self, tenant: TenantId, demand: Demand) {
        if let Some(entry) = self.tenants.get_mut(&tenant) {
            entry.running = entry.running.saturating_sub(1);
            entry.memory_bytes = entry.memory_bytes.saturating_sub(demand.memory_bytes);
            self.running = self.running.saturating_sub(1);
            self.memory_bytes = self.memory_bytes.saturating_sub(demand.memory_bytes);
        }
        self.forget_if_idle(tenant);
    }

    /// A running run holds more memory than was reckoned with.
    pub(crate) fn grow(&mut self, tenant: TenantId, more_bytes: u64) {
        self.tenants.entry(tenant).or_default().memory_bytes += more_bytes;
        self.memory_bytes += more_bytes;
    }

    /// A queued run waits for a place from now on.
    pub(crate) fn wait(&mut self, tenant: TenantId, run: RunId, demand: Demand) {
        let entry = self.tenants.entry(tenant).or_default();
        entry.waiting.push_back((run, demand));
        if !self.turns.contains(&tenant) {
            self.turns.push_back(tenant);
        }
    }

    /// True where a run waits for a place.
    pub(crate) fn has_waiting(&self) -> bool {
        self.turns.iter().any(|tenant| self.tenants.get(tenant).is_some_and(|entry| !entry.waiting.is_empty()))
    }

    /// Takes a place for the waiting run whose turn it is, if there is a place for any.
    pub(crate) fn next(&mut self) -> Option<(TenantId, RunId)> {
        for _ in 0..self.turns.len() {
            let tenant = self.turns.pop_front()?;
            let Some(&(run, demand)) = self.tenants.get(&tenant).and_then(|entry| entry.waiting.front()) else {
                continue;
            };
            self.turns.push_back(tenant);
            if self.places(tenant).is_err() {
                continue;
            }
            match self.lacking(tenant, run, demand) {
                None => {
                    self.start(tenant, run, demand);
                    self.tenants.get_mut(&tenant)?.waiting.pop_front();
                    return Some((tenant, run));
                }
                Some(Shortage { scope: Scope::Machine, .. }) => {
                    let held_up = HeldUp { run, memory_bytes: demand.memory_bytes, overtaken: 0 };
                    self.held_up.get_or_insert(held_up);
                }
                Some(_) => {}
            }
        }
        None
    }

    /// # Errors
    /// [`RuntimeError::Quota`] when the tenant, or the machine, has no place left to run.
    fn places(&self, tenant: TenantId) -> Result<(), RuntimeError> {
        let running = self.tenants.get(&tenant).map_or(0, |entry| entry.running);
        if running >= self.limits.max_running {
            return Err(quota("Concurrent run", running, self.limits.max_running));
        }
        if self.running >= self.limits.max_running_total {
            return Err(quota("Server-wide concurrent run", self.running, self.limits.max_running_total));
        }
        Ok(())
    }

    /// The memory that a run lacks. What was accepted under a larger budget gets it once nobody else has any.
    fn lacking(&self, tenant: TenantId, run: RunId, demand: Demand) -> Option<Shortage> {
        let of_tenant = self.tenants.get(&tenant).map_or(0, |entry| entry.memory_bytes);
        let others = self.held_up.as_ref().filter(|held_up| held_up.run != run && held_up.overtaken >= MAX_OVERTAKES);
        let of_all = self.memory_bytes + others.map_or(0, |held_up| held_up.memory_bytes);
        let budgets = [
            (Scope::Tenant, of_tenant, self.limits.max_tenant_memory_bytes),
            (Scope::Machine, of_all, self.limits.max_memory_total_bytes),
        ];
        let needed = demand.memory_bytes;
        let short =
            budgets.into_iter().find(|&(_, in_use, budget)| in_use > 0 && in_use.saturating_add(needed) > budget);
        short.map(|(scope, in_use, budget)| Shortage { resource: Resource::Memory, scope, needed, in_use, budget })
    }

    /// Takes a place, and notes that whoever is held up was overtaken.
    fn start(&mut self, tenant: TenantId, run: RunId, demand: Demand) {
        self.held_up.take_if(|held_up| held_up.run == run);
        if let Some(held_up) = &mut self.held_up {
            held_up.overtaken += 1;
        }
        self.occupy(tenant, demand);
    }

    /// What is counted for every tenant of which there is anything.
    pub(crate) fn taken(&self) -> BTreeMap<TenantId, Taken> {
        let of = |entry: &Tenant| Taken {
            running: entry.running,
            queued: entry.queued,
            memory_bytes: entry.memory_bytes,
            agent_steps: entry.agent_steps,
            waiting: entry.waiting.iter().map(|&(run, _)| run).collect(),
        };
        self.tenants.iter().map(|(&tenant, entry)| (tenant, of(entry))).collect()
    }

    /// # Errors
    /// Where the counts of all are not the sums of the tenants', or a tenant with waiting runs has not exactly one turn.
    pub(crate) fn check_turns(&self) -> Result<(), String> {
        let sums = self.tenants.values().fold((0, 0, 0), |(running, memory, steps), entry| {
            (running + entry.running, memory + entry.memory_bytes, steps + entry.agent_steps)
        });
        if sums != (self.running, self.memory_bytes, self.agent_steps) {
            let counted = (self.running, self.memory_bytes, self.agent_steps);
            return Err(format!("B1: of all {counted:?} is counted, and of the tenants {sums:?}"));
        }
        let turns = |tenant: &TenantId| self.turns.iter().filter(|turn| *turn == tenant).count();
        match self.tenants.iter().find(|(tenant, entry)| !entry.waiting.is_empty() && turns(tenant) != 1) {
            Some((tenant, _)) => Err(format!("B4: tenant {tenant} has {} turns", turns(tenant))),
            None => Ok(()),
        }
    }

    fn occupy(&mut self, tenant: TenantId, demand: Demand) {
        self.tenants.entry(tenant).or_default().running += 1;
        self.running += 1;
        self.grow(tenant, demand.memory_bytes);
    }

    fn promise(&mut self, tenant: TenantId, demand: Demand) {
        let entry = self.tenants.entry(tenant).or_default();
        entry.agent_steps = entry.agent_steps.saturating_add(demand.agent_steps);
        self.agent_steps = self.agent_steps.saturating_add(demand.agent_steps);
    }

    fn forget_if_idle(&mut self, tenant: TenantId) {
        let idle = |entry: &Tenant| {
            entry.running == 0 && entry.queued == 0 && entry.agent_steps == 0 && entry.waiting.is_empty()
        };
        if self.tenants.get(&tenant).is_some_and(idle) {
            self.tenants.remove(&tenant);
        }
    }
}

fn quota(what: &'static str, used: usize, limit: usize) -> RuntimeError {
    RuntimeError::Quota { what, used, limit, retry_after_s: RETRY_AFTER_S }
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
