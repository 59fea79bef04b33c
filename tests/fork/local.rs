//! Forks, snapshots and left runs on the command line: the same bytes as behind the API, on the same folder.

use std::path::Path;

use civitas::engine::Turn;
use serde_json::{Value, json};
use tempfile::tempdir;

use super::support::{Server, outcome, run_civitas, said_by_civitas};
use super::{config, deltas, direct, spec};

/// What the command prints on standard output, which must work.
fn printed(folder: &Path, args: &[&str]) -> String {
    let done = run_civitas(folder, &[args, &["--data-dir", "data"]].concat(), &[("CIVITAS_SIM__PARTITIONS", "3")]);
    assert_eq!(done.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// The outcome that a command prints with `--json`, and the id of its run.
fn document(folder: &Path, args: &[&str]) -> (String, String) {
    let line = printed(folder, &[args, &["--json"]].concat());
    let id = serde_json::from_str::<Value>(&line).unwrap()["run_id"].as_str().unwrap().to_owned();
    (outcome(&line, &id, "succeeded"), id)
}

/// A folder with a run that has ended, whose id comes with it.
fn folder_with_a_run() -> (tempfile::TempDir, String) {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("run.json"), json!({"name": "It", "config": config()}).to_string()).unwrap();
    let (found, id) = document(folder.path(), &["run", "run.json"]);
    assert_eq!(found, direct(spec()));
    (folder, id)
}

#[test]
fn a_run_is_forked_where_it_lies() {
    let (folder, id) = folder_with_a_run();
    let list: Value = serde_json::from_str(&printed(folder.path(), &["snapshots", &id, "--json"])).unwrap();
    assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]["tick"]), (1, &json!(60)));
    assert!(printed(folder.path(), &["snapshots", &id]).starts_with("tick     60  interval"));

    let (same, child) = document(folder.path(), &["fork", &id]);
    assert_eq!(same, direct(spec()));
    let args = ["fork", &id, "--from-tick", "60", "--set", "economy_confidence=0.3", "--set", "social_trust=-0.1"];
    let (other, what_if) =
        document(folder.path(), &[&args[..], &["--seed", "4", "--ticks", "80", "--name", "What if"]].concat());
    let turn = Turn {
        seed: Some(4),
        horizon_ticks: Some(80),
        variable_deltas: deltas(&[("economy_confidence", 0.3), ("social_trust", -0.1)]),
        ..Turn::default()
    };
    assert_eq!(other, direct(spec().turned(60, turn)));
    // A fork is verified like any run: from its first tick, its parent's, to its last.
    said_by_civitas(folder.path(), &["verify", &what_if], 0);
    assert!(
        printed(folder.path(), &["fork", &child]).starts_with("It from tick 60 from tick 60\n"),
        "a fork of the fork"
    );

    let server = Server::start(folder.path(), &[]);
    let list = server.get("/runs?sort=created_at").expect(200).body["items"].clone();
    assert_eq!((&list[1]["forked_from"]["run_id"], &list[2]["name"]), (&json!(id), &json!("What if")));
}

#[test]
fn what_cannot_be_forked_here_is_said_with_a_remedy() {
    let (folder, id) = folder_with_a_run();
    let nobody = super::PROJECT;
    for (args, parts) in [
        (vec!["fork", &id, "--from-tick", "3"], vec!["the nearest is at tick 60", "hint: `civitas snapshots "]),
        (vec!["fork", nobody], vec!["Run ", " not found", "--data-dir"]),
        (vec!["snapshots", nobody], vec!["Run ", " not found"]),
        (vec!["resume", nobody], vec!["Run ", " not found"]),
        (vec!["resume", &id], vec!["Run has already ended as succeeded"]),
        (vec!["fork", &id, "--set", "luck=0.1"], vec!["unknown variable `luck`", "social_trust"]),
        (vec!["fork", &id, "--set", "social_trust=3"], vec!["social_trust must be between -1 and 1"]),
        (vec!["fork", &id, "--ticks", "59"], vec!["horizon_ticks must be at least 60"]),
    ] {
        let said = said_by_civitas(folder.path(), &args, 1);
        assert!(parts.iter().all(|part| said.contains(part)), "{args:?}: {said}");
    }
    said_by_civitas(folder.path(), &["fork", &id, "--set", "social_trust=much"], 2);
    let runs: Value = serde_json::from_str(&printed(folder.path(), &["doctor", "--json"])).unwrap();
    assert_eq!((&runs["counts"]["runs"], &runs["sound"]), (&json!(1), &json!(true)), "{runs}");
}

#[test]
fn runs_that_were_left_go_on_here() {
    let long = json!({"seed": 7, "horizon_ticks": 500, "population": {"agents": 60_000}, "snapshot_every_ticks": 20});
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let wanted = server.outcome(&server.launch(&long));
    let (queued, paused) = (server.create(&long), server.launch(&long));
    let mut stream = server.watch(&paused);
    while stream.next_event().unwrap().tick() == 0 {}
    server.post(&format!("/runs/{paused}/pause")).expect(200);
    let interrupted = server.launch(&long);
    server.kill9_after_a_snapshot(&interrupted);
    let said = said_by_civitas(folder.path(), &["doctor"], 0);
    assert!(said.contains("1 runs paused"), "{said}");
    for id in [&paused, &queued, &interrupted] {
        assert_eq!(document(folder.path(), &["resume", id]), (wanted.clone(), id.clone()));
    }
    said_by_civitas(folder.path(), &["doctor"], 0);
}
