//! Nodes on a real server: were one of these to fail, a what-if would be told of another question than was asked, an interval
//! would say more than its runs do, or a tenant would see another's scenarios.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod compare;
mod refused;
#[path = "../support/mod.rs"]
mod support;
mod tree;

use serde_json::{Value, json};
use support::{Client, PROJECT, Server, asked};
use tempfile::tempdir;

/// A configuration that is done in a moment.
fn config(seed: u64) -> Value {
    json!({"seed": seed, "horizon_ticks": 20, "population": {"agents": 1000}, "snapshot_every_ticks": 10})
}

fn shifts(shifts: Value) -> Value {
    json!({"variable_deltas": shifts})
}

/// A run that was created, and its node.
fn created(server: &Client, body: Value) -> (String, String) {
    let mut whole = json!({"project_id": PROJECT});
    whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    let id = server.post_json("/runs", &whole).expect(201).id();
    let node = node_of(server, &id);
    (id, node)
}

fn node_of(server: &Client, run: &str) -> String {
    server.run(run)["outputs"]["node_id"].as_str().unwrap().to_owned()
}

fn node(server: &Client, id: &str) -> Value {
    server.get(&format!("/nodes/{id}")).expect(200).body
}

fn finish(server: &Client, run: &str) {
    server.start(run).expect(202);
    server.outcome(run);
}

/// A line of a run's outcome.
fn line(server: &Client, run: &str, name: &str) -> f64 {
    server.get(&format!("/runs/{run}/results")).expect(200).body["outcome_summary"][name].as_f64().unwrap()
}

#[test]
fn every_run_belongs_to_a_node_and_says_so() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (run, root) = created(&server, json!({"name": "Baseline", "config": config(1)}));
    finish(&server, &run);
    assert_eq!(server.wait(&run).data["node_id"], json!(root));
    assert_eq!(server.get(&format!("/runs/{run}/results")).expect(200).body["node_id"], json!(root));
    let found = node(&server, &root);
    assert_eq!(
        (&found["name"], &found["depth"], &found["parent_node_id"]),
        (&json!("Baseline"), &json!(0), &json!(null))
    );
    assert_eq!(
        (&found["status"], &found["project_id"], &found["mode"]),
        (&json!("succeeded"), &json!(PROJECT), &json!("society"))
    );
    assert_eq!(found["patch"], json!({"from_tick": 0, "variable_deltas": {}, "event_bundle_id": null}));
    assert_eq!((&found["effective_patch"], &found["children"]), (&json!(null), &json!(0)));
    assert_eq!(found["config"], asked(&server.run(&run)["config"]));
    let runs = found["runs"].as_array().unwrap();
    let outcome = &server.get(&format!("/runs/{run}/results")).expect(200).body["outcome_summary"];
    assert_eq!((runs.len(), &runs[0]["id"], &runs[0]["seed"]), (1, &json!(run), &json!(1)));
    assert_eq!(runs[0]["outcomes"]["adoption_rate"], outcome["adoption_rate"]);
    assert!(runs[0]["outcomes"].get("confidence_level").is_none(), "{}", runs[0]);

    // One more seed, and one that is the same again.
    let (second, same) = created(&server, json!({"node_id": root, "name": "More", "config": {"seed": 2}}));
    let (again, _) = created(&server, json!({"node_id": root, "config": {"seed": 1, "horizon_ticks": 20}}));
    assert_eq!(same, root);
    let (mut wanted, mut config) = (server.run(&run)["config"].clone(), server.run(&second)["config"].clone());
    for config in [&mut wanted, &mut config] {
        config.as_object_mut().unwrap().retain(|name, _| name != "seed" && name != "snapshot_every_ticks");
    }
    assert_eq!(config, wanted, "what is left out is as in the node");
    finish(&server, &second);
    finish(&server, &again);
    let found = node(&server, &root);
    let (a, b) = (line(&server, &run, "adoption_rate"), line(&server, &second, "adoption_rate"));
    assert_eq!(line(&server, &again, "adoption_rate"), a);
    let rate = &found["outcomes"]["adoption_rate"];
    assert_eq!(
        (&rate["seeds"], &found["run_counts"]["total"]),
        (&json!(2), &json!(3)),
        "equal seeds are one observation"
    );
    let number = |name: &str| rate[name].as_f64().unwrap();
    assert!((number("mean") - (a + b) / 2.0).abs() < 1e-12 && number("min") == a.min(b) && number("max") == a.max(b));
    // Of two numbers, s = |a − b| / √2, and t(0.975; 1) = 12.7062.
    assert!((number("standard_deviation") - (a - b).abs() / 2.0_f64.sqrt()).abs() < 1e-12);
    let half = 12.706_204_7 * (a - b).abs() / 2.0;
    let high = rate["interval_95"]["high"].as_f64().unwrap();
    assert!((high - (a + b) / 2.0 - half).abs() < 1e-6, "{high}");
}

#[test]
fn a_batch_of_seeds_is_one_question_and_other_scenarios_are_others() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let body = json!({"project_id": PROJECT, "name": "Trial", "base_config": config(0), "variations": [
        {"seed": 1}, {"seed": 2}, {"seed": 1, "scenario_patch": shifts(json!({"social_trust": 0.1})), "name": "Trust"},
        {"seed": 3}, {"seed": 1, "parameters": {"pace": 0.4}}]});
    let batch = server.post_json("/runs/batch", &body).expect(201).body;
    let nodes: Vec<_> =
        batch["runs"].as_array().unwrap().iter().map(|run| node_of(&server, run["id"].as_str().unwrap())).collect();
    assert!(nodes[0] == nodes[1] && nodes[0] == nodes[3], "{nodes:?}");
    assert!(nodes[0] != nodes[2] && nodes[2] != nodes[4] && nodes[0] != nodes[4], "{nodes:?}");
    assert_eq!(
        [node(&server, &nodes[0])["name"].clone(), node(&server, &nodes[2])["name"].clone()],
        ["Trial", "Trust"]
    );
    assert_eq!(node(&server, &nodes[0])["run_counts"]["queued"], json!(3));

    let more =
        json!({"project_id": PROJECT, "base_config": {"node_id": nodes[2]}, "variations": [{"seed": 8}, {"seed": 9}]});
    server.post_json("/runs/batch", &more).expect(201);
    assert_eq!(node(&server, &nodes[2])["run_counts"]["total"], json!(3));
    let below = json!({"base_config": {"parent_node_id": nodes[2], "scenario_patch": shifts(json!({"social_trust": 0.2}))},
        "variations": [{"seed": 1}, {"seed": 2}, {"scenario_patch": shifts(json!({"price_sensitivity": -0.1}))}], "auto_start": true});
    let below = server.post_json("/runs/batch", &below).expect(201).body;
    let found: Vec<_> =
        below["runs"].as_array().unwrap().iter().map(|run| node_of(&server, run["id"].as_str().unwrap())).collect();
    assert!(found[0] == found[1] && found[0] != found[2], "{found:?}");
    let patch = |id: &str| node(&server, id)["effective_patch"]["variable_deltas"].clone();
    assert_eq!(patch(&found[0]), json!({"social_trust": 0.3}));
    assert_eq!(patch(&found[2]), json!({"social_trust": 0.3, "price_sensitivity": -0.1}));
}

#[test]
fn a_kill_leaves_nodes_and_runs_together() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (_, root) = created(&server, json!({"name": "Before", "config": config(1)}));
    let fork = json!({"parent_node_id": root, "scenario_patch": shifts(json!({"social_trust": 0.1})), "seeds": [1, 2], "auto_run": true});
    let made = server.post_json("/nodes/fork", &fork).expect(201);
    server.kill9();

    let server = Server::start(folder.path(), &[]);
    let child = made.body["node"]["id"].as_str().unwrap();
    for run in made.body["runs"].as_array().unwrap() {
        let id = run["id"].as_str().unwrap();
        assert_eq!(node_of(&server, id), child);
        server.outcome(id);
    }
    let found = node(&server, child);
    assert_eq!((&found["parent_node_id"], &found["run_counts"]["succeeded"]), (&json!(root), &json!(2)));
    assert_eq!(node(&server, &root)["children"], json!(1));
    server.kill9();
    let said = support::said_by_civitas(folder.path(), &["doctor"], 0);
    assert!(said.contains("nodes"), "{said}");
}
