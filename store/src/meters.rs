//! What the store counts of itself, for those who watch it. A clone counts to the same. It must not decide anything.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// From a fifth of a millisecond, what a good disk takes for an fdatasync, to 3 s.
const FLUSH_BUCKETS: (f64, f64, u16) = (0.000_2, 2.0, 15);

/// What a store counts.
#[derive(Clone, Debug)]
pub struct StoreMeters {
    /// Requests that wait for the committer or are being committed.
    pub waiting: Gauge,
    /// Requests that were made durable.
    pub commits: Counter,
    /// Seconds that a group of requests took: to write, flush and fdatasync.
    pub flush_seconds: Histogram,
    /// Bytes that the store's disk had left when the meters were asked for; 0 where the system does not say.
    pub disk_free: Gauge,
}

impl Default for StoreMeters {
    fn default() -> Self {
        let (start, factor, length) = FLUSH_BUCKETS;
        Self {
            waiting: Gauge::default(),
            commits: Counter::default(),
            flush_seconds: Histogram::new(exponential_buckets(start, factor, length)),
            disk_free: Gauge::default(),
        }
    }
}

impl StoreMeters {
    /// Shows what is counted, but for what waits, which its reader shows beside other queues.
    pub fn register(&self, registry: &mut Registry) {
        let commits = "Requests to the store that were made durable";
        registry.register("store_commits", commits, self.commits.clone());
        let flush = "Seconds that the store took to write, flush and fdatasync a group of requests";
        registry.register("store_flush_seconds", flush, self.flush_seconds.clone());
        let free = "Room that is left on the disk of the data folder";
        registry.register_with_unit("disk_free", free, Unit::Bytes, self.disk_free.clone());
    }
}
