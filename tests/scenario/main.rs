//! Scenarios: were one of these to fail, a what-if would come out otherwise than it was asked, would be lost by a power cut, or
//! a mistake in it would be stored.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[path = "../support/mod.rs"]
mod support;
mod wrong;

use civitas::engine::{
    Catalogue, Comparison, Effect, Intensity, Operation, PopulationSpec, Precondition, RunSpec, Scope, Simulation,
    Subject, Turn,
};
use serde_json::{Value, json};
use support::{PROJECT, Server, asked, run_civitas};
use tempfile::tempdir;

/// What the engine alone makes of a specification.
fn direct(spec: RunSpec) -> String {
    let outcome = Simulation::new(spec, &Catalogue::default(), 1).unwrap().run().unwrap();
    String::from_utf8(outcome.canonical_json()).unwrap()
}

fn named(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|&name| name.to_owned()).collect())
}

/// The effects of `scenarios/fuel-shock.toml`, by hand: windows by variable, then effects.
fn shock() -> Vec<Effect> {
    let window = |value, from, until, scope| Effect {
        scope,
        from_tick: Some(from),
        until_tick: Some(until),
        ..Effect::shift("price_sensitivity", value)
    };
    let late = named(&["late_majority", "laggards"]);
    vec![
        window(0.4, 10, 40, Scope { regions: named(&["TX", "LA"]), segments: None }),
        window(0.2, 15, 30, Scope { regions: None, segments: late }),
        Effect {
            operation: Operation::Multiply,
            from_tick: Some(10),
            intensity: Intensity::ExponentialDecay { half_life_ticks: 4.0 },
            ..Effect::shift("social_trust", 0.6)
        },
        Effect {
            operation: Operation::Max,
            from_tick: Some(10),
            intensity: Intensity::Lagged { lag_ticks: 2, rise_ticks: 3 },
            precondition: Some(Precondition {
                subject: Subject::Metric("adoption_rate".to_owned()),
                region: None,
                comparison: Comparison::AtLeast,
                value: 0.1,
            }),
            ..Effect::shift("media_sentiment", 0.8)
        },
    ]
}

fn spec() -> RunSpec {
    RunSpec {
        horizon_ticks: 60,
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 20_000 },
        variable_deltas: [("economy_confidence".to_owned(), 0.1)].into(),
        effects: shock(),
        ..RunSpec::default()
    }
}

/// The patch of `scenarios/fuel-shock.toml` as JSON.
fn patch() -> Value {
    json!({
        "variable_deltas": {"economy_confidence": 0.1, "price_sensitivity": [
            {"delta": 0.4, "from_tick": 10, "until_tick": 40, "regions": ["TX", "LA"]},
            {"delta": 0.2, "from_tick": 15, "until_tick": 30, "segments": ["late_majority", "laggards"]}]},
        "effects": [
            {"variable": "social_trust", "operation": "multiply", "value": 0.6, "from_tick": 10,
                "intensity": {"shape": "exponential_decay", "half_life_ticks": 4}},
            {"variable": "media_sentiment", "operation": "max", "value": 0.8, "from_tick": 10,
                "intensity": {"shape": "lagged", "lag_ticks": 2, "rise_ticks": 3},
                "precondition": {"metric": "adoption_rate", "comparison": ">=", "value": 0.1}}]})
}

#[test]
fn a_scenario_comes_out_as_the_engine_says_over_power_cuts_and_verifies() {
    let folder = tempdir().unwrap();
    let wanted = direct(spec());
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "3")]);
    let config = json!({"horizon_ticks": 60, "population": {"agents": 20_000}, "snapshot_every_ticks": 20,
        "scenario_patch": patch()});
    let id = server.launch(&config);
    assert_eq!(server.outcome(&id), wanted);
    let held = server.launch(&config);
    server.kill9();

    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "2")]);
    assert_eq!(server.outcome(&held), wanted, "what was acknowledged goes on with its effects");
    let run = server.run(&id);
    let shown = &run["config"]["scenario_patch"];
    assert_eq!(shown["variable_deltas"], json!({"economy_confidence": 0.1}));
    assert_eq!(shown["effects"].as_array().unwrap().len(), 4, "windows are effects: {shown}");
    assert_eq!(shown["effects"][1]["segments"], json!(["late_majority", "laggards"]));
    assert_eq!(shown["effects"][3]["precondition"]["comparison"], json!(">="));
    assert_eq!(server.get(&format!("/runs/{id}/manifest")).expect(200).body["config"], asked(&run["config"]));

    // What is shown can be sent again.
    let again = server.post_json("/runs", &json!({"project_id": PROJECT, "config": run["config"]})).expect(201);
    assert_eq!(again.body["config"], run["config"]);
    server.start(&again.id()).expect(202);
    assert_eq!(server.outcome(&again.id()), wanted);

    server.post_json(&format!("/runs/{id}/verify"), &json!({})).expect(202);
    let state = support::eventually("the verification has ended", || {
        let found = server.get(&format!("/runs/{id}/verify")).expect(200).body;
        (found["state"] != "running").then_some(found)
    });
    assert_eq!(state["state"], "same", "{state}");
    server.stop();
    support::said_by_civitas(folder.path(), &["doctor"], 0);
}

#[test]
fn what_has_happened_is_told_with_whom_it_was_about() {
    let told: Value = serde_json::from_str(&direct(spec())).unwrap();
    let told: Vec<_> = told["key_events"].as_array().unwrap().iter().filter(|e| e["type"] == "intervention").collect();
    let ticks: Vec<_> = told.iter().map(|event| event["tick"].as_u64().unwrap()).collect();
    assert_eq!(&ticks[..4], [0, 10, 10, 15], "{told:?}");
    assert!(
        told[1]["description"]
            .as_str()
            .unwrap()
            .starts_with("price_sensitivity shifted by +0.4 in TX, LA until tick 40")
    );
    // 29,145,505 and 4,657,757 of 331,449,281 people.
    assert_eq!((&told[1]["affected_agents"], &told[2]["affected_agents"]), (&json!(2_040), &json!(20_000)));
    let late = told[3]["affected_agents"].as_u64().unwrap();
    assert!((9_700..10_300).contains(&late), "half of all are late majority or laggards, by chance: {late}");
    let campaign = told.last().unwrap();
    assert!(campaign["description"].as_str().unwrap().starts_with("media_sentiment at least 0.8 everywhere (lagged)"));
    assert!(ticks.last().unwrap() > &10, "it waits until a tenth has adopted: {ticks:?}");
}

#[test]
fn a_fork_adds_to_what_happens_anyway() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let config = json!({"horizon_ticks": 60, "population": {"agents": 20_000}, "snapshot_every_ticks": 40,
        "scenario_patch": patch()});
    let parent = server.launch(&config);
    server.outcome(&parent);
    let relief =
        json!({"variable_deltas": {"price_sensitivity": {"delta": -0.3, "until_tick": 45, "regions": ["TX"]}}});
    let fork = |body: Value| server.post_json(&format!("/runs/{parent}/fork"), &body);
    let child = fork(json!({"from_tick": 40, "scenario_patch": relief})).expect(201);
    let effects = child.body["config"]["scenario_patch"]["effects"].as_array().unwrap().clone();
    assert_eq!((effects.len(), &effects[4]["from_tick"]), (5, &json!(40)), "it begins with the fork");
    server.start(&child.id()).expect(202);
    let relief = Effect {
        scope: Scope { regions: named(&["TX"]), segments: None },
        until_tick: Some(45),
        ..Effect::shift("price_sensitivity", -0.3)
    };
    let turned = spec().turned(40, Turn { effects: vec![relief], ..Turn::default() });
    assert_eq!(server.outcome(&child.id()), direct(turned));
    let early = json!({"variable_deltas": {"social_trust": {"delta": 0.1, "from_tick": 39}}});
    let refused = fork(json!({"from_tick": 40, "scenario_patch": early}));
    let said = refused.expect_error(400, "VALIDATION_ERROR");
    assert!(said.contains("from_tick of at least 40") && said.ends_with("not 39"), "{said}");
}

#[test]
fn the_scenario_file_is_the_run_that_it_describes() {
    let folder = tempdir().unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/fuel-shock.toml");
    let done = run_civitas(folder.path(), &["run", file, "--json"], &[]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(0), "{said}");
    let found: Value = serde_json::from_slice(&done.stdout).unwrap();
    let wanted: Value = serde_json::from_str(&direct(spec())).unwrap();
    assert_eq!((&found["state_digest"], &found["key_events"]), (&wanted["state_digest"], &wanted["key_events"]));
}
