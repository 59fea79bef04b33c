//! Bad input: each refused with a code and a sentence that names what is wrong, and nothing stored.

use serde_json::{Value, json};
use tempfile::tempdir;

use super::support::{PROJECT, Server};
use super::{bundle, campaign, put, script, shock};

const NOBODY: &str = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4abc";

fn effect(change: Value) -> Value {
    let mut effect = json!({"variable": "social_trust", "operation": "add", "value": 0.1});
    effect.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    effect
}

#[test]
fn scripts_that_make_no_sense_are_refused() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let with = |effects: Value| json!({"project_id": PROJECT, "name": "Script", "effects": effects});
    let cause = json!({"event_bundle_id": NOBODY, "step": 0, "script_id": NOBODY, "script_version": 1, "script": "x", "effect": 0});
    for (body, said) in [
        (json!({"name": "Script", "effects": shock()}), "project_id is required"),
        (json!({"project_id": PROJECT, "effects": shock()}), "name is required"),
        (
            json!({"project_id": PROJECT, "name": " ", "effects": shock()}),
            "name must have between 1 and 200 characters",
        ),
        (
            json!({"project_id": PROJECT, "name": "x".repeat(201), "effects": shock()}),
            "name must have between 1 and 200",
        ),
        (json!({"project_id": "x", "name": "Script", "effects": shock()}), "project_id must be a UUID"),
        (with(json!([])), "effects must have between 1 and 256 entries, not 0"),
        (with(json!(vec![effect(json!({})); 10_000])), "effects must have between 1 and 256 entries, not 10000"),
        (with(json!({})), "effects must be an array"),
        (with(json!(["x"])), "effects[0] must be an object"),
        (with(json!([effect(json!({"value": 1.5}))])), "effects[0].value must be between -1 and 1, not 1.5"),
        (
            with(json!([effect(json!({})), effect(json!({"operation": "divide"}))])),
            "effects[1].operation must be one of",
        ),
        (with(json!([effect(json!({"until_tick": 0}))])), "effects[0].until_tick must be above from_tick, 0, not 0"),
        (with(json!([effect(json!({"regions": []}))])), "effects[0].regions is empty"),
        (with(json!([effect(json!({"intensity": {"shape": "pulse"}}))])), "effects[0].intensity.ticks is required"),
        (with(json!([effect(json!({"cause": cause}))])), "effects[0].cause must be left out"),
        (with(json!([effect(json!({"delay": 1}))])), "effects[0].delay is not a known field"),
    ] {
        let refused = server.post_json("/event-scripts", &body);
        let found = refused.expect_error(400, "VALIDATION_ERROR");
        assert!(found.starts_with(said), "{said}: {found}");
    }
    for (query, said) in [
        ("?project_id=x", "query parameter project_id must be a UUID"),
        ("?limit=0", "query parameter limit"),
        ("?sort=name", "query parameter sort is unknown"),
    ] {
        let refused = server.get(&format!("/event-scripts{query}"));
        assert!(refused.expect_error(400, "VALIDATION_ERROR").starts_with(said), "{}", refused.text);
    }
    server.get("/event-scripts/x").expect_error(400, "VALIDATION_ERROR");
    put(&server, "/event-scripts/bundles", &json!({})).expect_error(405, "METHOD_NOT_ALLOWED");
    let large = json!({"project_id": PROJECT, "name": "Large", "effects":
        vec![effect(json!({"regions": vec!["a region with a name that is long"; 80]})); 256]});
    server.post_json("/event-scripts", &large).expect_error(413, "PAYLOAD_TOO_LARGE");
    assert_eq!(server.get("/event-scripts").expect(200).body["total"], json!(0), "nothing was stored");
}

#[test]
fn bundles_that_make_no_sense_are_refused() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let own = script(&server, "Shock", &shock());
    let with = |scripts: Value| json!({"project_id": PROJECT, "name": "Bundle", "scripts": scripts});
    let step = json!({"script_id": own});
    for (body, said) in [
        (with(json!([])), "scripts must have between 1 and 64 entries, not 0"),
        (with(json!(vec![step.clone(); 65])), "scripts must have between 1 and 64 entries, not 65"),
        (with(json!([{"script_id": NOBODY}])), "scripts[0].script_id must be an event script of the bundle's project"),
        (with(json!([step, {"offset_ticks": 3}])), "scripts[1].script_id is required"),
        (with(json!([{"script_id": own, "offset_ticks": -1}])), "scripts[0].offset_ticks must be between 0 and 1000"),
        (with(json!([{"script_id": own, "effects": []}])), "scripts[0].effects is not a known field"),
        (
            json!({"project_id": PROJECT, "name": "B", "order": "random", "scripts": [step]}),
            "order must be one of parallel",
        ),
        (json!({"project_id": NOBODY, "name": "B", "scripts": [step]}), "scripts[0].script_id must be an event script"),
    ] {
        let refused = server.post_json("/event-scripts/bundles", &body);
        let found = refused.expect_error(400, "VALIDATION_ERROR");
        assert!(found.starts_with(said), "{said}: {found}");
    }
    let whole = bundle(&server, "parallel", &[(&own, 0)]);
    let of_bundle = with(json!([{"script_id": whole}]));
    server.post_json("/event-scripts/bundles", &of_bundle).expect_error(400, "VALIDATION_ERROR");
    let path = format!("/event-scripts/bundles/{whole}");
    let zero = put(&server, &path, &json!({"version": 0, "name": "B", "scripts": [step]}));
    assert!(zero.expect_error(400, "VALIDATION_ERROR").starts_with("version must be between 1"), "{}", zero.text);
    assert_eq!(server.get("/event-scripts/bundles").expect(200).body["total"], json!(1), "nothing else was stored");
}

#[test]
fn bundles_that_do_not_fit_a_run_are_refused_by_script_and_effect() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let of = |effects: Value| {
        let id = script(&server, "Odd", &effects);
        bundle(&server, "parallel", &[(&id, 5)])
    };
    let many = script(&server, "Many", &json!(vec![effect(json!({})); 200]));
    let at = "scenario_patch.event_bundle_id: script \"Odd\": effects[0] (social_trust)";
    let fine = of(json!([effect(json!({}))]));
    let none = json!({});
    for (bundle, more, status, code, said) in [
        (
            of(json!([effect(json!({"from_tick": 95}))])),
            &none,
            400,
            "VALIDATION_ERROR",
            format!("{at}.from_tick must be below the horizon, 100, not 100"),
        ),
        (
            of(json!([effect(json!({"regions": ["Mars"]}))])),
            &none,
            400,
            "VALIDATION_ERROR",
            format!("{at}.regions name no region `Mars`"),
        ),
        (
            of(json!([effect(json!({"segments": ["nobody"]}))])),
            &none,
            400,
            "VALIDATION_ERROR",
            format!("{at}.segments name no segment"),
        ),
        (
            of(json!([effect(json!({"regions": ["WY"]}))])),
            &json!({"population": {"agents": 40}}),
            400,
            "VALIDATION_ERROR",
            format!("{at}.regions hold none of the 40 agents"),
        ),
        (
            of(json!([effect(json!({"variable": "luck"}))])),
            &none,
            422,
            "UNKNOWN_VARIABLE",
            "scenario_patch.event_bundle_id: script \"Odd\": effects[0] (luck): unknown variable `luck`".to_owned(),
        ),
        (
            super::bundle(&server, "parallel", &[(&many, 0), (&many, 0)]),
            &none,
            400,
            "VALIDATION_ERROR",
            "scenario_patch.event_bundle_id has scripts with 400 effects".to_owned(),
        ),
        (NOBODY.to_owned(), &none, 404, "EVENT_BUNDLE_NOT_FOUND", format!("there is no event bundle {NOBODY}")),
    ] {
        let patch = json!({"event_bundle_id": bundle});
        let single = json!({"project_id": PROJECT, "config": more, "scenario_patch": patch});
        let mut base = more.clone();
        base["scenario_patch"] = patch;
        let batch = json!({"project_id": PROJECT, "base_config": base, "variations": [{}, {"seed": 2}]});
        for (path, body) in [("/runs", single), ("/runs/batch", batch)] {
            let refused = server.post_json(path, &body);
            let found = refused.expect_error(status, code);
            assert!(found.starts_with(&said), "{said}: {found}");
        }
    }
    let run = |patch: Value| server.post_json("/runs", &json!({"project_id": PROJECT, "scenario_patch": patch}));
    let listed = json!({"event_bundle_id": super::bundle(&server, "parallel", &[(&many, 0)]), "effects": vec![effect(json!({})); 57]});
    let refused = run(listed);
    let said = refused.expect_error(400, "VALIDATION_ERROR");
    assert!(said.starts_with("scenario_patch.event_bundle_id brings 200 effects to the 57"), "{said}");
    run(json!({"event_bundle_id": fine, "event_bundle_version": 2})).expect_error(409, "VERSION_CONFLICT");
    let refused = run(json!({"event_bundle_version": 1}));
    assert!(
        refused.expect_error(400, "VALIDATION_ERROR").starts_with("scenario_patch.event_bundle_version needs"),
        "{}",
        refused.text
    );
    run(json!({"event_bundle_id": "x"})).expect_error(400, "VALIDATION_ERROR");
    run(json!({"event_bundle_id": fine, "attribution": "yes"})).expect_error(400, "VALIDATION_ERROR");
    let endless = super::bundle(&server, "sequential", &[(&script(&server, "Endless", &campaign()), 0), (&many, 0)]);
    let refused = run(json!({"event_bundle_id": endless}));
    assert!(refused.expect_error(400, "VALIDATION_ERROR").contains("\"Endless\""), "{}", refused.text);
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(0), "nothing was stored");
    run(json!({"event_bundle_id": fine, "event_bundle_version": 1})).expect(201);
}
