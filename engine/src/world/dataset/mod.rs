//! Data sets: the regions of a society with their populations, centroids and borders, and where there is one a table of
//! its agents and one of the ties between them. No file is opened here; the bundled set is compiled in.
//!
//! Map: `table` reads CSV text row by row, `regions`, `agents` and `ties` say what the columns are, `bytes` is the form in which
//! data sets are kept.

mod agents;
mod bytes;
mod regions;
mod table;
mod ties;

use std::collections::BTreeSet;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::error::{EngineError, Result};
use crate::spec::NetworkKind;

pub(crate) use agents::{Agents, Cells, Column, SEGMENT};
pub use table::Table;
pub(crate) use ties::ListedTies;

/// The most regions a data set may have: the gravity table is quadratic in them, 64 MiB at this bound. There are some 3,200
/// counties in the United States.
pub const MAX_REGIONS: usize = 4_096;

/// The most agents that a data set may list: at three columns of numbers some 300 MB, read at the start of every run.
pub const MAX_DATASET_AGENTS: usize = 10_000_000;

/// The most ties that a data set may list: both ways and with weights they take 0.8 GB, and as much again in a run on them.
pub const MAX_DATASET_TIES: usize = 50_000_000;

/// The most columns of a table of agents beside the region: several times the traits of any built-in model.
pub const MAX_TRAIT_COLUMNS: usize = 32;

/// The longest name of a data set, in characters: it is part of a path and of a key.
const MAX_DATASET_NAME_CHARS: usize = 64;

/// The data sets that are compiled in.
pub const BUNDLED_DATASETS: &[&str] = &["us-2020"];

/// One region.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Short unique code, for instance `CA`.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// Resident population.
    pub population: u64,
    /// Centroid in degrees: longitude from -180 to 180, latitude from -90 to 90. All regions of a data set have one, or none.
    pub centroid: Option<(f64, f64)>,
}

/// The tables that a data set is made of.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'a> {
    /// Columns `code`, `population`; optional `name`; optional `latitude` and `longitude`, together. Others are passed over.
    pub regions: Table<'a>,
    /// Columns `a` and `b`: the codes of two regions that touch. Others are passed over.
    pub borders: Option<Table<'a>>,
    /// Column `region`, a code; optional `segment`; every other column is named like a trait of the model.
    pub agents: Option<Table<'a>>,
    /// Columns `source` and `target`, two of the agents; optional `weight`. Others are passed over.
    pub ties: Option<Table<'a>>,
    /// A tie is one way: the target listens to the source. Else it is both ways.
    pub directed: bool,
}

impl<'a> Tables<'a> {
    /// A table of regions alone.
    pub fn of(regions: Table<'a>) -> Self {
        Self { regions, borders: None, agents: None, ties: None, directed: false }
    }
}

/// The regions of a society, which of them touch, and maybe who lives there.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    name: String,
    regions: Vec<Region>,
    borders: BTreeSet<(u32, u32)>,
    agents: Option<Agents>,
    ties: Option<ListedTies>,
    fingerprint: u64,
}

impl Dataset {
    /// Reads a data set from its tables.
    ///
    /// # Errors
    /// [`EngineError::Dataset`] with the file and the line of the first fault, [`EngineError::Invalid`] for the name, and
    /// for ties without agents.
    pub fn from_tables(name: &str, tables: Tables<'_>) -> Result<Self> {
        check_name(name)?;
        let (regions, codes) = regions::regions(tables.regions)?;
        let borders = tables.borders.map(|table| regions::borders(table, &codes)).transpose()?;
        if tables.directed && tables.ties.is_none() {
            return Err(EngineError::invalid("directed", "needs a table of ties: give one, or leave it out"));
        }
        let agents = tables.agents.map(|table| Agents::read(table, &regions, &codes)).transpose()?;
        let ties = match (tables.ties, &agents) {
            (None, _) => None,
            (Some(table), Some((agents, names))) => Some(ListedTies::read(table, tables.directed, agents, names)?),
            (Some(_), None) => {
                let problem = "is required where there is a table of ties: ties lie between agents that a table lists";
                return Err(EngineError::invalid("agents", problem));
            }
        };
        let agents = agents.map(|(agents, _)| agents);
        Ok(Self::assemble(name, regions, borders.unwrap_or_default(), agents, ties))
    }

    /// Reads a data set without agents from the texts of its two tables; see [`Tables`].
    ///
    /// # Errors
    /// As [`Dataset::from_tables`].
    pub fn from_csv(name: &str, regions: &str, borders: &str) -> Result<Self> {
        let regions = Table::csv("regions.csv", regions.as_bytes());
        let borders = Some(Table::csv("borders.csv", borders.as_bytes()));
        Self::from_tables(name, Tables { borders, ..Tables::of(regions) })
    }

    /// Finds a bundled data set by name. `us-2020` is the 50 states and the District of Columbia with the resident
    /// population of the 2020 census.
    ///
    /// # Errors
    /// [`EngineError::UnknownDataset`] naming those that exist.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "us-2020" => Self::from_csv(
                name,
                include_str!("../../../data/us-2020/regions.csv"),
                include_str!("../../../data/us-2020/borders.csv"),
            ),
            _ => Err(EngineError::UnknownDataset { name: name.to_owned(), known: BUNDLED_DATASETS.join(", ") }),
        }
    }

    fn assemble(
        name: &str,
        regions: Vec<Region>,
        borders: BTreeSet<(u32, u32)>,
        agents: Option<Agents>,
        ties: Option<ListedTies>,
    ) -> Self {
        let mut set = Self { name: name.to_owned(), regions, borders, agents, ties, fingerprint: 0 };
        set.fingerprint = set.hash();
        set
    }

    /// Made once: with millions of agents it takes a while.
    fn hash(&self) -> u64 {
        let mut bytes = Vec::new();
        for region in &self.regions {
            bytes.extend_from_slice(region.code.as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(&region.population.to_le_bytes());
            let (lon, lat) = region.centroid.unwrap_or((f64::NAN, f64::NAN));
            bytes.extend_from_slice(&lon.to_le_bytes());
            bytes.extend_from_slice(&lat.to_le_bytes());
        }
        for (a, b) in &self.borders {
            bytes.extend_from_slice(&a.to_le_bytes());
            bytes.extend_from_slice(&b.to_le_bytes());
        }
        if let Some(agents) = &self.agents {
            bytes::put_agents(&mut bytes, agents);
        }
        if let Some(ties) = &self.ties {
            bytes::put_ties(&mut bytes, ties);
        }
        xxh3_64(&bytes)
    }

    /// A hash of everything in the data set that a run's results can depend on.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// A hash that names the content, whatever the data set is called, of what [`Dataset::to_bytes`] gave.
    pub fn content_hash(bytes: &[u8]) -> u128 {
        xxh3_128(bytes)
    }

    /// The data set's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The regions, in the order of the file; a region's number is its place here.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// True when two regions, given by number, share a border.
    pub fn share_border(&self, a: usize, b: usize) -> bool {
        self.borders.contains(&(a.min(b) as u32, a.max(b) as u32))
    }

    /// How many pairs of regions share a border.
    pub fn border_count(&self) -> usize {
        self.borders.len()
    }

    /// How many agents it lists; 0 where it leaves them to the run.
    pub fn agent_count(&self) -> usize {
        self.agents.as_ref().map_or(0, Agents::len)
    }

    /// The names of the columns of its agents, but for the region's, rising.
    pub fn agent_columns(&self) -> impl Iterator<Item = &str> {
        self.agents.iter().flat_map(Agents::columns).map(|column| column.name.as_str())
    }

    /// How many agents it lists in the region of this number; `None` where it leaves them to the run.
    pub fn agents_in(&self, region: usize) -> Option<u32> {
        self.agents.as_ref()?.counts().get(region).copied()
    }

    /// The segments that its agents are of, in the order in which its table names them, and how many are of each; none where the
    /// table has no such column.
    pub fn segments(&self) -> Vec<(&str, u64)> {
        self.agents.as_ref().map_or_else(Vec::new, Agents::segments)
    }

    /// How many ties it lists; 0 where it leaves them to the run.
    pub fn tie_count(&self) -> usize {
        self.ties.as_ref().map_or(0, ListedTies::count)
    }

    /// True where it lists ties that are one way.
    pub fn has_directed_ties(&self) -> bool {
        self.ties.as_ref().is_some_and(ListedTies::is_directed)
    }

    /// True where it lists ties that have weights.
    pub fn has_weighted_ties(&self) -> bool {
        self.ties.as_ref().is_some_and(ListedTies::is_weighted)
    }

    /// About how much memory it takes in a run on a network of this kind, in bytes: its agents and ties, and the ties that
    /// partitions take of it.
    pub fn memory_bytes(&self, network: NetworkKind) -> u64 {
        let ties = self.ties.as_ref().map_or(0, |ties| {
            let copies = if network == NetworkKind::Listed { 2 } else { 1 };
            copies * ties.memory_bytes()
        });
        self.agents_bytes() + ties
    }

    fn agents_bytes(&self) -> u64 {
        let bytes = |column: &Column| match column.cells {
            Cells::Numbers(_) => 8,
            Cells::Flags(_) => 1,
            Cells::Labels(..) => 2,
        };
        // Six more for the region of a row and the row of an agent.
        self.agents
            .as_ref()
            .map_or(0, |agents| agents.len() as u64 * (6 + agents.columns().iter().map(bytes).sum::<u64>()))
    }

    /// Its agents, where it lists them.
    pub(crate) fn agents(&self) -> Option<&Agents> {
        self.agents.as_ref()
    }

    /// The ties between them, where it lists them.
    pub(crate) fn ties(&self) -> Option<&ListedTies> {
        self.ties.as_ref()
    }
}

/// Names of data sets are part of paths and file names.
fn check_name(name: &str) -> Result<()> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts && name.len() <= MAX_DATASET_NAME_CHARS && name.chars().all(good) {
        return Ok(());
    }
    let problem = format!(
        "must have 1 to {MAX_DATASET_NAME_CHARS} letters, digits, `-`, `_` and `.` and start with a letter or digit, not \
         {name:?}"
    );
    Err(EngineError::invalid("name", problem))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tie_tests;
