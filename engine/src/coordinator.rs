//! What one run knows beyond its partitions: the environment of every region, the history of sums, and how far its
//! experiment has come. Pure: it is told each tick's merged sums and says which environment the next tick has and what is
//! to be done before it. The run's supervisor executes it.
//!
//! Between two ticks: [`Coordinator::due`] until it gives nothing, each task done by all partitions and its merged findings
//! told to [`Coordinator::learn`]. A snapshot may be taken between any two of these.

mod alone;
mod environment;

use std::sync::Arc;

use crate::cast::{Journeys, Lives};
use crate::conditions::Conditions;
use crate::digests::{self, Digests, Position};
use crate::error::{EngineError, Result};
use crate::outcome::Outcome;
use crate::reported::EventLog;
use crate::scenario::Course;
use crate::series::{Series, Shape};
use crate::state::Reader;
use crate::tally::Tally;
use crate::workflow::{Deed, Findings, Journal, Next, Report, Task};
use crate::world::Layout;
use crate::{World, draws::BLOCK_AGENTS};
use alone::result_alone;
use environment::base_of;

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
    /// How far the scenario's effects have come.
    course: Course,
    series: Series,
    /// Of the run's experiment, where it is one.
    journal: Option<Journal>,
    /// What agents reported, where the model has events.
    events: Option<EventLog>,
    /// What became of the agents that the run names, where it names any.
    lives: Option<Lives>,
    /// What was counted of its copies, where its agents are copies.
    journeys: Option<Journeys>,
    /// Of every tick before the last completed one.
    digests: Digests,
}

impl Coordinator {
    /// A run at tick 0 whose partitions together counted `start` and `counts`, as [`Coordinator::count`] takes them.
    pub fn new(world: Arc<World>, start: Tally, mut counts: Vec<u64>) -> Self {
        let shape = shape_of(&world);
        let lives = world.company.clone().map(|company| Lives::new(company, &world, &start));
        let journeys = world.troupe.clone().map(|troupe| Journeys::new(troupe, &start));
        let series = Series::new(shape, world.spec.trend_ticks(), start);
        let experiment = world.spec.workflow.as_ref().zip(world.script.as_ref());
        let journal = experiment.map(|(workflow, script)| Journal::new(workflow, script));
        let kinds = world.model.events().len();
        let events = (kinds > 0).then(|| EventLog::new(kinds));
        let mut course = Course::new(Arc::clone(&world.programme), 0);
        course.count(&counts.split_off(shape.segments));
        let cast = (lives, journeys);
        Self::with_series(world, shape, counts, (series, course), (journal, events, cast, Digests::default()))
    }

    /// A run resumed from the history that [`Coordinator::save`] gave.
    ///
    /// # Errors
    /// [`EngineError::State`] for bytes that do not fit the run.
    pub fn restore(world: Arc<World>, bytes: &[u8]) -> Result<Self> {
        Self::restore_from(Arc::clone(&world), &world, bytes)
    }

    /// The same from the history of another run, which this one continues.
    pub(crate) fn restore_from(world: Arc<World>, other: &World, bytes: &[u8]) -> Result<Self> {
        let shape = shape_of(&world);
        let mut reader = Reader::new(bytes);
        let fingerprint = reader.u64()?;
        if fingerprint != other.fingerprint() {
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
        let lives = match world.company.clone() {
            Some(company) => Some(Lives::from_bytes(company, &world, reader.sized()?)?),
            None => None,
        };
        let journeys = match world.troupe.clone() {
            Some(troupe) => Some(Journeys::from_bytes(troupe, reader.sized()?)?),
            None => None,
        };
        let course = if other.programme.is_empty() { None } else { Some(reader.sized()?) };
        let series = Series::read(&mut reader, shape, world.spec.trend_ticks())?;
        if !world.spec.continues(&other.spec, series.tick()) {
            return Err(EngineError::State(format!("no run of it goes on so from tick {}", series.tick())));
        }
        let course = match course {
            Some(bytes) => {
                let regions = world.layout.regions();
                Course::from_bytes(Arc::clone(&world.programme), &other.programme, regions, bytes, series.tick())?
            }
            None => Course::new(Arc::clone(&world.programme), series.tick()),
        };
        if events.as_ref().is_some_and(|events| events.tick() != series.tick()) {
            return Err(EngineError::State("its events do not end where its sums do".to_owned()));
        }
        let told = [lives.as_ref().map(Lives::tick), journeys.as_ref().map(Journeys::tick)];
        if told.into_iter().flatten().any(|tick| tick != series.tick()) {
            return Err(EngineError::State("its targets do not end where its sums do".to_owned()));
        }
        let digests = Digests::read(reader, series.tick())?;
        let cast = (lives, journeys);
        Ok(Self::with_series(world, shape, segment_agents, (series, course), (journal, events, cast, digests)))
    }

    fn with_series(
        world: Arc<World>,
        shape: Shape,
        segment_agents: Vec<u64>,
        (series, course): (Series, Course),
        (journal, events, (lives, journeys), digests): (Option<Journal>, Option<EventLog>, Named, Digests),
    ) -> Self {
        // What is still due at this tick belongs to the era in which it was reached.
        let era = series.tick().checked_sub(1).map_or(0, |before| world.spec.era_at(before));
        let base = base_of(&world, shape, era);
        let variables = world.model.variables().len();
        let rows_per_region = world.programme.rows_per_region();
        let environment = vec![0.0; base.len() * rows_per_region];
        let now = Conditions { environment, rows_per_region, variables, society: Vec::new() };
        let mut coordinator = Self {
            now,
            base,
            era,
            world,
            shape,
            segment_agents,
            course,
            series,
            journal,
            events,
            lives,
            journeys,
            digests,
        };
        coordinator.repeat_steps();
        coordinator.feed_back();
        coordinator
    }

    /// Takes in the sums of the next tick over all partitions and makes the environment of the one after.
    pub fn absorb(&mut self, tally: Tally) {
        // What was done between the two ticks is part of the first.
        self.digests.ticks.push(digests::of_tick(self));
        if let Some(events) = &mut self.events {
            events.push(&tally.reported);
        }
        if let Some(lives) = &mut self.lives {
            lives.push(&tally);
        }
        if let Some(journeys) = &mut self.journeys {
            journeys.push(&tally);
        }
        self.series.push(tally);
        self.feed_back();
    }

    /// What all partitions are to do before the next tick, if anything; whatever they have no part in is done already.
    pub fn due(&mut self) -> Option<Task> {
        let task = self.due_of_experiment();
        if task.is_none() {
            self.enter_tick();
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
            if let Some(lives) = &mut self.lives {
                lives.replace_last(&tally);
            }
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

    /// What became of the agents that the run names, where it names any.
    pub(crate) fn lives(&self) -> Option<&Lives> {
        self.lives.as_ref()
    }

    /// What was counted of its copies, where its agents are copies.
    pub(crate) fn journeys(&self) -> Option<&Journeys> {
        self.journeys.as_ref()
    }

    /// The sum of the headline metric before each step that was done.
    pub(crate) fn headline_before(&self) -> &[i64] {
        self.journal.as_ref().map(Journal::headline_before).unwrap_or_default()
    }

    /// What all agents share in the next tick.
    pub fn conditions(&self) -> &Conditions {
        &self.now
    }

    /// How far the scenario's effects have come.
    pub(crate) fn course(&self) -> &Course {
        &self.course
    }

    /// Takes in what partitions counted when they were built: agents per segment, and then what
    /// [`World`] asks them for besides. To be called when a run is resumed.
    pub fn count(&mut self, counts: &[u64]) {
        self.course.count(counts.get(self.shape.segments..).unwrap_or_default());
    }

    /// False for a run that is not resumed yet and whose outcome would not say how many agents its scenario is about: see
    /// [`Coordinator::count`].
    pub fn is_counted(&self) -> bool {
        self.course.is_counted(&self.world.layout, self.series.tick())
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
        Outcome::of(self, digest, None)
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
        if let Some(lives) = &self.lives {
            let lives = lives.to_bytes();
            bytes.extend_from_slice(&(lives.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&lives);
        }
        if let Some(journeys) = &self.journeys {
            let journeys = journeys.to_bytes();
            bytes.extend_from_slice(&(journeys.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&journeys);
        }
        if !self.course.is_empty() {
            let course = self.course.to_bytes(self.series.tick());
            bytes.extend_from_slice(&(course.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&course);
        }
        bytes.extend_from_slice(&self.series.to_bytes());
        bytes.extend_from_slice(&self.digests.to_bytes());
        bytes
    }
}

/// What is kept of agents that a run names, and of copies.
type Named = (Option<Lives>, Option<Journeys>);

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
