//! Nodes as the runtime knows them: which one is meant, what a run of it is asked, and to which one runs that are created
//! belong. What the rules are is [`crate::nodes`]' matter; this reads what they need.

use std::collections::BTreeMap;

use civitas_engine::EngineError;
use civitas_store::{NodeId, NodeRecord, RunRecord, StoreError, TenantId};

use super::{NewFork, Runtime};
use crate::error::{Result, RuntimeError};
use crate::nodes::{Asked, Beside, Known, NodePlace, place};
use crate::request::{Execution, NewRun};
use crate::supervisor::spec_of;

impl Runtime {
    /// A node of a tenant.
    ///
    /// # Errors
    /// [`RuntimeError::NoNode`].
    pub fn node(&self, tenant: TenantId, id: NodeId) -> Result<NodeRecord> {
        self.store.node(id)?.filter(|node| node.tenant_id == tenant).ok_or(RuntimeError::NoNode(id))
    }

    /// A run to create that asks what this node asks, with the seed of its first run: set another, and submit it. With
    /// [`crate::shifted`] and [`NodePlace::Below`] it becomes a child's first.
    ///
    /// # Errors
    /// [`RuntimeError::NoNode`], [`RuntimeError::Store`].
    pub fn run_of_node(&self, tenant: TenantId, id: NodeId, created_by: &str) -> Result<NewRun> {
        let node = self.node(tenant, id)?;
        let run = self.some_run(&node)?;
        let versions = node.spec.versions.clone();
        Ok(NewRun {
            tenant_id: tenant,
            project_id: node.project_id,
            node: NodePlace::Of(id),
            node_name: None,
            created_by: created_by.to_owned(),
            spec: spec_of(&RunRecord { spec: node.spec, ..run }, self.store.as_ref())?,
            name: node.name,
            bundle: None,
            agents_left_out: false,
            execution: Execution::default(),
            versions,
        })
    }

    /// A run of a node, which has what a node does not keep: the workflow of experiments, and the effects of
    /// scenarios. They all have the same.
    fn some_run(&self, node: &NodeRecord) -> Result<RunRecord> {
        let missing =
            || StoreError::Corrupt { what: format!("node {}", node.id), why: "no run belongs to it".to_owned() };
        let (id, _) = self.store.node_runs(node.id)?.into_iter().next().ok_or_else(missing)?;
        Ok(self.store.run(id)?.ok_or_else(missing)?)
    }

    /// Has records of these runs belong to their nodes, and gives the nodes that are new.
    pub(super) fn placed(&self, runs: &[NewRun], records: &mut [RunRecord]) -> Result<Vec<NodeRecord>> {
        let mut known = BTreeMap::new();
        for run in runs {
            if let NodePlace::Of(id) | NodePlace::Below(id) = run.node
                && !known.contains_key(&id)
            {
                let node = self.node(run.tenant_id, id)?;
                let beside = Beside::of(&spec_of(&self.some_run(&node)?, self.store.as_ref())?);
                // How many there are is of use for those alone that want to join.
                let runs = match run.node {
                    NodePlace::Of(_) => self.store.node_runs(id)?.len(),
                    NodePlace::Below(_) | NodePlace::Root => 0,
                };
                known.insert(id, Known { node, beside, runs });
            }
        }
        let asked = runs.iter().zip(records).map(|(run, record)| Asked {
            record,
            place: run.node,
            beside: Beside::of(&run.spec),
            common_name: run.node_name.as_deref(),
        });
        place(asked.collect(), &known)
    }

    /// Where a fork of this run belongs: to its parent's node with nothing but another seed, else below it. In another project,
    /// and of a run that has no node, it asks a question of its own.
    pub(super) fn place_of_fork(&self, fork: &NewFork, parent: &RunRecord, child: &RunRecord) -> Result<NodePlace> {
        let wrong =
            |must: String| Err(EngineError::invalid("parent_node_id", format!("{must}, or be left out")).into());
        let node = parent.node_id.filter(|_| child.project_id == parent.project_id);
        let node = match (node, fork.parent_node_id) {
            (None, None) => return Ok(NodePlace::Root),
            (None, Some(_)) => {
                return wrong("must be a node of the fork's project that has the run that is forked".to_owned());
            }
            (Some(node), Some(named)) if node != named => {
                return wrong(format!("must be {node}, the node of the run that is forked"));
            }
            (Some(node), Some(_)) => return Ok(NodePlace::Below(node)),
            (Some(node), None) => self.node(parent.tenant_id, node)?,
        };
        let same = child.spec.question() == node.spec.question();
        Ok(if same { NodePlace::Of(node.id) } else { NodePlace::Below(node.id) })
    }
}
