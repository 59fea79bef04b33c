//! Where agents are: ids run region by region, each region is cut into blocks of [`BLOCK_AGENTS`], and a
//! partition is a run of consecutive blocks. Everything here is arithmetic over counts; nothing is drawn.

use std::ops::Range;

use crate::draws::BLOCK_AGENTS;

/// The numbering of agents and blocks over regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// First agent of each region, and the number of agents at the end.
    first_agent: Vec<u32>,
    /// First block of each region, and the number of blocks at the end.
    first_block: Vec<u32>,
}

impl Layout {
    /// Shares `agents` out over regions in proportion to `populations` by largest remainder (Hamilton's
    /// method): the counts add up to `agents` exactly. Equal remainders go to the region that comes first.
    pub fn apportion(populations: &[u64], agents: u32) -> Self {
        let total: u128 = populations.iter().map(|&p| u128::from(p)).sum();
        let quota = |population: u64| {
            let exact = u128::from(population) * u128::from(agents);
            (exact / total, exact % total)
        };
        let mut counts: Vec<u32> = populations.iter().map(|&p| quota(p).0 as u32).collect();
        let left = agents - counts.iter().sum::<u32>();
        let mut order: Vec<usize> = (0..populations.len()).collect();
        order.sort_by_key(|&region| (std::cmp::Reverse(quota(populations[region]).1), region));
        for &region in order.iter().take(left as usize) {
            counts[region] += 1;
        }
        Self::from_counts(&counts)
    }

    /// The layout of regions with these numbers of agents.
    pub fn from_counts(counts: &[u32]) -> Self {
        let mut first_agent = vec![0];
        let mut first_block = vec![0];
        let (mut agent, mut block) = (0, 0);
        for &count in counts {
            agent += count;
            block += count.div_ceil(BLOCK_AGENTS as u32);
            first_agent.push(agent);
            first_block.push(block);
        }
        Self { first_agent, first_block }
    }

    /// Number of regions.
    pub fn regions(&self) -> usize {
        self.first_agent.len() - 1
    }

    /// Number of agents.
    pub fn agents(&self) -> u32 {
        self.first_agent[self.regions()]
    }

    /// Number of blocks.
    pub fn blocks(&self) -> u32 {
        self.first_block[self.regions()]
    }

    /// The agents of a region.
    pub fn region_agents(&self, region: usize) -> Range<u32> {
        self.first_agent[region]..self.first_agent[region + 1]
    }

    /// The blocks of a region.
    pub fn region_blocks(&self, region: usize) -> Range<u32> {
        self.first_block[region]..self.first_block[region + 1]
    }

    /// The region that a block belongs to.
    pub fn region_of_block(&self, block: u32) -> usize {
        self.first_block.partition_point(|&first| first <= block) - 1
    }

    /// The region that an agent lives in.
    pub fn region_of_agent(&self, agent: u32) -> usize {
        self.first_agent.partition_point(|&first| first <= agent) - 1
    }

    /// The agents of a block, 1 to [`BLOCK_AGENTS`] of them.
    pub fn block_agents(&self, block: u32) -> Range<u32> {
        let region = self.region_of_block(block);
        let first = self.first_agent[region] + (block - self.first_block[region]) * BLOCK_AGENTS as u32;
        first..(first + BLOCK_AGENTS as u32).min(self.first_agent[region + 1])
    }

    /// The agents of a run of blocks.
    pub fn blocks_agents(&self, blocks: &Range<u32>) -> Range<u32> {
        if blocks.is_empty() {
            return 0..0;
        }
        self.block_agents(blocks.start).start..self.block_agents(blocks.end - 1).end
    }

    /// Cuts the blocks into at most `partitions` runs of nearly equal numbers of agents. A cut goes to the
    /// border between two regions where one is within a twentieth of a partition, so that partitions mostly
    /// own whole regions; a region too large for that is shared.
    pub fn cut(&self, partitions: usize) -> Vec<Range<u32>> {
        let partitions = partitions.clamp(1, self.blocks().max(1) as usize) as u64;
        let mut cuts = vec![0];
        for i in 1..partitions {
            let ideal = (u64::from(self.agents()) * i / partitions) as u32;
            let slack = (u64::from(self.agents()) / partitions / 20) as u32;
            let cut = self.cut_near(ideal, slack);
            if cut > *cuts.last().expect("starts with 0") && cut < self.blocks() {
                cuts.push(cut);
            }
        }
        cuts.push(self.blocks());
        cuts.windows(2).map(|pair| pair[0]..pair[1]).collect()
    }

    /// The block that starts nearest to `agent`, a region's first if that is at most `slack` agents away.
    fn cut_near(&self, agent: u32, slack: u32) -> u32 {
        let region = self.region_of_agent(agent.min(self.agents() - 1));
        let (low, high) = (self.first_agent[region], self.first_agent[region + 1]);
        if agent - low <= slack && agent - low <= high - agent {
            self.first_block[region]
        } else if high - agent <= slack {
            self.first_block[region + 1]
        } else {
            self.first_block[region] + (agent - low + BLOCK_AGENTS as u32 / 2) / BLOCK_AGENTS as u32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn apportioned_counts_add_up_and_stay_within_one_of_the_quota(
            populations in prop::collection::vec(1u64..50_000_000, 1..60),
            agents in 1u32..2_000_000,
        ) {
            let layout = Layout::apportion(&populations, agents);
            prop_assert_eq!(layout.agents(), agents);
            let total: u64 = populations.iter().sum();
            for (region, &population) in populations.iter().enumerate() {
                let exact = population as f64 * f64::from(agents) / total as f64;
                let count = layout.region_agents(region).len() as f64;
                prop_assert!((count - exact).abs() < 1.0, "region {} has {} of {}", region, count, exact);
            }
        }

        #[test]
        fn blocks_and_partitions_tile_the_agents(
            counts in prop::collection::vec(0u32..500, 1..40),
            partitions in 1usize..20,
        ) {
            let layout = Layout::from_counts(&counts);
            prop_assume!(layout.agents() > 0);
            let mut next = 0;
            for block in 0..layout.blocks() {
                let agents = layout.block_agents(block);
                prop_assert_eq!(agents.start, next);
                prop_assert!(!agents.is_empty() && agents.len() <= BLOCK_AGENTS);
                let region = layout.region_of_block(block);
                prop_assert_eq!(layout.region_of_agent(agents.start), region);
                prop_assert_eq!(layout.region_of_agent(agents.end - 1), region);
                next = agents.end;
            }
            prop_assert_eq!(next, layout.agents());
            let cut = layout.cut(partitions);
            prop_assert!(!cut.is_empty() && cut.len() <= partitions);
            let mut block = 0;
            for part in &cut {
                prop_assert_eq!(part.start, block);
                prop_assert!(part.end > part.start);
                block = part.end;
            }
            prop_assert_eq!(block, layout.blocks());
        }
    }
}
