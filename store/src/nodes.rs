//! Reading nodes: one of them, which there are, and which runs they have, from the narrowest index. It writes nothing.

use crate::disk::Disk;
use crate::index::Entry;
use crate::limits::MAX_RECORD_BYTES;
use crate::{NodeId, NodeRecord, NodesOf, Result, RunId, RunStatus, StoreError, blobs, codec, keys};

/// One node.
pub(crate) fn node(disk: &Disk, id: NodeId) -> Result<Option<NodeRecord>> {
    let what = format!("node {id}");
    let joined = {
        let _reading = disk.reading_chunked();
        blobs::join(&disk.state, &keys::node(id), 0, MAX_RECORD_BYTES, &what)?
    };
    let Some(bytes) = joined else { return Ok(None) };
    let node: NodeRecord = codec::decode(&bytes)?;
    if node.id != id {
        return Err(StoreError::corrupt(what, format!("it is node {}", node.id)));
    }
    Ok(Some(node))
}

/// The ids of nodes, oldest first; all of a tenant project by project.
pub(crate) fn ids(disk: &Disk, of: NodesOf) -> Result<Vec<NodeId>> {
    let prefix = match of {
        NodesOf::Tenant(tenant) => keys::nodes_of_tenant(tenant),
        NodesOf::Project(tenant, project) => keys::nodes_of_project(tenant, project),
        NodesOf::Parent(parent) => keys::children(parent),
    };
    let id = |key: std::result::Result<sled::IVec, sled::Error>| {
        let key = key.map_err(|error| StoreError::io("reading an index of nodes", error))?;
        let id = keys::index_run(&key);
        id.ok_or_else(|| StoreError::corrupt("an index entry of a node", "it names none"))
    };
    disk.state.scan_prefix(prefix).keys().map(id).collect()
}

/// A node's runs with their status, oldest first.
pub(crate) fn runs(disk: &Disk, id: NodeId) -> Result<Vec<(RunId, RunStatus)>> {
    let run = |entry: std::result::Result<(sled::IVec, sled::IVec), sled::Error>| {
        let (key, value) = entry.map_err(|error| StoreError::io("reading an index", error))?;
        Entry::parse(&key, &value).map(|entry| (entry.run, entry.status))
    };
    disk.state.scan_prefix(keys::by_node(id)).map(run).collect()
}
