//! Reading event scripts and bundles: one of them, which there are, and which index entries each has. It writes nothing.

use std::collections::BTreeSet;

use crate::disk::Disk;
use crate::keys::{self, events as at};
use crate::limits::MAX_RECORD_BYTES;
use crate::{EventId, EventKind, EventRecord, ProjectId, Result, StoreError, TenantId, blobs, codec};

/// One script or bundle.
pub(crate) fn event(disk: &Disk, id: EventId) -> Result<Option<EventRecord>> {
    let what = format!("event script or bundle {id}");
    let joined = {
        let _reading = disk.reading_chunked();
        blobs::join(&disk.state, &at::event(id), 0, MAX_RECORD_BYTES, &what)?
    };
    let Some(bytes) = joined else { return Ok(None) };
    let event: EventRecord = codec::decode(&bytes)?;
    if event.id != id {
        return Err(StoreError::corrupt(what, format!("it is {}", event.id)));
    }
    Ok(Some(event))
}

/// The ids of a tenant's scripts or bundles, oldest first.
pub(crate) fn ids(disk: &Disk, kind: EventKind, tenant: TenantId, project: Option<ProjectId>) -> Result<Vec<EventId>> {
    let prefix = project.map_or_else(|| at::of_tenant(kind, tenant), |project| at::of_project(kind, tenant, project));
    let id = |key: std::result::Result<sled::IVec, sled::Error>| {
        let key = key.map_err(|error| StoreError::io("reading an index of events", error))?;
        let id = keys::index_run(&key);
        id.ok_or_else(|| StoreError::corrupt("an index entry of an event script or bundle", "it names none"))
    };
    let mut ids = disk.state.scan_prefix(prefix).keys().map(id).collect::<Result<Vec<_>>>()?;
    // Of all projects together; ids of version 7 sort by time.
    ids.sort_unstable();
    Ok(ids)
}

/// The keys of a record's index entries: its project's, and a bundle's for each script that it names.
pub(crate) fn index_keys(event: &EventRecord) -> BTreeSet<Vec<u8>> {
    let project = at::of_project(event.kind(), event.tenant_id, event.project_id);
    let listed = keys::index(project, event.created_at_ms, event.id);
    event.scripts().map(|script| at::used(script, event.id)).chain([listed]).collect()
}
