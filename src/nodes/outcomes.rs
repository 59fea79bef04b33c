//! The lines of stored outcomes. Results of a run that has succeeded never change, so that what was read once is kept: a bounded
//! number of runs, the oldest reading going first.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use civitas_actors::Result;
use civitas_store::{RunId, Store, StoreError};
use serde::Deserialize;
use serde_json::Value;

/// Runs whose lines are kept: a few hundred bytes each, and twenty nodes with all the runs that they may have.
const MAX_KEPT: usize = 20_000;

/// The lines of an outcome's summary, by name.
pub type Lines = BTreeMap<String, f64>;

/// What was read of outcomes.
#[derive(Debug, Default)]
pub struct OutcomeCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_run: HashMap<RunId, Arc<Lines>>,
    order: VecDeque<RunId>,
}

/// All that is read of a results document.
#[derive(Deserialize)]
struct Head {
    outcome_summary: BTreeMap<String, Value>,
}

impl OutcomeCache {
    /// The lines of a run that has succeeded. Waits for the disk where they were not read before.
    ///
    /// # Errors
    /// [`civitas_actors::RuntimeError::Store`] where the results cannot be read.
    pub fn of(&self, store: &dyn Store, run: RunId) -> Result<Arc<Lines>> {
        if let Some(lines) = self.kept().by_run.get(&run) {
            return Ok(Arc::clone(lines));
        }
        let damaged = |why: String| StoreError::Corrupt { what: format!("results of run {run}"), why };
        let document = store.results(run)?.ok_or_else(|| damaged("they are not there".to_owned()))?;
        let head: Head = serde_json::from_slice(&document).map_err(|error| damaged(error.to_string()))?;
        let numbers = head.outcome_summary.into_iter().filter_map(|(name, value)| Some((name, value.as_f64()?)));
        let lines = Arc::new(numbers.collect::<Lines>());
        self.kept().keep(run, Arc::clone(&lines));
        Ok(lines)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, run: RunId, lines: Arc<Lines>) {
        if self.by_run.insert(run, lines).is_some() {
            return;
        }
        self.order.push_back(run);
        if self.order.len() > MAX_KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_run.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded() {
        let mut kept = Kept::default();
        let run = |number: usize| RunId::from_u128(number as u128);
        for number in 0..MAX_KEPT + 10 {
            kept.keep(run(number), Arc::default());
            kept.keep(run(number), Arc::default());
        }
        assert_eq!((kept.by_run.len(), kept.order.len()), (MAX_KEPT, MAX_KEPT));
        assert!(!kept.by_run.contains_key(&run(9)) && kept.by_run.contains_key(&run(10)));
    }
}
