//! One run's files in the making. Owns when a row group and a file end, and the order of writes: files first, then the index
//! that names them, then whatever nobody names any more goes. So readers see whole ticks, each once, whenever the program
//! ends.

use std::time::Instant;

use civitas_actors::{TelemetryRecord, TelemetryStart};
use civitas_engine::{Frame, TelemetryOptions};
use civitas_store::Purpose;
use futures_util::future::try_join_all;

use crate::columns::{TableWriter, Written};
use crate::error::{Result, TelemetryError};
use crate::index::{INDEX_NAME, Index, State, Table, TableFile};
use crate::limits::{FILE_BYTES, FLUSH_AFTER, FLUSH_SHARE, MAX_INDEX_BYTES, ROW_GROUP_ROWS};
use crate::objects::{Objects, telemetry_folder};
use crate::tables::{Words, specs};

/// What is kept of one run in one life.
pub(crate) struct RunWriter {
    objects: Objects,
    folder: String,
    index: Index,
    options: TelemetryOptions,
    words: Words,
    tables: [TableWriter; Table::ALL.len()],
    /// Number of the next file.
    next_file: u64,
    /// The tick whose agents came last.
    agents_of: Option<u32>,
    /// The run's last tick.
    horizon_ticks: u32,
    begun: Instant,
    flushed: Instant,
}

impl RunWriter {
    /// Takes over what an earlier life of the run left, as far as it still holds.
    pub(crate) async fn begin(objects: Objects, start: &TelemetryStart, options: TelemetryOptions) -> Result<Self> {
        let folder = telemetry_folder(start.run);
        let mut index = Index::new(start, options);
        let earlier = earlier(&objects, &folder, start).await?;
        let is_new = earlier.is_none();
        let void = earlier.map(|earlier| index.take_over(earlier, start.tick)).unwrap_or_default();
        if is_new && start.tick > 0 {
            tracing::debug!(run = %start.run, tick = start.tick, "telemetry begins on the way: a fork, or the first life had none");
        }
        let next_file = index.files.iter().chain(&void).map(|file| number_of(&file.name) + 1).max().unwrap_or(0);
        let writer = Self {
            tables: Table::ALL.map(|table| TableWriter::new(table.as_str(), specs(table, &index))),
            words: Words::of(&index),
            folder,
            options,
            next_file,
            agents_of: None,
            horizon_ticks: start.world.spec.horizon_ticks,
            begun: Instant::now(),
            flushed: Instant::now(),
            objects,
            index,
        };
        writer.put_index().await?;
        writer.remove_strays().await?;
        Ok(writer)
    }

    /// Keeps a piece. An error means that nothing more can be kept.
    pub(crate) async fn take(&mut self, record: TelemetryRecord) -> Result<()> {
        match record {
            TelemetryRecord::Events(events) => {
                self.words.add_events(&mut self.tables[Table::Events as usize], &events);
                self.close_full_groups().await
            }
            TelemetryRecord::Agents { tick, agents } => {
                self.agents_of = Some(tick);
                let table = &mut self.tables[Table::Agents as usize];
                self.words.add_agents(table, tick, &agents, self.options.reasons);
                self.close_full_groups().await
            }
            TelemetryRecord::Frame(frame) => self.frame(&frame).await,
            TelemetryRecord::Cut { done } => {
                self.flush().await?;
                // Whoever waited may have gone.
                let _ = done.send(());
                Ok(())
            }
            TelemetryRecord::End { ended, .. } => self.end(ended).await,
        }
    }

    /// The run has ended, or rests: all that there is of it is safe when this returns.
    pub(crate) async fn end(&mut self, ended: bool) -> Result<()> {
        if ended {
            self.index.state = if self.index.problem.is_none() { State::Complete } else { State::Incomplete };
        }
        self.flush().await?;
        if ended { self.put_index().await } else { Ok(()) }
    }

    async fn frame(&mut self, frame: &Frame) -> Result<()> {
        self.words.add_metrics(&mut self.tables[Table::Metrics as usize], frame, &self.options);
        self.words.add_environment(&mut self.tables[Table::Environment as usize], frame);
        // In other ticks those agents alone are looked at that the run names.
        if self.agents_of == Some(frame.tick) && self.options.is_keyframe(frame.tick, self.horizon_ticks) {
            self.index.keyframes.push(frame.tick);
        }
        self.close_full_groups().await?;
        let share = self.begun.elapsed() / FLUSH_SHARE;
        if self.flushed.elapsed() >= FLUSH_AFTER.max(share) { self.flush().await } else { Ok(()) }
    }

    /// Ends row groups that are full, and all files where one is.
    async fn close_full_groups(&mut self) -> Result<()> {
        let mut full = false;
        for table in self.tables.iter_mut().filter(|table| table.pending() >= ROW_GROUP_ROWS) {
            full |= table.close_group()? >= FILE_BYTES;
        }
        if full { self.flush().await } else { Ok(()) }
    }

    /// Writes all that there is: it is safe when this returns.
    async fn flush(&mut self) -> Result<()> {
        self.flushed = Instant::now();
        let mut written = Vec::new();
        for (table, writer) in Table::ALL.into_iter().zip(&mut self.tables) {
            if let Some(file) = writer.close_file()? {
                written.push((table, format!("{}-{:06}.parquet", table.as_str(), self.next_file), file));
            }
        }
        if written.is_empty() {
            return Ok(());
        }
        self.next_file += 1;
        let puts = written
            .into_iter()
            .map(|(table, name, file)| put_file(self.objects.clone(), self.folder.clone(), table, name, file));
        let files = try_join_all(puts).await?;
        self.index.files.extend(files);
        self.index.files.sort_by(|a, b| (a.table, &a.name).cmp(&(b.table, &b.name)));
        self.index.last_tick = self.index.last_of(Table::Metrics);
        if self.index.state == State::Recording { self.put_index().await } else { Ok(()) }
    }

    async fn put_index(&self) -> Result<()> {
        let path = format!("{}/{INDEX_NAME}", self.folder);
        let json = serde_json::to_vec(&self.index).expect("an index is plain data");
        self.objects.put(&path, json.into(), Purpose::Note).await
    }

    /// Removes files that the index does not name: an earlier life wrote them.
    async fn remove_strays(&self) -> Result<()> {
        let there = self.objects.list(&self.folder).await?;
        let named = |name: &String| name == INDEX_NAME || self.index.files.iter().any(|file| &file.name == name);
        for name in there.iter().filter(|name| !named(name)) {
            self.objects.delete(&format!("{}/{name}", self.folder)).await?;
        }
        Ok(())
    }

    /// The run is gone without having said that it ends or rests: what there is of it is kept, and the index says that it may
    /// not be all.
    pub(crate) async fn break_off(&mut self) -> Result<()> {
        self.index.state = State::Incomplete;
        self.index
            .problem
            .get_or_insert_with(|| "the run was gone before it could hand over its last ticks".to_owned());
        self.flush().await?;
        self.put_index().await
    }

    /// Says in the index what is missing, as far as that can be written.
    pub(crate) async fn give_up(&mut self, error: &TelemetryError) {
        self.index.state = State::Incomplete;
        // What was not written is not told of.
        let last = self.index.last_tick;
        self.index.keyframes.retain(|&tick| Some(tick) <= last);
        self.index.problem = Some(format!("it could not be written any further: {error}"));
        if let Err(error) = self.put_index().await {
            tracing::error!(run = %self.index.run_id, %error, "nor can the index say so");
        }
    }
}

async fn put_file(objects: Objects, folder: String, table: Table, name: String, file: Written) -> Result<TableFile> {
    let Written { bytes, rows, first_tick, last_tick } = file;
    let size = bytes.len() as u64;
    objects.put(&format!("{folder}/{name}"), bytes, Purpose::New).await?;
    Ok(TableFile { name, table, first_tick, last_tick, rows, bytes: size })
}

/// The index that an earlier life of the run wrote. One that cannot be read is as good as none.
async fn earlier(objects: &Objects, folder: &str, start: &TelemetryStart) -> Result<Option<Index>> {
    let path = format!("{folder}/{INDEX_NAME}");
    let found = objects.get(&path, MAX_INDEX_BYTES).await?;
    Ok(found.and_then(|bytes| {
        let read = serde_json::from_slice(&bytes);
        read.inspect_err(|error| tracing::warn!(run = %start.run, %error, "its index is damaged; it begins anew")).ok()
    }))
}

/// The number in a file's name; 0 where there is none.
fn number_of(name: &str) -> u64 {
    let digits = name.rsplit_once('-').and_then(|(_, end)| end.strip_suffix(".parquet"));
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
