//! What the runtime can be told: compute threads, limits, snapshots. Every number is a bound or a default; none of
//! them changes a result.

use std::time::Duration;

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
    /// Runs of all tenants that may be running at once: what the machine's memory is sized for.
    pub max_running_total: usize,
    /// Memory that one run may be estimated to take, in bytes.
    pub max_run_memory_bytes: u64,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self {
            threads: 0,
            partitions: None,
            snapshot_every_ticks: 50,
            snapshot_keep: 2,
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
        }
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
