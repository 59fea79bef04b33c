//! What the committer's thread writes to: stages each request, makes the group durable, then drops bytes that nothing names.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use uuid::Uuid;

use crate::backup::Records;
use crate::changes::Write;
use crate::committer::Target;
use crate::disk::Disk;
use crate::snapshots::{self, Writing};
use crate::stage::Stage;
use crate::{Purpose, Result, Room, RunId, StoreError, datasets};

/// The committer's view of the store.
pub(super) struct SledTarget {
    disk: Arc<Disk>,
    writing: Arc<Writing>,
    stage: Stage,
    /// Snapshots whose manifests come in this group.
    published: Vec<(RunId, u32)>,
    /// Snapshots whose manifests go in this group.
    dropped: Vec<(RunId, u32)>,
    /// Data sets whose records go in this group.
    dropped_data: Vec<Uuid>,
    /// Who is owed a copy of all records.
    copies: Vec<crossbeam::channel::Sender<Records>>,
    /// Bytes that the disk had left when this group began, less what is staged.
    free: Option<u64>,
    held: Arc<AtomicUsize>,
}

impl SledTarget {
    /// With nothing staged.
    pub(super) fn new(disk: &Arc<Disk>, writing: &Arc<Writing>, held: &Arc<AtomicUsize>) -> Self {
        Self {
            disk: Arc::clone(disk),
            writing: Arc::clone(writing),
            stage: Stage::new(Arc::clone(disk)),
            published: Vec::new(),
            dropped: Vec::new(),
            dropped_data: Vec::new(),
            copies: Vec::new(),
            free: None,
            held: Arc::clone(held),
        }
    }
}

impl SledTarget {
    /// What the disk will have left after these changes; refuses what it has no room for. What only takes something away is never
    /// refused: it may make room.
    fn left_after(&mut self, changes: &[Write]) -> Result<u64> {
        let bytes = changes.iter().map(Write::bytes).sum::<usize>() as u64;
        let room = &self.disk.room;
        let free = *self.free.get_or_insert_with(|| room.free());
        if bytes > 0 && room.check_with(free, bytes, Purpose::New).is_err() {
            room.check_with(free, bytes, self.stage.purpose(changes)?)?;
        }
        Ok(free.saturating_sub(Room::taken_by(bytes)))
    }
}

impl Target for SledTarget {
    type Change = Write;

    fn stage(&mut self, changes: Vec<Write>) -> Result<()> {
        let left = self.left_after(&changes)?;
        let (mut published, mut dropped, mut dropped_data) = (Vec::new(), Vec::new(), Vec::new());
        for write in &changes {
            match write {
                Write::Manifest { run, tick, .. } => published.push((*run, *tick)),
                Write::DropSnapshot { run, tick } => dropped.push((*run, *tick)),
                Write::DropDataset { data, .. } => dropped_data.push(*data),
                Write::CopyRecords(to) => self.copies.push(to.clone()),
                _ => {}
            }
        }
        self.stage.add(changes)?;
        self.free = Some(left);
        self.published.append(&mut published);
        self.dropped.append(&mut dropped);
        self.dropped_data.append(&mut dropped_data);
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        self.stage.apply()?;
        self.disk.commit()?;
        // Not before: whoever is shown a snapshot must find it after a crash.
        for (run, tick) in self.published.drain(..) {
            self.writing.end(run, tick);
        }
        for owed in self.copies.drain(..) {
            let records: std::result::Result<Records, _> = self.disk.state.iter().collect();
            // Who asked may have gone.
            let _ = owed.send(records.map_err(|error| StoreError::io("copying all records", error))?);
        }
        Ok(())
    }

    fn tidy(&mut self) {
        self.free = None;
        if self.held.load(Ordering::SeqCst) > 0 {
            return;
        }
        for data in self.dropped_data.drain(..) {
            if let Err(error) = datasets::remove(&self.disk, data) {
                tracing::warn!(%data, %error, "bytes of a dropped data set stay until the next start");
            }
        }
        for (run, tick) in self.dropped.drain(..) {
            if let Err(error) = snapshots::remove_dropped(&self.disk, &self.writing, run, tick) {
                tracing::warn!(%run, tick, %error, "chunks of a dropped snapshot stay until the next start");
            }
        }
    }
}
