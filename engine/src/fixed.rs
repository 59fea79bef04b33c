//! Fixed-point numbers for everything that is summed over agents: integer addition is associative, so a sum
//! does not depend on the order or the grouping in which partitions deliver their parts.

/// Fraction bits of a measured value: a resolution of about one millionth.
pub const FRACTION_BITS: u32 = 20;

/// 1.0 in fixed point.
pub const ONE: i64 = 1 << FRACTION_BITS;

/// Measured values stay below this.
const LIMIT: f32 = 2_048.0;

/// The fixed-point form of `value`, rounded towards zero; ±2048 beyond that, and 0 for what is no number.
///
/// # Panics
/// For these in debug builds, where whoever writes a model finds out; a look at every value would cost release builds.
#[inline]
pub fn from_f32(value: f32) -> i64 {
    debug_assert!(
        value.abs() < LIMIT,
        "a metric is {value}: it must be a number within ±2047, in a larger unit if need be"
    );
    i64::from((value * ONE as f32) as i32)
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
    fn what_cannot_be_kept_is_found_in_debug_builds_and_bounded_in_others() {
        for (value, kept) in [(1e9, i64::from(i32::MAX)), (-1e9, i64::from(i32::MIN)), (f32::NAN, 0)] {
            let found = std::panic::catch_unwind(|| from_f32(value)).ok();
            assert_eq!(found, (!cfg!(debug_assertions)).then_some(kept), "{value}");
        }
        assert_eq!(from_f32(2_047.0), 2_047 * ONE);
    }
}
