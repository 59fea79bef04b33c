//! Looking at the agents that the run names, at the end of a tick: what is known of each goes along with the partition's sums.
//! Nothing is changed, and runs that name nobody pay nothing.

use std::ops::Range;

use crate::cast::Glimpse;
use crate::fixed;
use crate::kernel::partition::Partition;
use crate::model::{MAX_METRICS, Model};

impl<M: Model> Partition<M> {
    /// Notes in the sums what the named agents are now.
    pub(super) fn watch(&mut self) {
        if !self.watched.is_empty() {
            self.tally.glimpses = self.own_of(&self.watched).iter().map(|&id| self.glimpse(id)).collect();
        }
    }

    /// Those of the ids, which rise, that are the partition's own.
    pub(super) fn own_of<'a>(&self, ids: &'a [u32]) -> &'a [u32] {
        let Range { start, end } = self.own_ids();
        &ids[ids.partition_point(|&id| id < start)..ids.partition_point(|&id| id < end)]
    }

    fn own_ids(&self) -> Range<u32> {
        match (self.columns.blocks.first(), self.columns.blocks.last()) {
            (Some(first), Some(last)) => first.first_id..last.first_id + last.len,
            _ => 0..0,
        }
    }

    fn glimpse(&self, id: u32) -> Glimpse {
        let agent = &self.columns.agents[(id - self.own_ids().start) as usize];
        Glimpse { agent: id, known: self.known_of(agent).into_iter().map(f64::to_bits).collect() }
    }

    /// The agent's traits, then its part in every metric.
    pub(super) fn known_of(&self, agent: &M::Agent) -> Vec<f64> {
        let mut sums = [0; MAX_METRICS];
        let sums = &mut sums[..M::METRICS.len()];
        self.model.measure(agent, sums);
        let traits = (0..M::TRAITS.len()).map(|place| self.model.trait_value(agent, place));
        traits.chain(sums.iter().map(|&sum| fixed::mean(sum, 1))).collect()
    }
}
