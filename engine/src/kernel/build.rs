//! Making a partition: its agents from their blocks' random streams, their ties, the ghosts it needs, and the
//! state to resume from where there is one. No other partition is looked at.

use std::ops::Range;
use std::sync::Arc;

use crate::error::{EngineError, Result};
use crate::kernel::birth::Cradle;
use crate::kernel::erased::{PartitionBuilder, PartitionKernel};
use crate::kernel::halo::View;
use crate::kernel::kept::Kept;
use crate::kernel::partition::{Block, Columns, Partition};
use crate::model::Model;
use crate::state::PartitionState;
use crate::world::TieMaker;
use crate::{Plan, World};

pub(crate) struct Builder<M: Model> {
    model: Arc<M>,
    world: Arc<World>,
    index: usize,
    /// The agents of every partition.
    ranges: Vec<Range<u32>>,
    todo: Range<u32>,
    saved: Option<Arc<[PartitionState]>>,
    cradle: Cradle<M>,
    columns: Columns<M>,
    /// One bit per agent of the run: listened to by some agent here.
    listened: Vec<u64>,
}

impl<M: Model> Builder<M> {
    pub(crate) fn new(
        model: Arc<M>,
        world: Arc<World>,
        plan: &Plan,
        index: usize,
        saved: Option<Arc<[PartitionState]>>,
    ) -> Self {
        let blocks = plan.partitions()[index].clone();
        let ranges: Vec<_> = plan.partitions().iter().map(|b| world.layout.blocks_agents(b)).collect();
        let listened = vec![0; (world.layout.agents() as usize).div_ceil(64)];
        Self {
            cradle: Cradle::new(Arc::clone(&model), &world),
            columns: Columns::empty(),
            todo: blocks,
            model,
            world,
            index,
            ranges,
            saved,
            listened,
        }
    }

    fn build_block(&mut self, ties: &TieMaker<'_>, block: u32) -> Result<()> {
        let ids = self.world.layout.block_agents(block);
        let kept = Kept::new::<M>(&self.world);
        let saved = match &self.saved {
            Some(parts) => Some(saved_block(parts, &self.world, block, &ids, kept.bytes)?),
            None => None,
        };
        let columns = &mut self.columns;
        let region = self.world.layout.region_of_block(block);
        let first = columns.agents.len() as u32;
        columns.blocks.push(Block {
            id: block,
            region: region as u32,
            first,
            first_id: ids.start,
            len: ids.len() as u32,
        });
        for (lane, mut agent) in self.cradle.block(block, ids).enumerate() {
            if let Some(bytes) = saved {
                kept.restore(&*self.model, &mut agent, &bytes[lane * kept.bytes..][..kept.bytes]);
            }
            columns.agents.push(agent);
        }
        let listened = &mut self.listened;
        ties.block(block, |mine| {
            columns.ties.extend_from_slice(mine);
            columns.ends.push(columns.ties.len() as u32);
            for &id in mine {
                listened[id as usize / 64] |= 1 << (id % 64);
            }
        });
        Ok(())
    }

    /// Ids of the agents elsewhere that this partition listens to, rising.
    fn ghosts(&self) -> Vec<u32> {
        let own = &self.ranges[self.index];
        let ids = self.listened.iter().enumerate().flat_map(|(word, &bits)| {
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word as u32 * 64 + bit)
        });
        ids.filter(|id| !own.contains(id)).collect()
    }
}

impl<M: Model> PartitionBuilder for Builder<M> {
    fn build_some(&mut self, agents: usize) -> Result<bool> {
        let world = Arc::clone(&self.world);
        let ties = TieMaker::new(&world.layout, &world.gravity, &world.spec.network, world.spec.seed);
        if self.columns.agents.is_empty() {
            let own = self.ranges[self.index].len();
            let expected = (own as f64 * world.spec.network.mean_degree) as usize;
            self.columns.reserve(self.todo.len(), own, expected + expected / 64)?;
        }
        let enough = self.columns.agents.len() + agents;
        while let Some(block) = self.todo.next() {
            self.build_block(&ties, block)?;
            if self.columns.agents.len() >= enough {
                break;
            }
        }
        if u32::try_from(self.columns.ties.len()).is_err() {
            let problem = "makes more than 2^32 ties in one partition; use a smaller degree or more partitions";
            return Err(EngineError::invalid("network.mean_degree", problem));
        }
        Ok(self.todo.is_empty())
    }

    fn finish(mut self: Box<Self>, tick: u32) -> Box<dyn PartitionKernel> {
        let view = View::new(self.index, &self.ranges, &self.ghosts());
        let own = &self.ranges[self.index];
        for tie in &mut self.columns.ties {
            let slot = if own.contains(tie) {
                view.own + (*tie - own.start) as usize
            } else {
                view.ghost_slot(*tie, &self.ranges)
            };
            *tie = slot as u32;
        }
        Box::new(Partition::new(self.model, &self.world, self.columns, view, tick))
    }
}

/// The bytes that a snapshot kept of a block's agents.
fn saved_block<'a>(
    parts: &'a [PartitionState],
    world: &World,
    block: u32,
    ids: &Range<u32>,
    size: usize,
) -> Result<&'a [u8]> {
    let missing = || EngineError::State(format!("no state for block {block}"));
    let part = parts.iter().find(|part| part.blocks.contains(&block)).ok_or_else(missing)?;
    let first = world.layout.block_agents(part.blocks.start).start;
    let start = (ids.start - first) as usize * size;
    part.saved.get(start..start + ids.len() * size).ok_or_else(missing)
}
