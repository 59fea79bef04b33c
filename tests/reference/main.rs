//! The reference of the API: each operation asked once of a real server, its examples held against their schemas, its page. Were
//! one of these to fail, the reference would show an answer that the server does not give any more. After a change of the API run
//! `UPDATE_DOCS=1 cargo test --test reference` and look at the difference.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod document;
mod page;
mod recorder;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use recorder::Recorder;
use serde_json::{Value, json};
use support::{PROJECT, Server, eventually, said_by_civitas};
use tempfile::tempdir;

const REGIONS: &str = "code,name,population,latitude,longitude\nN,North,300,10,20\nS,South,100,-10,20\n";

#[test]
fn every_operation_answers_as_its_example_says() {
    let folder = tempdir().unwrap();
    let said = said_by_civitas(folder.path(), &["key", "create", "--tenant", "office"], 0);
    let key = said.lines().find(|line| line.starts_with("civ_")).unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SERVER__ADMIN_TENANT", "office")]);
    let mut recorder = Recorder::new(server.with_key(key));
    let run = runs(&mut recorder);
    results(&mut recorder, &run);
    telemetry(&mut recorder, &run);
    control(&mut recorder);
    nodes(&mut recorder, &run);
    experiments(&mut recorder);
    datasets(&mut recorder);
    events(&mut recorder);
    service(&mut recorder);
    let asked = recorder.finish();

    let document = server.get("/openapi.json").expect(200).body;
    let items = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let known: BTreeSet<_> = items.map(|operation| operation["operationId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(asked, known, "ask every operation here, and no other");
}

/// Creates and starts a run, and waits for its end; gives its id.
fn runs(recorder: &mut Recorder) -> String {
    let body = json!({
        "project_id": PROJECT, "name": "Market Response Simulation", "mode": "society",
        "config": {"seed": 42, "horizon_ticks": 20, "population": {"agents": 2000}, "snapshot_every_ticks": 10},
        "scenario_patch": {"variable_deltas": {"economy_confidence": 0.2}}
    });
    let run = recorder.post("create_run", "/runs", Some(body)).1["id"].as_str().unwrap().to_owned();
    recorder.post("start_run", &format!("/runs/{run}/start"), None);
    recorder.get("run_progress", &format!("/runs/{run}/progress"));
    recorder.get("get_run", &format!("/runs/{run}"));
    recorder.get("list_runs", &format!("/runs?project_id={PROJECT}&status=succeeded&sort=-created_at&limit=20"));
    let batch = json!({
        "project_id": PROJECT, "base_config": {"mode": "society", "horizon_ticks": 10, "population": {"agents": 1000}},
        "variations": [{"name": "Seed 1", "seed": 1}, {"name": "Seed 2", "seed": 2}], "auto_start": true
    });
    recorder.post("create_batch", "/runs/batch", Some(batch));
    run
}

/// What came of a run that has ended.
fn results(recorder: &mut Recorder, run: &str) {
    recorder.get("run_results", &format!("/runs/{run}/results"));
    recorder.get("run_manifest", &format!("/runs/{run}/manifest"));
    recorder.get("list_snapshots", &format!("/runs/{run}/snapshots"));
    recorder.post("verify_run", &format!("/runs/{run}/verify"), None);
    let path = format!("/runs/{run}/verify");
    eventually("it is verified", || (recorder.client.get(&path).body["state"] != "running").then_some(()));
    recorder.get("get_verification", &path);
    recorder.delete("cancel_verification", &path);
    let fork = json!({"from_tick": 10, "config": {"seed": 7},
        "scenario_patch": {"variable_deltas": {"economy_confidence": 0.3}}});
    recorder.post("fork_run", &format!("/runs/{run}/fork"), Some(fork));
}

fn telemetry(recorder: &mut Recorder, run: &str) {
    let index = recorder.get("telemetry_index", &format!("/telemetry/{run}"));
    let path = |rest: &str| format!("/telemetry/{run}/{rest}");
    recorder.get("telemetry_slice", &path("slice?from_tick=10&to_tick=12&metrics=adoption_rate&regions=CA"));
    let keyframe = recorder.get("telemetry_keyframe", &path("keyframe/20"));
    let agent = &keyframe["agents"][0]["agent"];
    recorder.get("telemetry_agent", &path(&format!("agent/{agent}")));
    recorder.get("telemetry_events", &path("events?limit=100"));
    recorder.get("telemetry_aggregates", &path("aggregates?metrics=adoption_rate&regions=CA"));
    recorder.get("telemetry_stream", &path("stream?metrics=adoption_rate&from_tick=19"));
    let file = index["files"][0]["name"].as_str().unwrap();
    recorder.get("telemetry_file", &path(&format!("files/{file}")));
    recorder.get("export_run", &format!("/runs/{run}/export?table=metrics&format=csv"));
}

/// What is done with a run that goes on: it is far too long for a test.
fn control(recorder: &mut Recorder) {
    let config = json!({"horizon_ticks": 1000, "population": {"agents": 200_000}});
    let run = recorder.client.launch(&config);
    let stepped = |recorder: &Recorder| {
        eventually("it has stepped", || {
            let run = recorder.client.run(&run);
            (run["status"] == "running" && run["progress"]["current_tick"].as_u64() > Some(0)).then_some(())
        });
    };
    stepped(recorder);
    recorder.post("take_snapshot", &format!("/runs/{run}/snapshots"), None);
    recorder.post("pause_run", &format!("/runs/{run}/pause"), None);
    recorder.post("resume_run", &format!("/runs/{run}/resume"), None);
    stepped(recorder);
    recorder.post("cancel_run", &format!("/runs/{run}/cancel"), None);
}

fn nodes(recorder: &mut Recorder, run: &str) {
    let root = recorder.client.run(run)["outputs"]["node_id"].as_str().unwrap().to_owned();
    let fork = json!({"parent_node_id": root, "name": "Trust grows", "runs": 2, "auto_run": true,
        "scenario_patch": {"variable_deltas": {"social_trust": 0.1}}});
    let made = recorder.post("fork_node", "/nodes/fork", Some(fork)).1;
    for run in made["runs"].as_array().unwrap() {
        recorder.client.outcome(run["id"].as_str().unwrap());
    }
    let child = made["node"]["id"].as_str().unwrap();
    recorder.get("get_node", &format!("/nodes/{child}"));
    recorder.get("node_children", &format!("/nodes/{root}/children"));
    recorder.get("path_analysis", &format!("/nodes/{child}/path-analysis"));
    recorder.get("universe_map", &format!("/nodes/universe-map/{PROJECT}"));
    recorder.get("compare_nodes", &format!("/nodes/compare?node_ids={root},{child}"));
}

/// An experiment of one day, repeated so often.
fn experiment(days: u32) -> Value {
    json!({
        "name": "Does a message help?", "seed": 7, "environment": {"ticks_per_step": 3600}, "map": {"dataset": "us-2020"},
        "agent": {"citizens": [{"agent_class": "citizen", "number": 2000}]},
        "workflow": [
            {"type": "message", "intervene_message": "Try it.", "stance": 0.8, "target_agent": "all"},
            {"type": "run", "days": days},
            {"type": "survey", "target_agent": "all", "survey": {"questions": [
                {"name": "has_it", "title": "Do you have it?", "type": "choice", "key": "adopted"}]}}
        ]
    })
}

fn experiments(recorder: &mut Recorder) {
    let started = recorder.post("run_experiment", "//api/run-experiments", Some(experiment(1))).1;
    let id = started["data"]["id"].as_str().unwrap();
    recorder.client.outcome(id);
    recorder.get("get_experiment_status", &format!("//api/experiments/{id}/status"));
    recorder.get("get_experiments", "//api/run-experiments?skip=0&limit=10");
    let mut long = experiment(40);
    long["agent"]["citizens"][0]["number"] = json!(200_000);
    let long = recorder.client.launch_experiment(&long);
    recorder.delete("stop_experiment", &format!("//api/experiments/{long}/stop"));
}

fn datasets(recorder: &mut Recorder) {
    let agents = "region,segment,opinion\nN,laggards,0.25\nS,innovators,-0.5\nN,laggards,0.1\n";
    let body = json!({"name": "islands", "regions_csv": REGIONS, "borders_csv": "a,b\nN,S\n", "agents_csv": agents});
    let form = json!({"name": "islands", "regions": REGIONS, "borders": "a,b\nN,S\n", "agents": agents});
    recorder.also(("multipart/form-data", form));
    recorder.post("add_dataset", "/datasets", Some(body));
    recorder.get("list_datasets", "/datasets");
    recorder.get("get_dataset_versions", "/datasets/islands");
    recorder.get("get_dataset", "/datasets/islands/1?regions=2");
    recorder.delete("remove_dataset", "/datasets/islands/1");
}

fn events(recorder: &mut Recorder) {
    let effects = json!([{"variable": "price_sensitivity", "operation": "add", "value": 0.4, "regions": ["TX", "LA"],
        "intensity": {"shape": "pulse", "ticks": 6}}]);
    let script = json!({"project_id": PROJECT, "name": "Fuel shock", "effects": effects});
    let made = recorder.post("create_event_script", "/event-scripts", Some(script.clone())).1;
    let id = made["id"].as_str().unwrap();
    recorder.post("validate_event_script", "/event-scripts/validate", Some(script.clone()));
    recorder.get("list_event_scripts", &format!("/event-scripts?project_id={PROJECT}"));
    recorder.get("get_event_script", &format!("/event-scripts/{id}"));
    let mut changed = json!({"version": 1, "name": "Fuel shock", "effects": script["effects"]});
    changed["effects"][0]["value"] = json!(0.3);
    recorder.put("update_event_script", &format!("/event-scripts/{id}"), changed);

    let bundle = json!({"project_id": PROJECT, "name": "A hard winter", "order": "sequential",
        "scripts": [{"script_id": id, "offset_ticks": 10}, {"script_id": id, "offset_ticks": 2}]});
    let made = recorder.post("create_event_bundle", "/event-scripts/bundles", Some(bundle.clone())).1;
    let path = format!("/event-scripts/bundles/{}", made["id"].as_str().unwrap());
    recorder.post("validate_event_bundle", "/event-scripts/bundles/validate", Some(bundle.clone()));
    recorder.get("list_event_bundles", &format!("/event-scripts/bundles?project_id={PROJECT}"));
    recorder.get("get_event_bundle", &path);
    let changed = json!({"version": 1, "name": "A hard winter", "order": "parallel", "scripts": bundle["scripts"]});
    recorder.put("update_event_bundle", &path, changed);
    recorder.delete("remove_event_bundle", &path);
    recorder.delete("remove_event_script", &format!("/event-scripts/{id}"));
}

fn service(recorder: &mut Recorder) {
    recorder.get("list_models", "/models");
    recorder.get("get_model", "/models/voter");
    let made = recorder.post("create_key", "/keys", Some(json!({"tenant": "visitors"}))).1;
    recorder.get("list_keys", "/keys");
    recorder.delete("revoke_key", &format!("/keys/{}", made["id"].as_str().unwrap()));
    recorder.get("health", "//health");
    recorder.get("live", "//health/live");
    recorder.get("ready", "//health/ready");
    recorder.get("metrics", "//metrics");
    recorder.get("openapi_json", "/openapi.json");
}
