//! An ensemble whose names have become numbers: what its copies are born with, what they find around them in each tick, and
//! which numbers are counted of them.

use std::ops::Range;

use super::company::{region_of, segment_of, traits_of};
use super::ensemble::{Ensemble, Surrounding};
use super::goal::Aim;
use crate::error::{EngineError, Result};
use crate::guard::{ModelFailure, guarded};
use crate::kernel::AnyModel;
use crate::model::TraitKind;
use crate::spec::{NetworkKind, RunSpec};
use crate::world::{Dataset, Layout};

/// The most others that a copy meets in a tick: where everybody listens to everybody, so many are drawn of them.
pub(crate) const MAX_STRANGERS: usize = 256;
/// How many newborns stand for a society of which nothing was recorded.
pub(crate) const NEWBORNS: u32 = 4_096;
/// Into how many parts the range of a trait is cut to count how many copies are in each.
pub(crate) const BINS: usize = 200;

/// The places of a trait's counts, and the range that is cut, where it is a number.
pub(crate) type Column = (Range<usize>, Option<(f64, f64)>);

/// The copies of a run.
#[derive(Clone, Debug)]
pub(crate) struct Troupe {
    /// The region that they live in.
    pub(crate) region: usize,
    /// The segment that they are of, where that is said.
    pub(crate) segment: Option<usize>,
    /// Traits that they are born with: place and value, in the order of the model's traits.
    pub(crate) traits: Vec<(usize, f64)>,
    pub(crate) aim: Aim,
    /// How many agents the society has: what the persona leaves out, a copy is as anyone of them.
    pub(crate) society_agents: u32,
    /// How many others each meets in a tick, and which share of these is of the whole society rather than of the region.
    pub(crate) strangers: usize,
    pub(crate) far_share: f32,
    /// False where the environment is the scenario's own.
    pub(crate) is_recorded: bool,
    ticks: Vec<Surrounding>,
    /// Of each trait the places of its counts, and the range that is cut.
    pub(crate) columns: Vec<Column>,
    /// Ticks at which the copies are counted.
    pub(crate) trend_ticks: Vec<u32>,
}

impl Troupe {
    /// # Errors
    /// [`EngineError::Invalid`] for a name that means nothing here, a value out of its range, or a model whose agents cannot be
    /// stepped apart from a society.
    pub(crate) fn new(spec: &RunSpec, ensemble: &Ensemble, model: &dyn AnyModel, dataset: &Dataset) -> Result<Self> {
        let name = model.name();
        if !model.meets_strangers() {
            let problem = format!(
                "target cannot be asked of the model `{name}`: what its agents need to know of others does not follow from \
                 means; ask it of a hybrid run"
            );
            return Err(EngineError::invalid("mode", problem));
        }
        let field = "target.persona";
        let persona = &ensemble.persona;
        let region = match persona.region.as_deref() {
            Some(code) => region_of(field, code, dataset)?,
            None if dataset.regions().len() == 1 => 0,
            None => {
                return Err(EngineError::invalid("target.persona.region", "is required: copies live in one region"));
            }
        };
        let segment = persona.segment.as_deref().map(|name| segment_of(field, name, model)).transpose()?;
        if segment.is_some() && model.segments().len() > 1 && !model.born_into_segments() {
            let problem = format!("cannot be given: the model `{name}` says itself which segment an agent is of");
            return Err(EngineError::invalid("target.persona.segment", problem));
        }
        let (variables, metrics) = (model.variables().len(), model.metrics().len());
        let fits = |around: &Surrounding| {
            (around.environment.len(), around.region.len(), around.society.len()) == (variables, metrics, metrics)
        };
        if !ensemble.around.ticks.iter().all(fits) {
            let problem = format!("must be of the model `{name}`, with a value for every variable and metric");
            return Err(EngineError::invalid("target.society", problem));
        }
        let mut next = 0;
        let mut column = |kind: &TraitKind| {
            let (count, range) = match kind {
                TraitKind::Number { min, max, .. } => (BINS, Some((*min, *max))),
                TraitKind::Flag => (2, None),
                TraitKind::Choice(labels) => (labels.len(), None),
            };
            next += count;
            (next - count..next, range)
        };
        Ok(Self {
            region,
            segment,
            traits: traits_of(field, persona, model)?,
            aim: Aim::new("target.goal", &ensemble.goal, model)?,
            society_agents: ensemble.around.agents.unwrap_or(NEWBORNS).max(1),
            strangers: strangers(spec, ensemble, dataset),
            far_share: match spec.network.kind {
                NetworkKind::Gravity => spec.network.long_range_share as f32,
                _ => 1.0,
            },
            is_recorded: !ensemble.around.ticks.is_empty(),
            ticks: ensemble.around.ticks.clone(),
            columns: model.traits().iter().map(|known| column(&known.kind)).collect(),
            trend_ticks: spec.trend_ticks(),
        })
    }

    /// Has the society stay as these means say, where nothing was recorded.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] where the model fails at an agent's birth.
    pub(crate) fn settle(&mut self, newborns: impl FnOnce() -> Vec<f64>) -> Result<()> {
        if self.ticks.is_empty() {
            let failed = |failure: ModelFailure| {
                EngineError::invalid("model", format!("{} an agent at its birth: {failure}", failure.verb()))
            };
            let region = guarded(newborns).map_err(failed)?;
            self.ticks.push(Surrounding { environment: Vec::new(), society: region.clone(), region });
        }
        Ok(())
    }

    /// All copies in one region.
    pub(crate) fn layout(&self, dataset: &Dataset, copies: u32) -> Layout {
        let mut counts = vec![0; dataset.regions().len()];
        counts[self.region] = copies;
        Layout::from_counts(&counts)
    }

    /// What is around the copies in the tick that starts from the state of `tick`.
    pub(crate) fn around(&self, tick: u32) -> &Surrounding {
        &self.ticks[(tick as usize).min(self.ticks.len() - 1)]
    }

    /// How many numbers are counted.
    pub(crate) fn counts(&self) -> usize {
        self.columns.last().map_or(0, |(places, _)| places.end)
    }

    /// The place of the count that a value of a trait belongs to.
    pub(crate) fn place(&self, of_trait: usize, value: f64) -> usize {
        let (places, range) = &self.columns[of_trait];
        let last = places.len() - 1;
        let part = match range {
            Some((min, max)) => (value - min) / (max - min) * BINS as f64,
            None => value,
        };
        // What is no number counts as the least.
        places.start + (part.max(0.0) as usize).min(last)
    }
}

/// How many others an agent of such a society listens to, to the nearest whole number.
fn strangers(spec: &RunSpec, ensemble: &Ensemble, dataset: &Dataset) -> usize {
    let degree = match (spec.network.kind, dataset.ties()) {
        (NetworkKind::Listed, Some(ties)) => ties.reads() as f64 / dataset.agent_count().max(1) as f64,
        (NetworkKind::Complete, _) => ensemble.around.agents.map_or(f64::INFINITY, |agents| f64::from(agents) - 1.0),
        (NetworkKind::Pairs, _) => 1.0,
        _ => spec.network.mean_degree,
    };
    (degree.round() as usize).min(MAX_STRANGERS)
}
