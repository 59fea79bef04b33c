//! The inner loop: a block's agents step, and are measured. It touches, per agent: its state, its row of the network, its
//! peers' published values, its share of the block's random numbers. A model's step has one caller here, so that it becomes
//! part of the loop.
//!
//! Where segments have environments of their own, a block is passed several times, each time those up to the next of another
//! segment: so agents step in the order of their ids, in which what they write must come out. Whoever has one environment
//! for all pays nothing for it.

use crate::conditions::Conditions;
use crate::draws::{BLOCK_AGENTS, DrawKey, Draws};
use crate::kernel::halo::View;
use crate::kernel::lanes::{NEAR_VARIABLES, beside, first_alike, stretches};
use crate::kernel::partition::{Block, Partition};
use crate::kernel::post::Post;
use crate::kernel::ties::Rows;
use crate::model::{Around, Model, Peers};

/// Those of a block that step in one environment: all that act, but where segments differ.
#[derive(Clone, Copy)]
pub(super) struct Turn<'a> {
    /// One bit per agent whose turn it is.
    lanes: u64,
    /// One bit per agent that acts in this tick.
    acting: u64,
    /// True where no others of the block came before, and where none come after.
    is_first: bool,
    is_last: bool,
    environment: &'a [f32],
    society: &'a [f64],
}

impl Turn<'_> {
    /// All those that act, in no environment yet.
    pub(super) fn whole(acting: u64) -> Self {
        Self { lanes: acting, acting, is_first: true, is_last: true, environment: &[], society: &[] }
    }
}

/// What is the same for all agents of a block, but for their environment.
struct Scene<'a, M: Model> {
    block: Block,
    rows: Rows<'a>,
    /// The block's random numbers.
    words: &'a [u32],
    now: &'a [M::Published],
    view: &'a View,
    post: &'a Post<M>,
    key: &'a DrawKey,
    tick: u32,
    society: &'a [f64],
}

/// Steps those of a block whose bits are set. What is written and what is read come as arguments of their own: so the
/// compiler knows that no step changes the model or the environment, and reads them once instead of once per agent.
#[inline]
fn step_lanes<M: Model>(
    model: &M,
    environment: &[f32],
    agents: &mut [M::Agent],
    next: &mut [M::Published],
    acting: u64,
    scene: Scene<'_, M>,
) {
    let Scene { block, rows, words, now, view, post, key, tick, society } = scene;
    let region = block.region as usize;
    for lanes in stretches(acting) {
        let (first, id) = (block.first as usize + lanes.start, block.first_id + lanes.start as u32);
        let room = M::DRAWS_PER_STEP.max(1);
        let words = words[lanes.start * room..].chunks_exact(room);
        // Known when the model is compiled: one that does not weigh does not look for weights.
        let rows = rows.of_all(lanes.clone(), M::WEIGHS);
        let agents = agents[lanes.clone()].iter_mut().zip(&mut next[lanes]);
        for (lane, ((agent, next), (words, (slots, weights)))) in agents.zip(words.zip(rows)).enumerate() {
            let peers = Peers::new(slots, weights, now, view);
            let id = id + lane as u32;
            let mut draws = Draws::new(&words[..M::DRAWS_PER_STEP], key, id, tick);
            let (mail, bulletin) = (post.mail(first + lane), post.bulletin(region));
            let desk = post.desk_of(id);
            let around = Around { id, region, tick, peers, environment, society, mail, bulletin, desk };
            model.step(agent, around, &mut draws);
            *next = model.publish(agent);
        }
    }
}

impl<M: Model> Partition<M> {
    /// Steps some of a block, or all of it, and measures it when all have had their turn.
    pub(super) fn pass_block(&mut self, block: Block, turn: Turn<'_>) {
        let (first, len) = (block.first as usize, block.len as usize);
        let Turn { lanes: acting, acting: all_acting, is_first, is_last, environment, society } = turn;
        if is_first && acting != 0 {
            self.step_key.fill(block.id, self.tick, &mut self.words[..BLOCK_AGENTS * M::DRAWS_PER_STEP]);
            self.ties.prepare(first, len, self.tick);
            if let Some(strangers) = &mut self.strangers {
                strangers.meet(&self.model, block, self.tick);
            }
        }
        let agents = &mut self.columns.agents[first..first + len];
        let rows = self.ties.rows(first, len);
        let slots = self.view.own + first..self.view.own + first + len;
        let next = &mut self.next[first..first + len];
        if is_first && all_acting != block.lanes() {
            next.copy_from_slice(&self.now[slots]);
        }
        let mut near = [0.0; NEAR_VARIABLES];
        let environment = beside::<M>(environment, &mut near);
        let now = self.strangers.as_ref().map_or(self.now.as_slice(), |strangers| strangers.published.as_slice());
        let scene = Scene {
            block,
            rows,
            words: &self.words,
            now,
            view: &self.view,
            post: &self.post,
            key: &self.step_key,
            tick: self.tick,
            society,
        };
        step_lanes(&*self.model, environment, agents, next, acting, scene);
        if !is_last {
            return;
        }
        let shape = (M::SEGMENTS.len(), M::METRICS.len());
        let sums = &mut self.sums[..shape.0 * shape.1];
        sums.fill(0);
        // A pass of its own: together, the two need more registers than there are.
        self.model.measure_block(agents, next, sums);
        self.tally.add_block_of(shape, block.region as usize, sums, len, u64::from(all_acting.count_ones()));
    }
    /// Steps those of the block that act, and measures it.
    pub(super) fn step_block(&mut self, block: Block, conditions: &Conditions) {
        let (region, acting) = (block.region as usize, self.acting(block));
        let society = conditions.society.as_slice();
        let whole = Turn { society, environment: conditions.of_region(region), ..Turn::whole(acting) };
        // Known when the model is compiled: one with a single segment never asks whose environment it is.
        if M::SEGMENTS.len() == 1 || !conditions.differ_by_segment() || acting == 0 {
            return self.pass_block(block, whole);
        }
        let mut left = acting;
        while left != 0 {
            let agents = &self.columns.agents[block.first as usize..][..block.len as usize];
            let (lanes, segment) = first_alike(left, |lane| self.model.segment(&agents[lane]));
            let (is_first, environment) = (left == acting, conditions.of(region, segment));
            left &= !lanes;
            self.pass_block(block, Turn { lanes, is_first, is_last: left == 0, environment, ..whole });
        }
    }
}
