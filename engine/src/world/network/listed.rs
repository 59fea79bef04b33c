//! One partition's rows of a network that the data set lists, copied block by block along with the agents. What the rows
//! are, and that they are sound, is the data set's affair.

use std::ops::Range;

use crate::error::{EngineError, Result};
use crate::world::ListedTies;

/// Rows in the making.
#[derive(Default)]
pub(crate) struct ListedRows {
    /// The end of each row after a leading 0.
    pub(crate) ends: Vec<u32>,
    /// Ids of those that are listened to, rising within a row.
    pub(crate) ties: Vec<u32>,
    /// One for each of `ties`, or none at all.
    pub(crate) weights: Vec<f32>,
}

impl ListedRows {
    /// Room for the rows of the agents `own`, none of them copied.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when there is not enough memory.
    pub(crate) fn new(listed: &ListedTies, own: &Range<u32>) -> Result<Self> {
        let mut rows = Self::default();
        let ties = listed.places(own).len();
        let reserved = rows.ends.try_reserve_exact(own.len() + 1);
        let reserved = reserved.and_then(|()| rows.ties.try_reserve_exact(ties));
        let weights = if listed.is_weighted() { ties } else { 0 };
        let reserved = reserved.and_then(|()| rows.weights.try_reserve_exact(weights));
        reserved.map_err(|_| EngineError::no_memory())?;
        rows.ends.push(0);
        Ok(rows)
    }

    /// Copies the rows of the next agents, and calls `done` with each.
    pub(crate) fn copy(&mut self, listed: &ListedTies, ids: Range<u32>, mut done: impl FnMut(&[u32])) {
        for id in ids {
            let (peers, weights) = listed.row(id);
            self.ties.extend_from_slice(peers);
            self.weights.extend_from_slice(weights);
            self.ends.push(self.ties.len() as u32);
            done(peers);
        }
    }
}
