//! Bundles that are written out in the scenario: the same runs as of bundles that a store has, from a file and from a request.

use serde_json::{Value, json};
use tempfile::tempdir;

use super::runs::{asked, direct, spec, winter};
use super::support::{Server, run_civitas};
use super::{campaign, shock};

fn written(offset_ticks: u32) -> Value {
    json!({"order": "sequential", "scripts": [
        {"name": "Shock", "offset_ticks": offset_ticks, "effects": shock()},
        {"name": "Campaign", "offset_ticks": 2, "effects": campaign()}]})
}

#[test]
fn a_scenario_file_says_its_bundle_itself() {
    let folder = tempdir().unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/hard-winter.toml");
    let done = run_civitas(folder.path(), &["run", file, "--json"], &[]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let found: Value = serde_json::from_slice(&done.stdout).unwrap();
    let wanted: Value = serde_json::from_str(&direct(spec(&winter(4), 0, true))).unwrap();
    assert_eq!((&found["state_digest"], &found["key_events"]), (&wanted["state_digest"], &wanted["key_events"]));

    // What only the model and the horizon can tell is told of the file's field.
    let text = std::fs::read_to_string(file).unwrap();
    let wrong = folder.path().join("wrong.toml");
    for (there, instead, said) in [
        (
            "social_trust",
            "luck",
            "scenario_patch.event_bundle: script \"Campaign\": effects[1] (luck): unknown variable",
        ),
        ("offset_ticks = 4", "offset_ticks = 30", "scenario_patch.event_bundle: script \"Shock\": effects[0]"),
        ("value = 0.9", "value = 9", "scenario_patch.event_bundle.scripts[1].effects[0].value must be between 0 and 1"),
        ("offset_ticks = 2", "offset = 2", "scenario_patch.event_bundle.scripts[1].offset is not a known field"),
    ] {
        std::fs::write(&wrong, text.replace(there, instead)).unwrap();
        let done = run_civitas(folder.path(), &["run", wrong.to_str().unwrap()], &[]);
        let stderr = String::from_utf8(done.stderr).unwrap();
        assert!(done.status.code() == Some(1) && stderr.contains(said) && stderr.contains("wrong.toml"), "{stderr}");
    }
}

#[test]
fn a_request_with_a_bundle_written_out_is_the_run_of_the_same_bundle() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let patch = json!({"event_bundle": written(4), "attribution": true});
    let made = server.post_json("/runs", &asked(&patch)).expect(201);
    server.start(&made.id()).expect(202);
    assert_eq!(server.outcome(&made.id()), direct(spec(&winter(4), 0, true)));

    // It is shown like any bundle, under an id that its content gives it, and can be sent again.
    let config = made.body["config"].clone();
    let shown = &config["scenario_patch"];
    assert_eq!((&shown["event_bundle_version"], &shown["attribution"]), (&json!(1), &json!(true)));
    assert_eq!(shown["effects"][2]["cause"]["event_bundle_id"], shown["event_bundle_id"]);
    let again = json!({"project_id": super::PROJECT, "config": config});
    assert_eq!(server.post_json("/runs", &again).expect(201).body["config"], config);
    let same = server.post_json("/runs", &asked(&patch)).expect(201).body["config"].clone();
    let other = json!({"event_bundle": written(5), "attribution": true});
    let other = server.post_json("/runs", &asked(&other)).expect(201).body["config"].clone();
    assert_eq!(same, config);
    assert_ne!(other["scenario_patch"]["event_bundle_id"], shown["event_bundle_id"]);

    // A child begins as its parent does; a fork begins at a snapshot.
    let node = server.run(&made.id())["outputs"]["node_id"].clone();
    let child = json!({"parent_node_id": node, "scenario_patch": {"event_bundle": written(10)}});
    let child = server.post_json("/nodes/fork", &child).expect(201).body;
    assert_eq!(child["node"]["patch"]["effects"].as_array().unwrap().len(), 3);
    assert_eq!(child["node"]["patch"]["effects"][0]["from_tick"], json!(10));
    let fork = json!({"scenario_patch": {"event_bundle": written(4)}});
    let refused = server.post_json(&format!("/runs/{}/fork", made.id()), &fork);
    let said = refused.expect_error(400, "VALIDATION_ERROR");
    assert!(said.starts_with("scenario_patch.event_bundle must be left out of a fork"), "{said}");
}
