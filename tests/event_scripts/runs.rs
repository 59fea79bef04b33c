//! Bundles in runs: compiled once, as the engine says, in runs, batches, forks and children of nodes.

use civitas::engine::*;
use serde_json::{Value, json};
use tempfile::tempdir;

use super::support::{Client, PROJECT, Server};
use super::{bundle, campaign, delete, put, script, shock};

/// The effects of [`super::shock`] and [`super::campaign`] in the engine's words.
pub(crate) fn scripts() -> [EventScript; 2] {
    let named = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect());
    let of = |name: &str, effects| EventScript { id: name.to_owned(), version: 1, name: name.to_owned(), effects };
    let shock = Effect {
        scope: Scope { regions: named(&["TX", "LA"]), segments: None },
        intensity: Intensity::Pulse { ticks: 6 },
        ..Effect::shift("price_sensitivity", 0.4)
    };
    let heard = Effect {
        operation: Operation::Max,
        scope: Scope { regions: None, segments: named(&["laggards", "late_majority"]) },
        ..Effect::shift("media_sentiment", 0.9)
    };
    let trust = Effect {
        operation: Operation::Multiply,
        from_tick: Some(3),
        until_tick: Some(9),
        ..Effect::shift("social_trust", 1.2)
    };
    [of("Shock", vec![shock]), of("Campaign", vec![heard, trust])]
}

/// The shock at its offset, and the campaign after it.
pub(crate) fn winter(offset_ticks: u32) -> EventBundle {
    let [shock, campaign] = scripts();
    let steps = [(shock, offset_ticks), (campaign, 2)];
    let steps = steps.map(|(script, offset_ticks)| BundleStep { script, offset_ticks });
    EventBundle { id: "b".to_owned(), version: 1, order: BundleOrder::Sequential, steps: steps.into() }
}

/// A run of thirty ticks that has the bundle from a tick on.
pub(crate) fn spec(bundle: &EventBundle, from_tick: u32, attribution: bool) -> RunSpec {
    RunSpec {
        horizon_ticks: 30,
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 5_000 },
        effects: bundle.compile(from_tick).unwrap(),
        bundle: Some(AppliedBundle { id: bundle.id.clone(), version: 1, attribution }),
        ..RunSpec::default()
    }
}

/// What comes of it without any server.
pub(crate) fn direct(spec: RunSpec) -> String {
    let outcome = Simulation::new(spec, &Catalogue::default(), 1).unwrap().run().unwrap();
    String::from_utf8(outcome.canonical_json()).unwrap()
}

pub(crate) fn config() -> Value {
    json!({"horizon_ticks": 30, "population": {"agents": 5_000}, "snapshot_every_ticks": 10})
}

/// The bundle of [`winter`] on a server.
pub(crate) fn winter_there(client: &Client, offset_ticks: u32) -> (String, [String; 2]) {
    let scripts = [script(client, "Shock", &shock()), script(client, "Campaign", &campaign())];
    let id = bundle(client, "sequential", &[(&scripts[0], offset_ticks), (&scripts[1], 2)]);
    (id, scripts)
}

/// A run of [`config`] with this patch.
pub(crate) fn asked(patch: &Value) -> Value {
    json!({"project_id": PROJECT, "config": config(), "scenario_patch": patch})
}

#[test]
fn a_run_has_what_its_bundle_was_when_it_was_created() {
    let folder = tempdir().unwrap();
    let wanted = direct(spec(&winter(4), 0, false));
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "3")]);
    let (id, [first, _]) = winter_there(&server, 4);
    let made = server.post_json("/runs", &asked(&json!({"event_bundle_id": id}))).expect(201);
    let run = made.id();

    // Whatever becomes of the bundle and its scripts.
    let change = json!({"version": 1, "name": "Another", "effects": campaign()});
    put(&server, &format!("/event-scripts/{first}"), &change).expect(200);
    delete(&server, &format!("/event-scripts/bundles/{id}")).expect(200);
    delete(&server, &format!("/event-scripts/{first}")).expect(200);
    server.kill9();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "2")]);
    server.start(&run).expect(202);
    assert_eq!(server.outcome(&run), wanted);
    let found: Value = serde_json::from_str(&wanted).unwrap();
    let told: Vec<_> =
        found["key_events"].as_array().unwrap().iter().filter(|e| e["type"] == "scenario_event").collect();
    let said: Vec<_> = told.iter().map(|e| (&e["tick"], &e["name"], &e["impact_basis"])).collect();
    assert_eq!(
        said,
        [(&json!(4), &json!("Shock"), &json!("window")), (&json!(12), &json!("Campaign"), &json!("window"))]
    );
    // 29,145,505 and 4,657,757 of 331,449,281 people.
    assert_eq!(told[0]["affected_agents"], json!(510));

    let config = server.run(&run)["config"].clone();
    let patch = &config["scenario_patch"];
    assert_eq!((&patch["event_bundle_id"], &patch["event_bundle_version"]), (&json!(id), &json!(1)));
    assert_eq!(patch["effects"].as_array().unwrap().len(), 3);
    let cause = &patch["effects"][2]["cause"];
    assert_eq!((&cause["script"], &cause["effect"], &cause["step"]), (&json!("Campaign"), &json!(1), &json!(1)));
    assert_eq!(cause["event_bundle_id"], json!(id));
    // What is shown can be sent again, though the bundle is gone.
    let again = server.post_json("/runs", &json!({"project_id": PROJECT, "config": config})).expect(201);
    assert_eq!(again.body["config"], config);
    server.start(&again.id()).expect(202);
    assert_eq!(server.outcome(&again.id()), wanted);
    server.post_json("/runs", &asked(&json!({"event_bundle_id": id}))).expect_error(404, "EVENT_BUNDLE_NOT_FOUND");
}

#[test]
fn batches_forks_and_children_apply_bundles() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (id, _) = winter_there(&server, 4);
    let patch = json!({"event_bundle_id": id});
    let batch = json!({"project_id": PROJECT, "base_config": config(), "auto_start": true,
        "variations": [{"name": "without"}, {"name": "with", "scenario_patch": patch}]});
    let runs = server.post_json("/runs/batch", &batch).expect(201).body["runs"].clone();
    let [without, with] = [0, 1].map(|place: usize| runs[place]["id"].as_str().unwrap().to_owned());
    let wanted = direct(spec(&winter(4), 0, false));
    assert_eq!(server.outcome(&with), wanted);
    let plain = RunSpec { effects: Vec::new(), bundle: None, ..spec(&winter(4), 0, false) };
    assert_eq!(server.outcome(&without), direct(plain.clone()));

    // A fork's bundle begins where the fork does.
    let tick = server.get(&format!("/runs/{without}/snapshots")).expect(200).body["items"][0]["tick"].as_u64();
    let (tick, relief) = (tick.unwrap() as u32, winter(1));
    let (near, _) = winter_there(&server, 1);
    let body = json!({"from_tick": tick, "scenario_patch": {"event_bundle_id": near}, "config": {"horizon_ticks": 50}});
    let fork = server.post_json(&format!("/runs/{without}/fork"), &body).expect(201);
    let begins = fork.body["config"]["scenario_patch"]["effects"][0]["from_tick"].as_u64();
    assert_eq!(begins, Some(u64::from(tick) + 1));
    server.start(&fork.id()).expect(202);
    let effects = relief.compile(tick).unwrap();
    let applied = AppliedBundle { id: relief.id, version: 1, attribution: false };
    let turn = Turn { horizon_ticks: Some(50), effects, bundle: Some(applied), ..Turn::default() };
    assert_eq!(server.outcome(&fork.id()), direct(plain.turned(tick, turn)));

    // A child adds its own to its parent's, and says what it adds.
    let node = server.run(&with)["outputs"]["node_id"].clone();
    let child = json!({"parent_node_id": node, "seeds": [42], "auto_run": true,
        "scenario_patch": {"event_bundle_id": near, "attribution": true}});
    let child = server.post_json("/nodes/fork", &child).expect(201).body;
    assert_eq!(child["node"]["patch"]["event_bundle_id"], json!(near));
    assert_eq!(child["node"]["patch"]["effects"].as_array().unwrap().len(), 3);
    let run = child["runs"][0]["id"].as_str().unwrap();
    server.outcome(run);
    let shown = server.run(run)["config"]["scenario_patch"].clone();
    assert_eq!((&shown["event_bundle_id"], &shown["attribution"]), (&json!(near), &json!(true)));
    assert_eq!(shown["effects"].as_array().unwrap().len(), 6);
    let rate = |run: &str| server.results(run)["outcome_summary"]["adoption_rate"].as_f64().unwrap();
    let told = server.results(run)["key_events"].clone();
    let impact = |basis: &str| {
        let event = told.as_array().unwrap().iter().find(|event| event["impact_basis"] == basis).unwrap().clone();
        event["impact"].as_f64().unwrap()
    };
    assert_eq!(impact("attribution"), rate(run) - rate(&with), "the twin of a child is its parent's run of that seed");
    assert!(impact("window") != impact("attribution"), "what the parent's bundle did is told as ever");

    // One more run of the child asks the same, with another seed.
    let more = json!({"project_id": PROJECT, "node_id": child["node"]["id"], "config": {"seed": 7}});
    let more = server.post_json("/runs", &more).expect(201).body;
    assert_eq!(more["config"]["scenario_patch"], shown);
}

#[test]
fn trying_a_bundle_tells_all_that_is_wrong_and_when_it_happens() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let body = json!({"name": "Shock", "effects": shock()});
    let found = server.post_json("/event-scripts/validate", &body).expect(200).body;
    assert_eq!((&found["valid"], &found["problems"]), (&json!(true), &json!([])));
    let wrong = json!({"effects": [
        {"variable": "luck", "operation": "add", "value": 0.1},
        {"variable": "social_trust", "operation": "add", "value": 0.1},
        {"variable": "social_trust", "operation": "add", "value": 0.1, "regions": ["Mars"]}]});
    let found = server.post_json("/event-scripts/validate", &wrong).expect(200).body;
    let problems: Vec<_> =
        found["problems"].as_array().unwrap().iter().map(|p| (&p["effect"], &p["error_code"])).collect();
    assert_eq!(problems, [(&json!(0), &json!("UNKNOWN_VARIABLE")), (&json!(2), &json!("VALIDATION_ERROR"))]);
    let ranges = json!({"effects": [{"variable": "luck", "operation": "set", "value": 2}]});
    let found = server.post_json("/event-scripts/validate", &ranges).expect(200).body;
    assert_eq!((&found["valid"], &found["problems"][0]["effect"]), (&json!(false), &json!(0)));

    let (_, [first, second]) = winter_there(&server, 4);
    let scripts = json!([{"script_id": first, "offset_ticks": 4}, {"script_id": second, "offset_ticks": 2}]);
    let body =
        json!({"project_id": PROJECT, "order": "sequential", "scripts": scripts, "config": {"horizon_ticks": 13}});
    let found = server.post_json("/event-scripts/bundles/validate", &body).expect(200).body;
    let ticks: Vec<_> = found["effects"].as_array().unwrap().iter().map(|effect| effect["from_tick"].clone()).collect();
    assert_eq!(ticks, [4, 12, 15]);
    let (problem, valid) = (&found["problems"][0], &found["valid"]);
    assert_eq!((valid, &problem["step"], &problem["effect"]), (&json!(false), &json!(1), &json!(1)));
    assert!(problem["detail"].as_str().unwrap().contains("must be below the horizon, 13, not 15"), "{problem}");
    let endless = json!({"project_id": PROJECT, "order": "sequential", "scripts": [scripts[1], scripts[0]]});
    let found = server.post_json("/event-scripts/bundles/validate", &endless).expect(200).body;
    assert!(found["problems"][0]["detail"].as_str().unwrap().contains("\"Campaign\""), "{found}");
    assert_eq!(server.get("/event-scripts/bundles").expect(200).body["total"], json!(1), "nothing is stored by trying");
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(0));
}
