//! Random numbers that belong to agents: ChaCha8 keyed by (run seed, purpose), stream = block of agents,
//! position = tick. Whoever steps an agent, wherever and in whatever order, sees the same numbers.
//!
//! A block is [`BLOCK_AGENTS`] agents of one region. Seeking costs as much as some fifty draws, so a whole
//! block's numbers for a tick are drawn at once. This file owns the layout of the streams: changing anything
//! here changes every result.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// Agents that share one random stream. Partitions are cut between blocks only.
pub const BLOCK_AGENTS: usize = 64;

/// What a random number is for. Each purpose has a key of its own, so that drawing more or fewer numbers
/// for one leaves the others' as they were: two scenarios with one seed use common random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Who the agents are at tick 0.
    Population = 1,
    /// Who listens to whom.
    Network = 2,
    /// What an agent does in a tick.
    Step = 3,
    /// Whether an agent acts in a tick at all (`sample_rate` below 1).
    Activation = 4,
    /// Traits that an experiment gives agents at their birth.
    Trait = 5,
    /// Which agents belong to which group of an experiment.
    Group = 6,
    /// The order in which [`crate::Newborn::among`] takes agents.
    Lot = 7,
    /// Which agents telemetry looks at.
    Sample = 8,
    /// Which agents a run's targets are, where that is not given.
    Cast = 9,
    /// Whom the copies of an ensemble meet in a tick.
    Stranger = 10,
    /// The newborns that stand for a society of which nothing was recorded.
    Surroundings = 11,
    /// Who of its society each copy of a persona is, in what the persona does not say.
    Persona = 12,
}

/// The random numbers of one purpose in one run.
#[derive(Clone, Debug)]
pub struct DrawKey {
    base: ChaCha8Rng,
    spill: ChaCha8Rng,
}

/// How many words there are.
const WORDS: f64 = 4_294_967_296.0;

/// Words that are drawn at once: as many as the generator makes at a time.
const BULK_WORDS: usize = 64;

/// Longest sequence of spilled draws of one agent in one tick that stays clear of the next tick's.
const SPILL_WORDS: u128 = 1 << 20;

impl DrawKey {
    /// The key of `purpose` in the run with this seed.
    pub fn new(seed: u64, purpose: Purpose) -> Self {
        Self { base: keyed(seed, purpose as u8, 0), spill: keyed(seed, purpose as u8, 1) }
    }

    /// A generator over the block's whole stream, from its start. For numbers that are not drawn per tick.
    pub fn stream(&self, block: u32) -> BlockStream {
        let mut generator = self.base.clone();
        generator.set_stream(u64::from(block));
        generator.set_word_pos(0);
        BlockStream { generator }
    }

    /// Fills `words` with the block's numbers for `tick`. Every tick has room for `words.len()` numbers, so
    /// one purpose must always be asked for the same length.
    ///
    /// The key's own generator is put to the place, for a copy of it with its buffer costs as much as a tenth of the numbers.
    #[inline]
    pub fn fill(&mut self, block: u32, tick: u32, words: &mut [u32]) {
        let room = words.len().next_multiple_of(16) as u128;
        let generator = &mut self.base;
        generator.set_stream(u64::from(block));
        generator.set_word_pos(u128::from(tick) * room);
        // Word by word costs several times as much as in bulk.
        let mut bytes = [0; BULK_WORDS * 4];
        for words in words.chunks_mut(BULK_WORDS) {
            let bytes = &mut bytes[..words.len() * 4];
            generator.fill_bytes(bytes);
            for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *word = u32::from_le_bytes(*bytes);
            }
        }
    }

    /// Number `index` of an agent beyond those drawn for its block at once.
    #[cold]
    fn spilled(&self, agent: u32, tick: u32, index: usize) -> u32 {
        let mut generator = self.spill.clone();
        generator.set_stream(u64::from(agent));
        generator.set_word_pos(u128::from(tick) * SPILL_WORDS + index as u128);
        generator.next_u32()
    }
}

fn keyed(seed: u64, purpose: u8, lane: u8) -> ChaCha8Rng {
    let mut key = *b"civitas draws v1................";
    key[16..24].copy_from_slice(&seed.to_le_bytes());
    key[24] = purpose;
    key[25] = lane;
    ChaCha8Rng::from_seed(key)
}

/// Sequential numbers of one block.
pub struct BlockStream {
    generator: ChaCha8Rng,
}

impl BlockStream {
    /// A uniform number in [0, 1) with 24 bits.
    pub fn unit(&mut self) -> f32 {
        to_unit(self.generator.next_u32())
    }

    /// A uniform 32-bit number.
    pub fn word(&mut self) -> u32 {
        self.generator.next_u32()
    }

    /// A uniform number in `0..n`; `n` must not be 0. The bias of the multiply-shift is below n / 2^32.
    pub fn below(&mut self, n: u32) -> u32 {
        scale(self.generator.next_u32(), n)
    }
}

/// The random numbers of one agent in one tick.
///
/// The first `DRAWS_PER_STEP` (or `DRAWS_AT_BIRTH`) numbers are ready at once; more can be drawn without limit,
/// but each of those costs a seek.
pub struct Draws<'a> {
    words: &'a [u32],
    taken: usize,
    key: &'a DrawKey,
    agent: u32,
    tick: u32,
}

impl<'a> Draws<'a> {
    /// Numbers of `agent` in `tick`, the first of them drawn already.
    #[inline]
    pub fn new(words: &'a [u32], key: &'a DrawKey, agent: u32, tick: u32) -> Self {
        Self { words, taken: 0, key, agent, tick }
    }

    /// A uniform 32-bit number.
    #[inline]
    pub fn word(&mut self) -> u32 {
        let index = self.taken;
        self.taken += 1;
        match self.words.get(index) {
            Some(&word) => word,
            None => self.key.spilled(self.agent, self.tick, index),
        }
    }

    /// A uniform number in [0, 1) with 24 bits.
    #[inline]
    pub fn unit(&mut self) -> f32 {
        to_unit(self.word())
    }

    /// A uniform number in [-1, 1).
    #[inline]
    pub fn signed(&mut self) -> f32 {
        2.0 * self.unit() - 1.0
    }

    /// True with probability `p`, exactly; never for `p <= 0` or what is no number, always for `p >= 1`. Takes one word,
    /// and once in 2^32 times another.
    #[inline]
    pub fn chance(&mut self, p: f32) -> bool {
        let threshold = f64::from(p) * WORDS;
        let word = f64::from(self.word());
        let below = word < threshold;
        if !below || word + 1.0 <= threshold {
            return below;
        }
        // A copy, so that these numbers need to be in memory only here, where nearly nobody comes.
        let (happens, taken) = Draws { ..*self }.rest(threshold - word);
        self.taken = taken;
        happens
    }

    /// True with probability `part`, which is above 0 and below 1: further words are its further binary digits, and as many
    /// are drawn as it takes to tell. Gives how many are taken then as well.
    #[cold]
    #[inline(never)]
    fn rest(mut self, mut part: f64) -> (bool, usize) {
        loop {
            // Exact: a 32-bit number has 24 digits in a row, and whole words of them go away one after the other.
            part *= WORDS;
            let word = f64::from(self.word());
            if word >= part || word + 1.0 <= part {
                return (word < part, self.taken);
            }
            part -= word;
        }
    }

    /// A uniform number in `0..n`; `n` must not be 0.
    #[inline]
    pub fn below(&mut self, n: u32) -> u32 {
        scale(self.word(), n)
    }

    /// A standard normal number (Box & Muller 1958), from two draws.
    pub fn normal(&mut self) -> f32 {
        let u = f64::from(self.word()) + 0.5;
        let v = f64::from(self.word());
        let radius = libm::sqrt(-2.0 * libm::log(u / WORDS));
        (radius * libm::cos(v * (std::f64::consts::TAU / WORDS))) as f32
    }
}

#[inline]
fn to_unit(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// A number in `0..n` from a uniform word. The bias of the multiply-shift is below n / 2^32.
#[inline]
pub(crate) fn scale(word: u32, n: u32) -> u32 {
    ((u64::from(word) * u64::from(n)) >> 32) as u32
}
