//! Bytes of data sets: writing, reading back with every check, removing, sweeping.
//!
//! They are written by the thread that adds a data set, straight into sled, before the record that names them is
//! committed: its log keeps order, so that a record never becomes durable before its bytes, and a commit stays small.
//! Bytes that no record names are debris of a crash or a drop and are swept when the store is opened.

use std::collections::HashSet;

use uuid::Uuid;

use crate::codec::BlobHeader;
use crate::disk::Disk;
use crate::limits::{DATASET_PART_BYTES, MAX_DATASET_BYTES};
use crate::sled_store::scan;
use crate::{DatasetRecord, PartManifest, Purpose, Result, StoreError, blobs, keys};

/// Compresses and writes the bytes of a data set, part by part.
pub(crate) fn write(disk: &Disk, data: Uuid, bytes: &[u8]) -> Result<Vec<PartManifest>> {
    let what = format!("data set {data}");
    StoreError::check_size(&what, bytes.len(), MAX_DATASET_BYTES)?;
    let mut parts = Vec::new();
    for (index, raw) in (0..).zip(bytes.chunks(DATASET_PART_BYTES)) {
        let (header, stored) = blobs::compress(&what, raw, DATASET_PART_BYTES)?;
        if let Err(refused) = disk.room.check(stored.len() as u64, Purpose::New) {
            remove(disk, data)?;
            return Err(refused);
        }
        let prefix = keys::dataset_part(data, index);
        for (number, chunk) in (0..).zip(blobs::cut(&stored)) {
            let written = disk.datasets.insert(keys::chunk(&prefix, number), chunk);
            written.map_err(|error| StoreError::io("writing a data set", error))?;
        }
        let BlobHeader { raw_len, stored_len, crc32 } = header;
        parts.push(PartManifest { index, raw_len, stored_len, crc32 });
    }
    Ok(parts)
}

/// The bytes of a data set.
pub(crate) fn read(disk: &Disk, record: &DatasetRecord) -> Result<Vec<u8>> {
    let what = format!("version {} of the data set {}", record.version, record.name);
    let max_stored = lz4_flex::block::get_maximum_output_size(DATASET_PART_BYTES);
    let mut bytes = Vec::new();
    for part in &record.parts {
        let stored =
            blobs::join(&disk.datasets, &keys::dataset_part(record.data_id, part.index), 0, max_stored, &what)?
                .ok_or_else(|| StoreError::corrupt(&what, "a part of it is not there"))?;
        let header = BlobHeader { raw_len: part.raw_len, stored_len: part.stored_len, crc32: part.crc32 };
        bytes.extend(blobs::expand(&what, &header, &stored, DATASET_PART_BYTES)?);
    }
    if bytes.len() as u64 != record.bytes {
        return Err(StoreError::corrupt(&what, format!("{} of {} bytes are there", bytes.len(), record.bytes)));
    }
    Ok(bytes)
}

/// Removes the bytes of a data set.
pub(crate) fn remove(disk: &Disk, data: Uuid) -> Result<()> {
    let failed = |error: sled::Error| StoreError::io("removing a data set", error);
    for key in disk.datasets.scan_prefix(data.as_bytes()).keys() {
        disk.datasets.remove(key.map_err(failed)?).map_err(failed)?;
    }
    Ok(())
}

/// Removes all bytes that no record names. Called when the store is opened, before anyone writes. Where a record cannot be
/// read nothing is removed, since it may name any of them.
pub(crate) fn sweep(disk: &Disk) -> Result<()> {
    let named: HashSet<Uuid> = match scan::<DatasetRecord>(disk, &keys::all_datasets()) {
        Ok(records) => records.into_iter().map(|record| record.data_id).collect(),
        Err(error) if error.is_fatal() => return Err(error),
        Err(error) => {
            tracing::error!(%error, "a data set cannot be read; bytes of dropped ones are kept");
            return Ok(());
        }
    };
    let mut from = Vec::new();
    let mut swept = 0_u32;
    while let Some(entry) = disk.datasets.range(from..).next() {
        let (key, _) = entry.map_err(|error| StoreError::io("looking for data sets without a record", error))?;
        let Some(data) = keys::dataset_of_chunk(&key) else {
            tracing::warn!("bytes under a key of {} bytes belong to no data set", key.len());
            from = [&key, &[0][..]].concat();
            continue;
        };
        if !named.contains(&data) {
            remove(disk, data)?;
            swept += 1;
        }
        // After every chunk of this one, and not after any other's.
        from = [keys::chunk(&keys::dataset_part(data, u32::MAX), u32::MAX), vec![0]].concat();
    }
    if swept > 0 {
        tracing::info!(swept, "removed the bytes of data sets that were dropped or never completed");
        disk.sync()?;
    }
    Ok(())
}
