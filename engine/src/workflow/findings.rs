//! What partitions found in one step of a workflow: counts, sums and extremes that merge into the same whatever the
//! partitions and the order of their reports.

use crate::model::{Trait, TraitKind};
use crate::tally::Tally;

/// The most fraction bits of summed values.
const MAX_BITS: i32 = 40;

/// Fraction bits for the sums of values from `min` to `max`: as many as [`MAX_BITS`], fewer for wide ranges, so that the
/// squared deviations of a hundred million values add up within 128 bits.
pub(crate) fn bits_for(min: f64, max: f64) -> i32 {
    let (mut wide, mut bits) = ((max - min).max(1.0), 0);
    while wide > 1.0 {
        wide *= 0.5;
        bits += 1;
    }
    MAX_BITS.min(50 - bits)
}

/// The same for a trait.
pub(crate) fn bits_of(known: &Trait) -> i32 {
    match known.kind {
        TraitKind::Number { min, max, .. } => bits_for(min, max),
        TraitKind::Flag => MAX_BITS,
        TraitKind::Choice(labels) => bits_for(0.0, labels.len() as f64),
    }
}

/// One number of many agents, in fixed point.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    /// How many agents there were.
    pub(crate) agents: u64,
    /// Agents by answer, where there are answers to choose from.
    pub(crate) counts: Vec<u64>,
    bits: i32,
    sum: i128,
    /// Modulo 2^128, which is enough: the sum of squared deviations that is made from it fits.
    squares: i128,
    /// Smallest value; meaningless without agents.
    pub(crate) min: f64,
    /// Largest value; meaningless without agents.
    pub(crate) max: f64,
}

impl Column {
    /// Nothing yet, with room for so many answers, in fixed point with `bits` fraction bits.
    pub(crate) fn new(answers: usize, bits: i32) -> Self {
        let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { agents: 0, counts: vec![0; answers], bits, sum: 0, squares: 0, min, max }
    }

    /// Adds an agent's value, and its answer where there are answers to choose from.
    pub(crate) fn add(&mut self, value: f64, answer: Option<usize>) {
        // Adding zero takes the sign off a negative zero.
        let value = value + 0.0;
        self.agents += 1;
        if let Some(count) = answer.and_then(|answer| self.counts.get_mut(answer)) {
            *count += 1;
        }
        let fixed = libm::rint(libm::ldexp(value, self.bits)) as i128;
        self.sum = self.sum.wrapping_add(fixed);
        self.squares = self.squares.wrapping_add(fixed.wrapping_mul(fixed));
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Adds what another partition found.
    fn merge(&mut self, other: &Column) {
        self.agents += other.agents;
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.sum = self.sum.wrapping_add(other.sum);
        self.squares = self.squares.wrapping_add(other.squares);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The sum of all values.
    pub(crate) fn sum(&self) -> f64 {
        libm::ldexp(self.sum as f64, -self.bits)
    }

    /// The mean value; `None` without agents.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.agents > 0).then(|| self.sum() / self.agents as f64)
    }

    /// The standard deviation over the agents, who are all that were asked; `None` without agents.
    ///
    /// With q the values in fixed point, n their number and m their mean rounded to an integer, the sum of (q - m)² is
    /// Σq² - 2m Σq + n m², computed modulo 2^128; it is exact, however close together the values are.
    pub(crate) fn deviation(&self) -> Option<f64> {
        let n = i128::from(self.agents);
        let m = self.sum.checked_div(n)?;
        let cross = m.wrapping_mul(self.sum).wrapping_mul(2);
        let around = self.squares.wrapping_sub(cross).wrapping_add(n.wrapping_mul(m).wrapping_mul(m));
        let rest = (self.sum - m * n) as f64 / n as f64;
        let variance = (around as f64 / n as f64 - rest * rest).max(0.0);
        Some(libm::ldexp(libm::sqrt(variance), -self.bits))
    }
}

/// What one agent said of itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Testimony {
    pub(crate) agent: u32,
    pub(crate) group: usize,
    pub(crate) region: usize,
    pub(crate) segment: usize,
    /// Its traits, in the order of the model's.
    pub(crate) state: Vec<f64>,
    /// The model's words.
    pub(crate) reasons: String,
}

/// What the partitions of a run, or some of them, found in one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// How many agents the step was about.
    pub(crate) agents: u64,
    /// For how many of them something changed.
    pub(crate) changed: u64,
    /// One per question, or per metric.
    pub(crate) columns: Vec<Column>,
    /// Who was interviewed, by id.
    pub(crate) testimonies: Vec<Testimony>,
    /// Sums over all agents, where they may have changed.
    pub(crate) tally: Option<Tally>,
}

impl Findings {
    /// Adds what another partition found in the same step; `whole` is an empty tally over all regions.
    ///
    /// # Errors
    /// [`crate::EngineError::State`] when the two are of different steps.
    pub fn merge(&mut self, other: Findings, whole: impl FnOnce() -> Tally) -> crate::Result<()> {
        self.agents += other.agents;
        self.changed += other.changed;
        if self.columns.is_empty() {
            self.columns = other.columns;
        } else {
            self.columns.iter_mut().zip(&other.columns).for_each(|(column, more)| column.merge(more));
        }
        self.testimonies.extend(other.testimonies);
        self.testimonies.sort_by_key(|testimony| testimony.agent);
        match other.tally {
            Some(tally) => self.tally.get_or_insert_with(whole).merge(&tally),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn column(values: &[f64]) -> Column {
        let mut column = Column::new(2, bits_for(-1e6, 1e6));
        values.iter().for_each(|&value| column.add(value, Some(usize::from(value > 0.0))));
        column
    }

    proptest! {
        #[test]
        fn merging_is_associative_and_commutative(
            values in prop::collection::vec(-1e6..1e6f64, 1..60), cut in 0usize..60, other in 0usize..60,
        ) {
            let (a, b) = (cut.min(other).min(values.len()), cut.max(other).min(values.len()));
            let parts = [&values[..a], &values[a..b], &values[b..]].map(column);
            for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
                let mut sum = Column::new(2, bits_for(-1e6, 1e6));
                order.iter().for_each(|&part| sum.merge(&parts[part]));
                prop_assert_eq!(&sum, &column(&values));
            }
        }

        /// However narrow the values lie around wherever their middle is.
        #[test]
        fn mean_and_deviation_are_those_of_the_values(
            units in prop::collection::vec(-1.0..1.0f64, 2..60), middle in -0.9..0.9f64, wide in 1e-7..0.1f64,
        ) {
            let values: Vec<f64> = units.iter().map(|unit| middle + wide * unit).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let square = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / values.len() as f64;
            let mut column = Column::new(0, bits_for(-1.0, 1.0));
            values.iter().for_each(|&value| column.add(value, None));
            prop_assert!((column.mean().unwrap() - mean).abs() < 1e-11);
            prop_assert!((column.deviation().unwrap() - square.sqrt()).abs() < 1e-11);
        }
    }

    #[test]
    fn nobody_has_no_mean_and_equal_values_have_no_spread() {
        let nobody = Column::new(0, 40);
        assert_eq!((nobody.mean(), nobody.deviation(), nobody.sum()), (None, None, 0.0));
        let same = column(&[0.3; 1_000]);
        assert!((same.mean().unwrap() - 0.3).abs() < 1e-6);
        assert_eq!(same.deviation(), Some(0.0));
    }

    #[test]
    fn the_widest_ranges_and_the_most_agents_fit() {
        for (min, max) in [(0.0, 1.0), (-1.0, 1.0), (0.0, 1e8), (-1e12, 1e12)] {
            let mut column = Column::new(0, bits_for(min, max));
            for _ in 0..1_000 {
                column.add(min, None);
                column.add(max, None);
            }
            // A hundred million agents at both ends have this many times the sum of squared deviations.
            let half = (max - min) / 2.0;
            assert!(libm::ldexp(half * half * 1e8, 2 * column.bits) < 1.7e38, "{min} to {max}");
            assert!((column.deviation().unwrap() / half - 1.0).abs() < 1e-9, "{min} to {max}");
        }
        let mut signed = Column::new(0, 40);
        signed.add(-0.0, None);
        assert!(signed.min.is_sign_positive() && signed.max.is_sign_positive());
    }
}
