//! Nodes: were one of these to fail, a question could change after it was answered, stand above itself, lose a run, or be
//! shown to another tenant; or a damaged tree would be called sound.

#![allow(clippy::unwrap_used)]

mod common;

use civitas_store::doctor::examine;
use civitas_store::*;
use common::*;
use uuid::Uuid;

const PROJECT: ProjectId = Uuid::from_u128(7);

/// A node of the default tenant's project.
fn node(parent: Option<&NodeRecord>) -> NodeRecord {
    NodeRecord {
        id: fresh_id(),
        tenant_id: DEFAULT_TENANT,
        project_id: PROJECT,
        parent_id: parent.map(|parent| parent.id),
        depth: parent.map_or(0, |parent| parent.depth + 1),
        name: "a question".to_owned(),
        mode: RunMode::Society,
        patch: StoredPatch { from_tick: 0, variable_deltas: vec![("social_trust".to_owned(), 0.1)], effects: 0 },
        spec: run(Uuid::nil()).spec,
        created_at_ms: 1_700_000_000_000,
        created_by: "local".to_owned(),
    }
}

fn put_node(node: &NodeRecord) -> Change {
    Change::PutNode(Box::new(node.clone()))
}

/// A run that answers a node.
fn answer(id: RunId, node: &NodeRecord) -> RunRecord {
    RunRecord { node_id: Some(node.id), parent_node_id: node.parent_id, batch_id: None, ..run(id) }
}

/// A new node with its first run.
fn asked(store: &SledStore, parent: Option<&NodeRecord>) -> (NodeRecord, RunId) {
    let (node, first) = (node(parent), fresh_id());
    store.commit_wait(vec![put_node(&node), put(&answer(first, &node))]).unwrap();
    (node, first)
}

#[test]
fn nodes_come_back_with_their_runs_and_children_in_order() {
    let folder = folder();
    let store = open(folder.path());
    let (root, oldest) = asked(&store, None);
    let (first, second) = (asked(&store, Some(&root)).0, asked(&store, Some(&root)).0);
    let (deep, _) = asked(&store, Some(&second));
    let more = fresh_id();
    store.commit_wait(vec![put(&answer(more, &root))]).unwrap();
    let ended = RunRecord { status: RunStatus::Cancelled, completed_at_ms: Some(9), ..answer(more, &root) };
    store.commit_wait(vec![put(&ended)]).unwrap();
    store.close();

    let store = open(folder.path());
    assert_eq!(store.node(deep.id).unwrap().as_ref(), Some(&deep));
    assert_eq!(store.node(Uuid::max()).unwrap(), None);
    assert_eq!(store.node_ids(NodesOf::Parent(root.id)).unwrap(), [first.id, second.id]);
    assert_eq!(store.node_ids(NodesOf::Parent(deep.id)).unwrap(), Vec::<NodeId>::new());
    let all = [root.id, first.id, second.id, deep.id];
    assert_eq!(store.node_ids(NodesOf::Project(DEFAULT_TENANT, PROJECT)).unwrap(), all);
    assert_eq!(store.node_ids(NodesOf::Tenant(DEFAULT_TENANT)).unwrap(), all);
    assert_eq!(store.node_ids(NodesOf::Project(Uuid::max(), PROJECT)).unwrap(), Vec::<NodeId>::new());
    let runs = [(oldest, RunStatus::Queued), (more, RunStatus::Cancelled)];
    assert_eq!(store.node_runs(root.id).unwrap(), runs);
}

/// Commits changes that must be refused, whole, with these words.
fn refused(store: &SledStore, changes: Vec<Change>, says: &str) {
    let before = store.node_ids(NodesOf::Tenant(DEFAULT_TENANT)).unwrap();
    match store.commit_wait(changes) {
        Err(error @ StoreError::Node { .. }) => assert!(error.to_string().contains(says), "{error}"),
        other => panic!("{says}: {other:?}"),
    }
    assert_eq!(store.node_ids(NodesOf::Tenant(DEFAULT_TENANT)).unwrap(), before);
}

#[test]
fn history_never_changes_and_no_node_stands_above_itself() {
    let folder = folder();
    let store = open(folder.path());
    let (root, _) = asked(&store, None);
    let (child, _) = asked(&store, Some(&root));
    refused(&store, vec![put_node(&NodeRecord { patch: StoredPatch::default(), ..root.clone() })], "never changes");
    let looped = NodeRecord { parent_id: Some(child.id), depth: 2, ..root.clone() };
    refused(&store, vec![put_node(&looped)], "never changes");
    let own = node(None);
    let above_itself = NodeRecord { parent_id: Some(own.id), depth: 1, ..own.clone() };
    refused(&store, vec![put_node(&above_itself)], "has a parent that is not there");
    let (mut a, mut b) = (node(None), node(None));
    (a.parent_id, a.depth, b.parent_id, b.depth) = (Some(b.id), 1, Some(a.id), 1);
    refused(&store, vec![put_node(&a), put_node(&b)], "has a parent that is not there");
    refused(&store, vec![put_node(&NodeRecord { depth: 5, ..node(Some(&root)) })], "one below its parent");
    for stranger in [
        NodeRecord { tenant_id: Uuid::from_u128(5), ..node(Some(&root)) },
        NodeRecord { project_id: Uuid::from_u128(5), ..node(Some(&root)) },
    ] {
        refused(&store, vec![put_node(&stranger)], "another tenant or project");
    }
    assert_eq!(store.node(root.id).unwrap(), Some(root));
}

#[test]
fn a_run_belongs_to_one_node_of_its_own_project_for_good() {
    let folder = folder();
    let store = open(folder.path());
    let ((one, first), (other, _)) = (asked(&store, None), asked(&store, None));
    let moved = RunRecord { node_id: Some(other.id), ..answer(first, &one) };
    refused(&store, vec![put(&moved)], "keeps its runs");
    refused(&store, vec![put(&run(first))], "keeps its runs");
    let lost = NodeRecord { id: fresh_id(), ..one.clone() };
    refused(&store, vec![put(&answer(fresh_id(), &lost))], "is not there for the run");
    let strange = RunRecord { project_id: Uuid::from_u128(5), ..answer(fresh_id(), &one) };
    refused(&store, vec![put(&strange)], "another tenant or project");
    // A run of an earlier version stays without one.
    let old = fresh_id();
    store.commit_wait(vec![put(&run(old))]).unwrap();
    refused(&store, vec![put(&answer(old, &one))], "gets no older ones");
}

#[test]
fn a_node_gets_no_more_runs_than_it_may_have_however_they_come() {
    let folder = folder();
    let store = open(folder.path());
    let (node, first) = asked(&store, None);
    let (other, _) = asked(&store, None);
    let more: Vec<_> = (0..limits::MAX_RUNS_PER_NODE - 3).map(|_| put(&answer(fresh_id(), &node))).collect();
    store.commit_wait(more).unwrap();
    let two = || vec![put(&answer(fresh_id(), &node)), put(&answer(fresh_id(), &node))];
    store.commit_wait(two()).unwrap();
    for too_many in [two(), vec![put(&answer(fresh_id(), &other)), put(&answer(fresh_id(), &node))]] {
        let refused = store.commit_wait(too_many);
        assert!(matches!(refused, Err(StoreError::NodeFull { id }) if id == node.id), "{refused:?}");
    }
    assert_eq!(store.node_runs(node.id).unwrap().len(), limits::MAX_RUNS_PER_NODE);
    assert_eq!(store.node_runs(other.id).unwrap().len(), 1, "all of a request or none");
    // Those that it has may change.
    let ended = RunRecord { status: RunStatus::Cancelled, completed_at_ms: Some(9), ..answer(first, &node) };
    store.commit_wait(vec![put(&ended)]).unwrap();
}

#[test]
fn the_doctor_knows_nodes() {
    let says = |says: &str, change: &dyn Fn(&sled::Tree, &NodeRecord, &NodeRecord)| {
        let folder = folder();
        let store = open(folder.path());
        let (root, _) = asked(&store, None);
        let (child, _) = asked(&store, Some(&root));
        store.close();
        with_raw_sled(folder.path(), |db| change(&db.open_tree("state").unwrap(), &root, &child));
        let report = examine(folder.path(), common::folder().path()).unwrap();
        let faults: Vec<_> = report.faults.iter().map(|fault| format!("{}: {}", fault.what, fault.why)).collect();
        assert_eq!(faults.is_empty(), says.is_empty(), "{faults:?}");
        assert!(says.is_empty() || faults.iter().any(|fault| fault.contains(says)), "{says}: {faults:?}");
    };
    let key = |kind: &[u8], id: Uuid, rest: &[u8]| [kind, id.as_bytes(), rest].concat();
    says("", &|_, _, _| {});
    says("its parent", &|state, root, _| drop(state.remove(key(b"Q", root.id, &[0; 4])).unwrap()));
    says("it is not there, and its node is", &|state, root, _| {
        let entry = state.scan_prefix(key(b"r", root.id, &[])).keys().next().unwrap().unwrap();
        drop(state.remove(entry).unwrap());
    });
    says("there is no node that it stands for", &|state, root, _| {
        drop(state.insert(key(b"r", root.id, &[7; 24]), b"").unwrap());
    });
    says("no run belongs to it", &|state, _, _| {
        let runs: Vec<_> = state.scan_prefix(b"R").map(|entry| entry.unwrap().0).collect();
        runs.into_iter().for_each(|run| drop(state.remove(run).unwrap()));
    });
    says("5 of its 6 index entries", &|state, _, child| {
        let entry = state.scan_prefix(key(b"f", child.id, &[])).keys().next().unwrap().unwrap();
        drop(state.remove(entry).unwrap());
    });
}

#[test]
fn the_doctor_finds_a_run_that_answers_another_question() {
    let folder = folder();
    let store = open(folder.path());
    let (root, _) = asked(&store, None);
    let mut other = answer(fresh_id(), &root);
    other.spec.agents += 1;
    store.commit_wait(vec![put(&other)]).unwrap();
    let mut seed = answer(fresh_id(), &root);
    seed.spec.seed += 1;
    store.commit_wait(vec![put(&seed)]).unwrap();
    store.close();
    let report = examine(folder.path(), common::folder().path()).unwrap();
    let faults: Vec<_> = report.faults.iter().map(|fault| format!("{}: {}", fault.what, fault.why)).collect();
    assert_eq!(faults, [format!("run {}: it asks something else than its node {}", other.id, root.id)]);
}

#[test]
fn a_backup_has_the_nodes() {
    let (folder, copy) = (folder(), common::folder());
    let store = open(folder.path());
    let (root, _) = asked(&store, None);
    let (child, first) = asked(&store, Some(&root));
    let mut bytes = Vec::new();
    store.back_up(&mut bytes).unwrap();
    store.close();
    let restored = copy.path().join("restored");
    backup::restore(|| Ok(bytes.as_slice()), &restored).unwrap();
    let store = open(&restored);
    assert_eq!(store.node(child.id).unwrap(), Some(child.clone()));
    assert_eq!(store.node_runs(child.id).unwrap(), [(first, RunStatus::Queued)]);
}
