//! A table of a run as one file: Parquet, CSV or JSON, made piece by piece, so that a table of any size takes little memory.

use bytes::Bytes;

use crate::columns::{Column, Kind, TableWriter};
use crate::error::Result;
use crate::index::{Index, Table, TableFile};
use crate::reader::Reader;
use crate::rows::{Rows, csv_text};
use crate::tables::specs;

/// The form of an exported table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One Parquet file.
    Parquet,
    /// Lines of fields separated by commas, the columns' names first (RFC 4180).
    Csv,
    /// An array of objects.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Parquet, Self::Csv, Self::Json];

    /// Its name, and the end of files' names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// Its media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

/// A table on its way out. [`Export::next`] until it gives nothing.
pub struct Export {
    reader: Reader,
    index: Index,
    format: Format,
    files: std::vec::IntoIter<TableFile>,
    /// Makes Parquet.
    writer: TableWriter,
    kinds: Vec<Kind>,
    names: Vec<String>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Head,
    /// True before the first row.
    Rows(bool),
    Over,
}

impl Export {
    /// A table of a run.
    pub fn new(reader: &Reader, index: &Index, table: Table, format: Format) -> Self {
        let specs = specs(table, index);
        let files: Vec<_> = index.files_of(table, 0, u32::MAX).cloned().collect();
        Self {
            reader: reader.clone(),
            index: index.clone(),
            format,
            files: files.into_iter(),
            kinds: specs.iter().map(|spec| spec.kind).collect(),
            names: specs.iter().map(|spec| spec.name.clone()).collect(),
            writer: TableWriter::new(table.as_str(), specs),
            stage: Stage::Head,
        }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.stage == Stage::Head {
            self.stage = Stage::Rows(true);
            let head = self.head();
            if !head.is_empty() {
                return Ok(Some(head.into()));
            }
        }
        let Stage::Rows(first) = self.stage else { return Ok(None) };
        if let Some(file) = self.files.next() {
            self.stage = Stage::Rows(false);
            let rows = self.reader.rows_of(&self.index, &file).await?;
            return Ok(Some(self.piece(rows, first)?));
        }
        self.stage = Stage::Over;
        Ok(Some(match self.format {
            Format::Parquet => self.writer.finish()?,
            Format::Csv => Bytes::new(),
            Format::Json => Bytes::from_static(b"\n]\n"),
        }))
    }

    fn head(&self) -> String {
        match self.format {
            Format::Parquet => String::new(),
            Format::Csv => self.names.iter().map(|name| csv_text(name)).collect::<Vec<_>>().join(",") + "\n",
            Format::Json => "[".to_owned(),
        }
    }

    fn piece(&mut self, rows: Rows, mut first: bool) -> Result<Bytes> {
        let mut text = String::new();
        match self.format {
            Format::Parquet => {
                for group in rows.into_groups() {
                    let columns =
                        group.columns.into_iter().zip(&self.kinds).map(|(column, kind)| stored(column, *kind));
                    self.writer.columns = columns.collect();
                    self.writer.added(0, group.rows);
                    self.writer.close_group()?;
                }
                return Ok(self.writer.drain()?);
            }
            Format::Csv => {
                for row in rows.iter() {
                    text.push_str(&row.into_iter().map(|cell| cell.csv()).collect::<Vec<_>>().join(","));
                    text.push('\n');
                }
            }
            Format::Json => {
                for row in rows.iter() {
                    text.push_str(if std::mem::take(&mut first) { "\n{" } else { ",\n{" });
                    for (place, (name, cell)) in self.names.iter().zip(row).enumerate() {
                        let comma = if place > 0 { "," } else { "" };
                        let json = |value: serde_json::Result<String>| value.expect("a cell is a number or text");
                        let (name, cell) = (json(serde_json::to_string(name)), json(serde_json::to_string(&cell)));
                        text.extend([comma, &name, ":", &cell]);
                    }
                    text.push('}');
                }
            }
        }
        Ok(text.into())
    }
}

/// A column as it is stored: only the values that are there.
fn stored(column: Column, kind: Kind) -> Column {
    fn there<T>(values: crate::columns::Values<T>) -> crate::columns::Values<T> {
        let kept = values.values.into_iter().zip(&values.there).filter(|(_, there)| **there > 0);
        crate::columns::Values { values: kept.map(|(value, _)| value).collect(), there: values.there }
    }
    match (column, kind) {
        (Column::Unsigned(values), Kind::MaybeUnsigned) => Column::Unsigned(there(values)),
        (Column::Float(values), Kind::MaybeFloat) => Column::Float(there(values)),
        (Column::Text(values), Kind::MaybeText) => Column::Text(there(values)),
        (column, _) => column,
    }
}
