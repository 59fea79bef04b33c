//! A data set as bytes: one form for equal contents, so that its hash names the content. Reading believes nothing: bytes
//! come from a disk.
//!
//! `civd`, version; regions; borders; agents' regions and columns; where there are any, ties. Numbers are little-endian, texts carry their length.

use std::collections::BTreeSet;

use super::agents::{Agents, Cells, Column, MAX_LABELS};
use super::ties::{ListedTies, Once};
use super::{Dataset, MAX_DATASET_AGENTS, MAX_DATASET_TIES, MAX_REGIONS, MAX_TRAIT_COLUMNS, Region};
use crate::error::{EngineError, Result};

/// What the bytes begin with; the last one is the version of the form: 1 without ties, so that what was the same content
/// before there were ties still is.
const MARK: &[u8] = b"civd\x01";
/// What they begin with where the data set lists ties.
const MARK_WITH_TIES: &[u8] = b"civd\x02";

/// Marks ties that are one way.
const DIRECTED: u8 = 1;
/// Marks ties that have weights.
const WEIGHTED: u8 = 2;

/// How a column of numbers is marked.
const NUMBERS: u8 = 0;
/// How a column of flags is marked.
const FLAGS: u8 = 1;
/// How a column of labels is marked.
const LABELS: u8 = 2;

impl Dataset {
    /// The data set as bytes, without its name; the same for equal contents.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = if self.ties.is_some() { MARK_WITH_TIES } else { MARK }.to_vec();
        put_u32(&mut out, self.regions.len());
        for region in &self.regions {
            put_text(&mut out, &region.code);
            put_text(&mut out, &region.name);
            out.extend_from_slice(&region.population.to_le_bytes());
            out.push(u8::from(region.centroid.is_some()));
            for degrees in region.centroid.iter().flat_map(|&(lon, lat)| [lon, lat]) {
                out.extend_from_slice(&degrees.to_le_bytes());
            }
        }
        put_u32(&mut out, self.borders.len());
        for (a, b) in &self.borders {
            out.extend(a.to_le_bytes().into_iter().chain(b.to_le_bytes()));
        }
        put_u32(&mut out, self.agent_count());
        if let Some(agents) = &self.agents {
            put_agents(&mut out, agents);
        }
        if let Some(ties) = &self.ties {
            put_ties(&mut out, ties);
        }
        out
    }

    /// The data set of this name that [`Dataset::to_bytes`] gave.
    ///
    /// # Errors
    /// [`EngineError::State`] for anything else.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        let mut input = Input(bytes);
        let with_ties = match input.take(MARK.len())? {
            MARK => false,
            MARK_WITH_TIES => true,
            _ => return Err(damaged()),
        };
        let regions = input.regions()?;
        let borders = input.borders(regions.len())?;
        let agents = input.agents(regions.len())?;
        let ties = match &agents {
            Some(agents) if with_ties => Some(input.ties(agents.len())?),
            _ if with_ties => return Err(damaged()),
            _ => None,
        };
        // A population of 0 everywhere could not be shared out.
        if !input.0.is_empty() || regions.iter().all(|region| region.population == 0) {
            return Err(damaged());
        }
        Ok(Self::assemble(name, regions, borders, agents, ties))
    }
}

/// The agents as they stand in a data set's bytes.
pub(super) fn put_agents(out: &mut Vec<u8>, agents: &Agents) {
    out.extend(agents.regions.iter().flat_map(|region| region.to_le_bytes()));
    put_u32(out, agents.columns.len());
    for Column { name, cells } in &agents.columns {
        put_text(out, name);
        match cells {
            Cells::Numbers(cells) => {
                out.push(NUMBERS);
                out.extend(cells.iter().flat_map(|cell| cell.to_le_bytes()));
            }
            Cells::Flags(cells) => {
                out.push(FLAGS);
                out.extend(cells.iter().map(|&cell| u8::from(cell)));
            }
            Cells::Labels(labels, cells) => {
                out.push(LABELS);
                put_u32(out, labels.len());
                labels.iter().for_each(|label| put_text(out, label));
                out.extend(cells.iter().flat_map(|cell| cell.to_le_bytes()));
            }
        }
    }
}

/// The ties as they stand in a data set's bytes, each once: the ends of the agents' rows, then who, then the weights.
pub(super) fn put_ties(out: &mut Vec<u8>, ties: &ListedTies) {
    let flag = |given: bool, mark: u8| if given { mark } else { 0 };
    out.push(flag(ties.is_directed(), DIRECTED) | flag(ties.is_weighted(), WEIGHTED));
    put_u32(out, ties.count());
    out.reserve(4 * (ties.agents() + ties.count() * (1 + usize::from(ties.is_weighted()))));
    let mut end = 0;
    for (others, _) in ties.once() {
        end += others.len();
        put_u32(out, end);
    }
    for other in ties.once().flat_map(|(others, _)| others) {
        out.extend_from_slice(&other.to_le_bytes());
    }
    for weight in ties.once().flat_map(|(_, weights)| weights) {
        out.extend_from_slice(&weight.to_le_bytes());
    }
}

fn put_u32(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&(number as u32).to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_u32(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn damaged() -> EngineError {
    EngineError::State("the data set's bytes are not those of a data set".to_owned())
}

/// Bytes that are still to be read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| damaged())
    }

    /// `count` numbers of `N` bytes each.
    fn arrays<const N: usize>(&mut self, count: usize) -> Result<&'a [[u8; N]]> {
        Ok(self.take(count * N)?.as_chunks().0)
    }

    /// A count of at most `max`.
    fn count(&mut self, max: usize) -> Result<usize> {
        let count = u32::from_le_bytes(self.array()?) as usize;
        if count > max { Err(damaged()) } else { Ok(count) }
    }

    fn text(&mut self) -> Result<String> {
        let length = self.count(self.0.len())?;
        std::str::from_utf8(self.take(length)?).map(str::to_owned).map_err(|_| damaged())
    }

    fn regions(&mut self) -> Result<Vec<Region>> {
        let count = self.count(MAX_REGIONS)?;
        let region = |_| {
            let (code, name) = (self.text()?, self.text()?);
            let population = u64::from_le_bytes(self.array()?);
            let centroid = match self.array()? {
                [0] => None,
                _ => Some((f64::from_le_bytes(self.array()?), f64::from_le_bytes(self.array()?))),
            };
            Ok(Region { code, name, population, centroid })
        };
        (0..count).map(region).collect()
    }

    fn borders(&mut self, regions: usize) -> Result<BTreeSet<(u32, u32)>> {
        let count = self.count(MAX_REGIONS * MAX_REGIONS / 2)?;
        let pairs = self.arrays::<8>(count)?.iter().map(|&[a, b, c, d, e, f, g, h]| {
            let pair = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
            if pair.0 < pair.1 && (pair.1 as usize) < regions { Ok(pair) } else { Err(damaged()) }
        });
        pairs.collect()
    }

    fn agents(&mut self, region_count: usize) -> Result<Option<Agents>> {
        let count = self.count(MAX_DATASET_AGENTS)?;
        if count == 0 {
            return Ok(None);
        }
        let regions: Vec<u16> = self.arrays(count)?.iter().map(|&cell| u16::from_le_bytes(cell)).collect();
        if regions.iter().any(|&region| usize::from(region) >= region_count) {
            return Err(damaged());
        }
        let columns = self.count(MAX_TRAIT_COLUMNS)?;
        let columns = (0..columns).map(|_| Ok(Column { name: self.text()?, cells: self.cells(count)? }));
        let columns = columns.collect::<Result<_>>()?;
        Ok(Some(Agents::new(regions, columns, region_count)))
    }

    /// Ties between this many agents.
    fn ties(&mut self, agents: usize) -> Result<ListedTies> {
        let [flags] = self.array()?;
        let count = self.count(MAX_DATASET_TIES)?;
        if count == 0 || flags & !(DIRECTED | WEIGHTED) != 0 {
            return Err(damaged());
        }
        let directed = flags & DIRECTED != 0;
        let mut ends = vec![0];
        ends.extend(self.arrays(agents)?.iter().map(|&end| u32::from_le_bytes(end)));
        let others: Vec<_> = self.arrays(count)?.iter().map(|&other| u32::from_le_bytes(other)).collect();
        let weights = if flags & WEIGHTED != 0 { self.arrays(count)? } else { &[] };
        let weights: Vec<_> = weights.iter().map(|&weight| f32::from_le_bytes(weight)).collect();
        if !ends.is_sorted() || ends[agents] as usize != count {
            return Err(damaged());
        }
        let sound = |(agent, row): (u32, &[u32])| {
            let others = &others[row[0] as usize..row[1] as usize];
            let starts = others.first().is_none_or(|&first| directed || first > agent);
            let ends = others.last().is_none_or(|&last| (last as usize) < agents);
            starts && ends && others.is_sorted_by(|a, b| a < b) && !others.contains(&agent)
        };
        let fit = |weight: &f32| weight.is_finite() && *weight > 0.0;
        if !(0..).zip(ends.windows(2)).all(sound) || !weights.iter().all(fit) {
            return Err(damaged());
        }
        Ok(ListedTies::new(directed, Once { ends, others, weights }))
    }

    fn cells(&mut self, count: usize) -> Result<Cells> {
        match self.array()? {
            [NUMBERS] => Ok(Cells::Numbers(self.arrays(count)?.iter().map(|&cell| f64::from_le_bytes(cell)).collect())),
            [FLAGS] => Ok(Cells::Flags(self.take(count)?.iter().map(|&cell| cell != 0).collect())),
            [LABELS] => {
                let labels = self.count(MAX_LABELS)?;
                let labels = (0..labels).map(|_| self.text()).collect::<Result<Vec<_>>>()?;
                let cells: Vec<_> = self.arrays(count)?.iter().map(|&cell| u16::from_le_bytes(cell)).collect();
                if cells.iter().any(|&cell| usize::from(cell) >= labels.len()) {
                    return Err(damaged());
                }
                Ok(Cells::Labels(labels, cells))
            }
            _ => Err(damaged()),
        }
    }
}
