//! Others whom the copies of an ensemble meet: drawn anew in every tick from what is known of their society on average. It
//! owns the numbers that they are drawn with; what one of them publishes is its model's ([`Model::stranger`]).

use std::sync::Arc;

use crate::World;
use crate::cast::Troupe;
use crate::draws::{BLOCK_AGENTS, DrawKey, Draws, Purpose};
use crate::kernel::partition::Block;
use crate::model::Model;

/// Random numbers ready for each: where it comes from, and what it publishes.
const WORDS: usize = 2;

/// The others of the block that is being stepped.
pub(crate) struct Strangers<M: Model> {
    troupe: Arc<Troupe>,
    key: DrawKey,
    words: Vec<u32>,
    /// What they publish, agent by agent.
    pub(super) published: Vec<M::Published>,
}

impl<M: Model> Strangers<M> {
    /// Those of a run whose agents are copies; `None` for others.
    pub(super) fn of(world: &World, seed: u64) -> Option<Box<Self>> {
        let troupe = world.troupe.clone()?;
        let count = BLOCK_AGENTS * troupe.strangers;
        let key = DrawKey::new(seed, Purpose::Stranger);
        Some(Box::new(Self {
            troupe,
            key,
            words: vec![0; count * WORDS],
            published: vec![M::Published::default(); count],
        }))
    }

    /// From now on with another seed.
    pub(super) fn reseed(&mut self, seed: u64) {
        self.key = DrawKey::new(seed, Purpose::Stranger);
    }

    /// Draws those that the agents of a block meet in a tick.
    pub(super) fn meet(&mut self, model: &M, block: Block, tick: u32) {
        let Self { troupe, key, words, published } = self;
        key.fill(block.id, tick, words);
        let around = troupe.around(tick);
        let first = block.first_id.wrapping_mul(troupe.strangers as u32);
        let met = published.iter_mut().zip(words.chunks_exact(WORDS)).take(block.len as usize * troupe.strangers);
        for (place, (published, words)) in met.enumerate() {
            let mut draws = Draws::new(words, key, first.wrapping_add(place as u32), tick);
            let means = if draws.chance(troupe.far_share) { &around.society } else { &around.region };
            *published = model.stranger(means, &mut draws);
        }
    }

    /// What those publish whom one agent of a block meets in a tick.
    pub(super) fn met(&self, model: &M, block: Block, lane: usize, tick: u32) -> Vec<M::Published> {
        let Self { troupe, key, words, published } = self;
        let (key, words, published) = (key.clone(), words.clone(), published.clone());
        let mut all = Self { troupe: Arc::clone(troupe), key, words, published };
        all.meet(model, block, tick);
        let each = self.troupe.strangers;
        all.published[lane * each..][..each].to_vec()
    }
}
