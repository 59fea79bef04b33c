//! Rows of a table, cell by cell: for lists of agents and events, and for whole tables as text.

use std::ops::RangeInclusive;

use serde::Serialize;

use crate::columns::Column;
use crate::error::Result;
use crate::file::Group;
use crate::index::{Index, Table};
use crate::reader::Reader;
use crate::survey::{Chosen, Page, Picked, Sought};
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
    names: Vec<String>,
    groups: Vec<(Group, Chosen)>,
    total: u64,
}

impl Reader {
    /// The rows of a table at these ticks, of one agent where one is named.
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
        let names: Vec<String> = specs(table, index).into_iter().map(|spec| spec.name).collect();
        let Picked { total, groups } = self.pick(index, table, (sought, page), &names).await?;
        Ok(Rows { names, groups, total })
    }
}

impl Rows {
    /// Rows of one row group.
    pub(crate) fn of_group(names: Vec<String>, group: (Group, Chosen)) -> Self {
        Self { total: group.1.len() as u64, names, groups: vec![group] }
    }

    /// How many there are, those of other pages too.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The columns' names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The place of a column.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|column| column == name)
    }

    /// Every row.
    pub fn iter(&self) -> impl Iterator<Item = Vec<Cell<'_>>> {
        let rows = self.groups.iter().flat_map(|(group, chosen)| chosen.rows().map(move |row| (group, row)));
        rows.map(|(group, row)| group.columns.iter().map(|column| cell(column, row)).collect())
    }
}

fn cell(column: &Column, row: usize) -> Cell<'_> {
    match column {
        Column::Unsigned(values) if values.there[row] > 0 => Cell::Whole(u64::from(values.values[row] as u32)),
        Column::Long(values) if values.there[row] > 0 => Cell::Whole(values.values[row] as u64),
        Column::Float(values) if values.there[row] > 0 => Cell::Float(values.values[row]),
        Column::Double(values) if values.there[row] > 0 => Cell::Double(values.values[row]),
        Column::Text(values) if values.there[row] > 0 => {
            // Written from text; what is no text any more was damaged, and a checksum of the page would have told.
            Cell::Text(std::str::from_utf8(values.values[row].data()).unwrap_or_default())
        }
        _ => Cell::Nothing,
    }
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
pub fn csv_text(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
