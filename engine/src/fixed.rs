//! Fixed-point numbers for everything that is summed over agents: integer addition is associative, so a sum
//! does not depend on the order or the grouping in which partitions deliver their parts.

use crate::guard::model_fault;

/// Fraction bits of a measured value: a resolution of about one millionth.
pub const FRACTION_BITS: u32 = 20;

/// 1.0 in fixed point.
pub const ONE: i64 = 1 << FRACTION_BITS;

/// Measured values stay below this.
const LIMIT: f32 = 2_048.0;

/// The fixed-point form of `value`, rounded towards zero. What is no number, or lies beyond ±2047, is a fault of the model that
/// measures it, as [`crate::model_fault`] has it: the run ends, for no sum could be told from a sound one.
#[inline]
pub fn from_f32(value: f32) -> i64 {
    of_metric(value, "a metric")
}

/// The same of a metric with this name.
#[inline]
pub(crate) fn of_metric(value: f32, name: &str) -> i64 {
    if value.abs() < LIMIT {
        return i64::from((value * ONE as f32) as i32);
    }
    cannot_be_kept(value, name)
}

#[cold]
#[inline(never)]
fn cannot_be_kept(value: f32, name: &str) -> ! {
    model_fault(format_args!("{name} is {value}: it must be a number within ±2047, in a larger unit if need be"))
}

/// The mean of `count` measured values that sum to `sum`; 0 where there are none.
pub fn mean(sum: i64, count: u64) -> f64 {
    if count == 0 {
        return 0.0;
    }
    sum as f64 / (count as f64 * ONE as f64)
}

/// `value` rounded to the nearest integer, halves to even, for values in ±2^22: adding 1.5 * 2^23 leaves the integer in
/// the lowest bits of the sum. Much cheaper than a saturating cast where the range is known.
#[inline]
pub fn round_small(value: f32) -> i32 {
    const SHIFT: f32 = 12_582_912.0;
    ((value + SHIFT).to_bits() as i32).wrapping_sub(SHIFT.to_bits() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::{ModelFailure, guarded};

    #[test]
    fn rounding_is_to_the_nearest_even_integer() {
        for value in
            [-4_194_303.0, -16_384.0, -2.5, -1.5, -0.6, -0.5, 0.0, 0.4, 0.5, 1.5, 2.5, 3.7, 16_383.49, 4_194_303.0f32]
        {
            assert_eq!(round_small(value), value.round_ties_even() as i32, "{value}");
        }
    }

    #[test]
    fn fixed_point_keeps_a_millionth() {
        for value in [-1.0f32, -0.3, 0.0, 0.123_456, 1.0, 1_000.0] {
            assert!((mean(from_f32(value), 1) - f64::from(value)).abs() <= 1.0 / ONE as f64, "{value}");
        }
        assert_eq!(mean(5, 0), 0.0);
    }

    #[test]
    fn what_cannot_be_kept_is_a_fault() {
        for value in [1e9, -1e9, 2_048.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let Err(ModelFailure::Faulty(said)) = guarded(|| of_metric(value, "wealth")) else { panic!("{value}") };
            assert!(said.starts_with(&format!("wealth is {value}: it must be a number")), "{said}");
        }
        assert_eq!(from_f32(2_047.0), 2_047 * ONE);
    }
}
