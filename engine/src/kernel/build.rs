//! Making a partition: its agents from their blocks' random streams, their ties, the ghosts it needs, and the
//! state to resume from where there is one. No other partition is looked at. Directed ties are made, and listed ones
//! copied, along with the agents, undirected ones after them, in as many turns as it takes.

use std::ops::Range;
use std::sync::Arc;

use crate::error::{EngineError, Result};
use crate::kernel::birth::Cradle;
use crate::kernel::erased::{PartitionBuilder, PartitionKernel};
use crate::kernel::halo::View;
use crate::kernel::kept::Kept;
use crate::kernel::partition::{Block, Columns, Partition};
use crate::kernel::post::Post;
use crate::kernel::ties::Ties;
use crate::model::Model;
use crate::spec::NetworkKind;
use crate::state::PartitionState;
use crate::world::{Edges, ListedRows, TieMaker, TieRows};
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
    kept: Kept,
    post: Post<M>,
    /// What is made; none before the first turn.
    making: Option<Making<M>>,
    /// One bit per agent of the run: listened to by some agent here.
    listened: Vec<u64>,
}

/// Agents and ties in the making.
struct Making<M: Model> {
    columns: Columns<M>,
    wiring: Wiring,
}

/// Ties in the making, by how they come about.
enum Wiring {
    /// Along with the agents: the end of each row after a leading 0, and ids of those that are listened to.
    Directed { ends: Vec<u32>, ties: Vec<u32> },
    /// Along with the agents, from what the data set lists.
    Listed(ListedRows),
    /// After the agents.
    Undirected(Box<TieRows>),
    /// Not at all: those that an agent meets are nobody in particular.
    Strangers(Ties),
    /// Not at all: whom an agent listens to, out of everybody, is found when it steps.
    Unlisted(Ties),
}

impl Wiring {
    /// The ties of the agents `own`, none of them made.
    fn new(world: &Arc<World>, own: &Range<u32>) -> Result<Self> {
        let (network, agents) = (&world.spec.network, world.layout.agents());
        if let Some(troupe) = &world.troupe {
            return Ok(Self::Strangers(Ties::strangers(troupe.strangers)));
        }
        if let Some(listed) = world.listed() {
            return Ok(Self::Listed(ListedRows::new(listed, own)?));
        }
        match (network.kind, Edges::new(world)) {
            (_, Some(edges)) => Ok(Self::Undirected(Box::new(TieRows::new(edges, own.clone())?))),
            (NetworkKind::Complete, None) => Ok(Self::Unlisted(Ties::complete(agents, own))),
            (NetworkKind::Pairs, None) => Ok(Self::Unlisted(Ties::pairs(world.spec.seeds(), agents, own))),
            (_, None) => Self::directed(network.mean_degree, own),
        }
    }

    /// Room for as many ties as there will be about.
    fn directed(mean_degree: f64, own: &Range<u32>) -> Result<Self> {
        let expected = (own.len() as f64 * mean_degree) as usize;
        let (mut ends, mut ties) = (Vec::new(), Vec::new());
        let reserved = ends.try_reserve_exact(own.len() + 1);
        let reserved = reserved.and_then(|()| ties.try_reserve(expected + expected / 64));
        reserved.map_err(|_| EngineError::no_memory())?;
        ends.push(0);
        Ok(Self::Directed { ends, ties })
    }
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
            kept: Kept::new::<M>(&world),
            post: Post::new(&world, plan, index),
            making: None,
            todo: blocks,
            model,
            world,
            index,
            ranges,
            saved,
            listened,
        }
    }

    fn build_block(&mut self, making: &mut Making<M>, block: u32) -> Result<()> {
        let ids = self.world.layout.block_agents(block);
        let kept = &self.kept;
        let saved = match &self.saved {
            Some(parts) => Some(saved_block(parts, &self.world, block, &ids, kept.bytes)?),
            None => None,
        };
        let columns = &mut making.columns;
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
            if self.world.troupe.is_some() {
                let arrived = saved.is_some_and(|bytes| bytes[(lane + 1) * kept.bytes - 1] == 1);
                columns.arrived.push(arrived);
            }
        }
        Ok(())
    }

    /// Makes agents, and the ties that are made along with them. True when all are made.
    fn build_agents(&mut self, making: &mut Making<M>, agents: usize) -> Result<bool> {
        let world = Arc::clone(&self.world);
        let maker = TieMaker::new(&world.layout, &world.gravity, &world.spec.network, world.spec.birth_seed());
        let enough = making.columns.agents.len().saturating_add(agents);
        while let Some(block) = self.todo.next() {
            self.build_block(making, block)?;
            if let (Wiring::Listed(rows), Some(listed)) = (&mut making.wiring, world.listed()) {
                rows.copy(listed, world.layout.block_agents(block), |row| mark(&mut self.listened, row));
            }
            if let Wiring::Directed { ends, ties } = &mut making.wiring {
                maker.block(block, |mine| {
                    ties.extend_from_slice(mine);
                    ends.push(ties.len() as u32);
                    mark(&mut self.listened, mine);
                });
                if u32::try_from(ties.len()).is_err() {
                    return Err(EngineError::too_many_ties());
                }
            }
            if making.columns.agents.len() >= enough {
                break;
            }
        }
        Ok(self.todo.is_empty())
    }

    /// Ids of the agents elsewhere that this partition listens to, rising.
    fn ghosts(&self) -> Vec<u32> {
        let own = &self.ranges[self.index];
        let ids = self.listened.iter().enumerate().flat_map(|(word, &bits)| {
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word as u32 * 64 + bit)
        });
        ids.filter(|id| !own.contains(id)).collect()
    }

    /// Ties by slots of the view, made of ties by ids.
    fn listed(&self, ListedRows { ends, mut ties, weights }: ListedRows, mutual: bool) -> (View, Ties) {
        let view = View::new(self.index, &self.ranges, &self.ghosts());
        let own = &self.ranges[self.index];
        for tie in &mut ties {
            let slot = if own.contains(tie) {
                view.own + (*tie - own.start) as usize
            } else {
                view.ghost_slot(*tie, &self.ranges)
            };
            *tie = slot as u32;
        }
        (view, Ties::Listed { ends, slots: ties, weights, mutual })
    }

    /// What is made so far, nothing at first.
    fn making(&mut self) -> Result<Making<M>> {
        if let Some(making) = self.making.take() {
            return Ok(making);
        }
        if let Some(states) = &self.saved {
            self.post.restore(states)?;
        }
        let own = &self.ranges[self.index];
        let columns = Columns::with_room(self.todo.len(), own.len())?;
        Ok(Making { columns, wiring: Wiring::new(&self.world, own)? })
    }
}

/// Notes that these agents are listened to.
fn mark(listened: &mut [u64], ids: &[u32]) {
    for &id in ids {
        listened[id as usize / 64] |= 1 << (id % 64);
    }
}

impl<M: Model> PartitionBuilder for Builder<M> {
    fn build_some(&mut self, agents: usize) -> Result<bool> {
        let mut making = self.making()?;
        let all = if !self.todo.is_empty() {
            let all = self.build_agents(&mut making, agents)?;
            all && !matches!(making.wiring, Wiring::Undirected(_))
        } else if let Wiring::Undirected(rows) = &mut making.wiring {
            rows.advance(agents, |row| mark(&mut self.listened, row))?
        } else {
            true
        };
        self.making = Some(making);
        Ok(all)
    }

    fn finish(mut self: Box<Self>, tick: u32) -> Box<dyn PartitionKernel> {
        let Making { columns, wiring } = self.making.take().expect("a partition is finished when all is made");
        let (mut view, ties) = match wiring {
            Wiring::Listed(rows) => {
                let mutual = !self.world.dataset.has_directed_ties();
                self.listed(rows, mutual)
            }
            Wiring::Directed { ends, ties } => self.listed(ListedRows { ends, ties, weights: Vec::new() }, false),
            Wiring::Undirected(rows) => {
                let (ends, ties) = rows.finish();
                self.listed(ListedRows { ends, ties, weights: Vec::new() }, true)
            }
            Wiring::Strangers(ties) => (View::new(self.index, &self.ranges, &[]), ties),
            Wiring::Unlisted(ties) => (View::whole(self.index, &self.ranges), ties),
        };
        if Post::<M>::MAIL {
            view.hear_all(self.index);
        }
        Box::new(Partition::new(self.model, &self.world, columns, (ties, view), self.post, tick))
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
