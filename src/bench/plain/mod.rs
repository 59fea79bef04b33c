//! The plain loops: models written by hand over flat arrays, without runtime, partitions, metrics by segment or anything
//! else that a single fixed question does not need. They are the limit that the runtime is compared with, so they are as
//! good as we can write them in safe Rust; they make the same draws and end in the same state, which is asserted.
//!
//! They know the default parameters but for those that a benchmark sets, and nothing of scenarios and experiments.

mod epidemic;
mod society;
mod team;

use std::ops::Range;
use std::sync::Arc;

use civitas_engine::{NetworkKind, TieList, World};

/// Numbers that a 32-bit word can be.
const WORDS: f64 = 4_294_967_296.0;

/// A model written by hand, its population and network made.
pub(super) trait PlainLoop {
    /// Goes through this many ticks.
    fn run(&mut self, ticks: u32);
    /// The digest of all state, as the engine takes it.
    fn digest(&self) -> u128;
}

/// The plain loop of the run on this many threads, where its model has one and its network lists its ties.
pub(super) fn of(world: &Arc<World>, threads: usize) -> Option<Box<dyn PlainLoop>> {
    let spec = &world.spec;
    let plain = spec.variable_deltas.is_empty() && spec.effects.is_empty() && spec.past.is_empty();
    let plain = plain && spec.sample_rate == 1.0 && spec.workflow.is_none();
    let listed = !matches!(spec.network.kind, NetworkKind::Complete | NetworkKind::Pairs);
    if !plain || !listed {
        return None;
    }
    let network = || TieList::of(world).ok().flatten();
    match spec.model.as_str() {
        "society" if spec.parameters.is_empty() => {
            Some(Box::new(society::PlainSociety::new(world, network()?, threads)))
        }
        "epidemic" => Some(Box::new(epidemic::PlainEpidemic::new(world, network()?, threads)?)),
        _ => None,
    }
}

/// Consecutive agents of one region that share a block of random numbers.
#[derive(Clone, Copy)]
struct Stretch {
    block: u32,
    region: usize,
    first: usize,
    last: usize,
}

/// The stretches of some blocks.
fn stretches(world: &World, blocks: &Range<u32>) -> Vec<Stretch> {
    let stretch = |block| {
        let agents = world.layout.block_agents(block);
        let region = world.layout.region_of_block(block);
        Stretch { block, region, first: agents.start as usize, last: agents.end as usize }
    };
    blocks.clone().map(stretch).collect()
}
