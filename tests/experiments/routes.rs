//! The four routes from the first answer to the last, and what the Runs API says of the same experiments.

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::experiments::{experiment, question, steps, survey};
use crate::support::{Client, Server, eventually, names, run_civitas};

fn small() -> Value {
    experiment(500, json!([{"type": "step", "steps": 4}, survey(json!("all"), json!([question("choice", "stance")]))]))
}

fn named(name: &str) -> Value {
    crate::support::experiments::with(small(), "/name", json!(name))
}

fn key(folder: &std::path::Path, tenant: &str) -> String {
    let made = run_civitas(folder, &["key", "create", "--tenant", tenant, "--data-dir", "data"], &[]);
    assert_eq!(made.status.code(), Some(0));
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

#[test]
fn from_the_request_to_the_results() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let ask = survey(json!("all"), json!([question("choice", "stance")]));
    let config = experiment(40_000, json!([ask, {"type": "step", "steps": 800}]));
    let accepted = server.post_experiment(&config).expect(200);
    let id = accepted.body["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(accepted.body, json!({"data": {"id": id, "name": "An experiment", "status": "running"}}));
    assert_eq!(accepted.header("content-type"), "application/json");
    let stream = server.watch(&id);

    let (mut seen, mut ticks) = (Vec::new(), Vec::new());
    let done = eventually("it has ended", || {
        let state = server.experiment(&id);
        let fields =
            "completed_at created_at error id name progress results_ref returncode run_status started_at status";
        assert_eq!(names(&state), fields.split(' ').collect::<Vec<_>>());
        assert_eq!((&state["id"], &state["name"]), (&json!(id), &json!("An experiment")));
        assert_eq!(state["progress"]["total_ticks"], json!(800));
        let status = state["status"].as_str().unwrap().to_owned();
        if status == "running" {
            assert!(["queued", "running"].contains(&state["run_status"].as_str().unwrap()), "{state}");
            let unknown = [&state["returncode"], &state["completed_at"], &state["error"], &state["results_ref"]];
            assert_eq!(unknown, [&json!(null); 4], "{state}");
        }
        ticks.push(state["progress"]["current_tick"].as_u64().unwrap());
        seen.push(status.clone());
        (status != "running").then_some(state)
    });
    seen.dedup();
    assert_eq!(seen, ["running", "completed"]);
    assert!(ticks.is_sorted() && ticks.iter().any(|tick| (1..800).contains(tick)), "{ticks:?}");
    assert_eq!(
        (&done["returncode"], &done["run_status"], &done["error"]),
        (&json!(0), &json!("succeeded"), &json!(null))
    );
    assert_eq!(done["progress"], json!({"current_tick": 800, "total_ticks": 800, "percent_complete": 100}));
    let times = ["created_at", "started_at", "completed_at"].map(|field| {
        let time: Timestamp = done[field].as_str().unwrap().parse().unwrap();
        time
    });
    assert!(times.is_sorted(), "{times:?}");

    // The Runs API sees the same.
    let results = server.get(&format!("/{}", done["results_ref"].as_str().unwrap())).expect(200);
    assert_eq!(results.body, server.results(&id));
    assert_eq!((&results.body["status"], &results.body["run_id"]), (&json!("succeeded"), &json!(id)));
    assert_eq!(steps(&results.body, "survey").len(), 1);
    let run = server.run(&id);
    assert_eq!(
        (&run["mode"], &run["status"], &run["name"]),
        (&json!("experiment"), &json!("succeeded"), &done["name"])
    );
    assert_eq!(run["outputs"]["results_ref"], done["results_ref"]);
    assert_eq!(run["timing"]["completed_at"], done["completed_at"]);
    let events = stream.events();
    let (last, before) = events.split_last().unwrap();
    assert_eq!((last.event.as_str(), last.id), ("completed", Some(800)));
    assert!(before.iter().any(|event| event.event == "progress" && (1..800).contains(&event.tick())), "{before:?}");
}

#[test]
fn listings_have_the_newest_first_and_experiments_alone() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let empty = server.experiments("").expect(200);
    assert_eq!((empty.body.clone(), empty.header("x-total-count")), (json!({"data": []}), "0"));

    let plain = server.launch(&json!({"horizon_ticks": 3}));
    let long = experiment(100_000, json!([{"type": "step", "steps": 100_000}]));
    let stopped = server.launch_experiment(&long);
    let mut ids = vec![stopped.clone()];
    // So close together that some share a millisecond.
    ids.extend((0..8).map(|number| server.launch_experiment(&named(&format!("Number {number}")))));
    let running = server.launch_experiment(&long);
    ids[1..9].iter().for_each(|id| drop(server.outcome(id)));
    server.stop_experiment(&stopped).expect(200);
    server.outcome(&plain);
    ids.push(running.clone());
    ids.reverse();

    let all = server.experiments("").expect(200);
    let list = all.body["data"].as_array().unwrap();
    assert_eq!(list.iter().map(|item| item["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    assert_eq!(all.header("x-total-count"), "10");
    for item in list {
        assert_eq!(names(item), ["created_at", "id", "name", "returncode", "status"]);
        let state = server.experiment(item["id"].as_str().unwrap());
        assert!(names(item).iter().all(|name| item[*name] == state[*name]), "{item} {state}");
    }
    let outcome = |at: usize| (list[at]["status"].as_str().unwrap(), list[at]["returncode"].clone());
    assert_eq!([outcome(0), outcome(1)], [("running", json!(null)), ("completed", json!(0))]);
    assert_eq!(outcome(9), ("stopped", json!(-15)));

    for (query, wanted) in [
        ("?limit=3", &ids[..3]),
        ("?skip=2&limit=3", &ids[2..5]),
        ("?skip=8", &ids[8..]),
        ("?skip=10", &[][..]),
        ("?skip=18446744073709551615&limit=1000", &[]),
    ] {
        let page = server.experiments(query).expect(200);
        let found: Vec<_> = page.body["data"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
        assert_eq!(found, wanted, "{query}");
        assert_eq!(page.header("x-total-count"), "10", "{query}");
    }
    for query in ["?limit=0", "?limit=1001", "?skip=-1", "?limit=ten", "?page=2", "?skip=1&skip=2"] {
        server.experiments(query).expect_error(400, "VALIDATION_ERROR");
    }

    // The Runs API tells them apart by their mode.
    let of_mode = |mode: &str| server.get(&format!("/runs?mode={mode}&limit=100")).expect(200).body;
    let experiments = of_mode("experiment");
    let found: Vec<_> = experiments["items"].as_array().unwrap().iter().map(|run| run["id"].clone()).collect();
    assert_eq!((found, &experiments["total"]), (ids.iter().map(|id| json!(id)).collect(), &json!(10)));
    assert_eq!((&of_mode("society")["total"], &of_mode("society")["items"][0]["id"]), (&json!(1), &json!(plain)));
    assert_eq!(server.results(&plain).get("experiment"), None, "a plain run is no experiment");
    // Either door stops it.
    server.cancel(&running).expect(200);
    assert_eq!(server.experiment(&running)["returncode"], json!(-15));
}

#[test]
fn another_tenants_experiment_is_not_there() {
    let folder = tempdir().unwrap();
    let keys = ["acme", "umbra"].map(|tenant| key(folder.path(), tenant));
    let server = Server::start(folder.path(), &[]);
    let strangers = [server.fresh(), server.with_key("civ_guess")];
    for stranger in &strangers {
        for answer in [stranger.post_experiment(&small()), stranger.experiments("")] {
            answer.expect_error(401, "UNAUTHORIZED");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    let [mine, theirs]: [Client; 2] = keys.map(|key| server.with_key(&key));
    let id = mine.launch_experiment(&experiment(100_000, json!([{"type": "step", "steps": 100_000}])));
    let done = mine.launch_experiment(&small());
    mine.outcome(&done);
    for id in [&id, &done] {
        let status = format!("//api/experiments/{id}/status");
        for stranger in &strangers {
            stranger.get(&status).expect_error(401, "UNAUTHORIZED");
            stranger.stop_experiment(id).expect_error(401, "UNAUTHORIZED");
        }
        for answer in [theirs.get(&status), theirs.stop_experiment(id)] {
            assert_eq!(answer.expect_error(404, "EXPERIMENT_NOT_FOUND"), "Experiment not found");
        }
    }
    assert_eq!(mine.experiment(&id)["status"], json!("running"), "a stranger has stopped it");
    let own = theirs.launch_experiment(&small());
    for (client, ids) in [(&mine, vec![&done, &id]), (&theirs, vec![&own])] {
        let list = client.experiments("").expect(200);
        assert_eq!(list.header("x-total-count"), ids.len().to_string());
        assert_eq!(list.body["data"].as_array().unwrap().iter().map(|item| &item["id"]).collect::<Vec<_>>(), ids);
    }
    mine.stop_experiment(&id).expect(200);
}
