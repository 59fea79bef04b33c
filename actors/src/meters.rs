//! What a runtime counts of itself, for those who watch it: ticks, agent-steps, waits, snapshots, ends of runs. A clone counts
//! to the same. It must not decide anything, and nothing here reaches a result.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// Labels of a count: names and values from closed lists.
pub type Labels = [(&'static str, &'static str); 1];

/// From 25 microseconds, the tick of a small run, to 3.5 minutes; the wait of a barrier is shorter.
const TICK_BUCKETS: (f64, f64, u16) = (0.000_025, 4.0, 12);
/// From a KiB to 16 GiB.
const BYTES_BUCKETS: (f64, f64, u16) = (1024.0, 8.0, 9);

/// What a runtime counts from its start on.
#[derive(Clone, Debug)]
pub struct Meters {
    pub(crate) ticks: Counter,
    pub(crate) agent_steps: Counter,
    pub(crate) tick_seconds: Histogram,
    pub(crate) barrier_seconds: Histogram,
    pub(crate) snapshot_bytes: Histogram,
    pub(crate) snapshot_seconds: Histogram,
    pub(crate) snapshots_failed: Counter,
    pub(crate) runs_ended: Family<Labels, Counter>,
    /// Messages to the registry that are not answered yet.
    pub(crate) registry_waiting: Gauge,
    /// Snapshots that wait to be written or are.
    pub(crate) snapshots_waiting: Gauge,
}

impl Default for Meters {
    fn default() -> Self {
        let buckets = |(start, factor, length)| Histogram::new(exponential_buckets(start, factor, length));
        Self {
            ticks: Counter::default(),
            agent_steps: Counter::default(),
            tick_seconds: buckets(TICK_BUCKETS),
            barrier_seconds: buckets(TICK_BUCKETS),
            snapshot_bytes: buckets(BYTES_BUCKETS),
            snapshot_seconds: buckets(TICK_BUCKETS),
            snapshots_failed: Counter::default(),
            runs_ended: Family::default(),
            registry_waiting: Gauge::default(),
            snapshots_waiting: Gauge::default(),
        }
    }
}

impl Meters {
    /// A run's partitions have stepped `acted` agents in one tick.
    pub(crate) fn ticked(&self, took: Duration, waited: Option<Duration>, acted: u64) {
        self.ticks.inc();
        self.agent_steps.inc_by(acted);
        self.tick_seconds.observe(took.as_secs_f64());
        if let Some(waited) = waited {
            self.barrier_seconds.observe(waited.as_secs_f64());
        }
    }

    /// Steps that agents took since the start, of all runs.
    pub fn agent_steps(&self) -> u64 {
        self.agent_steps.get()
    }

    /// Shows what is counted.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("ticks", "Ticks stepped, of all runs", self.ticks.clone());
        let steps = "Steps that agents took; with rate() the speed of the whole machine";
        registry.register("agent_steps", steps, self.agent_steps.clone());
        let tick = "Time that a tick took, from the first message to the last partition's answer";
        registry.register_with_unit("tick", tick, Unit::Seconds, self.tick_seconds.clone());
        let wait = "Time from the first partition's answer in a tick to the last one's; runs of several partitions";
        registry.register_with_unit("barrier_wait", wait, Unit::Seconds, self.barrier_seconds.clone());
        let size = "Size of a snapshot before it is compressed";
        registry.register_with_unit("snapshot", size, Unit::Bytes, self.snapshot_bytes.clone());
        let write = "Time that the writing of a snapshot took";
        registry.register_with_unit("snapshot_write", write, Unit::Seconds, self.snapshot_seconds.clone());
        let failed = "Snapshots that could not be written; those of full queues are passed over and not counted";
        registry.register("snapshots_failed", failed, self.snapshots_failed.clone());
        let ended = "Runs that ended since the start, by how";
        registry.register("runs_ended", ended, self.runs_ended.clone());
        let waiting: Family<Labels, Gauge> = Family::default();
        for (actor, depth) in [("registry", &self.registry_waiting), ("recorder", &self.snapshots_waiting)] {
            waiting.get_or_create(&[("actor", actor)]).set(depth.get());
        }
        registry.register("mailbox_depth", "Messages that an actor has been sent and has not answered", waiting);
    }
}

/// Counts one more for as long as it lives.
#[derive(Debug)]
pub struct Held(Gauge);

impl Held {
    /// One more.
    pub fn one(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dec();
    }
}
