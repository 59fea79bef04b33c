//! What a run is asked to do. Two equal specifications give byte-identical results, whatever executes them:
//! nothing about threads, partitions or snapshots stands here (see [`crate::Plan`] for that).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cast::Cast;
use crate::error::{EngineError, Result};
use crate::scenario::{AppliedBundle, Effect, check_effects};
use crate::workflow::{MAX_WORKFLOW_TICKS, Workflow};

mod era;
mod network;
mod prefix;

pub(crate) use era::Seeds;
pub use era::{Era, MAX_ERAS, Turn};
pub use network::{MAX_MEAN_DEGREE, MAX_TIES, NetworkKind, NetworkSpec};

/// The largest horizon, in ticks; the Runs API states the same bound.
pub const MAX_HORIZON_TICKS: u32 = 1_000;
/// The largest population. At about 80 bytes an agent it takes 8 GB; agent ids are 32 bits wide.
pub const MAX_AGENTS: u32 = 100_000_000;

/// A run: who is simulated, by which rules, under which scenario, from which seed, for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSpec {
    /// Name of the model, for instance `society`.
    pub model: String,
    /// Parameters that differ from the model's defaults, by name.
    pub parameters: BTreeMap<String, f64>,
    /// Who is simulated.
    pub population: PopulationSpec,
    /// Who listens to whom.
    pub network: NetworkSpec,
    /// Chooses every random number of the run.
    pub seed: u64,
    /// How many ticks to step, 1 to [`MAX_HORIZON_TICKS`] without a workflow.
    pub horizon_ticks: u32,
    /// Who acts in a tick.
    pub activation: Activation,
    /// Share of agents that act in a tick, in (0, 1], where all are asked; the others keep their state.
    pub sample_rate: f64,
    /// Shifts of environment variables, in force in all regions from tick 0, or from the last of [`RunSpec::past`]; each in
    /// [-1, 1].
    pub variable_deltas: BTreeMap<String, f64>,
    /// What else happens to the environment, in this order, on top of shifts and of what an experiment sets; at most
    /// [`crate::MAX_EFFECTS`].
    pub effects: Vec<Effect>,
    /// The bundle that the last of the effects with a cause came from, where there are any.
    pub bundle: Option<AppliedBundle>,
    /// What is done to the agents, asked and measured of them on the way, for experiments; the horizon is then the
    /// workflow's length, at most [`MAX_WORKFLOW_TICKS`].
    pub workflow: Option<Arc<Workflow>>,
    /// Agents that have names, and what is asked of them.
    pub cast: Option<Arc<Cast>>,
    /// What was in force before, oldest first: none but in runs that were forked or whose scenario changes on the way. See
    /// [`RunSpec::turned`].
    pub past: Vec<Era>,
}

/// Who acts in a tick. Everybody sees the state at the end of the last one in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// All agents, or a random share of them.
    #[default]
    All,
    /// One agent, each as likely as the others: the clock of models whose updates are one at a time. A run of so many agents
    /// takes as many ticks for each of them to act once on average. On a network where two meet, the one that acts meets
    /// its partner of that tick, and the partner stays as it is.
    One,
}

impl Activation {
    /// Every activation.
    pub const ALL: [Self; 2] = [Self::All, Self::One];

    /// The word used in configurations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::One => "one",
        }
    }
}

/// Who is simulated.
#[derive(Clone, Debug, PartialEq)]
pub struct PopulationSpec {
    /// Name of the data set that gives regions, their populations, borders and centroids.
    pub dataset: String,
    /// How many agents, 1 to [`MAX_AGENTS`], shared out in proportion to the regions' populations.
    pub agents: u32,
}

impl Default for RunSpec {
    fn default() -> Self {
        Self {
            model: "society".to_owned(),
            parameters: BTreeMap::new(),
            population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 10_000 },
            network: NetworkSpec::default(),
            seed: 42,
            horizon_ticks: 100,
            activation: Activation::All,
            sample_rate: 1.0,
            variable_deltas: BTreeMap::new(),
            effects: Vec::new(),
            bundle: None,
            workflow: None,
            cast: None,
            past: Vec::new(),
        }
    }
}

impl RunSpec {
    /// Checks every bound that does not depend on the model or the data set.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for the first field that is out of range.
    pub fn check(&self) -> Result<()> {
        let max_ticks = if self.workflow.is_some() { MAX_WORKFLOW_TICKS } else { MAX_HORIZON_TICKS };
        if !(1..=max_ticks).contains(&self.horizon_ticks) {
            let problem = format!("must be between 1 and {max_ticks}");
            return Err(EngineError::invalid("horizon_ticks", problem));
        }
        self.check_past(max_ticks)?;
        if !(1..=MAX_AGENTS).contains(&self.population.agents) {
            let problem = format!("must be between 1 and {MAX_AGENTS}");
            return Err(EngineError::invalid("population.agents", problem));
        }
        if !(self.sample_rate > 0.0 && self.sample_rate <= 1.0) {
            return Err(EngineError::invalid("scheduler.sample_rate", "must be above 0 and at most 1"));
        }
        if self.activation == Activation::One && self.sample_rate < 1.0 {
            let problem = "must be 1 or left out where scheduler.activation is one: a single agent acts in every tick";
            return Err(EngineError::invalid("scheduler.sample_rate", problem));
        }
        self.network.check(self.population.agents)?;
        for (name, &delta) in &self.variable_deltas {
            in_range(&format!("scenario_patch.variable_deltas.{name}"), delta, -1.0, 1.0)?;
        }
        if let Some(cast) = &self.cast {
            cast.check(self)?;
        }
        check_effects(&self.effects, self.horizon_ticks)
    }
}

/// Refuses a number outside `min..=max`, or one that is no number.
pub(crate) fn in_range(field: &str, value: f64, min: f64, max: f64) -> Result<()> {
    if value >= min && value <= max {
        return Ok(());
    }
    Err(EngineError::invalid(field, format!("must be between {min} and {max}, not {value}")))
}
