//! The words in which a model describes itself: parameters, variables, metrics, traits, results. Plain data, and the check
//! of the parameters that a run gives.

use std::collections::BTreeMap;

use crate::error::{EngineError, Result};
use crate::spec::in_range;

/// The most metrics of a model.
pub const MAX_METRICS: usize = 32;

/// Which numbers of its range a parameter takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ParameterKind {
    /// All of them.
    #[default]
    Number,
    /// Whole ones.
    Whole,
    /// 0 for no and 1 for yes.
    Switch,
}

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
    /// Which numbers of the range it takes.
    pub kind: ParameterKind,
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
        Self { name, unit, min: range.0, max: range.1, default, kind: ParameterKind::Number, description }
    }

    /// A whole number in `range`.
    pub const fn whole(
        name: &'static str,
        unit: &'static str,
        range: (f64, f64),
        default: f64,
        description: &'static str,
    ) -> Self {
        Self { kind: ParameterKind::Whole, ..Self::new(name, unit, range, default, description) }
    }

    /// Either 0 or 1.
    pub const fn switch(name: &'static str, default: bool, description: &'static str) -> Self {
        let default = if default { 1.0 } else { 0.0 };
        Self { kind: ParameterKind::Switch, ..Self::new(name, "0 or 1", (0.0, 1.0), default, description) }
    }

    /// A parameter in [0, 1] without a unit.
    pub const fn share(name: &'static str, default: f64, description: &'static str) -> Self {
        Self::new(name, "1", (0.0, 1.0), default, description)
    }

    /// Refuses a value that it does not take; `field` is where it stands.
    pub(crate) fn check(&self, field: &str, value: f64) -> Result<()> {
        if self.kind == ParameterKind::Number || value.fract() == 0.0 {
            return in_range(field, value, self.min, self.max);
        }
        let range = match self.kind {
            ParameterKind::Switch => "0 or 1".to_owned(),
            _ => format!("a whole number between {} and {}", self.min, self.max),
        };
        Err(EngineError::invalid(field, format!("must be {range}, not {value}")))
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

/// Something that happens to agents and that they report: counted, and listed in the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventKind {
    /// Its name in results.
    pub name: &'static str,
    /// What has happened, and what the value beside it says, in one sentence.
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

/// What a model's results consist of; metrics are given by their place in [`crate::Model::METRICS`].
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

/// A model's parameters: every one has a value within its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    values: BTreeMap<&'static str, f64>,
}

impl Parameters {
    /// Checks `given` against `known` and fills in the defaults.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] naming `parameters.NAME` for an unknown name (with those that exist), a value out of range,
    /// or a fraction where there is none.
    pub fn check(known: &'static [Parameter], given: &BTreeMap<String, f64>) -> Result<Self> {
        let mut values: BTreeMap<_, _> = known.iter().map(|p| (p.name, p.default)).collect();
        for (name, &value) in given {
            let field = format!("parameters.{name}");
            let Some(parameter) = known.iter().find(|p| p.name == name) else {
                let names: Vec<_> = known.iter().map(|p| p.name).collect();
                return Err(EngineError::invalid(field, format!("does not exist; there are: {}", names.join(", "))));
            };
            parameter.check(&field, value)?;
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

    /// True where a [`Parameter::switch`] is 1.
    ///
    /// # Panics
    /// When the model asks for a parameter that it does not list: a mistake in the model.
    pub fn is_on(&self, name: &str) -> bool {
        self.exact(name) != 0.0
    }

    /// Every parameter with its value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        self.values.iter().map(|(&name, &value)| (name, value))
    }
}
