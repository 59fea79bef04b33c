//! Stopping a server: were one of these to fail, a restart would lose work, keep clients waiting, or never come to its end.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::sse::Frame;
use support::{PROJECT, Server, eventually};
use tempfile::tempdir;

/// A run whose ticks take long: everybody reads everybody.
fn slow_ticks(agents: u32) -> Value {
    json!({"seed": 3, "horizon_ticks": 1000, "population": {"agents": agents}, "network": {"kind": "complete"},
        "model": "bounded_confidence", "snapshot_every_ticks": 0})
}

/// Waits until the run has stepped.
fn stepped(server: &Server, id: &str) {
    eventually("it has stepped", || (server.run(id)["progress"]["current_tick"].as_u64() > Some(0)).then_some(()));
}

#[test]
fn a_stopping_server_takes_no_work_says_when_to_come_back_and_keeps_everything() {
    let folder = tempdir().unwrap();
    let one_place = [("CIVITAS_LIMITS__MAX_RUNNING", "1"), ("CIVITAS_SIM__THREADS", "1")];
    let server = Server::start(folder.path(), &one_place);
    let id = server.launch(&slow_ticks(20_000));
    let batch = json!({"project_id": PROJECT, "auto_start": true, "variations": [{"seed": 1}, {"seed": 2}],
        "base_config": {"horizon_ticks": 10, "population": {"agents": 2000}}});
    let batch = server.post_json("/runs/batch", &batch).expect(201).body;
    let waiting = [0, 1].map(|index| batch["runs"][index]["id"].as_str().unwrap().to_owned());
    let queued = server.create(&json!({}));
    stepped(&server, &id);
    let mut stream = server.watch(&id);
    let first = stream.next_frame().unwrap();
    assert!(matches!(&first, Frame::Other(text) if text.contains("2000")), "when to reconnect comes first: {first:?}");

    server.sigterm();
    // The tick in progress goes on for a while; all that time the server says what it does.
    let refused = eventually("work is refused", || {
        let answer = server.post_json("/runs", &json!({"project_id": PROJECT}));
        (answer.status != 201).then_some(answer)
    });
    refused.expect_error(503, "SHUTTING_DOWN");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    let unready = server.get("//health/ready").expect(503).body;
    assert!(unready["reasons"][0].as_str().unwrap().starts_with("stopping"), "{unready}");
    server.get("//health/live").expect(200);
    for path in [format!("/runs/{queued}/start"), format!("/runs/{id}/pause"), format!("/runs/{id}/cancel")] {
        server.post(&path).expect_error(503, "SHUTTING_DOWN");
    }
    assert_eq!(server.status(&id), "running", "what there is can be read");
    let last = stream.events().pop().unwrap();
    assert_eq!((last.event.as_str(), last.id), ("shutdown", None), "{last:?}");
    let (status, said) = server.ended();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.contains("every run is suspended"), "{said}");

    let server = Server::start(folder.path(), &one_place);
    let run = server.run(&id);
    let kept = run["outputs"]["snapshot_refs"].as_array().unwrap();
    assert_eq!((kept.len(), &run["status"]), (1, &json!("running")), "{run}");
    assert!(run["progress"]["current_tick"].as_u64() > Some(0), "{run}");
    assert_eq!(waiting.clone().map(|id| server.status(&id)), ["queued", "queued"]);
    server.cancel(&id).expect(200);
    for id in &waiting {
        server.outcome(id);
    }
    assert_eq!(server.status(&queued), "queued", "nobody asked for it to start");
    server.stop();
}

#[test]
fn what_cannot_be_suspended_in_time_is_left_to_its_last_snapshot_and_that_is_said() {
    let folder = tempdir().unwrap();
    // A tick takes longer than there is time.
    let env = [("CIVITAS_SERVER__SHUTDOWN_TIMEOUT_S", "0"), ("CIVITAS_LIMITS__MAX_INTERRUPTIONS", "0")];
    let server = Server::start(folder.path(), &env);
    let id = server.launch(&slow_ticks(25_000));
    let short = server.launch(&json!({"seed": 8, "horizon_ticks": 30, "population": {"agents": 2000}}));
    let outcome = server.outcome(&short);
    stepped(&server, &id);
    let told = Instant::now();
    server.sigterm();
    let (status, said) = server.ended();
    assert!(told.elapsed() < Duration::from_secs(30), "{:?}", told.elapsed());
    assert_eq!(status.code(), Some(3), "{said}");
    assert!(said.contains(&id) && said.contains("not suspended within server.shutdown_timeout_s"), "{said}");

    // It goes on; that it was cut off in good order is not held against it.
    let server = Server::start(folder.path(), &env);
    assert_eq!((server.status(&id).as_str(), server.outcome_now(&short, "succeeded")), ("running", outcome));
    stepped(&server, &id);
    server.cancel(&id).expect(200);
    server.stop();
}
