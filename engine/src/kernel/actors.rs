//! Who acts in a tick: everybody, a share of all, or one. Everybody finds it from the run's seed alone; nothing here knows
//! what agents are.

use crate::World;
use crate::draws::{BLOCK_AGENTS, DrawKey, Draws, Purpose};
use crate::kernel::partition::Block;
use crate::spec::Activation;

/// Who acts in a tick, and the numbers that say so.
pub(super) enum Actors {
    All,
    Share(DrawKey, f32),
    /// The key, the number of agents, and the tick that an agent was drawn for last with its id.
    One(DrawKey, u32, Option<(u32, u32)>),
}

/// The stream from which the one agent that acts is drawn: no block has this number.
const ONE_STREAM: u32 = u32::MAX;

impl Actors {
    /// With this seed.
    pub(super) fn of(world: &World, seed: u64) -> Self {
        let (rate, key) = (world.spec.sample_rate as f32, DrawKey::new(seed, Purpose::Activation));
        match world.spec.activation {
            Activation::One => Self::One(key, world.layout.agents(), None),
            Activation::All if rate < 1.0 => Self::Share(key, rate),
            Activation::All => Self::All,
        }
    }

    /// From now on with another seed.
    pub(super) fn reseed(&mut self, seed: u64) {
        if let Self::Share(key, _) | Self::One(key, ..) = self {
            *key = DrawKey::new(seed, Purpose::Activation);
        }
    }

    /// One bit per agent of the block that acts in this tick.
    #[inline]
    pub(super) fn of_block(&mut self, block: Block, tick: u32) -> u64 {
        match self {
            Actors::All => block.lanes(),
            Actors::Share(key, rate) => {
                let mut words = [0; BLOCK_AGENTS];
                key.fill(block.id, tick, &mut words);
                let acts =
                    |lane: usize, word: u32| Draws::new(&[word], key, block.first_id + lane as u32, tick).chance(*rate);
                let lanes = words[..block.len as usize].iter().enumerate();
                lanes.fold(0, |bits, (lane, &word)| bits | u64::from(acts(lane, word)) << lane)
            }
            Actors::One(key, agents, drawn) => {
                let chosen = match *drawn {
                    Some((last, chosen)) if last == tick => chosen,
                    _ => {
                        let mut word = [0];
                        key.fill(ONE_STREAM, tick, &mut word);
                        Draws::new(&word, key, 0, tick).below(*agents)
                    }
                };
                *drawn = Some((tick, chosen));
                let lane = chosen.wrapping_sub(block.first_id);
                if lane < block.len { 1 << lane } else { 0 }
            }
        }
    }
}
