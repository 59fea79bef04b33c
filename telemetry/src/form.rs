//! The forms in which tables leave: Parquet, CSV, JSON, Arrow. Made piece by piece, so that a table of any size takes little memory.
//! Owns the forms' names; it reads nothing.

use bytes::Bytes;

use crate::arrow;
use crate::columns::{Column, Kind, Spec, TableWriter, Values};
use crate::error::Result;
use crate::file::Group;
use crate::rows::{csv_text, rows_of};

/// The form of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One Parquet file.
    Parquet,
    /// Lines of fields separated by commas, the columns' names first (RFC 4180).
    Csv,
    /// An array of objects.
    Json,
    /// A stream of Arrow's columns, in the form that Arrow gives messages between processes (IPC).
    Arrow,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Parquet, Self::Csv, Self::Json, Self::Arrow];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Arrow => "arrow",
        }
    }

    /// The end of files' names.
    pub fn extension(self) -> &'static str {
        match self {
            // Of Arrow's streams, as they are registered; `.arrow` is a file in which one can jump.
            Self::Arrow => "arrows",
            _ => self.as_str(),
        }
    }

    /// Its media type, without parameters.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Csv => "text/csv",
            Self::Json => "application/json",
            Self::Arrow => "application/vnd.apache.arrow.stream",
        }
    }

    /// Its media type, as answers state it.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            _ => self.media_type(),
        }
    }
}

/// Makes a table of one form, row group by row group.
pub(crate) struct Encoder {
    names: Vec<String>,
    kinds: Vec<Kind>,
    maker: Maker,
}

enum Maker {
    Parquet(Box<TableWriter>),
    Csv,
    /// True before the first row.
    Json(bool),
    Arrow(Box<arrow::Writer>),
}

impl Encoder {
    /// Of a table that is called so in Parquet.
    ///
    /// # Errors
    /// [`crate::TelemetryError::Asked`] for a form that this program was built without.
    pub(crate) fn new(format: Format, table: &str, specs: Vec<Spec>) -> Result<Self> {
        let (names, kinds) = specs.iter().map(|spec| (spec.name.clone(), spec.kind)).unzip();
        let maker = match format {
            Format::Parquet => Maker::Parquet(Box::new(TableWriter::new(table, specs))),
            Format::Csv => Maker::Csv,
            Format::Json => Maker::Json(true),
            Format::Arrow => Maker::Arrow(Box::new(arrow::Writer::new(&specs)?)),
        };
        Ok(Self { names, kinds, maker })
    }

    /// What stands before the first row, which may be nothing.
    pub(crate) fn head(&mut self) -> Bytes {
        match &mut self.maker {
            Maker::Parquet(_) => Bytes::new(),
            Maker::Csv => {
                let names: Vec<_> = self.names.iter().map(|name| csv_text(name)).collect();
                (names.join(",") + "\n").into()
            }
            Maker::Json(_) => Bytes::from_static(b"["),
            Maker::Arrow(writer) => writer.drain(),
        }
    }

    /// Some rows, with all columns.
    pub(crate) fn piece(&mut self, group: Group) -> Result<Bytes> {
        match &mut self.maker {
            Maker::Parquet(writer) => {
                writer.added(0, group.rows);
                let columns = group.columns.into_iter().zip(&self.kinds);
                writer.columns = columns.map(|(column, kind)| stored(column, *kind)).collect();
                writer.close_group()?;
                Ok(writer.drain()?)
            }
            Maker::Csv => Ok(csv(&group).into()),
            Maker::Json(first) => Ok(json(&self.names, &group, first).into()),
            Maker::Arrow(writer) => {
                writer.add(&group);
                Ok(writer.drain())
            }
        }
    }

    /// What stands after the last row.
    pub(crate) fn end(&mut self) -> Result<Bytes> {
        Ok(match &mut self.maker {
            Maker::Parquet(writer) => writer.finish()?,
            Maker::Csv => Bytes::new(),
            Maker::Json(_) => Bytes::from_static(b"\n]\n"),
            Maker::Arrow(writer) => writer.end(),
        })
    }
}

fn csv(group: &Group) -> String {
    let mut text = String::new();
    for row in rows_of(group) {
        for (place, cell) in row.into_iter().enumerate() {
            text.push_str(if place > 0 { "," } else { "" });
            text.push_str(&cell.csv());
        }
        text.push('\n');
    }
    text
}

fn json(names: &[String], group: &Group, first: &mut bool) -> String {
    let json = |value: serde_json::Result<String>| value.expect("a cell is a number or text");
    let names: Vec<String> = names.iter().map(|name| json(serde_json::to_string(name))).collect();
    let mut text = String::new();
    for row in rows_of(group) {
        text.push_str(if std::mem::take(first) { "\n{" } else { ",\n{" });
        for (place, (name, cell)) in names.iter().zip(row).enumerate() {
            let comma = if place > 0 { "," } else { "" };
            text.extend([comma, name, ":", &json(serde_json::to_string(&cell))]);
        }
        text.push('}');
    }
    text
}

/// A column as it is stored: only the values that are there.
fn stored(column: Column, kind: Kind) -> Column {
    fn of<T>(column: Values<T>) -> Values<T> {
        let Values { values, there } = column;
        let kept = values.into_iter().zip(&there).filter(|(_, there)| **there > 0).map(|(value, _)| value);
        Values { values: kept.collect(), there }
    }
    if !kind.is_nullable() {
        return column;
    }
    match column {
        Column::Unsigned(values) => Column::Unsigned(of(values)),
        Column::Long(values) => Column::Long(of(values)),
        Column::Float(values) => Column::Float(of(values)),
        Column::Double(values) => Column::Double(of(values)),
        Column::Text(values) => Column::Text(of(values)),
    }
}
