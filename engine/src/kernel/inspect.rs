//! Looking at a partition's agents from outside, between ticks: their hashes, block by block or one by one, and a single
//! agent as it is. The hashes of blocks are those that the state digest is made of; nothing is changed.

use std::ops::Range;

use crate::audit::{AgentView, PartitionHashes};
use crate::kernel::digest::{DigestSum, agent_hash};
use crate::kernel::partition::{Block, Columns, Partition};
use crate::model::{Model, State};
use crate::pack::pack_all;

impl<M: Model> Partition<M> {
    /// Calls `f` with every block and what the digest takes of it: its agents' saved state, then what they publish.
    pub(super) fn each_block_packed(&self, mut f: impl FnMut(Block, &[u8])) {
        let mut bytes = Vec::new();
        for &block in &self.columns.blocks {
            let agents = self.agents_of(block);
            bytes.clear();
            let first = block.first as usize;
            self.pack_kept(first..first + block.len as usize, &mut bytes);
            pack_all(agents.iter().map(|agent| self.model.publish(agent)), &mut bytes);
            f(block, &bytes);
        }
    }

    /// Appends what a snapshot keeps of agents: of a copy also whether it has been at the goal.
    pub(super) fn pack_kept(&self, places: Range<usize>, bytes: &mut Vec<u8>) {
        let Columns { agents, arrived, .. } = &self.columns;
        if arrived.is_empty() {
            return self.kept.save(&*self.model, &agents[places], bytes);
        }
        for place in places {
            self.kept.save(&*self.model, &agents[place..=place], bytes);
            bytes.push(u8::from(arrived[place]));
        }
    }

    /// See [`crate::PartitionKernel::hashes`].
    pub(super) fn all_hashes(&self, agents: bool) -> PartitionHashes {
        let mut sum = DigestSum::default();
        let mut blocks = Vec::with_capacity(self.columns.blocks.len());
        self.each_block_packed(|block, bytes| blocks.push(sum.add_block(block.id, bytes)));
        self.post.add_to(&mut sum, &self.columns.blocks, &mut blocks);
        PartitionHashes {
            first_block: self.columns.blocks.first().map_or(0, |block| block.id),
            sum,
            blocks,
            plain: (self.kept.bytes > self.kept.own && self.columns.arrived.is_empty()).then(|| self.plain_hashes()),
            agents: agents.then(|| self.agent_hashes()),
        }
    }

    /// One hash per block as it would be in a run whose experiment sets nothing.
    fn plain_hashes(&self) -> Vec<u64> {
        let mut bytes = Vec::new();
        let hash = |&block: &Block| {
            let agents = self.agents_of(block);
            bytes.clear();
            pack_all(agents.iter().map(State::save), &mut bytes);
            pack_all(agents.iter().map(|agent| self.model.publish(agent)), &mut bytes);
            DigestSum::block_hash(block.id, &bytes)
        };
        let mut hashes: Vec<u64> = self.columns.blocks.iter().map(hash).collect();
        self.post.add_to(&mut DigestSum::default(), &self.columns.blocks, &mut hashes);
        hashes
    }

    /// One hash per agent: of what its model saves, what it publishes, every trait that can be set, whether or not
    /// this run's experiment sets it, and the letters that it wrote in the last tick.
    fn agent_hashes(&self) -> Vec<u32> {
        let settable: Vec<_> = (0..M::TRAITS.len()).filter(|&number| M::TRAITS[number].settable).collect();
        let mut hashes = Vec::with_capacity(self.columns.agents.len());
        let mut bytes = Vec::new();
        for &block in &self.columns.blocks {
            for (id, agent) in (block.first_id..).zip(self.agents_of(block)) {
                bytes.clear();
                pack_all(std::iter::once(agent.save()), &mut bytes);
                pack_all(std::iter::once(self.model.publish(agent)), &mut bytes);
                pack_all(settable.iter().map(|&number| self.model.trait_value(agent, number)), &mut bytes);
                bytes.extend(self.post.written_by(id));
                hashes.push(agent_hash(id, &bytes));
            }
        }
        hashes
    }

    /// See [`crate::PartitionKernel::agent`].
    pub(super) fn view_of(&self, id: u32) -> Option<AgentView> {
        let next = self.columns.blocks.partition_point(|block| block.first_id <= id);
        let block = *self.columns.blocks[..next].last().filter(|block| id - block.first_id < block.len)?;
        let agent = &self.agents_of(block)[(id - block.first_id) as usize];
        let (mut saved, mut published) = (Vec::new(), Vec::new());
        pack_all(std::iter::once(agent.save()), &mut saved);
        pack_all(std::iter::once(self.model.publish(agent)), &mut published);
        let traits = (0..M::TRAITS.len()).map(|number| self.model.trait_value(agent, number)).collect();
        let (region, segment) = (block.region as usize, self.model.segment(agent));
        Some(AgentView { id, region, segment, saved, published, traits, letters: self.post.written_by(id) })
    }

    /// See [`crate::PartitionKernel::counts`].
    pub(super) fn count_agents(&self) -> Vec<u64> {
        let segments = M::SEGMENTS.len();
        let mut counts = vec![0; segments + self.scoped.len()];
        for &block in &self.columns.blocks {
            for agent in self.agents_of(block) {
                let segment = self.model.segment(agent);
                counts[segment] += 1;
                let cell = block.region as usize * segments + segment;
                for (count, cells) in counts[segments..].iter_mut().zip(&self.scoped) {
                    *count += u64::from(cells[cell]);
                }
            }
        }
        counts
    }

    fn agents_of(&self, block: Block) -> &[M::Agent] {
        &self.columns.agents[block.first as usize..][..block.len as usize]
    }
}
