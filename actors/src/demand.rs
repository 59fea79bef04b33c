//! What a run takes, estimated before anything of it is made: memory while it runs, and steps of agents from its start to
//! its horizon. And what budgets there are of both, with the words for one that has no room. Pure arithmetic: who has to wait for what is
//! `admission`'s affair.

use std::fmt;

use civitas_engine::{Activation, NetworkKind};
use civitas_store::{RunRecord, StoredSpec};

use crate::limits::READS_OF_A_STEP;

/// What it takes to measure an agent that does not act, as a share of a step.
const WORK_OF_MEASURING: f64 = 0.1;

/// What a run takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    /// Bytes that it holds while it runs.
    pub(crate) memory_bytes: u64,
    /// Steps of agents that its work is worth, from its start to its horizon.
    pub(crate) agent_steps: u64,
}

impl Demand {
    /// Of this run, which takes so much memory without its twin.
    pub(crate) fn new(record: &RunRecord, memory_bytes: u64) -> Self {
        let memory_bytes = if has_twin(&record.spec) { memory_bytes.saturating_mul(2) } else { memory_bytes };
        Self { memory_bytes, agent_steps: work_of(record) as u64 }
    }
}

/// True for a run beside which another is stepped, to be compared with.
fn has_twin(spec: &StoredSpec) -> bool {
    spec.bundle.is_some_and(|bundle| bundle.attribution)
}

/// Steps of agents that all of a run's work is worth. A twin is stepped from tick 0, whatever the run goes on from.
pub(crate) fn work_of(record: &RunRecord) -> f64 {
    let twin = if has_twin(&record.spec) { work(&record.spec, record.total_ticks) } else { 0.0 };
    work(&record.spec, own_ticks(record)) + twin
}

/// Ticks that a run has to step itself; a fork's first ones are its parent's.
fn own_ticks(record: &RunRecord) -> u32 {
    record.total_ticks.saturating_sub(record.forked_from.map_or(0, |from| from.tick))
}

/// Steps of agents that a run's work is worth. Agents that do not act are measured all the same; where everybody reads
/// everybody else, a step takes as much longer.
pub(crate) fn work(spec: &StoredSpec, ticks: u32) -> f64 {
    let agents = f64::from(spec.agents);
    let acting = if spec.activation == Activation::One.as_str() { 1.0 } else { agents * spec.sample_rate };
    let everybody = spec.network == NetworkKind::Complete.as_str();
    let reads = if everybody { (agents - 1.0) / READS_OF_A_STEP as f64 } else { 0.0 };
    f64::from(ticks) * (acting * reads.max(1.0) + (agents - acting) * WORK_OF_MEASURING)
}

/// What a budget is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Bytes of memory that running runs hold.
    Memory,
    /// Steps of agents that queued, paused and running runs are worth.
    AgentSteps,
}

/// Whose budget it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What one run may take.
    Run,
    /// What the runs of one tenant may take together.
    Tenant,
    /// What all runs may take together.
    Machine,
}

/// A budget without room for what was asked of it. Memory is in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// What it is a budget of.
    pub resource: Resource,
    /// Whose it is.
    pub scope: Scope,
    /// What was asked for, as an estimate.
    pub needed: u64,
    /// What others have of it, or is kept free for one that has waited for long.
    pub in_use: u64,
    /// All that there is.
    pub budget: u64,
}

impl Resource {
    /// The word used in the API, with its unit.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory_mib",
            Self::AgentSteps => "agent_steps",
        }
    }

    /// An amount in the unit that people read: MiB, rounded up, or steps.
    pub fn shown(self, amount: u64) -> u64 {
        match self {
            Self::Memory => amount.div_ceil(1 << 20),
            Self::AgentSteps => amount,
        }
    }
}

impl Scope {
    /// The word used in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Tenant => "tenant",
            Self::Machine => "machine",
        }
    }
}

impl Shortage {
    /// The option that sets the budget.
    pub fn option(self) -> &'static str {
        match (self.resource, self.scope) {
            (Resource::Memory, Scope::Run) => "limits.max_run_memory_mib",
            (Resource::Memory, Scope::Tenant) => "limits.max_tenant_memory_mib",
            (Resource::Memory, Scope::Machine) => "limits.max_memory_total_mib",
            (Resource::AgentSteps, Scope::Run | Scope::Tenant) => "limits.max_tenant_agent_steps",
            (Resource::AgentSteps, Scope::Machine) => "limits.max_agent_steps_total",
        }
    }
}

/// `12 MiB` or `12 agent-steps`.
struct Amount(Resource, u64);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.0 == Resource::Memory { "MiB" } else { "agent-steps" };
        write!(f, "{} {unit}", self.0.shown(self.1))
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, scope, needed, in_use, budget } = *self;
        let whose = match scope {
            Scope::Run => "one run may have",
            Scope::Tenant => "your runs may have",
            Scope::Machine => "all runs may have",
        };
        let (needed, budget) = (Amount(resource, needed), Amount(resource, budget));
        write!(f, "needs about {needed}; of the {budget} that {whose}, {} are taken", resource.shown(in_use))
    }
}

#[cfg(test)]
mod tests {
    use civitas_engine::{NetworkSpec, PopulationSpec, RunSpec};

    use super::*;
    use crate::request::{Execution, to_stored};

    fn work_of(activation: Activation, kind: NetworkKind, agents: u32, sample_rate: f64) -> f64 {
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents };
        let network = NetworkSpec { kind, ..NetworkSpec::default() };
        let spec = RunSpec { activation, network, population, sample_rate, ..RunSpec::default() };
        work(&to_stored(&spec, Execution::default(), 0, &Default::default()), 10)
    }

    #[test]
    fn work_counts_who_acts_and_what_it_reads() {
        let near =
            |found: f64, wanted: f64| assert!((found / wanted - 1.0).abs() < 1e-9, "{found} instead of {wanted}");
        near(work_of(Activation::All, NetworkKind::Gravity, 1_000, 1.0), 10_000.0);
        near(work_of(Activation::All, NetworkKind::Gravity, 1_000, 0.5), 5_000.0 + 500.0);
        near(work_of(Activation::One, NetworkKind::Gravity, 1_001, 1.0), 10.0 + 1_000.0);
        // 10,240 others are forty times the reads that a step is reckoned with; 100 others are within them.
        near(work_of(Activation::All, NetworkKind::Complete, 10_241, 1.0), 10.0 * 10_241.0 * 40.0);
        near(work_of(Activation::All, NetworkKind::Complete, 101, 1.0), 1_010.0);
        near(work_of(Activation::One, NetworkKind::Complete, 10_241, 1.0), 10.0 * (40.0 + 1_024.0));
    }

    #[test]
    fn a_shortage_says_its_figures() {
        let memory = Shortage {
            resource: Resource::Memory,
            scope: Scope::Machine,
            needed: 5 << 20,
            in_use: (6 << 20) - 1,
            budget: 8 << 20,
        };
        let said = "needs about 5 MiB; of the 8 MiB that all runs may have, 6 are taken";
        assert_eq!(memory.to_string(), said);
        let steps = Shortage { resource: Resource::AgentSteps, scope: Scope::Tenant, needed: 7, in_use: 1, budget: 6 };
        assert_eq!(
            steps.to_string(),
            "needs about 7 agent-steps; of the 6 agent-steps that your runs may have, 1 are taken"
        );
        assert_eq!(steps.option(), "limits.max_tenant_agent_steps");
    }
}
