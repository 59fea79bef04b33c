//! Listings of runs, answered from the narrowest index.
//!
//! Filters and totals need index entries only; records are read for the page itself, and for all matches where
//! the sort asks for something that no entry holds. A listing that overlaps a commit may see either side of it, run
//! by run; a run that left the filter meanwhile is not shown. Every index used here begins with the tenant, so
//! that nothing of another tenant is ever looked at.

use crate::disk::Disk;
use crate::index::Entry;
use crate::{Result, RunId, RunPage, RunQuery, RunRecord, RunStatus, SortBy, StoreError, codec, keys};

/// One run.
pub(crate) fn run(disk: &Disk, id: RunId) -> Result<Option<RunRecord>> {
    let bytes = disk.state.get(keys::run(id));
    let bytes = bytes.map_err(|error| StoreError::io("reading a run", error))?;
    bytes.map(|bytes| codec::decode(&bytes)).transpose()
}

/// Every run with this status, oldest first.
pub(crate) fn with_status(disk: &Disk, status: RunStatus) -> Result<Vec<RunRecord>> {
    let mut runs = Vec::new();
    for entry in entries(disk, keys::all_by_status(status)) {
        runs.push(indexed_run(disk, entry?.run)?);
    }
    runs.retain(|run| run.status == status);
    Ok(runs)
}

/// A page of one tenant's runs.
pub(crate) fn list(disk: &Disk, query: &RunQuery) -> Result<RunPage> {
    let (ids, total) = match query.sort {
        SortBy::CreatedAt => by_time(disk, query)?,
        SortBy::Name | SortBy::Status | SortBy::Duration => by_key(disk, query)?,
    };
    let found = ids.len();
    let mut items = Vec::with_capacity(found);
    for id in ids {
        let run = indexed_run(disk, id)?;
        if run.tenant_id == query.tenant_id && matches(query, &Entry::of(&run)) {
            items.push(run);
        }
    }
    let total = total - (found - items.len());
    Ok(RunPage { items, total })
}

/// The page's ids and the total, in the order that the index has.
fn by_time(disk: &Disk, query: &RunQuery) -> Result<(Vec<RunId>, usize)> {
    let mut ids = Vec::new();
    let mut total = 0;
    let mut take = |entry: Result<Entry>| {
        let entry = entry?;
        if matches(query, &entry) {
            if total >= query.skip && ids.len() < query.limit {
                ids.push(entry.run);
            }
            total += 1;
        }
        Ok(())
    };
    if query.descending {
        entries(disk, narrowest(query)).rev().try_for_each(&mut take)?;
    } else {
        entries(disk, narrowest(query)).try_for_each(&mut take)?;
    }
    Ok((ids, total))
}

/// What a listing is sorted by, other than time. One listing has one kind only.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Name(String),
    Status(RunStatus),
    Duration(Option<u64>),
}

/// The page's ids and the total, sorted in memory. Of the records only the sort keys are kept.
fn by_key(disk: &Disk, query: &RunQuery) -> Result<(Vec<RunId>, usize)> {
    let mut sorted = Vec::new();
    for entry in entries(disk, narrowest(query)) {
        let entry = entry?;
        if matches(query, &entry) {
            sorted.push((sort_key(disk, query.sort, &entry)?, entry.run));
        }
    }
    sorted.sort_unstable();
    if query.descending {
        sorted.reverse();
    }
    let total = sorted.len();
    let ids = sorted.into_iter().map(|(_, id)| id).skip(query.skip).take(query.limit).collect();
    Ok((ids, total))
}

fn sort_key(disk: &Disk, sort: SortBy, entry: &Entry) -> Result<SortKey> {
    Ok(match sort {
        SortBy::Name => SortKey::Name(indexed_run(disk, entry.run)?.name),
        SortBy::Duration => SortKey::Duration(indexed_run(disk, entry.run)?.duration_ms()),
        SortBy::Status | SortBy::CreatedAt => SortKey::Status(entry.status),
    })
}

/// The prefix of the index with the fewest entries to look at: few runs are queued or running at any time, a
/// project is narrower than what has ended in some way, and there are few modes.
fn narrowest(query: &RunQuery) -> Vec<u8> {
    let tenant = query.tenant_id;
    match (query.status, query.project_id, query.mode) {
        (Some(status), _, _) if !status.is_terminal() => keys::by_status(tenant, status),
        (_, Some(project), _) => keys::by_project(tenant, project),
        (Some(status), None, _) => keys::by_status(tenant, status),
        (None, None, Some(mode)) => keys::by_mode(tenant, mode),
        (None, None, None) => keys::by_tenant(tenant),
    }
}

fn matches(query: &RunQuery, entry: &Entry) -> bool {
    query.project_id.is_none_or(|project| entry.project_id == project)
        && query.status.is_none_or(|status| entry.status == status)
        && query.mode.is_none_or(|mode| entry.mode == mode)
}

fn entries(disk: &Disk, prefix: Vec<u8>) -> impl DoubleEndedIterator<Item = Result<Entry>> + use<> {
    disk.state.scan_prefix(prefix).map(|entry| {
        let (key, value) = entry.map_err(|error| StoreError::io("reading an index", error))?;
        Entry::parse(&key, &value)
    })
}

/// A run that an index names: it must be there, since both are written in one transaction and runs stay.
fn indexed_run(disk: &Disk, id: RunId) -> Result<RunRecord> {
    run(disk, id)?.ok_or_else(|| StoreError::corrupt(format!("run {id}"), "its index entry stands alone"))
}
