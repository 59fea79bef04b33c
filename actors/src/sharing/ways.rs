//! How far the runs of batches have come that are driven now: what those wait for that begin with their state. One place for
//! every run of a batch that has a supervisor, so that it is bounded by the places for runs. It must not know who waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use civitas_store::RunId;
use tokio::sync::{Semaphore, watch};

/// Who is on the way, and the turn to copy a snapshot: a copy keeps the disk busy, and a part of a snapshot in memory.
#[derive(Clone)]
pub(crate) struct Ways {
    on_the_way: Arc<Mutex<BTreeMap<RunId, watch::Sender<u32>>>>,
    pub(crate) copying: Arc<Semaphore>,
}

impl Default for Ways {
    fn default() -> Self {
        Self { on_the_way: Arc::default(), copying: Arc::new(Semaphore::new(1)) }
    }
}

impl Ways {
    /// A run gets a supervisor.
    pub(crate) fn open(&self, run: RunId) {
        self.lock().insert(run, watch::Sender::new(0));
    }

    /// The run has come this far, and whatever it keeps of its state up to there is kept.
    pub(crate) fn reached(&self, run: RunId, tick: u32) {
        if let Some(way) = self.lock().get(&run) {
            way.send_if_modified(|reached| {
                let is_news = *reached < tick;
                *reached = tick.max(*reached);
                is_news
            });
        }
    }

    /// It keeps nothing any more: it has ended, rests, or is not asked to.
    pub(crate) fn close(&self, run: RunId) {
        self.lock().remove(&run);
    }

    /// How far a run has come that is on its way.
    pub(crate) fn watch(&self, run: RunId) -> Option<watch::Receiver<u32>> {
        self.lock().get(&run).map(watch::Sender::subscribe)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RunId, watch::Sender<u32>>> {
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
}
