//! Mistakes in scenarios: each is answered with the field and what to write instead, and leaves nothing behind.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{PROJECT, Server, run_civitas};

fn effect(more: Value) -> Value {
    let mut effect = json!({"variable": "social_trust", "operation": "add", "value": 0.1});
    effect.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"effects": [effect]})
}

fn shift(window: Value) -> Value {
    json!({"variable_deltas": {"social_trust": window}})
}

#[test]
fn every_mistake_is_named_and_nothing_is_stored() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let many: Vec<_> = (0..10_000).map(|_| json!({"delta": 0.0001})).collect();
    let (invalid, unknown) = ((400, "VALIDATION_ERROR"), (422, "UNKNOWN_VARIABLE"));
    for (patch, (status, code), said) in [
        (
            shift(json!({"delta": 1.5})),
            invalid,
            "scenario_patch.variable_deltas.social_trust.delta must be between -1 and 1",
        ),
        (shift(json!([{"delta": 0.1}, {"delta": "x"}])), invalid, "social_trust[1].delta must be a number"),
        (
            shift(json!([{"delta": 0.1, "until": 3}])),
            invalid,
            "social_trust[0].until is not a known field; there are: delta",
        ),
        (shift(json!("much")), invalid, "must be a number, or an object or a list of objects {delta, from_tick"),
        (
            shift(json!({"delta": 0.1, "from_tick": 9, "until_tick": 9})),
            invalid,
            "until_tick must be above from_tick, 9, not 9",
        ),
        (shift(json!({"delta": 0.1, "from_tick": 30})), invalid, "from_tick must be below the horizon, 30, not 30"),
        (
            shift(json!({"delta": 0.1, "regions": []})),
            invalid,
            "social_trust.regions is empty, so that the effect is felt by nobody",
        ),
        (shift(json!({"delta": 0.1, "regions": ["TX", "Texas"]})), invalid, "name no region `Texas`"),
        (
            shift(json!({"delta": 0.1, "segments": ["laggard"]})),
            invalid,
            "name no segment `laggard`, did you mean `laggards`?",
        ),
        (shift(json!({"delta": 0.1, "regions": ["WY"]})), invalid, "hold none of the 40 agents"),
        (shift(json!(many)), invalid, "must be at most 256 together, not 10000"),
        (json!({"variable_deltas": {"social_trsut": {"delta": 0.1}}}), unknown, "did you mean `social_trust`?"),
        (effect(json!({"variable": "luck"})), unknown, "economy_confidence, media_sentiment, social_trust"),
        (
            effect(json!({"operation": "double"})),
            invalid,
            "effects[0].operation must be one of set, add, multiply, min, max",
        ),
        (
            effect(json!({"operation": "set", "value": 1.1})),
            invalid,
            "effects[0].value must be between 0 and 1, not 1.1",
        ),
        (
            effect(json!({"operation": "multiply", "value": -1})),
            invalid,
            "effects[0].value must be between 0 and 10, not -1",
        ),
        (effect(json!({"value": null})), invalid, "scenario_patch.effects[0].value must be a number"),
        (effect(json!({"from_tick": -1})), invalid, "effects[0].from_tick must be between 0 and 1000"),
        (effect(json!({"intensity": {}})), invalid, "effects[0].intensity.shape is required"),
        (
            effect(json!({"intensity": {"shape": "wave"}})),
            invalid,
            "intensity.shape must be one of step, instantaneous, pulse",
        ),
        (effect(json!({"intensity": {"shape": "pulse"}})), invalid, "intensity.ticks is required for the shape pulse"),
        (
            effect(json!({"intensity": {"shape": "step", "ticks": 3}})),
            invalid,
            "intensity.ticks is no field of the shape step",
        ),
        (
            effect(json!({"intensity": {"shape": "custom", "points": [[0, 1], [0, 2]]}})),
            invalid,
            "points must have ticks that rise",
        ),
        (
            effect(json!({"precondition": {"comparison": ">", "value": 1}})),
            invalid,
            "must have either metric or variable",
        ),
        (
            effect(json!({"precondition": {"metric": "adoption", "comparison": ">", "value": 1}})),
            invalid,
            "name no metric `adoption`, did you mean `adoption_rate`?",
        ),
        (
            effect(json!({"precondition": {"metric": "adoption_rate", "comparison": "=", "value": 1}})),
            invalid,
            "comparison must be one of ==, !=, <",
        ),
        (
            effect(json!({"precondition": {"variable": "luck", "comparison": "<", "value": 1}})),
            unknown,
            "unknown variable `luck`",
        ),
    ] {
        let config = json!({"horizon_ticks": 30, "population": {"agents": 40}});
        let body = json!({"project_id": PROJECT, "config": config, "scenario_patch": patch});
        let answer = server.post_json("/runs", &body);
        let found = answer.expect_error(status, code);
        assert!(found.contains(said), "{patch}: {found:.300} lacks {said}");
        let batch =
            json!({"project_id": PROJECT, "base_config": config, "variations": [{}, {"scenario_patch": patch}]});
        assert_eq!(server.post_json("/runs/batch", &batch).status, status, "{patch}");
    }
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(0), "something was left behind");
    server.stop();
    crate::support::said_by_civitas(folder.path(), &["doctor"], 0);
}

#[test]
fn a_mistake_in_a_file_is_named_with_the_file() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "[scenario_patch.variable_deltas]\nsocial_trust = { delta = 0.1, region = [\"TX\"] }\n")
        .unwrap();
    let done = run_civitas(folder.path(), &["run", "mine.toml"], &[]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        !done.status.success() && said.contains("mine.toml") && said.contains("region is not a known field"),
        "{said}"
    );
}
