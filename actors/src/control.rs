//! The switch by which a run is told to stop, or to take a snapshot: looked at between batches of agents and between ticks, so that even a
//! huge partition stops within a tick.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::error::RuntimeError;

/// Why a run is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum StopReason {
    /// The runtime shuts down: stop at the next tick's end, keep a snapshot, go on after the restart.
    Shutdown = 1,
    /// Its owner pauses it: stop at the next tick's end, keep a snapshot, go on when asked to.
    Pause = 2,
    /// Its running time is over: stop at once and fail.
    Deadline = 3,
    /// Its owner wants it to end: stop at the next tick's end, keep a snapshot.
    Cancel = 4,
    /// Its owner wants it to end, and that tick takes too long: stop at once.
    Abandon = 5,
}

/// One run's switch, shared by its supervisor, its partitions and the registry.
#[derive(Debug, Default)]
pub(crate) struct RunControl {
    reason: AtomicU8,
    /// Who waits for a snapshot, to be taken between two ticks.
    wanted: Mutex<Vec<SnapshotWaiter>>,
}

/// Told the snapshot's tick when it is on the disk, or why it is not.
pub(crate) type SnapshotWaiter = oneshot::Sender<Result<u32, RuntimeError>>;

impl RunControl {
    /// Asks the run to stop. A stronger reason (the later in [`StopReason`]) replaces a weaker one.
    pub(crate) fn stop(&self, reason: StopReason) {
        self.reason.fetch_max(reason as u8, Ordering::AcqRel);
    }

    /// Why the run is to stop, if it is.
    pub(crate) fn reason(&self) -> Option<StopReason> {
        match self.reason.load(Ordering::Acquire) {
            1 => Some(StopReason::Shutdown),
            2 => Some(StopReason::Pause),
            3 => Some(StopReason::Deadline),
            4 => Some(StopReason::Cancel),
            5 => Some(StopReason::Abandon),
            _ => None,
        }
    }

    /// Asks for a snapshot after the tick in progress. Bounded by the requests that the registry lets in.
    pub(crate) fn want_snapshot(&self, waiter: SnapshotWaiter) {
        self.wanted().push(waiter);
    }

    /// How many wait for a snapshot.
    pub(crate) fn snapshots_wanted(&self) -> usize {
        self.wanted().len()
    }

    /// Everybody who waits for a snapshot; nobody does afterwards.
    pub(crate) fn snapshot_waiters(&self) -> Vec<SnapshotWaiter> {
        std::mem::take(&mut *self.wanted())
    }

    fn wanted(&self) -> MutexGuard<'_, Vec<SnapshotWaiter>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when the tick in progress is to be given up.
    pub(crate) fn abandons_tick(&self) -> bool {
        matches!(self.reason(), Some(StopReason::Deadline | StopReason::Abandon))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stronger_reason_wins_in_any_order() {
        let control = RunControl::default();
        assert_eq!(control.reason(), None);
        control.stop(StopReason::Pause);
        control.stop(StopReason::Shutdown);
        assert_eq!(control.reason(), Some(StopReason::Pause));
        assert!(!control.abandons_tick());
        control.stop(StopReason::Cancel);
        control.stop(StopReason::Deadline);
        assert_eq!(control.reason(), Some(StopReason::Cancel));
        assert!(!control.abandons_tick(), "the tick in progress is the last one");
        control.stop(StopReason::Abandon);
        assert_eq!(control.reason(), Some(StopReason::Abandon));
        assert!(control.abandons_tick());
    }
}
