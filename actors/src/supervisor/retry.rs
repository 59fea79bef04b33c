//! Patience with the store: what fails for the moment is tried again a bounded number of times, after longer and longer pauses. Pure
//! but for the waiting.

use std::time::Duration;

use crate::clock::SharedClock;
use crate::control::RunControl;
use crate::limits::{FIRST_STORE_PAUSE, LOOK_AT_SWITCH, STORE_RETRIES};

/// How long to wait after so many failures in a row, at least 1, before the next attempt; `None` after too many.
pub(super) fn pause_after(failures: u32) -> Option<Duration> {
    (failures <= STORE_RETRIES).then(|| FIRST_STORE_PAUSE * (1 << failures.saturating_sub(1)))
}

/// Waits; false where the run is told to stop meanwhile.
pub(super) async fn wait(clock: &SharedClock, control: &RunControl, pause: Duration) -> bool {
    let end = clock.monotonic() + pause;
    loop {
        if control.reason().is_some() {
            return false;
        }
        let left = end.saturating_sub(clock.monotonic());
        if left.is_zero() {
            return true;
        }
        clock.sleep(left.min(LOOK_AT_SWITCH)).await;
    }
}

/// Snapshots of a run that could not be written, and when the next is due for that.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    /// Failures in a row that the time below takes account of.
    failures: u32,
    due: Option<Duration>,
}

impl Unwritten {
    /// True when a snapshot is due at the moment `now`, after so many failures in a row.
    pub(super) fn is_due(&mut self, failures: u32, now: Duration) -> bool {
        if failures != self.failures {
            self.failures = failures;
            self.due = if failures == 0 { None } else { pause_after(failures).map(|pause| now + pause) };
        }
        self.due.is_some_and(|due| due <= now)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures_util::FutureExt;

    use super::*;
    use crate::clock::{Clock, Sleep};
    use crate::control::StopReason;

    /// A clock that goes on when somebody sleeps, and stops a run at some time.
    #[derive(Default)]
    struct Hand {
        now: Mutex<Duration>,
        stops: Option<(Duration, Arc<RunControl>)>,
    }

    impl Clock for Hand {
        fn unix_ms(&self) -> u64 {
            self.monotonic().as_millis() as u64
        }

        fn monotonic(&self) -> Duration {
            *self.now.lock().unwrap()
        }

        fn sleep(&self, time: Duration) -> Sleep {
            let mut now = self.now.lock().unwrap();
            *now += time;
            if let Some((at, control)) = &self.stops
                && *now >= *at
            {
                control.stop(StopReason::Cancel);
            }
            std::future::ready(()).boxed_local()
        }
    }

    #[test]
    fn pauses_double_and_end() {
        let pauses: Vec<_> = (1..).map_while(pause_after).collect();
        assert_eq!(pauses.len(), STORE_RETRIES as usize);
        assert!(pauses.windows(2).all(|pair| pair[1] == 2 * pair[0]), "{pauses:?}");
        let all: Duration = pauses.iter().sum();
        assert!(all > Duration::from_secs(1) && all < Duration::from_secs(60), "{all:?}");
    }

    #[test]
    fn a_wait_lasts_as_long_as_it_should_and_ends_early_for_a_stop() {
        let clock = Arc::new(Hand::default());
        let (shared, control): (SharedClock, _) = (clock.clone(), RunControl::default());
        let waited = wait(&shared, &control, Duration::from_secs(3)).now_or_never();
        assert_eq!((waited, clock.monotonic()), (Some(true), Duration::from_secs(3)));

        let control = Arc::new(RunControl::default());
        let stops = Some((Duration::from_millis(700), Arc::clone(&control)));
        let clock = Arc::new(Hand { stops, ..Hand::default() });
        let shared: SharedClock = clock.clone();
        assert_eq!(wait(&shared, &control, Duration::from_secs(3)).now_or_never(), Some(false));
        assert!(clock.monotonic() < Duration::from_secs(1));
    }

    #[test]
    fn a_snapshot_that_failed_is_due_again_after_its_pause() {
        let mut unwritten = Unwritten::default();
        let second = Duration::from_secs;
        assert!(!unwritten.is_due(0, second(1)));
        assert!(!unwritten.is_due(1, second(1)));
        assert!(unwritten.is_due(1, second(1) + FIRST_STORE_PAUSE));
        assert!(!unwritten.is_due(2, second(2)), "it failed again");
        assert!(unwritten.is_due(2, second(2) + 2 * FIRST_STORE_PAUSE));
        assert!(!unwritten.is_due(0, second(9)), "it is written");
        assert!(!unwritten.is_due(STORE_RETRIES + 1, second(10)) && !unwritten.is_due(STORE_RETRIES + 1, second(999)));
    }
}
