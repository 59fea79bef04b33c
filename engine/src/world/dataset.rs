//! Data sets: the regions of a society with their populations, centroids and borders, read from CSV text.
//! No file is opened here; the bundled set is compiled in.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;

use crate::error::{EngineError, Result};

/// The most regions a data set may have: the gravity table is quadratic in them.
pub const MAX_REGIONS: usize = 4_096;

/// One region.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Short unique code, for instance `CA`.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// Resident population, at least 1.
    pub population: u64,
    /// Centroid, longitude in degrees, -180 to 180.
    pub lon_deg: f64,
    /// Centroid, latitude in degrees, -90 to 90.
    pub lat_deg: f64,
}

/// The regions of a society and which of them touch.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    name: String,
    regions: Vec<Region>,
    borders: BTreeSet<(u32, u32)>,
}

#[derive(Deserialize)]
struct RegionRow {
    code: String,
    name: String,
    population: u64,
    lon_deg: f64,
    lat_deg: f64,
}

#[derive(Deserialize)]
struct BorderRow {
    a: String,
    b: String,
}

impl Dataset {
    /// Reads a data set from its two tables. `regions` needs the columns `code`, `name`, `population`,
    /// `lon_deg`, `lat_deg`; `borders` needs `a`, `b`, the codes of two regions that touch. Other columns
    /// are passed over.
    ///
    /// # Errors
    /// [`EngineError::Dataset`] with the file and the line of the first fault.
    pub fn from_csv(name: &str, regions: &str, borders: &str) -> Result<Self> {
        let fault = |file: &'static str, line: u64, problem: String| EngineError::Dataset {
            dataset: name.to_owned(),
            file,
            line,
            problem,
        };
        let mut set = Self { name: name.to_owned(), regions: Vec::new(), borders: BTreeSet::new() };
        let mut index = HashMap::new();
        for row in rows::<RegionRow>(regions) {
            let (line, row) = row.map_err(|(line, problem)| fault("regions.csv", line, problem))?;
            let region = check_region(row).map_err(|problem| fault("regions.csv", line, problem))?;
            let number = set.regions.len() as u32;
            if index.insert(region.code.clone(), number).is_some() {
                return Err(fault("regions.csv", line, format!("code {} stands twice", region.code)));
            }
            set.regions.push(region);
        }
        if set.regions.is_empty() || set.regions.len() > MAX_REGIONS {
            let problem = format!("{} regions; there must be 1 to {MAX_REGIONS}", set.regions.len());
            return Err(fault("regions.csv", 1, problem));
        }
        for row in rows::<BorderRow>(borders) {
            let (line, row) = row.map_err(|(line, problem)| fault("borders.csv", line, problem))?;
            let find = |code: &str| {
                index.get(code).copied().ok_or_else(|| fault("borders.csv", line, format!("no region has code {code}")))
            };
            let (a, b) = (find(&row.a)?, find(&row.b)?);
            if a == b {
                return Err(fault("borders.csv", line, format!("{} borders itself", row.a)));
            }
            set.borders.insert((a.min(b), a.max(b)));
        }
        Ok(set)
    }

    /// Finds a data set by name. `us-2020` is compiled in: the 50 states and the District of Columbia with the
    /// resident population of the 2020 census.
    ///
    /// # Errors
    /// [`EngineError::UnknownDataset`] naming those that exist.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "us-2020" => Self::from_csv(
                name,
                include_str!("../../data/us-2020/regions.csv"),
                include_str!("../../data/us-2020/borders.csv"),
            ),
            _ => Err(EngineError::UnknownDataset { name: name.to_owned(), known: "us-2020".to_owned() }),
        }
    }

    /// A hash of everything in the data set that a run's results can depend on.
    pub fn fingerprint(&self) -> u64 {
        let mut bytes = Vec::new();
        for region in &self.regions {
            bytes.extend_from_slice(region.code.as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(&region.population.to_le_bytes());
            bytes.extend_from_slice(&region.lon_deg.to_le_bytes());
            bytes.extend_from_slice(&region.lat_deg.to_le_bytes());
        }
        for (a, b) in &self.borders {
            bytes.extend_from_slice(&a.to_le_bytes());
            bytes.extend_from_slice(&b.to_le_bytes());
        }
        xxhash_rust::xxh3::xxh3_64(&bytes)
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
}

type Row<T> = std::result::Result<(u64, T), (u64, String)>;

/// The rows of a CSV text with their line numbers.
fn rows<T: for<'de> Deserialize<'de> + 'static>(text: &str) -> impl Iterator<Item = Row<T>> + '_ {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    reader.into_records().map(move |record| {
        let line_of = |position: Option<&csv::Position>| position.map_or(0, csv::Position::line);
        let record = record.map_err(|e| (line_of(e.position()), e.to_string()))?;
        let line = line_of(record.position());
        let row = record.deserialize(Some(&headers)).map_err(|e| (line, e.to_string()))?;
        Ok((line, row))
    })
}

fn check_region(row: RegionRow) -> std::result::Result<Region, String> {
    if row.code.is_empty() {
        return Err("code is empty".to_owned());
    }
    if row.population == 0 || row.population > 1 << 40 {
        return Err(format!("population {} must be between 1 and 2^40", row.population));
    }
    if !(-180.0..=180.0).contains(&row.lon_deg) {
        return Err(format!("lon_deg {} must be between -180 and 180", row.lon_deg));
    }
    if !(-90.0..=90.0).contains(&row.lat_deg) {
        return Err(format!("lat_deg {} must be between -90 and 90", row.lat_deg));
    }
    let RegionRow { code, name, population, lon_deg, lat_deg } = row;
    Ok(Region { code, name, population, lon_deg, lat_deg })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_set_is_the_2020_census() {
        let set = Dataset::named("us-2020").unwrap();
        assert_eq!(set.regions().len(), 51);
        assert_eq!(set.border_count(), 107);
        assert_eq!(set.regions().iter().map(|r| r.population).sum::<u64>(), 331_449_281);
    }

    #[test]
    fn faults_name_file_and_line() {
        let head = "code,name,population,lon_deg,lat_deg\n";
        let cases = [
            (format!("{head}A,Aa,0,1,1\n"), "a,b\n", "regions.csv", 2),
            (format!("{head}A,Aa,5,1,1\nA,Ab,5,1,1\n"), "a,b\n", "regions.csv", 3),
            (format!("{head}A,Aa,many,1,1\n"), "a,b\n", "regions.csv", 2),
            (format!("{head}A,Aa,5,1,91\n"), "a,b\n", "regions.csv", 2),
            (format!("{head}A,Aa,5,1\n"), "a,b\n", "regions.csv", 2),
            (head.to_owned(), "a,b\n", "regions.csv", 1),
            (format!("{head}A,Aa,5,1,1\n"), "a,b\nA,B\n", "borders.csv", 2),
            (format!("{head}A,Aa,5,1,1\n"), "a,b\nA,A\n", "borders.csv", 2),
        ];
        for (regions, borders, want_file, want_line) in cases {
            match Dataset::from_csv("x", &regions, borders) {
                Err(EngineError::Dataset { file, line, .. }) => {
                    assert_eq!((file, line), (want_file, want_line), "{regions}{borders}");
                }
                other => panic!("expected a data set fault for {regions:?}: {other:?}"),
            }
        }
    }
}
