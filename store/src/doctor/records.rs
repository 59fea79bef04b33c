//! The doctor's look at records: every one decodes, every run has its index entries and no others, what a run says it has is
//! there, and nothing hangs on a run that is not there. It must not look at bytes beside the tree `state`.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Report;
use crate::codec::{self, ResultsUrl, Stored};
use crate::disk::Disk;
use crate::index::Indexed;
use crate::limits::{MAX_CAST_BYTES, MAX_EFFECTS_BYTES, MAX_RECORD_BYTES, MAX_RESULTS_BYTES, MAX_WORKFLOW_BYTES};
use crate::sled_store::document;
use crate::{
    BatchId, BatchRecord, KeyRecord, Result, RunId, RunMode, RunRecord, RunStatus, StoreError, StoredTelemetry,
    TenantRecord, blobs, keys,
};

/// What is needed of a run to judge what hangs on it.
pub(super) struct Known {
    pub(super) indexed: Indexed,
    batch: Option<BatchId>,
    pub(super) status: RunStatus,
    pub(super) current_tick: u32,
    mode: RunMode,
    has_effects: bool,
    has_results: bool,
    /// The tick that it goes on from, where it is a fork.
    pub(super) forked_at: Option<u32>,
    entries: usize,
}

/// The runs of the store.
pub(super) type Runs = BTreeMap<RunId, Known>;

/// Looks at everything in the tree `state` but manifests, nodes and data sets.
pub(super) fn look(disk: &Disk, report: &mut Report) -> Result<Runs> {
    known_kinds(disk, report)?;
    let mut runs = read_runs(disk, report)?;
    indices(disk, &mut runs, report)?;
    batches(disk, &runs, report)?;
    results(disk, &runs, report)?;
    workflows(disk, &runs, report)?;
    telemetry(disk, &runs, report)?;
    results_urls(disk, &runs, report)?;
    effects(disk, &runs, report)?;
    casts(disk, &runs, report)?;
    access(disk, report)?;
    Ok(runs)
}

/// The entries of the tree `state` under a prefix.
pub(super) fn under(disk: &Disk, prefix: &[u8]) -> impl Iterator<Item = Result<(sled::IVec, sled::IVec)>> + use<> {
    let failed = |error: sled::Error| StoreError::io("examining records", error);
    disk.state.scan_prefix(prefix).map(move |entry| entry.map_err(failed))
}

/// The records of one kind whose values stand whole, with their keys.
pub(super) fn records<T: Stored>(disk: &Disk, prefix: &[u8], report: &mut Report) -> Result<Vec<(sled::IVec, T)>> {
    let mut found = Vec::new();
    for entry in under(disk, prefix) {
        let (key, value) = entry?;
        let what = format!("{} at key {}", T::WHAT, hex(&key));
        if let Some(record) = report.checked(&what, codec::decode::<T>(&value))? {
            found.push((key, record));
        }
    }
    Ok(found)
}

/// The ids that keys `kind id chunk` of one kind hold.
pub(super) fn ids(disk: &Disk, prefix: &[u8]) -> Result<BTreeSet<Uuid>> {
    under(disk, prefix).filter_map(|entry| entry.map(|(key, _)| keys::chunked_id(&key)).transpose()).collect()
}

pub(super) fn hex(key: &[u8]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn known_kinds(disk: &Disk, report: &mut Report) -> Result<()> {
    for entry in under(disk, &[]) {
        let (key, _) = entry?;
        if !key.first().is_some_and(|kind| keys::KINDS.contains(kind)) {
            report.fault(format!("key {}", hex(&key)), "no record has a key of this kind");
        }
    }
    Ok(())
}

fn read_runs(disk: &Disk, report: &mut Report) -> Result<Runs> {
    let mut runs = Runs::new();
    for (key, run) in records::<RunRecord>(disk, &keys::runs(), report)? {
        if key != keys::run(run.id) {
            report.fault(format!("run {}", run.id), format!("it stands under the key {}", hex(&key)));
            continue;
        }
        report.count("runs", 1);
        report.count(&format!("runs {}", run.status), 1);
        let (batch, status, mode, has_results) = (run.batch_id, run.status, run.mode, run.has_results);
        let current_tick = run.current_tick;
        if run.status == RunStatus::Succeeded && !has_results {
            report.fault(format!("run {}", run.id), "it has succeeded, and has no results");
        }
        if run.status.is_terminal() != run.completed_at_ms.is_some() {
            report.fault(format!("run {}", run.id), format!("it is {}, which its times contradict", run.status));
        }
        let (indexed, forked_at) = (Indexed::of(&run), run.forked_from.map(|from| from.tick));
        let has_effects = run.spec.effects > 0;
        let known =
            Known { indexed, batch, status, current_tick, mode, has_effects, has_results, forked_at, entries: 0 };
        runs.insert(run.id, known);
    }
    Ok(runs)
}

/// Every entry is one of its run's, and every run has all of its own.
fn indices(disk: &Disk, runs: &mut Runs, report: &mut Report) -> Result<()> {
    for kind in keys::INDICES {
        for entry in under(disk, &[kind]) {
            let (key, value) = entry?;
            let what = format!("index entry {}", hex(&key));
            let Some(known) = keys::index_run(&key).and_then(|run| runs.get_mut(&run)) else {
                report.fault(what, "there is no run that it stands for");
                continue;
            };
            let own = known.indexed.keys().iter().any(|own| key == *own);
            if own && value == known.indexed.value() {
                known.entries += 1;
            } else {
                report.fault(what, format!("run {} does not say what it says", known.indexed.id()));
            }
        }
    }
    for (id, known) in &*runs {
        let expected = known.indexed.keys().len();
        if known.entries != expected {
            report.fault(format!("run {id}"), format!("{} of its {expected} index entries are there", known.entries));
        }
    }
    Ok(())
}

/// A batch and its runs name each other.
fn batches(disk: &Disk, runs: &Runs, report: &mut Report) -> Result<()> {
    let mut listed: BTreeMap<RunId, BatchId> = BTreeMap::new();
    for id in ids(disk, &keys::batches())? {
        let what = format!("batch {id}");
        let bytes = blobs::join(&disk.state, &keys::batch(id), 0, MAX_RECORD_BYTES, &what);
        let batch = bytes.and_then(|bytes| codec::decode::<BatchRecord>(&bytes.unwrap_or_default()));
        let Some(batch) = report.checked(&what, batch)? else { continue };
        report.count("batches", 1);
        for run in batch.run_ids {
            if runs.get(&run).is_none_or(|known| known.batch != Some(id)) {
                report.fault(&what, format!("run {run}, which it lists, is not there or is of another batch"));
            }
            listed.insert(run, id);
        }
    }
    for (id, known) in runs {
        if let Some(batch) = known.batch
            && listed.get(id) != Some(&batch)
        {
            report.fault(format!("run {id}"), format!("batch {batch} is not there or does not list it"));
        }
    }
    Ok(())
}

/// A document of which at least one chunk is there.
fn whole(disk: &Disk, prefix: &[u8], what: &str, max: usize) -> Result<Vec<u8>> {
    document(disk, prefix, what, max)?.ok_or_else(|| StoreError::corrupt(what, "its first chunk is missing"))
}

/// Results are there exactly where the record says so, and expand.
fn results(disk: &Disk, runs: &Runs, report: &mut Report) -> Result<()> {
    let stored = ids(disk, &keys::all_results())?;
    for id in &stored {
        let what = format!("results of run {id}");
        if report.checked(&what, whole(disk, &keys::results(*id), &what, MAX_RESULTS_BYTES))?.is_some() {
            report.count("results", 1);
        }
        match runs.get(id) {
            None => report.fault(what, "there is no such run"),
            // Of a pause that it has gone on from; its next end replaces them.
            Some(known) if known.status == RunStatus::Running && !known.has_results => {}
            Some(known) if known.status == RunStatus::Running => report.fault(what, "the run has not ended"),
            Some(known) if known.status == RunStatus::Queued => report.fault(what, "the run has never run"),
            Some(known) if !known.has_results => report.fault(what, "the run's record says that it has none"),
            Some(_) => {}
        }
    }
    for (id, _) in runs.iter().filter(|(id, known)| known.has_results && !stored.contains(id)) {
        report.fault(format!("run {id}"), "its record says that it has results, and there are none");
    }
    Ok(())
}

/// Every experiment has its workflow.
fn workflows(disk: &Disk, runs: &Runs, report: &mut Report) -> Result<()> {
    let stored = ids(disk, &keys::all_workflows())?;
    for id in &stored {
        let what = format!("workflow of run {id}");
        if report.checked(&what, whole(disk, &keys::workflow(*id), &what, MAX_WORKFLOW_BYTES))?.is_some() {
            report.count("workflows", 1);
        }
        if !runs.contains_key(id) {
            report.fault(what, "there is no such run");
        }
    }
    for (id, _) in runs.iter().filter(|(id, known)| known.mode == RunMode::Experiment && !stored.contains(id)) {
        report.fault(format!("run {id}"), "it is an experiment, and its workflow is not there");
    }
    Ok(())
}

/// What is said of telemetry is said of a run that is there.
fn telemetry(disk: &Disk, runs: &Runs, report: &mut Report) -> Result<()> {
    for (key, _) in records::<StoredTelemetry>(disk, &keys::all_telemetry(), report)? {
        report.count("telemetry records", 1);
        let run = key.get(1..).and_then(|id| RunId::from_slice(id).ok());
        if !run.is_some_and(|run| runs.contains_key(&run)) {
            report.fault(format!("telemetry record at key {}", hex(&key)), "there is no such run");
        }
    }
    Ok(())
}

/// A copy of results is of results that are there.
fn results_urls(disk: &Disk, runs: &Runs, report: &mut Report) -> Result<()> {
    for (key, _) in records::<ResultsUrl>(disk, &keys::all_results_urls(), report)? {
        report.count("copies of results", 1);
        let what = format!("URL of results at key {}", hex(&key));
        let run = key.get(1..).and_then(|id| RunId::from_slice(id).ok());
        match run.and_then(|run| runs.get(&run)) {
            None => report.fault(what, "there is no such run"),
            // Of a pause that it has gone on from.
            Some(known) if known.status == RunStatus::Running => {}
            Some(known) if !known.has_results => report.fault(what, "the run has no results"),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Every run whose scenario has effects has them stored.
fn effects(disk: &Disk, runs: &Runs, report: &mut Report) -> Result<()> {
    let stored = ids(disk, &keys::all_effects())?;
    for id in &stored {
        let what = format!("effects of run {id}");
        if report.checked(&what, whole(disk, &keys::effects(*id), &what, MAX_EFFECTS_BYTES))?.is_some() {
            report.count("scenarios with effects", 1);
        }
        if !runs.contains_key(id) {
            report.fault(what, "there is no such run");
        }
    }
    for (id, _) in runs.iter().filter(|(id, known)| known.has_effects && !stored.contains(id)) {
        report.fault(format!("run {id}"), "its scenario has effects, and they are not there");
    }
    Ok(())
}

/// Every run that names agents has its cast.
fn casts(disk: &Disk, runs: &Runs, report: &mut Report) -> Result<()> {
    let stored = ids(disk, &keys::all_casts())?;
    for id in &stored {
        let what = format!("cast of run {id}");
        if report.checked(&what, whole(disk, &keys::cast(*id), &what, MAX_CAST_BYTES))?.is_some() {
            report.count("casts", 1);
        }
        if !runs.contains_key(id) {
            report.fault(what, "there is no such run");
        }
    }
    for (id, known) in runs.iter().filter(|(id, known)| known.mode.has_cast() && !stored.contains(id)) {
        report.fault(format!("run {id}"), format!("its mode is {}, and its cast is not there", known.mode.as_str()));
    }
    Ok(())
}

/// Keys open the door of a tenant that is there; speeds can be read.
fn access(disk: &Disk, report: &mut Report) -> Result<()> {
    let tenants: BTreeSet<_> =
        records::<TenantRecord>(disk, &keys::tenants(), report)?.into_iter().map(|(_, tenant)| tenant.id).collect();
    report.count("tenants", tenants.len() as u64);
    for (_, key) in records::<KeyRecord>(disk, &keys::api_keys(), report)? {
        report.count("API keys", 1);
        if !tenants.contains(&key.tenant_id) {
            report.fault(format!("API key {}", key.id), format!("its tenant {} is not there", key.tenant_id));
        }
    }
    records::<codec::Speed>(disk, &keys::speed(""), report)?;
    Ok(())
}
