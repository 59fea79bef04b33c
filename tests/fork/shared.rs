//! Batches whose variations have their first ticks in common: these are stepped once, which is said, and over power cuts too every
//! variation is what it would be by itself.

use civitas::engine::{Effect, PopulationSpec, RunSpec};
use serde_json::{Value, json};
use tempfile::tempdir;

use super::direct;
use super::support::{PROJECT, Server, outcome};

const AGENTS: u32 = 120_000;

fn spec(effects: Vec<Effect>) -> RunSpec {
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: AGENTS };
    RunSpec { seed: 7, horizon_ticks: 100, population, effects, ..RunSpec::default() }
}

fn batch(variations: &Value) -> Value {
    let base = json!({"seed": 7, "horizon_ticks": 100, "population": {"agents": AGENTS}, "snapshot_every_ticks": 20});
    json!({"project_id": PROJECT, "auto_start": true, "base_config": base, "variations": variations})
}

fn window(tick: u32, delta: f64) -> Value {
    json!({"scenario_patch": {"variable_deltas": {"social_trust": {"delta": delta, "from_tick": tick}}}})
}

#[test]
fn variations_that_agree_up_to_a_tick_go_on_from_there() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "2")]);
    let (stronger, seed) = (window(70, 0.3), json!({"seed": 8}));
    let created =
        server.post_json("/runs/batch", &batch(&json!([{}, window(70, 0.1), stronger, seed]))).expect(201).body;
    let runs: Vec<&str> = created["runs"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap()).collect();
    let from = json!({"run_id": runs[0], "tick": 70});
    let said: Vec<&Value> = created["runs"].as_array().unwrap().iter().map(|run| &run["shares_with"]).collect();
    assert_eq!(said, [&Value::Null, &from, &from, &Value::Null]);

    // While the first is on its way to where the others part from it, or a little after.
    server.kill9_after_a_snapshot(runs[0]);
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "3")]);
    let shift = |delta| Effect { from_tick: Some(70), ..Effect::shift("social_trust", delta) };
    let other = RunSpec { seed: 8, ..spec(Vec::new()) };
    let specs = [spec(Vec::new()), spec(vec![shift(0.1)]), spec(vec![shift(0.3)]), other];
    for (place, spec) in specs.into_iter().enumerate() {
        let last = server.wait(runs[place]);
        assert_eq!(last.event, "completed", "{}", last.data);
        let answer = server.get(&format!("/runs/{}/results", runs[place])).expect(200);
        assert_eq!(outcome(&answer.text, runs[place], "succeeded"), direct(spec), "variation {place}");
        let shares = if (1..3).contains(&place) { from.clone() } else { Value::Null };
        assert_eq!((&server.run(runs[place])["forked_from"], &answer.body["forked_from"]), (&shares, &shares));
    }
    let telemetry = server.get(&format!("/telemetry/{}", runs[1])).expect(200).body;
    assert_eq!((&telemetry["first_tick"], &telemetry["last_tick"]), (&json!(70), &json!(100)));
    server.stop();
    super::support::said_by_civitas(folder.path(), &["doctor"], 0);
}

#[test]
fn what_is_shared_can_be_turned_off() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__SHARES_PREFIXES", "false")]);
    let created = server.post_json("/runs/batch", &batch(&json!([{}, window(70, 0.1)]))).expect(201).body;
    for run in created["runs"].as_array().unwrap() {
        assert_eq!(run["shares_with"], Value::Null);
        let id = run["id"].as_str().unwrap();
        server.outcome(id);
        assert_eq!(server.run(id)["forked_from"], Value::Null);
    }
}
