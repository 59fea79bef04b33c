//! Batches of forks: what their variations have in common is stepped once, and each is what it would be by itself.

use civitas::engine::Turn;
use serde_json::{Value, json};
use tempfile::tempdir;

use super::support::{PROJECT, Server};
use super::{config, deltas, direct, outcome_of_fork, spec};

#[test]
fn variations_go_on_from_one_snapshot() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "2")]);
    let parent = server.launch(&config());
    let wanted = server.outcome(&parent);
    let body = json!({
        "name": "What if", "auto_start": true,
        "base_config": {"parent_run_id": parent, "from_tick": 60, "horizon_ticks": 120},
        "variations": [
            {"horizon_ticks": 100}, {"seed": 8}, {"name": "Trust", "scenario_patch": {"variable_deltas": {"social_trust": 0.2}}},
        ],
    });
    let created = server.post_json("/runs/batch", &body).expect(201).body;
    server.kill9();
    let server = Server::start(folder.path(), &[]);
    let runs = created["runs"].as_array().unwrap();
    let names: Vec<_> = runs.iter().map(|run| run["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["What if 1", "What if 2", "Trust"]);
    let turn = |seed, delta: Option<f64>| Turn {
        seed,
        horizon_ticks: Some(120),
        variable_deltas: delta.map(|delta| deltas(&[("social_trust", delta)])).unwrap_or_default(),
        ..Turn::default()
    };
    let turned = |turn| direct(spec().turned(60, turn));
    for (run, wanted) in runs.iter().zip([wanted, turned(turn(Some(8), None)), turned(turn(None, Some(0.2)))]) {
        let id = run["id"].as_str().unwrap();
        assert_eq!(outcome_of_fork(&server, id, &parent, 60), wanted, "{run}");
        assert_eq!(server.run(id)["batch_id"], created["batch_id"]);
    }
}

#[test]
fn a_wrong_batch_of_forks_stores_nothing() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let parent = server.launch(&config());
    server.outcome(&parent);
    let refused = |base: Value, variations: Value, status: u16, code: &str, part: &str| {
        let body = json!({"base_config": base, "variations": variations});
        let answer = server.post_json("/runs/batch", &body);
        let detail = answer.expect_error(status, code);
        assert!(detail.contains(part), "{body}: {detail}");
    };
    let base = |tick: u32| json!({"parent_run_id": parent, "from_tick": tick});
    refused(base(7), json!([{}]), 422, "NO_SNAPSHOT", "the nearest is at tick 60");
    refused(base(60), json!([]), 400, "VALIDATION_ERROR", "variations must have between 1 and 50");
    let (part, other) = ("config.population.agents must be as in", json!([{}, {"population": {"agents": 5}}]));
    refused(base(60), other.clone(), 422, "FORK_MISMATCH", part);
    refused(base(60), other, 422, "FORK_MISMATCH", "(in variations[1])");
    let late = json!([{"seed": 1}, {"horizon_ticks": 59}]);
    refused(base(60), late, 400, "VALIDATION_ERROR", "horizon_ticks must be at least 60");
    let (nobody, alone) = (json!({"parent_run_id": PROJECT}), json!({"from_tick": 60}));
    refused(nobody, json!([{}]), 404, "RUN_NOT_FOUND", "not found");
    refused(alone, json!([{}]), 400, "VALIDATION_ERROR", "base_config.from_tick needs parent_run_id");
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(1));
    server.stop();
    let said = super::support::said_by_civitas(folder.path(), &["doctor"], 0);
    assert!(!said.contains("note:"), "no copy is left of what was refused: {said}");
}
