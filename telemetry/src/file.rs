//! Reading one Parquet file of a run: its footer, then of the row groups with the wanted ticks the wanted columns, and
//! nothing else. The only place that reads Parquet.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::file::statistics::Statistics;
use uuid::Uuid;

use crate::columns::{Column, Values};
use crate::error::{Result, TelemetryError};
use crate::index::TableFile;
use crate::limits::{TAIL_BYTES, WHOLE_FILE_BYTES};
use crate::objects::{Objects, telemetry_folder};
use crate::tables::TICK;

/// What every Parquet file ends with, besides the footer: its length and a mark.
const FOOTER_END_BYTES: u64 = 8;

/// Some columns of a row group, in the order in which they were asked for.
pub(crate) struct Group {
    pub(crate) rows: usize,
    pub(crate) columns: Vec<Column>,
}

/// What is wanted of a table.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Rows of these ticks.
    pub(crate) ticks: RangeInclusive<u32>,
    /// These columns, in this order.
    pub(crate) columns: Vec<String>,
}

/// What is known of a row group before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Has {
    /// None of its rows is wanted.
    None,
    /// Some may be.
    Maybe,
    /// All of them are.
    All,
}

/// A file whose footer was read, and whatever else was fetched of it, still compressed.
pub(crate) struct File {
    objects: Objects,
    name: String,
    run: Uuid,
    metadata: ParquetMetaData,
    parts: Arc<Parts>,
}

impl File {
    /// Reads the footer.
    pub(crate) async fn open(objects: Objects, run: Uuid, file: &TableFile) -> Result<Self> {
        let name = format!("{}/{}", telemetry_folder(run), file.name);
        let mut parts = Parts { len: file.bytes, parts: Vec::new() };
        let metadata = read_footer(&objects, &name, &mut parts).await?;
        Ok(Self { objects, name, run, metadata, parts: Arc::new(parts) })
    }

    /// The places of columns.
    pub(crate) fn places(&self, columns: &[impl AsRef<str>]) -> Result<Vec<usize>> {
        let schema = self.metadata.file_metadata().schema_descr();
        let place = |wanted: &str| {
            let problem = || format!("{} has no column {wanted}", self.name);
            let missing = || TelemetryError::Damaged { run: self.run, problem: problem() };
            (0..schema.num_columns()).find(|&place| schema.column(place).name() == wanted).ok_or_else(missing)
        };
        columns.iter().map(|column| place(column.as_ref())).collect()
    }

    /// How many row groups there are.
    pub(crate) fn groups(&self) -> usize {
        self.metadata.num_row_groups()
    }

    /// How many rows a row group has.
    pub(crate) fn rows(&self, group: usize) -> usize {
        self.metadata.row_group(group).num_rows() as usize
    }

    /// What the footer says of a row group: whether a column of whole numbers has these values in it.
    pub(crate) fn has(&self, group: usize, column: usize, values: &RangeInclusive<u32>) -> Has {
        let Some(Statistics::Int32(known)) = self.metadata.row_group(group).column(column).statistics() else {
            return Has::Maybe;
        };
        let (Some(&least), Some(&most)) = (known.min_opt(), known.max_opt()) else { return Has::Maybe };
        let (least, most) = (least as u32, most as u32);
        let is_exact = known.min_is_exact() && known.max_is_exact() && known.null_count_opt().unwrap_or(0) == 0;
        match (least > *values.end() || most < *values.start(), values.contains(&least) && values.contains(&most)) {
            (true, _) => Has::None,
            (false, true) if is_exact => Has::All,
            (false, _) => Has::Maybe,
        }
    }

    /// Fetches these columns of these row groups, unless that was done before.
    pub(crate) async fn fetch(&mut self, groups: &[usize], places: &[usize]) -> Result<()> {
        let chunk = |group: usize, place: usize| self.metadata.row_group(group).column(place).byte_range();
        let wanted = groups.iter().flat_map(|&group| places.iter().map(move |&place| chunk(group, place)));
        let missing: Vec<Range<u64>> = wanted
            .map(|(start, len)| start..start + len)
            .filter(|range| self.parts.find(range.start).is_none())
            .collect();
        if !missing.is_empty() {
            let got = self.objects.get_ranges(&self.name, &missing).await?;
            let starts = missing.into_iter().map(|range| range.start);
            Arc::make_mut(&mut self.parts).parts.extend(starts.zip(got));
        }
        Ok(())
    }

    /// Columns of a row group that were fetched. It takes a while, and many times the memory.
    pub(crate) fn decode(&self, group: usize, places: &[usize]) -> Result<Group> {
        let group = self.metadata.row_group(group);
        let columns = places.iter().map(|&place| column(&self.parts, group, place));
        Ok(Group { rows: group.num_rows() as usize, columns: columns.collect::<Result<_>>()? })
    }
}

/// What was fetched of a file for a question about ticks.
pub(crate) struct Fetched {
    file: File,
    /// The row groups that may have wanted rows.
    groups: Vec<usize>,
    /// The wanted columns.
    places: Vec<usize>,
}

/// Fetches of a file the row groups that may have wanted rows. Other rows may be among them.
pub(crate) async fn fetch(objects: Objects, run: Uuid, file: TableFile, asked: Arc<Wanted>) -> Result<Fetched> {
    let mut file = File::open(objects, run, &file).await?;
    let (places, tick) = (file.places(&asked.columns)?, file.places(&[TICK])?[0]);
    let may_have = |group: &usize| file.has(*group, tick, &asked.ticks) != Has::None;
    let groups: Vec<usize> = (0..file.groups()).filter(may_have).collect();
    file.fetch(&groups, &places).await?;
    Ok(Fetched { file, groups, places })
}

impl Fetched {
    /// The row groups.
    pub(crate) fn decode(self) -> Result<Vec<Group>> {
        self.groups.iter().map(|&group| self.file.decode(group, &self.places)).collect()
    }
}

/// The footer; what was fetched for it stays in `parts`.
async fn read_footer(objects: &Objects, name: &str, parts: &mut Parts) -> Result<ParquetMetaData> {
    let mut tail = if parts.len <= WHOLE_FILE_BYTES { parts.len } else { TAIL_BYTES };
    loop {
        let start = parts.len - tail;
        let got = objects.get_ranges(name, std::slice::from_ref(&(start..parts.len))).await?.remove(0);
        let end = got.len().saturating_sub(FOOTER_END_BYTES as usize);
        let mut footer = &got[end..];
        let needed = if footer.len() < 4 { 0 } else { u64::from(footer.get_u32_le()) + FOOTER_END_BYTES };
        parts.parts = vec![(start, got)];
        if needed <= tail || tail == parts.len {
            return Ok(ParquetMetaDataReader::new().parse_and_finish(parts)?);
        }
        tail = needed.min(parts.len);
    }
}

fn column(parts: &Arc<Parts>, group: &RowGroupMetaData, place: usize) -> Result<Column> {
    let rows = group.num_rows() as usize;
    let pages = SerializedPageReader::new(Arc::clone(parts), group.column(place), rows, None)?;
    let described = group.schema_descr().column(place);
    let nullable = described.max_def_level() > 0;
    macro_rules! values {
        ($reader:expr) => {{
            let (mut values, mut there) = (Vec::with_capacity(rows), Vec::new());
            let mut reader = $reader;
            let mut read = 0;
            while read < rows {
                let levels = nullable.then_some(&mut there);
                let (records, _, _) = reader.read_records(rows - read, levels, None, &mut values)?;
                if records == 0 {
                    return Err(ParquetError::EOF(format!("{read} of {rows} rows")).into());
                }
                read += records;
            }
            if !nullable {
                there = vec![1; rows];
            }
            Values { values, there }
        }};
    }
    let column = match get_column_reader(described, Box::new(pages)) {
        ColumnReader::Int32ColumnReader(reader) => Column::Unsigned(values!(reader)),
        ColumnReader::Int64ColumnReader(reader) => Column::Long(values!(reader)),
        ColumnReader::FloatColumnReader(reader) => Column::Float(values!(reader)),
        ColumnReader::DoubleColumnReader(reader) => Column::Double(values!(reader)),
        ColumnReader::ByteArrayColumnReader(reader) => Column::Text(values!(reader)),
        _ => return Err(ParquetError::General("a column of another type".to_owned()).into()),
    };
    Ok(column.spread())
}

/// Parts of a file, by where they begin.
#[derive(Clone)]
struct Parts {
    len: u64,
    parts: Vec<(u64, Bytes)>,
}

impl Parts {
    /// The bytes from `start` to the end of the part that has them.
    fn find(&self, start: u64) -> Option<Bytes> {
        let has = |(first, bytes): &&(u64, Bytes)| (*first..first + bytes.len() as u64).contains(&start);
        self.parts.iter().find(has).map(|(first, bytes)| bytes.slice((start - first) as usize..))
    }

    fn part(&self, start: u64) -> parquet::errors::Result<Bytes> {
        self.find(start).ok_or_else(|| ParquetError::EOF(format!("byte {start} was not asked for")))
    }
}

impl Length for Parts {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Parts {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(self.part(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let bytes = self.part(start)?;
        let short = || ParquetError::EOF(format!("{length} bytes from {start} on"));
        if bytes.len() < length { Err(short()) } else { Ok(bytes.slice(..length)) }
    }
}
