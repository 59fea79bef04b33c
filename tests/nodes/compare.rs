//! Comparisons: what is said of differences is what the runs' results say, seed by seed.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{Client, PROJECT, Server, eventually, said_by_civitas};
use crate::{config, line, node, shifts};

/// A root with three seeds and a child with two of them and one of its own, all done.
fn two_questions(server: &Client) -> (Value, Value) {
    let body = json!({"project_id": PROJECT, "name": "Baseline", "base_config": config(0), "auto_start": true,
        "variations": [{"seed": 1}, {"seed": 2}, {"seed": 3}]});
    let first = server.post_json("/runs/batch", &body).expect(201).body["runs"][0]["id"].as_str().unwrap().to_owned();
    let root = server.run(&first)["outputs"]["node_id"].as_str().unwrap().to_owned();
    let fork = json!({"parent_node_id": root, "scenario_patch": shifts(json!({"economy_confidence": 0.3})),
        "seeds": [2, 1, 9], "auto_run": true});
    let made = server.post_json("/nodes/fork", &fork).expect(201);
    let child = made.body["node"]["id"].as_str().unwrap();
    assert_eq!(made.header("location"), format!("/api/v1/nodes/{child}"));
    assert_eq!(
        (&made.body["total"], &made.body["node"]["name"]),
        (&json!(3), &json!("Baseline, economy_confidence +0.3"))
    );
    assert_eq!(made.body["runs"][2]["seed"], json!(9));
    let done = |id: &str| {
        eventually("all runs are done", || {
            let found = node(server, id);
            (found["run_counts"]["succeeded"] == json!(3)).then_some(found)
        })
    };
    (done(&root), done(child))
}

/// A line of each run, by seed.
fn by_seed(server: &Client, node: &Value) -> Vec<(u64, f64)> {
    let of = |run: &Value| (run["seed"].as_u64().unwrap(), line(server, run["id"].as_str().unwrap(), "adoption_rate"));
    let mut lines: Vec<_> = node["runs"].as_array().unwrap().iter().map(of).collect();
    lines.sort_by_key(|line| line.0);
    lines
}

fn near(found: &Value, wanted: f64) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{found} is no number"));
    assert!((found - wanted).abs() < 1e-9, "{found} is not {wanted}");
}

#[test]
fn nodes_are_compared_seed_by_seed_and_by_hand() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (root, child) = two_questions(&server);
    let (a, b) = (root["id"].as_str().unwrap(), child["id"].as_str().unwrap());
    let found = server.get(&format!("/nodes/compare?node_ids={a},{b}")).expect(200).body;
    assert_eq!((&found["baseline_node_id"], &found["nodes"][1]["id"]), (&json!(a), &json!(b)));
    assert_eq!((&found["nodes"][0]["outcomes"], &found["nodes"][1]["seeds"]), (&root["outcomes"], &json!(3)));
    let change = &found["comparisons"][0]["outcomes"]["adoption_rate"];
    let (before, after) = (by_seed(&server, &root), by_seed(&server, &child));
    let differences = [after[0].1 - before[0].1, after[1].1 - before[1].1];
    let delta = (differences[0] + differences[1]) / 2.0;
    assert_eq!(
        (&change["method"], &change["pairs"], &change["degrees_of_freedom"]),
        (&json!("paired"), &json!(2), &json!(1.0))
    );
    near(&change["delta"], delta);
    near(&change["baseline_mean"], (before[0].1 + before[1].1) / 2.0);
    near(&change["mean"], (after[0].1 + after[1].1) / 2.0);
    near(&change["percent"], 200.0 * delta / (before[0].1 + before[1].1));
    // Of two differences, s / √2 = |d₁ − d₂| / 2.
    near(&change["standard_error"], (differences[0] - differences[1]).abs() / 2.0);
    assert!(delta > 0.0, "confidence in the economy is good for adoption");

    // The way from the root says the same; the other way round the sign changes.
    let path = server.get(&format!("/nodes/{b}/path-analysis")).expect(200).body;
    let steps = path["steps"].as_array().unwrap();
    assert_eq!((steps.len(), &steps[0]["node_id"], &steps[0]["change_from_parent"]), (2, &json!(a), &json!(null)));
    assert_eq!(
        (&steps[1]["change_from_parent"]["adoption_rate"], &steps[1]["change_from_root"]["adoption_rate"]),
        (change, change)
    );
    assert_eq!(steps[1]["effective_patch"]["variable_deltas"], json!({"economy_confidence": 0.3}));
    let back = server.get(&format!("/nodes/compare?node_ids={b},{a}")).expect(200).body;
    near(&back["comparisons"][0]["outcomes"]["adoption_rate"]["delta"], -delta);

    // Reading was all of it: no run was made or changed.
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(6));
    on_the_command_line(folder.path(), server, a, b, &found, &child);
}

/// `civitas node` on the same folder says what the server said.
fn on_the_command_line(folder: &Path, server: Server, a: &str, b: &str, compared: &Value, child: &Value) {
    let map = server.get(&format!("/nodes/universe-map/{PROJECT}")).expect(200).body;
    server.stop();
    let json = |args: &[&str]| -> Value { serde_json::from_str(&said_by_civitas(folder, args, 0)).unwrap() };
    assert_eq!(json(&["node", "compare", a, b, "--json"]), *compared);
    assert_eq!(json(&["node", "show", b, "--json"]), *child);
    assert_eq!(json(&["node", "list", "--project", PROJECT, "--json"]), map);
    let tree = said_by_civitas(folder, &["node", "tree"], 0);
    assert!(tree.contains("Baseline  succeeded") && tree.contains("economy_confidence +0.3"), "{tree}");
    let shown = said_by_civitas(folder, &["node", "show", a], 0);
    assert!(shown.contains("adoption rate") && shown.contains("3 seeds"), "{shown}");
    let beside = said_by_civitas(folder, &["node", "compare", a, b], 0);
    assert!(beside.contains("2 pairs"), "{beside}");
    let unknown = said_by_civitas(folder, &["node", "show", PROJECT], 1);
    assert!(unknown.contains("not found") && unknown.contains("civitas node list"), "{unknown}");
}

#[test]
fn without_common_seeds_means_are_compared_and_unfinished_runs_do_not_count() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (root, _) = two_questions(&server);
    let a = root["id"].as_str().unwrap();
    let fork = json!({"parent_node_id": a, "name": "Apart", "seeds": [21, 22], "auto_run": true,
        "scenario_patch": shifts(json!({"social_trust": 0.2}))});
    let apart = server.post_json("/nodes/fork", &fork).expect(201).body["node"]["id"].as_str().unwrap().to_owned();
    let idle = server.post_json("/nodes/fork", &json!({"parent_node_id": a, "runs": 1})).expect(201).body;
    assert_eq!(idle["runs"][0]["seed"], json!(1), "the parent's first seed");
    let idle = idle["node"]["id"].as_str().unwrap();
    eventually("both are done", || (node(&server, &apart)["run_counts"]["succeeded"] == json!(2)).then_some(()));
    let found = server.get(&format!("/nodes/compare?node_ids={a},{apart},{idle}")).expect(200).body;
    let change = &found["comparisons"][0]["outcomes"]["adoption_rate"];
    assert_eq!((&change["method"], &change["pairs"]), (&json!("unpaired"), &json!(null)));
    assert!(change["degrees_of_freedom"].as_f64().unwrap() < 3.0 && change["interval_95"].is_object(), "{change}");
    assert_eq!(found["comparisons"][1]["outcomes"], json!({}));
    assert_eq!((&found["nodes"][2]["seeds"], &node(&server, idle)["status"]), (&json!(0), &json!("queued")));
}
