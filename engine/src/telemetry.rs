//! What telemetry takes of a run: its sums and environment in a tick, and what a sample of its agents is at a keyframe. Owns
//! what is taken, when and of whom; where it goes is no affair of the engine's. Taking it changes no result.

use crate::World;
use crate::coordinator::Coordinator;
use crate::draws::{DrawKey, Purpose};
use crate::error::{EngineError, Result};
use crate::permutation::Permutation;
use crate::tally::Tally;

/// [`TelemetryOptions::sample_agents`] for the whole population.
pub const ALL_AGENTS: u32 = u32::MAX;
/// The largest sample that is not the whole population: a list of their ids is kept.
pub const MAX_SAMPLE_AGENTS: u32 = 1_000_000;

/// What a run's telemetry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelemetryOptions {
    /// Ticks between two keyframes; 0 for the first and the last tick alone, which are keyframes in any case.
    pub keyframe_every: u32,
    /// Agents that are looked at in every keyframe, up to [`MAX_SAMPLE_AGENTS`] or [`ALL_AGENTS`]; 0 for none.
    pub sample_agents: u32,
    /// Metrics by region in every tick.
    pub by_region: bool,
    /// Metrics by segment in every tick.
    pub by_segment: bool,
    /// What the model says of an agent in words, at keyframes.
    pub reasons: bool,
}

impl Default for TelemetryOptions {
    fn default() -> Self {
        Self { keyframe_every: 10, sample_agents: 100, by_region: true, by_segment: true, reasons: true }
    }
}

impl TelemetryOptions {
    /// Refuses a sample that is too large to be listed.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for `telemetry.sample_agents`.
    pub fn check(&self) -> Result<()> {
        if self.sample_agents <= MAX_SAMPLE_AGENTS || self.sample_agents == ALL_AGENTS {
            return Ok(());
        }
        let problem = format!("must be between 0 and {MAX_SAMPLE_AGENTS}, or \"all\"");
        Err(EngineError::invalid("telemetry.sample_agents", problem))
    }

    /// True where agents are looked at in this tick of a run with this horizon.
    pub fn is_keyframe(&self, tick: u32, horizon_ticks: u32) -> bool {
        let regular = self.keyframe_every > 0 && tick.is_multiple_of(self.keyframe_every);
        self.sample_agents > 0 && (regular || tick == 0 || tick == horizon_ticks)
    }
}

/// The agents of a run that are looked at, the same in every keyframe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// How many agents there are.
    agents: u32,
    /// Who is chosen, rising; nothing where all are.
    chosen: Option<Vec<u32>>,
}

impl Sample {
    /// So many agents of the run, or all where there are no more. They follow from the run's first seed and the number of
    /// agents alone: the smaller sample is part of the larger.
    pub fn new(world: &World, agents: u32) -> Self {
        let all = world.layout.agents();
        if agents >= all {
            return Self { agents: all, chosen: None };
        }
        let mut stream = DrawKey::new(world.spec.birth_seed(), Purpose::Sample).stream(0);
        let permutation = Permutation::new(all, || stream.word());
        let mut chosen: Vec<u32> = (0..agents).collect();
        permutation.values(&mut chosen);
        chosen.sort_unstable();
        Self { agents: all, chosen: Some(chosen) }
    }

    /// These and besides them the agents of `ids`, which rise.
    #[must_use]
    pub fn with(mut self, ids: &[u32]) -> Self {
        if let Some(chosen) = &mut self.chosen {
            chosen.extend_from_slice(ids);
            chosen.sort_unstable();
            chosen.dedup();
        }
        self
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.chosen.as_ref().map_or(self.agents as usize, Vec::len)
    }

    /// True where nobody is looked at.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids of `count` of them from the `first` on, rising; fewer at the end.
    pub fn ids(&self, first: usize, count: usize) -> Vec<u32> {
        let end = self.len().min(first + count);
        match &self.chosen {
            Some(chosen) => chosen[first.min(end)..end].to_vec(),
            None => (first as u32..end as u32).collect(),
        }
    }
}

/// What one agent is between two ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Its id.
    pub agent: u32,
    /// The number of its region.
    pub region: usize,
    /// The number of its segment.
    pub segment: usize,
    /// The values of its traits, in the order of [`crate::Model::TRAITS`]; in models without traits its part in every metric.
    pub state: Vec<f64>,
    /// What its model says of it; empty where that was not asked for.
    pub reasons: String,
}

/// A run after a tick and all that was done in it.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The tick.
    pub tick: u32,
    /// The sums over its agents.
    pub tally: Tally,
    /// The environment that the next tick has, region by variable; see [`crate::Conditions::by_region`].
    pub environment: Vec<f32>,
}

impl Coordinator {
    /// The run as it is: once nothing is due in a tick, what telemetry holds of it.
    pub fn frame(&self) -> Frame {
        let (series, environment) = (self.series(), self.conditions().by_region());
        Frame { tick: series.tick(), tally: series.last().clone(), environment }
    }
}

/// What agents reported in a tick.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TickEvents {
    /// The tick.
    pub tick: u32,
    /// How many there were of each kind.
    pub counts: Vec<u64>,
    /// The first of them, by agent: agent, kind, and what the model says beside it.
    pub first: Vec<(u32, usize, f32)>,
}

impl TickEvents {
    /// What the sums of this tick say was reported; `None` where nothing was.
    pub fn of(tick: u32, tally: &Tally) -> Option<Self> {
        let (counts, first) = tally.reported.listed();
        counts.iter().any(|&count| count > 0).then(|| Self { tick, counts: counts.to_vec(), first: first.collect() })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Catalogue, PopulationSpec, RunSpec};

    fn sample(seed: u64, agents: u32, of: u32) -> Vec<u32> {
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: of };
        let world = World::new(RunSpec { seed, population, ..RunSpec::default() }, &Catalogue::default()).unwrap();
        let sample = Sample::new(&world, agents);
        let ids = sample.ids(0, usize::MAX >> 1);
        assert_eq!([sample.ids(0, 7), sample.ids(7, of as usize)].concat(), ids, "pieces are the whole");
        ids
    }

    #[test]
    fn samples_nest_and_follow_from_the_seed() {
        let (few, many) = (sample(1, 50, 3_000), sample(1, 400, 3_000));
        assert_eq!((few.len(), many.len()), (50, 400));
        assert!(many.is_sorted() && few.iter().all(|id| many.contains(id)));
        assert_ne!(few, sample(2, 50, 3_000));
        assert_eq!(sample(1, ALL_AGENTS, 300), (0..300).collect::<Vec<_>>());
        assert_eq!(sample(1, 300, 300), sample(1, ALL_AGENTS, 300));
    }

    #[test]
    fn the_first_and_the_last_tick_are_keyframes() {
        let keyframes = |every, agents| {
            let options =
                TelemetryOptions { keyframe_every: every, sample_agents: agents, ..TelemetryOptions::default() };
            (0..=25).filter(|&tick| options.is_keyframe(tick, 25)).collect::<Vec<_>>()
        };
        assert_eq!(keyframes(10, 1), [0, 10, 20, 25]);
        assert_eq!(keyframes(0, 1), [0, 25]);
        assert!(keyframes(1, 0).is_empty());
    }
}
