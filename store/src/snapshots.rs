//! Bytes of snapshots: writing parts, publishing, reading back with every check, dropping, sweeping.
//!
//! A snapshot is there when its manifest is; chunks without one are debris of a crash or a drop and are swept when
//! the store is opened. Parts are written by the threads that make them, straight into sled: its log keeps
//! order, so that a manifest never becomes durable before them.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::codec::{self, BlobHeader};
use crate::disk::Disk;
use crate::keys::{self, PartKey};
use crate::limits::{MAX_PART_RAW_BYTES, MAX_RECORD_BYTES};
use crate::{PartManifest, Purpose, Result, RunId, SnapshotManifest, SnapshotPart, StoreError, blobs};

/// The snapshots that are being written: parts, but no manifest yet. A drop that was asked for earlier but is
/// carried out only now must not take the chunks of these. A snapshot whose run fails before it is published
/// leaves 20 bytes here until it is dropped or the store is closed.
#[derive(Default)]
pub(crate) struct Writing(Mutex<HashSet<(RunId, u32)>>);

impl Writing {
    fn lock(&self) -> MutexGuard<'_, HashSet<(RunId, u32)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writing begins, or goes on with other parts.
    pub(crate) fn begin(&self, run: RunId, tick: u32) {
        self.lock().insert((run, tick));
    }

    /// True while its manifest, where there is one, may not be on the disk.
    fn holds(&self, run: RunId, tick: u32) -> bool {
        self.lock().contains(&(run, tick))
    }

    /// It was published and is on the disk, or what was written so far is to be dropped.
    pub(crate) fn end(&self, run: RunId, tick: u32) {
        self.lock().remove(&(run, tick));
    }
}

/// Compresses and writes parts in place of older ones with the same numbers.
pub(crate) fn write_parts(
    disk: &Disk,
    run: RunId,
    tick: u32,
    parts: &[SnapshotPart],
    purpose: Purpose,
) -> Result<Vec<PartManifest>> {
    let mut manifests = Vec::with_capacity(parts.len());
    for part in parts {
        let at = PartKey { run, tick, part: part.index };
        let (header, stored) = blobs::compress(&name(at), &part.bytes, MAX_PART_RAW_BYTES)?;
        let prefix = at.prefix();
        if let Err(refused) = disk.room.check(stored.len() as u64, purpose) {
            // What is there of it is of no use.
            remove_chunks(disk, &keys::snapshot(run, tick))?;
            return Err(refused);
        }
        remove_chunks(disk, &prefix)?;
        for (number, chunk) in (0..).zip(blobs::cut(&stored)) {
            disk.chunks
                .insert(keys::chunk(&prefix, number), chunk)
                .map_err(|error| StoreError::io("writing a snapshot", error))?;
        }
        let BlobHeader { raw_len, stored_len, crc32 } = header;
        manifests.push(PartManifest { index: part.index, raw_len, stored_len, crc32 });
    }
    Ok(manifests)
}

/// True when the snapshot is published.
pub(crate) fn is_published(disk: &Disk, run: RunId, tick: u32) -> Result<bool> {
    let first = keys::chunk(&keys::manifest(run, tick), 0);
    disk.state.contains_key(first).map_err(|error| StoreError::io("reading a manifest", error))
}

/// One manifest.
pub(crate) fn manifest(disk: &Disk, run: RunId, tick: u32) -> Result<Option<SnapshotManifest>> {
    let what = format!("manifest of run {run} at tick {tick}");
    let _reading = disk.reading_chunked();
    let bytes = blobs::join(&disk.state, &keys::manifest(run, tick), 0, MAX_RECORD_BYTES, &what)?;
    bytes.map(|bytes| codec::decode(&bytes)).transpose()
}

/// The manifests of a run by tick. One that cannot be read is reported in the log and left out, so that the run
/// can go on from an older one; one that a crash could still take is not shown.
pub(crate) fn manifests(disk: &Disk, writing: &Writing, run: RunId) -> Result<Vec<SnapshotManifest>> {
    let mut ticks = Vec::new();
    for key in disk.state.scan_prefix(keys::manifests(run)).keys() {
        let key = key.map_err(|error| StoreError::io("reading manifests", error))?;
        ticks.extend(keys::manifest_tick(&key));
    }
    ticks.dedup();
    let mut found = Vec::with_capacity(ticks.len());
    for tick in ticks.into_iter().filter(|tick| !writing.holds(run, *tick)) {
        match manifest(disk, run, tick) {
            Ok(manifest) => found.extend(manifest),
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => tracing::error!(%run, tick, %error, "a snapshot cannot be used"),
        }
    }
    Ok(found)
}

/// The parts of a snapshot in the manifest's order.
pub(crate) fn read(disk: &Disk, manifest: &SnapshotManifest) -> Result<Vec<SnapshotPart>> {
    let read_part = |part: &PartManifest| {
        let at = PartKey { run: manifest.run_id, tick: manifest.tick, part: part.index };
        let what = name(at);
        let max = lz4_flex::block::get_maximum_output_size(MAX_PART_RAW_BYTES);
        let stored = blobs::join(&disk.chunks, &at.prefix(), 0, max, &what)?
            .ok_or_else(|| StoreError::corrupt(&what, "it is not there"))?;
        let header = BlobHeader { raw_len: part.raw_len, stored_len: part.stored_len, crc32: part.crc32 };
        let bytes = blobs::expand(&what, &header, &stored, MAX_PART_RAW_BYTES)?;
        Ok(SnapshotPart { index: part.index, bytes })
    };
    manifest.parts.iter().map(read_part).collect()
}

/// Removes the chunks of a dropped snapshot, unless it is being written anew or was published again.
/// What is left by a crash in between, [`sweep`] takes.
pub(crate) fn remove_dropped(disk: &Disk, writing: &Writing, run: RunId, tick: u32) -> Result<()> {
    let writing = writing.lock();
    if writing.contains(&(run, tick)) || is_published(disk, run, tick)? {
        return Ok(());
    }
    // Held until the chunks are gone: whoever begins to write this snapshot now writes after the removal.
    remove_chunks(disk, &keys::snapshot(run, tick))?;
    drop(writing);
    Ok(())
}

/// Removes every part that no manifest names. Called when the store is opened, before anyone writes. It looks at
/// one chunk of each part and skips the others, so that its time grows with the parts and not with their bytes.
pub(crate) fn sweep(disk: &Disk) -> Result<()> {
    let failed = |error: sled::Error| StoreError::io("looking for snapshots without a manifest", error);
    let mut named: BTreeMap<(RunId, u32), Option<HashSet<u32>>> = BTreeMap::new();
    let mut swept = 0_u64;
    let mut from = Vec::new();
    while let Some(entry) = disk.chunks.range(from..).next() {
        let (key, _) = entry.map_err(failed)?;
        let Some(at) = PartKey::of_chunk(&key) else {
            tracing::warn!("a chunk with a key of {} bytes belongs to nothing", key.len());
            from = [&key, &[0][..]].concat();
            continue;
        };
        from = at.after();
        // Keys come in order: only the last snapshot's parts are needed again.
        if !named.contains_key(&(at.run, at.tick)) {
            named.clear();
            named.insert((at.run, at.tick), named_parts(disk, at)?);
        }
        let keep = match &named[&(at.run, at.tick)] {
            Some(parts) => parts.contains(&at.part),
            None => true,
        };
        if !keep {
            swept += remove_chunks(disk, &at.prefix())?;
        }
    }
    if swept > 0 {
        tracing::info!(chunks = swept, "removed chunks of snapshots that were never completed");
        disk.sync()?;
    }
    Ok(())
}

/// The parts that a manifest names: none without one, `None` when it cannot be read and all must be kept.
fn named_parts(disk: &Disk, at: PartKey) -> Result<Option<HashSet<u32>>> {
    match manifest(disk, at.run, at.tick) {
        Ok(None) => Ok(Some(HashSet::new())),
        Ok(Some(manifest)) => Ok(Some(manifest.parts.iter().map(|part| part.index).collect())),
        Err(error) if error.is_fatal() => Err(error),
        Err(error) => {
            tracing::error!(run = %at.run, tick = at.tick, %error, "chunks are kept, their manifest cannot be read");
            Ok(None)
        }
    }
}

fn remove_chunks(disk: &Disk, prefix: &[u8]) -> Result<u64> {
    let failed = |error: sled::Error| StoreError::io("removing chunks of a snapshot", error);
    let mut removed = 0;
    for key in disk.chunks.scan_prefix(prefix).keys() {
        disk.chunks.remove(key.map_err(failed)?).map_err(failed)?;
        removed += 1;
    }
    Ok(removed)
}

fn name(at: PartKey) -> String {
    format!("snapshot of run {} at tick {}, part {}", at.run, at.tick, at.part)
}
