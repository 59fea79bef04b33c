//! A table of a run as one file: Parquet, CSV or JSON, made piece by piece, so that a table of any size takes little memory.

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use crate::ask::check_order;
use crate::columns::{Column, Kind, TableWriter, Values};
use crate::error::Result;
use crate::file::Group;
use crate::index::{Index, Table, TableFile};
use crate::reader::Reader;
use crate::rows::{Rows, csv_text};
use crate::survey::{Chosen, Sought, Surveyed};
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
    run: Uuid,
    format: Format,
    files: std::vec::IntoIter<TableFile>,
    sought: Arc<Sought>,
    /// Row groups of the last file that are still to come.
    waiting: Option<Surveyed>,
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
    /// The rows of a table of a run at some ticks, all where both are left out.
    ///
    /// # Errors
    /// [`crate::TelemetryError::Asked`] for ticks in the wrong order.
    pub fn new(
        reader: &Reader,
        index: &Index,
        table: Table,
        format: Format,
        (from_tick, to_tick): (Option<u32>, Option<u32>),
    ) -> Result<Self> {
        check_order(from_tick, to_tick)?;
        let (from, to) = (from_tick.unwrap_or(0), to_tick.unwrap_or(u32::MAX));
        // A file may have the first agents of a tick whose others are still to come.
        let to = index.last_tick.map_or(0, |last| to.min(last));
        let specs = specs(table, index);
        let files: Vec<_> = index.files_of(table, from, to).cloned().collect();
        Ok(Self {
            reader: reader.clone(),
            run: index.run_id,
            format,
            files: files.into_iter(),
            sought: Arc::new(Sought::ticks(from..=to)),
            waiting: None,
            kinds: specs.iter().map(|spec| spec.kind).collect(),
            names: specs.iter().map(|spec| spec.name.clone()).collect(),
            writer: TableWriter::new(table.as_str(), specs),
            stage: Stage::Head,
        })
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
        if let Some(group) = self.next_group().await? {
            self.stage = Stage::Rows(false);
            return Ok(Some(self.piece(group, first)?));
        }
        self.stage = Stage::Over;
        Ok(Some(match self.format {
            Format::Parquet => self.writer.finish()?,
            Format::Csv => Bytes::new(),
            Format::Json => Bytes::from_static(b"\n]\n"),
        }))
    }

    /// The next row group that has wanted rows.
    async fn next_group(&mut self) -> Result<Option<(Group, Chosen)>> {
        loop {
            if let Some(surveyed) = self.waiting.take().filter(|surveyed| !surveyed.groups.is_empty()) {
                let (mut first, rest) = self.reader.read(surveyed, 1, self.names.clone()).await?;
                self.waiting = Some(rest);
                return Ok(first.pop());
            }
            let Some(file) = self.files.next() else { return Ok(None) };
            self.waiting = Some(self.reader.survey(self.run, file, Arc::clone(&self.sought)).await?);
        }
    }

    fn head(&self) -> String {
        match self.format {
            Format::Parquet => String::new(),
            Format::Csv => self.names.iter().map(|name| csv_text(name)).collect::<Vec<_>>().join(",") + "\n",
            Format::Json => "[".to_owned(),
        }
    }

    fn piece(&mut self, (group, chosen): (Group, Chosen), mut first: bool) -> Result<Bytes> {
        let mut text = String::new();
        match self.format {
            Format::Parquet => {
                let columns = group.columns.into_iter().zip(&self.kinds);
                self.writer.columns = columns.map(|(column, kind)| stored(column, *kind, &chosen)).collect();
                self.writer.added(0, chosen.len());
                self.writer.close_group()?;
                return Ok(self.writer.drain()?);
            }
            Format::Csv => {
                for row in Rows::of_group(self.names.clone(), (group, chosen)).iter() {
                    text.push_str(&row.into_iter().map(|cell| cell.csv()).collect::<Vec<_>>().join(","));
                    text.push('\n');
                }
            }
            Format::Json => {
                for row in Rows::of_group(self.names.clone(), (group, chosen)).iter() {
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

/// Some rows of a column as they are stored: only the values that are there.
fn stored(column: Column, kind: Kind, chosen: &Chosen) -> Column {
    fn of<T: Clone>(column: Values<T>, is_nullable: bool, chosen: &Chosen) -> Values<T> {
        if !is_nullable && matches!(chosen, Chosen::All(_)) {
            return column;
        }
        let is_kept = |row: &usize| !is_nullable || column.there[*row] > 0;
        let values = chosen.rows().filter(is_kept).map(|row| column.values[row].clone()).collect();
        Values { values, there: chosen.rows().map(|row| column.there[row]).collect() }
    }
    let is_nullable = kind.is_nullable();
    match column {
        Column::Unsigned(values) => Column::Unsigned(of(values, is_nullable, chosen)),
        Column::Long(values) => Column::Long(of(values, is_nullable, chosen)),
        Column::Float(values) => Column::Float(of(values, is_nullable, chosen)),
        Column::Double(values) => Column::Double(of(values, is_nullable, chosen)),
        Column::Text(values) => Column::Text(of(values, is_nullable, chosen)),
    }
}
