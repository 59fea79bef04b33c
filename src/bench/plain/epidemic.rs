//! `epidemic` by hand: stages in bytes, and in every tick the infectious press upon those whom they meet, so that nobody
//! looks at contacts who are not infectious. Per contact only, without mixing and incubation.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use civitas_engine::models::Epidemic;
use civitas_engine::{
    BLOCK_AGENTS, DigestSum, DrawKey, Draws, Model, Parameters, Purpose, TieList, World, newborns, state_digest,
};

use super::team::{Barrier, each_on_a_thread, pieces};
use super::{PlainLoop, Stretch, WORDS, stretches};

const SUSCEPTIBLE: u8 = 0;
const INFECTIOUS: u8 = 2;
const RECOVERED: u8 = 3;

/// The arrays.
pub(super) struct PlainEpidemic {
    world: Arc<World>,
    threads: Vec<Range<u32>>,
    transmission: f64,
    /// Chance of leaving the stage, by stage; of the susceptible, nobody knows before.
    leaving: [f32; 4],
    stages: Vec<u8>,
    network: TieList,
    tick: u32,
}

/// What every thread sees.
struct Shared<'a> {
    network: &'a TieList,
    leaving: [f32; 4],
    /// Chance of being infected, by the number of infectious contacts.
    risks: Vec<f32>,
    /// Agents of one thread whom those of another press upon: `pressed[from][to]`.
    pressed: Vec<Vec<Mutex<Vec<u32>>>>,
    barrier: Barrier,
    key: DrawKey,
    ticks: Range<u32>,
}

/// What one thread has for itself.
struct Part<'a> {
    number: usize,
    /// First agents of all threads but the first.
    borders: Vec<usize>,
    stretches: Vec<Stretch>,
    stages: &'a mut [u8],
}

impl PlainEpidemic {
    /// `None` where the parameters ask for what it leaves out.
    pub(super) fn new(world: &Arc<World>, network: TieList, threads: usize) -> Option<Self> {
        let parameters = Parameters::check(Epidemic::PARAMETERS, &world.spec.parameters).ok()?;
        let wanted = |name: &str| parameters.exact(name);
        if wanted("mixing") != 0.0 || wanted("incubation") != 0.0 {
            return None;
        }
        Some(Self {
            threads: world.layout.cut(threads),
            transmission: wanted("transmission"),
            leaving: [0.0, 0.0, parameters.get("recovery"), parameters.get("waning")],
            stages: newborns(Epidemic::new(&parameters), world),
            world: Arc::clone(world),
            network,
            tick: 0,
        })
    }
}

impl PlainLoop for PlainEpidemic {
    fn run(&mut self, ticks: u32) {
        let (layout, threads) = (&self.world.layout, self.threads.len());
        let degrees = self.network.ends.windows(2).map(|row| row[1] - row[0]);
        let most = degrees.max().unwrap_or(0);
        let risk = |infectious: u32| (0..infectious).fold(0.0, |risk, _| risk + self.transmission * (1.0 - risk));
        let list = |_| Mutex::new(Vec::new());
        let shared = Shared {
            network: &self.network,
            leaving: self.leaving,
            risks: (0..=most).map(|infectious| risk(infectious) as f32).collect(),
            pressed: (0..threads).map(|_| (0..threads).map(list).collect()).collect(),
            barrier: Barrier::new(threads),
            key: DrawKey::new(self.world.spec.seed, Purpose::Step),
            ticks: self.tick..self.tick + ticks,
        };
        let agents = |blocks: &Range<u32>| layout.blocks_agents(blocks);
        let borders: Vec<usize> = self.threads[1..].iter().map(|blocks| agents(blocks).start as usize).collect();
        let stages = pieces(&mut self.stages, self.threads.iter().map(|blocks| agents(blocks).len()));
        let part = |(number, stages)| {
            let stretches = stretches(&self.world, &self.threads[number]);
            Part { number, borders: borders.clone(), stretches, stages }
        };
        let parts = stages.into_iter().enumerate().map(part).collect();
        each_on_a_thread(parts, |part| shared.run(part));
        self.tick += ticks;
    }

    fn digest(&self) -> u128 {
        let layout = &self.world.layout;
        let mut sum = DigestSum::default();
        for block in 0..layout.blocks() {
            let agents = layout.block_agents(block);
            let mut bytes = self.stages[agents.start as usize..agents.end as usize].to_vec();
            bytes.extend(bytes.clone().iter().map(|&stage| u8::from(stage == INFECTIOUS)));
            sum.add_block(block, &bytes);
        }
        state_digest(Epidemic::NAME, Epidemic::VERSION, layout.agents(), self.tick, sum)
    }
}

impl Shared<'_> {
    fn run(&self, part: Part<'_>) {
        let start = part.stretches.first().map_or(0, |stretch| stretch.first);
        // How many infectious contacts each agent has in a tick.
        let mut contacts = vec![0u16; part.stages.len()];
        let mut outside = vec![Vec::new(); self.pressed.len()];
        let mut key = self.key.clone();
        for tick in self.ticks.clone() {
            for (place, _) in part.stages.iter().enumerate().filter(|(_, stage)| **stage == INFECTIOUS) {
                for &other in self.network.of_agent((start + place) as u32) {
                    match contacts.get_mut((other as usize).wrapping_sub(start)) {
                        Some(count) => *count += 1,
                        None => outside[part.borders.partition_point(|&border| border <= other as usize)].push(other),
                    }
                }
            }
            if outside.len() > 1 {
                self.exchange(part.number, &mut outside, |other| contacts[other as usize - start] += 1);
            }
            for stretch in &part.stretches {
                let places = stretch.first - start..stretch.last - start;
                self.step(stretch, tick, &mut key, &mut part.stages[places.clone()], &mut contacts[places]);
            }
        }
    }

    /// Hands the others what is theirs, and takes what they have for this thread.
    fn exchange(&self, own: usize, outside: &mut [Vec<u32>], mut press: impl FnMut(u32)) {
        let of = |from: usize, to: usize| self.pressed[from][to].lock().expect("no thread fails while it holds a list");
        for (to, list) in outside.iter_mut().enumerate() {
            std::mem::swap(list, &mut of(own, to));
        }
        self.barrier.wait();
        for from in 0..outside.len() {
            of(from, own).drain(..).for_each(&mut press);
        }
        // Nobody fills the lists anew before all are read.
        self.barrier.wait();
    }

    /// Steps the agents of a stretch, and forgets their contacts.
    #[inline]
    fn step(&self, stretch: &Stretch, tick: u32, key: &mut DrawKey, stages: &mut [u8], contacts: &mut [u16]) {
        let chance = |stage: u8, contacts: u16| match stage {
            SUSCEPTIBLE => self.risks[usize::from(contacts)],
            stage => self.leaving[usize::from(stage) % 4],
        };
        if stages.iter().zip(&*contacts).all(|(&stage, &contacts)| chance(stage, contacts) == 0.0) {
            contacts.fill(0);
            return;
        }
        let mut words = [0; BLOCK_AGENTS];
        key.fill(stretch.block, tick, &mut words);
        for (lane, (stage, contacts)) in stages.iter_mut().zip(contacts).enumerate() {
            let chance = chance(*stage, std::mem::take(contacts));
            let (word, threshold) = (f64::from(words[lane]), f64::from(chance) * WORDS);
            if word < threshold
                && (word + 1.0 <= threshold || self.undecided(&words[lane..], stretch.first + lane, tick, chance))
            {
                *stage = match *stage {
                    SUSCEPTIBLE => INFECTIOUS,
                    RECOVERED => SUSCEPTIBLE,
                    stage => stage + 1,
                };
            }
        }
    }

    /// A chance where its first word falls on the very edge, once in 2^32 times: the agent's draws over again.
    #[cold]
    fn undecided(&self, words: &[u32], agent: usize, tick: u32, chance: f32) -> bool {
        Draws::new(&words[..1], &self.key, agent as u32, tick).chance(chance)
    }
}
