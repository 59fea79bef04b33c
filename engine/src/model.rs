//! The engine's one trait: what a modeller writes. Everything else (columns, ghosts, draws, partitions, sums,
//! snapshots, digests) is the engine's.

use std::collections::BTreeMap;

use crate::draws::Draws;
use crate::error::{EngineError, Result};
use crate::fixed;
use crate::pack::Pack;
use crate::spec::in_range;

/// The most metrics of a model.
pub const MAX_METRICS: usize = 32;

/// A parameter of a model: one number with a unit, a range and a default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Its name in `config.parameters`.
    pub name: &'static str,
    /// Unit, or `1` for a pure number.
    pub unit: &'static str,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Value where none is given.
    pub default: f64,
    /// What it does, in one sentence.
    pub description: &'static str,
}

impl Parameter {
    /// A parameter in `range`.
    pub const fn new(
        name: &'static str,
        unit: &'static str,
        range: (f64, f64),
        default: f64,
        description: &'static str,
    ) -> Self {
        Self { name, unit, min: range.0, max: range.1, default, description }
    }

    /// A parameter in [0, 1] without a unit.
    pub const fn share(name: &'static str, default: f64, description: &'static str) -> Self {
        Self::new(name, "1", (0.0, 1.0), default, description)
    }
}

/// A variable of the environment: one number in [0, 1] per region that scenarios shift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variable {
    /// Its name in `variable_deltas`.
    pub name: &'static str,
    /// Value where no scenario shifts it.
    pub default: f32,
    /// What it stands for, in one sentence.
    pub description: &'static str,
}

/// Something measured of every agent at every tick; reported as the mean over agents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// Its name in trends.
    pub name: &'static str,
    /// Unit, or `1` for a pure number.
    pub unit: &'static str,
    /// What it says, in one sentence.
    pub description: &'static str,
}

/// What kind of thing a trait is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TraitKind {
    /// A number in a range.
    Number {
        /// Unit, or `1` for a pure number.
        unit: &'static str,
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// Yes (1) or no (0).
    Flag,
    /// One of these labels, given by its place.
    Choice(&'static [&'static str]),
}

/// A named part of what an agent is: experiments read it, compare it, and set it where it can be set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trait {
    /// Its name in experiments.
    pub name: &'static str,
    /// What kind of thing it is.
    pub kind: TraitKind,
    /// True where it can be set; others follow from those.
    pub settable: bool,
    /// True where a new round keeps it: it is part of the agent's memory.
    pub memory: bool,
    /// What it is, in one sentence.
    pub description: &'static str,
}

/// A message that agents hear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message {
    /// What it stands for, in [-1, 1].
    pub stance: f32,
    /// How strongly, in [0, 1].
    pub strength: f32,
}

impl Metric {
    /// A share of agents.
    pub const fn share(name: &'static str, description: &'static str) -> Self {
        Self { name, unit: "share of agents", description }
    }
}

/// How a metric becomes a line of the outcome summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Summary {
    /// Its value at the last tick.
    Final,
    /// Its value at the last tick minus that at tick 0.
    Change,
}

/// What a model's results consist of; metrics are given by their place in [`Model::METRICS`].
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Lines of the outcome summary: name, metric, how. None: every metric at its last value.
    pub summary: &'static [(&'static str, usize, Summary)],
    /// Shares of a classification, which add up to 1: name, metric.
    pub distribution: &'static [(&'static str, usize)],
    /// Metrics reported over time, overall, by region and by segment: name, metric. None: every metric.
    pub trends: &'static [(&'static str, usize)],
    /// Levels whose first crossing is a key event: metric, level, what to call it.
    pub milestones: &'static [(usize, f64, &'static str)],
    /// Metrics whose largest changes within a tick are key events: metric, type of the event.
    pub swings: &'static [(usize, &'static str)],
    /// The metric by whose standard error confidence is judged, and by which impact is measured.
    pub headline: usize,
}

impl Report {
    /// Every metric at its last value and over time, and nothing else.
    pub const EVERY_METRIC: Self =
        Self { summary: &[], distribution: &[], trends: &[], milestones: &[], swings: &[], headline: 0 };

    /// The lines of the summary.
    pub(crate) fn summary_lines(&self, metrics: &'static [Metric]) -> Vec<(&'static str, usize, Summary)> {
        if self.summary.is_empty() {
            return metrics.iter().enumerate().map(|(place, metric)| (metric.name, place, Summary::Final)).collect();
        }
        self.summary.to_vec()
    }

    /// The metrics that are reported over time.
    pub(crate) fn trend_lines(&self, metrics: &'static [Metric]) -> Vec<(&'static str, usize)> {
        if self.trends.is_empty() {
            return metrics.iter().enumerate().map(|(place, metric)| (metric.name, place)).collect();
        }
        self.trends.to_vec()
    }
}

/// What an agent is, and what changes of it after its birth: all that a snapshot keeps. The rest is made again.
///
/// Whatever is [`Pack`] is kept whole, without a line of code.
pub trait State: Clone + Send + 'static {
    /// What is kept.
    type Saved: Pack;

    /// What a snapshot keeps of the agent.
    fn save(&self) -> Self::Saved;

    /// Puts back what [`State::save`] kept into an agent as it was born.
    fn load(&mut self, saved: Self::Saved);
}

impl<T: Pack + Send + 'static> State for T {
    type Saved = T;

    #[inline]
    fn save(&self) -> T {
        *self
    }

    #[inline]
    fn load(&mut self, saved: T) {
        *self = saved;
    }
}

/// Who is born.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newborn {
    /// The agent's id, from 0 to `agents` - 1. Ids run region by region.
    pub id: u32,
    /// How many agents there are.
    pub agents: u32,
    /// The number of its region in the data set.
    pub region: usize,
}

impl Newborn {
    /// True for a share of all agents, exact to one agent, and spread evenly over the ids.
    pub fn among(&self, share: f32) -> bool {
        let upto = |count: u32| (f64::from(count) * f64::from(share) + 0.5) as u32;
        upto(self.id + 1) > upto(self.id)
    }

    /// The middle of the agent's place where all agents are spread evenly over [0, 1]: `(id + 1/2) / agents`.
    pub fn place(&self) -> f64 {
        (f64::from(self.id) + 0.5) / f64::from(self.agents)
    }
}

/// What an agent can know in a tick: all of it as it was at the end of the last one.
#[derive(Clone, Copy)]
pub struct Around<'a, P> {
    /// The agent's id.
    pub id: u32,
    /// The last tick that is over.
    pub tick: u32,
    /// What those that it listens to published.
    pub peers: Peers<'a, P>,
    /// Its region's environment, in the order of [`Model::VARIABLES`].
    pub environment: &'a [f32],
    /// The means over the whole society, in the order of [`Model::METRICS`].
    pub society: &'a [f64],
}

/// A model of a society: who its agents are and what one of them does in a tick.
pub trait Model: Sized + Send + Sync + 'static {
    /// What an agent is. Only the agent itself reads it.
    type Agent: State;
    /// What others see of an agent: as few bytes as will do, since they are read at random.
    type Published: Pack + Default + Send + Sync + 'static;

    /// Name in `config.model`.
    const NAME: &'static str;
    /// Changes whenever results do.
    const VERSION: &'static str;
    /// Random numbers ready for an agent in a tick; more can be drawn, at the cost of a seek each.
    const DRAWS_PER_STEP: usize = 1;
    /// Random numbers ready for an agent at its birth.
    const DRAWS_AT_BIRTH: usize = 1;
    /// Names of the segments that results are broken down by; at least one.
    const SEGMENTS: &'static [&'static str] = &["all"];
    /// The parameters.
    const PARAMETERS: &'static [Parameter] = &[];
    /// The environment's variables.
    const VARIABLES: &'static [Variable] = &[];
    /// The metrics; at least one.
    const METRICS: &'static [Metric];
    /// The results.
    const REPORT: Report = Report::EVERY_METRIC;
    /// What experiments can know of an agent, and set.
    const TRAITS: &'static [Trait] = &[];
    /// True when messages do something to agents.
    const HEARS: bool = false;

    /// The model with these parameters, which are complete and within their ranges.
    fn new(parameters: &Parameters) -> Self;

    /// An agent at tick 0.
    fn create(&self, newborn: Newborn, draws: &mut Draws<'_>) -> Self::Agent;

    /// What others see of the agent.
    fn publish(&self, agent: &Self::Agent) -> Self::Published;

    /// The segment of the agent, a place in [`Model::SEGMENTS`]; never changes.
    #[inline]
    fn segment(&self, _agent: &Self::Agent) -> usize {
        0
    }

    /// One tick of one agent.
    fn step(&self, agent: &mut Self::Agent, around: Around<'_, Self::Published>, draws: &mut Draws<'_>);

    /// The agent's number for every metric, each within ±2047; they come in as 0.
    fn values(&self, _agent: &Self::Agent, _values: &mut [f32]) {}

    /// Adds the agent to the sums of its segment, one fixed-point number per metric (see [`crate::fixed`]). The default
    /// takes them from [`Model::values`].
    #[inline]
    fn measure(&self, agent: &Self::Agent, sums: &mut [i64]) {
        let mut values = [0.0; MAX_METRICS];
        let values = &mut values[..Self::METRICS.len()];
        self.values(agent, values);
        for (sum, &value) in sums.iter_mut().zip(&*values) {
            *sum += fixed::from_f32(value);
        }
    }

    /// Adds the agents of a block, at most [`crate::BLOCK_AGENTS`] of one region, to the block's sums: one row of metrics
    /// per segment. The default measures one after the other; a model that many agents are run with may do better, with
    /// the same sums.
    #[inline]
    fn measure_block(&self, agents: &[Self::Agent], sums: &mut [i64]) {
        let metrics = Self::METRICS.len();
        for agent in agents {
            self.measure(agent, &mut sums[self.segment(agent) * metrics..][..metrics]);
        }
    }

    /// Feeds a region's means back into its environment before a tick: `now` starts as `base` (defaults and
    /// scenario) and is clamped to [0, 1] afterwards. `means` is in the order of [`Model::METRICS`].
    fn feedback(&self, _base: &[f32], _means: &[f64], _now: &mut [f32]) {}

    /// The value of a trait, given by its place in [`Model::TRAITS`].
    fn trait_value(&self, _agent: &Self::Agent, _place: usize) -> f64 {
        0.0
    }

    /// Sets a settable trait, and nothing else of the agent; `value` is in its range. What is set is read back as set but
    /// for rounding, and setting what was read changes nothing.
    fn set_trait(&self, _agent: &mut Self::Agent, _place: usize, _value: f64) {}

    /// Gives an agent a trait at its birth: what follows from the trait may be set along.
    fn endow(&self, agent: &mut Self::Agent, place: usize, value: f64) {
        self.set_trait(agent, place, value);
    }

    /// The agent hears a message; it may change what [`State::save`] keeps, and nothing else.
    fn hear(&self, _agent: &mut Self::Agent, _message: Message) {}

    /// What the agent has to say of its state, in words made from it: complete sentences, without a line break.
    fn explain(&self, _agent: &Self::Agent, _around: Around<'_, Self::Published>) -> String {
        String::new()
    }
}

/// The published values of those that an agent listens to.
#[derive(Clone, Copy)]
pub struct Peers<'a, P> {
    slots: &'a [u32],
    view: &'a [P],
}

impl<'a, P: Copy> Peers<'a, P> {
    /// Peers found at `slots` of `view`.
    #[inline]
    pub(crate) fn new(slots: &'a [u32], view: &'a [P]) -> Self {
        Self { slots, view }
    }

    /// What one of them published, given by its place; the places run from 0 to [`Peers::len`] - 1.
    ///
    /// # Panics
    /// For a place beyond: a mistake in the model.
    #[inline]
    pub fn get(&self, place: usize) -> P {
        self.view[self.slots[place] as usize]
    }

    /// What one of them published, each as likely as the others; nothing where there are none.
    #[inline]
    pub fn pick(&self, draws: &mut Draws<'_>) -> Option<P> {
        (!self.is_empty()).then(|| self.get(draws.below(self.len() as u32) as usize))
    }

    /// How many they are.
    #[inline]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// True where there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// What each published, in a fixed order.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = P> + 'a {
        let view = self.view;
        self.slots.iter().map(move |&slot| view[slot as usize])
    }
}

/// A model's parameters: every one has a value within its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    values: BTreeMap<&'static str, f64>,
}

impl Parameters {
    /// Checks `given` against `known` and fills in the defaults.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] naming `parameters.NAME` for an unknown name (with those that exist) or a value
    /// out of range.
    pub fn check(known: &'static [Parameter], given: &BTreeMap<String, f64>) -> Result<Self> {
        let mut values: BTreeMap<_, _> = known.iter().map(|p| (p.name, p.default)).collect();
        for (name, &value) in given {
            let field = format!("parameters.{name}");
            let Some(parameter) = known.iter().find(|p| p.name == name) else {
                let names: Vec<_> = known.iter().map(|p| p.name).collect();
                return Err(EngineError::invalid(field, format!("does not exist; there are: {}", names.join(", "))));
            };
            in_range(&field, value, parameter.min, parameter.max)?;
            values.insert(parameter.name, value);
        }
        Ok(Self { values })
    }

    /// The value of a parameter, as the kernel's 32-bit number.
    ///
    /// # Panics
    /// When the model asks for a parameter that it does not list: a mistake in the model.
    pub fn get(&self, name: &str) -> f32 {
        self.exact(name) as f32
    }

    /// The value of a parameter, as it was given.
    ///
    /// # Panics
    /// When the model asks for a parameter that it does not list: a mistake in the model.
    pub fn exact(&self, name: &str) -> f64 {
        *self.values.get(name).expect("a model asks only for parameters that it lists")
    }

    /// Every parameter with its value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        self.values.iter().map(|(&name, &value)| (name, value))
    }
}
