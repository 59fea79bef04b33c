//! The facts against the server: one run's page and results, and everything after a restart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{Facts, Model, Stage, config, stage_of};
use crate::support::{Client, Server, eventually, outcome};
use crate::wire::Wire;

/// Looks at a run's page; `known` is what was known before. `None` when no answer came.
pub(crate) fn page(wire: &Wire, model: &Model, id: &str, known: &Facts) -> Option<()> {
    let said = wire.get(&format!("/runs/{id}"))?;
    if said.status != 200 {
        known.broken(id, &format!("its page is answered with {}: {}", said.status, said.text));
    }
    let mut page = said.body;
    let status = page["status"].as_str().unwrap().to_owned();
    let stage = stage_of(&status);
    let snapshots = page["outputs"]["snapshot_refs"].take();
    let ticks = snapshots.as_array().unwrap().iter().map(|name| tick_of(name.as_str().unwrap()));
    let newest = ticks.max().unwrap_or(0);
    let tick = page["progress"]["current_tick"].as_u64().unwrap();
    let wrong = [
        (stage < known.stage, format!("it went back to {status}")),
        (known.end.as_ref().is_some_and(|end| *end != status), format!("its end changed to {status}")),
        (known.page.as_ref().is_some_and(|before| *before != page), format!("it changed after its end: {page}")),
        (newest < known.newest_snapshot, format!("its newest snapshot is of tick {newest}")),
        (stage == Stage::Running && tick < known.tick, format!("it went back to tick {tick}")),
        (page["batch_id"].as_str() != known.batch.as_deref(), format!("its batch is {}", page["batch_id"])),
        (page["config"]["seed"] != config(known.spec)["seed"], format!("it has another specification: {page}")),
        (status == "failed", format!("it failed: {page}")),
    ];
    if let Some((_, what)) = wrong.iter().find(|(wrong, _)| *wrong) {
        known.broken(id, what);
    }
    model.learn(id, &format!("seen as {status} at tick {tick}, newest snapshot {newest}"), |facts| {
        facts.stage = facts.stage.max(stage);
        facts.newest_snapshot = facts.newest_snapshot.max(newest);
        facts.tick = facts.tick.max(tick);
        if stage == Stage::Ended {
            facts.end.get_or_insert(status);
            facts.page.get_or_insert(page);
        }
    });
    Some(())
}

fn tick_of(snapshot: &str) -> u64 {
    snapshot.rsplit_once("tick-").unwrap().1.parse().unwrap()
}

/// Looks at the results of a run that has ended. `None` when no answer came.
pub(crate) fn results(wire: &Wire, model: &Model, id: &str, known: &Facts) -> Option<()> {
    let said = wire.get(&format!("/runs/{id}/results"))?;
    let end = known.end.as_deref().unwrap_or_else(|| known.broken(id, "it has ended, and nobody knows how"));
    match (said.status, end) {
        (200, _) => {}
        // Cancelled before its first tick it has none.
        (404 | 409, "cancelled") if known.results.is_none() => return Some(()),
        (status, _) => known.broken(id, &format!("its results are answered with {status}: {}", said.text)),
    }
    if known.results.as_ref().is_some_and(|before| *before != said.text) {
        known.broken(id, "its results changed");
    }
    if end == "succeeded" && outcome(&said.text, id, end) != model.outcomes[known.spec] {
        known.broken(id, "its results are not those of an undisturbed run");
    }
    model.learn(id, "results read", |facts| facts.results = Some(said.text));
    Some(())
}

/// Every run of the server's listing, page by page.
fn listed(wire: &Wire) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let said = wire.get(&format!("/runs?sort=created_at&limit=100&skip={}", all.len())).unwrap();
        assert_eq!(said.status, 200, "{}", said.text);
        let items = said.body["items"].as_array().unwrap();
        all.extend(items.iter().cloned());
        if items.is_empty() {
            assert_eq!(said.body["total"], all.len(), "the listing's total is not what it lists");
            return all;
        }
    }
}

/// Looks up everything that was ever acknowledged, on a server that has just been started.
pub(crate) fn nothing_is_lost(wire: &Wire, model: &Model) {
    model.new_life();
    let all = listed(wire);
    let ids: BTreeSet<&str> = all.iter().map(|run| run["id"].as_str().unwrap()).collect();
    let names: BTreeMap<&str, &Value> = all.iter().map(|run| (run["name"].as_str().unwrap(), run)).collect();
    assert_eq!((ids.len(), names.len()), (all.len(), all.len()), "a run is there twice");
    // Of a request that was never answered all is there or nothing.
    for asked in model.take_in_flight() {
        let found: Vec<_> = asked.names.iter().filter_map(|name| names.get(name.as_str())).collect();
        assert!(found.is_empty() || found.len() == asked.names.len(), "half of {asked:?} is there");
        for run in found {
            let page = wire.get(&format!("/runs/{}", run["id"].as_str().unwrap())).unwrap();
            model.adopt(&page.body, asked.auto_start);
        }
    }
    let known = model.runs();
    for (id, facts) in &known {
        if !ids.contains(id.as_str()) {
            facts.broken(id, "the listing has lost it");
        }
        page(wire, model, id, facts).expect("the server answers");
    }
    assert_eq!(ids.len(), known.len(), "runs are there that nobody asked for");
    for (id, facts) in model.runs().iter().filter(|(_, facts)| facts.stage == Stage::Ended) {
        results(wire, model, id, facts).expect("the server answers");
    }
}

/// Waits until all that was started has ended, and holds the whole against the facts: ends, results, counts, queue.
pub(crate) fn all_ends(server: &Server, model: &Model, max_queued: usize) {
    let wire = Wire::new(server.addr());
    for (id, facts) in model.runs() {
        if facts.will_start || facts.stage > Stage::Queued {
            eventually("a run that was to run has ended", || {
                page(&wire, model, &id, &facts)?;
                (stage_of(&server.status(&id)) == Stage::Ended).then_some(())
            });
        }
    }
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (id, facts) in model.runs() {
        page(&wire, model, &id, &facts).expect("the server answers");
        *counts.entry(server.status(&id)).or_default() += 1;
    }
    for (id, facts) in model.runs().iter().filter(|(_, facts)| facts.stage == Stage::Ended) {
        results(&wire, model, id, facts).expect("the server answers");
    }
    for status in ["queued", "running", "succeeded", "failed", "cancelled"] {
        let total = server.get(&format!("/runs?status={status}")).expect(200).body["total"].as_u64().unwrap();
        assert_eq!(total, counts.get(status).copied().unwrap_or(0), "runs that are {status}");
    }
    assert_eq!(counts.get("running"), None);
    queue_is_counted(server, counts.get("queued").map_or(0, |queued| *queued as usize), max_queued);
}

/// The places of the queue are those that there are, no more and no fewer.
fn queue_is_counted(server: &Client, queued: usize, max_queued: usize) {
    let body = Wire::creation("0.filler", &config(0));
    for place in queued..max_queued {
        let said = server.post_json("/runs", &body);
        assert_eq!(said.status, 201, "place {place} of {max_queued}: {}", said.text);
    }
    server.post_json("/runs", &body).expect_error(429, "QUOTA_EXCEEDED");
}
