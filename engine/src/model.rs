//! The engine's one trait: what a modeller writes. Everything else (columns, ghosts, draws, partitions, sums,
//! snapshots, digests) is the engine's. `vocabulary` holds the words in which a model describes itself, `peers` what an
//! agent sees of others, `mail` what agents write to each other and report.

mod declaration;
mod mail;
mod peers;
mod vocabulary;

use crate::draws::Draws;
use crate::error::Result;
use crate::fixed;
use crate::pack::Pack;

pub(crate) use declaration::check_declaration;
pub(crate) use mail::{Address, Desk, Sent};
pub use mail::{Letter, MAX_LETTERS_PER_AGENT, MAX_PARTITION_MAIL_BYTES, MIN_LETTERS_EACH};
pub use peers::Peers;
pub use vocabulary::{
    EventKind, MAX_METRICS, Message, Metric, Parameter, ParameterKind, Parameters, Report, Summary, Trait, TraitKind,
    Variable,
};

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
    /// The agent's id, from 0 to `agents` - 1. Ids run region by region. Of a copy of a persona (mode `target`) one that is drawn from
    /// its society's: it is not the copy's own, and several copies may have it.
    pub id: u32,
    /// How many agents there are; of a copy, in its society.
    pub agents: u32,
    /// The number of its region in the data set.
    pub region: usize,
    /// The segment that the data set puts it in, a place in [`Model::SEGMENTS`]; only where the model is
    /// [`Model::BORN_INTO_SEGMENTS`].
    pub segment: Option<usize>,
    /// Its place, from 0 to `agents` - 1, in an order of all agents that the run's seed draws; of a copy, any.
    pub lot: u32,
}

impl Newborn {
    /// True for a share of all agents, exact to one agent (halves are rounded up), whom the run's seed chooses: those with
    /// the lowest lots. It takes none of the agent's draws.
    ///
    /// Shares nest: whoever is among 1 % is among 2 % as well. Two things that are to be independent of each other cannot
    /// both be decided by it; decide the second with [`Draws::chance`], which is exact on average only.
    pub fn among(&self, share: impl Into<f64>) -> bool {
        f64::from(self.lot) < (f64::from(self.agents) * share.into() + 0.5).floor()
    }

    /// The middle of the agent's place where all agents are spread evenly over [0, 1] in the order of their ids, the same
    /// for every seed: `(id + 1/2) / agents`. On networks that know of ids, neighbours begin alike.
    pub fn place(&self) -> f64 {
        (f64::from(self.id) + 0.5) / f64::from(self.agents)
    }
}

/// What an agent can know in a tick: all of it as it was at the end of the last one. `P` is what agents publish, `L` what
/// letters hold.
#[derive(Clone, Copy)]
pub struct Around<'a, P, L = ()> {
    /// The agent's id.
    pub id: u32,
    /// The number of its region in the data set.
    pub region: usize,
    /// The last tick that is over.
    pub tick: u32,
    /// What those that it listens to published.
    pub peers: Peers<'a, P>,
    /// Its region's environment, in the order of [`Model::VARIABLES`].
    pub environment: &'a [f32],
    /// The means over the whole society, in the order of [`Model::METRICS`].
    pub society: &'a [f64],
    /// The letters that were written to it in the last tick, by sender and then in the order in which the sender wrote
    /// them. Nobody keeps them: an agent that does not act in a tick misses what came. None in [`Model::explain`].
    pub mail: &'a [Letter<L>],
    /// The letters that were written to its region in the last tick, in the same order.
    pub bulletin: &'a [Letter<L>],
    /// Where it writes; nowhere in [`Model::explain`].
    pub(crate) desk: Option<&'a Desk<L>>,
}

/// Whether an agent has anything to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// It may in any tick.
    Awake,
    /// Its step does nothing in a tick in which nobody that it listens to publishes what [`Model::rouses`], and no letter
    /// comes for it or its region.
    UntilRoused,
    /// Its step does nothing, whatever others publish and write.
    ForGood,
}

/// A model of a society: who its agents are and what one of them does in a tick.
pub trait Model: Sized + Send + Sync + 'static {
    /// What an agent is. Only the agent itself reads it.
    type Agent: State;
    /// What others see of an agent: as few bytes as will do, since they are read at random.
    type Published: Pack + Default + Send + Sync + 'static;
    /// What a letter from agent to agent holds; `()` for models without mail.
    type Mail: Pack + Send + Sync + 'static;

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
    /// What agents can report of what happens to them.
    const EVENTS: &'static [EventKind] = &[];
    /// True when messages do something to agents.
    const HEARS: bool = false;
    /// True where contact goes both ways: whoever an agent listens to then listens to it as well. The kinds of network that
    /// are directed otherwise are made undirected.
    const MUTUAL: bool = false;
    /// True where some agents have nothing to do in some ticks, as [`Model::rest`] and [`Model::rouses`] say. Where ties are
    /// mutual the engine then passes over them: what it costs to run the model follows those that act. `step` then belongs to
    /// two loops; marked `#[inline(always)]`, it becomes part of both, which is a third faster for small steps.
    const RESTS: bool = false;
    /// True when [`Model::step`] takes the weights of ties into account ([`Peers::weighted`]). A run of another model on a
    /// network with weights is refused.
    const WEIGHS: bool = false;
    /// True when [`Model::create`] makes an agent of the segment that [`Newborn::segment`] names, so that data sets can say
    /// who is what.
    const BORN_INTO_SEGMENTS: bool = false;

    /// True when [`Model::stranger`] says what an agent needs to know of others: then copies of an agent can be stepped apart from
    /// a society of which only means are known.
    const MEETS_STRANGERS: bool = false;

    /// Refuses parameters that do not go together; each is within its range.
    ///
    /// # Errors
    /// [`crate::EngineError::invalid`] with the field, `parameters.NAME`, and what it must be instead.
    fn check(_parameters: &Parameters) -> Result<()> {
        Ok(())
    }

    /// The model with these parameters, which are complete, within their ranges, and passed [`Model::check`].
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
    fn step(&self, agent: &mut Self::Agent, around: Around<'_, Self::Published, Self::Mail>, draws: &mut Draws<'_>);

    /// Whether the agent has anything to do in the ticks to come; asked only of models that [`Model::RESTS`]. What it says
    /// must hold in any environment, for any means over the society, until the agent is changed.
    #[inline]
    fn rest(&self, _agent: &Self::Agent) -> Rest {
        Rest::Awake
    }

    /// True when an agent that publishes this gives those something to do who rest until they are roused.
    #[inline]
    fn rouses(&self, _published: &Self::Published) -> bool {
        true
    }

    /// The agent's number for every metric; they come in as 0. Each must be a number within ±2047: another is a fault of the
    /// model, which ends the run.
    fn values(&self, _agent: &Self::Agent, _values: &mut [f32]) {}

    /// Adds the agent to the sums of its segment, one fixed-point number per metric (see [`crate::fixed`]). The default
    /// takes them from [`Model::values`].
    #[inline]
    fn measure(&self, agent: &Self::Agent, sums: &mut [i64]) {
        let mut values = [0.0; MAX_METRICS];
        let values = &mut values[..Self::METRICS.len()];
        self.values(agent, values);
        for ((sum, &value), metric) in sums.iter_mut().zip(&*values).zip(Self::METRICS) {
            *sum += fixed::of_metric(value, metric.name);
        }
    }

    /// Adds the agents of a block, at most [`crate::BLOCK_AGENTS`] of one region, to the block's sums: one row of metrics
    /// per segment. `published` is what each of them publishes now. The default measures one after the other; a model that
    /// many agents are run with may do better, with the same sums.
    #[inline]
    fn measure_block(&self, agents: &[Self::Agent], _published: &[Self::Published], sums: &mut [i64]) {
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

    /// Sets a settable trait, and nothing else of the agent, its segment least of all; `value` is in its range. What is set is read back as set but
    /// for rounding, and setting what was read changes nothing.
    fn set_trait(&self, _agent: &mut Self::Agent, _place: usize, _value: f64) {}

    /// Gives an agent a trait at its birth: what follows from the trait may be set along.
    fn endow(&self, agent: &mut Self::Agent, place: usize, value: f64) {
        self.set_trait(agent, place, value);
    }

    /// What one of the others publishes, drawn at random from a society whose metrics have these means, in the order of
    /// [`Model::METRICS`]: over many draws it must say of others on average what the means do. Each is drawn anew in every
    /// tick. Only models that say [`Model::MEETS_STRANGERS`] are asked.
    fn stranger(&self, _means: &[f64], _draws: &mut Draws<'_>) -> Self::Published {
        Self::Published::default()
    }

    /// The agent hears a message, in its region's environment; it may change what [`State::save`] keeps, and nothing else.
    fn hear(&self, _agent: &mut Self::Agent, _message: Message, _environment: &[f32]) {}

    /// What the agent has to say of its state, in words made from it: complete sentences, without a line break.
    fn explain(&self, _agent: &Self::Agent, _around: Around<'_, Self::Published, Self::Mail>) -> String {
        String::new()
    }
}
