//! Commands that ask a server: were one of these to fail, whoever works from a terminal could not run, see or end what a server
//! does, or would be told something else than a program that asks the API.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use support::{Server, run_civitas, said_by_civitas};
use tempfile::tempdir;

const LONG: u32 = 1_000_000;

/// A server with a key, and the settings of a user who works with it.
fn served(folder: &Path) -> (Server, String, Vec<(String, String)>) {
    let key = said_by_civitas(folder, &["key", "create", "--tenant", "acme"], 0);
    let key = key.split_whitespace().find(|word| word.starts_with("civ_")).unwrap().to_owned();
    let server = Server::start(folder, &[]);
    let url = format!("http://{}", server.addr());
    let env = vec![("CIVITAS_CLIENT__SERVER".to_owned(), url), ("CIVITAS_CLIENT__KEY".to_owned(), key.clone())];
    (server, key, env)
}

/// Runs a command elsewhere than on the server's folder.
fn asked(env: &[(String, String)], args: &[&str]) -> Output {
    let elsewhere = tempdir().unwrap();
    let env: Vec<_> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    run_civitas(elsewhere.path(), args, &env)
}

fn said(done: &Output, code: i32) -> String {
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(code), "{out}\n{err}");
    out.into_owned()
}

#[test]
fn a_scenario_runs_there_as_it_runs_here() {
    let folder = tempdir().unwrap();
    let (server, _, env) = served(folder.path());
    let args = ["run", "--agents", "3000", "--ticks", "20", "--json"];
    let there: Value = serde_json::from_str(&said(&asked(&env, &args), 0)).unwrap();
    let here: Value = serde_json::from_str(&said(&asked(&[], &args), 0)).unwrap();
    for part in ["outcome_summary", "trends", "distribution", "key_events"] {
        assert_eq!(there[part], here[part], "{part}");
    }

    let run = there["run_id"].as_str().unwrap();
    let listed: Value = serde_json::from_str(&said(&asked(&env, &["list", "--json"]), 0)).unwrap();
    assert_eq!((listed["total"].as_u64(), listed["items"][0]["id"].as_str()), (Some(1), Some(run)));
    let table = said(&asked(&env, &["list", "--status", "succeeded"]), 0);
    assert!(table.contains(run) && table.contains("STATUS") && table.contains("1 of 1 runs"), "{table}");
    assert_eq!(said(&asked(&env, &["list", "--status", "failed"]), 0).trim(), "no runs");

    let page = said(&asked(&env, &["results", run]), 0);
    for part in ["3000 agents of us-2020", "20 ticks", "adoption rate", "agent-steps/s", run] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }
    let document = said(&asked(&env, &["results", run, "--json"]), 0);
    assert_eq!(serde_json::from_str::<Value>(&document).unwrap(), there);
    // It ended long ago, and is told so.
    said(&asked(&env, &["watch", run]), 0);
    server.stop();

    // The same from the folder, without a server: whoever the runs belong to.
    let stored = said_by_civitas(folder.path(), &["results", run, "--json"], 0);
    assert_eq!(serde_json::from_str::<Value>(&stored).unwrap(), there);
    assert!(said_by_civitas(folder.path(), &["list"], 0).contains(run));
}

#[test]
fn a_run_is_watched_and_cancelled_from_elsewhere() {
    let folder = tempdir().unwrap();
    let (server, key, env) = served(folder.path());
    let api = server.with_key(&key);
    let id = api.launch(&json!({"horizon_ticks": 1000, "population": {"agents": LONG}}));
    let watching = std::thread::spawn({
        let (env, id) = (env.clone(), id.clone());
        move || asked(&env, &["watch", &id, "--json"])
    });
    support::eventually("it runs", || (api.run(&id)["progress"]["current_tick"].as_u64() > Some(0)).then_some(()));
    let told: Value = serde_json::from_str(&said(&asked(&env, &["cancel", &id, "--json"]), 0)).unwrap();
    assert_eq!(told["status"], "cancelled");
    let events = said(&watching.join().unwrap(), 130);
    let events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.last().unwrap()["event"], "cancelled", "{events:?}");
    assert!(events.iter().any(|event| event["event"] == "progress" && event["data"]["total_ticks"] == 1000));
    let again = asked(&env, &["cancel", &id]);
    said(&again, 1);
    assert!(String::from_utf8_lossy(&again.stderr).contains("ALREADY_ENDED"), "{again:?}");
    server.stop();
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let folder = tempdir().unwrap();
    let (server, _, env) = served(folder.path());
    let url = &env[0].1;
    let nobody = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10";
    for (env, args, problem, hint) in [
        (vec![], vec!["list", "--server", url], "UNAUTHORIZED", "--key KEY or CIVITAS_CLIENT__KEY"),
        (env.clone(), vec!["results", nobody], "RUN_NOT_FOUND", ""),
        (env.clone(), vec!["run", "--threads", "2"], "--threads and --audit are for runs here", "leave out --server"),
        (vec![], vec!["list", "--server", "localhost:1"], "no address of a server", "http://"),
        (vec![], vec!["watch", nobody, "--server", "http://127.0.0.1:1"], "does not answer", "civitas serve"),
        (vec![], vec!["list", "--key", "civ_1"], "--key is for a server", "--server URL"),
    ] {
        let done = asked(&env, &args);
        said(&done, 1);
        let text = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(text.contains(problem) && text.contains(hint), "{args:?}: {text}");
        assert!(!text.contains("civ_1"), "a key is shown: {text}");
    }
    let scenario = folder.path().join("odd.json");
    std::fs::write(&scenario, r#"{"config": {"horizon_ticks": 0}}"#).unwrap();
    let refused = asked(&env, &["run", scenario.to_str().unwrap()]);
    said(&refused, 1);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("VALIDATION_ERROR") && text.contains("horizon_ticks"), "{text}");
    server.stop();
}
