//! `society` by hand over flat arrays: two columns of published values, citizens, and the ties row by row.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicI16, AtomicI64};

use civitas_engine::models::Society;
use civitas_engine::models::society::Citizen;
use civitas_engine::{
    BLOCK_AGENTS, DigestSum, DrawKey, Draws, Model, Parameters, Purpose, TieList, World, fixed, newborns, state_digest,
};

use super::team::{Barrier, each_on_a_thread, pieces};
use super::{PlainLoop, Stretch, WORDS, stretches};

// The model's defaults, as constants that the compiler can fold.
const INNOVATION: [f32; 5] = [0.002 * 4.0, 0.002 * 2.0, 0.002 * 1.0, 0.002 * 0.5, 0.002 * 0.1];
const IMITATION: f32 = 0.11;
const PACE: f32 = 0.1;
const NOISE: f32 = 0.02;
const VISIBILITY: f32 = 0.25;
const MEDIA_GAIN: f32 = 0.4;
const OPINION_STEPS: f32 = 16_384.0;
const MAX_OPINION: f32 = 1.0 - 1.0 / OPINION_STEPS;

/// The arrays. What threads share they read and write as relaxed atomics, which on common machines are plain moves.
pub(super) struct PlainSociety {
    world: Arc<World>,
    /// Each thread's blocks.
    threads: Vec<Range<u32>>,
    citizens: Vec<Citizen>,
    network: TieList,
    /// What is published at the end of even ticks, and of odd ones.
    columns: [Vec<AtomicI16>; 2],
    /// Sums of opinions by region at the end of a tick, by the tick modulo 3.
    opinions: [Vec<AtomicI64>; 3],
    tick: u32,
}

/// What every thread sees.
struct Shared<'a> {
    network: &'a TieList,
    columns: &'a [Vec<AtomicI16>; 2],
    opinions: &'a [Vec<AtomicI64>; 3],
    agents_of: Vec<u64>,
    barrier: Barrier,
    key: DrawKey,
    ticks: Range<u32>,
}

/// What one thread has for itself.
struct Part<'a> {
    leads: bool,
    stretches: Vec<Stretch>,
    citizens: &'a mut [Citizen],
}

fn publish(citizen: &Citizen) -> i16 {
    (fixed::round_small(citizen.opinion * OPINION_STEPS) as i16) << 1 | i16::from(citizen.adopted)
}

impl PlainSociety {
    pub(super) fn new(world: &Arc<World>, network: TieList, threads: usize) -> Self {
        let parameters = Parameters::check(Society::PARAMETERS, &world.spec.parameters).expect("default parameters");
        let citizens = newborns(Society::new(&parameters), world);
        let column = || citizens.iter().map(|citizen| AtomicI16::new(publish(citizen))).collect();
        let sum = |region| {
            let agents = world.layout.region_agents(region);
            AtomicI64::new(agents.map(|agent| i64::from(publish(&citizens[agent as usize]) >> 1) << 6).sum())
        };
        let zeros = || (0..world.layout.regions()).map(|_| AtomicI64::new(0)).collect();
        Self {
            columns: [column(), column()],
            opinions: [(0..world.layout.regions()).map(sum).collect(), zeros(), zeros()],
            threads: world.layout.cut(threads),
            world: Arc::clone(world),
            citizens,
            network,
            tick: 0,
        }
    }
}

impl PlainLoop for PlainSociety {
    fn run(&mut self, ticks: u32) {
        let layout = &self.world.layout;
        let shared = Shared {
            network: &self.network,
            columns: &self.columns,
            opinions: &self.opinions,
            agents_of: (0..layout.regions()).map(|region| layout.region_agents(region).len() as u64).collect(),
            barrier: Barrier::new(self.threads.len()),
            key: DrawKey::new(self.world.spec.seed, Purpose::Step),
            ticks: self.tick..self.tick + ticks,
        };
        let lengths = self.threads.iter().map(|blocks| layout.blocks_agents(blocks).len());
        let citizens = pieces(&mut self.citizens, lengths);
        let part = |(thread, citizens)| {
            let blocks: &Range<u32> = &self.threads[thread];
            Part { leads: thread == 0, stretches: stretches(&self.world, blocks), citizens }
        };
        let parts = citizens.into_iter().enumerate().map(part).collect();
        each_on_a_thread(parts, |part| shared.run(part));
        self.tick += ticks;
    }

    fn digest(&self) -> u128 {
        let layout = &self.world.layout;
        let mut sum = DigestSum::default();
        for block in 0..layout.blocks() {
            let citizens = layout.block_agents(block).map(|agent| &self.citizens[agent as usize]);
            let mut bytes = Vec::new();
            for citizen in citizens.clone() {
                bytes.extend_from_slice(&citizen.opinion.to_le_bytes());
                bytes.push(u8::from(citizen.adopted));
            }
            for citizen in citizens {
                bytes.extend_from_slice(&publish(citizen).to_le_bytes());
            }
            sum.add_block(block, &bytes);
        }
        state_digest(Society::NAME, Society::VERSION, layout.agents(), self.tick, sum)
    }
}

impl Shared<'_> {
    fn run(&self, part: Part<'_>) {
        let Part { leads, stretches, citizens } = part;
        let start = stretches.first().map_or(0, |stretch| stretch.first);
        let (mut words, mut key) = ([0; BLOCK_AGENTS * 2], self.key.clone());
        for tick in self.ticks.clone() {
            let (now, next) = (&self.columns[tick as usize % 2], &self.columns[(tick as usize + 1) % 2]);
            let [means, sums, later] = [0, 1, 2].map(|ahead| &self.opinions[(tick as usize + ahead) % 3]);
            if leads {
                later.iter().for_each(|sum| sum.store(0, Relaxed));
            }
            let mut left = &stretches[..];
            while let Some(region) = left.first().map(|stretch| stretch.region) {
                let (here, rest) = left.split_at(left.partition_point(|stretch| stretch.region == region));
                let mean = fixed::mean(means[region].load(Relaxed), self.agents_of[region]) as f32;
                let media = 2.0 * (0.5 + MEDIA_GAIN * 0.5 * mean).clamp(0.0, 1.0) - 1.0;
                let mut sum = 0;
                for stretch in here {
                    key.fill(stretch.block, tick, &mut words);
                    let citizens = &mut citizens[stretch.first - start..stretch.last - start];
                    sum += self.step(*stretch, tick, citizens, (now, next), media, &words);
                }
                sums[region].fetch_add(sum, Relaxed);
                left = rest;
            }
            self.barrier.wait();
        }
    }

    /// Steps the agents of a stretch; the sum of their opinions.
    #[inline]
    fn step(
        &self,
        stretch: Stretch,
        tick: u32,
        citizens: &mut [Citizen],
        (now, next): (&[AtomicI16], &[AtomicI16]),
        media: f32,
        words: &[u32],
    ) -> i64 {
        let ends = &self.network.ends[stretch.first..=stretch.last];
        let next = &next[stretch.first..stretch.last];
        let mut sum = 0;
        for (lane, (citizen, next)) in citizens.iter_mut().zip(next).enumerate() {
            let ties = &self.network.ties[ends[lane] as usize..ends[lane + 1] as usize];
            let (mut all, mut adopters) = (0i32, 0i32);
            for &tie in ties {
                let value = i32::from(now[tie as usize].load(Relaxed));
                all += value;
                adopters += value & 1;
            }
            let (mut heard, mut adopted_share) = (citizen.opinion, 0.0);
            if !ties.is_empty() {
                let each = 1.0 / ties.len() as i32 as f32;
                heard = (all - adopters) as f32 * each * (0.5 / OPINION_STEPS);
                adopted_share = adopters as f32 * each;
            }
            let exposure = f32::from(citizen.exposure) * (1.0 / 255.0);
            let target = (1.0 - exposure) * (heard + VISIBILITY * adopted_share) + exposure * media;
            let open = (f32::from(citizen.susceptibility) * (1.0 / 255.0) * 2.0 * 0.5).min(1.0);
            let anchor = f32::from(citizen.attachment) * (1.0 / OPINION_STEPS);
            let pull = open * target + (1.0 - open) * anchor - citizen.opinion;
            let shock = NOISE * (2.0 * unit(words[2 * lane]) - 1.0);
            citizen.opinion = (citizen.opinion + PACE * pull + shock).clamp(-MAX_OPINION, MAX_OPINION);
            let reached = adopted_share >= f32::from(citizen.threshold) * (1.0 / 255.0);
            let imitation = if reached { IMITATION * adopted_share } else { 0.0 };
            // In the default environment means is 1.
            let hazard = (INNOVATION[usize::from(citizen.segment)] + imitation) * (1.0 + citizen.opinion);
            let (word, threshold) = (f64::from(words[2 * lane + 1]), f64::from(hazard) * WORDS);
            citizen.adopted |= word < threshold
                && (word + 1.0 <= threshold || self.undecided(&words[2 * lane..], stretch.first + lane, tick, hazard));
            next.store(publish(citizen), Relaxed);
            sum += i64::from(fixed::round_small(citizen.opinion * OPINION_STEPS)) << 6;
        }
        sum
    }

    /// The chance of adopting where its first word falls on the very edge, once in 2^32 times: the agent's draws over again.
    #[cold]
    fn undecided(&self, words: &[u32], agent: usize, tick: u32, hazard: f32) -> bool {
        let mut draws = Draws::new(&words[..2], &self.key, agent as u32, tick);
        draws.word();
        draws.chance(hazard)
    }
}

fn unit(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / 16_777_216.0)
}
