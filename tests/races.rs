//! Many requests at once: were one of these to fail, limits would hold only for clients that wait their turn, and a run
//! could be started twice or have two ends.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::sync::Barrier;

use serde_json::{Value, json};
use support::{Answer, Client, PROJECT, Server};
use tempfile::tempdir;

/// Sends a request from so many threads at once; gives every answer.
fn at_once(server: &Client, threads: usize, send: impl Fn(&Client, usize) -> Answer + Sync) -> Vec<Answer> {
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        let send_one = |index: usize| {
            // A connection of its own.
            let client = server.fresh();
            barrier.wait();
            send(&client, index)
        };
        let threads: Vec<_> = (0..threads).map(|index| scope.spawn(move || send_one(index))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

fn long() -> Value {
    json!({"horizon_ticks": 1000, "population": {"agents": 100_000}})
}

#[test]
fn a_run_is_started_once() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.create(&long());
    let answers = at_once(&server, 16, |client, _| client.start(&id));
    assert_eq!((count(&answers, 202), count(&answers, 409)), (1, 15));
    for refused in answers.iter().filter(|answer| answer.status == 409) {
        assert_eq!(refused.expect_error(409, "ALREADY_RUNNING"), "Run is already running");
    }
    let answers = at_once(&server, 8, |client, _| client.cancel(&id));
    // All who asked while it was stopping are told that it has; who came later, that there is nothing to cancel.
    assert!(count(&answers, 200) >= 1 && count(&answers, 200) + count(&answers, 409) == 8);
    let told: Vec<_> = answers.iter().filter(|answer| answer.status == 200).map(|answer| &answer.body).collect();
    assert!(told.iter().all(|body| *body == told[0]), "one run has one end: {told:?}");
}

#[test]
fn limits_hold_against_a_rush() {
    let folder = tempdir().unwrap();
    let env = [("CIVITAS_LIMITS__MAX_RUNNING", "3"), ("CIVITAS_LIMITS__MAX_QUEUED", "12")];
    let server = Server::start(folder.path(), &env);
    let body = json!({"project_id": PROJECT, "config": long()});
    let created = at_once(&server, 20, |client, _| client.post_json("/runs", &body));
    assert_eq!((count(&created, 201), count(&created, 429)), (12, 8));
    let ids: Vec<_> = created.iter().filter(|answer| answer.status == 201).map(Answer::id).collect();
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(12));

    let started = at_once(&server, ids.len(), |client, index| client.start(&ids[index]));
    assert_eq!((count(&started, 202), count(&started, 429)), (3, 9));
    assert_eq!(server.get("/runs?status=running").expect(200).body["total"], json!(3));
    // Places that are freed at once are free at once.
    let running: Vec<_> =
        ids.iter().zip(&started).filter(|(_, answer)| answer.status == 202).map(|(id, _)| id).collect();
    let cancelled = at_once(&server, running.len(), |client, index| client.cancel(running[index]));
    assert_eq!(count(&cancelled, 200), 3);
    let rest: Vec<_> = ids.iter().filter(|id| !running.contains(id)).collect();
    let started = at_once(&server, rest.len(), |client, index| client.start(rest[index]));
    assert_eq!((count(&started, 202), count(&started, 429)), (3, 6));
}

#[test]
fn a_start_and_a_cancel_at_once_agree_on_one_end() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    for _ in 0..10 {
        let id = server.create(&json!({"horizon_ticks": 4, "population": {"agents": 3000}}));
        let answers = at_once(&server, 2, |client, index| match index {
            0 => client.start(&id),
            _ => client.cancel(&id),
        });
        let end = server.wait(&id);
        let run = server.run(&id);
        assert_eq!(run["status"], end.data["status"]);
        match end.event.as_str() {
            "cancelled" => assert_eq!(answers[1].status, 200, "{}", answers[1].text),
            _ => assert_eq!((answers[0].status, run["status"].as_str()), (202, Some("succeeded"))),
        }
        let results = server.get(&format!("/runs/{id}/results"));
        assert_eq!(results.status == 200, run["outputs"]["results_ref"].is_string(), "{}", results.text);
    }
}

#[test]
fn a_waiting_batch_never_takes_more_places_than_there_are() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_LIMITS__MAX_RUNNING", "2")]);
    let body = json!({"project_id": PROJECT, "auto_start": true, "variations": vec![json!({}); 9],
        "base_config": {"horizon_ticks": 60}});
    server.post_json("/runs/batch", &body).expect(201);
    let total =
        |status: &str| server.get(&format!("/runs?status={status}")).expect(200).body["total"].as_u64().unwrap();
    support::eventually("all have succeeded", || {
        assert!(total("running") <= 2);
        (total("succeeded") == 9).then_some(())
    });
}
