//! What the runtime can be told: compute threads, limits, snapshots. Every number is a bound or a default; none of
//! them changes a result.

use std::time::Duration;

use civitas_engine::TelemetryOptions;

use crate::machine;

/// How the runtime executes runs.
#[derive(Clone, Debug, PartialEq)]
pub struct RuntimeConfig {
    /// Compute threads shared by all runs; 0 means as many as the machine has cores.
    pub threads: usize,
    /// Partitions of every run; `None` leaves it to the planner.
    pub partitions: Option<usize>,
    /// Ticks between two snapshots of a run that does not say, 0 for none.
    pub snapshot_every_ticks: u32,
    /// Complete snapshots kept per run; the oldest go first. At least 1.
    pub snapshot_keep: usize,
    /// Runs of a batch that agree up to some tick share what comes before it.
    pub shares_prefixes: bool,
    /// What the telemetry of a run that does not say holds; `None` for no telemetry.
    pub telemetry: Option<TelemetryOptions>,
    /// Take over the runs that the store holds as queued or running. A program that only runs something of its own on a
    /// shared folder leaves them alone.
    pub recover: bool,
    /// Limits of each tenant.
    pub limits: Limits,
}

/// Limits of each tenant, and of all tenants together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Runs of one tenant that may be running at once.
    pub max_running: usize,
    /// Runs of one tenant that may be queued at once.
    pub max_queued: usize,
    /// Running time after which a run fails with `RUN_TIMEOUT`.
    pub max_run_time: Duration,
    /// Runs of all tenants that may be running at once.
    pub max_running_total: usize,
    /// Memory that one run may be estimated to take, and then may take, in bytes.
    pub max_run_memory_bytes: u64,
    /// Memory that the running runs of one tenant may be estimated to take together, in bytes; 0 for as much as all.
    pub max_tenant_memory_bytes: u64,
    /// Memory that all running runs may be estimated to take together, in bytes; 0 for 70 % of what the machine, or the
    /// control group, has.
    pub max_memory_total_bytes: u64,
    /// Agent-steps that the runs of one tenant that have not ended may be worth together.
    pub max_tenant_agent_steps: u64,
    /// Agent-steps that all runs that have not ended may be worth together.
    pub max_agent_steps_total: u64,
    /// Restarts after crashes without progress in between after which a run fails instead of going on.
    pub max_interruptions: u32,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self {
            threads: 0,
            partitions: None,
            snapshot_every_ticks: 50,
            snapshot_keep: 2,
            shares_prefixes: true,
            telemetry: Some(TelemetryOptions::default()),
            recover: true,
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    /// The Runs API's limits.
    fn default() -> Self {
        Self {
            max_running: 10,
            max_queued: 50,
            max_run_time: Duration::from_secs(30 * 60),
            max_running_total: 64,
            max_run_memory_bytes: 10 << 30,
            max_tenant_memory_bytes: 0,
            max_memory_total_bytes: 0,
            max_tenant_agent_steps: 1_000_000_000_000,
            max_agent_steps_total: 10_000_000_000_000,
            max_interruptions: 5,
        }
    }
}

impl Limits {
    /// The same with budgets in the place of those that are left to the machine. Where the system does not say what it has, all
    /// runs together may take what one may.
    #[must_use]
    pub fn on_this_machine(self) -> Self {
        let total = match self.max_memory_total_bytes {
            0 => machine::memory_for_runs().unwrap_or(self.max_run_memory_bytes),
            given => given,
        };
        let of_tenant = if self.max_tenant_memory_bytes == 0 { total } else { self.max_tenant_memory_bytes };
        Self { max_tenant_memory_bytes: of_tenant, max_memory_total_bytes: total, ..self }
    }
}

impl RuntimeConfig {
    /// The number of compute threads.
    pub fn compute_threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}
