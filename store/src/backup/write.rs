//! Writing a backup. The records of one moment come from the committer; the bytes that they name are read after it, which is
//! right because they never change and nothing of them is removed while a backup is made.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use super::read::chained;
use super::{BLOCK_BYTES, CHUNKS, DATASETS, MAGIC, STATE, VERSION};
use crate::disk::Disk;
use crate::keys::{self, PartKey};
use crate::limits::STORE_FORMAT;
use crate::{DatasetRecord, Result, SnapshotManifest, StoreError, codec, datasets};

/// The tree `state` as it was at one moment.
pub(crate) type Records = BTreeMap<sled::IVec, sled::IVec>;

/// What a backup holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Entries of all kinds.
    pub entries: u64,
    /// Runs.
    pub runs: u64,
    /// Snapshots.
    pub snapshots: u64,
    /// Snapshots that could not be read or were being replaced; their runs go on from older ones.
    pub snapshots_left_out: u64,
}

/// Writes the backup of a store whose records are these.
pub(crate) fn write(disk: &Disk, mut records: Records, out: &mut dyn Write) -> Result<Copied> {
    let mut blocks = Blocks::begin(out)?;
    let mut copied = Copied::default();
    for (run, tick) in manifests(&records) {
        let keys = keys_under(&records, &keys::manifest(run, tick));
        match snapshot(disk, &records, &keys) {
            Ok(entries) => {
                entries.iter().try_for_each(|(key, value)| blocks.put(CHUNKS, key, value))?;
                copied.snapshots += 1;
            }
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => {
                tracing::warn!(%run, tick, %error, "a snapshot is left out of the backup");
                keys.iter().for_each(|key| drop(records.remove(key)));
                copied.snapshots_left_out += 1;
            }
        }
    }
    for key in keys_under(&records, &keys::all_datasets()) {
        let record: DatasetRecord = codec::decode(&records[&key])?;
        // Read for its checksums: a backup must not hold what cannot be used.
        datasets::read(disk, &record)?;
        for entry in disk.datasets.scan_prefix(record.data_id.as_bytes()) {
            let (key, value) = entry.map_err(|error| StoreError::io("reading a data set", error))?;
            blocks.put(DATASETS, &key, &value)?;
        }
    }
    copied.runs = keys_under(&records, &keys::runs()).len() as u64;
    records.iter().try_for_each(|(key, value)| blocks.put(STATE, key, value))?;
    copied.entries = blocks.end()?;
    Ok(copied)
}

fn keys_under(records: &Records, prefix: &[u8]) -> Vec<sled::IVec> {
    let from = records.range(sled::IVec::from(prefix)..).map(|(key, _)| key);
    from.take_while(|key| key.starts_with(prefix)).cloned().collect()
}

/// The run and tick of every manifest.
fn manifests(records: &Records) -> BTreeSet<(crate::RunId, u32)> {
    let keys = keys_under(records, &keys::all_manifests());
    keys.iter().filter_map(|key| keys::chunked_id(key).zip(keys::manifest_tick(key))).collect()
}

/// The chunks of the snapshot whose manifest stands under these keys, checked.
fn snapshot(disk: &Disk, records: &Records, keys: &[sled::IVec]) -> Result<Vec<(sled::IVec, sled::IVec)>> {
    let bytes: Vec<u8> = keys.iter().flat_map(|key| records[key].iter().copied()).collect();
    let manifest: SnapshotManifest = codec::decode(&bytes)?;
    let mut entries = Vec::new();
    for part in &manifest.parts {
        let at = PartKey { run: manifest.run_id, tick: manifest.tick, part: part.index };
        let (mut hasher, mut length) = (crc32fast::Hasher::new(), 0_u64);
        for entry in disk.chunks.scan_prefix(at.prefix()) {
            let (key, value) = entry.map_err(|error| StoreError::io("reading a snapshot", error))?;
            hasher.update(&value);
            length += value.len() as u64;
            entries.push((key, value));
        }
        // Of what is put into the backup, not of what is read a moment later.
        if (hasher.finalize(), length) != (part.crc32, part.stored_len) {
            return Err(StoreError::corrupt(format!("part {}", part.index), "its checksum does not match"));
        }
    }
    Ok(entries)
}

/// A backup on its way out.
struct Blocks<'a> {
    out: &'a mut dyn Write,
    block: Vec<u8>,
    crc: u32,
    entries: u64,
}

impl<'a> Blocks<'a> {
    fn begin(out: &'a mut dyn Write) -> Result<Self> {
        let magic = [MAGIC, &[b'0' + VERSION, b'\n']].concat();
        let format = STORE_FORMAT.to_le_bytes();
        let crc = chained(chained(0, &magic), &format);
        let mut blocks = Self { out, block: Vec::with_capacity(BLOCK_BYTES), crc, entries: 0 };
        blocks.send(&[&magic, &format])?;
        Ok(blocks)
    }

    fn send(&mut self, pieces: &[&[u8]]) -> Result<()> {
        let failed = |error| StoreError::io("writing the backup", error);
        pieces.iter().try_for_each(|piece| self.out.write_all(piece)).map_err(failed)
    }

    fn put(&mut self, tree: u8, key: &[u8], value: &[u8]) -> Result<()> {
        self.block.push(tree);
        self.block.extend_from_slice(&(key.len() as u32).to_le_bytes());
        self.block.extend_from_slice(&(value.len() as u32).to_le_bytes());
        self.block.extend_from_slice(key);
        self.block.extend_from_slice(value);
        self.entries += 1;
        if self.block.len() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let block = std::mem::take(&mut self.block);
        let stored = lz4_flex::block::compress(&block);
        self.crc = chained(self.crc, &stored);
        let lengths = [block.len() as u32, stored.len() as u32, self.crc].map(u32::to_le_bytes).concat();
        self.send(&[&lengths, &stored])
    }

    fn end(mut self) -> Result<u64> {
        self.flush()?;
        let count = self.entries.to_le_bytes();
        let crc = chained(self.crc, &count).to_le_bytes();
        self.send(&[&[0; 8], &crc, &count])?;
        self.out.flush().map_err(|error| StoreError::io("writing the backup", error))?;
        Ok(self.entries)
    }
}
