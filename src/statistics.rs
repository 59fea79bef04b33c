//! What several runs of one question say together: means with their intervals, and differences between two questions. Pure
//! arithmetic on few numbers; the quantile of Student's t is `statrs`'. Nothing here reaches a run's results.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Where both tails together hold 5 %.
const UPPER: f64 = 0.975;

/// A 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// Some numbers in short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many there are, at least 1.
    pub n: usize,
    /// Their arithmetic mean.
    pub mean: f64,
    /// Their sample standard deviation, divided by n - 1; none of one number.
    pub standard_deviation: Option<f64>,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// Where the mean of all numbers of this kind may be: mean ± t(0.975; n − 1) · s / √n (Student 1908). None of one number.
    pub interval_95: Option<Interval>,
}

/// By how much one set of numbers is above another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// How many pairs were compared; none where the sets are not paired.
    pub pairs: Option<usize>,
    /// Mean of the first set.
    pub baseline_mean: f64,
    /// Mean of the second set.
    pub mean: f64,
    /// The second mean less the first.
    pub delta: f64,
    /// Standard error of the difference; none of too few numbers, like all that follows.
    pub standard_error: Option<f64>,
    /// Degrees of freedom of its t.
    pub degrees_of_freedom: Option<f64>,
    /// Where the true difference may be.
    pub interval_95: Option<Interval>,
}

impl Difference {
    /// The difference in per cent of the baseline's size; none of a baseline of 0.
    pub fn percent(&self) -> Option<f64> {
        (self.baseline_mean != 0.0).then(|| 100.0 * self.delta / self.baseline_mean.abs())
    }
}

/// The 97.5 % quantile of Student's t with these degrees of freedom, which need not be whole and must be above 0.
fn t_975(degrees_of_freedom: f64) -> f64 {
    let t = StudentsT::new(0.0, 1.0, degrees_of_freedom).expect("degrees of freedom are above 0");
    t.inverse_cdf(UPPER)
}

fn around(middle: f64, standard_error: f64, degrees_of_freedom: f64) -> Interval {
    let half = match standard_error {
        // So that a difference that is always the same has an interval of no width, and not one of noise.
        0.0 => 0.0,
        error => t_975(degrees_of_freedom) * error,
    };
    Interval { low: middle - half, high: middle + half }
}

/// The mean, exact where all numbers are equal.
fn mean(values: &[f64]) -> f64 {
    let first = values.first().copied().unwrap_or_default();
    first + values.iter().map(|value| value - first).sum::<f64>() / values.len().max(1) as f64
}

/// The sample variance of two numbers or more.
fn variance(values: &[f64]) -> Option<f64> {
    let middle = mean(values);
    let squares = values.iter().map(|value| (value - middle) * (value - middle)).sum::<f64>();
    (values.len() >= 2).then(|| squares / (values.len() - 1) as f64)
}

/// Numbers in short; none of none.
pub fn summary(values: &[f64]) -> Option<Summary> {
    let n = values.len();
    let min = values.iter().copied().reduce(f64::min)?;
    let (max, mean, variance) = (values.iter().copied().fold(min, f64::max), mean(values), variance(values));
    let interval_95 = variance.map(|variance| around(mean, (variance / n as f64).sqrt(), n as f64 - 1.0));
    Some(Summary { n, mean, standard_deviation: variance.map(f64::sqrt), min, max, interval_95 })
}

/// The mean of the differences of pairs, of which the first number is the baseline's; none of no pair.
///
/// mean(d) ± t(0.975; n − 1) · s(d) / √n, for two pairs or more.
pub fn paired(pairs: &[(f64, f64)]) -> Option<Difference> {
    let differences: Vec<f64> = pairs.iter().map(|(baseline, value)| value - baseline).collect();
    let found = summary(&differences)?;
    let side = |of: fn(&(f64, f64)) -> f64| mean(&pairs.iter().map(of).collect::<Vec<_>>());
    let n = found.n as f64;
    Some(Difference {
        pairs: Some(found.n),
        baseline_mean: side(|pair| pair.0),
        mean: side(|pair| pair.1),
        delta: found.mean,
        standard_error: found.standard_deviation.map(|deviation| deviation / n.sqrt()),
        degrees_of_freedom: found.standard_deviation.map(|_| n - 1.0),
        interval_95: found.interval_95,
    })
}

/// The difference of two means whose variances may differ (Welch 1947), with the degrees of freedom of Satterthwaite 1946; none
/// where one of the sets is empty. An interval needs two numbers on either side.
pub fn unpaired(baseline: &[f64], values: &[f64]) -> Option<Difference> {
    if baseline.is_empty() || values.is_empty() {
        return None;
    }
    let (baseline_mean, mean) = (mean(baseline), mean(values));
    let delta = mean - baseline_mean;
    let of_mean = |values: &[f64]| variance(values).map(|variance| variance / values.len() as f64);
    let errors = of_mean(baseline).zip(of_mean(values)).map(|(first, second)| {
        let (n_first, n_second) = (baseline.len() as f64 - 1.0, values.len() as f64 - 1.0);
        let both = first + second;
        let freedom = match both {
            0.0 => n_first + n_second,
            both => both * both / (first * first / n_first + second * second / n_second),
        };
        (both.sqrt(), freedom)
    });
    Some(Difference {
        pairs: None,
        baseline_mean,
        mean,
        delta,
        standard_error: errors.map(|(error, _)| error),
        degrees_of_freedom: errors.map(|(_, freedom)| freedom),
        interval_95: errors.map(|(error, freedom)| around(delta, error, freedom)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64, within: f64) {
        assert!((found - wanted).abs() <= within, "{found} is not {wanted}");
    }

    /// NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2, and R's qt for what is not whole.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        let table =
            [(1.0, 12.706), (2.0, 4.303), (3.0, 3.182), (4.0, 2.776), (5.0, 2.571), (9.0, 2.262), (10.0, 2.228)];
        let more = [(20.0, 2.086), (30.0, 2.042), (60.0, 2.000), (100.0, 1.984), (999.0, 1.962)];
        for (freedom, t) in table.into_iter().chain(more) {
            near(t_975(freedom), t, 0.000_51);
        }
        // By closed form: with 1 degree tan(0.475 π), with 2 degrees (2p − 1) √(2 / (1 − (2p − 1)²)).
        near(t_975(1.0), (0.475 * std::f64::consts::PI).tan(), 1e-6);
        near(t_975(2.0), 0.95 * (2.0 / (1.0 - 0.95 * 0.95_f64)).sqrt(), 1e-8);
        assert!(t_975(2.5) < t_975(2.0) && t_975(2.5) > t_975(3.0));
    }

    /// By hand: 2, 4, 4, 4, 5, 5, 7, 9 have the mean 5 and the sum of squares 32, so s² = 32/7; t(0.975; 7) = 2.364624.
    #[test]
    fn a_summary_is_what_it_is_by_hand() {
        let found = summary(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert_eq!((found.n, found.mean, found.min, found.max), (8, 5.0, 2.0, 9.0));
        near(found.standard_deviation.unwrap(), 2.138_089_935, 1e-9);
        let interval = found.interval_95.unwrap();
        near(interval.low, 5.0 - 2.364_624 * 0.755_929, 1e-5);
        near(interval.high, 5.0 + 2.364_624 * 0.755_929, 1e-5);
        assert_eq!(summary(&[]), None);
        let one = summary(&[0.3]).unwrap();
        assert_eq!((one.mean, one.standard_deviation, one.interval_95), (0.3, None, None));
        let same = summary(&[0.1; 3]).unwrap();
        assert_eq!((same.mean, same.standard_deviation), (0.1, Some(0.0)));
        assert_eq!(same.interval_95, Some(Interval { low: 0.1, high: 0.1 }));
    }

    /// Student's own example (1908): ten patients' hours of sleep gained by two soporifics; the differences have the mean 1.58,
    /// s = 1.23 and 9 degrees of freedom.
    const FIRST: [f64; 10] = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    const SECOND: [f64; 10] = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

    #[test]
    fn students_sleep_is_found_again_in_pairs() {
        let pairs: Vec<_> = FIRST.into_iter().zip(SECOND).collect();
        let found = paired(&pairs).unwrap();
        near(found.delta, 1.58, 1e-12);
        near(found.standard_error.unwrap(), 0.389_0, 1e-4);
        assert_eq!((found.pairs, found.degrees_of_freedom), (Some(10), Some(9.0)));
        // R: t.test(extra ~ group, paired = TRUE).
        let interval = found.interval_95.unwrap();
        near(interval.low, 0.700_114, 1e-5);
        near(interval.high, 2.459_886, 1e-5);
        near(found.percent().unwrap(), 100.0 * 1.58 / 0.75, 1e-9);
    }

    #[test]
    fn and_less_surely_without_them() {
        // R: t.test(extra ~ group): t = -1.8608, df = 17.776, -3.3654832 to 0.2054832 of the first less the second.
        let found = unpaired(&FIRST, &SECOND).unwrap();
        near(found.degrees_of_freedom.unwrap(), 17.776, 1e-3);
        let interval = found.interval_95.unwrap();
        near(interval.low, -0.205_483, 1e-5);
        near(interval.high, 3.365_483, 1e-5);
        assert_eq!(found.pairs, None);
    }

    #[test]
    fn few_numbers_have_a_difference_and_no_interval() {
        let one = paired(&[(0.5, 0.75)]).unwrap();
        assert_eq!((one.delta, one.standard_error, one.interval_95), (0.25, None, None));
        let odd = unpaired(&[0.5], &[0.75, 1.25]).unwrap();
        assert_eq!((odd.delta, odd.degrees_of_freedom, odd.interval_95), (0.5, None, None));
        assert_eq!((paired(&[]), unpaired(&[], &[1.0])), (None, None));
        let sure = unpaired(&[1.0, 1.0], &[2.0, 2.0]).unwrap();
        assert_eq!(sure.interval_95, Some(Interval { low: 1.0, high: 1.0 }));
        assert_eq!(paired(&[(0.0, 1.0), (0.0, 1.0)]).unwrap().percent(), None);
    }
}
