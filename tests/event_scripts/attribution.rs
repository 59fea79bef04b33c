//! Attribution on a real server: the difference from the same run without the bundle, over crashes, on any partitions, and counted
//! as the work that it is.

use civitas::engine::{PopulationSpec, RunSpec};
use serde_json::{Value, json};
use tempfile::tempdir;

use super::runs::{asked, config, direct, spec, winter, winter_there};
use super::support::{Client, PROJECT, Server, eventually, run_civitas};

#[test]
fn the_impact_is_the_difference_of_two_runs_made_by_hand() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "2")]);
    let (id, _) = winter_there(&server, 4);
    let launch = |patch: Value| {
        let run = server.post_json("/runs", &asked(&patch)).expect(201).id();
        server.start(&run).expect(202);
        server.outcome(&run);
        run
    };
    let own = json!({"variable_deltas": {"social_trust": 0.1}});
    let (alone, with) =
        (launch(own.clone()), launch(json!({"variable_deltas": {"social_trust": 0.1}, "event_bundle_id": id})));
    let told = launch(json!({"variable_deltas": {"social_trust": 0.1}, "event_bundle_id": id, "attribution": true}));
    let results = [&alone, &with, &told].map(|run| server.results(run));
    let rate = |results: &Value| results["outcome_summary"]["adoption_rate"].as_f64().unwrap();
    let difference = rate(&results[1]) - rate(&results[0]);
    assert!(difference != 0.0);
    let events = |results: &Value| -> Vec<Value> {
        let all = results["key_events"].as_array().unwrap().iter();
        all.filter(|event| event["type"] == "scenario_event").cloned().collect()
    };
    let attributed = events(&results[2]);
    assert_eq!(attributed.len(), 2);
    for event in attributed {
        assert_eq!((&event["impact"], &event["impact_basis"]), (&json!(difference), &json!("attribution")), "{event}");
    }
    assert!(events(&results[1]).iter().all(|event| event["impact_basis"] == "window"));
    assert_eq!(results[2]["state_digest"], results[1]["state_digest"]);
    assert_eq!(results[2]["agent_steps"], results[1]["agent_steps"], "the twin's steps are not the run's");

    // Executed again, twin included, it comes to the same bytes.
    server.post_json(&format!("/runs/{told}/verify"), &json!({})).expect(202);
    let state = eventually("the verification has ended", || {
        let found = server.get(&format!("/runs/{told}/verify")).expect(200).body;
        (found["state"] != "running").then_some(found)
    });
    assert_eq!(state["state"], "same", "{state}");

    // A fork with nothing changed ends in its parent's bytes, though its twin starts from tick 0.
    let fork = server.post_json(&format!("/runs/{told}/fork"), &json!({})).expect(201).id();
    server.start(&fork).expect(202);
    assert_eq!(server.outcome(&fork), server.outcome_now(&told, "succeeded"));
}

#[test]
fn a_fork_from_a_terminal_has_an_attribution_of_its_own() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (id, _) = winter_there(&server, 1);
    let run = server.launch(&config());
    server.outcome(&run);
    server.stop();
    let fork = |flags: &[&str]| -> Vec<Value> {
        let args = ["fork", &run, "--ticks", "50", "--bundle", &id, "--json", "--data-dir", "data"];
        let done = run_civitas(folder.path(), &[&args[..], flags].concat(), &[]);
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
        let results: Value = serde_json::from_slice(&done.stdout).unwrap();
        let told = results["key_events"].as_array().unwrap().iter().filter(|event| event["type"] == "scenario_event");
        told.map(|event| event["impact_basis"].clone()).collect()
    };
    assert_eq!(fork(&[]), ["window", "window"]);
    assert_eq!(fork(&["--attribution"]), ["attribution", "attribution"]);
}

#[test]
fn attribution_survives_kills_and_pauses() {
    let folder = tempdir().unwrap();
    let wanted = direct(spec(&winter(4), 0, true));
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "3")]);
    let (id, _) = winter_there(&server, 4);
    let patch = json!({"event_bundle_id": id, "attribution": true});
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let run = server.post_json("/runs", &asked(&patch)).expect(201).id();
            server.start(&run).expect(202);
            run
        })
        .collect();
    let paused = server.post(&format!("/runs/{}/pause", runs[3]));
    server.kill9();

    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "1")]);
    if paused.status == 200 {
        server.post(&format!("/runs/{}/resume", runs[3])).expect(202);
    }
    for run in runs {
        assert_eq!(server.outcome(&run), wanted);
    }
}

/// Waits until the run has come to its horizon and steps its twin.
fn until_twin(server: &Client, run: &str) {
    eventually("the twin is stepped", || {
        let found = server.run(run);
        assert_eq!(found["status"], "running", "it has ended before anybody looked: {}", found["progress"]);
        (found["progress"]["current_tick"] == json!(30)).then_some(())
    });
}

#[test]
fn a_run_is_paused_and_killed_while_its_twin_is_stepped() {
    let folder = tempdir().unwrap();
    let bundle = winter(4);
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 400_000 };
    let wanted = direct(RunSpec { population, ..spec(&bundle, 0, true) });
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "2")]);
    let (id, _) = winter_there(&server, 4);
    let body = json!({"project_id": PROJECT, "scenario_patch": {"event_bundle_id": id, "attribution": true},
        "config": {"horizon_ticks": 30, "population": {"agents": 400_000}, "snapshot_every_ticks": 10}});
    let run = server.post_json("/runs", &body).expect(201).id();
    server.start(&run).expect(202);
    until_twin(&server, &run);
    let taken = server.post(&format!("/runs/{run}/snapshots")).expect(201);
    assert_eq!(taken.body["tick"], json!(30));
    let paused = server.post(&format!("/runs/{run}/pause")).expect(200);
    assert_eq!(paused.body["ticks_completed"], json!(30));
    let partial = server.results(&run);
    let events = partial["key_events"].as_array().unwrap().iter().filter(|event| event["type"] == "scenario_event");
    assert!(
        events.clone().count() == 2 && events.clone().all(|event| event["impact_basis"] == "window"),
        "{partial:.300}"
    );

    server.post(&format!("/runs/{run}/resume")).expect(202);
    until_twin(&server, &run);
    server.kill9();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "3")]);
    assert_eq!(server.outcome(&run), wanted);
    let index = server.get(&format!("/telemetry/{run}")).expect(200).body;
    assert_eq!((&index["state"], &index["problem"]), (&json!("complete"), &Value::Null), "{index:.500}");
    let slice = server.get(&format!("/telemetry/{run}/slice?metrics=adoption_rate")).expect(200).body;
    assert_eq!(slice["ticks"], json!((0..=30).collect::<Vec<_>>()), "nothing that was recorded before is gone");
}

#[test]
fn a_twin_is_counted_as_the_work_that_it_is() {
    let folder = tempdir().unwrap();
    // Of 5,000 agents and 30 ticks: enough for one, and not for two.
    let server = Server::start(folder.path(), &[("CIVITAS_LIMITS__MAX_TENANT_AGENT_STEPS", "200000")]);
    let (id, _) = winter_there(&server, 4);
    let refused = server.post_json("/runs", &asked(&json!({"event_bundle_id": id, "attribution": true})));
    refused.expect_error(422, "RUN_TOO_LARGE");
    assert_eq!(refused.body["budget"]["estimate"], json!(300_000));
    server.post_json("/runs", &asked(&json!({"event_bundle_id": id}))).expect(201);
    let short = json!({"project_id": PROJECT, "config": config(), "scenario_patch": {"attribution": true}});
    let refused = server.post_json("/runs", &short);
    let said = refused.expect_error(400, "VALIDATION_ERROR");
    assert!(said.starts_with("scenario_patch.attribution needs event_bundle_id"), "{said}");
}
