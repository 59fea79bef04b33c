//! One world: the books, the disk, and the writes between them, which it does as the registry does; what can happen in it is in
//! `events`.

mod events;

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{Hash, Hasher};

use civitas_store::{RunFault, RunStatus};

use crate::books::*;
use crate::lifecycle::Ending;
use crate::lifecycle::tests::record;

const TENANTS: [u128; 3] = [1, 2, 1];

/// What may happen to a run. In worlds of three runs each has other habits, so that the worlds are not too many; what they share is
/// that they are in each other's way.
#[derive(Clone, Copy)]
pub(super) struct Habits {
    /// Whether it is created to start at once.
    pub(super) starts: &'static [bool],
    pub(super) pauses: bool,
    pub(super) cancels: bool,
    pub(super) fails: bool,
    pub(super) snapshots: bool,
    pub(super) verifies: bool,
}

pub(super) const EVERYTHING: Habits =
    Habits { starts: &[false, true], pauses: true, cancels: true, fails: true, snapshots: true, verifies: true };
pub(super) const PLAIN: Habits =
    Habits { starts: &[true], pauses: false, cancels: false, fails: false, snapshots: false, verifies: false };

/// What is told of a write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Then {
    Created,
    Begun,
    Waits,
    Cancelled,
    Ended,
    /// Nobody waits for it.
    Noted,
}

#[derive(Clone)]
pub(super) struct World {
    books: Books,
    demands: Vec<Demand>,
    habits: Vec<Habits>,
    disk: BTreeMap<RunId, RunRecord>,
    /// Writes on their way, in their order.
    flights: VecDeque<(RunRecord, Then)>,
    /// Which runs were told to pause or to cancel.
    told: BTreeMap<RunId, Ending>,
    /// Runs that may only come to their end.
    given_up: BTreeSet<RunId>,
    /// Runs with a snapshot of tick 1.
    snapshots: BTreeSet<RunId>,
    acknowledged: BTreeSet<RunId>,
    verifying: Option<usize>,
    /// How many more of each may happen.
    crashes: u8,
    failures: u8,
    pauses: u8,
    verifications: u8,
    /// There has been a restart, or a write has failed.
    restarted: bool,
    failed: bool,
}

fn id(run: usize) -> RunId {
    RunId::from_u128(run as u128 + 1)
}

fn new_record(run: usize, start_requested: bool) -> RunRecord {
    let tenant_id = TenantId::from_u128(TENANTS[run]);
    RunRecord { id: id(run), tenant_id, start_requested, ..record(RunStatus::Queued) }
}

fn end(ending: Ending) -> RunEnd {
    RunEnd {
        ending,
        outcome_json: None,
        results_url: None,
        manifest: None,
        tick: 1,
        agent_steps: 0,
        running_ms: 0,
        speed: None,
    }
}

fn fault() -> RunFault {
    RunFault { code: "MODEL_PANIC".to_owned(), message: String::new(), tick: None, region: None }
}

impl World {
    pub(super) fn new(limits: Limits, runs: &[(u64, Habits)], (crashes, failures): (u8, u8)) -> Self {
        let demands = runs.iter().map(|&(memory_bytes, _)| Demand { memory_bytes, agent_steps: 1 }).collect();
        let (disk, flights, told) = (BTreeMap::new(), VecDeque::new(), BTreeMap::new());
        let sets = || BTreeSet::new();
        Self {
            books: Books::new(limits),
            demands,
            habits: runs.iter().map(|&(_, habits)| habits).collect(),
            disk,
            flights,
            told,
            given_up: sets(),
            snapshots: sets(),
            acknowledged: sets(),
            verifying: None,
            crashes,
            failures,
            pauses: 1,
            verifications: 1,
            restarted: false,
            failed: false,
        }
    }

    /// What tells two worlds apart.
    pub(super) fn key(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let of = |record: &RunRecord| {
            let flags = (record.start_requested, record.interruptions, record.current_tick, record.fault.is_some());
            (record.id, record.status.as_str(), flags)
        };
        for entry in self.books.runs.values() {
            (of(&entry.record), entry.phase as u8).hash(&mut hasher);
        }
        format!("{:?}", (&self.books.admission, &self.books.creating, self.books.closed)).hash(&mut hasher);
        self.disk.values().for_each(|record| of(record).hash(&mut hasher));
        self.flights.iter().for_each(|(record, then)| (of(record), then).hash(&mut hasher));
        self.told.iter().for_each(|(run, ending)| (run, *ending == Ending::Paused).hash(&mut hasher));
        (&self.given_up, &self.snapshots, &self.acknowledged, self.verifying).hash(&mut hasher);
        (self.crashes, self.failures, self.pauses, self.verifications, self.restarted, self.failed).hash(&mut hasher);
        hasher.finish()
    }

    fn put(&mut self, record: RunRecord, then: Then) {
        self.flights.push_back((record, then));
    }

    fn start_waiting(&mut self) {
        while let Some(next) = self.books.next(5) {
            let record = next.expect("who waits can start").record;
            self.put(record, Then::Begun);
        }
    }

    /// The first write has come to the disk, or has failed.
    fn land(&mut self, written: bool) {
        let (record, then) = self.flights.pop_front().expect("a write is in flight");
        let run = record.id;
        if written {
            self.check_edge(&record);
            self.disk.insert(run, record.clone());
        }
        match then {
            Then::Created => {
                let demand = self.demands[run.as_u128() as usize - 1];
                self.books.created(vec![(record, demand)], written);
                if written {
                    self.acknowledged.insert(run);
                    self.start_waiting();
                }
            }
            Then::Begun => self.books.begun(record, written),
            Then::Waits if written => {
                if self.books.waits(run) {
                    self.start_waiting();
                }
            }
            Then::Cancelled => {
                self.books.cancelled(run, written);
                if written {
                    self.start_waiting();
                }
            }
            Then::Ended => {
                self.books.ended(record, written);
                self.told.remove(&run);
                self.start_waiting();
            }
            Then::Waits | Then::Noted => {}
        }
    }

    /// M2, M3.
    fn check_edge(&self, record: &RunRecord) {
        use RunStatus::{Cancelled, Failed, Paused, Queued, Running, Succeeded};
        let before = self.disk.get(&record.id).map(|before| before.status);
        let legal = match before {
            None => record.status == Queued,
            Some(Queued) => matches!(record.status, Queued | Running | Cancelled),
            Some(Running) => matches!(record.status, Running | Paused | Succeeded | Failed | Cancelled),
            Some(Paused) => matches!(record.status, Paused | Running | Cancelled),
            Some(Succeeded | Failed | Cancelled) => false,
        };
        assert!(legal, "M2: from {before:?} to {}", record.status);
        assert_eq!(record.completed_at_ms.is_some(), record.status.is_terminal(), "M3: L3");
        assert_eq!(record.fault.is_some(), record.status == Failed, "M3: L4");
        let has_run = matches!(record.status, Running | Paused | Succeeded | Failed);
        assert!(!has_run || record.started_at_ms.is_some(), "M3: L2");
        assert!(record.status != Queued || record.started_at_ms.is_none(), "M3: L2");
    }

    /// The server is there again, with what the disk has.
    fn restart(&mut self) {
        self.books = Books::new(self.books.limits);
        (self.verifying, self.restarted) = (None, true);
        self.flights.clear();
        self.told.clear();
        self.given_up.clear();
        let records: Vec<RunRecord> =
            self.disk.values().filter(|record| !record.status.is_terminal()).cloned().collect();
        for record in records {
            let (run, demand) = (record.id, self.demands[record.id.as_u128() as usize - 1]);
            if record.status != RunStatus::Running {
                self.books.take_over(record, demand);
                continue;
            }
            let found = self.books.recovered(&record, u32::from(self.snapshots.contains(&run)), 7);
            self.check_edge(found.record());
            self.disk.insert(run, found.record().clone());
            if self.books.go_on(found, demand).is_some_and(|(_, given_up)| given_up.is_some()) {
                self.given_up.insert(run);
            }
        }
        self.start_waiting();
    }

    /// True when every run has been created and has ended.
    pub(super) fn is_done(&self) -> bool {
        self.disk.len() == self.habits.len() && self.disk.values().all(|record| record.status.is_terminal())
    }

    pub(super) fn check(&self) {
        self.books.check().unwrap_or_else(|fault| panic!("{fault}"));
        assert!(self.acknowledged.iter().all(|run| self.disk.contains_key(run)), "M1");
        let limits = self.books.limits;
        if !self.restarted {
            let taken = self.books.admission.taken();
            let (mut running, mut memory) = (0, 0);
            for taken in taken.values() {
                assert!(taken.running <= limits.max_running, "M4: {taken:?}");
                (running, memory) = (running + taken.running, memory + taken.memory_bytes);
            }
            assert!(running <= limits.max_running_total, "M4: {running} run");
            assert!(running <= 1 || memory <= limits.max_memory_total_bytes, "M4: {memory} bytes");
        }
        if self.flights.is_empty() && !self.failed {
            for (run, record) in self.disk.iter().filter(|(_, record)| !record.status.is_terminal()) {
                let suspended = self.books.is_closed() && record.status == RunStatus::Running;
                let kept = self.books.run(*run).map(|entry| entry.record.status);
                assert!(
                    suspended || kept == Some(record.status),
                    "M5: {run} is {kept:?}, on the disk {}",
                    record.status
                );
            }
            assert!(self.books.is_closed() || self.books.clone().next(5).is_none(), "M6: somebody waits for nothing");
        }
    }
}
