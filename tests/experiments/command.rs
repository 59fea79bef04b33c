//! The command line: what a person reads, what a check says, and what is left after a mistake or Ctrl-C.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::experiments::*;
use crate::support::server::{Process, signal};
use crate::support::{Server, WATCHDOG, civitas, eventually, run_civitas};

fn write(folder: &Path, file: &str, config: &Value) {
    std::fs::write(folder.join(file), config.to_string()).unwrap();
}

/// Runs `civitas experiment`; gives its exit code and what it said.
fn command(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let done = run_civitas(folder, &[&["experiment"], args].concat(), &[]);
    (done.status.code(), String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
}

fn campaign() -> Value {
    let ask = json!({"type": "survey", "target_agent": "all", "survey": {"title": "How is it?", "questions": [
        {"name": "a", "title": "Where do you stand?", "type": "choice", "key": "stance"},
        {"name": "b", "title": "How good is it?", "type": "rating", "key": "opinion"}]}});
    let workflow = json!({
        "metric_extractors": [{"name": "opinion of all", "key": "opinion"}],
        "steps": [
            {"type": "message", "intervene_message": "Try it for a month.", "stance": 0.8, "target_agent": "all"},
            {"type": "run", "days": 2}, ask,
            {"type": "interview", "interview_message": "Why do you think so?", "target_agent": [3, 1999]},
        ],
    });
    with(experiment(2000, workflow), "/environment/ticks_per_step", json!(7200))
}

#[test]
fn a_person_reads_what_was_asked_and_said() {
    let folder = tempdir().unwrap();
    write(folder.path(), "a.json", &campaign());
    let (code, page, _) = command(folder.path(), &["run", "a.json", "--data-dir", "data"]);
    assert_eq!(code, Some(0), "{page}");
    let server = Server::start(folder.path(), &[]);
    let listed = server.experiments("").expect(200);
    let id = listed.body["data"][0]["id"].as_str().unwrap();
    assert_eq!(listed.body["data"][0]["status"], json!("completed"));
    let results = server.results(id);
    let (survey, interview) = (steps(&results, "survey")[0], steps(&results, "interview")[0]);
    // The page without its line breaks: reasons are wrapped.
    let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "An experiment",
        "2000 agents",
        "seed 20261",
        "How is it?",
        "Where do you stand?",
        "How good is it?",
        "Try it for a month.",
        "stance +0.8",
        "Why do you think so?",
        "opinion of all",
        id,
    ] {
        assert!(words.contains(part), "no {part:?} in\n{page}");
    }
    for question in survey["questions"].as_array().unwrap() {
        for count in question["counts"].as_array().unwrap() {
            let line = format!("{} {} ", count["answer"].as_str().unwrap(), count["agents"]);
            assert!(words.contains(&line), "no {line:?} in\n{page}");
        }
    }
    assert!(words.contains(&format!("mean {:.3}", mean(survey, 1))), "{page}");
    for agent in interview["interviews"].as_array().unwrap() {
        assert!(words.contains(agent["reasons"].as_str().unwrap()), "{agent} is not in\n{page}");
        assert!(
            words.contains(&format!("agent {}, citizen, {}", agent["agent"], agent["region"].as_str().unwrap())),
            "{page}"
        );
    }
}

#[test]
fn a_seed_of_the_command_line_wins_and_json_is_the_document_of_the_server() {
    let folder = tempdir().unwrap();
    write(folder.path(), "a.json", &campaign());
    let (code, line, said) = command(folder.path(), &["run", "a.json", "--json", "--seed", "8", "--data-dir", "data"]);
    assert_eq!((code, said.as_str()), (Some(0), ""), "nothing but the document is said");
    let printed: Value = serde_json::from_str(&line).unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = printed["run_id"].as_str().unwrap();
    assert_eq!(server.get(&format!("/runs/{id}/results")).expect(200).text, line.trim_end_matches('\n'));
    let own = server.concluded(&with(campaign(), "/seed", json!(8)));
    assert_eq!(own["experiment"], printed["experiment"]);
    assert_ne!(server.concluded(&campaign())["experiment"], printed["experiment"]);
}

#[test]
fn a_check_says_what_would_be_done_and_does_nothing() {
    let folder = tempdir().unwrap();
    write(folder.path(), "a.json", &campaign());
    let (code, page, said) = command(folder.path(), &["check", "a.json"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    for part in [
        "An experiment",
        "2000 agents of us-2020",
        "2000 citizen",
        "24 ticks",
        "2 simulated days",
        "1 message, 1 run, 1 survey, 1 interview",
        "1 metric",
    ] {
        assert!(page.contains(part), "no {part:?} in\n{page}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "a check leaves nothing behind");
}

#[test]
fn a_wrong_file_is_named_with_the_field_and_leaves_nothing() {
    let folder = tempdir().unwrap();
    write(folder.path(), "type.json", &with(campaign(), "/workflow/steps/1/type", json!("fly")));
    write(folder.path(), "agent.json", &with(campaign(), "/workflow/steps/3/target_agent", json!([2000])));
    write(folder.path(), "map.json", &with(campaign(), "/map/dataset", json!("mars")));
    write(folder.path(), "llm.json", &without(campaign(), "/workflow/steps/0/stance"));
    write(folder.path(), "part.json", &without(campaign(), "/agent"));
    std::fs::write(folder.path().join("broken.json"), "{\"name\": ").unwrap();
    std::fs::write(folder.path().join("large.json"), " ".repeat((1 << 20) + 1)).unwrap();
    let before = std::fs::read_dir(folder.path()).unwrap().count();
    for (file, path) in [
        ("type.json", "workflow.steps[1].type"),
        ("agent.json", "workflow.steps[3].target_agent[0]"),
        ("map.json", "map.dataset"),
        ("llm.json", "workflow.steps[0].stance"),
        ("part.json", "agent is required"),
        ("broken.json", "line 1"),
        ("large.json", "1048576"),
        ("missing.json", "cannot be read"),
    ] {
        for verb in ["run", "check"] {
            let (code, page, said) = command(folder.path(), &[verb, file]);
            assert_eq!((code, page.as_str()), (Some(1), ""), "{verb} {file}: {said}");
            assert!(said.starts_with("error: ") && said.contains(file) && said.contains(path), "{file}: {said}");
            assert!(!said.contains("panicked"), "{said}");
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), before, "a refused experiment leaves nothing behind");
    for args in [
        &["run"][..],
        &["check"],
        &["stop", "type.json"],
        &[],
        &["run", "a.json", "--agents", "5"],
        &["run", "type.json", "--threads", "0"],
    ] {
        let (code, page, said) = command(folder.path(), args);
        assert_eq!((code, page.as_str()), (Some(2), ""), "{args:?}: {said}");
    }
}

#[test]
fn ctrl_c_keeps_what_was_found_so_far() {
    let folder = tempdir().unwrap();
    let ask = survey(json!("all"), json!([question("choice", "stance")]));
    write(folder.path(), "long.json", &experiment(100_000, json!([ask, {"type": "step", "steps": 100_000}, ask])));
    let mut command = civitas(folder.path(), &["experiment", "run", "long.json", "--json", "--data-dir", "data"]);
    // It says that it has stepped by saying that a snapshot is written.
    command.envs([("CIVITAS_SIM__SNAPSHOT_EVERY_TICKS", "1"), ("RUST_LOG", "civitas_actors=debug")]);
    let (mut process, lines) = Process::spawn(command);
    eventually("it has stepped", || process.stderr().contains("snapshot written").then_some(()));
    signal(process.child.id(), "INT");
    let printed = lines.recv_timeout(WATCHDOG).unwrap();
    assert_eq!(process.wait().code(), Some(130), "{}", process.stderr());

    let results: Value = serde_json::from_str(&printed).unwrap();
    let ticks = results["ticks_completed"].as_u64().unwrap();
    assert_eq!(results["status"], json!("paused"));
    assert!((1..100_000).contains(&ticks), "{ticks}");
    let done: Vec<_> =
        results["experiment"]["steps"].as_array().unwrap().iter().map(|step| step["type"].clone()).collect();
    assert_eq!(done, ["survey", "run"]);
    // It can go on, or be stopped for good with what was found.
    let server = Server::start(folder.path(), &[]);
    let id = results["run_id"].as_str().unwrap();
    let state = server.experiment(id);
    assert_eq!(
        (&state["status"], &state["returncode"], &state["run_status"], &state["progress"]["current_tick"]),
        (&json!("running"), &Value::Null, &json!("paused"), &json!(ticks))
    );
    server.send("DELETE", &format!("//api/experiments/{id}/stop"), &[], None).expect(200);
    let mut stopped = server.get(&format!("/runs/{id}/results")).expect(200).body;
    assert_eq!(stopped["status"], json!("cancelled"));
    stopped["status"] = json!("paused");
    assert_eq!(stopped["experiment"], results["experiment"]);
}
