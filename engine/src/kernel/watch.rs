//! Looking at the agents that the run names, at the end of a tick: what is known of each goes along with the partition's sums.
//! Nothing is changed, and runs that name nobody pay nothing.

use std::ops::Range;

use crate::cast::{Crossings, Glimpse, ONE, Troupe};
use crate::fixed;
use crate::kernel::partition::{Columns, Partition};
use crate::model::{MAX_METRICS, Model};

impl<M: Model> Partition<M> {
    /// Notes in the sums what the named agents are now.
    pub(super) fn watch(&mut self) {
        if !self.watched.is_empty() {
            self.tally.glimpses = self.own_of(&self.watched).iter().map(|&id| self.glimpse(id)).collect();
        }
        if let Some(troupe) = self.troupe.clone() {
            self.tally.crossings = self.crossings(&troupe);
        }
    }

    /// Counts the copies that are at the goal for the first time, and where all are where that is told.
    fn crossings(&mut self, troupe: &Troupe) -> Crossings {
        let (model, Columns { agents, arrived, .. }) = (&*self.model, &mut self.columns);
        let mut found = Crossings::default();
        for (agent, arrived) in agents.iter().zip(arrived).filter(|(_, arrived)| !**arrived) {
            *arrived = troupe.aim.holds_for(|place| quality(model, agent, place));
            found.arrived += u64::from(*arrived);
        }
        if troupe.trend_ticks.contains(&self.tick) {
            (found.counts, found.sums) = (vec![0; troupe.counts()], vec![0; M::TRAITS.len()]);
            for agent in &self.columns.agents {
                for (place, sum) in found.sums.iter_mut().enumerate() {
                    let value = model.trait_value(agent, place);
                    found.counts[troupe.place(place, value)] += 1;
                    *sum += (value * ONE).round() as i128;
                }
            }
        }
        found
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
        (0..M::TRAITS.len() + M::METRICS.len()).map(|place| quality(&*self.model, agent, place)).collect()
    }
}

/// A trait of an agent, or behind all traits its part in a metric.
fn quality<M: Model>(model: &M, agent: &M::Agent, place: usize) -> f64 {
    let Some(metric) = place.checked_sub(M::TRAITS.len()) else { return model.trait_value(agent, place) };
    let mut sums = [0; MAX_METRICS];
    let sums = &mut sums[..M::METRICS.len()];
    model.measure(agent, sums);
    fixed::mean(sums[metric], 1)
}
