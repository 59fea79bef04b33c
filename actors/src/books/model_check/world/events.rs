//! What can happen in a world: to writes, to the server, to each run.

use civitas_store::{RunId, RunRecord, TenantId};

use super::{TENANTS, Then, World, end, fault, id, new_record};
use crate::books::{Asked, Ended, Entry, Phase};
use crate::lifecycle::{self, Ending};

/// Something that changes a world.
type Event = Box<dyn Fn(&mut World)>;

impl World {
    /// Every world that the next event can make of this one, and whether somebody else than the users or the run did it.
    pub(in crate::books::model_check) fn successors(&self) -> Vec<(World, bool)> {
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
    fn events(&self, run: usize) -> Vec<Event> {
        match self.books.run(id(run)) {
            Some(entry) => self.events_of(run, entry),
            None => self.events_outside(run),
        }
    }

    /// What can happen to a run that is not in the books: it is to be created, or has ended.
    fn events_outside(&self, run: usize) -> Vec<Event> {
        let mut all: Vec<Event> = Vec::new();
        let (id, tenant) = (id(run), TenantId::from_u128(TENANTS[run]));
        let in_flight = self.flights.iter().any(|(record, _)| record.id == id);
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
        all
    }

    /// What can happen to a run in the books.
    fn events_of(&self, run: usize, entry: &Entry) -> Vec<Event> {
        let mut all: Vec<Event> = Vec::new();
        let id = id(run);
        match entry.phase {
            from @ (Phase::Queued | Phase::Paused) => {
                // Whoever asks again while nobody has answered changes nothing.
                let asks = |(record, then): &(RunRecord, Then)| record.id == id && *then == Then::Waits;
                let asked = self.flights.iter().any(asks) || entry.record.start_requested;
                all.extend((!asked).then(|| -> Event {
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
                // One that was interrupted often waits for its turn to be tried, and until then does nothing.
                let waits = entry.record.start_requested && !self.given_up.contains(&id);
                if waits && !self.books.is_closed() {
                    all.push(Box::new(move |world| {
                        let record = world.books.begin_trial(id).expect("it runs, and nothing is closed");
                        world.put(record, Then::Noted);
                    }));
                }
                for ending in self.endings(run, id).into_iter().filter(|ending| !waits || *ending != Ending::Completed)
                {
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
}
