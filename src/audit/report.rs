//! What a comparison of audits comes to, for programs (as JSON) and for the page that people read. Plain data.

use civitas_engine::{Layout, Moment};
use serde::Serialize;
use serde_json::Value;

use super::compare::{Departure, Differences};
use super::header::Header;

/// Regions, blocks and agents that a report lists at the most; the numbers of all are stated beside.
const MAX_LISTED: usize = 100;

/// The answer in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The same hashes at every moment.
    Same,
    /// Other hashes at some moment, or other moments.
    Different,
    /// The same as far as can be seen, which is not to the end.
    Unknown,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// In one word.
    pub verdict: Verdict,
    /// In one sentence.
    pub finding: String,
    /// The files: A, and B where two are compared.
    pub files: Vec<FileReport>,
    /// Where their headers differ.
    pub header: Vec<FieldDifference>,
    /// Where the environment differs first, up to the moment at which the state does.
    pub environment: Option<PlaceReport>,
    /// Where the metrics differ first, up to the moment at which the state does.
    pub metrics: Option<PlaceReport>,
    /// Where the state differs first.
    pub state: Option<PlaceReport>,
    /// What came of doing the runs again here.
    pub reruns: Vec<RerunReport>,
    /// The first agents that differ, by the runs done again.
    pub agents: Vec<AgentReport>,
}

/// A file that was compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileReport {
    /// `A` or `B`.
    pub name: &'static str,
    /// Where it lies.
    pub path: String,
    /// Agents of its run.
    pub agents: u64,
    /// Its data set.
    pub dataset: String,
    /// Its model, with the version.
    pub model: String,
    /// Its seed.
    pub seed: Value,
    /// Its horizon.
    pub horizon_ticks: Value,
    /// Its partitions.
    pub partitions: usize,
    /// Its threads.
    pub threads: usize,
}

/// Something that has another value in either run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldDifference {
    /// Its name.
    pub field: String,
    /// In A, where it is there.
    pub a: Option<Value>,
    /// In B, where it is there.
    pub b: Option<Value>,
}

/// When and where something differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlaceReport {
    /// The tick.
    pub tick: u32,
    /// The step of A's workflow after it, where it is not the end of the tick.
    pub step_a: Option<u32>,
    /// The same for B.
    pub step_b: Option<u32>,
    /// How many regions differ; none for metrics, which are of all.
    pub regions_total: usize,
    /// The first of them, each with how many of its blocks differ.
    pub regions: Vec<RegionReport>,
    /// How many blocks differ.
    pub blocks_total: usize,
    /// The first of them.
    pub blocks: Vec<BlockReport>,
    /// How many agents differ, where both files hash every agent.
    pub agents_total: Option<usize>,
    /// The first of them.
    pub agents: Vec<u32>,
}

/// A region that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegionReport {
    /// Its code.
    pub region: String,
    /// How many of its blocks differ.
    pub blocks: usize,
    /// How many it has.
    pub of: usize,
}

/// A block that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BlockReport {
    /// Its number.
    pub block: u32,
    /// Its region.
    pub region: String,
    /// The first of its agents.
    pub first_agent: u32,
    /// The last of its agents.
    pub last_agent: u32,
}

/// A run that was done again here.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RerunReport {
    /// `A` or `B`.
    pub file: &'static str,
    /// Why it was not done.
    pub refused: Option<String>,
    /// True when it gave what the file says; false also where it was not done.
    pub reproduced: bool,
    /// The last tick up to which it gave what the file says, where it did to the end.
    pub tick: Option<u32>,
    /// Moments that were compared.
    pub moments: u64,
    /// Where it gave another environment than the file's.
    pub environment: Option<PlaceReport>,
    /// Where it gave other metrics.
    pub metrics: Option<PlaceReport>,
    /// Where it gave another state.
    pub state: Option<PlaceReport>,
}

/// An agent that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgentReport {
    /// Its id.
    pub agent: u32,
    /// Its region.
    pub region: String,
    /// Traits that differ.
    pub traits: Vec<FieldDifference>,
    /// What a snapshot keeps of it and what it publishes, in hexadecimal digits, where they differ.
    pub bytes: Vec<FieldDifference>,
}

impl FieldDifference {
    pub(super) fn new(field: String, a: Option<Value>, b: Option<Value>) -> Self {
        Self { field, a, b }
    }
}

impl FileReport {
    pub(super) fn of(name: &'static str, path: &std::path::Path, header: &Header) -> Self {
        Self {
            name,
            path: path.display().to_string(),
            agents: header.regions.iter().map(|region| u64::from(region.agents)).sum(),
            dataset: header.dataset.name.clone(),
            model: format!("{} {}", header.model.name, header.model.version),
            seed: header.specification["seed"].clone(),
            horizon_ticks: header.specification["horizon_ticks"].clone(),
            partitions: header.partitions,
            threads: header.threads,
        }
    }
}

impl PlaceReport {
    pub(super) fn of(departure: &Departure, header: &Header, layout: &Layout) -> Self {
        let [step_a, step_b] = departure.moments.map(|moment| match moment {
            Moment::Step(step) => Some(step),
            Moment::Tick | Moment::Environment => None,
        });
        let code = |region: usize| header.regions[region].code.clone();
        let mut differing = vec![0; layout.regions()];
        for &block in &departure.blocks {
            differing[layout.region_of_block(block)] += 1;
        }
        let blocks_of = |region: usize| layout.region_agents(region).len().div_ceil(civitas_engine::BLOCK_AGENTS);
        let regions = departure.regions.iter().take(MAX_LISTED);
        let blocks = departure.blocks.iter().take(MAX_LISTED).map(|&block| {
            let agents = layout.block_agents(block);
            let (first_agent, last_agent) = (agents.start, agents.end - 1);
            BlockReport { block, region: code(layout.region_of_block(block)), first_agent, last_agent }
        });
        Self {
            tick: departure.tick,
            step_a,
            step_b,
            regions_total: departure.regions.len(),
            regions: regions
                .map(|&region| RegionReport { region: code(region), blocks: differing[region], of: blocks_of(region) })
                .collect(),
            blocks_total: departure.blocks.len(),
            blocks: blocks.collect(),
            agents_total: departure.agents.as_ref().map(Vec::len),
            agents: departure.agents.iter().flatten().take(MAX_LISTED).copied().collect(),
        }
    }
}

impl RerunReport {
    /// A run that gave another answer than its file.
    pub(super) fn departed(file: &'static str, first: &Differences, header: &Header, layout: &Layout) -> Self {
        let place = |part: &Option<Departure>| part.as_ref().map(|at| PlaceReport::of(at, header, layout));
        let (environment, metrics, state) = (place(&first.environment), place(&first.metrics), place(&first.state));
        Self { file, environment, metrics, state, ..Self::default() }
    }

    /// Where it gave another answer than its file for the first time.
    pub fn departure(&self) -> Option<&PlaceReport> {
        self.state.as_ref().or(self.environment.as_ref()).or(self.metrics.as_ref())
    }
}
