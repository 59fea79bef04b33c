//! Experiments that do not end by themselves: stopped while they run or wait, out of time, and many at once.

use std::sync::Barrier;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::experiments::*;
use crate::support::{Answer, Client, Server, eventually};

/// Sends a request from so many threads at once; gives every answer.
fn at_once(server: &Client, threads: usize, send: impl Fn(&Client, usize) -> Answer + Sync) -> Vec<Answer> {
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        let send_one = |index: usize| {
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

fn stance() -> Value {
    survey(json!("all"), json!([question("choice", "stance")]))
}

/// Far too long for a test.
fn endless(agents: u32) -> Value {
    let message = json!({"type": "message", "intervene_message": "m", "stance": 0.5, "target_agent": "all"});
    let steps = json!([stance(), {"type": "step"}, message, {"type": "step", "steps": 100_000}, stance()]);
    experiment(
        agents,
        json!({"metric_extractors": [{"name": "m", "key": "opinion", "step_interval": 2}], "steps": steps}),
    )
}

/// Waits until the experiment has stepped, and gives its tick.
fn stepped(server: &Client, id: &str) -> u64 {
    eventually("it has stepped", || {
        let state = server.experiment(id);
        assert_eq!(state["status"], "running", "{state}");
        state["progress"]["current_tick"].as_u64().filter(|tick| *tick > 1)
    })
}

#[test]
fn a_running_experiment_stops_where_it_is_and_keeps_what_it_found() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    // With so many ties a tick takes longer than a request, and nearly as long as it takes to be told of one.
    let slow = with(endless(400_000), "/agent/network", json!({"mean_degree": 240}));
    let mut late = Vec::new();
    // A machine that is busy elsewhere may hold up one request, but hardly three.
    let (id, stopped) = loop {
        let id = server.launch_experiment(&slow);
        let before = stepped(&server, &id);
        let stopped = server.stop_experiment(&id).expect(200).body["data"].clone();
        late.push(stopped["ticks_completed"].as_u64().unwrap() - before);
        // One in which it was asked, and two that it was not yet told of: progress is told ten times a second.
        if late[late.len() - 1] <= 3 {
            break (id, stopped);
        }
        assert!(late.len() < 3, "it goes on after it was told to stop, for ticks: {late:?}");
    };
    let ticks = stopped["ticks_completed"].as_u64().unwrap();
    let wanted =
        json!({"id": id, "name": "An experiment", "status": "stopped", "returncode": -15, "ticks_completed": ticks});
    assert_eq!(stopped, wanted);

    let state = server.experiment(&id);
    assert_eq!(
        (&state["status"], &state["returncode"], &state["run_status"]),
        (&json!("stopped"), &json!(-15), &json!("cancelled"))
    );
    assert_eq!((&state["progress"]["current_tick"], &state["error"]), (&json!(ticks), &json!(null)));
    let results = server.results(&id);
    assert_eq!((&results["status"], &results["ticks_completed"]), (&json!("cancelled"), &json!(ticks)));
    assert_eq!(results["state_digest"], json!(null), "a digest speaks for whole runs");
    let done: Vec<_> =
        results["experiment"]["steps"].as_array().unwrap().iter().map(|step| step["step"].as_u64().unwrap()).collect();
    assert_eq!(done, [0, 1, 2, 3], "what was done until then, and no more");
    assert_eq!(counts(steps(&results, "survey")[0], 0).iter().sum::<u64>(), 400_000);
    // The metric of the last tick may have been still to come.
    let told: Vec<_> = points(&results, "m").iter().map(|point| point.0).collect();
    let all: Vec<_> = (0..=ticks).step_by(2).collect();
    assert!(all.starts_with(&told) && told.len() + 1 >= all.len(), "{told:?} of {ticks}");

    let again = server.stop_experiment(&id);
    assert_eq!(again.expect_error(409, "ALREADY_ENDED"), "Experiment has already ended as stopped");
    server.cancel(&id).expect_error(409, "ALREADY_ENDED");
    assert_eq!((server.experiment(&id), server.results(&id)), (state, results));
}

#[test]
fn a_long_survey_stops_as_well() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let all: Vec<_> =
        (0..500).map(|number| json!({"name": format!("{number}"), "type": "number", "key": "opinion"})).collect();
    let id = server.launch_experiment(&experiment(
        400_000,
        json!([{"type": "step"}, survey(json!("all"), json!(all)), {"type": "step", "steps": 100}]),
    ));
    // The survey begins after the first tick; it asks two hundred million times.
    eventually("the survey begins", || (server.experiment(&id)["progress"]["current_tick"] == 1).then_some(()));
    server.stop_experiment(&id).expect(200);
    let results = server.results(&id);
    assert_eq!(steps(&results, "survey").len(), 0, "it was asked to its end, though it was told to stop");
}

#[test]
fn one_that_waits_is_stopped_too_and_gives_way() {
    let folder = tempdir().unwrap();
    let server =
        Server::start(folder.path(), &[("CIVITAS_LIMITS__MAX_RUNNING", "1"), ("CIVITAS_LIMITS__MAX_QUEUED", "2")]);
    let first = server.launch_experiment(&endless(100_000));
    let small = experiment(500, json!([{"type": "step", "steps": 3}, stance()]));
    let [waiting, next] = [0, 1].map(|_| server.launch_experiment(&small));
    stepped(&server, &first);
    let refused = server.post_experiment(&small);
    refused.expect_error(429, "QUOTA_EXCEEDED");
    assert_eq!(refused.header("retry-after"), refused.body["retry_after"].to_string());
    assert_eq!(server.experiments("").expect(200).header("x-total-count"), "3", "the refused one was stored");

    let state = server.experiment(&waiting);
    assert_eq!(
        (&state["status"], &state["run_status"], &state["started_at"]),
        (&json!("running"), &json!("queued"), &json!(null))
    );
    let stopped = server.stop_experiment(&waiting).expect(200).body["data"].clone();
    assert_eq!(
        (&stopped["status"], &stopped["returncode"], &stopped["ticks_completed"]),
        (&json!("stopped"), &json!(-15), &json!(0))
    );
    let state = server.experiment(&waiting);
    assert_eq!(
        (&state["status"], &state["results_ref"], &state["started_at"]),
        (&json!("stopped"), &json!(null), &json!(null))
    );
    server.get(&format!("/runs/{waiting}/results")).expect_error(404, "NO_RESULTS");
    server.stop_experiment(&waiting).expect_error(409, "ALREADY_ENDED");
    assert_eq!(server.experiment(&next)["run_status"], json!("queued"));

    server.stop_experiment(&first).expect(200);
    server.outcome(&next);
    assert_eq!(server.experiment(&next)["status"], json!("completed"));
    assert_eq!(server.experiment(&waiting)["status"], json!("stopped"), "the queue has started it after all");
    let late = server.stop_experiment(&next);
    assert_eq!(late.expect_error(409, "ALREADY_ENDED"), "Experiment has already ended as completed");
}

#[test]
fn one_that_runs_out_of_time_has_failed() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_LIMITS__MAX_RUN_MINUTES", "0.0167")]);
    let id = server.launch_experiment(&endless(200_000));
    assert_eq!(server.wait(&id).event, "failed");
    let state = server.experiment(&id);
    assert_eq!(
        (&state["status"], &state["returncode"], &state["run_status"]),
        (&json!("failed"), &json!(1), &json!("failed"))
    );
    assert_eq!(state["error"]["code"], json!("RUN_TIMEOUT"));
    assert!(state["error"]["message"].as_str().is_some_and(|said| !said.is_empty()), "{state}");
    assert_eq!(state["error"], server.run(&id)["error"]);
    assert!(state["progress"]["current_tick"].as_u64() < Some(100_000) && state["completed_at"].is_string(), "{state}");
    assert_eq!(server.experiments("").expect(200).body["data"][0]["returncode"], json!(1));
    let results = server.results(&id);
    assert_eq!((&results["status"], steps(&results, "survey").len()), (&json!("failed"), 1));
    assert_eq!(
        server.stop_experiment(&id).expect_error(409, "ALREADY_ENDED"),
        "Experiment has already ended as failed"
    );
}

#[test]
fn fifty_at_once_are_fifty_experiments() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let config = |index: usize| {
        let steps = json!([stance(), {"type": "step", "steps": 20}, stance()]);
        with(with(experiment(2000, steps), "/seed", json!(index % 5)), "/name", json!(format!("Number {index}")))
    };
    let answers = at_once(&server, 50, |client, index| client.post_experiment(&config(index)));
    assert_eq!(count(&answers, 200), 50, "{:?}", answers.iter().find(|answer| answer.status != 200));
    let ids: Vec<_> = answers.iter().map(|answer| answer.body["data"]["id"].as_str().unwrap().to_owned()).collect();
    let outcomes: Vec<_> = ids.iter().map(|id| server.outcome(id)).collect();
    for (index, (answer, outcome)) in answers.iter().zip(&outcomes).enumerate() {
        assert_eq!(answer.body["data"]["name"], json!(format!("Number {index}")));
        assert!(*outcome == outcomes[index % 5], "number {index} is not as its seed says");
    }
    assert!((1..5).all(|seed| outcomes[seed] != outcomes[0]), "seeds make no difference");
    let list = server.experiments("").expect(200);
    let mut found: Vec<_> =
        list.body["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    found.sort();
    let mut wanted: Vec<_> = ids.iter().map(String::as_str).collect();
    wanted.sort();
    assert_eq!((found, list.header("x-total-count")), (wanted, "50"));
    assert!(list.body["data"].as_array().unwrap().iter().all(|item| item["returncode"] == 0));
}

#[test]
fn stops_that_race_the_end_agree_with_it() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    for round in 0..24 {
        let id = server.launch_experiment(&experiment(
            2000,
            json!([stance(), {"type": "step", "steps": 1 + 8 * (round % 6)}, stance()]),
        ));
        let answers = at_once(&server, 3, |client, _| client.stop_experiment(&id));
        let last = server.wait(&id);
        let state = server.experiment(&id);
        assert_eq!(count(&answers, 200) + count(&answers, 409), 3, "{answers:?}");
        if state["status"] == "stopped" {
            let told: Vec<_> =
                answers.iter().filter(|answer| answer.status == 200).map(|answer| &answer.body["data"]).collect();
            assert!(
                !told.is_empty()
                    && told.iter().all(|data| data["ticks_completed"] == state["progress"]["current_tick"]),
                "{told:?}"
            );
            assert_eq!((last.event.as_str(), &state["returncode"]), ("cancelled", &json!(-15)));
        } else {
            assert_eq!(
                (count(&answers, 409), &state["status"], &state["returncode"]),
                (3, &json!("completed"), &json!(0))
            );
            assert_eq!(steps(&server.results(&id), "survey").len(), 2);
        }
        let results = server.get(&format!("/runs/{id}/results"));
        assert_eq!(results.status == 200, state["results_ref"].is_string(), "{}", results.text);
    }
}
