//! Trees: children, forks, experiments, the map, restarts and tenants.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{Client, PROJECT, Server, asked, run_civitas};
use crate::{config, created, finish, node, node_of, shifts};

#[test]
fn a_childs_patch_adds_to_its_parents_and_ends_in_the_bytes_of_both_at_once() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let patch = |delta: f64| shifts(json!({"economy_confidence": delta}));
    let (_, root) = created(&server, json!({"config": config(1), "scenario_patch": patch(0.1)}));
    let (run, child) = created(
        &server,
        json!({"name": "More", "parent_node_id": root, "config": {"seed": 5}, "scenario_patch": patch(0.2)}),
    );
    let found = node(&server, &child);
    assert_eq!((&found["parent_node_id"], &found["depth"], &found["name"]), (&json!(root), &json!(1), &json!("More")));
    assert_eq!(found["patch"]["variable_deltas"], json!({"economy_confidence": 0.2}));
    assert_eq!(
        found["effective_patch"],
        json!({"variable_deltas": {"economy_confidence": 0.3}, "event_bundle_id": null})
    );
    let confidence = found["variables"].as_array().unwrap().iter().find(|v| v["name"] == "economy_confidence").unwrap();
    assert_eq!((&confidence["delta"], &confidence["value"]), (&json!(0.3), &json!(0.8)));
    assert_eq!(server.run(&run)["parent_node_id"], json!(root));
    let (at_once, other) = created(&server, json!({"config": config(5), "scenario_patch": patch(0.3)}));
    assert_ne!(other, child);
    for id in [&run, &at_once] {
        server.start(id).expect(202);
    }
    assert_eq!(server.outcome(&run), server.outcome(&at_once));

    // A child may be followed for longer.
    let (longer, _) = created(&server, json!({"parent_node_id": child, "config": {"horizon_ticks": 30}}));
    assert_eq!(server.run(&longer)["config"]["horizon_ticks"], json!(30));
    let children = server.get(&format!("/nodes/{root}/children")).expect(200).body;
    assert_eq!(
        (&children["total"], &children["items"][0]["id"], &children["items"][0]["children"]),
        (&json!(1), &json!(child), &json!(1))
    );
    let none = server.get(&format!("/nodes/{root}/children?skip=1&limit=1")).expect(200).body;
    assert_eq!((&none["items"], &none["page"], &none["pages"]), (&json!([]), &json!(2), &json!(1)));
}

#[test]
fn effects_are_part_of_a_patch_and_come_after_the_parents() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let storm = json!({"delta": 0.2, "from_tick": 5, "until_tick": 10});
    let trust = json!({"delta": -0.3, "from_tick": 7});
    let (_, root) =
        created(&server, json!({"config": config(1), "scenario_patch": shifts(json!({"economy_confidence": storm}))}));
    let patch = shifts(json!({"social_trust": trust}));
    let (run, child) =
        created(&server, json!({"parent_node_id": root, "config": {"seed": 1}, "scenario_patch": patch}));
    let found = node(&server, &child);
    let variables = |patch: &Value| -> Vec<Value> {
        patch["effects"].as_array().unwrap().iter().map(|effect| effect["variable"].clone()).collect()
    };
    assert_eq!(variables(&found["patch"]), ["social_trust"]);
    assert_eq!(variables(&found["effective_patch"]), ["economy_confidence", "social_trust"]);
    assert_eq!(found["config"], asked(&server.run(&run)["config"]));
    let both = shifts(json!({"economy_confidence": storm, "social_trust": trust}));
    let (at_once, other) = created(&server, json!({"config": config(1), "scenario_patch": both}));
    assert_ne!(other, child);
    let (more, same) = created(&server, json!({"node_id": child, "config": {"seed": 1}}));
    assert_eq!(same, child);
    for run in [&run, &at_once, &more] {
        finish(&server, run);
    }
    assert_eq!(server.outcome(&run), server.outcome(&at_once));
    assert_eq!(server.outcome(&more), server.outcome(&at_once));
    let refused = server.post_json("/runs", &json!({"node_id": child, "scenario_patch": patch})).expect(422);
    assert!(refused.text.contains("scenario_patch must be as in the node"), "{}", refused.text);

    // As many effects, and not the same.
    let wind = json!({"delta": 0.1, "from_tick": 5});
    let batch = json!({"project_id": PROJECT, "base_config": config(1), "variations": [
        {"scenario_patch": shifts(json!({"social_trust": storm}))}, {"scenario_patch": shifts(json!({"social_trust": wind}))}]});
    let batch = server.post_json("/runs/batch", &batch).expect(201).body;
    assert_ne!(
        node_of(&server, batch["runs"][0]["id"].as_str().unwrap()),
        node_of(&server, batch["runs"][1]["id"].as_str().unwrap())
    );
}

#[test]
fn forked_runs_stay_in_their_question_or_ask_a_new_one() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let patch = |delta: f64| shifts(json!({"economy_confidence": delta}));
    let (parent, root) = created(&server, json!({"config": config(7), "scenario_patch": patch(0.1)}));
    finish(&server, &parent);
    let fork = |body: Value| {
        let id = server.post_json(&format!("/runs/{parent}/fork"), &body).expect(201).id();
        (node_of(&server, &id), id)
    };
    assert_eq!(fork(json!({})).0, root);
    assert_eq!(fork(json!({"config": {"seed": 8}})).0, root);
    let (child, run) = fork(json!({"from_tick": 10, "scenario_patch": patch(-0.2)}));
    let found = node(&server, &child);
    assert_eq!((&found["parent_node_id"], &found["depth"]), (&json!(root), &json!(1)));
    assert_eq!(
        found["patch"],
        json!({"from_tick": 10, "variable_deltas": {"economy_confidence": -0.3}, "event_bundle_id": null})
    );
    assert_eq!(found["effective_patch"]["variable_deltas"], json!({"economy_confidence": -0.2}));
    assert_eq!(found["runs"][0]["forked_from"], json!({"run_id": parent, "tick": 10}));
    let (longer, _) = fork(json!({"config": {"horizon_ticks": 30}}));
    assert_eq!(node(&server, &longer)["parent_node_id"], json!(root));
    let elsewhere = fork(json!({"project_id": "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a99"})).0;
    assert_eq!((&node(&server, &elsewhere)["depth"], elsewhere != root), (&json!(0), true));
    // Asked for, it has a node of its own even with nothing changed.
    assert_ne!(fork(json!({"parent_node_id": root})).0, root);

    // One more seed of the forked question is stepped from tick 0, under both scenarios.
    finish(&server, &run);
    let (again, _) = created(&server, json!({"node_id": child, "config": {"seed": 7}}));
    finish(&server, &again);
    assert_eq!(server.outcome(&again), server.outcome(&run), "the seed of the fork, asked from the start");
}

#[test]
fn an_experiment_is_answered_with_more_seeds() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let campaign =
        std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/campaign.json")).unwrap();
    let started =
        server.send("POST", "//api/run-experiments", &[("Content-Type", "application/json")], Some(&campaign));
    let first = started.expect(200).body["data"]["id"].as_str().unwrap().to_owned();
    let asked = node_of(&server, &first);
    let more = server.post_json("/runs", &json!({"node_id": asked, "config": {"seed": 99}})).expect(201).id();
    server.outcome(&first);
    finish(&server, &more);
    let steps = |run: &str| {
        let report = server.get(&format!("/runs/{run}/results")).expect(200).body["experiment"]["steps"].clone();
        report.as_array().unwrap().len()
    };
    assert_eq!(steps(&more), steps(&first));
    let found = node(&server, &asked);
    assert_eq!((&found["mode"], &found["outcomes"]["adoption_rate"]["seeds"]), (&json!("experiment"), &json!(2)));
    let mode = json!({"node_id": asked, "mode": "society", "config": {"seed": 3}});
    let refused = server.post_json("/runs", &mode).expect(422);
    assert!(refused.text.contains("mode must be as in the node (experiment)"), "{}", refused.text);
}

/// The names of a map's nodes, and how many edges it has.
fn map(server: &Client, query: &str) -> (Vec<String>, usize, Value) {
    let map = server.get(&format!("/nodes/universe-map/{PROJECT}{query}")).expect(200).body;
    let name = |node: &Value| node["name"].as_str().unwrap().to_owned();
    let names = map["nodes"].as_array().unwrap().iter().map(name).collect();
    (names, map["edges"].as_array().unwrap().len(), map)
}

#[test]
fn the_map_has_nodes_and_edges_and_is_the_same_after_a_restart() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let mut above = created(&server, json!({"name": "a", "config": config(1)})).1;
    let root = above.clone();
    for name in ["b", "c"] {
        let patch = shifts(json!({"social_trust": 0.1}));
        above = created(&server, json!({"name": name, "parent_node_id": above, "scenario_patch": patch})).1;
    }
    let (run, _) = created(&server, json!({"name": "d", "config": config(2)}));
    finish(&server, &run);
    let (names, edges, whole) = map(&server, "");
    assert_eq!(
        (names.concat().as_str(), edges, &whole["total"], &whole["truncated"]),
        ("abcd", 2, &json!(4), &json!(false))
    );
    assert_eq!(whole["edges"][0]["from"], json!(root));
    for (query, wanted, edges) in [
        ("?max_depth=0", "ad", 0),
        ("?max_depth=1", "abd", 1),
        ("?status=succeeded", "d", 0),
        ("?status=queued&max_depth=1", "ab", 1),
        ("?status=failed", "", 0),
        ("?limit=2", "cd", 0),
    ] {
        let (names, found, map) = map(&server, query);
        assert_eq!((names.concat().as_str(), found), (wanted, edges), "{query}");
        assert_eq!((&map["total"], &map["truncated"]), (&json!(4), &json!(query == "?limit=2")), "{query}");
    }
    server.stop();
    let server = Server::start(folder.path(), &[]);
    assert_eq!(map(&server, "").2, whole);
    let empty = server.get("/nodes/universe-map/0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a98").expect(200).body;
    assert_eq!((&empty["nodes"], &empty["total"]), (&json!([]), &json!(0)));
}

#[test]
fn nobody_sees_or_joins_another_tenants_nodes() {
    let folder = tempdir().unwrap();
    let key = |tenant: &str| {
        let made = run_civitas(folder.path(), &["key", "create", "--tenant", tenant, "--data-dir", "data"], &[]);
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    };
    let (mine, theirs) = (key("mine"), key("theirs"));
    let server = Server::start(folder.path(), &[]);
    let (me, them) = (Client::new(server.addr(), Some(&mine)), Client::new(server.addr(), Some(&theirs)));
    let (_, own) = created(&me, json!({"config": config(1)}));
    let (_, other) = created(&them, json!({"config": config(1)}));
    for path in ["", "/children", "/path-analysis"] {
        me.get(&format!("/nodes/{own}{path}")).expect(200);
        them.get(&format!("/nodes/{own}{path}")).expect_error(404, "NODE_NOT_FOUND");
    }
    them.get(&format!("/nodes/compare?node_ids={other},{own}")).expect_error(404, "NODE_NOT_FOUND");
    for body in [json!({"node_id": own}), json!({"parent_node_id": own})] {
        let mut body = body;
        body["project_id"] = json!(PROJECT);
        them.post_json("/runs", &body).expect_error(404, "NODE_NOT_FOUND");
    }
    them.post_json("/nodes/fork", &json!({"parent_node_id": own})).expect_error(404, "NODE_NOT_FOUND");
    let batch = json!({"base_config": {"parent_node_id": own}, "variations": [{}]});
    them.post_json("/runs/batch", &batch).expect_error(404, "NODE_NOT_FOUND");
    assert_eq!(map(&them, "").2["total"], json!(1), "one project of two tenants is two projects");
    assert_eq!(node(&me, &own)["children"], json!(0));
    server.get(&format!("/nodes/{own}")).expect_error(401, "UNAUTHORIZED");
}

#[test]
fn a_run_of_a_node_is_recorded_as_it_asks() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (_, root) = created(&server, json!({"config": config(1)}));
    let none = json!({"enabled": false});
    for place in ["node_id", "parent_node_id"] {
        let body = |telemetry: &Value| json!({place: root, "config": {"seed": 2, "telemetry": telemetry}});
        let (run, _) = created(&server, body(&none));
        assert_eq!(server.run(&run)["config"]["telemetry"]["enabled"], false, "{place}");
        let mut odd = body(&json!({"sample_agents": "some"}));
        odd["project_id"] = json!(PROJECT);
        server.post_json("/runs", &odd).expect_error(400, "VALIDATION_ERROR");
    }
}

#[test]
fn a_shorter_child_leaves_out_what_comes_after_its_end() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let late = json!({"delta": 0.1, "from_tick": 18});
    let (_, root) =
        created(&server, json!({"config": config(1), "scenario_patch": shifts(json!({"social_trust": late}))}));
    let (run, child) = created(&server, json!({"parent_node_id": root, "config": {"seed": 1, "horizon_ticks": 10}}));
    finish(&server, &run);
    assert_eq!(node(&server, &child)["config"]["horizon_ticks"], 10);
}

#[test]
fn forks_that_share_a_past_are_not_answers_of_their_own() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (parent, root) = created(&server, json!({"config": config(7)}));
    finish(&server, &parent);
    for seed in [8, 9] {
        let fork =
            server.post_json(&format!("/runs/{parent}/fork"), &json!({"config": {"seed": seed}})).expect(201).id();
        finish(&server, &fork);
    }
    assert_eq!(node(&server, &root)["outcomes"]["adoption_rate"]["seeds"], 1);
    let (other, _) = created(&server, json!({"node_id": root, "config": {"seed": 8}}));
    finish(&server, &other);
    assert_eq!(node(&server, &root)["outcomes"]["adoption_rate"]["seeds"], 2);
}
