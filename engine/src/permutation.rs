//! A keyed permutation of the numbers below any bound, there and back, in constant memory: whoever knows the key finds
//! one number's image without making the others'. It owns the arithmetic; who draws the keys, and what for, is its
//! users' affair. Groups of experiments and random meetings rest on it, so changing anything here changes results.

/// Rounds of the permutation; four are the least that mix well (Luby & Rackoff 1988).
const ROUNDS: usize = 6;

/// Numbers that are permuted side by side.
const LANES: usize = 64;

/// A permutation of `0..size`: a Feistel network (Luby & Rackoff 1988) over the next power of four, walked until it
/// stays inside (cycle walking; Black & Rogaway 2002), at most four steps on average.
#[derive(Clone, Debug)]
pub(crate) struct Permutation {
    size: u32,
    half_bits: u32,
    keys: [u32; ROUNDS],
}

impl Permutation {
    /// The permutation of `0..size` with keys made by `word`, a source of uniform 32-bit numbers.
    pub(crate) fn new(size: u32, mut word: impl FnMut() -> u32) -> Self {
        let bits = u32::BITS - size.saturating_sub(1).leading_zeros();
        Self { size, half_bits: bits.div_ceil(2).max(1), keys: std::array::from_fn(|_| word()) }
    }

    /// The place of `value`, which must be below the size.
    pub(crate) fn place(&self, value: u32) -> u32 {
        debug_assert!(value < self.size, "{value} of {}", self.size);
        let mask = (1u64 << self.half_bits) - 1;
        let mut value = u64::from(value);
        loop {
            let (mut left, mut right) = (value >> self.half_bits, value & mask);
            for key in self.keys {
                (left, right) = (right, left ^ (mix(right as u32 ^ key) & mask));
            }
            value = left << self.half_bits | right;
            if value < u64::from(self.size) {
                return value as u32;
            }
        }
    }

    /// The value at `place`, which must be below the size: the inverse of [`Permutation::place`].
    pub(crate) fn value(&self, place: u32) -> u32 {
        debug_assert!(place < self.size, "{place} of {}", self.size);
        let mask = (1u64 << self.half_bits) - 1;
        let mut value = u64::from(place);
        loop {
            let (mut left, mut right) = (value >> self.half_bits, value & mask);
            for &key in self.keys.iter().rev() {
                (left, right) = (right ^ (mix(left as u32 ^ key) & mask), left);
            }
            value = left << self.half_bits | right;
            // Walking back along a cycle leaves the outside where walking along it entered.
            if value < u64::from(self.size) {
                return value as u32;
            }
        }
    }

    /// Replaces every value by its place, as [`Permutation::place`] does, several times as fast: one value's rounds wait
    /// for each other, those of many overlap.
    pub(crate) fn places(&self, values: &mut [u32]) {
        self.walk(values, |left, right, key, mask| (right, left ^ (mix(right ^ key) as u32 & mask)), self.keys);
    }

    /// Replaces every place by its value, as [`Permutation::value`] does, several times as fast.
    pub(crate) fn values(&self, places: &mut [u32]) {
        let mut keys = self.keys;
        keys.reverse();
        self.walk(places, |left, right, key, mask| (right ^ (mix(left ^ key) as u32 & mask), left), keys);
    }

    /// Walks all numbers through the rounds, then those that are outside again.
    #[inline]
    fn walk(&self, numbers: &mut [u32], round: impl Fn(u32, u32, u32, u32) -> (u32, u32), keys: [u32; ROUNDS]) {
        let mask = ((1u64 << self.half_bits) - 1) as u32;
        for numbers in numbers.chunks_mut(LANES) {
            let (mut left, mut right, mut lanes) = ([0; LANES], [0; LANES], [0; LANES]);
            for (lane, &number) in numbers.iter().enumerate() {
                (left[lane], right[lane], lanes[lane]) = (number >> self.half_bits, number & mask, lane);
            }
            let mut outside = numbers.len();
            while outside > 0 {
                for key in keys {
                    for (left, right) in left[..outside].iter_mut().zip(&mut right[..outside]) {
                        (*left, *right) = round(*left, *right, key, mask);
                    }
                }
                let walked = outside;
                outside = 0;
                for walker in 0..walked {
                    let number = u64::from(left[walker]) << self.half_bits | u64::from(right[walker]);
                    if number < u64::from(self.size) {
                        numbers[lanes[walker]] = number as u32;
                    } else {
                        (left[outside], right[outside], lanes[outside]) = (left[walker], right[walker], lanes[walker]);
                        outside += 1;
                    }
                }
            }
        }
    }
}

/// SplitMix64's finaliser (Steele, Lea & Flood 2014).
fn mix(value: u32) -> u64 {
    splitmix(u64::from(value).wrapping_add(SPLITMIX_GAMMA))
}

/// The step of SplitMix64's state from one output to the next.
pub(crate) const SPLITMIX_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64's output for a state.
#[inline]
pub(crate) fn splitmix(state: u64) -> u64 {
    let mut z = state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::{DrawKey, Purpose};
    use proptest::prelude::*;

    fn permutation(seed: u64, size: u32) -> Permutation {
        let mut stream = DrawKey::new(seed, Purpose::Group).stream(0);
        Permutation::new(size, || stream.word())
    }

    proptest! {
        #[test]
        fn every_place_is_taken_once_and_leads_back(seed in any::<u64>(), size in 1u32..3_000) {
            let permutation = permutation(seed, size);
            let mut taken = vec![false; size as usize];
            let mut all: Vec<u32> = (0..size).collect();
            permutation.places(&mut all);
            for value in 0..size {
                let place = permutation.place(value);
                prop_assert_eq!(all[value as usize], place);
                prop_assert!(!std::mem::replace(&mut taken[place as usize], true));
                prop_assert_eq!(permutation.value(place), value);
            }
            permutation.values(&mut all);
            prop_assert!(all.into_iter().eq(0..size));
        }

        #[test]
        fn large_ones_lead_back_too(seed in any::<u64>(), size in 1u32.., value in any::<u32>()) {
            let permutation = permutation(seed, size);
            let value = value % size;
            let (mut place, mut back) = ([value], [permutation.place(value)]);
            prop_assert_eq!(permutation.value(back[0]), value);
            permutation.places(&mut place);
            permutation.values(&mut back);
            prop_assert_eq!((place, back), ([permutation.place(value)], [value]));
        }
    }

    #[test]
    fn keys_choose_among_all_orders() {
        // 24 orders of 4 numbers, 24,000 keys: each about 1,000 times. Six rounds over two bits have only 4^6 different
        // networks, which cannot share themselves out evenly over 24 orders: hence 15 % rather than a few deviations.
        let mut counts = std::collections::BTreeMap::new();
        for seed in 0..24_000 {
            let permutation = permutation(seed, 4);
            *counts.entry([0, 1, 2, 3].map(|value| permutation.place(value))).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        assert!(counts.values().all(|count| (850..=1_150).contains(count)), "{counts:?}");
    }

    /// Groups of experiments that are stored must stay what they were.
    #[test]
    fn a_key_names_one_permutation_for_ever() {
        let places: Vec<u32> = (0..8).map(|value| permutation(7, 1_000).place(value)).collect();
        assert_eq!(places, [979, 712, 344, 412, 863, 117, 749, 249]);
    }
}
