//! Fixed-point numbers for everything that is summed over agents: integer addition is associative, so a sum
//! does not depend on the order or the grouping in which partitions deliver their parts.

/// Fraction bits of a measured value: a resolution of about one millionth.
pub const FRACTION_BITS: u32 = 20;

/// 1.0 in fixed point.
pub const ONE: i64 = 1 << FRACTION_BITS;

/// The fixed-point form of `value`, rounded towards zero; saturates beyond ±2047.
#[inline]
pub fn from_f32(value: f32) -> i64 {
    i64::from((value * ONE as f32) as i32)
}

/// The mean of `count` measured values that sum to `sum`; 0 where there are none.
pub fn mean(sum: i64, count: u64) -> f64 {
    if count == 0 {
        return 0.0;
    }
    sum as f64 / (count as f64 * ONE as f64)
}
