//! The doctor's look at what is stored beside records: snapshots and data sets, every byte of them against its checksum, and
//! what no record names. It must not judge runs.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Report;
use super::records::{Runs, hex, records, under};
use crate::codec::LastVersion;
use crate::disk::Disk;
use crate::keys::{self, PartKey};
use crate::{DatasetKey, DatasetRecord, Result, RunId, StoreError, datasets, snapshots};

const SWEPT: &str = "no record names them: left by an interrupted write, removed at the next start";

/// Looks at the trees `chunks` and `datasets` and at the records that name what is in them.
pub(super) fn look(disk: &Disk, runs: &Runs, report: &mut Report) -> Result<()> {
    let named = snapshots(disk, runs, report)?;
    chunks(disk, &named, report)?;
    datasets(disk, report)
}

/// The parts that a snapshot's manifest names; `None` where it cannot be read.
type Named = BTreeMap<(RunId, u32), Option<BTreeSet<u32>>>;

/// Every manifest can be read and every part that it names matches its checksum.
fn snapshots(disk: &Disk, runs: &Runs, report: &mut Report) -> Result<Named> {
    let mut named = Named::new();
    for entry in under(disk, &keys::all_manifests()) {
        let (key, _) = entry?;
        match keys::chunked_id(&key).zip(keys::manifest_tick(&key)) {
            Some(at) => drop(named.insert(at, None)),
            None => report.fault(format!("key {}", hex(&key)), "it is not the key of a manifest"),
        }
    }
    for ((run, tick), parts) in &mut named {
        let what = format!("snapshot of run {run} at tick {tick}");
        if !runs.contains_key(run) {
            report.fault(&what, "there is no such run");
        }
        let read = snapshots::manifest(disk, *run, *tick);
        let Some(manifest) = report.checked(&what, read)?.flatten() else { continue };
        *parts = Some(manifest.parts.iter().map(|part| part.index).collect());
        report.count("snapshots", 1);
        // Part by part, so that one is held at a time and every damaged one is named.
        for part in &manifest.parts {
            let one = crate::SnapshotManifest { parts: vec![part.clone()], ..manifest.clone() };
            if report.checked(&what, snapshots::read(disk, &one))?.is_some() {
                report.count("snapshot parts", 1);
            }
        }
    }
    for (run, tick) in runs.iter().filter_map(|(run, known)| Some((*run, known.forked_at?))) {
        if !named.contains_key(&(run, tick)) {
            report.fault(format!("run {run}"), format!("it is a fork, and its snapshot of tick {tick} is not there"));
        }
    }
    Ok(named)
}

/// Parts that no manifest names are debris.
fn chunks(disk: &Disk, named: &Named, report: &mut Report) -> Result<()> {
    let failed = |error: sled::Error| StoreError::io("examining snapshots", error);
    let mut from = Vec::new();
    while let Some(entry) = disk.chunks.range(from..).next() {
        let (key, _) = entry.map_err(failed)?;
        let Some(at) = PartKey::of_chunk(&key) else {
            report.fault(format!("chunk {}", hex(&key)), "it belongs to no snapshot");
            from = [&key, &[0][..]].concat();
            continue;
        };
        from = at.after();
        let kept = match named.get(&(at.run, at.tick)) {
            Some(Some(parts)) => parts.contains(&at.part),
            Some(None) => true,
            None => false,
        };
        if !kept {
            report.note(format!("chunks of run {} at tick {}, part {}", at.run, at.tick, at.part), SWEPT);
        }
    }
    Ok(())
}

/// Every version of a data set has its bytes, every version that a run names is there, and no number can be given twice.
fn datasets(disk: &Disk, report: &mut Report) -> Result<()> {
    let mut data = BTreeSet::new();
    for (key, record) in records::<DatasetRecord>(disk, &keys::all_datasets(), report)? {
        let what = format!("version {} of the data set {}", record.version, record.name);
        if key != keys::dataset(&DatasetKey::of(&record)) {
            report.fault(&what, format!("it stands under the key {}", hex(&key)));
        }
        data.insert(record.data_id);
        if report.checked(&what, datasets::read(disk, &record))?.is_some() {
            report.count("versions of data sets", 1);
        }
        let last = crate::sled_store::get::<LastVersion>(disk, &keys::last_version(record.tenant_id, &record.name));
        let last = report.checked(&what, last)?.flatten();
        if last.is_none_or(|last| last.version < record.version) {
            report.fault(&what, "its number could be given again");
        }
    }
    for entry in under(disk, &keys::all_used_datasets()) {
        let (key, _) = entry?;
        if !disk.state.contains_key(keys::used_as_stored(&key)).map_err(|e| StoreError::io("examining data sets", e))? {
            report.fault(format!("data set at key {}", hex(&key)), "a run names it, and it is not there");
        }
    }
    orphans(disk, &data, report)
}

fn orphans(disk: &Disk, data: &BTreeSet<Uuid>, report: &mut Report) -> Result<()> {
    let mut from = Vec::new();
    while let Some(entry) = disk.datasets.range(from..).next() {
        let (key, _) = entry.map_err(|error| StoreError::io("examining data sets", error))?;
        let Some(id) = keys::dataset_of_chunk(&key) else {
            report.fault(format!("bytes at key {}", hex(&key)), "they belong to no data set");
            from = [&key, &[0][..]].concat();
            continue;
        };
        if !data.contains(&id) {
            report.note(format!("bytes of the data set {id}"), SWEPT);
        }
        from = [keys::chunk(&keys::dataset_part(id, u32::MAX), u32::MAX), vec![0]].concat();
    }
    Ok(())
}
