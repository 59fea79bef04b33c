//! Cancelling: were one of these to fail, a user could not stop what they started, or would lose what it had computed.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use serde_json::json;
use support::{Event, PROJECT, Server, names};
use tempfile::tempdir;

#[test]
fn a_running_run_stops_and_keeps_what_it_has() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&json!({"horizon_ticks": 1000, "population": {"agents": 300_000}}));
    let mut stream = server.watch(&id);
    let mut events = Vec::new();
    while events.last().is_none_or(|event: &Event| event.tick() == 0) {
        events.extend(stream.next_event());
    }

    let cancelled = server.cancel(&id).expect(200).body;
    assert_eq!(names(&cancelled), ["id", "message", "partial_results", "status", "ticks_completed"]);
    let ticks = cancelled["ticks_completed"].as_u64().unwrap();
    assert!((1..1000).contains(&ticks), "{cancelled}");
    let expected = json!({"id": id, "status": "cancelled", "message": "Run cancelled", "partial_results": true,
        "ticks_completed": ticks});
    assert_eq!(cancelled, expected);

    let results = server.get(&format!("/runs/{id}/results")).expect(200).body;
    assert_eq!((&results["status"], &results["run_id"]), (&json!("cancelled"), &json!(id)));
    assert_eq!((&results["ticks_completed"], &results["horizon_ticks"]), (&json!(ticks), &json!(1000)));
    assert_eq!(results["state_digest"], json!(null), "a digest speaks for whole runs");
    assert_eq!(results["agent_steps"], json!(ticks * 300_000));
    assert_eq!(results["trends"]["adoption_rate"].as_array().unwrap().last().unwrap()["tick"], json!(ticks));

    let run = server.run(&id);
    assert_eq!((&run["status"], &run["progress"]["current_tick"]), (&json!("cancelled"), &json!(ticks)));
    assert_eq!(run["outputs"]["results_ref"], json!(format!("/api/v1/runs/{id}/results")));
    assert!(run["timing"]["completed_at"].is_string() && run["error"].is_null(), "{run}");

    events.extend(stream.events());
    let [.., progress, last] = &events[..] else { panic!("{events:?}") };
    assert_eq!((progress.event.as_str(), progress.tick()), ("progress", ticks));
    assert_eq!((last.event.as_str(), last.id), ("cancelled", u32::try_from(ticks).ok()));
    assert_eq!(last.data["ticks_completed"], json!(ticks));
    assert_eq!((&last.data["status"], &last.data["partial_results"]), (&json!("cancelled"), &json!(true)));
    assert_eq!(last.data["duration_seconds"], run["timing"]["duration_seconds"]);
}

#[test]
fn a_queued_run_is_cancelled_without_results_and_its_watchers_hear_of_it() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.create(&json!({}));
    let mut stream = server.watch(&id);
    assert_eq!(stream.next_event().unwrap().tick(), 0);

    let cancelled = server.cancel(&id).expect(200).body;
    assert_eq!((&cancelled["partial_results"], &cancelled["ticks_completed"]), (&json!(false), &json!(0)));
    assert_eq!(server.status(&id), "cancelled");
    server.get(&format!("/runs/{id}/results")).expect_error(404, "NO_RESULTS");
    for stream in [stream, server.watch(&id)] {
        let last = stream.events().pop().unwrap();
        assert_eq!((last.event.as_str(), &last.data["ticks_completed"]), ("cancelled", &json!(0)));
        assert_eq!((&last.data["duration_seconds"], &last.data["partial_results"]), (&json!(null), &json!(false)));
    }
}

#[test]
fn what_has_ended_is_not_cancelled_or_started_again() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (gone, done) = (server.create(&json!({})), server.launch(&json!({"horizon_ticks": 5})));
    server.cancel(&gone).expect(200);
    let outcome = server.outcome(&done);
    for (id, status) in [(&gone, "cancelled"), (&done, "succeeded")] {
        let before = server.run(id);
        for answer in [server.cancel(id), server.start(id)] {
            let detail = answer.expect_error(409, "ALREADY_ENDED").to_owned();
            assert!(detail.contains(status), "{detail}");
        }
        assert_eq!(server.run(id), before);
    }
    assert_eq!(server.outcome_now(&done, "succeeded"), outcome);
}

#[test]
fn cancelling_frees_the_place_for_the_next() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_LIMITS__MAX_RUNNING", "1")]);
    let long = json!({"horizon_ticks": 1000, "population": {"agents": 200_000}});
    let first = server.launch(&long);
    let batch = json!({"project_id": PROJECT, "auto_start": true, "base_config": {"horizon_ticks": 3},
        "variations": [{"name": "never"}, {"name": "next"}]});
    let batch = server.post_json("/runs/batch", &batch).expect(201).body;
    let [never, next] = [0, 1].map(|index| batch["runs"][index]["id"].as_str().unwrap().to_owned());
    let by_hand = server.create(&json!({"horizon_ticks": 3}));
    server.start(&by_hand).expect_error(429, "QUOTA_EXCEEDED");

    server.cancel(&never).expect(200);
    assert_eq!(server.status(&next), "queued");
    server.cancel(&first).expect(200);
    server.outcome(&next);
    assert_eq!(server.status(&never), "cancelled", "a cancelled run must not be started by the queue");
    server.start(&by_hand).expect(202);
    server.outcome(&by_hand);
}

#[test]
fn a_run_that_takes_too_long_fails_and_keeps_what_it_has() {
    let folder = tempdir().unwrap();
    // Half a second.
    let server = Server::start(folder.path(), &[("CIVITAS_LIMITS__MAX_RUN_MINUTES", "0.0083")]);
    let id = server.launch(&json!({"horizon_ticks": 1000, "population": {"agents": 400_000}}));
    let last = server.wait(&id);
    assert_eq!((last.event.as_str(), &last.data["status"]), ("failed", &json!("failed")), "{}", last.data);
    assert_eq!(last.data["error"]["code"], json!("RUN_TIMEOUT"));
    let run = server.run(&id);
    assert_eq!((&run["status"], &run["error"]), (&json!("failed"), &last.data["error"]));
    assert!(run["error"]["message"].as_str().is_some_and(|said| !said.is_empty()), "{}", run["error"]);
    assert_eq!(run["progress"]["current_tick"], last.data["ticks_completed"]);
    assert!(last.data["ticks_completed"].as_u64() < Some(1000));
    match last.data["partial_results"].as_bool().unwrap() {
        true => {
            let results = server.get(&format!("/runs/{id}/results")).expect(200).body;
            assert_eq!(
                (&results["status"], &results["ticks_completed"]),
                (&json!("failed"), &last.data["ticks_completed"])
            );
        }
        // A machine so busy that there was no tick 0 in time has none.
        false => drop(server.get(&format!("/runs/{id}/results")).expect_error(404, "NO_RESULTS")),
    }
    server.start(&id).expect_error(409, "ALREADY_ENDED");
}
