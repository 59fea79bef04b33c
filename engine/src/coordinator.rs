//! What one run knows beyond its partitions: the environment of every region, the history of sums, and how far its
//! experiment has come. Pure: it is told each tick's merged sums and says which environment the next tick has and what is
//! to be done before it. The run's supervisor executes it.
//!
//! Between two ticks: [`Coordinator::due`] until it gives nothing, each task done by all partitions and its merged findings
//! told to [`Coordinator::learn`]. A snapshot may be taken between any two of these.

use std::sync::Arc;

use crate::conditions::Conditions;
use crate::digests::{self, Digests, Position};
use crate::error::{EngineError, Result};
use crate::fixed;
use crate::guard::model_fault;
use crate::outcome::Outcome;
use crate::reported::EventLog;
use crate::series::{Series, Shape};
use crate::state::Reader;
use crate::tally::Tally;
use crate::workflow::{Action, Deed, Findings, Journal, Next, Report, StepResult, Task};
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
    /// Of which era `base` is.
    era: usize,
    /// In force for the next tick.
    now: Conditions,
    series: Series,
    /// Of the run's experiment, where it is one.
    journal: Option<Journal>,
    /// What agents reported, where the model has events.
    events: Option<EventLog>,
    /// Of every tick before the last completed one.
    digests: Digests,
}

impl Coordinator {
    /// A run at tick 0 whose partitions together counted `start` and `segment_agents` agents per segment.
    pub fn new(world: Arc<World>, start: Tally, segment_agents: Vec<u64>) -> Self {
        let shape = shape_of(&world);
        let series = Series::new(shape, world.spec.trend_ticks(), start);
        let experiment = world.spec.workflow.as_ref().zip(world.script.as_ref());
        let journal = experiment.map(|(workflow, script)| Journal::new(workflow, script));
        let kinds = world.model.events().len();
        let events = (kinds > 0).then(|| EventLog::new(kinds));
        Self::with_series(world, shape, segment_agents, series, (journal, events, Digests::default()))
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
        let journal = match &world.script {
            Some(script) => Some(Journal::from_bytes(reader.sized()?, script)?),
            None => None,
        };
        let events = match world.model.events().len() {
            0 => None,
            kinds => Some(EventLog::from_bytes(reader.sized()?, kinds)?),
        };
        let series = Series::read(&mut reader, shape, world.spec.trend_ticks())?;
        if events.as_ref().is_some_and(|events| events.tick() != series.tick()) {
            return Err(EngineError::State("its events do not end where its sums do".to_owned()));
        }
        let digests = Digests::read(reader, series.tick())?;
        Ok(Self::with_series(world, shape, segment_agents, series, (journal, events, digests)))
    }

    fn with_series(
        world: Arc<World>,
        shape: Shape,
        segment_agents: Vec<u64>,
        series: Series,
        (journal, events, digests): (Option<Journal>, Option<EventLog>, Digests),
    ) -> Self {
        // What is still due at this tick belongs to the era in which it was reached.
        let era = series.tick().checked_sub(1).map_or(0, |before| world.spec.era_at(before));
        let base = base_of(&world, shape, era);
        let variables = world.model.variables().len();
        let now = Conditions { environment: base.clone(), variables, society: Vec::new() };
        let mut coordinator = Self { now, base, era, world, shape, segment_agents, series, journal, events, digests };
        coordinator.repeat_steps();
        coordinator.feed_back();
        coordinator
    }

    /// Nothing is due before the next tick: where it begins a new era, another scenario is in force. What steps have set
    /// stays.
    fn enter_era(&mut self) {
        let era = self.world.spec.era_at(self.series.tick());
        if era != self.era {
            self.era = era;
            self.base = base_of(&self.world, self.shape, era);
            self.repeat_steps();
            self.feed_back();
        }
    }

    /// Sets what the steps that are done have set.
    fn repeat_steps(&mut self) {
        for step in 0..self.journal.as_ref().map_or(0, Journal::done) {
            self.set_environment(step);
        }
    }

    /// Takes in the sums of the next tick over all partitions and makes the environment of the one after.
    pub fn absorb(&mut self, tally: Tally) {
        // What was done between the two ticks is part of the first.
        self.digests.ticks.push(digests::of_tick(self));
        if let Some(events) = &mut self.events {
            events.push(&tally.reported);
        }
        self.series.push(tally);
        self.feed_back();
    }

    /// What all partitions are to do before the next tick, if anything; whatever they have no part in is done already.
    pub fn due(&mut self) -> Option<Task> {
        let task = self.due_of_experiment();
        if task.is_none() {
            self.enter_era();
        }
        task
    }

    fn due_of_experiment(&mut self) -> Option<Task> {
        let world = Arc::clone(&self.world);
        let script = world.script.as_ref()?;
        loop {
            match self.journal.as_ref()?.next(script, self.series.tick()) {
                Next::Nothing => return None,
                Next::Partitions(task) => return Some(task),
                Next::Alone(step) => {
                    let before = self.set_environment(step);
                    let result = result_alone(&world, step, before)?;
                    let headline = self.series.overall(self.series.tick(), world.model.report().headline);
                    self.journal.as_mut()?.note(&world, step, result, headline);
                    self.feed_back();
                }
            }
        }
    }

    /// Takes in what all partitions found in the task that [`Coordinator::due`] gave.
    pub fn learn(&mut self, task: Task, mut findings: Findings) {
        let headline = self.world.model.report().headline;
        let before = self.series.overall(self.series.tick(), headline);
        let changed = findings.tally.take();
        if let Some(journal) = &mut self.journal {
            journal.learn(&self.world, task, &findings, before);
        }
        // Last, for the model may fail in it: what is done is noted then, as it is for a tick.
        if let Some(tally) = changed {
            self.series.replace_last(tally);
            self.feed_back();
        }
    }

    /// What came of the run's experiment so far.
    pub fn report(&self) -> Option<&Report> {
        self.journal.as_ref().map(Journal::report)
    }

    /// What agents reported, where the model has events.
    pub(crate) fn events(&self) -> Option<&EventLog> {
        self.events.as_ref()
    }

    /// The sum of the headline metric before each step that was done.
    pub(crate) fn headline_before(&self) -> &[i64] {
        self.journal.as_ref().map(Journal::headline_before).unwrap_or_default()
    }

    /// Sets the variable that a step is about, if it is about one; what it was in the first of the regions.
    fn set_environment(&mut self, step: u32) -> f32 {
        let cue = self.world.script.as_ref().and_then(|script| script.steps.get(step as usize));
        let Some(Deed::Environment { variable, value, regions }) = cue.map(|cue| &cue.deed) else { return 0.0 };
        let variables = self.world.model.variables().len();
        let wanted = |region: &usize| regions.as_ref().is_none_or(|wanted| wanted[*region]);
        let mut before = None;
        for region in (0..self.shape.regions).filter(wanted) {
            let cell = &mut self.base[region * variables + variable];
            before.get_or_insert(*cell);
            *cell = *value;
        }
        before.unwrap_or(0.0)
    }

    fn feed_back(&mut self) {
        let agents = u64::from(self.world.layout.agents());
        let last = self.series.last();
        self.now.society = (0..self.shape.metrics).map(|metric| fixed::mean(last.total(metric), agents)).collect();
        let variables = self.now.variables;
        if variables == 0 {
            return;
        }
        let mut means = vec![0.0; self.shape.metrics];
        let rows = self.base.chunks_exact(variables).zip(self.now.environment.chunks_exact_mut(variables));
        for (region, (base, now)) in rows.enumerate() {
            let agents = self.world.layout.region_agents(region).len() as u64;
            for (metric, mean) in means.iter_mut().enumerate() {
                *mean = fixed::mean(self.series.last().by_region(region, metric), agents);
            }
            now.copy_from_slice(base);
            self.world.model.feedback(base, &means, now);
            for (place, value) in now.iter_mut().enumerate() {
                if !value.is_finite() {
                    no_number(&self.world, region, place, *value);
                }
                *value = value.clamp(0.0, 1.0);
            }
        }
    }

    /// What all agents share in the next tick.
    pub fn conditions(&self) -> &Conditions {
        &self.now
    }

    /// How far the run has come.
    pub fn position(&self) -> Position {
        let (steps, extracted_below) = self.journal.as_ref().map_or((0, 0), Journal::position);
        Position { tick: self.series.tick(), steps, extracted_below }
    }

    /// Notes the digest of all agents' state as it is now.
    pub fn note_state(&mut self, digest: u128) {
        self.digests.note_state(self.position(), digest);
    }

    /// What the run has noted of itself, the last completed tick as it is now.
    pub fn digests(&self) -> Digests {
        let mut digests = self.digests.clone();
        digests.ticks.push(digests::of_tick(self));
        digests
    }

    /// The digest of a tick up to the last completed one; `None` for ticks before the first that was noted.
    pub fn tick_digest(&self, tick: u32) -> Option<u64> {
        if tick == self.series.tick() {
            return Some(digests::of_tick(self));
        }
        let place = tick.checked_sub(self.digests.first_tick)?;
        self.digests.ticks.get(place as usize).copied()
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
        if let Some(journal) = &self.journal {
            let journal = journal.to_bytes();
            bytes.extend_from_slice(&(journal.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&journal);
        }
        if let Some(events) = &self.events {
            let events = events.to_bytes();
            bytes.extend_from_slice(&(events.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&events);
        }
        bytes.extend_from_slice(&self.series.to_bytes());
        bytes.extend_from_slice(&self.digests.to_bytes());
        bytes
    }
}

/// What a model gave as its environment makes no sense, and would pass for sense in every step from now on.
#[cold]
fn no_number(world: &World, region: usize, variable: usize, value: f32) -> ! {
    let (name, code) = (world.model.variables()[variable].name, &world.dataset.regions()[region].code);
    model_fault(format_args!(
        "its feedback makes the variable {name} {value} in region {code}, which is no finite number"
    ))
}

/// The environment of an era before any feedback and any step: defaults, scenario, and what the experiment starts with.
fn base_of(world: &World, shape: Shape, era: usize) -> Vec<f32> {
    let deltas = world.spec.shifts().nth(era).map(|(_, deltas)| deltas);
    let delta = |name| deltas.and_then(|deltas| deltas.get(name)).copied().unwrap_or(0.0) as f32;
    let mut row: Vec<f32> =
        world.model.variables().iter().map(|v| (v.default + delta(v.name)).clamp(0.0, 1.0)).collect();
    for &(variable, value) in world.script.iter().flat_map(|script| &script.environment) {
        row[variable] = value;
    }
    row.repeat(shape.regions)
}

/// A 32-bit number as people wrote it: 0.55, not 0.550000011920929.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(value.into())
}

/// What a step that partitions have no part in comes to.
fn result_alone(world: &World, step: u32, before: f32) -> Option<StepResult> {
    let action = &world.spec.workflow.as_ref()?.steps[step as usize];
    Some(match action {
        Action::Run { ticks, seconds_per_tick } => StepResult::Run { ticks: *ticks, ticks_per_step: *seconds_per_tick },
        Action::Environment { key, value, .. } => StepResult::Environment {
            key: key.clone(),
            before: shortest(before),
            value: *value,
            regions: match &world.script.as_ref()?.steps[step as usize].deed {
                Deed::Environment { regions: Some(wanted), .. } => {
                    wanted.iter().filter(|&&wanted| wanted).count() as u64
                }
                _ => world.layout.regions() as u64,
            },
        },
        Action::Extract(extractor) => StepResult::Metric { name: extractor.name.clone() },
        _ => return None,
    })
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
