//! A curve in a few numbers.

/// A curve over ticks in a few numbers. `None` where it has no value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aggregate {
    /// The first value.
    pub first: f64,
    /// The last value.
    pub last: f64,
    /// The mean over the ticks.
    pub mean: f64,
    /// The smallest value.
    pub min: f64,
    /// The first tick at which it has it.
    pub min_tick: u32,
    /// The largest value.
    pub max: f64,
    /// The first tick at which it has it.
    pub max_tick: u32,
}

impl Aggregate {
    /// Of the values of a curve at these ticks; `None` where there are none.
    pub fn of(ticks: &[u32], curve: &[f64]) -> Option<Self> {
        let mut points = ticks.iter().copied().zip(curve.iter().copied()).filter(|(_, value)| !value.is_nan());
        let (tick, first) = points.next()?;
        let start = Self { first, last: first, mean: first, min: first, min_tick: tick, max: first, max_tick: tick };
        let (mut all, mut sum, mut count) = (start, first, 1.0);
        for (tick, value) in points {
            (sum, count, all.last) = (sum + value, count + 1.0, value);
            if value < all.min {
                (all.min, all.min_tick) = (value, tick);
            }
            if value > all.max {
                (all.max, all.max_tick) = (value, tick);
            }
        }
        Some(Self { mean: sum / count, ..all })
    }

    /// From the first value to the last.
    pub fn change(&self) -> f64 {
        self.last - self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_in_a_few_numbers() {
        let all = Aggregate::of(&[0, 2, 4, 6], &[0.5, 0.25, f64::NAN, 1.0]).expect("there are values");
        assert_eq!((all.first, all.last, all.change()), (0.5, 1.0, 0.5));
        assert_eq!((all.min, all.min_tick, all.max, all.max_tick), (0.25, 2, 1.0, 6));
        assert!((all.mean - 1.75 / 3.0).abs() < 1e-15);
        assert_eq!(Aggregate::of(&[1], &[f64::NAN]), None);
    }
}
