//! The switch by which a run is told to stop: looked at between batches of agents and between ticks, so that even a
//! huge partition stops within a tick.

use std::sync::atomic::{AtomicU8, Ordering};

/// Why a run is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum StopReason {
    /// The runtime shuts down: stop at the next tick's end, keep a snapshot, go on after the restart.
    Shutdown = 1,
    /// Its running time is over: stop at once and fail.
    Deadline = 2,
    /// Its owner wants it to end: stop at once.
    Cancel = 3,
}

/// One run's switch, shared by its supervisor, its partitions and the registry.
#[derive(Debug, Default)]
pub(crate) struct RunControl {
    reason: AtomicU8,
}

impl RunControl {
    /// Asks the run to stop. A stronger reason (the later in [`StopReason`]) replaces a weaker one.
    pub(crate) fn stop(&self, reason: StopReason) {
        self.reason.fetch_max(reason as u8, Ordering::AcqRel);
    }

    /// Why the run is to stop, if it is.
    pub(crate) fn reason(&self) -> Option<StopReason> {
        match self.reason.load(Ordering::Acquire) {
            1 => Some(StopReason::Shutdown),
            2 => Some(StopReason::Deadline),
            3 => Some(StopReason::Cancel),
            _ => None,
        }
    }

    /// True when the tick in progress is to be given up.
    pub(crate) fn abandons_tick(&self) -> bool {
        matches!(self.reason(), Some(StopReason::Deadline | StopReason::Cancel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stronger_reason_wins_in_any_order() {
        let control = RunControl::default();
        assert_eq!(control.reason(), None);
        control.stop(StopReason::Shutdown);
        assert!(!control.abandons_tick());
        control.stop(StopReason::Cancel);
        control.stop(StopReason::Deadline);
        assert_eq!(control.reason(), Some(StopReason::Cancel));
        assert!(control.abandons_tick());
    }
}
