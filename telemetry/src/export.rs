//! A table of a run as one file, read and made piece by piece, so that a table of any size takes little memory.

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use crate::ask::check_order;
use crate::error::Result;
use crate::file::Group;
use crate::form::{Encoder, Format};
use crate::index::{Index, Table, TableFile};
use crate::reader::Reader;
use crate::survey::{Sought, Surveyed};
use crate::tables::specs;

/// A table on its way out. [`Export::next`] until it gives nothing.
pub struct Export {
    reader: Reader,
    run: Uuid,
    files: std::vec::IntoIter<TableFile>,
    sought: Arc<Sought>,
    /// Row groups of the last file that are still to come.
    waiting: Option<Surveyed>,
    names: Vec<String>,
    encoder: Encoder,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Head,
    Rows,
    Over,
}

impl Export {
    /// The rows of a table of a run at some ticks, all where both are left out.
    ///
    /// # Errors
    /// [`crate::TelemetryError::Asked`] for ticks in the wrong order, or a form that this program was built without.
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
            files: files.into_iter(),
            sought: Arc::new(Sought::ticks(from..=to)),
            waiting: None,
            names: specs.iter().map(|spec| spec.name.clone()).collect(),
            encoder: Encoder::new(format, table.as_str(), specs)?,
            stage: Stage::Head,
        })
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.stage == Stage::Head {
            self.stage = Stage::Rows;
            let head = self.encoder.head();
            if !head.is_empty() {
                return Ok(Some(head));
            }
        }
        if self.stage == Stage::Over {
            return Ok(None);
        }
        match self.next_group().await? {
            Some(group) => Ok(Some(self.encoder.piece(group)?)),
            None => {
                self.stage = Stage::Over;
                Ok(Some(self.encoder.end()?))
            }
        }
    }

    /// What is wanted of the next row group that has such rows.
    async fn next_group(&mut self) -> Result<Option<Group>> {
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
}
