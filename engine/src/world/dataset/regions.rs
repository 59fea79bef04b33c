//! The tables of regions and of borders, checked row by row.

use std::collections::{BTreeSet, HashMap};

use super::table::{Row, Rows, Table, kept_text};
use super::{MAX_REGIONS, Region};
use crate::error::Result;

/// The longest code, in characters: it is a key in results and a word in errors.
pub(super) const MAX_CODE_CHARS: usize = 32;
/// The longest name of a region, in characters.
pub(super) const MAX_NAME_CHARS: usize = 100;
/// The largest population: more than there are people, and far from where sums would overflow.
pub(super) const MAX_POPULATION: u64 = 1 << 40;

/// The number of each region by its code.
pub(super) type Codes = HashMap<String, u32>;

/// Where the columns stand.
struct Columns {
    code: usize,
    name: Option<usize>,
    population: usize,
    /// Latitude and longitude, both or neither.
    centroid: Option<(usize, usize)>,
}

impl Columns {
    fn of(rows: &Rows<'_>) -> Result<Self> {
        let latitude = rows.find(&["latitude", "lat_deg"]);
        let longitude = rows.find(&["longitude", "lon_deg"]);
        if latitude.is_some() != longitude.is_some() {
            let problem = "latitude and longitude go together; give both columns or neither";
            return Err(rows.table.fault(1, problem));
        }
        Ok(Self {
            code: rows.need("code")?,
            name: rows.find(&["name"]),
            population: rows.need("population")?,
            centroid: latitude.zip(longitude),
        })
    }

    fn region(&self, row: &Row<'_, '_>) -> Result<Region> {
        let code = kept_text(row, "code", row.value(self.code), MAX_CODE_CHARS)?;
        let name = match self.name.map(|column| row.value(column)) {
            None | Some("") => code.clone(),
            Some(name) => kept_text(row, "name", name, MAX_NAME_CHARS)?,
        };
        let given = row.value(self.population);
        let population = given.parse().ok().filter(|&population: &u64| population <= MAX_POPULATION);
        let population = population.ok_or_else(|| {
            row.fault(format!("population must be a whole number from 0 to {MAX_POPULATION}, not {given:?}"))
        })?;
        let centroid = match self.centroid {
            Some((latitude, longitude)) => {
                Some((degrees(row, "longitude", longitude, 180.0)?, degrees(row, "latitude", latitude, 90.0)?))
            }
            None => None,
        };
        Ok(Region { code, name, population, centroid })
    }
}

fn degrees(row: &Row<'_, '_>, name: &str, column: usize, max: f64) -> Result<f64> {
    let given = row.value(column);
    let value = given.parse().ok().filter(|value| (-max..=max).contains(value));
    value.ok_or_else(|| row.fault(format!("{name} must be a number of degrees from -{max} to {max}, not {given:?}")))
}

/// Reads the regions; their numbers are their places.
pub(super) fn regions(table: Table<'_>) -> Result<(Vec<Region>, Codes)> {
    let mut rows = Rows::new(table)?;
    let columns = Columns::of(&rows)?;
    let (mut regions, mut codes) = (Vec::new(), Codes::new());
    while let Some(row) = rows.next()? {
        if regions.len() == MAX_REGIONS {
            return Err(row.fault(format!("there are more than {MAX_REGIONS} regions; merge some")));
        }
        let region = columns.region(&row)?;
        if codes.insert(region.code.clone(), regions.len() as u32).is_some() {
            return Err(row.fault(format!("code {} stands twice; codes must differ", region.code)));
        }
        regions.push(region);
    }
    if regions.iter().all(|region| region.population == 0) {
        let problem = match regions.is_empty() {
            true => "there are no regions; give at least one row below the header",
            false => "population is 0 in every region; at least one must have people",
        };
        return Err(table.fault(1, problem));
    }
    Ok((regions, codes))
}

/// Reads which regions touch, as pairs of numbers, the lower one first.
pub(super) fn borders(table: Table<'_>, codes: &Codes) -> Result<BTreeSet<(u32, u32)>> {
    let mut rows = Rows::new(table)?;
    let columns = [("a", rows.need("a")?), ("b", rows.need("b")?)];
    let mut borders = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let mut ends = [0; 2];
        for (end, (name, column)) in ends.iter_mut().zip(columns) {
            *end = code_number(&row, name, column, codes)?;
        }
        let [a, b] = ends;
        if a == b {
            return Err(row.fault(format!("{} borders itself; leave the row out", row.value(columns[0].1))));
        }
        borders.insert((a.min(b), a.max(b)));
    }
    Ok(borders)
}

/// The region that a column names.
pub(super) fn code_number(row: &Row<'_, '_>, name: &str, column: usize, codes: &Codes) -> Result<u32> {
    let code = row.value(column);
    let unknown = || row.fault(format!("{name} must be the code of a region of this data set, not {code:?}"));
    codes.get(code).copied().ok_or_else(unknown)
}
