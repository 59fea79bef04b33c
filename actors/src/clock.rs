//! Time comes in through here, so that decisions about it can be tested. No result depends on it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::future::{FutureExt, LocalBoxFuture};

/// A wait.
pub(crate) type Sleep = LocalBoxFuture<'static, ()>;

/// What time it is.
pub(crate) trait Clock: Send + Sync + 'static {
    /// Milliseconds since the Unix epoch; may jump.
    fn unix_ms(&self) -> u64;
    /// Time since some fixed moment; never goes back.
    fn monotonic(&self) -> Duration;
    /// Ends after this time.
    fn sleep(&self, time: Duration) -> Sleep;
}

/// A clock that is shared.
pub(crate) type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug)]
pub(crate) struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn unix_ms(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, time: Duration) -> Sleep {
        actix_rt::time::sleep(time).boxed_local()
    }
}
