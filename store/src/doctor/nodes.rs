//! The doctor's look at nodes: every one decodes, stands below a parent of its own project, has its index entries and no
//! others, and its runs ask what it asks.

use std::collections::{BTreeMap, BTreeSet};

use super::Report;
use super::records::{Runs, hex, ids, under};
use crate::disk::Disk;
use crate::index::node_keys;
use crate::{NodeId, NodeRecord, Result, keys, nodes, query};

/// Looks at every node, and at every run that belongs to one.
pub(super) fn look(disk: &Disk, runs: &Runs, report: &mut Report) -> Result<()> {
    let mut known: BTreeMap<NodeId, NodeRecord> = BTreeMap::new();
    for id in ids(disk, &keys::all_nodes())? {
        if let Some(node) = report.checked(&format!("node {id}"), nodes::node(disk, id))?.flatten() {
            report.count("nodes", 1);
            known.insert(id, node);
        }
    }
    let answered: BTreeSet<NodeId> = runs.values().filter_map(|run| run.indexed.node_id()).collect();
    for node in known.values() {
        parent(node, &known, report);
        if !answered.contains(&node.id) {
            report.fault(format!("node {}", node.id), "no run belongs to it, and it is made with one");
        }
    }
    indices(disk, &known, report)?;
    runs.iter().try_for_each(|(id, run)| match run.indexed.node_id() {
        Some(node) => answers(disk, *id, node, &known, report),
        None => Ok(()),
    })
}

fn parent(node: &NodeRecord, known: &BTreeMap<NodeId, NodeRecord>, report: &mut Report) {
    let what = || format!("node {}", node.id);
    let whose = |node: &NodeRecord| (node.tenant_id, node.project_id);
    match node.parent_id.map(|parent| (parent, known.get(&parent))) {
        None if node.depth == 0 => {}
        None => report.fault(what(), "it has a depth and no parent"),
        Some((parent, None)) => report.fault(what(), format!("its parent {parent} is not there")),
        Some((_, Some(above))) if whose(above) != whose(node) => {
            report.fault(what(), "its parent is of another tenant or project");
        }
        Some((_, Some(above))) if above.depth + 1 != node.depth => {
            report.fault(what(), "its depth is not one more than its parent's")
        }
        Some(_) => {}
    }
}

/// Every entry is one of its node's, and every node has all of them.
fn indices(disk: &Disk, known: &BTreeMap<NodeId, NodeRecord>, report: &mut Report) -> Result<()> {
    let mut missing: BTreeSet<Vec<u8>> = known.values().flat_map(node_keys).collect();
    for kind in keys::NODE_INDICES {
        for entry in under(disk, &[kind]) {
            let (key, _) = entry?;
            if !missing.remove(key.as_ref()) {
                report.fault(format!("index entry {}", hex(&key)), "there is no node that it stands for");
            }
        }
    }
    for key in missing {
        report.fault(format!("index entry {}", hex(&key)), "it is not there, and its node is");
    }
    Ok(())
}

/// A run belongs to a node of its own project that asks what it asks.
fn answers(
    disk: &Disk,
    id: NodeId,
    node: NodeId,
    known: &BTreeMap<NodeId, NodeRecord>,
    report: &mut Report,
) -> Result<()> {
    let what = format!("run {id}");
    let Some(node) = known.get(&node) else {
        report.fault(what, format!("its node {node} is not there"));
        return Ok(());
    };
    // One that cannot be read has been told.
    let Some(run) = report.checked(&what, query::run(disk, id))?.flatten() else { return Ok(()) };
    if (run.tenant_id, run.project_id) != (node.tenant_id, node.project_id) {
        report.fault(&what, format!("its node {} is of another tenant or project", node.id));
    }
    if run.spec.question() != node.spec.question() || run.mode != node.mode {
        report.fault(&what, format!("it asks something else than its node {}", node.id));
    }
    if run.parent_node_id != node.parent_id {
        report.fault(&what, format!("it names another parent than its node {}", node.id));
    }
    Ok(())
}
