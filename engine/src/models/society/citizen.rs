//! One agent of `society`: what it is, how it is drawn, and the steps in which its numbers are kept.

use crate::draws::Draws;
use crate::fixed;
use crate::model::State;

use super::words::{ADOPTED, METRICS, NEUTRAL, SENTIMENT, SKEPTICS, SUPPORTERS};

/// Rogers' categories: share of the population, mean threshold, mean initial opinion, share of the innovation
/// hazard. Shares are Rogers' (1962); the others order the categories as he describes them.
pub(super) const CATEGORIES: [(f32, f32, f32, f32); 5] = [
    (0.025, 0.00, 0.45, 4.0),
    (0.135, 0.05, 0.25, 2.0),
    (0.340, 0.15, 0.05, 1.0),
    (0.340, 0.30, -0.10, 0.5),
    (0.160, 0.50, -0.30, 0.1),
];

/// Bits of a published opinion's fraction.
pub(super) const OPINION_BITS: u32 = 14;
/// Bits of a count of the agents of a block.
const COUNT_BITS: u32 = 7;
/// Where what is counted of an agent stands in one number: what it publishes from bit 0, and these counts. A level is reached
/// where a sum has bit 16; the bits below it must not meet those of the next.
const LEVEL_BIT: u32 = 16;
const SUPPORT_BIT: u32 = 22;
const NOT_SKEPTIC_BIT: u32 = 39;
const AGENT_BIT: u32 = NOT_SKEPTIC_BIT + COUNT_BITS;
const ADOPTED_BIT: u32 = u64::BITS - COUNT_BITS;
/// Steps of a published opinion in one unit.
pub(super) const OPINION_STEPS: f32 = (1 << OPINION_BITS) as f32;
/// The strongest opinion: one step short of 1, so that an opinion and the adopted flag fit two bytes.
pub(super) const MAX_OPINION: f32 = 1.0 - 1.0 / OPINION_STEPS;
/// A published opinion above this (0.2) is a supporter's, below its negative a skeptic's.
pub(super) const SUPPORT_STEPS: i32 = (0.2 * OPINION_STEPS) as i32;

/// One agent, in 12 bytes. Traits in [0, 1] are kept in steps of 1/255.
#[derive(Clone, Copy, Debug)]
pub struct Citizen {
    /// Opinion, -1 to 1.
    pub opinion: f32,
    /// The initial opinion, in steps of 1/16384.
    pub attachment: i16,
    /// Openness to others, against attachment to the initial opinion.
    pub susceptibility: u8,
    /// Weight of the media against peers.
    pub exposure: u8,
    /// Share of peers that must have adopted before imitation acts.
    pub threshold: u8,
    /// Place in [`crate::Model::SEGMENTS`].
    pub segment: u8,
    /// Has adopted.
    pub adopted: bool,
}

impl State for Citizen {
    type Saved = (f32, bool);

    fn save(&self) -> (f32, bool) {
        (self.opinion, self.adopted)
    }

    fn load(&mut self, (opinion, adopted): (f32, bool)) {
        self.opinion = opinion;
        self.adopted = adopted;
    }
}

impl Citizen {
    /// A citizen of this category, else of one by Rogers' shares, with an opinion with standard deviation `spread` around
    /// the category's mean, and traits around these means.
    pub(super) fn drawn(
        segment: Option<usize>,
        spread: f32,
        susceptibility: f32,
        exposure: f32,
        draws: &mut Draws<'_>,
    ) -> Self {
        // Drawn in any case, so that the other traits come from the same numbers.
        let drawn = category(draws.unit());
        let segment = segment.unwrap_or(drawn);
        let (_, threshold, mean, _) = CATEGORIES[segment];
        let opinion = (mean + spread * draws.normal()).clamp(-MAX_OPINION, MAX_OPINION);
        let attachment = steps(opinion) as i16;
        Self {
            opinion: f32::from(attachment) / OPINION_STEPS,
            attachment,
            susceptibility: to_byte(around(susceptibility, 0.2, draws)),
            exposure: to_byte(around(exposure, 0.5 * exposure, draws)),
            threshold: to_byte(around(threshold, 0.5 * threshold, draws)),
            segment: segment as u8,
            adopted: false,
        }
    }
}

/// Adds the agents of a block to its sums, segment by metric: one addition per agent for all of its metrics, side by side in
/// one number. A block has at most 64 agents, so that a count takes seven bits.
///
/// What is published is counted from -2^15 up: `v` is twice the opinion, from 1 up, and the adopted flag, in 2 to 2^16 - 1. Two
/// copies of `v`, each raised so that its seventeenth bit says whether it reaches a level, stand above each other, and above
/// them a third whose lowest bit is the flag; a mask leaves these bits. Nothing branches.
pub(super) fn measure(agents: &[Citizen], published: &[i16], sums: &mut [i64]) {
    const COPIES: u64 = 1 << (SUPPORT_BIT - LEVEL_BIT) | 1 << (NOT_SKEPTIC_BIT - LEVEL_BIT) | 1 << ADOPTED_BIT;
    const fn raise(level: i32, bit: u32) -> u64 {
        ((1 << LEVEL_BIT) - 2 * (level + (1 << OPINION_BITS)) as u64) << (bit - LEVEL_BIT)
    }
    const RAISE: u64 =
        raise(SUPPORT_STEPS + 1, SUPPORT_BIT) + raise(-SUPPORT_STEPS, NOT_SKEPTIC_BIT) + (1 << AGENT_BIT);
    const MASK: u64 = 1 << SUPPORT_BIT | 1 << NOT_SKEPTIC_BIT | 1 << AGENT_BIT | 1 << ADOPTED_BIT;
    // Eight rows, so that a mask keeps the index inside; twice, so that an addition need not wait for the one before.
    let (mut even, mut odd) = ([0u64; 8], [0u64; 8]);
    let count = |rows: &mut [u64; 8], agent: &Citizen, published: i16| {
        let value = u64::from(published as u16 ^ 1 << 15);
        let flags = value.wrapping_mul(COPIES).wrapping_add(RAISE) & MASK;
        rows[usize::from(agent.segment) & 7] += flags + value;
    };
    let ((agents, last), (published, last_published)) = (agents.as_chunks::<2>(), published.as_chunks::<2>());
    for ([one, other], &[first, second]) in agents.iter().zip(published) {
        count(&mut even, one, first);
        count(&mut odd, other, second);
    }
    last.iter().zip(last_published).for_each(|(agent, &value)| count(&mut even, agent, value));
    let rows = sums.as_chunks_mut::<{ METRICS.len() }>().0;
    for (row, packed) in rows.iter_mut().zip(even.iter().zip(odd).map(|(even, odd)| even + odd)) {
        let count = |bit: u32| (packed >> bit) as i64 & ((1 << COUNT_BITS) - 1);
        let (agents, adopted) = (count(AGENT_BIT), count(ADOPTED_BIT));
        let values = (packed & ((1 << SUPPORT_BIT) - 1)) as i64;
        let opinions = (values - adopted) / 2 - (agents << OPINION_BITS);
        row[ADOPTED] += adopted * fixed::ONE;
        row[SENTIMENT] += opinions << (fixed::FRACTION_BITS - OPINION_BITS);
        row[SUPPORTERS] += count(SUPPORT_BIT) * fixed::ONE;
        row[SKEPTICS] += (agents - count(NOT_SKEPTIC_BIT)) * fixed::ONE;
        row[NEUTRAL] += (count(NOT_SKEPTIC_BIT) - count(SUPPORT_BIT)) * fixed::ONE;
    }
}

/// An opinion in published steps, rounded to the nearest.
#[inline]
pub(super) fn steps(opinion: f32) -> i32 {
    fixed::round_small(opinion * OPINION_STEPS)
}

fn category(unit: f32) -> usize {
    let mut below = 0.0;
    let last = CATEGORIES.len() - 1;
    CATEGORIES[..last]
        .iter()
        .position(|(share, ..)| {
            below += share;
            unit < below
        })
        .unwrap_or(last)
}

/// A trait in [0, 1], uniform around its mean; the spread shrinks towards the ends, so that the mean is kept.
fn around(mean: f32, spread: f32, draws: &mut Draws<'_>) -> f32 {
    mean + spread.min(mean).min(1.0 - mean) * draws.signed()
}

pub(super) fn to_byte(unit: f32) -> u8 {
    (unit.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

#[inline]
pub(super) fn from_byte(byte: u8) -> f32 {
    f32::from(byte) * (1.0 / 255.0)
}
