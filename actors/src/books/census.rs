//! What is counted of all tenants at one moment, for those who watch the runtime.

use std::collections::BTreeMap;

use civitas_store::{RunStatus, TenantId};

use crate::books::Books;

/// Runs that have not ended, and what they take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Of each tenant with runs: how many are queued, paused and running.
    pub tenants: BTreeMap<TenantId, Counts>,
    /// Memory that the running runs are reckoned to take, in bytes.
    pub memory_bytes: u64,
    /// Agent-steps that the runs that have not ended are worth.
    pub agent_steps: u64,
}

/// A tenant's runs that have not ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// In the queue.
    pub queued: u64,
    /// Paused.
    pub paused: u64,
    /// Running.
    pub running: u64,
}

impl Books {
    /// Counts.
    pub(crate) fn census(&self) -> Census {
        let mut census = Census::default();
        for entry in self.runs.values() {
            let counts = census.tenants.entry(entry.record.tenant_id).or_default();
            match entry.record.status {
                RunStatus::Queued => counts.queued += 1,
                RunStatus::Paused => counts.paused += 1,
                _ => counts.running += 1,
            }
        }
        for taken in self.admission.taken().values() {
            census.memory_bytes += taken.memory_bytes;
            census.agent_steps += taken.agent_steps;
        }
        census
    }
}
