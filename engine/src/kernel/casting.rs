//! What has to be known of a model's newborns before a run begins: who is of which segment, how they are on average, and
//! whether an agent can be stepped among others of whom only means are known.

use std::sync::Arc;

use crate::World;
use crate::cast::NEWBORNS;
use crate::draws::{BLOCK_AGENTS, DrawKey, Draws, Purpose};
use crate::fixed;
use crate::kernel::birth::Cradle;
use crate::kernel::erased::Erased;
use crate::model::{Model, Newborn};
use crate::pack::Pack;
use crate::permutation::Permutation;

/// A model whose types are hidden, as far as its newborns go.
pub trait Casting {
    /// The first agent of these blocks, as it is born, that is `wanted` by its id and its segment; in each the one of this
    /// lane comes first.
    fn find_newborn(
        &self,
        world: &World,
        blocks: &[u32],
        lane: usize,
        wanted: &mut dyn FnMut(u32, usize) -> bool,
    ) -> Option<(u32, usize)>;

    /// The mean of every metric over newborns of a region.
    fn newborn_means(&self, world: &World, region: usize) -> Vec<f64>;

    /// See [`Model::MEETS_STRANGERS`].
    fn meets_strangers(&self) -> bool;
}

impl<M: Model> Casting for Erased<M> {
    fn find_newborn(
        &self,
        world: &World,
        blocks: &[u32],
        lane: usize,
        wanted: &mut dyn FnMut(u32, usize) -> bool,
    ) -> Option<(u32, usize)> {
        Cradle::new(Arc::clone(&self.model), world).find(blocks, lane, wanted)
    }

    fn newborn_means(&self, world: &World, region: usize) -> Vec<f64> {
        let seed = world.spec.birth_seed();
        let mut key = DrawKey::new(seed, Purpose::Surroundings);
        let mut stream = DrawKey::new(seed, Purpose::Lot).stream(0);
        let lots = Permutation::new(NEWBORNS, || stream.word());
        let mut words = vec![0; BLOCK_AGENTS * M::DRAWS_AT_BIRTH];
        let mut sums = vec![0; M::METRICS.len()];
        for id in 0..NEWBORNS {
            let lane = id as usize % BLOCK_AGENTS;
            if lane == 0 {
                key.fill(id / BLOCK_AGENTS as u32, 0, &mut words);
            }
            let words = &words[lane * M::DRAWS_AT_BIRTH..][..M::DRAWS_AT_BIRTH];
            let newborn = Newborn { id, agents: NEWBORNS, region, segment: None, lot: lots.place(id) };
            let agent = self.model.create(newborn, &mut Draws::new(words, &key, id, 0));
            self.model.measure(&agent, &mut sums);
        }
        sums.into_iter().map(|sum| fixed::mean(sum, NEWBORNS.into())).collect()
    }

    fn meets_strangers(&self) -> bool {
        M::MEETS_STRANGERS && M::Mail::BYTES == 0
    }
}
