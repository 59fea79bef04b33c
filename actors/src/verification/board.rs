//! Where verifications stand: the latest of every run that was verified since the runtime started, as far as there is room.
//! Shared by the runtime's handle, the registry and those who execute. It must not decide who may verify.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use civitas_store::RunId;
use tokio::sync::watch;

use super::{Verification, VerificationState};
use crate::control::{RunControl, StopReason};
use crate::limits::MAX_VERIFICATIONS_KEPT;

struct Entry {
    channel: watch::Sender<Verification>,
    control: Arc<RunControl>,
}

impl Entry {
    /// When it ended; `None` while it goes on.
    fn ended(&self) -> Option<u64> {
        self.channel.borrow().ended_at_ms
    }
}

/// The verifications.
#[derive(Clone, Default)]
pub(crate) struct Board(Arc<Mutex<BTreeMap<RunId, Entry>>>);

impl Board {
    /// Puts up a verification that begins now, in the place of an earlier one of the run; gives the switch that stops it.
    pub(crate) fn begin(&self, verification: Verification) -> Arc<RunControl> {
        let mut entries = self.lock();
        let id = verification.run_id;
        if entries.len() >= MAX_VERIFICATIONS_KEPT && !entries.contains_key(&id) {
            let oldest = entries.iter().filter_map(|(id, entry)| Some((entry.ended()?, *id))).min();
            oldest.map(|(_, id)| entries.remove(&id));
        }
        let control = Arc::<RunControl>::default();
        entries.insert(id, Entry { channel: watch::Sender::new(verification), control: Arc::clone(&control) });
        control
    }

    /// Where the latest verification of a run stands.
    pub(crate) fn latest(&self, run: RunId) -> Option<Verification> {
        self.lock().get(&run).map(|entry| entry.channel.borrow().clone())
    }

    /// The same as it changes.
    pub(crate) fn subscribe(&self, run: RunId) -> Option<watch::Receiver<Verification>> {
        self.lock().get(&run).map(|entry| entry.channel.subscribe())
    }

    /// Changes a verification that has not ended.
    pub(crate) fn update(&self, run: RunId, change: impl FnOnce(&mut Verification)) {
        if let Some(entry) = self.lock().get(&run) {
            entry.channel.send_if_modified(|verification| {
                let goes_on = !verification.state.has_ended();
                if goes_on {
                    change(verification);
                }
                goes_on
            });
        }
    }

    /// Ends a verification that has not ended yet.
    pub(crate) fn end(&self, run: RunId, state: VerificationState, now_ms: u64) {
        self.update(run, |verification| {
            verification.state = state;
            verification.ended_at_ms = Some(now_ms);
        });
    }

    /// Asks a verification to stop.
    pub(crate) fn stop(&self, run: RunId, reason: StopReason) {
        if let Some(entry) = self.lock().get(&run) {
            entry.control.stop(reason);
        }
    }

    /// Gives up all verifications, because the runtime stops.
    pub(crate) fn stop_all(&self, now_ms: u64) {
        let running: Vec<RunId> = self.lock().keys().copied().collect();
        for run in running {
            self.stop(run, StopReason::Abandon);
            self.end(run, VerificationState::Cancelled, now_ms);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RunId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::verification::{Agreed, Maker};

    fn begun(run: u128) -> Verification {
        Verification {
            run_id: Uuid::from_u128(run),
            state: VerificationState::Running,
            tick: 0,
            total_ticks: 9,
            agreed: Agreed::default(),
            recorded_by: Maker::here(),
            verified_by: Maker::here(),
            partitions: 0,
            threads: 1,
            started_at_ms: 1,
            ended_at_ms: None,
        }
    }

    #[test]
    fn an_end_is_told_once_and_stays() {
        let (board, id) = (Board::default(), Uuid::from_u128(1));
        let control = board.begin(begun(1));
        let mut watch = board.subscribe(id).unwrap();
        board.update(id, |verification| verification.tick = 4);
        assert_eq!(watch.borrow_and_update().tick, 4);
        board.stop_all(7);
        assert_eq!(control.reason(), Some(StopReason::Abandon));
        board.end(id, VerificationState::Same, 8);
        let last = board.latest(id).unwrap();
        assert_eq!((last.state, last.ended_at_ms), (VerificationState::Cancelled, Some(7)));
    }

    #[test]
    fn the_oldest_end_makes_room_and_what_goes_on_stays() {
        let board = Board::default();
        for run in 0..MAX_VERIFICATIONS_KEPT as u128 {
            board.begin(begun(run));
        }
        for run in [5, 3] {
            board.end(Uuid::from_u128(run), VerificationState::Same, 10 - run as u64);
        }
        board.begin(begun(1 << 100));
        assert!(board.latest(Uuid::from_u128(5)).is_none() && board.latest(Uuid::from_u128(3)).is_some());
        assert!(board.latest(Uuid::from_u128(0)).is_some() && board.latest(Uuid::from_u128(1 << 100)).is_some());
    }
}
