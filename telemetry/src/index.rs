//! The index of a run's telemetry: what it is about, and which files hold which ticks. A file that is not in the index does
//! not exist for readers. Owns the index's form and the rule of what a run that goes on keeps; it reads and writes nothing.

use civitas_actors::TelemetryStart;
use civitas_engine::{ALL_AGENTS, TelemetryOptions, TraitKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The version of the files' form.
pub const FORMAT: u32 = 1;
/// The name of the index in a run's folder.
pub const INDEX_NAME: &str = "index.json";

/// What there is of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// The run.
    pub run_id: Uuid,
    /// The version of the files' form.
    pub format: u32,
    /// Whether more is to come.
    pub state: State,
    /// Why something is missing, where it is.
    pub problem: Option<String>,
    /// Name and version of the model.
    pub model: String,
    /// Name of the data set.
    pub dataset: String,
    /// Number of agents.
    pub agents: u32,
    /// The first tick that is recorded.
    pub first_tick: u32,
    /// The last tick that is recorded whole; `None` where there is none yet.
    pub last_tick: Option<u32>,
    /// What is recorded.
    pub options: Options,
    /// Ticks at which agents were recorded.
    pub keyframes: Vec<u32>,
    /// The metrics, as columns of `metrics`.
    pub metrics: Vec<Named>,
    /// The variables, as columns of `environment`.
    pub variables: Vec<Named>,
    /// The regions.
    pub regions: Vec<Group>,
    /// The segments.
    pub segments: Vec<Group>,
    /// What is recorded of an agent, as columns of `agents`.
    pub states: Vec<Named>,
    /// What agents can report.
    pub event_kinds: Vec<Named>,
    /// The files, by table and then by tick.
    pub files: Vec<TableFile>,
}

/// Whether more is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The run has not ended.
    Recording,
    /// The run has ended, and all its ticks are here.
    Complete,
    /// Something could not be written.
    Incomplete,
}

impl State {
    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
        }
    }
}

/// What is recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// Ticks between two keyframes, 0 for the first and the last alone.
    pub keyframe_every: u32,
    /// Agents in every keyframe.
    pub sample_agents: SampleAgents,
    /// Metrics by region.
    pub by_region: bool,
    /// Metrics by segment.
    pub by_segment: bool,
    /// What the model says of agents in words.
    pub reasons: bool,
}

/// A number of agents, or `all`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SampleAgents {
    /// So many.
    Number(u32),
    /// The word `all`.
    All(String),
}

impl From<u32> for SampleAgents {
    fn from(agents: u32) -> Self {
        if agents == ALL_AGENTS { Self::All("all".to_owned()) } else { Self::Number(agents) }
    }
}

impl From<TelemetryOptions> for Options {
    fn from(options: TelemetryOptions) -> Self {
        let TelemetryOptions { keyframe_every, sample_agents, by_region, by_segment, reasons } = options;
        Self { keyframe_every, sample_agents: sample_agents.into(), by_region, by_segment, reasons }
    }
}

/// A column with what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its unit, or `1`.
    pub unit: String,
    /// What it says.
    pub description: String,
}

/// A region or a segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its name; of a region its code.
    pub name: String,
    /// Agents that it has.
    pub agents: u64,
}

/// What a file's rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Table {
    /// Metrics overall, by region and by segment.
    Metrics,
    /// Variables by region.
    Environment,
    /// What agents reported.
    Events,
    /// Agents of the sample.
    Agents,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 4] = [Self::Metrics, Self::Environment, Self::Events, Self::Agents];

    /// The word in names of files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Environment => "environment",
            Self::Events => "events",
            Self::Agents => "agents",
        }
    }
}

/// A Parquet file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableFile {
    /// Its name in the run's folder.
    pub name: String,
    /// What its rows are.
    pub table: Table,
    /// The first tick in it.
    pub first_tick: u32,
    /// The last tick in it.
    pub last_tick: u32,
    /// How many rows it has.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
}

impl TableFile {
    /// True for a file of which a run that goes on from the state of `tick` keeps every row: events of that tick are part of the
    /// state's past, all else of it comes again.
    fn is_kept(&self, tick: u32) -> bool {
        match self.table {
            Table::Events => self.last_tick <= tick,
            Table::Metrics | Table::Environment | Table::Agents => self.last_tick < tick,
        }
    }
}

impl Index {
    /// The index of a run of which nothing is recorded yet.
    pub fn new(start: &TelemetryStart, options: TelemetryOptions) -> Self {
        let (world, model) = (&start.world, &start.world.model);
        let named = |name: &str, unit: &str, description: &str| Named {
            name: name.to_owned(),
            unit: unit.to_owned(),
            description: description.to_owned(),
        };
        let metrics: Vec<_> = model.metrics().iter().map(|m| named(m.name, m.unit, m.description)).collect();
        let traits = model.traits().iter().map(|t| named(t.name, &unit_of(&t.kind), t.description));
        let regions = world.dataset.regions().iter().enumerate();
        let segments = model.segments().iter().zip(&start.segment_agents);
        Self {
            run_id: start.run,
            format: FORMAT,
            state: State::Recording,
            problem: None,
            model: format!("{} {}", model.name(), model.version()),
            dataset: world.dataset.name().to_owned(),
            agents: world.layout.agents(),
            first_tick: start.tick,
            last_tick: None,
            options: options.into(),
            keyframes: Vec::new(),
            states: if model.traits().is_empty() { metrics.clone() } else { traits.collect() },
            metrics,
            variables: model.variables().iter().map(|v| named(v.name, "1", v.description)).collect(),
            regions: regions
                .map(|(number, region)| Group {
                    name: region.code.clone(),
                    agents: world.layout.region_agents(number).len() as u64,
                })
                .collect(),
            segments: segments.map(|(&name, &agents)| Group { name: name.to_owned(), agents }).collect(),
            event_kinds: model.events().iter().map(|kind| named(kind.name, "1", kind.description)).collect(),
            files: Vec::new(),
        }
    }

    /// Takes over what an earlier life of the run wrote and that still holds where it goes on from the state of `tick`; gives
    /// the files that are void.
    pub fn take_over(&mut self, earlier: Self, tick: u32) -> Vec<TableFile> {
        let (kept, void): (Vec<_>, Vec<_>) = earlier.files.into_iter().partition(|file| file.is_kept(tick));
        self.files = kept;
        self.last_tick = self.last_of(Table::Metrics);
        self.keyframes = earlier.keyframes.into_iter().filter(|&keyframe| keyframe < tick).collect();
        if earlier.first_tick < tick {
            self.first_tick = earlier.first_tick;
        }
        self.problem = self.gaps_before(tick);
        void
    }

    /// The recorded ticks below `tick` of which there are no metrics, in words; `None` where there are none. They are looked for
    /// in all files, for a gap of an earlier life is never filled.
    fn gaps_before(&self, tick: u32) -> Option<String> {
        let mut files: Vec<_> = self.files_of(Table::Metrics, 0, u32::MAX).collect();
        files.sort_by_key(|file| file.first_tick);
        let held = files.iter().map(|file| (file.first_tick, file.last_tick + 1)).chain([(tick, tick)]);
        let (mut next, mut gaps) = (self.first_tick, Vec::new());
        for (first, after) in held {
            if next < first {
                gaps.push(format!("{next} to {}", first - 1));
            }
            next = next.max(after);
        }
        (!gaps.is_empty()).then(|| format!("ticks {} are missing", gaps.join(", ")))
    }

    /// The files of a table that may have rows of these ticks, in order.
    pub fn files_of(&self, table: Table, from_tick: u32, to_tick: u32) -> impl Iterator<Item = &TableFile> {
        let wanted =
            move |file: &&TableFile| file.table == table && file.first_tick <= to_tick && file.last_tick >= from_tick;
        self.files.iter().filter(wanted)
    }

    /// The last tick that files of a table have.
    pub(crate) fn last_of(&self, table: Table) -> Option<u32> {
        self.files_of(table, 0, u32::MAX).map(|file| file.last_tick).max()
    }
}

/// The unit of a trait, with what its numbers stand for.
fn unit_of(kind: &TraitKind) -> String {
    match kind {
        TraitKind::Number { unit, .. } => (*unit).to_owned(),
        TraitKind::Flag => "0 or 1".to_owned(),
        TraitKind::Choice(labels) => {
            let labels: Vec<_> = labels.iter().enumerate().map(|(place, label)| format!("{place} {label}")).collect();
            labels.join(", ")
        }
    }
}
