//! Reading one Parquet file of a run: its footer, then of the row groups with the wanted ticks the wanted columns, and
//! nothing else. The only place that reads Parquet.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::data_type::ByteArray;
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
use crate::tables::{AGENT, TICK};

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
    /// Only those of this agent.
    pub(crate) agent: Option<u32>,
    /// These columns, in this order.
    pub(crate) columns: Vec<String>,
}

/// What was fetched of a file, still compressed.
pub(crate) struct Fetched {
    metadata: ParquetMetaData,
    parts: Arc<Parts>,
    /// The row groups that may have wanted rows.
    groups: Vec<usize>,
    /// The wanted columns.
    places: Vec<usize>,
}

/// Fetches of a file the row groups that may have wanted rows. Other rows may be among them.
pub(crate) async fn fetch(objects: Objects, run: Uuid, file: TableFile, asked: Arc<Wanted>) -> Result<Fetched> {
    let name = format!("{}/{}", telemetry_folder(run), file.name);
    let mut parts = Parts { len: file.bytes, parts: Vec::new() };
    let metadata = read_footer(&objects, &name, &mut parts).await?;
    let schema = metadata.file_metadata().schema_descr();
    let place = |wanted: &str| {
        let missing = || TelemetryError::Damaged { run, problem: format!("{} has no column {wanted}", file.name) };
        (0..schema.num_columns()).find(|&place| schema.column(place).name() == wanted).ok_or_else(missing)
    };
    let places = asked.columns.iter().map(|column| place(column)).collect::<Result<Vec<usize>>>()?;
    let mut keys = vec![(place(TICK)?, asked.ticks.clone())];
    if let Some(agent) = asked.agent {
        keys.push((place(AGENT)?, agent..=agent));
    }
    let may_have = |group: &&RowGroupMetaData| keys.iter().all(|(column, values)| may_have(group, *column, values));
    let (groups, found): (Vec<_>, Vec<_>) =
        metadata.row_groups().iter().enumerate().filter(|(_, g)| may_have(g)).unzip();
    let wanted = found.iter().flat_map(|group| places.iter().map(|&place| group.column(place).byte_range()));
    let missing: Vec<Range<u64>> =
        wanted.map(|(start, len)| start..start + len).filter(|range| parts.find(range.start).is_none()).collect();
    if !missing.is_empty() {
        let got = objects.get_ranges(&name, &missing).await?;
        parts.parts.extend(missing.into_iter().map(|range| range.start).zip(got));
    }
    Ok(Fetched { parts: Arc::new(parts), groups, places, metadata })
}

impl Fetched {
    /// The row groups. It takes a while, and many times the memory.
    pub(crate) fn decode(self) -> Result<Vec<Group>> {
        let group = |&group: &usize| {
            let group = self.metadata.row_group(group);
            let columns = self.places.iter().map(|&place| column(&self.parts, group, place));
            Ok(Group { rows: group.num_rows() as usize, columns: columns.collect::<Result<_>>()? })
        };
        self.groups.iter().map(group).collect()
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

/// False for a row group whose statistics say that a column has none of these values.
fn may_have(group: &RowGroupMetaData, column: usize, values: &RangeInclusive<u32>) -> bool {
    let Some(Statistics::Int32(known)) = group.column(column).statistics() else { return true };
    let bound = |value: Option<&i32>, none: u32| value.map_or(none, |&value| value as u32);
    bound(known.min_opt(), 0) <= *values.end() && bound(known.max_opt(), u32::MAX) >= *values.start()
}

fn column(parts: &Arc<Parts>, group: &RowGroupMetaData, place: usize) -> Result<Column> {
    let rows = group.num_rows() as usize;
    let pages = SerializedPageReader::new(Arc::clone(parts), group.column(place), rows, None)?;
    let described = group.schema_descr().column(place);
    let nullable = described.max_def_level() > 0;
    macro_rules! values {
        ($reader:expr, $empty:expr) => {{
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
            spread(values, there, $empty)
        }};
    }
    Ok(match get_column_reader(described, Box::new(pages)) {
        ColumnReader::Int32ColumnReader(reader) => Column::Unsigned(values!(reader, 0)),
        ColumnReader::Int64ColumnReader(reader) => Column::Long(values!(reader, 0)),
        ColumnReader::FloatColumnReader(reader) => Column::Float(values!(reader, f32::NAN)),
        ColumnReader::DoubleColumnReader(reader) => Column::Double(values!(reader, f64::NAN)),
        ColumnReader::ByteArrayColumnReader(reader) => Column::Text(values!(reader, ByteArray::new())),
        _ => return Err(ParquetError::General("a column of another type".to_owned()).into()),
    })
}

/// One value per row, `empty` where there is none.
fn spread<T: Clone>(values: Vec<T>, there: Vec<i16>, empty: T) -> Values<T> {
    if values.len() == there.len() {
        return Values { values, there };
    }
    let mut values = values.into_iter();
    let spread =
        there.iter().map(|&there| if there > 0 { values.next().unwrap_or(empty.clone()) } else { empty.clone() });
    Values { values: spread.collect(), there }
}

/// Parts of a file, by where they begin.
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
