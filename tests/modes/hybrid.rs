//! Targets inside the society: who they are, that their way is recorded whole, and that it is the same after a crash.

use super::*;
use support::eventually;

fn targets() -> Value {
    json!([
        {"name": "Ada", "region": "CA", "segment": "laggards", "traits": {"opinion": 0.9, "susceptibility": 0.5},
         "goal": {"trait": "opinion", "below": 0.85}},
        {"name": "Ben", "agent": 7, "goal": [{"trait": "adopted", "equals": true}, {"metric": "sentiment", "above": -1}]}
    ])
}

fn config(targets: Value) -> Value {
    let mut config = json!({
        "seed": 11, "horizon_ticks": 24, "population": {"agents": 2_000}, "snapshot_every_ticks": 5,
        "telemetry": {"keyframe_every": 10, "sample_agents": 20}
    });
    if !targets.is_null() {
        config["targets"] = targets;
    }
    config
}

/// Every tick of an agent: tick, opinion, reasons.
fn way(server: &Client, run: &str, agent: u64) -> Vec<(u64, f64, String)> {
    let found = server.get(&format!("/telemetry/{run}/agent/{agent}")).expect(200).body;
    let moments = found["trajectory"].as_array().unwrap_or_else(|| panic!("{found}"));
    let moment = |moment: &Value| {
        let opinion = moment["state"]["opinion"].as_f64().unwrap();
        (moment["tick"].as_u64().unwrap(), opinion, moment["reasons"].as_str().unwrap().to_owned())
    };
    moments.iter().map(moment).collect()
}

#[test]
fn targets_live_in_the_society_and_their_way_is_recorded_whole() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = created(&server, "hybrid", &config(targets()));
    let said = server.run(&id);
    assert_eq!((&said["mode"], &said["config"]["targets"][1]["agent"]), (&json!("hybrid"), &json!(7)));
    let found = finished(&server, &id);
    let (ada, ben) = (&found["targets"][0], &found["targets"][1]);
    assert_eq!((&ada["name"], &ada["region"], &ada["segment"]), (&json!("Ada"), &json!("CA"), &json!("laggards")));
    assert_eq!((&ben["agent"], found["targets"].as_array().unwrap().len()), (&json!(7), 2));
    assert!((ada["start"]["opinion"].as_f64().unwrap() - 0.9).abs() < 1e-6);

    // Whole: every tick, with reasons, to the same end as in the results; others have keyframes alone.
    let ada_id = ada["agent"].as_u64().unwrap();
    let way = way(&server, &id, ada_id);
    assert_eq!(way.iter().map(|(tick, ..)| *tick).collect::<Vec<_>>(), (0..=24).collect::<Vec<_>>());
    assert_eq!(Some(way[24].1), ada["end"]["opinion"].as_f64());
    assert!(way.iter().all(|(_, _, reasons)| reasons.starts_with("My opinion is ")));
    let reached = way.iter().find(|(_, opinion, _)| *opinion < 0.85).map(|(tick, ..)| *tick);
    assert_eq!(ada["reached_tick"], json!(reached));
    let index = server.get(&format!("/telemetry/{id}")).expect(200).body;
    assert_eq!(index["keyframes"], json!([0, 10, 20, 24]));
    server.get(&format!("/telemetry/{id}/keyframe/5")).expect_error(400, "NOT_A_KEYFRAME");
    let keyframe = server.get(&format!("/telemetry/{id}/keyframe/10")).expect(200).body;
    let seen: Vec<_> =
        keyframe["agents"].as_array().unwrap().iter().map(|agent| agent["agent"].as_u64().unwrap()).collect();
    assert!(seen.is_sorted() && seen.contains(&ada_id) && seen.contains(&7), "{seen:?}");

    // Were it run as a society, the society would be another, and there would be no targets.
    let plain = finished(&server, &created(&server, "society", &config(Value::Null)));
    assert!(plain.get("targets").is_none());
    assert_ne!(plain["state_digest"], found["state_digest"]);

    // Sent back, the configuration is the same run.
    let mut again = said["config"].clone();
    again.as_object_mut().unwrap().remove("past");
    let same = finished(&server, &created(&server, "hybrid", &again));
    assert_eq!((&same["targets"], &same["state_digest"]), (&found["targets"], &found["state_digest"]));

    let listed = |mode: &str| server.get(&format!("/runs?mode={mode}")).expect(200).body["total"].as_u64().unwrap();
    assert_eq!([listed("hybrid"), listed("society"), listed("target"), listed("experiment")], [2, 1, 0, 0]);
}

#[test]
fn a_killed_server_goes_on_with_the_same_targets() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let mut long = config(targets());
    long["horizon_ticks"] = json!(400);
    long["population"]["agents"] = json!(20_000);
    let whole = finished(&server, &created(&server, "hybrid", &long));
    let id = created(&server, "hybrid", &long);
    server.start(&id).expect(202);
    server.kill9_after_a_snapshot(&id);
    let server = Server::start(folder.path(), &[]);
    server.outcome(&id);
    let found = results(&server, &id);
    assert_eq!((&found["targets"], &found["state_digest"]), (&whole["targets"], &whole["state_digest"]));
    let ada = found["targets"][0]["agent"].as_u64().unwrap();
    let ticks: Vec<_> = way(&server, &id, ada).into_iter().map(|(tick, ..)| tick).collect();
    assert_eq!(ticks, (0..=400).collect::<Vec<_>>(), "every tick once");
    server.post(&format!("/runs/{id}/verify")).expect(202);
    let verified = eventually("the verification", || {
        let state = server.get(&format!("/runs/{id}/verify")).expect(200).body;
        (state["state"] != "running").then_some(state)
    });
    assert_eq!(verified["state"], json!("same"), "{verified}");
}

#[test]
fn batches_nodes_and_forks_have_the_targets() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let mut base = config(targets());
    base["mode"] = json!("hybrid");
    let body = json!({"project_id": PROJECT, "base_config": base, "variations": [{"seed": 1}, {"seed": 2}]});
    let batch = server.post_json("/runs/batch", &body).expect(201).body;
    let first = batch["runs"][0]["id"].as_str().unwrap().to_owned();
    let found = finished(&server, &first);
    assert_eq!(found["targets"][1]["name"], json!("Ben"));

    let node = server.run(&first)["outputs"]["node_id"].as_str().unwrap().to_owned();
    let joined = json!({"project_id": PROJECT, "node_id": node, "config": {"seed": 1}});
    let joined = server.post_json("/runs", &joined).expect(201).id();
    assert_eq!(server.run(&joined)["mode"], json!("hybrid"));
    assert_eq!(finished(&server, &joined)["state_digest"], found["state_digest"]);
    let patch = json!({"variable_deltas": {"social_trust": 0.3}});
    let child = json!({"project_id": PROJECT, "parent_node_id": node, "config": {"seed": 1}, "scenario_patch": patch});
    let child = server.post_json("/runs", &child).expect(201).id();
    let changed = finished(&server, &child);
    assert_eq!(changed["targets"][0]["start"], found["targets"][0]["start"]);
    assert_ne!(changed["targets"][0]["end"], found["targets"][0]["end"]);

    let fork =
        server.post_json(&format!("/runs/{first}/fork"), &json!({"config": {"horizon_ticks": 30}})).expect(201).id();
    let forked = finished(&server, &fork);
    assert_eq!(forked["targets"][0]["agent"], found["targets"][0]["agent"]);
    assert_eq!(forked["targets"][0]["start"], found["targets"][0]["start"]);
    let other = json!({"config": {"targets": targets()}});
    let said = server.post_json(&format!("/runs/{first}/fork"), &other);
    assert!(said.expect_error(422, "FORK_MISMATCH").starts_with("config.targets must be"));
    let society = json!({"project_id": PROJECT, "node_id": node, "mode": "society"});
    server.post_json("/runs", &society).expect_error(422, "NODE_MISMATCH");
}
