//! The seam between a model's static types and the runtime: object-safe faces of models, partitions and their
//! builders, and the catalogue that finds a model by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::audit::{AgentView, PartitionHashes};
use crate::conditions::Conditions;
use crate::draws::{DrawKey, Draws, Purpose};
use crate::error::{EngineError, Result};
use crate::guard::{ModelFailure, guarded};
use crate::kernel::build::Builder;
use crate::kernel::casting::Casting;
use crate::kernel::digest::DigestSum;
use crate::kernel::halo::{Halo, HaloRequest};
use crate::memory::AgentBytes;
use crate::model::{
    EventKind, Metric, Model, Newborn, Parameter, Parameters, Report, Sent, State, Trait, Variable, check_declaration,
};
use crate::models;
use crate::pack::Pack;
use crate::state::PartitionState;
use crate::tally::Tally;
use crate::telemetry::Observation;
use crate::workflow::{Findings, Task};
use crate::world::{BUNDLED_DATASETS, Dataset};
use crate::{Plan, World};

/// A model whose types are hidden.
pub trait AnyModel: Casting + Send + Sync {
    /// Name in `config.model`.
    fn name(&self) -> &'static str;
    /// Changes whenever results do.
    fn version(&self) -> &'static str;
    /// Names of the segments.
    fn segments(&self) -> &'static [&'static str];
    /// The environment's variables.
    fn variables(&self) -> &'static [Variable];
    /// The metrics.
    fn metrics(&self) -> &'static [Metric];
    /// What results consist of.
    fn report(&self) -> Report;
    /// What experiments can know of an agent.
    fn traits(&self) -> &'static [Trait];
    /// True when messages do something to agents.
    fn hears(&self) -> bool;
    /// True when an agent can be told its segment at birth.
    fn born_into_segments(&self) -> bool;
    /// True where contact goes both ways.
    fn mutual(&self) -> bool;
    /// True when weights of ties count.
    fn weighs(&self) -> bool;
    /// The parameters, complete.
    fn parameters(&self) -> &Parameters;
    /// A trait's value as an agent keeps it once it is set to `value`, given by its place in [`Model::TRAITS`].
    ///
    /// # Errors
    /// [`EngineError::Invalid`] where the model panics.
    fn rounded(&self, place: usize, value: f64) -> Result<f64>;
    /// Bytes of an agent, for estimates of a run's size.
    fn agent_bytes(&self) -> AgentBytes;
    /// Bytes of a letter on its way; 0 for models without mail.
    fn letter_bytes(&self) -> usize;
    /// What agents can report.
    fn events(&self) -> &'static [EventKind];
    /// Feeds a region's means back into its environment; see [`Model::feedback`].
    fn feedback(&self, base: &[f32], means: &[f64], now: &mut [f32]);
    /// Starts to make partition `index` of `plan`; `saved` is the state to resume from, in any partitioning.
    fn builder(
        &self,
        world: Arc<World>,
        plan: &Plan,
        index: usize,
        saved: Option<Arc<[PartitionState]>>,
    ) -> Box<dyn PartitionBuilder>;
}

/// A partition in the making.
pub trait PartitionBuilder: Send {
    /// Makes some more: at least one block and about `agents` agents, or as many agents' share of what their ties still
    /// need after them. True when all is made.
    ///
    /// # Errors
    /// [`EngineError`] when saved state does not fit, or the network is too large for one partition.
    fn build_some(&mut self, agents: usize) -> Result<bool>;

    /// The partition at the tick of its state, its ghosts still empty. Call once all is made.
    fn finish(self: Box<Self>, tick: u32) -> Box<dyn PartitionKernel>;
}

/// A partition whose model is hidden: its agents' columns and the way to step them.
///
/// A tick is: [`step_some`](Self::step_some) until done, [`halo_for`](Self::halo_for) and [`mail_for`](Self::mail_for) each recipient,
/// [`receive`](Self::receive) one halo from each sender; in whatever order halos come. So is every task of an experiment
/// that changes agents, with [`act_some`](Self::act_some) in place of the step. Each of these exchanges has a number.
pub trait PartitionKernel: Send {
    /// The tick whose state the columns hold.
    fn tick(&self) -> u32;
    /// The number of the exchange whose published values the columns hold; 0 as it is built, whatever the tick.
    fn exchange(&self) -> u32;
    /// Number of agents.
    fn agents(&self) -> usize;
    /// Bytes that it holds: agents, what they publish, their ties, and letters that were written or came since the tick
    /// began.
    fn bytes(&self) -> usize;
    /// Number of agents per segment, and then of those that each part of the scenario is about that is for some segments
    /// only.
    fn counts(&self) -> Vec<u64>;
    /// What to ask of every partition, by index.
    fn requests(&self) -> &[HaloRequest];
    /// Sums over the agents as they are; for tick 0 and after a restore.
    fn measure(&mut self) -> Tally;
    /// Steps about `agents` more agents of the next tick under `conditions`. `true` ends
    /// the tick: the columns hold the next tick and [`tally`](Self::tally) its sums.
    fn step_some(&mut self, conditions: &Conditions, agents: usize) -> bool;
    /// Does some more of a task of the run's experiment under `conditions`: as much as about `agents` agents' worth of work,
    /// at least a block's. Gives what was found once it is done. Needs all halos of the current exchange; a task that
    /// changes agents begins the next one when it is done.
    fn act_some(&mut self, task: Task, conditions: &Conditions, agents: usize) -> Option<Findings>;
    /// The region that is being stepped, by number.
    fn current_region(&self) -> usize;
    /// Sums of the tick that has just ended.
    fn tally(&self) -> &Tally;
    /// The values that `request` asks for.
    fn halo_for(&mut self, request: &HaloRequest) -> Arc<[u8]>;
    /// The letters of the last tick for a partition, given by its index: the same in every exchange until the next step.
    fn mail_for(&self, to: usize) -> Arc<[u8]>;
    /// Puts another partition's values in place.
    ///
    /// # Errors
    /// [`EngineError::State`] for a halo of another length or of a tick that cannot be next.
    fn receive(&mut self, halo: &Halo) -> Result<()>;
    /// This partition's part of the digest of all state.
    fn digest(&self) -> DigestSum;
    /// The same with the hash of every block, and of every agent where `agents` asks for it: what an audit compares.
    fn hashes(&self, agents: bool) -> PartitionHashes;
    /// One of this partition's agents as it is; `None` where it lives elsewhere.
    fn agent(&self, id: u32) -> Option<AgentView>;
    /// Those of its agents that `ids` names, which rise, with what the model says of each where `reasons` asks for it. Needs
    /// all halos of the current exchange.
    fn observe(&self, ids: &[u32], conditions: &Conditions, reasons: bool) -> Vec<Observation>;
    /// What a snapshot keeps of this partition.
    fn save(&self) -> PartitionState;
}

type Make = fn(&BTreeMap<String, f64>) -> Result<Arc<dyn AnyModel>>;

/// A model's description, for people and forms.
#[derive(Clone, Copy, Debug)]
pub struct ModelCard {
    /// Name in `config.model`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// Its variables.
    pub variables: &'static [Variable],
    /// Its metrics.
    pub metrics: &'static [Metric],
    /// What experiments can know of an agent.
    pub traits: &'static [Trait],
    /// What agents can report.
    pub events: &'static [EventKind],
    /// Names of the segments that it tells agents apart by; at least one.
    pub segments: &'static [&'static str],
    /// True where data sets and personas can say of which segment an agent is.
    pub born_into_segments: bool,
}

/// The models and the data sets that runs can name.
#[derive(Clone)]
pub struct Catalogue {
    models: BTreeMap<&'static str, (ModelCard, Make)>,
    datasets: BTreeMap<String, Arc<Dataset>>,
}

impl Default for Catalogue {
    /// The built-in models and the bundled data sets.
    fn default() -> Self {
        let mut catalogue = Self { models: BTreeMap::new(), datasets: BTreeMap::new() };
        catalogue.register::<models::Society>();
        catalogue.register::<models::Epidemic>();
        catalogue.register::<models::Bass>();
        catalogue.register::<models::Threshold>();
        catalogue.register::<models::Voter>();
        catalogue.register::<models::BoundedConfidence>();
        catalogue.register::<models::DeGroot>();
        for name in BUNDLED_DATASETS {
            catalogue.add_dataset(Arc::new(Dataset::named(name).expect("the bundled data sets are sound")));
        }
        catalogue
    }
}

impl Catalogue {
    /// Adds a model, or replaces the one of the same name.
    ///
    /// # Panics
    /// Where [`Catalogue::try_register`] gives an error: a mistake in the model.
    #[track_caller]
    pub fn register<M: Model>(&mut self) {
        if let Err(error) = self.try_register::<M>() {
            panic!("{error}");
        }
    }

    /// Adds a model, or replaces the one of the same name; for programs that go on without a model that is wrong.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for what is wrong with the model's declaration: the number of its metrics or segments, a name
    /// that is twice or not in snake_case, a range, a default, a place in its report.
    pub fn try_register<M: Model>(&mut self) -> Result<()> {
        check_declaration::<M>()?;
        let card = ModelCard {
            name: M::NAME,
            version: M::VERSION,
            parameters: M::PARAMETERS,
            variables: M::VARIABLES,
            metrics: M::METRICS,
            traits: M::TRAITS,
            events: M::EVENTS,
            segments: M::SEGMENTS,
            born_into_segments: M::BORN_INTO_SEGMENTS,
        };
        self.models.insert(M::NAME, (card, make::<M>));
        Ok(())
    }

    /// Adds a data set, or replaces the one of the same name.
    pub fn add_dataset(&mut self, dataset: Arc<Dataset>) {
        self.datasets.insert(dataset.name().to_owned(), dataset);
    }

    /// The data set of this name.
    ///
    /// # Errors
    /// [`EngineError::UnknownDataset`] naming those that exist.
    pub fn dataset(&self, name: &str) -> Result<Arc<Dataset>> {
        let unknown = || EngineError::UnknownDataset {
            name: name.to_owned(),
            known: self.datasets().collect::<Vec<_>>().join(", "),
        };
        self.datasets.get(name).cloned().ok_or_else(unknown)
    }

    /// The data sets' names, rising.
    pub fn datasets(&self) -> impl Iterator<Item = &str> {
        self.datasets.keys().map(String::as_str)
    }

    /// The models' descriptions, by name.
    pub fn cards(&self) -> impl Iterator<Item = &ModelCard> {
        self.models.values().map(|(card, _)| card)
    }

    /// The description of the model of this name.
    ///
    /// # Errors
    /// [`EngineError::UnknownModel`].
    pub fn card(&self, name: &str) -> Result<&ModelCard> {
        self.entry(name).map(|(card, _)| card)
    }

    fn entry(&self, name: &str) -> Result<&(ModelCard, Make)> {
        let known = || self.models.keys().copied().collect::<Vec<_>>().join(", ");
        self.models.get(name).ok_or_else(|| EngineError::UnknownModel { name: name.to_owned(), known: known() })
    }

    /// The model of this name with these parameters.
    ///
    /// # Errors
    /// [`EngineError::UnknownModel`], or [`EngineError::Invalid`] for a parameter.
    pub fn model(&self, name: &str, parameters: &BTreeMap<String, f64>) -> Result<Arc<dyn AnyModel>> {
        let (_, make) = self.entry(name)?;
        make(parameters)
    }
}

fn make<M: Model>(given: &BTreeMap<String, f64>) -> Result<Arc<dyn AnyModel>> {
    let parameters = Parameters::check(M::PARAMETERS, given)?;
    // Model code, which may run on the thread of whoever asks for the run.
    let made = guarded(|| M::check(&parameters).map(|()| M::new(&parameters)));
    let failed = |failure: ModelFailure| format!("{} its parameters: {failure}", failure.verb());
    let made = made.map_err(|failure| EngineError::invalid("model", failed(failure)))?;
    Ok(Arc::new(Erased { model: Arc::new(made?), parameters }))
}

pub(super) struct Erased<M> {
    pub(super) model: Arc<M>,
    parameters: Parameters,
}

impl<M: Model> AnyModel for Erased<M> {
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn version(&self) -> &'static str {
        M::VERSION
    }

    fn segments(&self) -> &'static [&'static str] {
        M::SEGMENTS
    }

    fn variables(&self) -> &'static [Variable] {
        M::VARIABLES
    }

    fn metrics(&self) -> &'static [Metric] {
        M::METRICS
    }

    fn report(&self) -> Report {
        M::REPORT
    }

    fn traits(&self) -> &'static [Trait] {
        M::TRAITS
    }

    fn hears(&self) -> bool {
        M::HEARS
    }

    fn born_into_segments(&self) -> bool {
        M::BORN_INTO_SEGMENTS
    }

    fn mutual(&self) -> bool {
        M::MUTUAL
    }

    fn weighs(&self) -> bool {
        M::WEIGHS
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn rounded(&self, place: usize, value: f64) -> Result<f64> {
        let key = DrawKey::new(0, Purpose::Population);
        let newborn = Newborn { id: 0, agents: 1, region: 0, segment: None, lot: 0 };
        let rounded = guarded(|| {
            let mut agent = self.model.create(newborn, &mut Draws::new(&[], &key, 0, 0));
            self.model.set_trait(&mut agent, place, value);
            self.model.trait_value(&agent, place)
        });
        let name = M::TRAITS[place].name;
        let failed = |failure: ModelFailure| format!("{} {name} = {value}: {failure}", failure.verb());
        rounded.map_err(|failure| EngineError::invalid("model", failed(failure)))
    }

    fn agent_bytes(&self) -> AgentBytes {
        AgentBytes {
            state: size_of::<M::Agent>(),
            published: size_of::<M::Published>(),
            saved: <<M::Agent as State>::Saved as Pack>::BYTES,
        }
    }

    fn letter_bytes(&self) -> usize {
        if M::Mail::BYTES > 0 { Sent::<M::Mail>::BYTES } else { 0 }
    }

    fn events(&self) -> &'static [EventKind] {
        M::EVENTS
    }

    fn feedback(&self, base: &[f32], means: &[f64], now: &mut [f32]) {
        self.model.feedback(base, means, now);
    }

    fn builder(
        &self,
        world: Arc<World>,
        plan: &Plan,
        index: usize,
        saved: Option<Arc<[PartitionState]>>,
    ) -> Box<dyn PartitionBuilder> {
        Box::new(Builder::new(Arc::clone(&self.model), world, plan, index, saved))
    }
}
