//! Looking at some of a partition's agents between two ticks, for telemetry: what the model says of each, and its reasons.
//! Nothing is changed. What agents listen to must have come: reasons are given with it in sight.

use crate::conditions::Conditions;
use crate::kernel::partition::{Block, Partition};
use crate::model::{Around, Model, Peers};
use crate::telemetry::Observation;

impl<M: Model> Partition<M> {
    /// See [`crate::PartitionKernel::observe`].
    pub(super) fn observe_own(&self, ids: &[u32], conditions: &Conditions, reasons: bool) -> Vec<Observation> {
        self.own_of(ids).iter().map(|&id| self.observation(self.block_of(id), id, conditions, reasons)).collect()
    }

    /// The block of one of its agents.
    fn block_of(&self, id: u32) -> Block {
        let next = self.columns.blocks.partition_point(|block| block.first_id <= id);
        self.columns.blocks[next - 1]
    }

    fn observation(&self, block: Block, id: u32, conditions: &Conditions, reasons: bool) -> Observation {
        let (place, region) = ((block.first + id - block.first_id) as usize, block.region as usize);
        let agent = &self.columns.agents[place];
        let reasons = reasons.then(|| {
            let met = self.strangers.as_ref();
            let met = met.map(|strangers| strangers.met(&self.model, block, (id - block.first_id) as usize, self.tick));
            let slots =
                met.as_ref().map_or_else(|| self.ties.of(place, self.tick), |met| (0..met.len() as u32).collect());
            let published = met.as_deref().unwrap_or(&self.now);
            let around = Around {
                id,
                region,
                tick: self.tick,
                peers: Peers::new(&slots, self.ties.weights_of(place), published, &self.view),
                environment: conditions.of(region, self.model.segment(agent)),
                society: &conditions.society,
                mail: &[],
                bulletin: &[],
                desk: None,
            };
            self.model.explain(agent, around)
        });
        Observation {
            agent: id,
            region,
            segment: self.model.segment(agent),
            state: self.state_of(agent),
            reasons: reasons.unwrap_or_default(),
        }
    }

    /// The agent's traits; of a model without any, its share in every metric.
    fn state_of(&self, agent: &M::Agent) -> Vec<f64> {
        let mut known = self.known_of(agent);
        if !M::TRAITS.is_empty() {
            known.truncate(M::TRAITS.len());
        }
        known
    }
}
