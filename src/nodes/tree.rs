//! Trees of nodes: the way from a root, children, and the map of a project. Reads records and indices, no results.

use civitas_actors::{Result, RuntimeError};
use civitas_engine::{Effect, effects_from_bytes};
use civitas_store::{NodeId, NodeRecord, NodesOf, ProjectId, RunStatus, StoreError, TenantId};

use super::NodeReader;

/// A node in a tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Twig {
    /// The node.
    pub node: NodeRecord,
    /// The status of each of its runs, oldest first.
    pub runs: Vec<RunStatus>,
    /// How many children it has.
    pub children: usize,
    /// The effects of its scenario, its own last.
    pub effects: Vec<Effect>,
}

/// Which nodes of a project are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapQuery {
    /// The deepest that are shown; roots have depth 0.
    pub max_depth: Option<u32>,
    /// Only nodes with this status.
    pub status: Option<RunStatus>,
    /// How many are shown at the most.
    pub limit: usize,
}

/// Nodes of a project, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeMap {
    /// Those that are shown.
    pub nodes: Vec<Twig>,
    /// How many the project has in all.
    pub total: usize,
    /// More match than are shown; the newest are.
    pub truncated: bool,
}

impl Twig {
    /// How many of its runs have this status.
    pub fn count(&self, status: RunStatus) -> usize {
        self.runs.iter().filter(|found| **found == status).count()
    }

    /// Where its runs stand as a whole: at work while any of them is, else how the best of them ended.
    pub fn status(&self) -> RunStatus {
        let order = [RunStatus::Running, RunStatus::Queued, RunStatus::Paused, RunStatus::Succeeded, RunStatus::Failed];
        order.into_iter().find(|status| self.runs.contains(status)).unwrap_or(RunStatus::Cancelled)
    }
}

impl NodeReader {
    /// A node of a tenant.
    ///
    /// # Errors
    /// [`RuntimeError::NoNode`].
    pub fn node(&self, tenant: TenantId, id: NodeId) -> Result<NodeRecord> {
        self.store.node(id)?.filter(|node| node.tenant_id == tenant).ok_or(RuntimeError::NoNode(id))
    }

    /// A node with the status of its runs.
    ///
    /// # Errors
    /// [`RuntimeError::Store`].
    pub fn twig(&self, node: NodeRecord) -> Result<Twig> {
        let runs = self.store.node_runs(node.id)?.into_iter().map(|(_, status)| status).collect();
        let children = self.store.node_ids(NodesOf::Parent(node.id))?.len();
        let effects = self.effects(&node)?;
        Ok(Twig { node, runs, children, effects })
    }

    /// The effects of a node's scenario, which stand beside the records of its runs.
    fn effects(&self, node: &NodeRecord) -> Result<Vec<Effect>> {
        let some_run = self.store.node_runs(node.id)?.into_iter().next().filter(|_| node.spec.effects > 0);
        let Some((run, _)) = some_run else { return Ok(Vec::new()) };
        let missing = || StoreError::Corrupt { what: format!("the effects of run {run}"), why: "not there".to_owned() };
        let bytes = self.store.effects(run)?.ok_or_else(missing)?;
        Ok(effects_from_bytes(&bytes)?)
    }

    /// A page of a node's children, oldest first, and how many there are.
    ///
    /// # Errors
    /// [`RuntimeError::NoNode`] for the node.
    pub fn children(&self, tenant: TenantId, id: NodeId, skip: usize, limit: usize) -> Result<(Vec<Twig>, usize)> {
        self.node(tenant, id)?;
        let ids = self.store.node_ids(NodesOf::Parent(id))?;
        let page = ids.iter().skip(skip).take(limit).map(|&id| self.twig(self.node(tenant, id)?));
        Ok((page.collect::<Result<_>>()?, ids.len()))
    }

    /// The nodes from the root down to this one.
    ///
    /// # Errors
    /// [`RuntimeError::NoNode`].
    pub fn path(&self, tenant: TenantId, id: NodeId) -> Result<Vec<NodeRecord>> {
        let mut path = vec![self.node(tenant, id)?];
        while let Some(parent) = path.last().and_then(|node| node.parent_id) {
            path.push(self.node(tenant, parent)?);
        }
        path.reverse();
        Ok(path)
    }

    /// The nodes of a project; of all of the tenant's projects where none is named.
    ///
    /// # Errors
    /// [`RuntimeError::Store`].
    pub fn map(&self, tenant: TenantId, project: Option<ProjectId>, query: MapQuery) -> Result<NodeMap> {
        let of = project.map_or(NodesOf::Tenant(tenant), |project| NodesOf::Project(tenant, project));
        let ids = self.store.node_ids(of)?;
        let (mut nodes, mut truncated) = (Vec::new(), false);
        for &id in ids.iter().rev() {
            let node = self.node(tenant, id)?;
            if query.max_depth.is_some_and(|deepest| node.depth > deepest) {
                continue;
            }
            let twig = self.twig(node)?;
            if query.status.is_some_and(|status| twig.status() != status) {
                continue;
            }
            if nodes.len() == query.limit {
                truncated = true;
                break;
            }
            nodes.push(twig);
        }
        nodes.reverse();
        Ok(NodeMap { nodes, total: ids.len(), truncated })
    }
}
