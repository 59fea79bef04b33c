//! Who listens to whom. A partition makes its own part of any network alone, the same for every partitioning:
//!
//! - of the directed kind ([`TieMaker`]) it makes its blocks' rows, each from the block's own random stream;
//! - of the undirected kinds ([`Edges`]), and of the directed one for models where contact goes both ways, it goes through all ties of the network in one order that everybody sees, and
//!   keeps those that touch its agents ([`TieRows`]): twice, so that it stores nothing but its own rows;
//! - of what the data set lists ([`ListedRows`]) it copies its agents' rows;
//! - who meets whom in a tick ([`Meetings`]) everybody finds for itself.
//!
//! This file owns the seam to the generators, one file each. It must not know how agents are stored or stepped.

mod erdos_renyi;
mod gravity;
mod listed;
mod listing;
mod meetings;
mod ring;
mod rows;
mod scale_free;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

pub use gravity::TieMaker;
pub(crate) use listed::ListedRows;
pub use listing::TieList;
pub(crate) use meetings::Meetings;
pub(crate) use rows::TieRows;

use crate::World;
use crate::draws::{DrawKey, Purpose};
use crate::spec::{NetworkKind, NetworkSpec};
use erdos_renyi::ErdosRenyi;
use ring::{Ring, SmallWorld};
use scale_free::ScaleFree;

/// Agents whose ties are made from one random stream: this many consecutive ids, whatever regions they live in, so that
/// the network does not depend on the data set.
const STRIPE_AGENTS: u32 = 64;

/// All ties of an undirected network, stripe of agents by stripe. Each tie is found once, from one of its ends.
pub(crate) struct Edges {
    agents: u32,
    generator: Generator,
}

enum Generator {
    Ring(Ring),
    SmallWorld(SmallWorld),
    ErdosRenyi(ErdosRenyi),
    ScaleFree(ScaleFree),
    Gravity(Box<Mutual>),
}

/// The gravity network made undirected: every agent finds half as many ties, to one side of its ring, and both ends have
/// them.
struct Mutual {
    world: Arc<World>,
    halved: NetworkSpec,
}

impl Mutual {
    fn edges(&self, block: u32, mut each: impl FnMut(u32, u32)) {
        let world = &self.world;
        let maker = TieMaker::new(&world.layout, &world.gravity, &self.halved, world.spec.birth_seed()).one_sided();
        let mut agent = world.layout.block_agents(block).start;
        maker.block(block, |ties| {
            ties.iter().for_each(|&other| each(agent, other));
            agent += 1;
        });
    }
}

impl Edges {
    /// The ties of the run's network; none where it is not undirected.
    pub(crate) fn new(world: &Arc<World>) -> Option<Self> {
        let network = &world.spec.network;
        if network.kind == NetworkKind::Gravity && world.model.mutual() {
            let halved = NetworkSpec { mean_degree: network.mean_degree / 2.0, ..network.clone() };
            let generator = Generator::Gravity(Box::new(Mutual { world: Arc::clone(world), halved }));
            return Some(Self { agents: world.layout.agents(), generator });
        }
        Self::regardless(network, world.layout.agents(), world.spec.birth_seed())
    }

    /// The ties of the network of this kind over `agents` agents, of the kinds that know nothing of regions; none for kinds
    /// that are not undirected. The parameters are as [`crate::RunSpec::check`] wants them.
    fn regardless(network: &NetworkSpec, agents: u32, seed: u64) -> Option<Self> {
        let key = DrawKey::new(seed, Purpose::Network);
        let half = (network.mean_degree / 2.0) as u32;
        let generator = match network.kind {
            NetworkKind::Gravity | NetworkKind::Complete | NetworkKind::Pairs | NetworkKind::Listed => return None,
            NetworkKind::Ring => Generator::Ring(Ring::new(agents, half)),
            NetworkKind::SmallWorld => {
                Generator::SmallWorld(SmallWorld::new(Ring::new(agents, half), network.rewiring, key))
            }
            NetworkKind::ErdosRenyi => Generator::ErdosRenyi(ErdosRenyi::new(agents, network.mean_degree, key)),
            NetworkKind::ScaleFree => Generator::ScaleFree(ScaleFree::new(half, &key)),
        };
        Some(Self { agents, generator })
    }

    /// Number of stripes.
    pub(crate) fn stripes(&self) -> u32 {
        match &self.generator {
            Generator::Gravity(mutual) => mutual.world.layout.blocks(),
            _ => self.agents.div_ceil(STRIPE_AGENTS),
        }
    }

    /// True where a tie may be found twice, once from either end.
    pub(crate) fn repeat(&self) -> bool {
        matches!(self.generator, Generator::Gravity(_))
    }

    /// Calls `each` with both ends of every tie that is found from an agent of the stripe, in a fixed order. Where no tie
    /// of the stripe can touch the agents `own`, it may leave them out.
    pub(crate) fn stripe(&self, stripe: u32, own: &Range<u32>, each: impl FnMut(u32, u32)) {
        let first = stripe.saturating_mul(STRIPE_AGENTS);
        let ids = first..first.saturating_add(STRIPE_AGENTS).min(self.agents);
        match &self.generator {
            Generator::Ring(ring) if !ring.touches(&ids, own) => {}
            Generator::Ring(ring) => ring.edges(ids, each),
            Generator::SmallWorld(world) => world.edges(stripe, ids, each),
            Generator::ErdosRenyi(graph) => graph.edges(stripe, ids, each),
            Generator::ScaleFree(graph) => graph.edges(ids, each),
            Generator::Gravity(mutual) => mutual.edges(stripe, each),
        }
    }
}
