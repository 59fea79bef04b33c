//! The indices of runs: which entries a run has, and what an entry tells without reading the run.
//!
//! Owns the pairing of a run with its entries, and of a node with those that it has. Every entry repeats status, mode and project, so that
//! filters and totals are answered from one index alone. Entries are replaced in the same transaction as their
//! run, by the committer only.

use uuid::Uuid;

use crate::{NodeId, NodeRecord, ProjectId, Result, RunId, RunMode, RunRecord, RunStatus, StoreError, TenantId, keys};

const VALUE_BYTES: usize = 1 + 1 + 16;

/// The byte that stands for a status on the disk.
pub(crate) fn status_byte(status: RunStatus) -> u8 {
    match status {
        RunStatus::Queued => 1,
        RunStatus::Running => 2,
        RunStatus::Succeeded => 3,
        RunStatus::Failed => 4,
        RunStatus::Cancelled => 5,
        RunStatus::Paused => 6,
    }
}

/// The byte that stands for a mode on the disk.
pub(crate) fn mode_byte(mode: RunMode) -> u8 {
    match mode {
        RunMode::Society => 1,
        RunMode::Experiment => 2,
        RunMode::Target => 3,
        RunMode::Hybrid => 4,
    }
}

/// The part of a run that its index entries are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Indexed {
    id: RunId,
    tenant_id: TenantId,
    project_id: ProjectId,
    created_at_ms: u64,
    status: RunStatus,
    mode: RunMode,
    node_id: Option<NodeId>,
}

impl Indexed {
    pub(crate) fn of(run: &RunRecord) -> Self {
        Self {
            id: run.id,
            tenant_id: run.tenant_id,
            project_id: run.project_id,
            created_at_ms: run.created_at_ms,
            status: run.status,
            mode: run.mode,
            node_id: run.node_id,
        }
    }

    pub(crate) fn id(&self) -> RunId {
        self.id
    }

    /// The node that it belongs to.
    pub(crate) fn node_id(&self) -> Option<NodeId> {
        self.node_id
    }

    /// True where both are of one tenant and project.
    pub(crate) fn is_beside(&self, node: &NodeRecord) -> bool {
        (self.tenant_id, self.project_id) == (node.tenant_id, node.project_id)
    }

    /// The keys of its entries.
    pub(crate) fn keys(&self) -> Vec<Vec<u8>> {
        let prefixes = [
            keys::by_tenant(self.tenant_id),
            keys::by_status(self.tenant_id, self.status),
            keys::by_project(self.tenant_id, self.project_id),
            keys::by_mode(self.tenant_id, self.mode),
            keys::all_by_status(self.status),
        ];
        let prefixes = prefixes.into_iter().chain(self.node_id.map(keys::by_node));
        prefixes.map(|prefix| keys::index(prefix, self.created_at_ms, self.id)).collect()
    }

    /// The value of each of its entries.
    pub(crate) fn value(&self) -> Vec<u8> {
        let mut value = vec![status_byte(self.status), mode_byte(self.mode)];
        value.extend_from_slice(self.project_id.as_bytes());
        value
    }
}

/// The keys of a node's entries.
pub(crate) fn node_keys(node: &NodeRecord) -> Vec<Vec<u8>> {
    let project = keys::nodes_of_project(node.tenant_id, node.project_id);
    let prefixes = [project].into_iter().chain(node.parent_id.map(keys::children));
    prefixes.map(|prefix| keys::index(prefix, node.created_at_ms, node.id)).collect()
}

/// One entry as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) run: RunId,
    pub(crate) status: RunStatus,
    pub(crate) mode: RunMode,
    pub(crate) project_id: ProjectId,
}

impl Entry {
    /// What the entries of this version of a run tell.
    pub(crate) fn of(run: &RunRecord) -> Self {
        Self { run: run.id, status: run.status, mode: run.mode, project_id: run.project_id }
    }

    /// Takes an entry of any index apart.
    pub(crate) fn parse(key: &[u8], value: &[u8]) -> Result<Self> {
        Self::try_parse(key, value)
            .ok_or_else(|| StoreError::corrupt("an index entry", format!("{value:02x?} says nothing")))
    }

    fn try_parse(key: &[u8], value: &[u8]) -> Option<Self> {
        let value: &[u8; VALUE_BYTES] = value.try_into().ok()?;
        Some(Self {
            run: keys::index_run(key)?,
            status: RunStatus::ALL.into_iter().find(|s| status_byte(*s) == value[0])?,
            mode: RunMode::ALL.into_iter().find(|m| mode_byte(*m) == value[1])?,
            project_id: Uuid::from_slice(&value[2..]).ok()?,
        })
    }
}
