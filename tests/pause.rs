//! Pauses and snapshots on request: were one of these to fail, a paused run would be lost by a power cut, would go on by
//! itself, or would come to other results.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use serde_json::{Value, json};
use support::{Client, Server, names};
use tempfile::tempdir;

fn spec() -> Value {
    json!({"seed": 7, "horizon_ticks": 600, "population": {"agents": 60_000}, "snapshot_every_ticks": 0})
}

/// Waits until the run has stepped.
fn stepped(server: &Client, id: &str) {
    let mut stream = server.watch(id);
    while stream.next_event().unwrap().tick() == 0 {}
}

fn pause(server: &Client, id: &str) -> Value {
    server.post(&format!("/runs/{id}/pause")).expect(200).body
}

fn snapshots(server: &Client, id: &str) -> Vec<Value> {
    server.get(&format!("/runs/{id}/snapshots")).expect(200).body["items"].as_array().unwrap().clone()
}

#[test]
fn a_paused_run_outlives_power_cuts_and_resumes_to_the_same_bytes() {
    let undisturbed = {
        let folder = tempdir().unwrap();
        let server = Server::start(folder.path(), &[("CIVITAS_SIM__THREADS", "1")]);
        let id = server.launch(&spec());
        server.outcome(&id)
    };

    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "2")]);
    let id = server.launch(&spec());
    stepped(&server, &id);
    let mut stream = server.watch(&id);
    let paused = pause(&server, &id);
    // The stream shows the pause, and no end: there is none.
    let told =
        std::iter::from_fn(|| stream.next_event()).find(|event| event.data["status"] != json!("running")).unwrap();
    assert_eq!((told.event.as_str(), &told.data["status"]), ("progress", &json!("paused")), "{told:?}");
    server.kill9();
    assert_eq!(names(&paused), ["id", "message", "partial_results", "status", "ticks_completed"]);
    let tick = paused["ticks_completed"].as_u64().unwrap();
    assert!((1..600).contains(&tick), "{paused}");
    assert_eq!((&paused["status"], &paused["partial_results"]), (&json!("paused"), &json!(true)));

    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "5"), ("CIVITAS_SIM__THREADS", "3")]);
    let run = server.run(&id);
    assert_eq!((&run["status"], &run["progress"]["current_tick"]), (&json!("paused"), &json!(tick)), "{run}");
    assert!(run["timing"]["completed_at"].is_null() && run["error"].is_null(), "{run}");
    assert_eq!(server.get("/runs?status=paused").expect(200).body["total"], json!(1));
    let kept = snapshots(&server, &id);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!((&kept[0]["tick"], &kept[0]["reason"]), (&json!(tick), &json!("paused")));
    assert_eq!(run["outputs"]["snapshot_refs"], json!([kept[0]["ref"]]));
    let so_far = server.get(&format!("/runs/{id}/results")).expect(200).body;
    assert_eq!((&so_far["status"], &so_far["ticks_completed"]), (&json!("paused"), &json!(tick)));

    server.start(&id).expect_error(409, "WRONG_STATUS");
    server.post(&format!("/runs/{id}/pause")).expect_error(409, "WRONG_STATUS");
    server.post(&format!("/runs/{id}/snapshots")).expect_error(409, "WRONG_STATUS");
    assert_eq!(server.run(&id), run, "what is refused changes nothing");

    let resumed = server.post(&format!("/runs/{id}/resume")).expect(202).body;
    assert_eq!(resumed["status"], "running");
    server.kill9();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "3")]);
    assert_eq!(server.outcome(&id), undisturbed);
    for path in ["pause", "resume", "snapshots"] {
        server.post(&format!("/runs/{id}/{path}")).expect_error(409, "ALREADY_ENDED");
    }
}

#[test]
fn a_paused_run_is_cancelled_with_what_it_has() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&spec());
    stepped(&server, &id);
    let tick = pause(&server, &id)["ticks_completed"].clone();
    let cancelled = server.cancel(&id).expect(200).body;
    assert_eq!((&cancelled["status"], &cancelled["ticks_completed"]), (&json!("cancelled"), &tick));
    server.kill9();
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.status(&id), "cancelled");
    let results = server.get(&format!("/runs/{id}/results")).expect(200).body;
    assert_eq!((&results["status"], &results["ticks_completed"]), (&json!("cancelled"), &tick));
    server.post(&format!("/runs/{id}/resume")).expect_error(409, "ALREADY_ENDED");
}

#[test]
fn a_snapshot_on_request_is_there_after_a_power_cut() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let queued = server.create(&spec());
    for path in ["pause", "resume", "snapshots"] {
        server.post(&format!("/runs/{queued}/{path}")).expect_error(409, "WRONG_STATUS");
        server.post(&format!("/runs/{}/{path}", support::PROJECT)).expect_error(404, "RUN_NOT_FOUND");
        server.post(&format!("/runs/latest/{path}")).expect_error(400, "VALIDATION_ERROR");
    }
    let id = server.launch(&spec());
    stepped(&server, &id);
    let taken = server.post(&format!("/runs/{id}/snapshots")).expect(201).body;
    server.kill9();
    assert_eq!((&taken["run_id"], &taken["reason"]), (&json!(id), &json!("requested")), "{taken}");

    let server = Server::start(folder.path(), &[]);
    assert_eq!(snapshots(&server, &id)[0], taken);
    // It goes on from there by itself.
    let events = server.watch(&id).events();
    let mut stepped = events.iter().filter(|event| event.event == "progress" && event.tick() > 0);
    assert!(stepped.all(|event| event.tick() >= taken["tick"].as_u64().unwrap()), "{events:?}");
    assert_eq!(events.last().unwrap().event, "completed");
    assert!(snapshots(&server, &id).contains(&taken), "it is kept as long as the run");
}
