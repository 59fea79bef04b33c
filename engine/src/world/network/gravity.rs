//! The directed network: each block's ties are made from the block's own random stream, so a partition makes its part of
//! the network without seeing any other. It owns the draws of the default network; changing anything here changes results.

use std::ops::Range;

use crate::draws::{BlockStream, DrawKey, Purpose};
use crate::spec::NetworkSpec;
use crate::world::{Gravity, Layout};

/// How often a random pick that is already taken is drawn again before the tie stays as it was.
const PICKS: usize = 16;

/// Makes the directed 'listens to' ties of agents.
pub struct TieMaker<'a> {
    layout: &'a Layout,
    gravity: &'a Gravity,
    network: &'a NetworkSpec,
    key: DrawKey,
    /// Each tie is found from one of its ends only.
    one_sided: bool,
}

impl<'a> TieMaker<'a> {
    /// A maker for the run with this seed.
    pub fn new(layout: &'a Layout, gravity: &'a Gravity, network: &'a NetworkSpec, seed: u64) -> Self {
        Self { layout, gravity, network, key: DrawKey::new(seed, Purpose::Network), one_sided: false }
    }

    /// A maker of ties each of which is found from one end, for both: an agent is given those to one side of its ring. Two
    /// agents may find each other, but for the ring's own ties.
    pub(super) fn one_sided(self) -> Self {
        Self { one_sided: true, ..self }
    }

    /// Calls `each` with the ties of every agent of a block, in order: ids of other agents, rising, none twice.
    pub fn block(&self, block: u32, mut each: impl FnMut(&[u32])) {
        let region = self.layout.region_of_block(block);
        let locals = self.layout.region_agents(region);
        let mut stream = self.key.stream(block);
        let mut ties = Vec::new();
        for agent in self.layout.block_agents(block) {
            ties.clear();
            self.agent(agent, region, &locals, &mut stream, &mut ties);
            ties.sort_unstable();
            each(&ties);
        }
    }

    /// One agent's ties: `mean_degree` of them on average, each leading to another region with probability
    /// `long_range_share`, the others to the nearest agents of the ring of its region, each rewired with
    /// probability `rewiring` (Watts & Strogatz 1998, with both ends of the ring listening on their own).
    /// A region too small for the degree gives as many ties as it has other agents.
    fn agent(&self, agent: u32, region: usize, locals: &Range<u32>, stream: &mut BlockStream, ties: &mut Vec<u32>) {
        let degree =
            self.network.mean_degree as u32 + u32::from(f64::from(stream.unit()) < self.network.mean_degree.fract());
        let can_leave = self.gravity.reaches_out(region);
        let share = self.network.long_range_share as f32;
        let long = (0..degree).filter(|_| stream.unit() < share).count() as u32;
        let long = if can_leave { long } else { 0 };
        let others = locals.end - locals.start - 1;
        // The further half of a ring has this agent on its nearer half.
        let local = (degree - long).min(if self.one_sided { others.div_ceil(2) } else { others });
        self.ring(agent, locals, local, ties);
        let rewiring = self.network.rewiring as f32;
        for place in 0..local as usize {
            if stream.unit() < rewiring {
                let pick = |stream: &mut BlockStream| locals.start + stream.below(others + 1);
                if let Some(other) = fresh(agent, ties, stream, pick) {
                    ties[place] = other;
                }
            }
        }
        for _ in 0..long {
            let pick = |stream: &mut BlockStream| {
                let there = self.layout.region_agents(self.gravity.destination(region, stream.word()));
                there.start + stream.below(there.end - there.start)
            };
            if let Some(other) = fresh(agent, ties, stream, pick) {
                ties.push(other);
            }
        }
    }

    /// The `count` nearest agents on the ring of the region, on one side or one side after the other.
    fn ring(&self, agent: u32, locals: &Range<u32>, count: u32, ties: &mut Vec<u32>) {
        let size = locals.end - locals.start;
        let own = agent - locals.start;
        for place in 0..count {
            let step = if self.one_sided { place + 1 } else { place / 2 + 1 };
            let offset = if self.one_sided || place % 2 == 0 { step } else { size - step };
            ties.push(locals.start + (own + offset) % size);
        }
    }
}

/// A pick that is neither the agent itself nor among its ties; none if every try hits one of those.
fn fresh(agent: u32, ties: &[u32], stream: &mut BlockStream, pick: impl Fn(&mut BlockStream) -> u32) -> Option<u32> {
    (0..PICKS).map(|_| pick(stream)).find(|other| *other != agent && !ties.contains(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Dataset;

    fn ties_of(network: &NetworkSpec, agents: u32, seed: u64) -> (Layout, Vec<Vec<u32>>) {
        let dataset = Dataset::named("us-2020").unwrap();
        let populations: Vec<u64> = dataset.regions().iter().map(|r| r.population).collect();
        let layout = Layout::apportion(&populations, agents);
        let gravity = Gravity::new(&dataset, &layout, network);
        let maker = TieMaker::new(&layout, &gravity, network, seed);
        let mut all = Vec::new();
        for block in 0..layout.blocks() {
            maker.block(block, |ties| all.push(ties.to_vec()));
        }
        (layout, all)
    }

    #[test]
    fn degree_rewiring_and_long_range_share_are_as_asked() {
        let network = NetworkSpec { mean_degree: 9.5, rewiring: 0.3, long_range_share: 0.2, ..NetworkSpec::default() };
        let (layout, all) = ties_of(&network, 100_000, 7);
        assert_eq!(all.len(), 100_000);
        let (mut ties, mut long, mut far) = (0u32, 0u32, 0u32);
        for (agent, mine) in all.iter().enumerate() {
            let agent = agent as u32;
            assert!(mine.windows(2).all(|w| w[0] < w[1]), "rising, none twice");
            assert!(!mine.contains(&agent), "nobody listens to itself");
            let home = layout.region_of_agent(agent);
            let size = layout.region_agents(home).len() as u32;
            for &other in mine {
                ties += 1;
                if layout.region_of_agent(other) != home {
                    long += 1;
                } else {
                    let gap = agent.abs_diff(other);
                    far += u32::from(gap.min(size - gap) > 5);
                }
            }
        }
        let mean = f64::from(ties) / 100_000.0;
        // Standard errors: degree 0.5 / sqrt(1e5) = 0.0016; shares sqrt(p q / 1e6) < 0.0005. Ten of them.
        assert!((mean - 9.5).abs() < 0.016, "mean degree {mean}");
        assert!((f64::from(long) / f64::from(ties) - 0.2).abs() < 0.005, "long-range {long} of {ties}");
        let rewired = f64::from(far) / f64::from(ties - long);
        assert!((rewired - 0.3).abs() < 0.01, "rewired {rewired}");
    }

    #[test]
    fn tiny_populations_have_the_ties_that_are_possible() {
        for agents in [1, 2, 3, 52, 500] {
            let (layout, all) = ties_of(&NetworkSpec::default(), agents, 1);
            assert_eq!(all.len(), agents as usize);
            for ties in &all {
                assert!(ties.iter().all(|&other| other < layout.agents()));
            }
        }
        let (_, lone) = ties_of(&NetworkSpec { mean_degree: 0.0, ..NetworkSpec::default() }, 1_000, 1);
        assert!(lone.iter().all(Vec::is_empty));
    }

    #[test]
    fn a_seed_names_one_network() {
        let network = NetworkSpec::default();
        assert_eq!(ties_of(&network, 2_000, 3).1, ties_of(&network, 2_000, 3).1);
        assert_ne!(ties_of(&network, 2_000, 3).1, ties_of(&network, 2_000, 4).1);
    }
}
