//! What a fork keeps, and what becomes of it without: its parent removed, snapshots damaged, a cancelled parent, experiments,
//! other tenants.

use std::path::Path;

use civitas::engine::Turn;
use civitas::experiment::ExperimentBody;
use serde_json::{Value, json};
use tempfile::tempdir;
use uuid::Uuid;

use super::support::experiments::{experiment, question, survey};
use super::support::{Client, PROJECT, Server, said_by_civitas};
use super::{config, direct, fork, outcome_of_fork, spec};

/// Works on the trees `state` and `chunks` of a server that was stopped.
fn with_trees(folder: &Path, work: impl FnOnce(&sled::Tree, &sled::Tree)) {
    let path = folder.join("data");
    let db = sled::Config::new().path(&path).flush_every_ms(None).open().unwrap();
    work(&db.open_tree("state").unwrap(), &db.open_tree("chunks").unwrap());
    db.flush().unwrap();
    drop(db);
    // Threads of the database may hold its file a little longer.
    std::fs::File::open(path.join("db")).unwrap().lock().unwrap();
}

fn holds(key: &[u8], run: &str) -> bool {
    let id = Uuid::parse_str(run).unwrap();
    key.windows(16).any(|window| window == id.as_bytes())
}

/// Flips a bit in every chunk of a run's snapshots.
fn damage(folder: &Path, run: &str) {
    with_trees(folder, |_, chunks| {
        for entry in chunks.iter().filter(|entry| holds(&entry.as_ref().unwrap().0, run)) {
            let (key, value) = entry.unwrap();
            let mut bytes = value.to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 4;
            chunks.insert(key, bytes).unwrap();
        }
    });
}

#[test]
fn a_fork_runs_without_its_parent() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let parent = server.launch(&config());
    let wanted = server.outcome(&parent);
    let child = fork(&server, &parent, &json!({}));
    server.stop();
    with_trees(folder.path(), |state, chunks| {
        for tree in [state, chunks] {
            let own: Vec<_> = tree.iter().keys().map(Result::unwrap).filter(|key| holds(key, &parent)).collect();
            assert!(!own.is_empty());
            own.into_iter().for_each(|key| drop(tree.remove(key).unwrap()));
        }
    });
    said_by_civitas(folder.path(), &["doctor"], 0);
    let server = Server::start(folder.path(), &[]);
    server.get(&format!("/runs/{parent}")).expect_error(404, "RUN_NOT_FOUND");
    server.start(&child).expect(202);
    assert_eq!(outcome_of_fork(&server, &child, &parent, 60), wanted);
}

#[test]
fn a_fork_without_its_state_fails_and_never_starts_over() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let parent = server.launch(&config());
    server.outcome(&parent);
    let child = fork(&server, &parent, &json!({}));
    server.stop();
    damage(folder.path(), &child);
    let server = Server::start(folder.path(), &[]);
    server.start(&child).expect(202);
    let last = server.wait(&child);
    assert_eq!(
        (last.event.as_str(), &last.data["error"]["code"]),
        ("failed", &json!("SNAPSHOT_UNUSABLE")),
        "{}",
        last.data
    );
    let run = server.run(&child);
    assert_eq!((&run["status"], &run["progress"]["current_tick"]), (&json!("failed"), &json!(60)));
    server.get(&format!("/runs/{child}/results")).expect_error(404, "NO_RESULTS");
    server.stop();

    // A parent whose snapshot is damaged cannot be forked, and nothing is left of the attempt.
    damage(folder.path(), &parent);
    let server = Server::start(folder.path(), &[]);
    let before = server.get("/runs").expect(200).body;
    let refused = server.post_json(&format!("/runs/{parent}/fork"), &json!({}));
    let detail = refused.expect_error(422, "SNAPSHOT_UNUSABLE");
    assert!(detail.starts_with(&format!("the snapshot of run {parent} at tick 60 cannot be used: ")), "{detail}");
    assert_eq!(server.get("/runs").expect(200).body, before);
    server.stop();
    let said = said_by_civitas(folder.path(), &["doctor"], 1);
    assert!(!said.contains("note:"), "{said}");
}

#[test]
fn a_cancelled_run_has_a_snapshot_of_where_it_stopped_and_can_go_on_as_a_fork() {
    let long = json!({"seed": 7, "horizon_ticks": 600, "population": {"agents": 60_000}, "snapshot_every_ticks": 0});
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let wanted = server.outcome(&server.launch(&long));
    let id = server.launch(&long);
    let mut stream = server.watch(&id);
    while stream.next_event().unwrap().tick() == 0 {}
    let tick = server.cancel(&id).expect(200).body["ticks_completed"].as_u64().unwrap();
    server.kill9();

    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "4")]);
    let snapshots = server.get(&format!("/runs/{id}/snapshots")).expect(200).body["items"].clone();
    let seen: Vec<_> = snapshots.as_array().unwrap().iter().map(|item| (&item["tick"], &item["reason"])).collect();
    assert_eq!(seen, [(&json!(tick), &json!("cancelled"))]);
    assert_eq!(server.run(&id)["outputs"]["snapshot_refs"], json!([snapshots[0]["ref"]]));
    let child = fork(&server, &id, &json!({}));
    server.start(&child).expect(202);
    assert_eq!(outcome_of_fork(&server, &child, &id, tick as u32), wanted);
}

/// An experiment of 40 ticks, with things done before and after tick 20.
fn campaign() -> Value {
    let message = |stance: f64| json!({"type": "message", "target_agent": "all", "intervene_message": "Try it.", "stance": stance});
    experiment(
        4_000,
        json!([
            {"type": "step", "steps": 10}, message(0.6), {"type": "step", "steps": 20}, message(-0.4),
            {"type": "step", "steps": 10}, survey(json!("all"), json!([question("choice", "adopted")])),
        ]),
    )
}

#[test]
fn a_fork_of_an_experiment_keeps_the_steps_that_are_done() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__SNAPSHOT_EVERY_TICKS", "20")]);
    let parent = server.launch_experiment(&campaign());
    let wanted = server.outcome(&parent);
    let spec = serde_json::from_value::<ExperimentBody>(campaign()).unwrap().draft().unwrap().spec;
    assert_eq!(wanted, direct(spec.clone()));

    let same = fork(&server, &parent, &json!({"from_tick": 20, "mode": "experiment"}));
    let other = fork(&server, &parent, &json!({"from_tick": 20, "config": {"seed": 9}}));
    server.kill9();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "3")]);
    for id in [&same, &other] {
        server.start(id).expect(202);
    }
    assert_eq!(outcome_of_fork(&server, &same, &parent, 20), wanted);
    let turned = spec.turned(20, Turn { seed: Some(9), ..Turn::default() });
    assert_eq!(outcome_of_fork(&server, &other, &parent, 20), direct(turned));
    assert_eq!(server.run(&other)["mode"], json!("experiment"));
    let longer = server.post_json(&format!("/runs/{parent}/fork"), &json!({"config": {"horizon_ticks": 50}}));
    let detail = longer.expect_error(400, "VALIDATION_ERROR");
    assert!(detail.starts_with("horizon_ticks must be the workflow's 40 ticks"), "{detail}");
}

#[test]
fn another_tenants_run_is_not_there_to_be_forked() {
    let folder = tempdir().unwrap();
    let key = |tenant: &str| {
        let said = said_by_civitas(folder.path(), &["key", "create", "--tenant", tenant], 0);
        said.split_whitespace().find(|word| word.starts_with("civ_")).unwrap().to_owned()
    };
    let (acme, other) = (key("acme"), key("other"));
    let server = Server::start(folder.path(), &[]);
    let (acme, other): (Client, Client) = (server.with_key(&acme), server.with_key(&other));
    let parent = acme.launch(&config());
    acme.outcome(&parent);
    other.post_json(&format!("/runs/{parent}/fork"), &json!({})).expect_error(404, "RUN_NOT_FOUND");
    let body = json!({"project_id": PROJECT, "parent_run_id": parent});
    other.post_json("/runs", &body).expect_error(404, "RUN_NOT_FOUND");
    assert_eq!(other.get("/runs").expect(200).body["total"], json!(0));
    let child = fork(&acme, &parent, &json!({}));
    other.get(&format!("/runs/{child}")).expect_error(404, "RUN_NOT_FOUND");
    acme.start(&child).expect(202);
    assert_eq!(outcome_of_fork(&acme, &child, &parent, 60), direct(spec()));
}
