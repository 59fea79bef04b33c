//! Looking at a partition's agents from outside, between ticks: their hashes, block by block or one by one, and a single
//! agent as it is. Everything here is made of the bytes that the state digest is made of; nothing is changed.

use crate::audit::{AgentView, PartitionHashes};
use crate::kernel::digest::{DigestSum, agent_hash};
use crate::kernel::partition::{Block, Partition};
use crate::model::Model;
use crate::pack::{Pack, pack_all};

impl<M: Model> Partition<M> {
    /// Calls `f` with every block and what the digest takes of it: its agents' saved state, then what they publish.
    pub(super) fn each_block_packed(&self, mut f: impl FnMut(Block, &[u8])) {
        let mut bytes = Vec::new();
        for &block in &self.columns.blocks {
            let agents = &self.columns.agents[block.first as usize..][..block.len as usize];
            bytes.clear();
            self.kept.save(&*self.model, agents, &mut bytes);
            pack_all(agents.iter().map(|agent| self.model.publish(agent)), &mut bytes);
            f(block, &bytes);
        }
    }

    /// See [`crate::PartitionKernel::hashes`].
    pub(super) fn all_hashes(&self, agents: bool) -> PartitionHashes {
        let first_block = self.columns.blocks.first().map_or(0, |block| block.id);
        let mut sum = DigestSum::default();
        let mut blocks = Vec::with_capacity(self.columns.blocks.len());
        let mut each_agent = Vec::with_capacity(if agents { self.columns.agents.len() } else { 0 });
        let (kept, published) = (self.kept.bytes, M::Published::BYTES);
        let mut own = Vec::with_capacity(kept + published);
        self.each_block_packed(|block, bytes| {
            blocks.push(sum.add_block(block.id, bytes));
            if !agents {
                return;
            }
            let (saved, shown) = bytes.split_at(block.len as usize * kept);
            for lane in 0..block.len as usize {
                own.clear();
                own.extend_from_slice(&saved[lane * kept..][..kept]);
                own.extend_from_slice(&shown[lane * published..][..published]);
                each_agent.push(agent_hash(block.first_id + lane as u32, &own));
            }
        });
        PartitionHashes { first_block, sum, blocks, agents: agents.then_some(each_agent) }
    }

    /// See [`crate::PartitionKernel::agent`].
    pub(super) fn view_of(&self, id: u32) -> Option<AgentView> {
        let next = self.columns.blocks.partition_point(|block| block.first_id <= id);
        let block = self.columns.blocks[..next].last().filter(|block| id - block.first_id < block.len)?;
        let place = (block.first + (id - block.first_id)) as usize;
        let agent = &self.columns.agents[place];
        let (mut saved, mut published) = (Vec::new(), Vec::new());
        self.kept.save(&*self.model, std::slice::from_ref(agent), &mut saved);
        pack_all(std::iter::once(self.model.publish(agent)), &mut published);
        let traits = (0..M::TRAITS.len()).map(|number| self.model.trait_value(agent, number)).collect();
        let (region, segment) = (block.region as usize, self.model.segment(agent));
        Some(AgentView { id, region, segment, saved, published, traits })
    }
}
