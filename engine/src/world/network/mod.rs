//! Who listens to whom. A partition makes its own part of any network alone, the same for every partitioning:
//!
//! - of the directed kind ([`TieMaker`]) it makes its blocks' rows, each from the block's own random stream;
//! - of the undirected kinds ([`Edges`]) it goes through all ties of the network in one order that everybody sees, and
//!   keeps those that touch its agents ([`TieRows`]): twice, so that it stores nothing but its own rows;
//! - of what the data set lists ([`ListedRows`]) it copies its agents' rows;
//! - who meets whom in a tick ([`Meetings`]) everybody finds for itself.
//!
//! This file owns the seam to the generators, one file each. It must not know how agents are stored or stepped.

mod erdos_renyi;
mod gravity;
mod listed;
mod meetings;
mod ring;
mod rows;
mod scale_free;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use gravity::TieMaker;
pub(crate) use listed::ListedRows;
pub(crate) use meetings::Meetings;
pub(crate) use rows::TieRows;

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
}

impl Edges {
    /// The ties of the network of this kind over `agents` agents; none for kinds that are not undirected. The parameters
    /// are as [`crate::RunSpec::check`] wants them.
    pub(crate) fn new(network: &NetworkSpec, agents: u32, seed: u64) -> Option<Self> {
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
        self.agents.div_ceil(STRIPE_AGENTS)
    }

    /// Calls `each` with both ends of every tie that is found from an agent of the stripe, in a fixed order. Where no tie
    /// of the stripe can touch the agents `own`, it may leave them out.
    pub(crate) fn stripe(&self, stripe: u32, own: &Range<u32>, each: impl FnMut(u32, u32)) {
        let first = stripe * STRIPE_AGENTS;
        let ids = first..(first + STRIPE_AGENTS).min(self.agents);
        match &self.generator {
            Generator::Ring(ring) if !ring.touches(&ids, own) => {}
            Generator::Ring(ring) => ring.edges(ids, each),
            Generator::SmallWorld(world) => world.edges(stripe, ids, each),
            Generator::ErdosRenyi(graph) => graph.edges(stripe, ids, each),
            Generator::ScaleFree(graph) => graph.edges(ids, each),
        }
    }
}
