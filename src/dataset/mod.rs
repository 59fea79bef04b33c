//! Files of a data set, from a command line or a request, to the engine's tables: CSV as it is, Parquet as the CSV that it
//! would be. Owns what kinds of files are read; what the columns mean is the engine's matter.

mod parquet;

use civitas_engine::{Dataset, EngineError, Table, Tables};

/// A file as its owner named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFile {
    /// Its name, for errors.
    pub name: String,
    /// What it holds: CSV or Parquet.
    pub bytes: Vec<u8>,
}

/// A data set to add.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upload {
    /// Its name.
    pub name: String,
    /// The table of regions.
    pub regions: Option<TableFile>,
    /// The table of borders.
    pub borders: Option<TableFile>,
    /// The table of agents.
    pub agents: Option<TableFile>,
    /// The table of ties between them.
    pub ties: Option<TableFile>,
    /// Ties are one way.
    pub directed: bool,
}

impl TableFile {
    /// A file of this name.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }

    /// The same table as CSV, and whether users know its rows by number.
    fn into_csv(self) -> Result<(Self, bool), EngineError> {
        if !parquet::is_parquet(&self.bytes) {
            return Ok((self, false));
        }
        let bytes = parquet::to_csv(&self.name, self.bytes)?;
        Ok((Self { name: self.name, bytes }, true))
    }
}

impl Upload {
    /// Reads and checks every row.
    ///
    /// # Errors
    /// [`EngineError::Dataset`] with file, line and column of the first fault, [`EngineError::Invalid`] for the name or a
    /// missing table.
    pub fn read(self) -> Result<Dataset, EngineError> {
        let missing = || EngineError::invalid("regions", "is required: the table of regions");
        let regions = self.regions.ok_or_else(missing)?.into_csv()?;
        let borders = self.borders.map(TableFile::into_csv).transpose()?;
        let agents = self.agents.map(TableFile::into_csv).transpose()?;
        let ties = self.ties.map(TableFile::into_csv).transpose()?;
        let tables = Tables {
            regions: table(&regions),
            borders: borders.as_ref().map(table),
            agents: agents.as_ref().map(table),
            ties: ties.as_ref().map(table),
            directed: self.directed,
        };
        Dataset::from_tables(&self.name, tables)
    }
}

fn table((file, by_row): &(TableFile, bool)) -> Table<'_> {
    Table { file: &file.name, text: &file.bytes, by_row: *by_row }
}
