//! Metrics and variables over ticks: of all agents, of regions, of segments.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::pin::pin;

use futures_util::TryStreamExt;

use crate::ask::{Finder, SliceQuery, group_names, names, places, ticks};
use crate::columns::Column;
use crate::error::{Result, TelemetryError};
use crate::file::{Group, Wanted};
use crate::index::{Index, Table};
use crate::reader::Reader;
use crate::tables::{REGION, SEGMENT, TICK, column_of};

/// The most values of an answer.
pub const MAX_SLICE_VALUES: usize = 2_000_000;

/// Metrics and variables over some ticks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slice {
    /// The ticks.
    pub ticks: Vec<u32>,
    /// By metric.
    pub metrics: BTreeMap<String, Curves>,
    /// By variable and region; numbers of 32 bits.
    pub variables: BTreeMap<String, BTreeMap<String, Vec<f32>>>,
}

/// A metric over the ticks of a slice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// Of all agents.
    pub overall: Vec<f64>,
    /// Of the regions that were asked for.
    pub by_region: BTreeMap<String, Vec<f64>>,
    /// Of the segments that were asked for.
    pub by_segment: BTreeMap<String, Vec<f64>>,
}

/// The ticks of an answer, and where each stands in it.
struct Grid {
    range: RangeInclusive<u32>,
    resolution: u32,
    ticks: Vec<u32>,
}

impl Grid {
    fn new(range: RangeInclusive<u32>, resolution: u32) -> Self {
        let mut ticks: Vec<u32> = range.clone().step_by(resolution as usize).collect();
        if ticks.last() != Some(range.end()) {
            ticks.push(*range.end());
        }
        Self { range, resolution, ticks }
    }

    fn place(&self, tick: u32) -> Option<usize> {
        if !self.range.contains(&tick) {
            return None;
        }
        let from_start = tick - self.range.start();
        if from_start.is_multiple_of(self.resolution) {
            return Some((from_start / self.resolution) as usize);
        }
        (tick == *self.range.end()).then(|| self.ticks.len() - 1)
    }
}

impl Reader {
    /// What is asked of a run's ticks.
    ///
    /// # Errors
    /// [`TelemetryError::Asked`] for what does not exist, was not recorded, or is too much for one answer; or those of reading.
    pub async fn slice(&self, index: &Index, query: &SliceQuery) -> Result<Slice> {
        let metrics = places("metrics", &query.metrics, &names(&index.metrics))?;
        let variables = places("variables", &query.variables, &names(&index.variables))?;
        let regions = places("regions", &query.regions, &group_names(&index.regions))?;
        let segments = places("segments", &query.segments, &group_names(&index.segments))?;
        if !metrics.is_empty() {
            recorded("regions", "by_region", regions.is_empty() || index.options.by_region)?;
            recorded("segments", "by_segment", segments.is_empty() || index.options.by_segment)?;
        }
        let Some(range) = ticks(index, query.from_tick, query.to_tick)? else { return Ok(Slice::default()) };
        let grid = Grid::new(range, query.resolution);
        let everywhere = places("regions", &crate::ask::Names::All, &group_names(&index.regions))?;
        let places_of_variables = if regions.is_empty() { &everywhere } else { &regions };
        let values = metrics.len() * (1 + regions.len() + segments.len()) + variables.len() * places_of_variables.len();
        check_size(&grid, values)?;

        let mut slice = Slice { ticks: grid.ticks.clone(), ..Slice::default() };
        if !metrics.is_empty() {
            let curves = self.curves(index, &grid, &metrics, &regions, &segments).await?;
            slice.metrics = metrics.iter().map(|(_, name)| (*name).to_owned()).zip(curves).collect();
        }
        if !variables.is_empty() {
            slice.variables = self.environment(index, &grid, &variables, places_of_variables).await?;
        }
        Ok(slice)
    }

    async fn curves(
        &self,
        index: &Index,
        grid: &Grid,
        metrics: &[(usize, &str)],
        regions: &[(usize, &str)],
        segments: &[(usize, &str)],
    ) -> Result<Vec<Curves>> {
        let own = [TICK, REGION, SEGMENT].map(str::to_owned).into_iter();
        let columns = own.chain(metrics.iter().map(|(_, name)| column_of(Table::Metrics, name))).collect();
        let mut groups = pin!(self.groups(index, Table::Metrics, grid.wanted(columns)));
        // For every metric a row per curve: everybody, the regions, the segments.
        let width = 1 + regions.len() + segments.len();
        let mut rows = vec![vec![f64::NAN; width * grid.ticks.len()]; metrics.len()];
        let (of_region, of_segment) = (Finder::of(regions), Finder::of(segments));
        while let Some(group) = groups.try_next().await? {
            let [tick, region, segment, values @ ..] = &group.columns[..] else { continue };
            let (region, segment) = (region.texts(), segment.texts());
            for (row, place) in grid.rows(&group, tick) {
                let curve = match (region.there[row] > 0, segment.there[row] > 0) {
                    (false, false) => Some(0),
                    (true, _) => of_region.find(region.values[row].data()).map(|place| 1 + place),
                    (false, true) => of_segment.find(segment.values[row].data()).map(|place| 1 + regions.len() + place),
                };
                let Some(curve) = curve else { continue };
                for (numbers, column) in rows.iter_mut().zip(values) {
                    if let Column::Double(column) = column {
                        numbers[curve * grid.ticks.len() + place] = column.values[row];
                    }
                }
            }
        }
        let named = |names: &[(usize, &str)], rows: &[f64]| {
            let rows = rows.chunks(grid.ticks.len()).map(<[f64]>::to_vec);
            names.iter().map(|(_, name)| (*name).to_owned()).zip(rows).collect()
        };
        let curves = |rows: Vec<f64>| {
            let (overall, rest) = rows.split_at(grid.ticks.len());
            let (by_region, by_segment) = rest.split_at(regions.len() * grid.ticks.len());
            Curves {
                overall: overall.to_vec(),
                by_region: named(regions, by_region),
                by_segment: named(segments, by_segment),
            }
        };
        Ok(rows.into_iter().map(curves).collect())
    }

    async fn environment(
        &self,
        index: &Index,
        grid: &Grid,
        variables: &[(usize, &str)],
        regions: &[(usize, &str)],
    ) -> Result<BTreeMap<String, BTreeMap<String, Vec<f32>>>> {
        let own = [TICK, REGION].map(str::to_owned).into_iter();
        let columns = own.chain(variables.iter().map(|(_, name)| column_of(Table::Environment, name))).collect();
        let mut groups = pin!(self.groups(index, Table::Environment, grid.wanted(columns)));
        let finder = Finder::of(regions);
        let mut numbers = vec![vec![vec![f32::NAN; grid.ticks.len()]; regions.len()]; variables.len()];
        while let Some(group) = groups.try_next().await? {
            let [tick, region, values @ ..] = &group.columns[..] else { continue };
            let region = region.texts();
            for (row, place) in grid.rows(&group, tick) {
                let Some(of) = finder.find(region.values[row].data()) else { continue };
                for (numbers, column) in numbers.iter_mut().zip(values) {
                    if let Column::Float(column) = column {
                        numbers[of][place] = column.values[row];
                    }
                }
            }
        }
        let named = |curves: Vec<Vec<f32>>| regions.iter().map(|(_, name)| (*name).to_owned()).zip(curves).collect();
        Ok(variables.iter().map(|(_, name)| (*name).to_owned()).zip(numbers.into_iter().map(named)).collect())
    }
}

impl Grid {
    fn wanted(&self, columns: Vec<String>) -> Wanted {
        Wanted { ticks: self.range.clone(), columns }
    }

    /// The rows of a group that are in the answer, each with its tick's place there.
    fn rows<'a>(&'a self, group: &'a Group, tick: &'a Column) -> impl Iterator<Item = (usize, usize)> + 'a {
        let ticks = tick.unsigneds().values.iter().take(group.rows).enumerate();
        ticks.filter_map(|(row, &tick)| Some((row, self.place(tick as u32)?)))
    }
}

fn recorded(field: &'static str, option: &str, is: bool) -> Result<()> {
    if is {
        return Ok(());
    }
    let problem = format!("were not recorded of metrics: the run was created with telemetry.{option} false");
    Err(TelemetryError::asked(field, problem))
}

fn check_size(grid: &Grid, values_per_tick: usize) -> Result<()> {
    if values_per_tick * grid.ticks.len() <= MAX_SLICE_VALUES {
        return Ok(());
    }
    let ticks = (grid.range.end() - grid.range.start()) as usize + 1;
    let least = (ticks * values_per_tick).div_ceil(MAX_SLICE_VALUES);
    let problem = format!(
        "must be about {least} or more here, not {}: an answer has at most {MAX_SLICE_VALUES} values; or ask for fewer ticks, \
         metrics, regions or segments",
        grid.resolution
    );
    Err(TelemetryError::asked("resolution", problem))
}
