//! Ways through a block that leave its loop little to do: bits to lanes, and what all lanes read brought near. It owns no
//! state; what is done with a lane is the loop's affair.

use std::ops::Range;

use crate::model::Model;

/// Variables that are brought near; a model with more reads them where they are.
pub(super) const NEAR_VARIABLES: usize = 16;

/// The places of the bits that are set, rising.
pub(super) fn lanes_of(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = bits.trailing_zeros() as usize;
        bits &= bits.checked_sub(1)?;
        Some(lane)
    })
}

/// The stretches of bits that are set, rising: where a whole block acts, one, and nobody in it is asked whether it acts.
#[inline]
pub(super) fn stretches(mut bits: u64) -> impl Iterator<Item = Range<usize>> {
    std::iter::from_fn(move || {
        if bits == 0 {
            return None;
        }
        let start = bits.trailing_zeros();
        let end = start + (!(bits >> start)).trailing_zeros();
        bits &= u64::MAX.checked_shl(end).unwrap_or(0);
        Some(start as usize..end as usize)
    })
}

/// The bits up to the first whose lane is of another kind than the first one's, and that kind; `bits` are not 0.
#[inline]
pub(super) fn first_alike(bits: u64, kind: impl Fn(usize) -> usize) -> (u64, usize) {
    let first = kind(bits.trailing_zeros() as usize);
    let other = lanes_of(bits).find(|&lane| kind(lane) != first);
    (other.map_or(bits, |other| bits & !(u64::MAX << other)), first)
}

/// A region's environment, copied to where only the loop has it, and of a length that is known when the model is compiled: so
/// the compiler sees that no step changes it, and that each variable is there.
#[inline]
pub(super) fn beside<'a, M: Model>(environment: &'a [f32], near: &'a mut [f32; NEAR_VARIABLES]) -> &'a [f32] {
    if M::VARIABLES.len() > NEAR_VARIABLES {
        return environment;
    }
    near.iter_mut().zip(environment).for_each(|(near, &variable)| *near = variable);
    &near[..M::VARIABLES.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_and_lanes_are_the_bits_that_are_set() {
        for bits in
            [0, 1, 1 << 63, u64::MAX, u64::MAX >> 1, u64::MAX << 1, 0b1011_0111, 0x8000_0000_0000_0001, 0xF0F0 << 40]
        {
            let set: Vec<usize> = (0..64).filter(|lane| bits >> lane & 1 == 1).collect();
            assert_eq!(lanes_of(bits).collect::<Vec<_>>(), set);
            assert_eq!(stretches(bits).flatten().collect::<Vec<_>>(), set);
            assert!(stretches(bits).all(|lanes| !lanes.is_empty()));
            let stretches: Vec<_> = stretches(bits).collect();
            assert!(stretches.windows(2).all(|pair| pair[0].end < pair[1].start), "{bits:#b}");
        }
    }

    #[test]
    fn parts_of_one_kind_follow_each_other_and_leave_nobody_out() {
        let kind = |lane: usize| [0, 0, 1, 1, 1, 0, 2, 2, 0][lane % 9];
        for bits in [1, 1 << 63, u64::MAX, 0b1011_0111, 0x8000_0000_0000_0001, 0xF0F0 << 40] {
            let (mut left, mut lanes) = (bits, Vec::new());
            while left != 0 {
                let (part, alike) = first_alike(left, kind);
                assert!(
                    part != 0 && part & left == part && lanes_of(part).all(|lane| kind(lane) == alike),
                    "{bits:#b}"
                );
                lanes.extend(lanes_of(part));
                left &= !part;
            }
            assert_eq!(lanes, lanes_of(bits).collect::<Vec<_>>());
        }
    }
}
