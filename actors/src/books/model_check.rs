//! All orders of events of small worlds: two or three runs of two tenants are created, started, paused, cancelled, verified and come to
//! their ends, while writes take their time or fail, and the server stops in good order or is killed at any moment and recovers.
//! What is checked is the code that runs: the books, admission and the lifecycle. The world around them does what the registry
//! does: it writes, in order, the records that it is given, says what came of it, and starts what waits.
//!
//! Besides [`Books::check`] it holds in every state that can be reached:
//!
//! - (M1) A run whose creation was acknowledged is on the disk.
//! - (M2) On the disk a run goes only where the lifecycle lets it, and nothing changes one that has ended.
//! - (M3) What a record says of its times and its fault fits its status (L2 to L4).
//! - (M4) Before any restart, no more runs than there are places, and no more memory than there is.
//! - (M5) When nothing is in flight, the books hold what the disk holds.
//! - (M6) When nothing is in flight, no run waits for what is free.
//! - (M7) Every run can still come to its end.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{Hash, Hasher};

use civitas_store::{RunFault, RunStatus};

use super::*;
use crate::lifecycle::{Ending, tests::record};

const TENANTS: [u128; 3] = [1, 2, 1];

/// What may happen to a run. In worlds of three runs each has other habits, so that the worlds are not too many; what they share is
/// that they are in each other's way.
#[derive(Clone, Copy)]
struct Habits {
    /// Whether it is created to start at once.
    starts: &'static [bool],
    pauses: bool,
    cancels: bool,
    fails: bool,
    snapshots: bool,
    verifies: bool,
}

const EVERYTHING: Habits =
    Habits { starts: &[false, true], pauses: true, cancels: true, fails: true, snapshots: true, verifies: true };
const PLAIN: Habits =
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
struct World {
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
    RunEnd { ending, outcome_json: None, manifest: None, tick: 1, agent_steps: 0, running_ms: 0, speed: None }
}

fn fault() -> RunFault {
    RunFault { code: "MODEL_PANIC".to_owned(), message: String::new(), tick: None, region: None }
}

impl World {
    fn new(limits: Limits, runs: &[(u64, Habits)], (crashes, failures): (u8, u8)) -> Self {
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
    fn key(&self) -> u64 {
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

    /// Every world that the next event can make of this one, and whether somebody else than the users or the run did it.
    fn successors(&self) -> Vec<(World, bool)> {
        let mut all = Vec::new();
        let mut then = |mishap: bool, change: &dyn Fn(&mut World)| {
            let mut next = self.clone();
            change(&mut next);
            all.push((next, mishap));
        };
        if !self.flights.is_empty() {
            then(false, &|world| world.land(true));
            if self.failures > 0 {
                then(true, &|world| {
                    (world.failures, world.failed) = (world.failures - 1, true);
                    world.land(false);
                });
            }
        }
        if self.crashes > 0 {
            then(true, &|world| {
                world.crashes -= 1;
                world.restart();
            });
            if !self.books.is_closed() {
                then(true, &|world| world.stop());
            }
        }
        // A store that has failed takes nothing more: whoever runs the service starts it anew.
        if self.failed {
            then(false, &|world| {
                world.failed = false;
                world.restart();
            });
        }
        if self.books.is_closed() && self.flights.is_empty() && self.books.under_way().next().is_none() {
            then(false, &|world| world.restart());
        }
        for run in 0..self.habits.len() {
            for change in self.events(run) {
                then(false, &*change);
            }
        }
        all
    }

    /// Stops in good order.
    fn stop(&mut self) {
        self.crashes -= 1;
        self.books.close();
        let running: Vec<RunId> = self.books.running().collect();
        for run in running {
            let record = lifecycle::stopped_in_order(&self.books.runs[&run].record);
            self.put(record, Then::Noted);
        }
    }

    /// What can happen to a run now.
    fn events(&self, run: usize) -> Vec<Box<dyn Fn(&mut World)>> {
        let mut all: Vec<Box<dyn Fn(&mut World)>> = Vec::new();
        let (id, tenant) = (id(run), TenantId::from_u128(TENANTS[run]));
        let in_flight = self.flights.iter().any(|(record, _)| record.id == id);
        let Some(entry) = self.books.run(id) else {
            match self.disk.get(&id) {
                None if !in_flight => {
                    for &start_requested in self.habits[run].starts {
                        all.push(Box::new(move |world| {
                            if world.books.create(tenant, &[world.demands[run]]).is_ok() {
                                world.put(new_record(run, start_requested), Then::Created);
                            }
                        }));
                    }
                }
                Some(record) if record.status.is_terminal() && self.verifications > 0 && self.habits[run].verifies => {
                    all.push(Box::new(move |world| {
                        if matches!(world.books.verify(tenant, id, world.demands[run]), Ok(None)) {
                            (world.verifying, world.verifications) = (Some(run), world.verifications - 1);
                        }
                    }));
                }
                _ if self.verifying == Some(run) => all.push(Box::new(move |world| {
                    world.verifying = None;
                    world.books.verified(tenant, world.demands[run]);
                    world.start_waiting();
                })),
                _ => {}
            }
            return all;
        };
        match entry.phase {
            from @ (Phase::Queued | Phase::Paused) => {
                // Whoever asks again while nobody has answered changes nothing.
                let asks = |(record, then): &(RunRecord, Then)| record.id == id && *then == Then::Waits;
                let asked = self.flights.iter().any(asks) || entry.record.start_requested;
                all.extend((!asked).then(|| -> Box<dyn Fn(&mut World)> {
                    Box::new(move |world| match world.books.start(id, from, 5) {
                        Ok(Asked::Begins(beginning)) => world.put(beginning.record, Then::Begun),
                        Ok(Asked::Waits(record, _)) => world.put(*record, Then::Waits),
                        Err(_) => {}
                    })
                }));
                if self.habits[run].cancels {
                    all.push(Box::new(move |world| {
                        let record = world.books.cancel(id, 6).expect("a run at rest can be cancelled");
                        world.put(record, Then::Cancelled);
                    }));
                }
            }
            Phase::Running => {
                if !self.told.contains_key(&id) && !self.given_up.contains(&id) {
                    if self.habits[run].cancels {
                        all.push(Box::new(move |world| drop(world.told.insert(id, Ending::Cancelled))));
                    }
                    if self.pauses > 0 && self.habits[run].pauses {
                        all.push(Box::new(move |world| {
                            world.pauses -= 1;
                            world.told.insert(id, Ending::Paused);
                        }));
                    }
                    if self.habits[run].snapshots && !self.snapshots.contains(&id) {
                        all.push(Box::new(move |world| {
                            world.snapshots.insert(id);
                        }));
                    }
                }
                for ending in self.endings(run, id) {
                    all.push(Box::new(move |world| match world.books.end(id, &end(ending.clone()), 8) {
                        Ended::Write(record) => world.put(*record, Then::Ended),
                        Ended::Suspended => drop(world.told.remove(&id)),
                        Ended::Unknown => panic!("its supervisor drives it"),
                    }));
                }
            }
            Phase::Starting | Phase::Cancelling | Phase::Ending => {}
        }
        all
    }

    fn endings(&self, run: usize, id: RunId) -> Vec<Ending> {
        let given_up = self.given_up.contains(&id);
        let mut endings = Vec::new();
        endings.extend((given_up || self.habits[run].fails).then(|| Ending::Failed(fault())));
        endings.extend((!given_up).then_some(Ending::Completed));
        endings.extend(self.told.get(&id).cloned());
        endings.extend(self.books.is_closed().then_some(Ending::Suspended));
        endings
    }

    /// True when every run has been created and has ended.
    fn is_done(&self) -> bool {
        self.disk.len() == self.habits.len() && self.disk.values().all(|record| record.status.is_terminal())
    }

    fn check(&self) {
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

/// Goes through every world that can be reached. Gives how many they are.
fn explore(start: World) -> usize {
    let mut numbers = HashMap::from([(start.key(), 0_usize)]);
    let mut before: Vec<Vec<usize>> = vec![Vec::new()];
    let (mut done, mut todo) = (Vec::new(), VecDeque::from([(start, 0)]));
    while let Some((world, number)) = todo.pop_front() {
        world.check();
        if world.is_done() {
            done.push(number);
        }
        for (next, mishap) in world.successors() {
            let fresh = numbers.len();
            let found = *numbers.entry(next.key()).or_insert(fresh);
            if found == fresh {
                before.push(Vec::new());
                todo.push_back((next, found));
            }
            // That a mishap may bring a run to its end is no comfort.
            if !mishap {
                before[found].push(number);
            }
        }
    }
    let mut can_end = vec![false; numbers.len()];
    while let Some(number) = done.pop() {
        if !std::mem::replace(&mut can_end[number], true) {
            done.extend(&before[number]);
        }
    }
    assert!(
        can_end.iter().all(|&can| can),
        "M7: {} worlds have no way out",
        can_end.iter().filter(|can| !**can).count()
    );
    numbers.len()
}

fn limits(max_running: usize, max_running_total: usize, memory: u64) -> Limits {
    Limits {
        max_running,
        max_running_total,
        max_queued: 2,
        max_tenant_memory_bytes: u64::MAX,
        max_memory_total_bytes: memory,
        max_interruptions: 1,
        ..Limits::default()
    }
}

#[test]
fn two_runs_to_which_everything_happens() {
    let runs = [(1, EVERYTHING), (1, EVERYTHING)];
    println!("{} worlds", explore(World::new(limits(1, 1, u64::MAX), &runs, (1, 1))));
}

#[test]
fn three_runs_two_of_which_are_paused_and_cancelled() {
    let runs = [(1, Habits { pauses: true, ..PLAIN }), (1, PLAIN), (1, Habits { cancels: true, ..PLAIN })];
    println!("{} worlds", explore(World::new(limits(1, 2, u64::MAX), &runs, (1, 1))));
}

#[test]
fn three_runs_that_are_short_of_memory() {
    let runs = [(1, Habits { starts: &[false], ..PLAIN }), (2, PLAIN), (2, Habits { verifies: true, ..PLAIN })];
    println!("{} worlds", explore(World::new(limits(2, 3, 3), &runs, (1, 0))));
}

#[test]
fn a_run_under_which_the_server_ends_again_and_again() {
    let runs = [(1, Habits { snapshots: true, pauses: true, ..PLAIN }), (1, PLAIN)];
    println!("{} worlds", explore(World::new(limits(1, 1, u64::MAX), &runs, (3, 0))));
}
