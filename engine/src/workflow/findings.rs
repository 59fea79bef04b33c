//! What partitions found in one step of a workflow: counts, sums and extremes that merge into the same whatever the
//! partitions and the order of their reports.

use crate::tally::Tally;

/// Fraction bits of summed values.
const SUM_BITS: u32 = 40;
/// Fraction bits of values whose squares are summed: the squares of a hundred million values of a million each still fit.
const SQUARE_BITS: u32 = 20;

/// One number of many agents.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    /// How many agents there were.
    pub(crate) agents: u64,
    /// Agents by answer, where there are answers to choose from.
    pub(crate) counts: Vec<u64>,
    sum: i128,
    squares: i128,
    /// Smallest value; meaningless without agents.
    pub(crate) min: f64,
    /// Largest value; meaningless without agents.
    pub(crate) max: f64,
}

impl Column {
    /// Nothing yet, with room for so many answers.
    pub(crate) fn new(answers: usize) -> Self {
        Self { agents: 0, counts: vec![0; answers], sum: 0, squares: 0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }

    /// Adds an agent's value, and its answer where there are answers to choose from.
    pub(crate) fn add(&mut self, value: f64, answer: Option<usize>) {
        self.agents += 1;
        if let Some(count) = answer.and_then(|answer| self.counts.get_mut(answer)) {
            *count += 1;
        }
        // Without a negative zero: which of two zeros is the smaller differs between processors.
        let value = value + 0.0;
        self.sum += fixed(value, SUM_BITS);
        let small = fixed(value, SQUARE_BITS);
        self.squares += small * small;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Adds what another partition found.
    fn merge(&mut self, other: &Column) {
        self.agents += other.agents;
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.sum += other.sum;
        self.squares += other.squares;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The sum of all values.
    pub(crate) fn sum(&self) -> f64 {
        self.sum as f64 / (1u64 << SUM_BITS) as f64
    }

    /// The mean value; `None` without agents.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.agents > 0).then(|| self.sum() / self.agents as f64)
    }

    /// The standard deviation over the agents, who are all that were asked; `None` without agents.
    pub(crate) fn deviation(&self) -> Option<f64> {
        let scale = (1u64 << SQUARE_BITS) as f64;
        let square = self.squares as f64 / (scale * scale) / self.agents as f64;
        let variance = |mean: f64| (square - mean * mean).max(0.0);
        // Values that are all the same have no spread, whatever rounding says.
        self.mean().map(|mean| if self.min == self.max { 0.0 } else { libm::sqrt(variance(mean)) })
    }
}

fn fixed(value: f64, bits: u32) -> i128 {
    libm::rint(value * (1u64 << bits) as f64) as i128
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
        let mut column = Column::new(2);
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
                let mut sum = Column::new(2);
                order.iter().for_each(|&part| sum.merge(&parts[part]));
                prop_assert_eq!(&sum, &column(&values));
            }
        }

        #[test]
        fn mean_and_deviation_are_those_of_the_values(values in prop::collection::vec(-100.0..100.0f64, 1..60)) {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let square = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / values.len() as f64;
            let column = column(&values);
            prop_assert!((column.mean().unwrap() - mean).abs() < 1e-9);
            prop_assert!((column.deviation().unwrap() - square.sqrt()).abs() < 0.01);
            prop_assert_eq!(column.counts.iter().sum::<u64>(), values.len() as u64);
        }
    }

    #[test]
    fn nobody_has_no_mean_and_equal_values_have_no_spread() {
        assert_eq!((Column::new(0).mean(), Column::new(0).deviation(), Column::new(0).sum()), (None, None, 0.0));
        let same = column(&[0.3; 1_000]);
        assert!((same.mean().unwrap() - 0.3).abs() < 1e-11);
        assert_eq!(same.deviation(), Some(0.0));
    }
}
