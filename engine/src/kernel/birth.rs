//! How agents come into being: from their block's random numbers, then with what the data set lists of them, then with what
//! their group gives them, then with what the persona of a target says. The same when a partition is built and when a new round
//! begins. Copies of a persona are born one by one like any agents of the society that they live in.

use std::ops::Range;
use std::sync::Arc;

use crate::World;
use crate::cast::{Company, Troupe};
use crate::draws::{BLOCK_AGENTS, DrawKey, Draws, Purpose, scale};
use crate::model::{Model, Newborn};
use crate::permutation::Permutation;
use crate::workflow::Script;
use crate::world::{Layout, Roster};

/// Makes agents, block by block.
pub(crate) struct Cradle<M: Model> {
    model: Arc<M>,
    script: Option<Arc<Script>>,
    roster: Option<Arc<Roster>>,
    company: Option<Arc<Company>>,
    copies: Option<Copies>,
    layout: Layout,
    key: DrawKey,
    words: Vec<u32>,
    order: Permutation,
}

impl<M: Model> Cradle<M> {
    pub(crate) fn new(model: Arc<M>, world: &World) -> Self {
        let mut keys = DrawKey::new(world.spec.birth_seed(), Purpose::Lot).stream(0);
        Self {
            order: Permutation::new(world.layout.agents(), || keys.word()),
            key: DrawKey::new(world.spec.birth_seed(), Purpose::Population),
            words: vec![0; BLOCK_AGENTS * M::DRAWS_AT_BIRTH],
            script: world.script.clone(),
            roster: world.roster.clone(),
            company: world.company.clone(),
            copies: world.troupe.clone().map(|troupe| Copies::new(troupe, world.spec.birth_seed())),
            layout: world.layout.clone(),
            model,
        }
    }

    /// The agents of a block as they are at tick 0.
    pub(crate) fn block(&mut self, block: u32, ids: Range<u32>) -> impl Iterator<Item = M::Agent> + '_ {
        self.key.fill(block, 0, &mut self.words);
        let (agents, region) = (self.layout.agents(), self.layout.region_of_block(block));
        let mut lots = [0; BLOCK_AGENTS];
        if let Some(copies) = &mut self.copies {
            copies.draw(block);
        } else {
            for (lot, id) in lots.iter_mut().zip(ids.clone()) {
                *lot = id;
            }
            self.order.places(&mut lots[..ids.len()]);
        }
        ids.enumerate().map(move |(lane, id)| {
            let words = &self.words[lane * M::DRAWS_AT_BIRTH..][..M::DRAWS_AT_BIRTH];
            if let Some(copies) = &self.copies {
                let mut draws = Draws::new(words, &self.key, id, 0);
                let mut copy = self.model.create(copies.newborn(lane, M::BORN_INTO_SEGMENTS), &mut draws);
                for &(place, value) in &copies.troupe.traits {
                    self.model.endow(&mut copy, place, value);
                }
                return copy;
            }
            let segment = self.roster.as_ref().and_then(|roster| roster.segment(id));
            let newborn = Newborn { id, agents, region, segment, lot: lots[lane] };
            let mut agent = self.model.create(newborn, &mut Draws::new(words, &self.key, id, 0));
            if let Some(roster) = &self.roster {
                roster.endow(id, |place, value| self.model.endow(&mut agent, place, value));
            }
            if let Some(script) = &self.script {
                script.groups.endow(id, |place, value| self.model.endow(&mut agent, place, value));
            }
            if let Some(company) = &self.company {
                company.endow(id, |place, value| self.model.endow(&mut agent, place, value));
            }
            agent
        })
    }

    /// The first agent of these blocks that is `wanted` by its id and its segment; in each the one of this lane comes first.
    pub(crate) fn find(
        &mut self,
        blocks: &[u32],
        lane: usize,
        wanted: &mut dyn FnMut(u32, usize) -> bool,
    ) -> Option<(u32, usize)> {
        let (model, layout) = (Arc::clone(&self.model), self.layout.clone());
        blocks.iter().find_map(|&block| {
            let ids = layout.block_agents(block);
            let segments = self.block(block, ids.clone()).map(|agent| model.segment(&agent));
            let mut known: Vec<(u32, usize)> = ids.zip(segments).collect();
            let first = lane % known.len();
            known.rotate_left(first);
            known.into_iter().find(|&(id, segment)| wanted(id, segment))
        })
    }
}

/// Random numbers of a copy: its id and its lot in the society that it lives in.
const WORDS_OF_COPY: usize = 2;

/// What of a persona's copies is drawn: each of them is anyone of the society's agents, apart from what the persona says.
struct Copies {
    troupe: Arc<Troupe>,
    key: DrawKey,
    words: [u32; BLOCK_AGENTS * WORDS_OF_COPY],
}

impl Copies {
    fn new(troupe: Arc<Troupe>, seed: u64) -> Self {
        Self { troupe, key: DrawKey::new(seed, Purpose::Persona), words: [0; BLOCK_AGENTS * WORDS_OF_COPY] }
    }

    /// Draws who the copies of a block are.
    fn draw(&mut self, block: u32) {
        self.key.fill(block, 0, &mut self.words);
    }

    /// Who the copy in this lane of the block is. Copies are drawn apart from each other, so that one thing that they are by lot is
    /// with each as likely as it is frequent in the society.
    fn newborn(&self, lane: usize, born_into_segments: bool) -> Newborn {
        let Troupe { region, segment, society_agents, .. } = *self.troupe;
        let [id, lot] = [0, 1].map(|place| scale(self.words[lane * WORDS_OF_COPY + place], society_agents));
        Newborn { id, agents: society_agents, region, segment: segment.filter(|_| born_into_segments), lot }
    }
}

/// All agents of a run as they are at tick 0, for those who write a loop of their own over them. `M` is the run's model.
pub fn newborns<M: Model>(model: M, world: &World) -> Vec<M::Agent> {
    let mut cradle = Cradle::new(Arc::new(model), world);
    let mut agents = Vec::with_capacity(world.layout.agents() as usize);
    for block in 0..world.layout.blocks() {
        agents.extend(cradle.block(block, world.layout.block_agents(block)));
    }
    agents
}
