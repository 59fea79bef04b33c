//! The plain loop: `society` written by hand over flat arrays, without runtime, partitions, metrics by segment or
//! anything else that a single fixed question does not need. It is the limit that the runtime is compared with, so it is
//! as good as we can write it in safe Rust; it makes the same draws and ends in the same state, which is asserted.

use civitas::engine::{
    BLOCK_AGENTS, Dataset, DigestSum, DrawKey, Draws, Gravity, Layout, Model, Newborn, Parameters, Purpose, RunSpec,
    TieMaker, fixed, models::Society, models::society::Citizen, state_digest,
};

// The model's defaults, as constants that the compiler can fold.
const INNOVATION: [f32; 5] = [0.002 * 4.0, 0.002 * 2.0, 0.002 * 1.0, 0.002 * 0.5, 0.002 * 0.1];
const IMITATION: f32 = 0.11;
const PACE: f32 = 0.1;
const NOISE: f32 = 0.02;
const VISIBILITY: f32 = 0.25;
const MEDIA_GAIN: f32 = 0.4;
const OPINION_STEPS: f32 = 16_384.0;
const MAX_OPINION: f32 = 1.0 - 1.0 / OPINION_STEPS;

/// The arrays.
pub(crate) struct Plain {
    layout: Layout,
    citizens: Vec<Citizen>,
    ends: Vec<u32>,
    ties: Vec<u32>,
    now: Vec<i16>,
    next: Vec<i16>,
    seed: u64,
    tick: u32,
}

fn publish(citizen: &Citizen) -> i16 {
    (fixed::round_small(citizen.opinion * OPINION_STEPS) as i16) << 1 | i16::from(citizen.adopted)
}

impl Plain {
    /// The same population and network that the runtime makes.
    pub(crate) fn new(spec: &RunSpec) -> Self {
        let dataset = Dataset::named(&spec.population.dataset).expect("the bundled data set");
        let populations: Vec<u64> = dataset.regions().iter().map(|region| region.population).collect();
        let layout = Layout::apportion(&populations, spec.population.agents);
        let gravity = Gravity::new(&dataset, &layout, &spec.network);
        let maker = TieMaker::new(&layout, &gravity, &spec.network, spec.seed);
        let parameters = Parameters::check(Society::PARAMETERS, &spec.parameters).expect("default parameters");
        let model = Society::new(&parameters);
        let agents = layout.agents() as usize;
        let (mut citizens, mut ends) = (Vec::with_capacity(agents), Vec::with_capacity(agents + 1));
        let mut ties = Vec::with_capacity((agents as f64 * spec.network.mean_degree * 1.02) as usize);
        ends.push(0);
        let key = DrawKey::new(spec.seed, Purpose::Population);
        let mut words = vec![0; BLOCK_AGENTS * Society::DRAWS_AT_BIRTH];
        for block in 0..layout.blocks() {
            key.fill(block, 0, &mut words);
            let region = layout.region_of_block(block);
            // Nothing of `society` depends on the lot.
            let newborn = |id| Newborn { id, agents: layout.agents(), region, segment: None, lot: id };
            for (lane, id) in layout.block_agents(block).enumerate() {
                let words = &words[lane * Society::DRAWS_AT_BIRTH..][..Society::DRAWS_AT_BIRTH];
                citizens.push(model.create(newborn(id), &mut Draws::new(words, &key, id, 0)));
            }
            maker.block(block, |mine| {
                ties.extend_from_slice(mine);
                ends.push(ties.len() as u32);
            });
        }
        let now: Vec<i16> = citizens.iter().map(publish).collect();
        Self { layout, citizens, ends, ties, next: now.clone(), now, seed: spec.seed, tick: 0 }
    }

    /// The loop.
    pub(crate) fn run(&mut self, ticks: u32) {
        let key = DrawKey::new(self.seed, Purpose::Step);
        let regions = self.layout.regions();
        let mut opinions: Vec<i64> = (0..regions).map(|region| self.opinions(region)).collect();
        let mut words = [0; BLOCK_AGENTS * 2];
        for _ in 0..ticks {
            let mut block = 0;
            for (region, opinions) in opinions.iter_mut().enumerate() {
                let agents = self.layout.region_agents(region);
                let mean = fixed::mean(*opinions, agents.len() as u64) as f32;
                let media = 2.0 * (0.5 + MEDIA_GAIN * 0.5 * mean).clamp(0.0, 1.0) - 1.0;
                let mut sum = 0;
                for first in agents.clone().step_by(BLOCK_AGENTS) {
                    let last = (first + BLOCK_AGENTS as u32).min(agents.end);
                    key.fill(block, self.tick, &mut words);
                    sum += self.block(first as usize, last as usize, media, &words, &key);
                    block += 1;
                }
                *opinions = sum;
            }
            std::mem::swap(&mut self.now, &mut self.next);
            self.tick += 1;
        }
    }

    #[inline]
    fn block(&mut self, first: usize, last: usize, media: f32, words: &[u32], key: &DrawKey) -> i64 {
        let tick = self.tick;
        let ends = &self.ends[first..=last];
        let citizens = &mut self.citizens[first..last];
        let next = &mut self.next[first..last];
        let mut sum = 0;
        for (lane, (citizen, next)) in citizens.iter_mut().zip(next).enumerate() {
            let ties = &self.ties[ends[lane] as usize..ends[lane + 1] as usize];
            let (mut all, mut adopters) = (0i32, 0i32);
            for &tie in ties {
                let value = self.now[tie as usize];
                all += i32::from(value);
                adopters += i32::from(value & 1);
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
            let (word, threshold) = (f64::from(words[2 * lane + 1]), f64::from(hazard) * 4_294_967_296.0);
            citizen.adopted |= word < threshold
                && (word + 1.0 <= threshold || undecided(&words[2 * lane..], key, first + lane, tick, hazard));
            *next = publish(citizen);
            sum += i64::from(fixed::round_small(citizen.opinion * OPINION_STEPS)) << 6;
        }
        sum
    }

    fn opinions(&self, region: usize) -> i64 {
        self.layout.region_agents(region).map(|agent| i64::from(self.now[agent as usize] >> 1) << 6).sum()
    }

    /// The digest of all state, as the engine takes it.
    pub(crate) fn digest(&self) -> u128 {
        let mut sum = DigestSum::default();
        for block in 0..self.layout.blocks() {
            let citizens = self.layout.block_agents(block).map(|agent| &self.citizens[agent as usize]);
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
        state_digest(Society::NAME, Society::VERSION, self.layout.agents(), self.tick, sum)
    }
}

fn unit(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// The chance of adopting where its first word falls on the very edge, once in 2^32 times: the agent's draws over again.
#[cold]
fn undecided(words: &[u32], key: &DrawKey, agent: usize, tick: u32, hazard: f32) -> bool {
    let mut draws = Draws::new(&words[..2], key, agent as u32, tick);
    draws.word();
    draws.chance(hazard)
}
