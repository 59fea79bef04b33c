//! Who has anything to do in a tick, for models whose agents rest ([`Model::RESTS`]). It owns the bits that say so, one per
//! agent, and the way through a tick that passes over everybody else; results are those of the plain way to the byte, for
//! who is passed over would have done nothing.
//!
//! Whoever publishes what rouses is counted by those that listen to it. They are found in its own row, so ties must be mutual; for
//! a ghost, whose row is elsewhere, they are kept here. Sums are brought up to date block by block, where something was
//! done.

use crate::conditions::Conditions;
use crate::draws::{BLOCK_AGENTS, Draws};
use crate::kernel::lanes::lanes_of;
use crate::kernel::partition::{Block, Partition};
use crate::kernel::post::Post;
use crate::kernel::rousing::Rousing;
use crate::kernel::ties::Ties;
use crate::model::{Around, Model, Peers, Rest, State};
use crate::pack::Pack;

/// Bytes of a saved agent up to which it is looked whether a step has changed it.
const SAVED_BYTES: usize = 64;

/// What is known of who rests, as of the end of the last tick.
pub(crate) struct Activity {
    /// Of each block, one bit per agent in the order of their places.
    blocks: Vec<BlockActivity>,
    /// The sums of each block, segment by metric.
    sums: Vec<i64>,
    /// By how many of those that it listens to each agent is roused in this tick.
    rousing: Rousing,
    /// False until all is looked at, and again once agents were changed otherwise than by a tick.
    known: bool,
}

#[derive(Clone, Copy)]
struct BlockActivity {
    /// Has something to do in any case.
    awake: u64,
    /// Has nothing to do, whatever others publish.
    settled: u64,
    /// Publishes what rouses others.
    rouses: u64,
    /// What is published in this tick was not copied into the column of the next one, or was changed there.
    stale: bool,
}

impl Activity {
    /// Of a partition that has just been built, whose ties are mutual.
    pub(crate) fn new(ties: &Ties, blocks: usize, agents: usize, view: (usize, usize), width: usize) -> Self {
        let unknown = BlockActivity { awake: 0, settled: 0, rouses: 0, stale: true };
        Self {
            blocks: vec![unknown; blocks],
            sums: vec![0; blocks * width],
            rousing: Rousing::new(ties, blocks, agents, view),
            known: false,
        }
    }

    /// Agents were changed otherwise than by a tick.
    pub(crate) fn forget(&mut self) {
        self.known = false;
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.blocks) + size_of_val(&*self.sums) + self.rousing.bytes()
    }
}

impl<M: Model> Partition<M> {
    /// Steps about `agents` more agents of those that have something to do; see [`crate::PartitionKernel::step_some`].
    pub(super) fn step_roused(&mut self, activity: &mut Activity, conditions: &Conditions, agents: usize) {
        if self.cursor == 0 {
            if !activity.known {
                self.look_at_all(activity);
            }
            self.tally.begin_tick();
            self.rouse_listeners(activity);
        }
        let mut left = agents;
        while let Some(&block) = self.columns.blocks.get(self.cursor) {
            let stepped = self.pass_roused(activity, block, conditions);
            self.cursor += 1;
            left = left.saturating_sub(stepped + 1);
            if left == 0 {
                break;
            }
        }
    }

    /// Finds out about everybody, and sums over everybody.
    fn look_at_all(&mut self, activity: &mut Activity) {
        self.tally.clear();
        for (index, &block) in self.columns.blocks.iter().enumerate() {
            let (first, len) = (block.first as usize, block.len as usize);
            let agents = &self.columns.agents[first..first + len];
            let mut known = BlockActivity { awake: 0, settled: 0, rouses: 0, stale: true };
            let published = &self.now[self.view.own + first..][..len];
            for (lane, (agent, published)) in agents.iter().zip(published).enumerate() {
                known.note(&*self.model, lane, agent, published);
            }
            activity.blocks[index] = known;
            let sums = &mut activity.sums[index * self.sums.len()..][..self.sums.len()];
            sums.fill(0);
            self.model.measure_block(agents, published, sums);
            self.tally.add_block(block.region as usize, sums, len, 0);
        }
        activity.rousing.forget();
        activity.known = true;
    }

    /// Counts for everybody who rouses them, after those who have begun or ceased to since the last tick.
    fn rouse_listeners(&self, activity: &mut Activity) {
        let Activity { blocks, rousing, .. } = activity;
        for (index, (known, &block)) in blocks.iter().zip(&self.columns.blocks).enumerate() {
            rousing.note_block(index, block, known.rouses);
        }
        rousing.tell(&self.ties);
        rousing.note_ghosts(&self.now, |published| self.model.rouses(published));
    }

    /// One bit per agent of the block that has letters to read.
    fn written_to(&self, block: Block) -> u64 {
        if !Post::<M>::MAIL {
            return 0;
        }
        if !self.post.bulletin(block.region as usize).is_empty() {
            return block.lanes();
        }
        let any = |lane: &u32| !self.post.mail((block.first + lane) as usize).is_empty();
        (0..block.len).filter(any).fold(0, |lanes, lane| lanes | 1 << lane)
    }

    /// Steps those of the block that have something to do. Gives how many they were.
    fn pass_roused(&mut self, activity: &mut Activity, block: Block, conditions: &Conditions) -> usize {
        let index = self.cursor;
        let acting = self.acting(block);
        let known = activity.blocks[index];
        let roused = activity.rousing.of_block(block) | self.written_to(block);
        let todo = acting & (known.awake | roused & !known.settled);
        let (first, len) = (block.first as usize, block.len as usize);
        let slots = self.view.own + first..self.view.own + first + len;
        if known.stale || todo != 0 {
            self.next[first..first + len].copy_from_slice(&self.now[slots]);
            activity.blocks[index].stale = false;
        }
        self.tally.note_acted(acting);
        if todo != 0 && self.step_lanes(activity, block, todo, conditions) {
            let agents = &self.columns.agents[first..first + len];
            self.sums.fill(0);
            self.model.measure_block(agents, &self.next[first..first + len], &mut self.sums);
            let before = &mut activity.sums[index * self.sums.len()..][..self.sums.len()];
            self.tally.replace_block(block.region as usize, before, &self.sums, len);
            before.copy_from_slice(&self.sums);
        }
        todo.count_ones() as usize
    }

    /// True when any of them is another afterwards.
    fn step_lanes(&mut self, activity: &mut Activity, block: Block, todo: u64, conditions: &Conditions) -> bool {
        let (first, len) = (block.first as usize, block.len as usize);
        self.step_key.fill(block.id, self.tick, &mut self.words[..BLOCK_AGENTS * M::DRAWS_PER_STEP]);
        let agents = &mut self.columns.agents[first..first + len];
        let next = &mut self.next[first..first + len];
        let (rows, rousing) = (self.ties.rows(first, len), &activity.rousing);
        let region = block.region as usize;
        let (environment, society) = (conditions.of_region(region), conditions.society.as_slice());
        // Known when the model is compiled, as in the plain way.
        let by_segment = M::SEGMENTS.len() > 1 && conditions.differ_by_segment();
        let known = &mut activity.blocks[self.cursor];
        let mut changed = false;
        for lane in lanes_of(todo) {
            let weights = if M::WEIGHS { rows.weights_of(lane) } else { &[] };
            let peers =
                Peers::new(rows.of_any(lane), weights, &self.now, &self.view).roused_by(rousing.of(first + lane));
            let words = &self.words[lane * M::DRAWS_PER_STEP..][..M::DRAWS_PER_STEP];
            let id = block.first_id + lane as u32;
            let mut draws = Draws::new(words, &self.step_key, id, self.tick);
            let (mail, bulletin) = (self.post.mail(first + lane), self.post.bulletin(region));
            let (tick, desk) = (self.tick, self.post.desk_of(id));
            let environment = match by_segment {
                true => conditions.of(region, self.model.segment(&agents[lane])),
                false => environment,
            };
            let around = Around { id, region, tick, peers, environment, society, mail, bulletin, desk };
            let before = agents[lane].save();
            self.model.step(&mut agents[lane], around, &mut draws);
            // Most who may change do not, and then nothing is to be noted.
            if !same(&before, &agents[lane].save()) {
                changed = true;
                next[lane] = self.model.publish(&agents[lane]);
                known.note(&*self.model, lane, &agents[lane], &next[lane]);
            }
        }
        known.stale = changed;
        changed
    }
}

/// True when two are the same to the byte.
#[inline]
fn same<T: Pack>(one: &T, other: &T) -> bool {
    let mut bytes = [[0u8; SAVED_BYTES]; 2];
    if T::BYTES > SAVED_BYTES {
        return false;
    }
    one.pack(&mut bytes[0][..T::BYTES]);
    other.pack(&mut bytes[1][..T::BYTES]);
    bytes[0][..T::BYTES] == bytes[1][..T::BYTES]
}

impl BlockActivity {
    /// Takes note of an agent as it is now.
    #[inline]
    fn note<M: Model>(&mut self, model: &M, lane: usize, agent: &M::Agent, published: &M::Published) {
        let rest = model.rest(agent);
        let put = |bits: u64, set: bool| bits & !(1 << lane) | u64::from(set) << lane;
        self.awake = put(self.awake, rest == Rest::Awake);
        self.settled = put(self.settled, rest == Rest::ForGood);
        self.rouses = put(self.rouses, model.rouses(published));
    }
}
