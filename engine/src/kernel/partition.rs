//! One partition's columns, and how they come from tick to tick; the inner loop over them is `pass`'s.
//!
//! Agents' own state is updated in place, for nobody else reads it; what they publish is double-buffered, so
//! that within a tick everybody sees the last tick.

use std::sync::Arc;

use crate::World;
use crate::audit::{AgentView, PartitionHashes};
use crate::cast::Troupe;
use crate::conditions::Conditions;
use crate::draws::{BLOCK_AGENTS, DrawKey, Purpose};
use crate::error::{EngineError, Result};
use crate::kernel::act::Doing;
use crate::kernel::actors::Actors;
use crate::kernel::birth::Cradle;
use crate::kernel::digest::DigestSum;
use crate::kernel::erased::PartitionKernel;
use crate::kernel::halo::{Halo, HaloRequest, SentColumns, View};
use crate::kernel::kept::Kept;
use crate::kernel::pass::Turn;
use crate::kernel::post::Post;
use crate::kernel::rest::Activity;
use crate::kernel::strangers::Strangers;
use crate::kernel::ties::Ties;
use crate::model::Model;
use crate::spec::Seeds;
use crate::state::PartitionState;
use crate::tally::Tally;
use crate::telemetry::Observation;
use crate::workflow::{Findings, Script, Task};

/// Consecutive agents of one region that share a random stream.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    pub(crate) id: u32,
    pub(crate) region: u32,
    /// Place of its first agent in the partition.
    pub(crate) first: u32,
    /// Id of its first agent.
    pub(crate) first_id: u32,
    pub(crate) len: u32,
}

impl Block {
    /// One bit per agent.
    #[inline]
    pub(crate) fn lanes(self) -> u64 {
        u64::MAX >> (BLOCK_AGENTS as u32 - self.len)
    }
}

/// A partition's agents, block by block.
pub(crate) struct Columns<M: Model> {
    pub(crate) blocks: Vec<Block>,
    pub(crate) agents: Vec<M::Agent>,
    /// Of copies, whether each has been at the goal; empty in other runs.
    pub(crate) arrived: Vec<bool>,
}

impl<M: Model> Columns<M> {
    /// No agents, with room for this many, taken before anything is made. Where the system refuses it, the run fails and
    /// the program does not; a system that promises more memory than it has is beyond this.
    pub(crate) fn with_room(blocks: usize, agents: usize) -> Result<Self> {
        let mut columns = Self { blocks: Vec::new(), agents: Vec::new(), arrived: Vec::new() };
        let reserved = columns.blocks.try_reserve_exact(blocks);
        let reserved = reserved.and_then(|()| columns.agents.try_reserve_exact(agents));
        reserved.map_err(|_| EngineError::no_memory())?;
        Ok(columns)
    }
}

pub(crate) struct Partition<M: Model> {
    pub(super) model: Arc<M>,
    pub(super) columns: Columns<M>,
    pub(super) ties: Ties,
    pub(super) view: View,
    /// What everybody in view published at the end of the last tick.
    pub(super) now: Vec<M::Published>,
    /// What its own agents publish in the tick that is being stepped.
    pub(super) next: Vec<M::Published>,
    /// Halos of the next exchange, which came while this one's values are still read.
    pub(super) ahead: Vec<Halo>,
    /// The columns that it sent whole.
    pub(super) sent: SentColumns,
    pub(super) tick: u32,
    /// How many times everybody has published anew since the partition was built.
    pub(super) exchange: u32,
    pub(super) kept: Kept,
    pub(super) cradle: Cradle<M>,
    pub(super) script: Option<Arc<Script>>,
    /// The task of the experiment that is half done.
    pub(super) doing: Option<Doing>,
    /// Who has something to do, where agents rest and ties are mutual.
    pub(super) activity: Option<Box<Activity>>,
    /// The next block to step.
    pub(super) cursor: usize,
    pub(super) step_key: DrawKey,
    seeds: Seeds,
    actors: Actors,
    pub(super) words: Vec<u32>,
    pub(super) sums: Vec<i64>,
    pub(super) tally: Tally,
    pub(super) post: Post<M>,
    /// The agents that the run names, rising.
    pub(super) watched: Arc<[u32]>,
    /// Whom copies meet, and what is counted of them, where agents are copies.
    pub(super) strangers: Option<Box<Strangers<M>>>,
    pub(super) troupe: Option<Arc<Troupe>>,
    /// For each part of the scenario that is for some segments only, a flag per region and segment that it is about.
    pub(super) scoped: Vec<Vec<bool>>,
}

impl<M: Model> Partition<M> {
    pub(crate) fn new(
        model: Arc<M>,
        world: &World,
        columns: Columns<M>,
        (ties, view): (Ties, View),
        post: Post<M>,
        tick: u32,
    ) -> Self {
        let mut now = vec![M::Published::default(); view.len];
        for (slot, agent) in now[view.own..].iter_mut().zip(&columns.agents) {
            *slot = model.publish(agent);
        }
        let seeds = world.spec.seeds();
        let seed = seeds.at(tick);
        let regions = columns.blocks.first().map_or(0, |b| b.region as usize)
            ..columns.blocks.last().map_or(0, |b| b.region as usize + 1);
        let width = M::SEGMENTS.len() * M::METRICS.len();
        let activity = (M::RESTS && ties.are_mutual()).then(|| {
            let view = (view.own, view.len);
            Box::new(Activity::new(&ties, columns.blocks.len(), columns.agents.len(), view, width))
        });
        Self {
            next: now[view.own..][..columns.agents.len()].to_vec(),
            now,
            ahead: Vec::new(),
            sent: SentColumns::default(),
            tick,
            exchange: 0,
            kept: Kept::new::<M>(world),
            cradle: Cradle::new(Arc::clone(&model), world),
            script: world.script.clone(),
            doing: None,
            activity,
            cursor: 0,
            step_key: DrawKey::new(seed, Purpose::Step),
            seeds,
            actors: Actors::of(world, seed),
            words: vec![0; BLOCK_AGENTS * M::DRAWS_PER_STEP.max(1)],
            sums: vec![0; width],
            tally: Tally::new(regions, M::SEGMENTS.len(), M::METRICS.len()),
            model,
            columns,
            ties,
            view,
            post,
            watched: world.named_agents(),
            strangers: Strangers::of(world, seed),
            troupe: world.troupe.clone(),
            scoped: world.programme.counted_cells(world.layout.regions()),
        }
    }
}

impl<M: Model> Partition<M> {
    /// Sums over the agents as they are.
    pub(super) fn measure_all(&mut self) -> Tally {
        self.forget_activity();
        self.tally.clear();
        for index in 0..self.columns.blocks.len() {
            self.pass_block(self.columns.blocks[index], Turn::whole(0));
        }
        self.watch();
        self.tally.clone()
    }

    /// Sums, or agents, are others than the last tick left them.
    pub(super) fn forget_activity(&mut self) {
        if let Some(activity) = &mut self.activity {
            activity.forget();
        }
    }

    /// Steps about `agents` more agents, whoever they are.
    fn step_all(&mut self, conditions: &Conditions, agents: usize) {
        if self.cursor == 0 {
            self.tally.clear();
        }
        let mut left = agents;
        while let Some(&block) = self.columns.blocks.get(self.cursor) {
            self.step_block(block, conditions);
            self.cursor += 1;
            left = left.saturating_sub(block.len as usize);
            if left == 0 {
                break;
            }
        }
    }

    /// The next tick; where another seed is in force from it on, numbers are drawn with that one.
    fn next_tick(&mut self) {
        self.tick += 1;
        self.cursor = 0;
        if let Some(seed) = self.seeds.changed_at(self.tick) {
            self.step_key = DrawKey::new(seed, Purpose::Step);
            self.actors.reseed(seed);
            if let Some(strangers) = &mut self.strangers {
                strangers.reseed(seed);
            }
        }
    }

    /// One bit per agent of the block that acts in this tick.
    #[inline]
    pub(super) fn acting(&mut self, block: Block) -> u64 {
        self.actors.of_block(block, self.tick)
    }
}

impl<M: Model> PartitionKernel for Partition<M> {
    fn tick(&self) -> u32 {
        self.tick
    }

    fn exchange(&self) -> u32 {
        self.exchange
    }

    fn agents(&self) -> usize {
        self.columns.agents.len()
    }

    fn bytes(&self) -> usize {
        let columns = size_of_val(&*self.columns.agents) + size_of_val(&*self.columns.blocks);
        let published = size_of_val(&*self.now) + size_of_val(&*self.next);
        let mail = self.post.bytes();
        columns + published + mail + self.ties.bytes() + self.activity.as_ref().map_or(0, |activity| activity.bytes())
    }

    fn counts(&self) -> Vec<u64> {
        self.count_agents()
    }

    fn requests(&self) -> &[HaloRequest] {
        &self.view.requests
    }

    fn measure(&mut self) -> Tally {
        self.measure_all()
    }

    fn act_some(&mut self, task: Task, conditions: &Conditions, agents: usize) -> Option<Findings> {
        self.do_some(task, conditions, agents)
    }

    fn step_some(&mut self, conditions: &Conditions, agents: usize) -> bool {
        if self.cursor == 0 {
            self.post.open();
        }
        // Known when the model is compiled: where nobody rests, a model's step has one caller and becomes part of its loop.
        let activity = if M::RESTS { self.activity.take() } else { None };
        if M::RESTS
            && let Some(mut activity) = activity
        {
            self.step_roused(&mut activity, conditions, agents);
            self.activity = Some(activity);
        } else {
            self.step_all(conditions, agents);
        }
        if self.cursor < self.columns.blocks.len() {
            return false;
        }
        self.post.close(&mut self.tally);
        self.next_exchange();
        self.next_tick();
        self.watch();
        true
    }

    fn current_region(&self) -> usize {
        self.columns.blocks.get(self.cursor).map_or(0, |block| block.region as usize)
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn halo_for(&mut self, request: &HaloRequest) -> Arc<[u8]> {
        self.values_for(request)
    }

    fn mail_for(&self, to: usize) -> Arc<[u8]> {
        self.post.mail_for(to)
    }

    fn receive(&mut self, halo: &Halo) -> Result<()> {
        self.take_in(halo)
    }

    fn digest(&self) -> DigestSum {
        let mut sum = DigestSum::default();
        self.each_block_packed(|block, bytes| {
            sum.add_block(block.id, bytes);
        });
        self.post.add_to(&mut sum, &[], &mut []);
        sum
    }

    fn hashes(&self, agents: bool) -> PartitionHashes {
        self.all_hashes(agents)
    }

    fn agent(&self, id: u32) -> Option<AgentView> {
        self.view_of(id)
    }

    fn observe(&self, ids: &[u32], conditions: &Conditions, reasons: bool) -> Vec<Observation> {
        self.observe_own(ids, conditions, reasons)
    }

    fn save(&self) -> PartitionState {
        let mut saved = Vec::new();
        self.pack_kept(0..self.columns.agents.len(), &mut saved);
        let first = self.columns.blocks.first().map_or(0, |block| block.id);
        let blocks = first..first + self.columns.blocks.len() as u32;
        PartitionState { blocks, saved, mail: self.post.save() }
    }
}
