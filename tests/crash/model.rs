//! What the server has acknowledged: the facts that must hold after every crash, and the requests whose answer never came.
//!
//! A fact is written down after its answer, and an answer is held against the facts that were known before its request was
//! sent, so that threads may share runs. Every run keeps what happened to it, for who reads a failure.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use serde_json::{Value, json};

/// How many specifications there are.
pub(crate) const SPECS: usize = 3;

/// A specification: a short one, one that is always being snapshotted, and a longer one.
pub(crate) fn config(spec: usize) -> Value {
    let (agents, ticks, every) = [(2000, 20, 0), (20_000, 120, 1), (40_000, 200, 3)][spec];
    json!({"seed": 40 + spec, "horizon_ticks": ticks, "population": {"agents": agents}, "snapshot_every_ticks": every})
}

/// How far a run has come, in an order that it never goes back in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// It waits.
    #[default]
    Queued,
    /// It runs.
    Running,
    /// It has ended.
    Ended,
}

/// The stage of a status.
pub(crate) fn stage_of(status: &str) -> Stage {
    match status {
        "queued" => Stage::Queued,
        "running" => Stage::Running,
        "succeeded" | "failed" | "cancelled" => Stage::Ended,
        other => panic!("no status: {other}"),
    }
}

/// What was acknowledged of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// Which specification it has.
    pub(crate) spec: usize,
    /// Its batch.
    pub(crate) batch: Option<String>,
    /// How far it has come at the least.
    pub(crate) stage: Stage,
    /// It starts without being asked again.
    pub(crate) will_start: bool,
    /// How it ended.
    pub(crate) end: Option<String>,
    /// Its page since it has ended, without the list of snapshots.
    pub(crate) page: Option<Value>,
    /// Its results since it has ended.
    pub(crate) results: Option<String>,
    /// The tick of its newest snapshot that was seen.
    pub(crate) newest_snapshot: u64,
    /// The tick that it was last seen at in this life of the server.
    pub(crate) tick: u64,
    history: Vec<String>,
}

impl Facts {
    /// Stops the test, with everything that happened to the run.
    pub(crate) fn broken(&self, id: &str, what: &str) -> ! {
        panic!("run {id}: {what}\nwhat happened to it:\n  {}", self.history.join("\n  "))
    }

    /// What is known of a run whose page says this.
    fn of_page(page: &Value, will_start: bool) -> Self {
        let name = page["name"].as_str().unwrap();
        let spec = name.split('.').next().and_then(|spec| spec.parse().ok());
        let spec = spec.unwrap_or_else(|| panic!("nobody asked for a run named {name}"));
        Self { spec, batch: page["batch_id"].as_str().map(str::to_owned), will_start, ..Self::default() }
    }
}

/// A request to create runs whose answer has not come.
#[derive(Clone, Debug)]
pub(crate) struct InFlight {
    pub(crate) names: Vec<String>,
    pub(crate) auto_start: bool,
}

#[derive(Debug, Default)]
struct Book {
    runs: BTreeMap<String, Facts>,
    in_flight: BTreeMap<u64, InFlight>,
    life: u32,
    requests: u64,
    answers: u64,
    adopted: u64,
    next: u64,
}

/// Everything that is known, shared by all threads.
#[derive(Debug)]
pub(crate) struct Model {
    /// The outcome of each specification on a server that nobody disturbs.
    pub(crate) outcomes: Vec<String>,
    book: Mutex<Book>,
}

impl Model {
    pub(crate) fn new(outcomes: Vec<String>) -> Self {
        Self { outcomes, book: Mutex::default() }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // A thread that failed has said why; the others need not.
        self.book.lock().unwrap()
    }

    /// A number that no name has yet, and the request that it stands for.
    pub(crate) fn ask_for(&self, names: impl FnOnce(u64) -> Vec<String>, auto_start: bool) -> (u64, Vec<String>) {
        let mut book = self.book();
        book.next += 1;
        let number = book.next;
        let names = names(number);
        book.in_flight.insert(number, InFlight { names: names.clone(), auto_start });
        (number, names)
    }

    /// The answer to a request came: these runs are there, or it was refused.
    pub(crate) fn answered(&self, number: u64, pages: &[Value], batch: Option<&str>) {
        let mut book = self.book();
        let life = book.life;
        let asked = book.in_flight.remove(&number).unwrap();
        for page in pages {
            let mut facts = Facts::of_page(page, asked.auto_start);
            facts.batch = batch.map(str::to_owned);
            facts.history.push(format!("life {life}: created as {}", page["name"]));
            assert!(book.runs.insert(page["id"].as_str().unwrap().to_owned(), facts).is_none(), "an id came twice");
        }
    }

    /// The requests whose answers never came. They are forgotten: what is not there now must never be.
    pub(crate) fn take_in_flight(&self) -> Vec<InFlight> {
        let mut book = self.book();
        std::mem::take(&mut book.in_flight).into_values().collect()
    }

    /// A run is there although the answer to its creation never came.
    pub(crate) fn adopt(&self, page: &Value, will_start: bool) {
        let mut book = self.book();
        let mut facts = Facts::of_page(page, will_start);
        facts.history.push(format!("life {}: found, its creation was never answered", book.life));
        book.adopted += 1;
        book.runs.insert(page["id"].as_str().unwrap().to_owned(), facts);
    }

    /// The server was started again: ticks after the last snapshot may have been lost.
    pub(crate) fn new_life(&self) {
        let mut book = self.book();
        book.life += 1;
        book.runs.values_mut().for_each(|facts| facts.tick = facts.newest_snapshot);
    }

    /// What is known of all runs now, in the order of their ids.
    pub(crate) fn runs(&self) -> Vec<(String, Facts)> {
        self.book().runs.iter().map(|(id, facts)| (id.clone(), facts.clone())).collect()
    }

    /// The run with this number among those that there are, and how many have not ended.
    pub(crate) fn pick(&self, number: u64) -> Option<(String, Facts)> {
        let book = self.book();
        let at = number.checked_rem(book.runs.len() as u64)?;
        book.runs.iter().nth(at as usize).map(|(id, facts)| (id.clone(), facts.clone()))
    }

    /// How many runs have not ended, and how many of these will be stepped.
    pub(crate) fn open(&self) -> (usize, usize) {
        let book = self.book();
        let open = book.runs.values().filter(|facts| facts.stage < Stage::Ended);
        (open.clone().count(), open.filter(|facts| facts.will_start || facts.stage > Stage::Queued).count())
    }

    /// A request goes out.
    pub(crate) fn sent(&self) {
        self.book().requests += 1;
    }

    /// Notes a fact about a run, with what is to be remembered of it.
    pub(crate) fn learn(&self, id: &str, what: &str, note: impl FnOnce(&mut Facts)) {
        let mut book = self.book();
        book.answers += 1;
        let life = book.life;
        let facts = book.runs.get_mut(id).unwrap();
        facts.history.push(format!("life {life}: {what}"));
        note(facts);
    }

    /// What this all was, in words.
    pub(crate) fn figures(&self) -> String {
        let book = self.book();
        let ended = |end: &str| book.runs.values().filter(|facts| facts.end.as_deref() == Some(end)).count();
        format!(
            "requests of the workload: {}; facts looked up: {}; runs: {} ({} succeeded, {} cancelled, {} failed), {} of \
             them created without an answer; nothing was lost",
            book.requests,
            book.answers,
            book.runs.len(),
            ended("succeeded"),
            ended("cancelled"),
            ended("failed"),
            book.adopted
        )
    }
}
