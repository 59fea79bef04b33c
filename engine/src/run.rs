//! A run made ready: the checked specification with its model, data set and layout, and the plan that splits it.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::audit::Moment;
use crate::cast::{Cast, Company, Troupe};
use crate::error::{EngineError, Result};
use crate::kernel::{AnyModel, Catalogue, PartitionBuilder, PartitionKernel};
use crate::model::{MAX_PARTITION_MAIL_BYTES, MIN_LETTERS_EACH};
use crate::results_version::{RESULTS_VERSION, results_version};
use crate::scenario::{Programme, effects_to_bytes};
use crate::spec::{Activation, NetworkKind, RunSpec};
use crate::state::PartitionState;
use crate::tally::Tally;
use crate::workflow::{Script, Task};
use crate::world::{Dataset, Gravity, Layout, ListedTies, Roster};

/// Everything about a run that its partitions share and that never changes.
pub struct World {
    /// The specification, checked.
    pub spec: RunSpec,
    /// The model with its parameters.
    pub model: Arc<dyn AnyModel>,
    /// The data set.
    pub dataset: Arc<Dataset>,
    /// Where agents are.
    pub layout: Layout,
    /// The experiment, for runs that have one.
    pub script: Option<Arc<Script>>,
    /// What happens to the environment.
    pub(crate) programme: Arc<Programme>,
    pub(crate) gravity: Gravity,
    /// What agents are born with, where the data set lists them.
    pub(crate) roster: Option<Arc<Roster>>,
    /// The agents that it names, where it names any.
    pub(crate) company: Option<Arc<Company>>,
    /// What its agents are, where they are copies of a persona.
    pub(crate) troupe: Option<Arc<Troupe>>,
}

impl World {
    /// Checks `spec` against the models and data sets there are and makes everything ready that is small. No agent
    /// is made.
    ///
    /// # Errors
    /// [`EngineError`] for the first thing in the specification that is wrong.
    pub fn new(spec: RunSpec, catalogue: &Catalogue) -> Result<Arc<Self>> {
        let Checked { model, dataset, layout, roster, script, programme, troupe } = Checked::new(&spec, catalogue)?;
        let gravity = Gravity::new(&dataset, &layout, &spec.network);
        let mut world =
            Self { spec, model, dataset, layout, gravity, roster, script, programme, company: None, troupe: None };
        if let Some(mut troupe) = troupe {
            let region = troupe.region;
            troupe.settle(|| world.model.newborn_means(&world, region))?;
            world.troupe = Some(Arc::new(troupe));
        }
        if let Some(Cast::Hybrid(targets)) = world.spec.cast.clone().as_deref() {
            // They are looked for among agents as they are without them.
            world.company = Some(Arc::new(Company::new(&world, targets)?));
        }
        Ok(Arc::new(world))
    }

    /// Checks `spec` without making anything that lasts.
    ///
    /// # Errors
    /// [`EngineError`] for the first thing in the specification that is wrong.
    pub fn check(spec: &RunSpec, catalogue: &Catalogue) -> Result<()> {
        match spec.cast {
            Some(_) => Self::new(spec.clone(), catalogue).map(drop),
            None => Checked::new(spec, catalogue).map(drop),
        }
    }

    /// The ids of the agents that the run names, rising.
    pub fn named_agents(&self) -> Arc<[u32]> {
        self.company.as_ref().map_or_else(Arc::default, |company| Arc::clone(company.ids()))
    }

    /// The ties of the data set, where the run's network is made of them.
    pub(crate) fn listed(&self) -> Option<&ListedTies> {
        self.dataset.ties().filter(|_| self.spec.network.kind == NetworkKind::Listed)
    }

    /// How many others' values an agent reads in a tick, on average.
    pub fn reads_per_agent(&self) -> f64 {
        let agents = f64::from(self.layout.agents());
        match (self.spec.network.kind, self.listed()) {
            (_, Some(ties)) => ties.reads() as f64 / agents,
            (NetworkKind::Complete, None) => agents - 1.0,
            (NetworkKind::Pairs, None) => 1.0,
            (_, None) => self.spec.network.mean_degree,
        }
    }

    /// Bytes that a snapshot keeps of an agent.
    pub fn kept_bytes(&self) -> usize {
        usize::from(self.troupe.is_some())
            + self.model.agent_bytes().saved
            + self.script.as_ref().map_or(0, |script| script.kept_bytes())
    }

    /// True when the task may change what agents publish: then partitions exchange halos after it.
    pub fn changes_agents(&self, task: Task) -> bool {
        self.script.as_ref().is_some_and(|script| script.changes_agents(task))
    }

    /// Names of the traits that the run's experiment may set and that snapshots therefore keep besides what the model saves.
    pub fn kept_traits(&self) -> Vec<&'static str> {
        let kept = self.script.iter().flat_map(|script| &script.kept);
        kept.map(|&number| self.model.traits()[number].name).collect()
    }

    /// The moment that the end of the task is to an audit, for tasks that may change agents.
    pub fn changed_at(&self, task: Task) -> Option<Moment> {
        match task {
            Task::Step(step) if self.changes_agents(task) => Some(Moment::Step(step)),
            Task::Step(_) | Task::Extract { .. } => None,
        }
    }

    /// Starts to make one partition of `plan`; `saved` is the state to resume from, in any partitioning.
    pub fn builder(
        self: &Arc<Self>,
        plan: &Plan,
        index: usize,
        saved: Option<Arc<[PartitionState]>>,
    ) -> Box<dyn PartitionBuilder> {
        self.model.builder(Arc::clone(self), plan, index, saved)
    }

    /// Makes one whole partition at once.
    ///
    /// # Errors
    /// As [`PartitionBuilder::build_some`].
    pub fn partition(
        self: &Arc<Self>,
        plan: &Plan,
        index: usize,
        tick: u32,
        saved: Option<Arc<[PartitionState]>>,
    ) -> Result<Box<dyn PartitionKernel>> {
        let mut builder = self.builder(plan, index, saved);
        while !builder.build_some(usize::MAX >> 1)? {}
        Ok(builder.finish(tick))
    }

    /// An empty tally over all regions, to merge the partitions' into.
    pub fn empty_tally(&self) -> Tally {
        Tally::new(0..self.layout.regions(), self.model.segments().len(), self.model.metrics().len())
    }

    /// No agents yet of any segment, nor of those that partitions count besides, to add the partitions'
    /// [`PartitionKernel::counts`] to.
    pub fn empty_counts(&self) -> Vec<u64> {
        vec![0; self.model.segments().len() + self.programme.counted_applications()]
    }

    /// The version of this run's results, see [`results_version`].
    pub fn results_version(&self) -> u32 {
        results_version(self.spec.cast.as_deref(), &self.spec.effects)
    }

    /// A hash of all that decides the results: what a snapshot must match to be resumed from.
    pub fn fingerprint(&self) -> u64 {
        let spec = &self.spec;
        let mut text = format!("{RESULTS_VERSION} {} {} ", self.model.name(), self.model.version());
        let _ = writeln!(text, "{} {:016x}", self.dataset.name(), self.dataset.fingerprint());
        for (name, value) in self.model.parameters().iter() {
            let _ = writeln!(text, "{name} {:x}", value.to_bits());
        }
        for region in 0..self.layout.regions() {
            let _ = write!(text, "{} ", self.layout.region_agents(region).len());
        }
        let network = &spec.network;
        for value in [
            network.mean_degree,
            network.rewiring,
            network.long_range_share,
            network.distance_exponent,
            network.border_factor,
            spec.sample_rate,
        ] {
            let _ = write!(text, "\n{:x}", value.to_bits());
        }
        // The first kind of network goes without a name, so that what was stored before there were others is resumed.
        if network.kind != NetworkKind::Gravity {
            let _ = write!(text, "\nnetwork {}", network.kind);
        }
        for (name, delta) in &spec.variable_deltas {
            let _ = write!(text, "\n{name} {:x}", delta.to_bits());
        }
        let _ = write!(text, "\n{} {}", spec.seed, spec.horizon_ticks);
        if spec.activation != Activation::All {
            let _ = write!(text, "\n{}", spec.activation.as_str());
        }
        if let Some(workflow) = &spec.workflow {
            let _ = write!(text, "\n{:016x}", xxh3_64(&workflow.to_bytes()));
        }
        for era in &spec.past {
            let _ = write!(text, "\nuntil {} {} {}", era.until_tick, era.seed, era.horizon_ticks);
            for (name, delta) in &era.variable_deltas {
                let _ = write!(text, "\n{name} {:x}", delta.to_bits());
            }
        }
        if !spec.effects.is_empty() {
            let _ = write!(text, "\neffects {:016x}", xxh3_64(&effects_to_bytes(&spec.effects)));
        }
        if let Some(bundle) = spec.attributed() {
            let _ = write!(text, "\nattribution {bundle}");
        }
        if let Some(cast) = &spec.cast {
            let _ = write!(text, "\ncast {:016x}", xxh3_64(&cast.to_bytes()));
        }
        // Said of these alone, so that all else that was stored before is resumed.
        if self.results_version() != RESULTS_VERSION {
            let _ = write!(text, "\nresults {}", self.results_version());
        }
        xxh3_64(text.as_bytes())
    }
}

/// What a specification names, found.
struct Checked {
    model: Arc<dyn AnyModel>,
    dataset: Arc<Dataset>,
    layout: Layout,
    roster: Option<Arc<Roster>>,
    script: Option<Arc<Script>>,
    programme: Arc<Programme>,
    troupe: Option<Troupe>,
}

impl Checked {
    fn new(spec: &RunSpec, catalogue: &Catalogue) -> Result<Self> {
        spec.check()?;
        let model = catalogue.model(&spec.model, &spec.parameters)?;
        check_variables(spec, model.as_ref())?;
        let dataset = catalogue.dataset(&spec.population.dataset)?;
        let troupe = match spec.cast.as_deref() {
            Some(Cast::Target(ensemble)) => Some(Troupe::new(spec, ensemble, model.as_ref(), &dataset)?),
            _ => None,
        };
        // Copies of a persona are none of the agents that a data set lists.
        if troupe.is_none() {
            check_agents(spec, &dataset)?;
        }
        check_network(spec, &dataset, model.as_ref())?;
        let roster = Roster::new(&dataset, model.as_ref())?.filter(|_| troupe.is_none()).map(Arc::new);
        let of_run = (spec.birth_seed(), spec.population.agents, spec.horizon_ticks);
        let script = spec.workflow.as_ref().map(|workflow| Script::new(workflow, model.as_ref(), &dataset, of_run));
        let script = script.transpose()?.map(Arc::new);
        let layout = match &troupe {
            Some(troupe) => troupe.layout(&dataset, spec.population.agents),
            None => layout(&dataset, spec.population.agents),
        };
        let programme = Programme::new(spec, model.as_ref(), &dataset, &layout)?;
        Ok(Self { model, dataset, layout, roster, script, programme, troupe })
    }
}

/// Where so many agents are; those that a data set lists are where it says.
fn layout(dataset: &Dataset, agents: u32) -> Layout {
    if let Some(listed) = dataset.agents() {
        return Layout::from_counts(listed.counts());
    }
    let populations: Vec<u64> = dataset.regions().iter().map(|region| region.population).collect();
    Layout::apportion(&populations, agents)
}

/// A data set that lists its agents is simulated with exactly those.
fn check_agents(spec: &RunSpec, dataset: &Dataset) -> Result<()> {
    let (listed, asked) = (dataset.agent_count(), spec.population.agents);
    if listed == 0 || listed == asked as usize {
        return Ok(());
    }
    let problem =
        format!("must be {listed}, as many as the data set `{}` lists, or left out, not {asked}", dataset.name());
    Err(EngineError::invalid("population.agents", problem))
}

/// Ties that are to be listed are, and weights that they have count.
fn check_network(spec: &RunSpec, dataset: &Dataset, model: &dyn AnyModel) -> Result<()> {
    if spec.network.kind != NetworkKind::Listed {
        return Ok(());
    }
    let name = dataset.name();
    let problem = match dataset.ties() {
        None => format!(
            "cannot be listed with the data set `{name}`, which lists no ties: add a version that has a table of ties, or \
             choose another kind"
        ),
        Some(ties) if ties.is_weighted() && !model.weighs() => format!(
            "cannot be listed with the model `{}`, which does not weigh ties, while those of the data set `{name}` have \
             weights: add a version whose ties have no column weight, or choose a model that weighs them",
            model.name()
        ),
        Some(ties) if ties.is_directed() && model.mutual() => format!(
            "cannot be listed with the model `{}`, whose contacts go both ways, while the ties of the data set `{name}` are \
             directed: add a version whose ties are not, or choose another model",
            model.name()
        ),
        Some(_) => return Ok(()),
    };
    Err(EngineError::Network { problem })
}

fn check_variables(spec: &RunSpec, model: &dyn AnyModel) -> Result<()> {
    let known = || model.variables().iter().map(|v| v.name);
    let mut named = spec.shifts().flat_map(|(_, deltas)| deltas.keys());
    match named.find(|name| !known().any(|k| k == name.as_str())) {
        None => Ok(()),
        Some(name) => Err(EngineError::unknown_variable(name, model.name(), known())),
    }
}

/// How a run is split. Never shows in the results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    partitions: Vec<Range<u32>>,
}

/// Fewest agents worth a partition of their own: below, a barrier costs more than it saves.
pub const MIN_PARTITION_AGENTS: u32 = 25_000;

/// Most agents of one partition, so that work is never too coarse.
pub const MAX_PARTITION_AGENTS: u32 = 1 << 23;

/// Most bytes that a snapshot keeps of one partition: it is one part of the snapshot, which a store bounds.
pub const MAX_PARTITION_BYTES: usize = 250 << 20;

impl Plan {
    /// At most `partitions` partitions of nearly equal size, mostly of whole regions; more where they would exceed
    /// [`MAX_PARTITION_AGENTS`] or [`MAX_PARTITION_BYTES`], of which models with mail need a part for letters.
    pub fn cut(world: &World, partitions: usize) -> Self {
        let (kept, letter) = (world.kept_bytes(), world.model.letter_bytes());
        let fewest = Self::fewest(world.layout.agents(), kept, letter);
        Self { partitions: world.layout.cut(partitions.max(fewest)) }
    }

    /// As many partitions as `threads` can step at once, but none smaller than [`MIN_PARTITION_AGENTS`].
    pub fn for_threads(world: &World, threads: usize) -> Self {
        Self::cut(world, Self::worthwhile(world.layout.agents(), threads))
    }

    /// The fewest partitions of a run with so many agents, of each of which a snapshot keeps so many bytes, and whose letters,
    /// where they write any, take so many.
    pub(crate) fn fewest(agents: u32, kept_bytes: usize, letter_bytes: usize) -> usize {
        let for_agents = MAX_PARTITION_BYTES - if letter_bytes > 0 { MAX_PARTITION_MAIL_BYTES } else { 0 };
        let (kept, writing) =
            (for_agents / kept_bytes.max(1), MAX_PARTITION_MAIL_BYTES / (letter_bytes * MIN_LETTERS_EACH).max(1));
        // A cut may miss the even split by a twentieth of a partition on either side.
        let most = (kept.min(writing) / 10 * 9).clamp(1, MAX_PARTITION_AGENTS as usize);
        (agents as usize).div_ceil(most)
    }

    /// How many partitions of at least [`MIN_PARTITION_AGENTS`] so many threads can step at once.
    pub(crate) fn worthwhile(agents: u32, threads: usize) -> usize {
        threads.clamp(1, (agents / MIN_PARTITION_AGENTS).max(1) as usize)
    }

    /// The blocks of each partition.
    pub fn partitions(&self) -> &[Range<u32>] {
        &self.partitions
    }
}

/// The states of a snapshot, checked to cover every block of the run exactly once.
///
/// # Errors
/// [`EngineError::State`] for a gap or an overlap.
pub fn check_states(mut states: Vec<PartitionState>, layout: &Layout) -> Result<Arc<[PartitionState]>> {
    states.sort_by_key(|state| state.blocks.start);
    let mut next = 0;
    for state in &states {
        if state.blocks.start != next || state.blocks.end < next {
            return Err(EngineError::State(format!("state has a gap at block {next}")));
        }
        next = state.blocks.end;
    }
    if next != layout.blocks() {
        return Err(EngineError::State(format!("state ends at block {next} of {}", layout.blocks())));
    }
    Ok(states.into())
}
