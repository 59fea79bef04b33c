//! Sums over agents for one tick: by region, segment and metric, in integers, with what it takes to judge how
//! far the means may be off. Merging is addition: associative and commutative, so neither partitions nor the
//! order of their reports can show.

use std::ops::Range;

use crate::cast::{Crossings, Glimpse};
use crate::error::{EngineError, Result};
use crate::fixed;
use crate::model::MAX_METRICS;
use crate::reported::Reported;

/// Second moments of one metric over blocks of agents: what the standard error of its mean is made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    /// Sum over blocks of (block sum)^2, in fixed point squared.
    pub squares: i128,
    /// Sum over blocks of block sum times block size.
    pub cross: i128,
}

/// Sums of one tick over the agents of some regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    regions: Range<usize>,
    segments: usize,
    metrics: usize,
    sums: Vec<i64>,
    moments: Vec<Moments>,
    acted: u64,
    /// What agents reported.
    pub(crate) reported: Reported,
    /// The agents that the run names, rising.
    pub(crate) glimpses: Vec<Glimpse>,
    /// What is counted of copies.
    pub(crate) crossings: Crossings,
}

impl Tally {
    /// All zero, for these regions.
    pub fn new(regions: Range<usize>, segments: usize, metrics: usize) -> Self {
        let sums = vec![0; regions.len() * segments * metrics];
        Self {
            regions,
            segments,
            metrics,
            sums,
            moments: vec![Moments::default(); metrics],
            acted: 0,
            reported: Reported::default(),
            glimpses: Vec::new(),
            crossings: Crossings::default(),
        }
    }

    /// All zero, of the same shape.
    pub fn clear(&mut self) {
        self.sums.fill(0);
        self.moments.fill(Moments::default());
        self.acted = 0;
        self.reported = Reported::default();
        self.glimpses.clear();
        self.crossings = Crossings::default();
    }

    /// Adds the sums of one block of `size` agents, laid out as segment by metric; `acted` of them acted.
    pub fn add_block(&mut self, region: usize, block: &[i64], size: usize, acted: u64) {
        self.add_block_of((self.segments, self.metrics), region, block, size, acted);
    }

    /// The same, for a shape that is known when the caller is compiled, so that the loops over it are as well.
    #[inline(always)]
    pub(crate) fn add_block_of(
        &mut self,
        (segments, metrics): (usize, usize),
        region: usize,
        block: &[i64],
        size: usize,
        acted: u64,
    ) {
        debug_assert_eq!((segments, metrics), (self.segments, self.metrics));
        let width = segments * metrics;
        let (row, block) = (&mut self.sums[(region - self.regions.start) * width..][..width], &block[..width]);
        for (sum, &part) in row.iter_mut().zip(block) {
            *sum += part;
        }
        let totals = over_segments(block, metrics);
        for (moments, &sum) in self.moments[..metrics].iter_mut().zip(&totals) {
            moments.squares += i128::from(sum) * i128::from(sum);
            moments.cross += i128::from(sum) * size as i128;
        }
        self.acted += acted;
    }

    /// Begins a tick in which most sums stay as they are.
    pub(crate) fn begin_tick(&mut self) {
        self.acted = 0;
    }

    /// Counts the agents whose bits are set as having acted.
    pub(crate) fn note_acted(&mut self, lanes: u64) {
        self.acted += u64::from(lanes.count_ones());
    }

    /// Puts the sums of one block of `size` agents, laid out as segment by metric, in the place of what they were.
    #[inline]
    pub(crate) fn replace_block(&mut self, region: usize, before: &[i64], block: &[i64], size: usize) {
        let width = self.segments * self.metrics;
        let row = &mut self.sums[(region - self.regions.start) * width..][..width];
        for (sum, (&old, &new)) in row.iter_mut().zip(before.iter().zip(block)) {
            *sum += new - old;
        }
        let (old, new) = (over_segments(before, self.metrics), over_segments(block, self.metrics));
        for (moments, (old, new)) in self.moments.iter_mut().zip(old.into_iter().zip(new)) {
            moments.squares += i128::from(new) * i128::from(new) - i128::from(old) * i128::from(old);
            moments.cross += i128::from(new - old) * size as i128;
        }
    }

    /// Adds what another partition counted in the same tick.
    ///
    /// # Errors
    /// [`EngineError::State`] when the other tally is of another shape or outside these regions.
    pub fn merge(&mut self, other: &Tally) -> Result<()> {
        let inside = other.regions.start >= self.regions.start && other.regions.end <= self.regions.end;
        if !inside || other.segments != self.segments || other.metrics != self.metrics {
            return Err(EngineError::State("a tally of another shape".to_owned()));
        }
        let start = (other.regions.start - self.regions.start) * self.segments * self.metrics;
        for (sum, &part) in self.sums[start..].iter_mut().zip(&other.sums) {
            *sum += part;
        }
        for (moments, part) in self.moments.iter_mut().zip(&other.moments) {
            moments.squares += part.squares;
            moments.cross += part.cross;
        }
        self.acted += other.acted;
        self.reported.merge(&other.reported);
        if !other.glimpses.is_empty() {
            self.glimpses.extend_from_slice(&other.glimpses);
            self.glimpses.sort_unstable();
        }
        self.crossings.merge(&other.crossings);
        Ok(())
    }

    /// The regions that it is about.
    pub fn regions(&self) -> Range<usize> {
        self.regions.clone()
    }

    /// How many agents acted in the tick.
    pub fn acted(&self) -> u64 {
        self.acted
    }

    /// Sum of a metric over all agents, in fixed point.
    pub fn total(&self, metric: usize) -> i64 {
        self.sums.iter().skip(metric).step_by(self.metrics).sum()
    }

    /// Sum of a metric over a region's agents, in fixed point.
    pub fn by_region(&self, region: usize, metric: usize) -> i64 {
        let width = self.segments * self.metrics;
        self.sums[(region - self.regions.start) * width..][..width].iter().skip(metric).step_by(self.metrics).sum()
    }

    /// Sum of a metric over a segment's agents, in fixed point.
    pub fn by_segment(&self, segment: usize, metric: usize) -> i64 {
        self.sums.iter().skip(segment * self.metrics + metric).step_by(self.segments * self.metrics).sum()
    }

    /// The moments of a metric.
    pub fn moments(&self, metric: usize) -> Moments {
        self.moments[metric]
    }

    /// Sums in the order region, segment, metric.
    pub fn sums(&self) -> &[i64] {
        &self.sums
    }

    /// A tally made again from its parts.
    ///
    /// # Errors
    /// [`EngineError::State`] when the parts do not fit the shape.
    pub fn from_parts(
        (regions, segments, metrics): (Range<usize>, usize, usize),
        sums: Vec<i64>,
        moments: Vec<Moments>,
    ) -> Result<Self> {
        if sums.len() != regions.len() * segments * metrics || moments.len() != metrics {
            return Err(EngineError::State("sums of another shape".to_owned()));
        }
        Ok(Self { sums, moments, ..Self::new(regions, segments, metrics) })
    }
}

/// Sums over segments, by metric; 0 beyond those there are.
#[inline(always)]
fn over_segments(block: &[i64], metrics: usize) -> [i64; MAX_METRICS] {
    let mut sums = [0; MAX_METRICS];
    for row in block.chunks_exact(metrics) {
        sums.iter_mut().zip(row).for_each(|(sum, part)| *sum += part);
    }
    sums
}

/// Standard error of a metric's mean over `agents` agents in `blocks` blocks, the blocks taken as a sample of
/// clusters: `SE^2 = B / (B - 1) * sum_b (s_b - m n_b)^2 / N^2` (ratio estimator; Cochran 1977, eq. 3.34 and 6.11).
/// `size_squares` is the sum of the squared block sizes. No answer (`None`) for fewer than two blocks.
pub fn standard_error(moments: Moments, sum: i64, agents: u64, blocks: u64, size_squares: u64) -> Option<f64> {
    if blocks < 2 {
        return None;
    }
    let one = fixed::ONE as f64;
    let mean = fixed::mean(sum, agents);
    let squares = moments.squares as f64 / (one * one);
    let cross = moments.cross as f64 / one;
    let deviation = (squares - 2.0 * mean * cross + mean * mean * size_squares as f64).max(0.0);
    let clusters = blocks as f64 / (blocks - 1) as f64;
    Some(libm::sqrt(clusters * deviation) / agents as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tally(regions: Range<usize>, blocks: &[(usize, Vec<i64>)]) -> Tally {
        let mut tally = Tally::new(regions, 2, 2);
        for (region, sums) in blocks {
            tally.add_block(*region, sums, 64, 60);
        }
        tally
    }

    proptest! {
        #[test]
        fn merging_is_associative_and_commutative(
            blocks in prop::collection::vec((0usize..6, prop::collection::vec(-1i64 << 26..1 << 26, 4)), 0..40),
            cut in 0usize..40, other in 0usize..40,
        ) {
            let (a, b) = (cut.min(other).min(blocks.len()), cut.max(other).min(blocks.len()));
            let parts = [&blocks[..a], &blocks[a..b], &blocks[b..]].map(|part| tally(0..6, part));
            let whole = tally(0..6, &blocks);
            for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
                let mut sum = Tally::new(0..6, 2, 2);
                for part in order {
                    sum.merge(&parts[part]).unwrap();
                }
                prop_assert_eq!(&sum, &whole);
            }
            let mut pair = parts[1].clone();
            pair.merge(&parts[2]).unwrap();
            let mut grouped = parts[0].clone();
            grouped.merge(&pair).unwrap();
            prop_assert_eq!(&grouped, &whole);
        }
    }

    #[test]
    fn a_part_of_the_regions_lands_in_its_rows() {
        let mut all = Tally::new(0..3, 2, 2);
        all.merge(&tally(1..2, &[(1, vec![1, 2, 3, 4])])).unwrap();
        assert_eq!((all.by_region(0, 0), all.by_region(1, 0), all.by_region(1, 1)), (0, 4, 6));
        assert_eq!((all.by_segment(0, 1), all.by_segment(1, 1), all.total(0)), (2, 4, 4));
        assert!(Tally::new(1..3, 2, 2).merge(&all).is_err());
    }

    #[test]
    fn standard_error_is_that_of_cluster_sampling() {
        // Two blocks of two agents with block means 0 and 1: m = 1/2, deviations -1 and 1, SE^2 = 2/1 * 2 / 16.
        let mut tally = Tally::new(0..1, 1, 1);
        tally.add_block(0, &[0], 2, 2);
        tally.add_block(0, &[2 * fixed::ONE], 2, 2);
        let se = standard_error(tally.moments(0), tally.total(0), 4, 2, 8).unwrap();
        assert!((se - 0.5).abs() < 1e-12);
        assert_eq!(standard_error(tally.moments(0), 0, 4, 1, 8), None);
    }
}
