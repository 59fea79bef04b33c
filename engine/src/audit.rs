//! What an audit writes down of a run, moment by moment: hashes of all state, region by region and block by block, and of
//! what all agents share. Two runs whose hashes are equal at a moment are equal there; where they are not, the hashes say
//! where. It owns what is hashed and when; where the hashes go is the sink's matter, and no file is known here.
//!
//! A moment is the end of a tick, the end of a workflow's step that may change agents, or a step that changes the
//! environment alone. The hashes do not depend on partitions: those of blocks stand for themselves, those of regions are
//! sums of their blocks', and the digest is the one that snapshots and outcomes state.

use xxhash_rust::xxh3::xxh3_64;

use crate::World;
use crate::coordinator::Coordinator;
use crate::error::{EngineError, Result};
use crate::kernel::{DigestSum, state_digest};
use crate::world::Layout;

/// When in a run something was hashed, besides its tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Everybody has stepped; at tick 0, everybody has been born.
    Tick,
    /// This step of the workflow, which may change agents, is done.
    Step(u32),
    /// Steps of the workflow that partitions have no part in have changed the environment; agents are as they were.
    Environment,
}

/// Hashes of all state at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateHashes {
    /// What the digest is made of.
    pub sum: DigestSum,
    /// The digest of all state, as snapshots and outcomes have it.
    pub digest: u128,
    /// One per region: the sum of its blocks' hashes.
    pub regions: Vec<u64>,
    /// One per block of 64 agents.
    pub blocks: Vec<u64>,
    /// Where the run's experiment sets traits, which are then part of its saved state and so of `blocks`: one per block
    /// without them, to compare with runs that set others or none.
    pub plain: Option<Vec<u64>>,
    /// One per agent, where they were asked for.
    pub agents: Option<Vec<u32>>,
}

/// What an audit holds of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// The last completed tick.
    pub tick: u32,
    /// When after it.
    pub moment: Moment,
    /// Hash of the sums of all metrics, of their means, of the number of agent-steps so far, and of the tick's events.
    pub metrics: u64,
    /// One per region: hash of its environment as the next tick has it.
    pub environment: Vec<u64>,
    /// The state; `None` where it is as it was at the moment before.
    pub state: Option<StateHashes>,
}

/// One partition's part of a [`StateHashes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionHashes {
    /// The block that comes first.
    pub first_block: u32,
    /// The partition's part of the digest.
    pub sum: DigestSum,
    /// One hash per block, in order.
    pub blocks: Vec<u64>,
    /// The same without the traits that the run's experiment sets, where it sets any.
    pub plain: Option<Vec<u64>>,
    /// One hash per agent, in order, where they were asked for.
    pub agents: Option<Vec<u32>>,
}

/// One agent as it is between two ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentView {
    /// Its id.
    pub id: u32,
    /// The number of its region.
    pub region: usize,
    /// The number of its segment.
    pub segment: usize,
    /// What its model saves of it.
    pub saved: Vec<u8>,
    /// What others see of it.
    pub published: Vec<u8>,
    /// The values of its traits, in the model's order.
    pub traits: Vec<f64>,
    /// The letters that it wrote in the last tick, packed; empty in models without mail.
    pub letters: Vec<u8>,
}

/// How an audited run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditEnd {
    /// It reached its horizon.
    Completed,
    /// Its owner stopped it.
    Cancelled,
    /// It failed.
    Failed,
    /// It was paused; what it did when it went on is not here.
    Paused,
}

/// Where an audit goes. Calls come in the order of the run, from its supervisor's thread, which waits for each: a sink
/// that writes slowly slows the run rather than filling memory.
pub trait AuditSink: Send {
    /// The run is ready to be stepped by this many partitions on this many threads.
    fn begin(&mut self, world: &World, partitions: usize, threads: usize) -> bool;

    /// What the run is at a moment. `false`, here and from the others: nothing more is wanted, and the run goes on
    /// without an audit; why is the sink's to tell.
    fn record(&mut self, entry: &AuditEntry) -> bool;

    /// The run has ended. Not called for a run that is to go on after a restart.
    fn end(&mut self, end: AuditEnd) -> bool;

    /// True when every agent is to be hashed by itself, too.
    fn wants_agents(&self) -> bool;
}

/// Makes the entries of one run, in order, out of what its coordinator and its partitions say.
#[derive(Debug, Default)]
pub struct Chronicle {
    /// The environment of the last entry.
    environment: Vec<u64>,
}

impl Chronicle {
    /// The entry for a moment at which agents may have changed.
    ///
    /// # Errors
    /// [`EngineError::State`] where the parts are not those of the run's partitions.
    pub fn state(&mut self, run: &Coordinator, moment: Moment, parts: Vec<PartitionHashes>) -> Result<AuditEntry> {
        let tick = run.series().tick();
        let state = merged(run.world(), tick, parts)?;
        self.environment = environment(run);
        let environment = self.environment.clone();
        Ok(AuditEntry { tick, moment, metrics: metrics(run), environment, state: Some(state) })
    }

    /// The entry for a step that has changed the environment alone; `None` where nothing has.
    pub fn environment(&mut self, run: &Coordinator) -> Option<AuditEntry> {
        let now = environment(run);
        if now == self.environment {
            return None;
        }
        self.environment.clone_from(&now);
        let (tick, moment) = (run.series().tick(), Moment::Environment);
        Some(AuditEntry { tick, moment, metrics: metrics(run), environment: now, state: None })
    }
}

/// The hashes of all regions, blocks and agents, from those of partitions in any order.
fn merged(world: &World, tick: u32, mut parts: Vec<PartitionHashes>) -> Result<StateHashes> {
    parts.sort_by_key(|part| part.first_block);
    let (model, layout) = (&world.model, &world.layout);
    let mut sum = DigestSum::default();
    let mut blocks = Vec::with_capacity(layout.blocks() as usize);
    let (mut plain, mut agents) = (Some(Vec::new()), Some(Vec::new()));
    for part in parts {
        if part.first_block as usize != blocks.len() {
            return Err(EngineError::State(format!("the hashes of blocks have a gap at {}", blocks.len())));
        }
        sum.add(part.sum);
        blocks.extend(part.blocks);
        plain = joined(plain, part.plain);
        agents = joined(agents, part.agents);
    }
    if blocks.len() != layout.blocks() as usize {
        return Err(EngineError::State(format!("{} blocks are hashed, of {}", blocks.len(), layout.blocks())));
    }
    let digest = state_digest(model.name(), model.version(), layout.agents(), tick, sum);
    Ok(StateHashes { sum, digest, regions: region_hashes(layout, &blocks), blocks, plain, agents })
}

/// All parts, or none.
fn joined<T>(all: Option<Vec<T>>, part: Option<Vec<T>>) -> Option<Vec<T>> {
    let (mut all, part) = all.zip(part)?;
    all.extend(part);
    Some(all)
}

/// One hash per region: the sum of its blocks'.
pub fn region_hashes(layout: &Layout, blocks: &[u64]) -> Vec<u64> {
    let mut regions = vec![0_u64; layout.regions()];
    for (block, &hash) in (0..).zip(blocks) {
        let region = &mut regions[layout.region_of_block(block)];
        *region = region.wrapping_add(hash);
    }
    regions
}

/// One hash per region: of its environment's variables as the next tick has them, segment by segment where these differ.
fn environment(run: &Coordinator) -> Vec<u64> {
    let mut bytes = Vec::new();
    let hash = |region| {
        bytes.clear();
        bytes.extend(run.conditions().told_of_region(region).iter().flat_map(|value| value.to_le_bytes()));
        xxh3_64(&bytes)
    };
    (0..run.world().layout.regions()).map(hash).collect()
}

/// A hash of the sums of all metrics, of their means over the society, of the number of agent-steps so far, and of the
/// numbers of events in the tick, for models that have any.
pub(crate) fn metrics(run: &Coordinator) -> u64 {
    let (series, last) = (run.series(), run.series().last());
    let mut bytes = series.agent_steps().to_le_bytes().to_vec();
    bytes.extend(last.sums().iter().flat_map(|sum| sum.to_le_bytes()));
    for metric in 0..run.world().model.metrics().len() {
        let moments = last.moments(metric);
        bytes.extend_from_slice(&moments.squares.to_le_bytes());
        bytes.extend_from_slice(&moments.cross.to_le_bytes());
    }
    bytes.extend(run.conditions().society.iter().flat_map(|mean| mean.to_le_bytes()));
    if let Some(events) = run.events() {
        let kinds = 0..run.world().model.events().len();
        bytes.extend(kinds.flat_map(|kind| events.at(events.tick(), kind).to_le_bytes()));
    }
    xxh3_64(&bytes)
}
