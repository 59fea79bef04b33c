//! The random workload: what one thread asks of the server until the server is gone.

use serde_json::{Value, json};

use crate::check;
use crate::model::{self, Model, SPECS, Stage};
use crate::support::PROJECT;
use crate::wire::{Said, Wire};

/// The most runs that have not ended; above it nothing is created.
const MOST_OPEN: usize = 40;
/// The most of these that will be stepped, so that the end does not take long.
const MOST_BUSY: usize = 8;

/// Small random numbers (splitmix64), so that a printed seed repeats the choices.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn from(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Makes requests until one is not answered.
pub(crate) fn work(wire: &Wire, model: &Model, rng: &mut Rng) {
    while step(wire, model, rng).is_some() {}
}

/// One request; `None` when its answer did not come.
fn step(wire: &Wire, model: &Model, rng: &mut Rng) -> Option<()> {
    let ((open, busy), choice) = (model.open(), rng.below(100));
    model.sent();
    match choice {
        0..25 if open < MOST_OPEN => return create(wire, model, rng),
        25..33 if open < MOST_OPEN && busy < MOST_BUSY => return create_batch(wire, model, rng),
        95.. => return list(wire),
        _ => {}
    }
    let Some((id, known)) = model.pick(rng.next()) else { return create(wire, model, rng) };
    match choice {
        33..60 if busy < MOST_BUSY => start(wire, model, &id, &known),
        60..66 => cancel(wire, model, &id, &known),
        66..70 if open < MOST_OPEN && known.newest_snapshot > 0 => fork(wire, model, &id, &known),
        70..78 if known.stage == Stage::Ended => check::results(wire, model, &id, &known),
        _ => check::page(wire, model, &id, &known),
    }
}

fn create(wire: &Wire, model: &Model, rng: &mut Rng) -> Option<()> {
    let spec = rng.below(SPECS as u64) as usize;
    let (number, names) = model.ask_for(|number| vec![format!("{spec}.{number}")], false);
    let said = wire.ask("POST", "/runs", Some(&Wire::creation(&names[0], &model::config(spec))))?;
    assert_eq!(said.status, 201, "{}", said.text);
    model.answered(number, std::slice::from_ref(&said.body), None);
    Some(())
}

fn create_batch(wire: &Wire, model: &Model, rng: &mut Rng) -> Option<()> {
    // Runs of the longest share their ticks.
    let (spec, runs, auto_start) = (rng.below(SPECS as u64) as usize, 2 + rng.below(2), rng.below(2) == 0);
    let names = |number: u64| (0..runs).map(|index| format!("{spec}.{number}.{index}")).collect();
    let (number, names) = model.ask_for(names, auto_start);
    let variations: Vec<_> = names.iter().map(|name| json!({"name": name})).collect();
    let body = json!({"project_id": PROJECT, "auto_start": auto_start, "variations": variations,
        "base_config": model::config(spec)});
    let said = wire.ask("POST", "/runs/batch", Some(&body))?;
    assert_eq!(said.status, 201, "{}", said.text);
    let pages: Vec<Value> = said.body["runs"].as_array().unwrap().clone();
    assert_eq!(pages.len(), names.len(), "{}", said.text);
    model.answered(number, &pages, said.body["batch_id"].as_str());
    Some(())
}

/// A fork with nothing changed: it has its parent's specification, and ends as its parent would.
fn fork(wire: &Wire, model: &Model, id: &str, known: &model::Facts) -> Option<()> {
    let (number, names) = model.ask_for(|number| vec![format!("{}.{number}", known.spec)], false);
    let said = wire.ask("POST", &format!("/runs/{id}/fork"), Some(&json!({"name": names[0]})))?;
    match said.status {
        201 => model.answered(number, std::slice::from_ref(&said.body), None),
        // Its snapshots have all gone meanwhile.
        422 => model.answered(number, &[], None),
        _ => unexpected(&said, id, known, "a fork"),
    }
    Some(())
}

fn start(wire: &Wire, model: &Model, id: &str, known: &model::Facts) -> Option<()> {
    let said = wire.ask("POST", &format!("/runs/{id}/start"), None)?;
    match said.status {
        202 => model.learn(id, "told that it is started", |facts| facts.stage = facts.stage.max(Stage::Running)),
        // It runs, or has ended; or all places are taken.
        409 | 429 => {}
        _ => unexpected(&said, id, known, "a start"),
    }
    if said.status == 202 && known.stage > Stage::Queued {
        known.broken(id, "it was started a second time");
    }
    Some(())
}

fn cancel(wire: &Wire, model: &Model, id: &str, known: &model::Facts) -> Option<()> {
    let said = wire.ask("POST", &format!("/runs/{id}/cancel"), None)?;
    match said.status {
        200 => model.learn(id, "told that it is cancelled", |facts| {
            facts.stage = Stage::Ended;
            if facts.end.get_or_insert_with(|| "cancelled".to_owned()) != "cancelled" {
                facts.broken(id, "it was cancelled after its end");
            }
        }),
        409 => {}
        _ => unexpected(&said, id, known, "a cancel"),
    }
    Some(())
}

fn unexpected(said: &Said, id: &str, known: &model::Facts, what: &str) -> ! {
    known.broken(id, &format!("{what} was answered with {}: {}", said.status, said.text))
}

fn list(wire: &Wire) -> Option<()> {
    let said = wire.get("/runs?limit=100&status=running")?;
    assert_eq!(said.status, 200, "{}", said.text);
    Some(())
}
