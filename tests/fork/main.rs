//! Forks: were one of these to fail, a what-if would not be comparable with the run that it was asked of, would be lost by a
//! power cut, or would begin from the wrong state.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod batch;
mod kept;
mod local;
mod shared;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use civitas::engine::{Catalogue, PopulationSpec, RunSpec, Simulation, Turn};
use serde_json::{Value, json};
use support::{Client, PROJECT, Server, names, outcome};
use tempfile::tempdir;

/// A run with a snapshot at tick 60 and no other.
fn config() -> Value {
    json!({"seed": 7, "horizon_ticks": 100, "population": {"agents": 20_000}, "snapshot_every_ticks": 60,
        "scenario_patch": {"variable_deltas": {"economy_confidence": 0.1}}})
}

fn spec() -> RunSpec {
    RunSpec {
        seed: 7,
        horizon_ticks: 100,
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 20_000 },
        variable_deltas: deltas(&[("economy_confidence", 0.1)]),
        ..RunSpec::default()
    }
}

fn deltas(deltas: &[(&str, f64)]) -> BTreeMap<String, f64> {
    deltas.iter().map(|&(name, delta)| (name.to_owned(), delta)).collect()
}

/// What the engine alone makes of a specification.
fn direct(spec: RunSpec) -> String {
    let outcome = Simulation::new(spec, &Catalogue::default(), 1).unwrap().run().unwrap();
    String::from_utf8(outcome.canonical_json()).unwrap()
}

fn fork(server: &Client, parent: &str, body: &Value) -> String {
    server.post_json(&format!("/runs/{parent}/fork"), body).expect(201).id()
}

/// The outcome of a fork that has ended so, whose results say where it comes from.
fn outcome_of_fork(server: &Client, id: &str, parent: &str, tick: u32) -> String {
    let last = server.wait(id);
    assert_eq!(last.event, "completed", "{}", last.data);
    let answer = server.get(&format!("/runs/{id}/results")).expect(200);
    assert_eq!(answer.body["forked_from"], json!({"run_id": parent, "tick": tick}));
    outcome(&answer.text, id, "succeeded")
}

#[test]
fn a_fork_with_nothing_changed_ends_in_the_parents_bytes_over_power_cuts() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "2")]);
    let parent = server.launch(&config());
    let wanted = server.outcome(&parent);
    assert_eq!(wanted, direct(spec()));

    let answer = server.post_json(&format!("/runs/{parent}/fork"), &json!({"from_tick": 60})).expect(201);
    let id = answer.id();
    assert_eq!(answer.header("location"), format!("/api/v1/runs/{id}"));
    let from = json!({"run_id": parent, "tick": 60});
    assert_eq!((&answer.body["forked_from"], &answer.body["status"]), (&from, &json!("queued")));
    // What was acknowledged is there after a power cut, snapshot and all.
    server.kill9();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "5"), ("CIVITAS_SIM__THREADS", "3")]);
    let run = server.run(&id);
    assert_eq!((&run["status"], &run["forked_from"]), (&json!("queued"), &from));
    assert_eq!(
        (&run["progress"]["current_tick"], &run["progress"]["agents_processed"]),
        (&json!(60), &json!(1_200_000))
    );
    assert_eq!(run["outputs"]["snapshot_refs"], json!([format!("snapshot:{id}/tick-60")]));
    let own = server.get(&format!("/runs/{id}/snapshots")).expect(200).body["items"][0].clone();
    let parents = server.get(&format!("/runs/{parent}/snapshots")).expect(200).body["items"][0].clone();
    assert_eq!((&own["reason"], &own["state_digest"]), (&json!("fork"), &parents["state_digest"]));
    assert_eq!(own["specification_hash"], parents["specification_hash"], "the same run, asked once more");
    assert_eq!(run["config"], server.run(&parent)["config"]);

    server.start(&id).expect(202);
    server.kill9();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "3")]);
    assert_eq!(outcome_of_fork(&server, &id, &parent, 60), wanted);
    let events = server.watch(&id).events();
    assert!(events.iter().all(|event| event.event != "progress" || event.tick() >= 60), "{events:?}");
    assert_eq!(server.outcome_now(&parent, "succeeded"), wanted, "the parent is as it was");
    server.stop();
    support::said_by_civitas(folder.path(), &["doctor"], 0);
}

#[test]
fn a_fork_goes_on_with_another_seed_scenario_and_horizon_and_can_be_forked() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let parent = server.launch(&config());
    let first = server.outcome(&parent);

    let scenario = json!({"variable_deltas": {"economy_confidence": -0.2, "social_trust": 0.1}});
    let body = json!({"name": "What if", "config": {"seed": 8, "horizon_ticks": 150}, "scenario_patch": scenario});
    let child = fork(&server, &parent, &body);
    let run = server.run(&child);
    assert_eq!((&run["name"], &run["project_id"]), (&json!("What if"), &json!(PROJECT)));
    assert_eq!((&run["config"]["seed"], &run["config"]["horizon_ticks"]), (&json!(8), &json!(150)));
    assert_eq!(run["config"]["scenario_patch"]["variable_deltas"], scenario["variable_deltas"]);
    let era =
        json!({"until_tick": 60, "seed": 7, "horizon_ticks": 100, "variable_deltas": {"economy_confidence": 0.1}});
    assert_eq!(run["config"]["past"], json!([era]));
    server.start(&child).expect(202);
    let found = outcome_of_fork(&server, &child, &parent, 60);
    let turn = Turn {
        seed: Some(8),
        horizon_ticks: Some(150),
        variable_deltas: deltas(&[("economy_confidence", -0.2), ("social_trust", 0.1)]),
        ..Turn::default()
    };
    let turned = spec().turned(60, turn);
    assert_eq!(found, direct(turned.clone()), "as if it had been asked so from the start");

    // Its history is its parent's up to there.
    let (first, found): (Value, Value) = (serde_json::from_str(&first).unwrap(), serde_json::from_str(&found).unwrap());
    let until_60 = |outcome: &Value| -> Vec<Value> {
        let points = outcome["trends"]["adoption_rate"].as_array().unwrap().iter();
        points.filter(|point| point["tick"].as_u64().unwrap() <= 60).cloned().collect()
    };
    assert!(until_60(&first).len() > 10);
    assert_eq!(until_60(&first), until_60(&found));
    assert_eq!((&found["ticks_completed"], &found["agent_steps"]), (&json!(150), &json!(150 * 20_000)));
    let told = found["key_events"].as_array().unwrap().iter().filter(|event| event["type"] == "intervention");
    let told: Vec<_> = told.map(|event| (event["tick"].clone(), event["description"].as_str().unwrap())).collect();
    assert_eq!(told.iter().map(|(tick, _)| tick).collect::<Vec<_>>(), [&json!(0), &json!(60), &json!(60)]);
    assert!(told[1].1.starts_with("economy_confidence shifted by -0.2 everywhere, after +0.1;"), "{told:?}");

    // A fork of the fork, from a snapshot that the fork took itself.
    let ticks = server.get(&format!("/runs/{child}/snapshots")).expect(200).body["items"].clone();
    let ticks: Vec<_> = ticks.as_array().unwrap().iter().map(|item| item["tick"].as_u64().unwrap()).collect();
    assert_eq!(ticks, [60, 120], "what it began with stays");
    let grandchild = fork(&server, &child, &json!({"from_tick": 120, "config": {"seed": 7}}));
    server.start(&grandchild).expect(202);
    let wanted = direct(turned.turned(120, Turn { seed: Some(7), ..Turn::default() }));
    assert_eq!(outcome_of_fork(&server, &grandchild, &child, 120), wanted);

    let list = server.get("/runs?sort=created_at").expect(200).body["items"].clone();
    let from: Vec<_> = list.as_array().unwrap().iter().map(|item| item["forked_from"].clone()).collect();
    assert_eq!(from, [json!(null), json!({"run_id": parent, "tick": 60}), json!({"run_id": child, "tick": 120})]);
}

#[test]
fn post_runs_forks_too() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let parent = server.launch(&config());
    server.outcome(&parent);
    let shift = json!({"variable_deltas": {"media_sentiment": 0.3}});
    // The parent's own configuration, sent back, is no contradiction.
    let mut config = server.run(&parent)["config"].clone();
    config["scenario_patch"]["variable_deltas"]["media_sentiment"] = json!(0.3);
    let whole =
        json!({"project_id": PROJECT, "mode": "society", "parent_run_id": parent, "from_tick": 60, "config": config});
    let ids = [json!({"parent_run_id": parent, "scenario_patch": shift}), whole].map(|body| {
        let id = server.post_json("/runs", &body).expect(201).id();
        server.start(&id).expect(202);
        id
    });
    let found = ids.map(|id| outcome_of_fork(&server, &id, &parent, 60));
    let turn = Turn { variable_deltas: deltas(&[("media_sentiment", 0.3)]), ..Turn::default() };
    assert_eq!(found[0], direct(spec().turned(60, turn)));
    assert_eq!(found[0], found[1]);
}

#[test]
fn what_cannot_be_forked_is_refused_and_stores_nothing() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let queued = server.create(&config());
    let said = server.post_json(&format!("/runs/{queued}/fork"), &json!({}));
    assert!(
        said.expect_error(422, "NO_SNAPSHOT").starts_with("from_tick must be the tick of a snapshot"),
        "{}",
        said.text
    );
    assert!(said.text.contains("it has none yet"), "{}", said.text);
    server.cancel(&queued).expect(200);
    let parent = server.launch(&config());
    server.outcome(&parent);
    let before = server.get("/runs").expect(200).body;

    let refused = |body: &Value, status: u16, code: &str, start: &str| {
        let answers = [
            server.post_json(&format!("/runs/{parent}/fork"), body),
            server.post_json("/runs", &{
                let mut body = body.clone();
                body["parent_run_id"] = json!(parent);
                body
            }),
        ];
        for answer in answers {
            let detail = answer.expect_error(status, code);
            assert!(detail.starts_with(start), "{body}: {detail}");
        }
    };
    for tick in [0, 59, 61, 100, 5_000] {
        let detail = format!("from_tick must be the tick of a snapshot of run {parent}: the nearest is at tick 60");
        refused(&json!({"from_tick": tick}), 422, "NO_SNAPSHOT", &detail);
    }
    for (tick, start) in [(json!(-1), "from_tick must be between"), (json!("x"), "from_tick must be a whole number")] {
        refused(&json!({"from_tick": tick}), 400, "VALIDATION_ERROR", start);
    }
    for (config, field) in [
        (json!({"model": "voter"}), "config.model"),
        (json!({"parameters": {"pace": 0.9}}), "config.parameters.pace"),
        (json!({"population": {"agents": 20_001}}), "config.population.agents"),
        (json!({"population": {"dataset": "counties"}}), "config.population.dataset"),
        (json!({"network": {"kind": "ring"}}), "config.network.kind"),
        (json!({"network": {"mean_degree": 3}}), "config.network.mean_degree"),
        (json!({"scheduler": {"sample_rate": 0.5}}), "config.scheduler.sample_rate"),
        (json!({"scheduler": {"activation": "one"}}), "config.scheduler.activation"),
        (json!({"dataset_version": "2"}), "config.dataset_version"),
    ] {
        refused(
            &json!({"config": config}),
            422,
            "FORK_MISMATCH",
            &format!("{field} must be as in the run that is forked"),
        );
    }
    refused(&json!({"mode": "experiment"}), 422, "FORK_MISMATCH", "mode must be");
    let shift = |name: &str, delta: f64| json!({"scenario_patch": {"variable_deltas": {name: delta}}});
    refused(&shift("luck", 0.1), 422, "UNKNOWN_VARIABLE", "unknown variable `luck`");
    refused(
        &shift("social_trust", 2.0),
        400,
        "VALIDATION_ERROR",
        "scenario_patch.variable_deltas.social_trust must be",
    );
    refused(&json!({"config": {"horizon_ticks": 59}}), 400, "VALIDATION_ERROR", "horizon_ticks must be at least 60");
    refused(
        &json!({"config": {"horizon_ticks": 1001}}),
        400,
        "VALIDATION_ERROR",
        "horizon_ticks must be between 1 and 1000",
    );
    refused(&json!({"config": {"seed": "x"}}), 400, "VALIDATION_ERROR", "config.seed must be a whole number");
    refused(&json!({"name": " "}), 400, "VALIDATION_ERROR", "name must have");
    refused(&json!({"sed": 1}), 400, "VALIDATION_ERROR", "sed is not a known field");

    let nobody = support::PROJECT;
    server.post_json(&format!("/runs/{nobody}/fork"), &json!({})).expect_error(404, "RUN_NOT_FOUND");
    server.post_json("/runs", &json!({"parent_run_id": nobody})).expect_error(404, "RUN_NOT_FOUND");
    server.post_json("/runs/latest/fork", &json!({})).expect_error(400, "VALIDATION_ERROR");
    let alone = json!({"project_id": PROJECT, "from_tick": 60});
    server.post_json("/runs", &alone).expect_error(400, "VALIDATION_ERROR");
    server.post(&format!("/runs/{parent}/fork")).expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
    assert_eq!(server.get("/runs").expect(200).body, before);
    server.stop();
    support::said_by_civitas(folder.path(), &["doctor"], 0);
}

#[test]
fn a_fork_needs_a_place_in_the_queue() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_LIMITS__MAX_QUEUED", "2")]);
    let parent = server.launch(&config());
    server.outcome(&parent);
    let forks = [(); 2].map(|()| fork(&server, &parent, &json!({})));
    server.post_json(&format!("/runs/{parent}/fork"), &json!({})).expect_error(429, "QUOTA_EXCEEDED");
    server.start(&forks[0]).expect(202);
    outcome_of_fork(&server, &forks[0], &parent, 60);
    let third = fork(&server, &parent, &json!({"config": {"seed": 1}}));
    assert_eq!(names(&server.run(&third)["forked_from"]), ["run_id", "tick"]);
    server.stop();
    let said = support::said_by_civitas(folder.path(), &["doctor"], 0);
    assert!(!said.contains("note:"), "what was copied for the fork that was refused is gone: {said}");
}
