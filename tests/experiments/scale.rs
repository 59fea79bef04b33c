//! Ten thousand agents for ten simulated days of five-minute steps: the same bytes from a server and from the command line,
//! on any number of threads.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::experiments::{counts, experiment, question, steps, survey};
use crate::support::{Server, outcome, run_civitas};

/// Every type of step, over ten days.
fn ten_days() -> Value {
    let ask = survey(
        json!("all"),
        json!([
            question("choice", "stance"),
            question("choice", "adopted"),
            question("rating", "opinion"),
            question("choice", "adopter_category")
        ]),
    );
    let config = experiment(
        1,
        json!({
            "metric_extractors": [{"name": "by the day", "key": "opinion", "step_interval": 288}],
            "steps": [
                ask, {"type": "run", "days": 4},
                {"type": "environment", "key": "economy_confidence", "value": 0.7, "regions": ["CA", "OR", "WA"]},
                {"type": "message", "intervene_message": "Try it.", "stance": 0.8, "target_agent": {"filter_str": "region == 'CA'"}},
                {"type": "metric", "name": "adopters", "key": "adopted", "method": "sum", "step_interval": 144},
                {"type": "run", "days": 3}, ask,
                {"type": "next_round"},
                {"type": "update_state", "key": "susceptibility", "value": 0.2, "target_agent": {"agent_class": "enthusiast"}},
                {"type": "interview", "interview_message": "Why?", "target_agent": [0, 4999, 9999]},
                {"type": "run", "days": 3}, ask,
            ],
        }),
    );
    let born = json!({"opinion": {"dist_type": "normal", "mean": 0.5, "std": 0.2}});
    let groups = json!([{"agent_class": "citizen", "number": 9000},
        {"agent_class": "enthusiast", "number": 1000, "memory_distributions": born}]);
    crate::support::experiments::with(config, "/agent/citizens", groups)
}

#[test]
fn ten_thousand_agents_for_ten_days_are_the_same_everywhere() {
    let folder = tempdir().unwrap();
    let config = ten_days();
    std::fs::write(folder.path().join("ten-days.json"), config.to_string()).unwrap();
    let by_command = ["1", "2"].map(|threads| {
        let args = ["experiment", "run", "ten-days.json", "--json", "--threads", threads, "--data-dir", "cli"];
        let done = run_civitas(folder.path(), &args, &[]);
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
        let line = String::from_utf8(done.stdout).unwrap();
        let id = serde_json::from_str::<Value>(&line).unwrap()["run_id"].as_str().unwrap().to_owned();
        outcome(&line, &id, "succeeded")
    });
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "3")]);
    let id = server.launch_experiment(&config);
    let by_server = server.outcome(&id);
    // All of it: `experiment`, trends, digest.
    assert!(by_command[0] == by_command[1], "one thread and two come to different results");
    assert!(by_command[0] == by_server, "the command line and the server come to different results");

    let results = server.results(&id);
    assert_eq!((&results["ticks_completed"], &results["agents"]), (&json!(2880), &json!(10_000)));
    assert_eq!(results["agent_steps"], json!(28_800_000));
    assert!(results["state_digest"].as_str().is_some_and(|digest| digest.len() >= 16), "{}", results["state_digest"]);
    let surveys = steps(&results, "survey");
    assert_eq!(surveys.iter().map(|at| at["day"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 7, 10]);
    for found in surveys {
        assert_eq!(found["agents"], json!(10_000));
        for (number, question) in found["questions"].as_array().unwrap().iter().enumerate() {
            assert_eq!(question["answers"], json!(10_000));
            assert_eq!(counts(found, number).iter().sum::<u64>(), 10_000, "{question}");
            let shares: f64 =
                question["counts"].as_array().unwrap().iter().map(|count| count["share"].as_f64().unwrap()).sum();
            assert!((shares - 1.0).abs() < 1e-9, "{question}");
        }
    }
    let by_the_day = crate::support::experiments::points(&results, "by the day");
    assert_eq!(
        by_the_day.iter().map(|point| point.0).collect::<Vec<_>>(),
        (0..=10).map(|day| day * 288).collect::<Vec<_>>()
    );
    assert_eq!(crate::support::experiments::points(&results, "adopters").len(), (2880 - 1152) / 144 + 1);
    // Another seed is another society.
    let other = server.launch_experiment(&crate::support::experiments::with(config, "/seed", json!(1)));
    assert!(server.outcome(&other) != by_server);
}

#[test]
fn zero_has_no_sign() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let set = |value: f64, filter: &str| json!({"type": "update_state", "key": "opinion", "value": value, "target_agent": {"filter_str": filter}});
    let ask = |filter: &str| survey(json!({"filter_str": filter}), json!([question("number", "opinion")]));
    let workflow =
        json!([set(-0.0, "id < 900"), set(0.0, "id >= 900"), ask("id < 950"), ask("id > 850"), {"type": "step"}]);
    let results = server.concluded(&experiment(2000, workflow));
    // Which of two zeros is the smaller differs between processors, and here by who was asked first.
    for found in steps(&results, "survey") {
        let question = &found["questions"][0];
        let zeros = ["min", "mean", "max"].map(|field| question[field].as_f64().map(f64::is_sign_negative));
        assert_eq!(zeros, [Some(false); 3], "{question}");
    }
}
