//! Tests of the rules of nodes.

use civitas_store::{ForkPoint, RunMode, RunStatus, StoredEra};

use super::*;
use crate::lifecycle::tests::record;

fn deltas(deltas: &[(&str, f64)]) -> BTreeMap<String, f64> {
    deltas.iter().map(|&(name, delta)| (name.to_owned(), delta)).collect()
}

fn stored(list: &[(&str, f64)]) -> Vec<(String, f64)> {
    deltas(list).into_iter().collect()
}

fn run(seed: u64, shifts: &[(&str, f64)]) -> RunRecord {
    let spec = StoredSpec { seed, horizon_ticks: 100, variable_deltas: stored(shifts), ..StoredSpec::default() };
    RunRecord { id: Uuid::now_v7(), name: format!("run {seed}"), spec, ..record(RunStatus::Queued) }
}

fn known(node: &NodeRecord, runs: usize) -> BTreeMap<NodeId, Known> {
    [(node.id, Known { node: node.clone(), beside: Beside::default(), runs })].into()
}

/// Places runs; gives the new nodes.
fn placed(
    runs: &mut [(RunRecord, NodePlace)],
    known: &BTreeMap<NodeId, Known>,
    common_name: Option<&str>,
) -> Result<Vec<NodeRecord>> {
    let asked =
        runs.iter_mut().map(|(record, place)| Asked { record, place: *place, beside: Beside::default(), common_name });
    place(asked.collect(), known)
}

/// A root with one run.
fn root(shifts: &[(&str, f64)]) -> NodeRecord {
    placed(&mut [(run(1, shifts), NodePlace::Root)], &BTreeMap::new(), None).unwrap().remove(0)
}

#[test]
fn patches_add_up_to_twelve_decimals_and_stay_in_range() {
    let spec = RunSpec { variable_deltas: deltas(&[("trust", 0.1), ("media", -0.5)]), ..RunSpec::default() };
    let child = shifted(&spec, &deltas(&[("trust", 0.2), ("media", 0.5), ("price", 1.0)]), &[]).unwrap();
    assert_eq!(child.variable_deltas, deltas(&[("trust", 0.3), ("price", 1.0)]));
    assert_eq!(shifted(&spec, &BTreeMap::new(), &[]).unwrap(), spec);
    let said = shifted(&spec, &deltas(&[("media", -0.6)]), &[]).unwrap_err().to_string();
    assert!(
        said.starts_with("scenario_patch.variable_deltas.media adds to its parent's: -0.5 and -0.6 come to -1.1"),
        "{said}"
    );
    // What a fork left behind is shifted as well.
    let forked =
        spec.turned(60, civitas_engine::Turn { variable_deltas: deltas(&[("trust", 0.9)]), ..Default::default() });
    let child = shifted(&forked, &deltas(&[("trust", 0.1)]), &[]).unwrap();
    assert_eq!((child.past[0].variable_deltas["trust"], child.variable_deltas["trust"]), (0.2, 1.0));
    assert!(shifted(&forked, &deltas(&[("trust", -1.2)]), &[]).is_err(), "-1.1 before the fork");
}

#[test]
fn runs_of_a_batch_that_differ_by_their_seed_share_a_node() {
    let place = NodePlace::Root;
    let mut runs = [
        (run(1, &[]), place),
        (run(2, &[]), place),
        (run(1, &[("trust", 0.1)]), place),
        (run(2, &[("media", 0.0)]), place),
    ];
    let nodes = placed(&mut runs, &BTreeMap::new(), Some("Trial")).unwrap();
    let names: Vec<_> = nodes.iter().map(|node| (node.name.as_str(), node.depth, node.parent_id)).collect();
    assert_eq!(names, [("Trial", 0, None), ("run 1", 0, None)]);
    let ids: Vec<_> = runs.iter().map(|(run, _)| run.node_id.unwrap()).collect();
    assert_eq!(ids, [nodes[0].id, nodes[0].id, nodes[1].id, nodes[0].id]);
    assert_eq!(nodes[1].patch, StoredPatch { from_tick: 0, variable_deltas: stored(&[("trust", 0.1)]), effects: 0 });
    assert_eq!(nodes[1].spec.seed, 1);
}

#[test]
fn a_child_has_what_it_adds_and_a_fork_from_which_tick_on() {
    let parent = root(&[("trust", 0.1), ("media", 0.4)]);
    let mut child = [(run(5, &[("trust", 0.3), ("media", 0.4)]), NodePlace::Below(parent.id))];
    let node = placed(&mut child, &known(&parent, 1), None).unwrap().remove(0);
    assert_eq!((node.parent_id, node.depth), (Some(parent.id), 1));
    assert_eq!(node.patch, StoredPatch { from_tick: 0, variable_deltas: stored(&[("trust", 0.2)]), effects: 0 });
    assert_eq!(child[0].0.parent_node_id, Some(parent.id));

    let era =
        StoredEra { until_tick: 60, seed: 1, horizon_ticks: 100, variable_deltas: parent.spec.variable_deltas.clone() };
    let mut fork = run(8, &[("trust", 0.1)]);
    fork.spec.past = vec![era];
    fork.forked_from = Some(ForkPoint { run_id: Uuid::from_u128(1), tick: 60 });
    let node = placed(&mut [(fork, NodePlace::Below(parent.id))], &known(&parent, 1), None).unwrap().remove(0);
    assert_eq!(node.patch, StoredPatch { from_tick: 60, variable_deltas: stored(&[("media", -0.4)]), effects: 0 });
    assert_eq!((node.spec.seed, node.spec.past[0].seed), (8, 8), "one seed throughout");
}

#[test]
fn what_is_not_as_in_the_node_is_named() {
    let node = root(&[("trust", 0.1)]);
    let differs = |place: NodePlace, change: &dyn Fn(&mut RunRecord)| {
        let mut other = run(2, &[("trust", 0.1)]);
        change(&mut other);
        match placed(&mut [(other, place)], &known(&node, 1), None) {
            Err(RuntimeError::NodeMismatch { field, .. }) => field,
            Ok(nodes) => format!("{} new", nodes.len()),
            Err(error) => error.to_string(),
        }
    };
    let (of, below) = (NodePlace::Of(node.id), NodePlace::Below(node.id));
    assert_eq!(differs(of, &|_| {}), "0 new");
    assert_eq!(differs(of, &|run| run.spec.batch_size = 7), "0 new");
    assert_eq!(differs(of, &|run| run.spec.horizon_ticks = 200), "config.horizon_ticks");
    assert_eq!(differs(below, &|run| run.spec.horizon_ticks = 200), "1 new");
    assert_eq!(differs(of, &|run| run.spec.variable_deltas.clear()), "scenario_patch");
    for place in [of, below] {
        assert_eq!(differs(place, &|run| run.spec.agents = 5), "config.population");
        assert_eq!(differs(place, &|run| run.spec.model = "voter".to_owned()), "config.model");
        assert_eq!(differs(place, &|run| run.spec.rewiring = 0.5), "config.network");
        assert_eq!(differs(place, &|run| run.project_id = Uuid::from_u128(9)), "project_id");
        assert_eq!(differs(place, &|run| run.mode = RunMode::Experiment), "mode");
        assert!(differs(place, &|run| run.tenant_id = Uuid::from_u128(9)).ends_with("not found"));
    }
}

#[test]
fn trees_and_nodes_have_their_limits() {
    let mut node = root(&[]);
    for depth in 1..=MAX_NODE_DEPTH {
        node = placed(&mut [(run(1, &[]), NodePlace::Below(node.id))], &known(&node, 1), None).unwrap().remove(0);
        assert_eq!(node.depth, depth);
    }
    let limit = |run: RunRecord, place: NodePlace, runs: usize| {
        let refused = placed(&mut [(run, place)], &known(&node, runs), None);
        matches!(refused, Err(RuntimeError::NodeLimit(_)))
    };
    assert!(limit(run(1, &[]), NodePlace::Below(node.id), 1));
    assert!(!limit(run(2, &[]), NodePlace::Of(node.id), MAX_RUNS_PER_NODE - 1));
    assert!(limit(run(2, &[]), NodePlace::Of(node.id), MAX_RUNS_PER_NODE));
    let mut two = [(run(2, &[]), NodePlace::Of(node.id)), (run(3, &[]), NodePlace::Of(node.id))];
    let refused = placed(&mut two, &known(&node, MAX_RUNS_PER_NODE - 1), None);
    assert!(matches!(refused, Err(RuntimeError::NodeLimit(_))), "each is counted");
}

#[test]
fn a_childs_effects_come_after_its_parents_and_make_another_question() {
    let storm = |delta: f64| Effect::shift("media", delta);
    let beside = |effects: &[Effect]| Beside { effects: effects.to_vec(), ..Beside::default() };
    let parent = beside(&[storm(0.1), storm(0.2)]);
    assert_eq!(beside(&[storm(0.1), storm(0.2), storm(0.3)]).added(Some(&parent)), 1);
    assert_eq!(parent.added(None), 2);
    assert_eq!(beside(&[storm(0.1), storm(0.2)]).added(Some(&parent)), 0);
    let spec = RunSpec { effects: vec![storm(0.1)], ..RunSpec::default() };
    assert_eq!(shifted(&spec, &BTreeMap::new(), &[storm(0.2)]).unwrap().effects, [storm(0.1), storm(0.2)]);

    let mut runs = [run(1, &[]), run(2, &[]), run(3, &[])];
    let asked = runs.iter_mut().zip([0.1, 0.2, 0.1]).map(|(record, delta)| {
        record.spec.effects = 1;
        Asked { record, place: NodePlace::Root, beside: beside(&[storm(delta)]), common_name: None }
    });
    let nodes = place(asked.collect(), &BTreeMap::new()).unwrap();
    assert_eq!((nodes.len(), nodes[0].patch.effects), (2, 1));
    assert_eq!((runs[0].node_id, runs[0].node_id == runs[1].node_id), (runs[2].node_id, false));
}
