//! Tables as users hand them in: CSV text with a header, read row by row. It owns how a place in a file is named; what the
//! columns mean is its callers' matter.

use crate::error::{EngineError, Result};

/// The most columns of a table: more than any model has traits, few enough to look names up one by one.
const MAX_COLUMNS: usize = 256;

/// A table: CSV text in UTF-8, its first line the names of the columns.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// What errors call it, for instance `regions.csv`.
    pub file: &'a str,
    /// The text.
    pub text: &'a [u8],
    /// True where users know its rows by number, from 1 on and without the header, because their file has no lines.
    pub by_row: bool,
}

impl<'a> Table<'a> {
    /// A CSV file.
    pub fn csv(file: &'a str, text: &'a [u8]) -> Self {
        Self { file, text, by_row: false }
    }

    /// The error for a place in this table.
    pub(super) fn fault(&self, line: u64, problem: impl Into<String>) -> EngineError {
        let (unit, line) = if self.by_row { ("row", line.saturating_sub(1)) } else { ("line", line) };
        EngineError::Dataset { file: self.file.to_owned(), unit, line, problem: problem.into() }
    }
}

/// The rows of a table, read one after the other.
pub(super) struct Rows<'a> {
    pub(super) table: Table<'a>,
    pub(super) header: Vec<String>,
    reader: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
}

/// One row with its place.
pub(super) struct Row<'r, 'a> {
    pub(super) line: u64,
    table: &'r Table<'a>,
    record: &'r csv::StringRecord,
}

impl Row<'_, '_> {
    /// The value of a column, without blanks around it.
    pub(super) fn value(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default()
    }

    /// The error for this row.
    pub(super) fn fault(&self, problem: impl Into<String>) -> EngineError {
        self.table.fault(self.line, problem)
    }
}

impl<'a> Rows<'a> {
    /// Reads the header, in which no name may be empty or stand twice.
    pub(super) fn new(table: Table<'a>) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(table.text);
        let header = reader.headers().map_err(|error| wrong_row(&table, &error))?;
        let header: Vec<String> = header.iter().map(str::to_owned).collect();
        if header.is_empty() || header.len() > MAX_COLUMNS {
            let problem = format!("there must be 1 to {MAX_COLUMNS} columns, named in the first line");
            return Err(table.fault(1, problem));
        }
        for (number, name) in header.iter().enumerate() {
            if name.is_empty() {
                return Err(table.fault(1, format!("column {} has no name; give it one", number + 1)));
            }
            if header[..number].contains(name) {
                return Err(table.fault(1, format!("two columns are named {name}; leave one out")));
            }
        }
        Ok(Self { table, header, reader, record: csv::StringRecord::new() })
    }

    /// The place of a column, which may have one of several names.
    pub(super) fn find(&self, names: &[&str]) -> Option<usize> {
        self.header.iter().position(|known| names.contains(&known.as_str()))
    }

    /// The place of a column that must be there.
    pub(super) fn need(&self, name: &str) -> Result<usize> {
        let there = || format!("there is no column {name}; the header names: {}", self.header.join(", "));
        self.find(&[name]).ok_or_else(|| self.table.fault(1, there()))
    }

    /// The first of these columns that is there; one must be. With its name, for errors.
    pub(super) fn need_one_of<'n>(&self, names: &[&'n str]) -> Result<(&'n str, usize)> {
        let found = names.iter().find_map(|&name| self.find(&[name]).map(|place| (name, place)));
        found.map_or_else(|| self.need(names[0]).map(|place| (names[0], place)), Ok)
    }

    /// The next row, which has a value for every column; `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_, 'a>>> {
        match self.reader.read_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(wrong_row(&self.table, &error)),
        }
        let line = line_of(&self.table, self.record.position());
        Ok(Some(Row { line, table: &self.table, record: &self.record }))
    }
}

/// The line of a row. The reader's own count stands before the blank lines that it passes over.
fn line_of(table: &Table<'_>, position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 1 };
    let rest = usize::try_from(position.byte()).ok().and_then(|byte| table.text.get(byte..)).unwrap_or_default();
    let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|&&byte| byte == b'\n').count();
    position.line() + blank as u64
}

/// What the reader refuses, in words that say what to do.
fn wrong_row(table: &Table<'_>, error: &csv::Error) -> EngineError {
    let line = line_of(table, error.position());
    let problem = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} values where the header names {expected_len} columns; quote values that hold a comma")
        }
        csv::ErrorKind::Utf8 { err, .. } => {
            format!("the value in column {} is not UTF-8; save the file as UTF-8", err.field() + 1)
        }
        other => format!("cannot be read as CSV: {other:?}"),
    };
    table.fault(line, problem)
}

/// A text of a user's table that is kept: 1 to `max` characters that can be printed.
pub(super) fn kept_text(row: &Row<'_, '_>, column: &str, text: &str, max: usize) -> Result<String> {
    if text.is_empty() {
        return Err(row.fault(format!("{column} is empty; every row needs one")));
    }
    if text.chars().count() > max || text.chars().any(char::is_control) {
        return Err(row.fault(format!("{column} must have at most {max} printable characters, not {text:?}")));
    }
    Ok(text.to_owned())
}
