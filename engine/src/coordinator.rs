//! What one run knows beyond its partitions: the environment of every region and the history of sums. Pure: it is
//! told each tick's merged sums and says which environment the next tick has. The run's supervisor executes it.

use std::sync::Arc;

use crate::error::{EngineError, Result};
use crate::fixed;
use crate::outcome::Outcome;
use crate::series::{Series, Shape};
use crate::state::Reader;
use crate::tally::Tally;
use crate::world::Layout;
use crate::{World, draws::BLOCK_AGENTS};

/// The environment and history of a run.
pub struct Coordinator {
    world: Arc<World>,
    shape: Shape,
    /// Agents per segment.
    segment_agents: Vec<u64>,
    /// Defaults and scenario, region by variable.
    base: Vec<f32>,
    /// In force for the next tick, region by variable.
    now: Vec<f32>,
    series: Series,
}

impl Coordinator {
    /// A run at tick 0 whose partitions together counted `start` and `segment_agents` agents per segment.
    pub fn new(world: Arc<World>, start: Tally, segment_agents: Vec<u64>) -> Self {
        let shape = shape_of(&world);
        let series = Series::new(shape, world.spec.horizon_ticks, start);
        Self::with_series(world, shape, segment_agents, series)
    }

    /// A run resumed from the history that [`Coordinator::save`] gave.
    ///
    /// # Errors
    /// [`EngineError::State`] for bytes that do not fit the run.
    pub fn restore(world: Arc<World>, bytes: &[u8]) -> Result<Self> {
        let shape = shape_of(&world);
        let mut reader = Reader::new(bytes);
        if reader.u64()? != world.fingerprint() {
            return Err(EngineError::State("it is of another specification or engine".to_owned()));
        }
        let segment_agents = (0..shape.segments).map(|_| reader.u64()).collect::<Result<_>>()?;
        let series = Series::from_bytes(reader.rest(), shape, world.spec.horizon_ticks)?;
        Ok(Self::with_series(world, shape, segment_agents, series))
    }

    fn with_series(world: Arc<World>, shape: Shape, segment_agents: Vec<u64>, series: Series) -> Self {
        let delta = |name| world.spec.variable_deltas.get(name).copied().unwrap_or(0.0) as f32;
        let row: Vec<f32> =
            world.model.variables().iter().map(|v| (v.default + delta(v.name)).clamp(0.0, 1.0)).collect();
        let base = row.repeat(shape.regions);
        let mut coordinator = Self { now: base.clone(), base, world, shape, segment_agents, series };
        coordinator.feed_back();
        coordinator
    }

    /// Takes in the sums of the next tick over all partitions and makes the environment of the one after.
    pub fn absorb(&mut self, tally: Tally) {
        self.series.push(tally);
        self.feed_back();
    }

    fn feed_back(&mut self) {
        let variables = self.world.model.variables().len();
        if variables == 0 {
            return;
        }
        let mut means = vec![0.0; self.shape.metrics];
        let rows = self.base.chunks_exact(variables).zip(self.now.chunks_exact_mut(variables));
        for (region, (base, now)) in rows.enumerate() {
            let agents = self.world.layout.region_agents(region).len() as u64;
            for (metric, mean) in means.iter_mut().enumerate() {
                *mean = fixed::mean(self.series.last().by_region(region, metric), agents);
            }
            now.copy_from_slice(base);
            self.world.model.feedback(base, &means, now);
            for value in now {
                *value = value.clamp(0.0, 1.0);
            }
        }
    }

    /// The environment of the next tick, region by variable.
    pub fn environment(&self) -> &[f32] {
        &self.now
    }

    /// The history.
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// The run.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Agents per segment.
    pub fn segment_agents(&self) -> &[u64] {
        &self.segment_agents
    }

    /// The outcome up to the last completed tick. `digest` is that of all state at this tick, where it is known.
    pub fn outcome(&self, digest: Option<u128>) -> Outcome {
        Outcome::of(self, digest)
    }

    /// The history as bytes for a snapshot; the environment follows from it.
    pub fn save(&self) -> Vec<u8> {
        let mut bytes = self.world.fingerprint().to_le_bytes().to_vec();
        for agents in &self.segment_agents {
            bytes.extend_from_slice(&agents.to_le_bytes());
        }
        bytes.extend_from_slice(&self.series.to_bytes());
        bytes
    }
}

fn shape_of(world: &World) -> Shape {
    Shape {
        regions: world.layout.regions(),
        segments: world.model.segments().len(),
        metrics: world.model.metrics().len(),
    }
}

/// Sum over all blocks of the squared number of agents.
pub(crate) fn block_size_squares(layout: &Layout) -> u64 {
    let full = BLOCK_AGENTS as u64;
    (0..layout.regions())
        .map(|region| {
            let agents = layout.region_agents(region).len() as u64;
            agents / full * full * full + (agents % full) * (agents % full)
        })
        .sum()
}
