//! What is refused: with a code, a text that starts with the field, and nothing stored.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{PROJECT, Server};
use crate::{config, created, node, shifts};

const NOBODY: &str = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a97";

#[test]
fn bad_requests_say_what_is_wrong_and_store_nothing() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let asked = json!({"config": config(1), "scenario_patch": shifts(json!({"social_trust": 0.8}))});
    let (run, root) = created(&server, asked);
    let (of, below) = (json!({"node_id": root}), json!({"parent_node_id": root}));
    let with = |base: &Value, more: Value| {
        let mut body = base.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let runs = [
        (with(&of, json!({"parent_node_id": root})), 400, "node_id and parent_node_id exclude each other"),
        (with(&of, json!({"parent_run_id": run})), 400, "node_id and parent_run_id exclude each other"),
        (with(&below, json!({"from_tick": 3})), 400, "from_tick needs parent_run_id"),
        (json!({"node_id": NOBODY}), 404, "Node 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a97 not found"),
        (json!({"parent_node_id": NOBODY}), 404, "Node 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a97 not found"),
        (json!({"parent_node_id": "x"}), 400, "parent_node_id must be a UUID"),
        (with(&of, json!({"config": {"horizon_ticks": 30}})), 422, "config.horizon_ticks must be as in the node (20)"),
        (
            with(&of, json!({"scenario_patch": shifts(json!({"social_trust": 0.1}))})),
            422,
            "scenario_patch must be as in the node",
        ),
        (
            with(&of, json!({"config": {"population": {"agents": 5}}})),
            422,
            "config.population.agents must be as in the node (1000)",
        ),
        (
            with(&below, json!({"config": {"population": {"dataset": "x"}}})),
            422,
            "config.population.dataset must be as in the node (us-2020)",
        ),
        (with(&below, json!({"config": {"model": "voter"}})), 422, "config.model must be as in the node (society)"),
        (
            with(&below, json!({"config": {"parameters": {"pace": 0.4}}})),
            422,
            "config.parameters.pace must be as in the node (not given)",
        ),
        (
            with(&below, json!({"config": {"network": {"kind": "ring"}}})),
            422,
            "config.network.kind must be as in the node (gravity)",
        ),
        (
            with(&below, json!({"config": {"scheduler": {"sample_rate": 0.5}}})),
            422,
            "config.scheduler.sample_rate must be as in the node (1)",
        ),
        (
            with(&below, json!({"config": {"dataset_version": "2"}})),
            422,
            "config.dataset_version must be as in the node (1.0.0)",
        ),
        (with(&below, json!({"mode": "experiment"})), 422, "mode must be as in the node (society)"),
        (with(&below, json!({"project_id": NOBODY})), 422, "project_id must be as in the node"),
        (with(&below, json!({"config": {"horizon_ticks": 1001}})), 400, "horizon_ticks must be between 1 and 1000"),
        (
            with(&below, json!({"scenario_patch": shifts(json!({"social_trust": 0.3}))})),
            400,
            "scenario_patch.variable_deltas.social_trust adds to its parent's: 0.8 and 0.3 come to 1.1, and must stay between -1 and 1",
        ),
        (
            with(&below, json!({"scenario_patch": shifts(json!({"social_trst": 0.1}))})),
            422,
            "unknown variable `social_trst`, did you mean `social_trust`?",
        ),
        (with(&below, json!({"scenario_patch": {"event_bundle_id": NOBODY}})), 404, "there is no event bundle"),
        (with(&below, json!({"name": ""})), 400, "name must have between 1 and 200 characters"),
    ];
    for (body, status, said) in &runs {
        let refused = server.post_json("/runs", body).expect(*status);
        assert!(refused.body["detail"].as_str().unwrap().starts_with(said), "{body}: {}", refused.text);
        let batch = json!({"base_config": body, "variations": [{}]});
        if !["name", "project_id", "parent_run_id"].iter().any(|field| body.get(field).is_some()) {
            let flat = with(&body.get("config").cloned().unwrap_or(json!({})), body.clone());
            let batch = with(&batch, json!({"base_config": without(flat, "config")}));
            let refused = server.post_json("/runs/batch", &batch);
            assert_eq!(refused.status, *status, "{batch}: {}", refused.text);
        }
    }
    let forks = [
        (json!({}), 400, "parent_node_id is required"),
        (json!({"parent_node_id": NOBODY}), 404, "Node"),
        (with(&below, json!({"seeds": []})), 400, "seeds must have between 1 and 50 entries, not 0"),
        (with(&below, json!({"seeds": [3, 3]})), 400, "seeds[1] is 3 once more"),
        (with(&below, json!({"seeds": [-3]})), 400, "seeds[0] must be between 0 and"),
        (with(&below, json!({"runs": 51})), 400, "runs must be between 1 and 50"),
        (with(&below, json!({"runs": 2, "seeds": [1]})), 400, "seeds and runs exclude each other"),
        (with(&below, json!({"config": {"seed": 1}})), 400, "config.seed must be left out"),
        (with(&below, json!({"config": {"model": "voter"}})), 422, "config.model must be as in the node (society)"),
        (
            with(&below, json!({"scenario_patch": shifts(json!({"social_trust": 0.3}))})),
            400,
            "scenario_patch.variable_deltas.social_trust adds",
        ),
        (with(&below, json!({"name": "a\nb"})), 400, "name must not contain control characters"),
        (with(&below, json!({"children": 1})), 400, "children is not a known field"),
    ];
    for (body, status, said) in forks {
        let refused = server.post_json("/nodes/fork", &body).expect(status);
        assert!(refused.body["detail"].as_str().unwrap().starts_with(said), "{body}: {}", refused.text);
    }
    for (path, said) in [
        ("/nodes/x", "id must be a UUID, not 'x'"),
        ("/nodes/universe-map/x", "project_id must be a UUID, not 'x'"),
        (&format!("/nodes/universe-map/{PROJECT}?status=done"), "query parameter status must be one of"),
        (&format!("/nodes/{root}/children?limit=0"), "query parameter limit must be between 1 and 100"),
        ("/nodes/compare", "query parameter node_ids is required"),
        (&format!("/nodes/compare?node_ids={root}"), "node_ids must name between 2 and 4 nodes, not 1"),
        (&format!("/nodes/compare?node_ids={root},{root}"), "node_ids must name every node once"),
    ] {
        let refused = server.get(path);
        assert_eq!(
            refused.expect_error(400, "VALIDATION_ERROR").get(..said.len()),
            Some(said),
            "{path}: {}",
            refused.text
        );
    }
    server.get("/nodes/fork").expect_error(405, "METHOD_NOT_ALLOWED");
    // Nothing of all that was stored.
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(1));
    assert_eq!(server.get(&format!("/nodes/universe-map/{PROJECT}")).expect(200).body["total"], json!(1));
    assert_eq!(node(&server, &root)["run_counts"]["total"], json!(1));
}

fn without(mut body: Value, field: &str) -> Value {
    body.as_object_mut().unwrap().remove(field);
    body
}

#[test]
fn forks_name_no_node_but_their_parents_and_models_are_not_mixed() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (run, root) = created(&server, json!({"config": config(1)}));
    server.start(&run).expect(202);
    server.outcome(&run);
    let (_, other) = created(&server, json!({"config": {"model": "voter", "population": {"agents": 100}}}));
    let fork = |body: Value| server.post_json(&format!("/runs/{run}/fork"), &body);
    let refused = fork(json!({"parent_node_id": other})).expect(400);
    assert!(refused.text.contains(&format!("parent_node_id must be {root}")), "{}", refused.text);
    let refused = fork(json!({"parent_node_id": root, "project_id": NOBODY})).expect(400);
    assert!(refused.text.contains("parent_node_id must be a node of the fork's project"), "{}", refused.text);
    let refused = server.get(&format!("/nodes/compare?node_ids={root},{other}")).expect(422);
    assert_eq!(refused.body["error_code"], json!("NODE_MISMATCH"));
    assert!(refused.text.contains("these are of society and voter"), "{}", refused.text);
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(2), "copies of refused forks are gone, too");
}
