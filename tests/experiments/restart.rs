//! Power cuts and restarts in the middle of experiments: they go on by themselves to the same bytes, and what has ended
//! stays as it ended.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::experiments::*;
use crate::support::{Client, Server, eventually};

/// Ten chapters with every type of step: what a snapshot forgets would be missed later.
fn saga(agents: u32) -> Value {
    let ask = survey(
        json!("all"),
        json!([question("choice", "stance"), question("choice", "adopted"), question("number", "susceptibility")]),
    );
    let mut workflow = vec![ask.clone()];
    for chapter in 0..10 {
        workflow.push(json!({"type": "step", "steps": 40, "ticks_per_step": 300 + chapter}));
        workflow.push(json!({"type": "environment", "key": "social_trust", "value": 0.3 + 0.05 * f64::from(chapter), "regions": ["CA", "TX"]}));
        workflow.push(json!({"type": "update_state", "key": "susceptibility", "value": 0.1 * f64::from(chapter),
            "target_agent": {"agent_class": "rival", "filter_str": format!("id > {}", chapter * 900)}}));
        workflow.push(json!({"type": "message", "intervene_message": "m", "stance": 0.9, "strength": 0.5, "target_agent": {"filter_str": "opinion < 0"}}));
        workflow.push(ask.clone());
        workflow.push(json!({"type": "interview", "interview_message": "?", "target_agent": [chapter]}));
        if chapter % 4 == 3 {
            workflow.push(json!({"type": "next_round"}));
            workflow.push(
                json!({"type": "metric", "name": format!("since {chapter}"), "key": "adopted", "step_interval": 3}),
            );
        }
    }
    let workflow = json!({"metric_extractors": [{"key": "opinion", "step_interval": 7}], "steps": workflow});
    let born = json!({"adopted": {"dist_type": "choice", "choices": [true, false], "weights": [1, 9]}});
    let groups = json!([{"agent_class": "citizen", "number": agents / 2},
        {"agent_class": "rival", "number": agents / 2, "memory_distributions": born}]);
    with(experiment(1, workflow), "/agent/citizens", groups)
}

/// The outcome on a server that nobody disturbs, without snapshots.
fn undisturbed(config: &Value) -> String {
    let folder = tempdir().unwrap();
    let server =
        Server::start(folder.path(), &[("CIVITAS_SIM__THREADS", "1"), ("CIVITAS_SIM__SNAPSHOT_EVERY_TICKS", "0")]);
    let id = server.launch_experiment(config);
    server.outcome(&id)
}

/// The tick of the newest complete snapshot; 0 where there is none.
fn newest(run: &Value) -> u64 {
    let refs = run["outputs"]["snapshot_refs"].as_array().unwrap();
    refs.last().map_or(0, |name| name.as_str().unwrap().rsplit_once("tick-").unwrap().1.parse().unwrap())
}

/// Waits until there is a snapshot beyond `tick`, while the experiment still runs; gives its tick.
fn snapshot_beyond(server: &Client, id: &str, tick: u64) -> u64 {
    eventually("a newer snapshot is complete", || {
        let run = server.run(id);
        let waits_or_runs = ["queued", "running"].contains(&run["status"].as_str().unwrap());
        assert!(waits_or_runs, "it ended before it could be disturbed, make it longer: {}", run["status"]);
        Some(newest(&run)).filter(|found| *found > tick)
    })
}

/// Checks that an experiment runs again, from no earlier than `kept`.
fn runs_again(server: &Client, id: &str, kept: u64) {
    let state = server.experiment(id);
    assert_eq!(
        (&state["status"], &state["returncode"], &state["completed_at"]),
        (&json!("running"), &json!(null), &json!(null))
    );
    eventually("it has gone on", || {
        let state = server.experiment(id);
        assert_eq!(state["status"], json!("running"), "it ended before it could be disturbed: make it longer");
        let tick = state["progress"]["current_tick"].as_u64().unwrap();
        assert!(tick == 0 || tick >= kept, "back at {tick}, though {kept} was kept");
        (tick >= kept).then_some(())
    });
}

#[test]
fn power_cuts_again_and_again_change_no_byte() {
    let folder = tempdir().unwrap();
    let config = saga(60_000);
    let expected = undisturbed(&config);
    let snapshots = ("CIVITAS_SIM__SNAPSHOT_EVERY_TICKS", "3");
    let mut server = Server::start(folder.path(), &[snapshots, ("CIVITAS_SIM__THREADS", "2")]);
    let id = server.launch_experiment(&config);
    let (mut kept, started) = (
        0,
        eventually("it has started", || Some(server.experiment(&id)["started_at"].clone()).filter(Value::is_string)),
    );
    for (beyond, partitions) in [(20, "1"), (60, "7"), (110, "2")] {
        kept = snapshot_beyond(&server, &id, kept.max(beyond));
        server.kill9();
        server = Server::start(folder.path(), &[snapshots, ("CIVITAS_SIM__PARTITIONS", partitions)]);
        runs_again(&server, &id, kept);
    }
    assert!(server.outcome(&id) == expected, "it came to another end than without power cuts");
    let state = server.experiment(&id);
    assert_eq!(
        (&state["status"], &state["returncode"], &state["started_at"]),
        (&json!("completed"), &json!(0), &started)
    );
    assert_eq!(server.run(&id)["progress"]["agents_processed"], json!(400 * 60_000));
}

#[test]
fn a_power_cut_before_any_snapshot_changes_no_byte() {
    let folder = tempdir().unwrap();
    let config = saga(30_000);
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__SNAPSHOT_EVERY_TICKS", "0")]);
    let id = server.launch_experiment(&config);
    eventually("some chapters are over", || {
        let state = server.experiment(&id);
        assert_eq!(state["status"], json!("running"), "make it longer");
        (state["progress"]["current_tick"].as_u64() > Some(90)).then_some(())
    });
    server.kill9();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "3")]);
    assert!(server.outcome(&id) == undisturbed(&config));
}

#[test]
fn a_stop_of_the_server_keeps_the_work_of_its_experiments() {
    let folder = tempdir().unwrap();
    let config = saga(40_000);
    // No snapshots but the one of the stop.
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__SNAPSHOT_EVERY_TICKS", "0")]);
    let id = server.launch_experiment(&config);
    let seen = eventually("some chapters are over", || {
        let state = server.experiment(&id);
        assert_eq!(state["status"], json!("running"), "make it longer");
        state["progress"]["current_tick"].as_u64().filter(|tick| *tick > 90)
    });
    server.stop();
    let server =
        Server::start(folder.path(), &[("CIVITAS_SIM__SNAPSHOT_EVERY_TICKS", "0"), ("CIVITAS_SIM__PARTITIONS", "5")]);
    let kept = newest(&server.run(&id));
    assert!(kept >= seen, "kept at {kept}, was at {seen}");
    runs_again(&server, &id, kept);
    assert!(server.outcome(&id) == undisturbed(&config), "it came to another end than without the stop");
    assert_eq!(server.experiment(&id)["returncode"], json!(0));
    server.stop();
}

#[test]
fn a_stop_between_two_steps_of_one_moment_does_none_of_them_twice() {
    let folder = tempdir().unwrap();
    // Hundreds of messages at tick 5, where there is a snapshot from before them: one more or one less would be heard.
    let message = |number: u32| {
        let target = json!({"filter_str": format!("id >= {}", number * 10)});
        let stance = if number.is_multiple_of(2) { 0.9 } else { -0.9 };
        json!({"type": "message", "intervene_message": "m", "stance": stance, "strength": 0.3, "target_agent": target})
    };
    let mut workflow = vec![json!({"type": "step", "steps": 5})];
    workflow.extend((0..400).map(message));
    workflow.push(survey(json!("all"), json!([question("number", "opinion")])));
    workflow.push(json!({"type": "step", "steps": 2}));
    let config = experiment(100_000, json!(workflow));
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__SNAPSHOT_EVERY_TICKS", "5")]);
    let id = server.launch_experiment(&config);
    assert_eq!(snapshot_beyond(&server, &id, 0), 5);
    server.stop();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "3")]);
    assert_ne!(server.experiment(&id)["status"], json!("completed"), "it ended before it could be stopped");
    assert!(server.outcome(&id) == undisturbed(&config), "it came to another end than without the stop");
}

#[test]
fn what_has_ended_stays_as_it_ended_and_what_waits_gets_its_turn() {
    let folder = tempdir().unwrap();
    // A second for each, one at a time.
    let env = [("CIVITAS_LIMITS__MAX_RUN_MINUTES", "0.0167"), ("CIVITAS_LIMITS__MAX_RUNNING", "1")];
    let server = Server::start(folder.path(), &env);
    let small = experiment(
        500,
        json!([{"type": "step", "steps": 3}, survey(json!("all"), json!([question("choice", "stance")]))]),
    );
    let endless = experiment(100_000, json!([{"type": "step", "steps": 100_000}]));
    let completed = server.launch_experiment(&small);
    server.outcome(&completed);
    let failed = server.launch_experiment(&endless);
    let stopped = server.launch_experiment(&endless);
    server.stop_experiment(&stopped).expect(200);
    assert_eq!(server.wait(&failed).event, "failed");
    let partial = server.launch_experiment(&endless);
    eventually("it has stepped", || {
        (server.experiment(&partial)["progress"]["current_tick"].as_u64() > Some(0)).then_some(())
    });
    server.stop_experiment(&partial).expect(200);
    let ids = [&completed, &failed, &stopped, &partial];
    let state =
        |server: &Client| ids.map(|id| (server.experiment(id), server.get(&format!("/runs/{id}/results")).text));
    let before = state(&server);
    let ends: Vec<_> = before.iter().map(|(state, _)| json!([state["status"], state["returncode"]])).collect();
    assert_eq!(json!(ends), json!([["completed", 0], ["failed", 1], ["stopped", -15], ["stopped", -15]]));

    let first = server.launch_experiment(&endless);
    let waiting = server.launch_experiment(&small);
    assert_eq!(server.experiment(&waiting)["run_status"], json!("queued"));
    server.kill9();
    let server = Server::start(folder.path(), &env);
    assert_eq!(state(&server), before);
    assert_eq!(server.experiments("").expect(200).header("x-total-count"), "6");
    assert_eq!(server.wait(&first).event, "failed", "time used up before counts");
    // The same as the first of its kind, but for its id.
    assert_eq!(server.outcome(&waiting), server.outcome_now(&completed, "succeeded"));
    for id in ids {
        server.stop_experiment(id).expect_error(409, "ALREADY_ENDED");
    }
    server.stop();
    let server = Server::start(folder.path(), &env);
    assert_eq!(state(&server), before);
    assert_eq!(server.experiment(&waiting)["status"], json!("completed"));
}
