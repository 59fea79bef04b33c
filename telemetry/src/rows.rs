//! Rows of a table, cell by cell or in one of the forms of tables: for lists of agents and events, and for answers as tables.

use std::ops::RangeInclusive;

use bytes::Bytes;
use parquet::data_type::ByteArray;
use serde::Serialize;

use crate::columns::{Column, Spec};
use crate::error::Result;
use crate::file::Group;
use crate::form::{Encoder, Format};
use crate::index::{Index, Table};
use crate::reader::Reader;
use crate::survey::{Page, Picked, Sought};
use crate::tables::specs;

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell<'a> {
    /// None.
    Nothing,
    /// A whole number.
    Whole(u64),
    /// A number of 32 bits.
    Float(f32),
    /// A number of 64 bits.
    Double(f64),
    /// Words.
    Text(&'a str),
}

/// Rows of a table with all columns, in the order of the run.
pub struct Rows {
    specs: Vec<Spec>,
    groups: Vec<Group>,
    total: u64,
}

impl Reader {
    /// The rows of a table at these ticks, of one agent where one is named. All of them are in memory then; [`crate::Export`]
    /// gives tables that are too large for that.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn rows(
        &self,
        index: &Index,
        table: Table,
        ticks: RangeInclusive<u32>,
        agent: Option<u32>,
    ) -> Result<Rows> {
        self.page(index, table, Sought { agent, ..Sought::ticks(ticks) }, Page::ALL).await
    }

    /// A page of the rows that are looked for.
    pub(crate) async fn page(&self, index: &Index, table: Table, sought: Sought, page: Page) -> Result<Rows> {
        let specs = specs(table, index);
        let names: Vec<String> = specs.iter().map(|spec| spec.name.clone()).collect();
        let Picked { total, groups } = self.pick(index, table, (sought, page), &names).await?;
        Ok(Rows { specs, groups, total })
    }
}

impl Rows {
    /// Of columns to which values were added one by one.
    pub(crate) fn of_columns(specs: Vec<Spec>, columns: Vec<Column>) -> Self {
        let columns: Vec<Column> = columns.into_iter().map(Column::spread).collect();
        let rows = columns.first().map_or(0, Column::len);
        Self { specs, groups: vec![Group { rows, columns }], total: rows as u64 }
    }

    /// No rows of a table.
    pub(crate) fn none(table: Table, index: &Index) -> Self {
        Self { specs: specs(table, index), groups: Vec::new(), total: 0 }
    }

    /// The rows as one table, which Parquet calls `name`.
    ///
    /// # Errors
    /// [`crate::TelemetryError::Asked`] for a form that this program was built without.
    pub fn encoded(self, name: &str, format: Format) -> Result<Bytes> {
        let mut encoder = Encoder::new(format, name, self.specs)?;
        let mut bytes = encoder.head().to_vec();
        if let Some(group) = self.groups.into_iter().reduce(Group::joined).filter(|group| group.rows > 0) {
            bytes.extend(encoder.piece(group)?);
        }
        bytes.extend(encoder.end()?);
        Ok(bytes.into())
    }

    /// How many there are, those of other pages too.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The columns' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.specs.iter().map(|spec| spec.name.as_str())
    }

    /// The place of a column.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.names().position(|column| column == name)
    }

    /// True where there are none.
    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(|group| group.rows == 0)
    }

    /// Every row.
    pub fn iter(&self) -> impl Iterator<Item = Vec<Cell<'_>>> {
        self.groups.iter().flat_map(rows_of)
    }
}

/// Every row of a row group.
pub(crate) fn rows_of(group: &Group) -> impl Iterator<Item = Vec<Cell<'_>>> {
    (0..group.rows).map(|row| group.columns.iter().map(|column| cell(column, row)).collect())
}

fn cell(column: &Column, row: usize) -> Cell<'_> {
    match column {
        Column::Unsigned(values) if values.there[row] > 0 => Cell::Whole(u64::from(values.values[row] as u32)),
        Column::Long(values) if values.there[row] > 0 => Cell::Whole(values.values[row] as u64),
        Column::Float(values) if values.there[row] > 0 => Cell::Float(values.values[row]),
        Column::Double(values) if values.there[row] > 0 => Cell::Double(values.values[row]),
        Column::Text(values) if values.there[row] > 0 => Cell::Text(text(&values.values[row])),
        _ => Cell::Nothing,
    }
}

/// Words that are there.
pub(crate) fn text(words: &ByteArray) -> &str {
    // Written from text; what is no text any more was damaged, and a checksum of the page would have told.
    std::str::from_utf8(words.data()).unwrap_or_default()
}

impl Cell<'_> {
    /// The number of a whole one.
    pub fn whole(self) -> Option<u64> {
        if let Self::Whole(number) = self { Some(number) } else { None }
    }

    /// The cell as a field of a CSV file; numbers to the last digit.
    pub fn csv(self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Whole(number) => number.to_string(),
            Self::Float(number) if number.is_nan() => String::new(),
            Self::Float(number) => number.to_string(),
            Self::Double(number) if number.is_nan() => String::new(),
            Self::Double(number) => number.to_string(),
            Self::Text(text) => csv_text(text),
        }
    }
}

/// Words as a field of a CSV file (RFC 4180): in quotes where they hold what separates fields.
pub(crate) fn csv_text(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
