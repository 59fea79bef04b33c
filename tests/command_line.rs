//! The command line: were one of these to fail, a script would read a wrong answer, or a person would be left without
//! one.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use civitas::engine::{Catalogue, PopulationSpec, RunSpec, Simulation};
use serde_json::{Value, json};
use support::server::{Process, signal};
use support::{Server, civitas, eventually, outcome, run_civitas};
use tempfile::tempdir;

const SMALL: [&str; 8] = ["run", "--json", "--agents", "3000", "--ticks", "20", "--seed", "5"];

/// The one line that a `run --json` has printed, and the id of its run.
fn document(done: &Output) -> (String, String) {
    let said = String::from_utf8_lossy(&done.stderr);
    let printed = String::from_utf8(done.stdout.clone()).unwrap();
    let line = printed.strip_suffix('\n').unwrap_or_else(|| panic!("no line: {printed:.200} {said}"));
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:.200}"));
    (line.to_owned(), value["run_id"].as_str().unwrap().to_owned())
}

/// Runs `run --json` with more arguments, and gives the outcome that it printed.
fn run_json(folder: &Path, args: &[&str], env: &[(&str, &str)]) -> String {
    let done = run_civitas(folder, &[&SMALL, args].concat(), env);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!((done.status.code(), said.as_str()), (Some(0), ""), "nothing but the document is said");
    let (line, id) = document(&done);
    outcome(&line, &id, "succeeded")
}

#[test]
fn json_is_the_results_document_of_the_api_and_of_the_engine() {
    let folder = tempdir().unwrap();
    let scenario = folder.path().join("plain.toml");
    std::fs::write(&scenario, "name = \"Plain\"\n").unwrap();
    let done = run_civitas(folder.path(), &[&SMALL[..], &["plain.toml", "--data-dir", "data"]].concat(), &[]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let (line, id) = document(&done);
    let printed = outcome(&line, &id, "succeeded");

    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 3000 };
    let spec = RunSpec { population, horizon_ticks: 20, seed: 5, ..RunSpec::default() };
    let direct = Simulation::new(spec, &Catalogue::default(), 1).unwrap().run().unwrap().canonical_json();
    assert_eq!(printed.as_bytes(), direct);

    // A server on the same folder shows the run, and gives the same bytes for it and for one of its own.
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.get(&format!("/runs/{id}/results")).expect(200).text, line);
    assert_eq!(server.run(&id)["name"], json!("Plain"));
    let own = server.launch(&json!({"seed": 5, "horizon_ticks": 20, "population": {"agents": 3000}}));
    assert_eq!(server.outcome(&own), printed);
}

#[test]
fn threads_and_partitions_change_no_byte() {
    let folder = tempdir().unwrap();
    let one = run_json(folder.path(), &["--threads", "1"], &[]);
    assert_eq!(run_json(folder.path(), &["--threads", "2"], &[]), one);
    assert_eq!(run_json(folder.path(), &[], &[("CIVITAS_SIM__PARTITIONS", "7")]), one);
    assert_eq!(run_json(folder.path(), &["--threads", "3"], &[("CIVITAS_SIM__SNAPSHOT_EVERY_TICKS", "1")]), one);
    assert_eq!(run_json(folder.path(), &["--data-dir", "elsewhere"], &[("CIVITAS_SIM__THREADS", "2")]), one);
}

#[test]
fn scenario_files_are_read_as_toml_and_as_json() {
    let folder = tempdir().unwrap();
    let toml = "[config]\nseed = 8\nhorizon_ticks = 12\npopulation.agents = 2500\n\
        [scenario_patch.variable_deltas]\nmedia_sentiment = 0.2\n";
    let same = json!({"config": {"seed": 8, "horizon_ticks": 12, "population": {"agents": 2500}},
        "scenario_patch": {"variable_deltas": {"media_sentiment": 0.2}}});
    std::fs::write(folder.path().join("a.toml"), toml).unwrap();
    std::fs::write(folder.path().join("a.json"), same.to_string()).unwrap();
    let [one, other] = ["a.toml", "a.json"].map(|file| {
        let done = run_civitas(folder.path(), &["run", "--json", file], &[]);
        let (line, id) = document(&done);
        outcome(&line, &id, "succeeded")
    });
    assert_eq!(one, other);
    let read: Value = serde_json::from_str(&one).unwrap();
    assert_eq!((&read["agents"], &read["horizon_ticks"]), (&json!(2500), &json!(12)));
    assert_eq!(read["key_events"][0]["tick"], json!(0), "the scenario's shift is an event: {}", read["key_events"]);
}

#[test]
fn a_wrong_scenario_is_refused_with_its_file_its_field_and_a_remedy() {
    let folder = tempdir().unwrap();
    let cases = [
        ("typo.toml", "[config]\nhorizon_tics = 5\n", "config.horizon_tics"),
        ("range.toml", "[config]\nhorizon_ticks = 5000\n", "horizon_ticks must be between 1 and 1000"),
        ("type.json", r#"{"config": {"seed": "one"}}"#, "config.seed"),
        ("broken.json", r#"{"config": "#, "line 1"),
        ("broken.toml", "[config\n", "line 1"),
        ("mode.toml", "mode = \"target\"\n", "config.target is required where mode is target"),
        ("missing.toml", "", "cannot be read"),
        ("scenario.yaml", "", ".toml or .json"),
    ];
    for (file, text, part) in cases {
        if file != "missing.toml" {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        let done = run_civitas(folder.path(), &["run", "--json", file], &[]);
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!((done.status.code(), done.stdout.len()), (Some(1), 0), "{file}: {said}");
        assert!(said.starts_with("error: ") && said.contains(file) && said.contains(part), "{file}: {said}");
        assert!(said.contains("hint: ") && !said.contains("panicked"), "{file}: {said}");
    }
    assert!(!folder.path().join("civitas-data").exists(), "a refused scenario leaves nothing behind");
    let unknown = json!({"scenario_patch": {"variable_deltas": {"economy": 0.1}}});
    std::fs::write(folder.path().join("variable.json"), unknown.to_string()).unwrap();
    let done = run_civitas(folder.path(), &["run", "variable.json"], &[]);
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("unknown variable `economy`") && said.contains("economy_confidence"), "{said}");
    for args in [&["run", "--agents", "0"][..], &["run", "--ticks", "1001"], &["run", "--speed", "9"], &["go"], &[]] {
        let done = run_civitas(folder.path(), args, &[]);
        assert_eq!((done.status.code(), done.stdout.len()), (Some(2), 0), "{args:?}");
        assert!(String::from_utf8_lossy(&done.stderr).contains("--help"), "{args:?}");
    }
}

#[test]

fn what_the_model_refuses_is_blamed_on_the_scenario_too() {
    let folder = tempdir().unwrap();
    for wrong in [
        json!({"scenario_patch": {"variable_deltas": {"economy": 0.1}}}),
        json!({"config": {"parameters": {"pase": 1}}}),
        json!({"config": {"model": "ants"}}),
        json!({"config": {"population": {"dataset": "mars"}}}),
    ] {
        std::fs::write(folder.path().join("a.json"), wrong.to_string()).unwrap();
        let done = run_civitas(folder.path(), &["run", "a.json"], &[]);
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert!(said.contains("a.json") && said.contains("hint: "), "{said}");
        assert!(!folder.path().join("civitas-data").exists(), "a refused scenario leaves nothing behind");
    }
}

#[test]
fn help_names_every_option() {
    let folder = tempdir().unwrap();
    for (command, options) in [
        ("", "run serve verify key openapi --color --json --help --version 130"),
        (
            "run",
            "SCENARIO --agents --ticks --seed --threads --data-dir --config --json --chart --color civitas-data 130",
        ),
        ("serve", "--listen --data-dir --config 127.0.0.1:8080 curl"),
        ("verify", "RUN --json --threads --partitions --data-dir --config POST 130"),
        ("key", "create list revoke --tenant"),
        ("key create", "--tenant --data-dir --config"),
        ("key list", "--json --data-dir --config"),
        ("key revoke", "ID --data-dir --config"),
        ("openapi", "--help"),
    ] {
        let args: Vec<_> = command.split_whitespace().chain(["--help"]).collect();
        let done = run_civitas(folder.path(), &args, &[]);
        let help = String::from_utf8(done.stdout).unwrap();
        assert_eq!(done.status.code(), Some(0), "{command}");
        for option in options.split(' ') {
            assert!(help.contains(option), "{command} --help lacks {option}:\n{help}");
        }
    }
    let version = run_civitas(folder.path(), &["--version"], &[]).stdout;
    assert_eq!(String::from_utf8(version).unwrap().trim(), concat!("civitas ", env!("CARGO_PKG_VERSION")));
}

/// Starts a run that takes long, on the folder `data`, and waits until it has stepped.
fn stepping(folder: &Path, more: &[&str]) -> (Process, std::sync::mpsc::Receiver<String>) {
    let mut command = civitas(folder, &[&["run", "--json", "--data-dir", "data", "--seed", "5"], more].concat());
    // It says that it has stepped by saying that a snapshot is written.
    command.envs([("CIVITAS_SIM__SNAPSHOT_EVERY_TICKS", "1"), ("RUST_LOG", "civitas_actors=debug")]);
    let (process, lines) = Process::spawn(command);
    eventually("it has stepped", || process.stderr().contains("snapshot written").then_some(()));
    (process, lines)
}

#[test]
fn ctrl_c_pauses_with_a_snapshot_and_says_how_to_go_on() {
    let folder = tempdir().unwrap();
    let size = ["--agents", "40000", "--ticks", "600"];
    let (mut process, lines) = stepping(folder.path(), &size);
    signal(process.child.id(), "INT");
    let printed = lines.recv_timeout(support::WATCHDOG).unwrap();
    assert_eq!(process.wait().code(), Some(130), "{}", process.stderr());
    let results: Value = serde_json::from_str(&printed).unwrap();
    let (ticks, id) = (results["ticks_completed"].as_u64().unwrap(), results["run_id"].as_str().unwrap());
    assert_eq!(results["status"], json!("paused"));
    assert!((1..600).contains(&ticks), "{ticks}");
    let again = format!("civitas resume {id} --data-dir data");
    eventually("it says how to go on", || {
        let said = process.stderr();
        (said.contains(&format!("paused after {ticks} of 600 ticks")) && said.contains(&again)).then_some(())
    });
    let paused: Value =
        serde_json::from_slice(&run_civitas(folder.path(), &["list", "--json", "--data-dir", "data"], &[]).stdout)
            .unwrap();
    assert_eq!((&paused["items"][0]["id"], &paused["items"][0]["status"]), (&json!(id), &json!("paused")));

    // What it said is what does it: the run ends in the bytes that it would have had.
    let words: Vec<_> = again.split(' ').skip(1).chain(["--json"]).collect();
    let done = run_civitas(folder.path(), &words, &[]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let (line, same) = document(&done);
    assert_eq!(same, id);
    let whole = run_civitas(folder.path(), &[&["run", "--json", "--seed", "5"], &size[..]].concat(), &[]);
    let (undisturbed, other) = document(&whole);
    assert_eq!(outcome(&line, id, "succeeded"), outcome(&undisturbed, &other, "succeeded"));
}

#[test]
fn a_second_ctrl_c_ends_it_at_once_and_it_goes_on_from_its_last_snapshot() {
    let folder = tempdir().unwrap();
    // A tick takes seconds: everybody listens to everybody.
    let slow = json!({"config": {"population": {"agents": 20_000}, "network": {"kind": "complete"},
        "model": "bounded_confidence", "horizon_ticks": 3}});
    std::fs::write(folder.path().join("slow.json"), slow.to_string()).unwrap();
    let (mut process, lines) = stepping(folder.path(), &["slow.json"]);
    let told = std::time::Instant::now();
    signal(process.child.id(), "INT");
    // It is on its way out of the tick; the second signal does not wait for that. The first may still be on its way to it.
    while process.child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(50));
        if process.child.try_wait().unwrap().is_none() {
            signal(process.child.id(), "INT");
        }
        assert!(told.elapsed() < support::WATCHDOG, "{}", process.stderr());
    }
    assert_eq!(process.wait().code(), Some(130), "{}", process.stderr());
    assert!(lines.recv().is_err(), "nothing is printed of a run that was left");
    let list = run_civitas(folder.path(), &["list", "--json", "--data-dir", "data"], &[]).stdout;
    let list: Value = serde_json::from_slice(&list).unwrap();
    assert_eq!(list["items"][0]["status"], json!("running"), "{list}");
    let id = list["items"][0]["id"].as_str().unwrap();
    let done = run_civitas(folder.path(), &["resume", id, "--json", "--data-dir", "data"], &[]);
    assert_eq!(document(&done).1, id);
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let folder = tempdir().unwrap();
    for args in [&SMALL[..], &["run", "--agents", "3000", "--ticks", "5"], &["openapi"], &["run", "--help"]] {
        let mut command: Command = civitas(folder.path(), args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let done = child.wait_with_output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{args:?}: {said}");
        assert_ne!(done.status.code(), Some(101), "{args:?}: {said}");
        assert!(done.status.code().is_some(), "{args:?} was killed: {}", done.status);
    }
    // What was computed is stored, whoever read it.
    let command = civitas(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    let server = Server::from_command(command, &[]);
    assert_eq!(server.get("/runs?status=succeeded").expect(200).body["total"], json!(2));
}
