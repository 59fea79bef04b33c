//! Commands that ask a server: were one of these to fail, whoever works from a terminal could not run, see or end what a server
//! does, or would be told something else than a program that asks the API.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

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

const SHOCK: &str = "name = \"Fuel shock\"\n[[effects]]\nvariable = \"price_sensitivity\"\noperation = \"add\"\nvalue = 0.4\n\
    regions = [\"TX\", \"LA\"]\nintensity = { shape = \"pulse\", ticks = 6 }\n";

fn json_of(done: &Output) -> Value {
    serde_json::from_str(&said(done, 0)).unwrap()
}

/// What was said is wrong, and what to do.
fn refused(done: &Output, parts: &[&str]) {
    said(done, 1);
    let text = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(text.starts_with("error: ") && text.contains("hint: "), "{text}");
    for part in parts {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
}

#[test]
fn event_scripts_are_made_changed_and_removed_from_a_terminal() {
    let folder = tempdir().unwrap();
    let (server, _, env) = served(folder.path());
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let shock = file("shock.toml", SHOCK);
    let made = json_of(&asked(&env, &["events", "create", &shock, "--json"]));
    let id = made["id"].as_str().unwrap();
    assert_eq!((&made["version"], &made["name"]), (&json!(1), &json!("Fuel shock")));
    let page = said(&asked(&env, &["events", "show", id]), 0);
    for part in ["Fuel shock", "over after 6 ticks", "price_sensitivity", "add 0.4", "TX, LA", "pulse, ticks 6"] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }
    assert!(said(&asked(&env, &["events", "list"]), 0).contains("Fuel shock"));

    // What is shown is changed and sent back; whoever read it before is told so, and nothing is written.
    let mut shown = json_of(&asked(&env, &["events", "show", id, "--json"]));
    shown["effects"][0]["value"] = json!(0.2);
    let changed = file("changed.json", &shown.to_string());
    let line = said(&asked(&env, &["events", "update", id, &changed, "--name", "Small shock"]), 0);
    assert!(line.contains("is written: Small shock, version 2"), "{line}");
    refused(
        &asked(&env, &["events", "update", id, &changed]),
        &["VERSION_CONFLICT", "version must be 2", "show --json"],
    );
    refused(&asked(&env, &["events", "update", id, &shock]), &["does not say its version", "--version N"]);
    refused(&asked(&env, &["events", "update", &nobody(), &changed]), &[id, &nobody()]);
    refused(&asked(&env, &["events", "create", "nowhere.toml"]), &["nowhere.toml: cannot be read", "event-scripts"]);
    refused(&asked(&env, &["events", "delete", id, "--version", "1"]), &["VERSION_CONFLICT"]);
    assert_eq!(json_of(&asked(&env, &["events", "show", id, "--json"]))["effects"][0]["value"], json!(0.2));

    // A version is said once: in the file or by the flag, or in both the same.
    refused(
        &asked(&env, &["events", "update", id, &changed, "--version", "2"]),
        &["is of version 1, not of 2", "leave --version out"],
    );
    assert_eq!(said(&asked(&env, &["events", "list", "--skip", "1"]), 0).trim(), "0 of 1");

    // Standard input is a file, too.
    shown.as_object_mut().unwrap().remove("version");
    let elsewhere = tempdir().unwrap();
    let mut command = support::civitas(elsewhere.path(), &["events", "update", id, "-", "--version", "2", "--json"]);
    command.envs(env.clone()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(shown.to_string().as_bytes()).unwrap();
    assert_eq!(json_of(&child.wait_with_output().unwrap())["version"], json!(3));

    let gone = said(&asked(&env, &["events", "delete", id]), 0);
    assert!(gone.contains("is removed: Fuel shock, version 3"), "{gone}");
    assert_eq!(said(&asked(&env, &["events", "list"]), 0).trim(), "none");
    server.stop();
}

fn nobody() -> String {
    "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10".to_owned()
}

#[test]
fn bundles_are_tried_and_runs_go_through_them_from_a_terminal() {
    let folder = tempdir().unwrap();
    let (server, _, env) = served(folder.path());
    let shock = folder.path().join("shock.toml");
    std::fs::write(&shock, SHOCK).unwrap();
    let shock = shock.to_str().unwrap();
    let script = json_of(&asked(&env, &["events", "create", shock, "--json"]))["id"].as_str().unwrap().to_owned();
    let winter = folder.path().join("winter.json");
    let steps = json!([{"script_id": script, "offset_ticks": 2}]);
    std::fs::write(&winter, json!({"name": "Winter", "scripts": steps}).to_string()).unwrap();
    let winter = winter.to_str().unwrap();

    let tried = said(&asked(&env, &["events", "bundles", "validate", winter, "--ticks", "20"]), 0);
    assert!(tried.starts_with("valid") && tried.contains("price_sensitivity"), "{tried}");
    let short = asked(&env, &["events", "bundles", "validate", winter, "--ticks", "2"]);
    let page = said(&short, 1);
    assert!(page.starts_with("not valid") && page.contains("horizon"), "{page}");
    let other = asked(&env, &["events", "validate", shock, "--model", "voter", "--json"]);
    let other: Value = serde_json::from_str(&said(&other, 1)).unwrap();
    assert_eq!((&other["valid"], &other["problems"][0]["effect"]), (&json!(false), &json!(0)), "{other}");

    let bundle =
        json_of(&asked(&env, &["events", "bundles", "create", winter, "--json"]))["id"].as_str().unwrap().to_owned();
    let page = said(&asked(&env, &["events", "bundles", "show", &bundle]), 0);
    assert!(page.contains("Winter") && page.contains("parallel") && page.contains(&script), "{page}");
    refused(&asked(&env, &["events", "delete", &script]), &["EVENT_SCRIPT_IN_USE", "Winter"]);

    let size = ["run", "--agents", "2000", "--ticks", "20", "--json", "--bundle"];
    let with = json_of(&asked(&env, &[&size[..], &[&bundle, "--attribution"]].concat()));
    let events = with["key_events"].as_array().unwrap();
    let told = events.iter().find(|event| event["type"] == "scenario_event" && event["name"] == "Fuel shock");
    assert_eq!(told.unwrap()["impact_basis"], json!("attribution"), "{events:?}");
    refused(&asked(&env, &[&size[..], &[&nobody()]].concat()), &["EVENT_BUNDLE_NOT_FOUND"]);
    server.stop();

    // The same bundle is there for runs of the folder, whose tenant is another: to them there is none.
    let done = run_civitas(folder.path(), &[&size[..], &[&bundle]].concat(), &[]);
    said(&done, 1);
}

#[test]
fn copies_of_a_persona_live_in_a_society_of_the_server() {
    let folder = tempdir().unwrap();
    let (server, _, env) = served(folder.path());
    let journey =
        ["run", "--persona", "region=CA,opinion=-0.2", "--goal", "adopted=true", "--copies", "300", "--ticks", "20"];
    let json = [&journey[..], &["--json"]].concat();
    let (there, here) = (json_of(&asked(&env, &json)), json_of(&asked(&[], &json)));
    assert_eq!((&there["target"]["copies"], &there["target"]), (&json!(300), &here["target"]));
    let page = said(&asked(&[], &journey), 0);
    for part in ["300 agents", "Copies of the persona: 300, CA", "of 300", "by tick, percent", "AT BIRTH", "opinion"] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }

    let society = json_of(&asked(&env, &["run", "--agents", "2000", "--ticks", "20", "--json"]))["run_id"].clone();
    let lived = ["run", "--persona", "region=CA", "--goal", "adopted=true", "--copies", "100", "--environment", "mean"];
    let lived = [&lived[..], &["--society", society.as_str().unwrap()]].concat();
    let page = said(&asked(&env, &lived), 0);
    assert!(page.contains("Copies of the persona: 100, CA") && page.contains("20 ticks"), "{page}");
    refused(&asked(&[], &lived), &["--society names a run of a server", "--server URL"]);
    refused(&asked(&[], &["run", "--goal", "adopted"]), &["--goal adopted", "TRAIT=VALUE"]);
    refused(&asked(&[], &["run", "--persona", "region=CA"]), &["target.goal is required"]);
    server.stop();
}

#[test]
fn named_agents_are_told_in_a_table() {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("ben.toml"), "name = \"Ben\"\nagent = 7\n[traits]\nopinion = 0.9\n").unwrap();
    let args =
        ["run", "--agents", "2000", "--ticks", "10", "--target", "Ada:region=CA,opinion=-0.5", "--target", "ben.toml"];
    let args = [&args[..], &["--goal", "opinion>0.5"]].concat();
    let page = said_by_civitas(folder.path(), &args, 0);
    for part in ["Named agents", "AT ITS GOAL", "Ada", "CA", "Ben", "tick 0", "opinion"] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }
    let results: Value =
        serde_json::from_str(&said_by_civitas(folder.path(), &[&args[..], &["--json"]].concat(), 0)).unwrap();
    assert_eq!((&results["targets"][1]["name"], &results["targets"][1]["agent"]), (&json!("Ben"), &json!(7)));
    assert_eq!(results["targets"][1]["reached_tick"], json!(0));
}
