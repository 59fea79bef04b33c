//! Data sets as clients send and see them. Owns the names of fields; what tables hold is the engine's matter.

use civitas_store::DatasetRecord;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::dataset::{TableFile, Upload};
use crate::time;

/// A data set to add, its tables as CSV text.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateDataset {
    /// Its name: letters, digits, `-`, `_` and `.`. A name that is there gets another version.
    #[schema(min_length = 1, max_length = 64, example = "counties")]
    pub name: String,
    /// Columns `code`, `population`, and where they are known `name`, `latitude`, `longitude`.
    #[schema(example = "code,population\nA,1000\nB,500\n")]
    pub regions_csv: String,
    /// Columns `a` and `b`: codes of regions that touch.
    pub borders_csv: Option<String>,
    /// One row per agent: the column `region`, and where wanted `segment` and traits of the model.
    pub agents_csv: Option<String>,
    /// Columns `source` and `target`, agents by their row from 0 or by their column `id`; where wanted `weight`.
    pub ties_csv: Option<String>,
    /// Ties are one way: the target listens to the source.
    #[serde(default)]
    #[schema(default = false)]
    pub directed: bool,
}

impl From<CreateDataset> for Upload {
    fn from(body: CreateDataset) -> Self {
        Self {
            name: body.name,
            regions: Some(TableFile::new("regions.csv", body.regions_csv)),
            borders: body.borders_csv.map(|text| TableFile::new("borders.csv", text)),
            agents: body.agents_csv.map(|text| TableFile::new("agents.csv", text)),
            ties: body.ties_csv.map(|text| TableFile::new("ties.csv", text)),
            directed: body.directed,
        }
    }
}

/// The same as files of a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a form to OpenAPI; never held")]
pub struct DatasetForm {
    /// Its name.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// The table of regions, as CSV or Parquet.
    #[schema(value_type = String, format = Binary)]
    regions: Vec<u8>,
    /// The table of borders.
    #[schema(value_type = Option<String>, format = Binary)]
    borders: Option<Vec<u8>>,
    /// The table of agents.
    #[schema(value_type = Option<String>, format = Binary)]
    agents: Option<Vec<u8>>,
    /// The table of ties.
    #[schema(value_type = Option<String>, format = Binary)]
    ties: Option<Vec<u8>>,
    /// Ties are one way: the target listens to the source.
    #[schema(default = false)]
    directed: Option<bool>,
}

/// A version of a data set. It never changes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Dataset {
    /// Its name, for `config.population.dataset`.
    pub name: String,
    /// Its version, for `config.dataset_version`; 0 of one that comes with civitas.
    pub version: u32,
    /// How many regions it has.
    pub regions: u32,
    /// How many pairs of regions touch.
    pub borders: u32,
    /// How many agents it lists; 0 where it leaves them to the run.
    pub agents: u32,
    /// Names of the columns of its agents.
    pub columns: Vec<String>,
    /// How many ties it lists, each counted once; 0 where it leaves them to the run.
    pub ties: u32,
    /// It lists ties that are one way.
    pub directed: bool,
    /// It lists ties that have weights.
    pub weighted: bool,
    /// A hash that names the content, in hexadecimal digits.
    pub content_hash: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// What it takes on the disk, in bytes.
    pub stored_bytes: u64,
    /// When it was added; null of one that comes with civitas.
    pub created_at: Option<String>,
    /// Who added it: an API key's id, or `local`; `civitas` of one that comes with it.
    pub created_by: String,
}

/// Versions of data sets, by name and version.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DatasetList {
    /// The versions.
    pub items: Vec<Dataset>,
    /// Names of the data sets that come with civitas.
    pub bundled: Vec<String>,
}

/// A version of a data set with its first regions.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DatasetDetail {
    /// The version.
    #[serde(flatten)]
    pub dataset: Dataset,
    /// True when a run names it, or it comes with civitas, so that it cannot be removed.
    pub in_use: bool,
    /// The segments that its agents are of; empty where its table of agents has no column `segment`, or there is none: then the
    /// model draws them, and `GET /models/{name}` names them.
    pub segments: Vec<SegmentOfDataset>,
    /// The first regions, 20 unless `regions` says otherwise.
    pub preview: Vec<RegionPreview>,
}

/// A segment that a data set names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SegmentOfDataset {
    /// Its name.
    #[schema(example = "late_majority")]
    pub name: String,
    /// How many agents are of it.
    pub agents: u64,
}

/// A region.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RegionPreview {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its population.
    pub population: u64,
    /// How many agents the data set lists there; null where it leaves them to the run.
    pub agents: Option<u32>,
    /// Degrees; null where the data set has none.
    pub latitude: Option<f64>,
    /// Degrees; null where the data set has none.
    pub longitude: Option<f64>,
}

impl From<DatasetRecord> for Dataset {
    fn from(record: DatasetRecord) -> Self {
        Self {
            stored_bytes: record.parts.iter().map(|part| part.stored_len).sum(),
            name: record.name,
            version: record.version,
            regions: record.regions,
            borders: record.borders,
            agents: record.agents,
            columns: record.columns,
            ties: record.ties.map_or(0, |ties| ties.count),
            directed: record.ties.is_some_and(|ties| ties.directed),
            weighted: record.ties.is_some_and(|ties| ties.weighted),
            content_hash: format!("{:032x}", record.content_hash),
            bytes: record.bytes,
            created_at: (record.version > 0).then(|| time::rfc3339(record.created_at_ms)),
            created_by: record.created_by,
        }
    }
}

impl DatasetDetail {
    /// A version with its first regions, so many of them.
    pub fn new(record: DatasetRecord, in_use: bool, dataset: &civitas_engine::Dataset, shown: usize) -> Self {
        let regions = dataset.regions().iter().take(shown).enumerate();
        let preview = regions.map(|(number, region)| RegionPreview {
            agents: dataset.agents_in(number),
            code: region.code.clone(),
            name: region.name.clone(),
            population: region.population,
            latitude: region.centroid.map(|(_, latitude)| latitude),
            longitude: region.centroid.map(|(longitude, _)| longitude),
        });
        let segments = dataset.segments().into_iter();
        let segments = segments.map(|(name, agents)| SegmentOfDataset { name: name.to_owned(), agents });
        Self { segments: segments.collect(), preview: preview.collect(), dataset: record.into(), in_use }
    }
}
