//! How far the runs of batches have come that are driven now: what those wait for that begin with their state. One place for
//! every run of a batch that has a supervisor, so that it is bounded by the places for runs. It must not know who waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use civitas_store::RunId;
use tokio::sync::{Semaphore, watch};

/// Who is on the way, and the turn to copy a snapshot: a copy keeps the disk busy, and a part of a snapshot in memory.
#[derive(Clone)]
pub(crate) struct Ways {
    on_the_way: Arc<Mutex<BTreeMap<RunId, Way>>>,
    pub(crate) copying: Arc<Semaphore>,
}

/// How far one run has come.
struct Way {
    reached: watch::Sender<u32>,
    /// Snapshots of it that are being written.
    writing: u32,
    /// It takes no more of them.
    is_over: bool,
}

impl Default for Ways {
    fn default() -> Self {
        Self { on_the_way: Arc::default(), copying: Arc::new(Semaphore::new(1)) }
    }
}

impl Ways {
    /// A run gets a supervisor.
    pub(crate) fn open(&self, run: RunId) {
        self.lock().insert(run, Way { reached: watch::Sender::new(0), writing: 0, is_over: false });
    }

    /// A snapshot of the run is going to be written; [`Ways::written`] follows.
    pub(crate) fn writes(&self, run: RunId) {
        if let Some(way) = self.lock().get_mut(&run) {
            way.writing += 1;
        }
    }

    /// It was written, or was not: nobody waits for it any more.
    pub(crate) fn written(&self, run: RunId, tick: u32) {
        self.reached(run, tick);
        let mut ways = self.lock();
        if let Some(way) = ways.get_mut(&run) {
            way.writing = way.writing.saturating_sub(1);
            if way.is_over && way.writing == 0 {
                ways.remove(&run);
            }
        }
    }

    /// The run has come this far, and whatever it keeps of its state up to there is kept.
    pub(crate) fn reached(&self, run: RunId, tick: u32) {
        if let Some(way) = self.lock().get(&run) {
            way.reached.send_if_modified(|reached| {
                let is_news = *reached < tick;
                *reached = tick.max(*reached);
                is_news
            });
        }
    }

    /// It keeps nothing more: it has ended, rests, or is not asked to. What is being written is waited for.
    pub(crate) fn close(&self, run: RunId) {
        let mut ways = self.lock();
        if let Some(way) = ways.get_mut(&run) {
            way.is_over = true;
            if way.writing == 0 {
                ways.remove(&run);
            }
        }
    }

    /// How far a run has come that is on its way.
    pub(crate) fn watch(&self, run: RunId) -> Option<watch::Receiver<u32>> {
        self.lock().get(&run).map(|way| way.reached.subscribe())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RunId, Way>> {
        self.on_the_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_way_only_goes_on_and_whoever_waits_sees_its_end() {
        let (ways, run) = (Ways::default(), RunId::from_u128(1));
        assert!(ways.watch(run).is_none());
        ways.open(run);
        let mut watch = ways.watch(run).unwrap();
        ways.reached(run, 50);
        watch.changed().await.unwrap();
        ways.reached(run, 40);
        assert_eq!((*watch.borrow(), watch.has_changed().unwrap()), (50, false));
        ways.close(run);
        assert!(watch.changed().await.is_err() && ways.watch(run).is_none());
    }

    #[tokio::test]
    async fn a_way_is_over_when_its_last_snapshot_is_written() {
        let (ways, run) = (Ways::default(), RunId::from_u128(1));
        ways.open(run);
        let mut watch = ways.watch(run).unwrap();
        ways.writes(run);
        ways.close(run);
        assert!(!watch.has_changed().unwrap(), "somebody waits for what is being written");
        ways.written(run, 99);
        assert_eq!(*watch.borrow_and_update(), 99);
        assert!(watch.changed().await.is_err());
    }
}
