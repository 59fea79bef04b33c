//! The registry's books: every run that has not ended, what it is doing, who waits, and what is taken. Pure: no actor, no
//! clock, no store. The registry asks what a request makes of them, writes the record that it is given, and says whether that
//! is on the disk; only then is the change done. Recovery is the same books, filled from the records of the last life.
//!
//! What must hold after every step stands in [`Books::check`], numbered; the registry asserts it as it goes, and
//! `model_check` goes through all orders of events of small worlds.

mod census;
mod check;
#[cfg(test)]
mod model_check;
mod recovery;

use std::collections::BTreeMap;

use civitas_store::{RunId, RunRecord, RunStatus, TenantId};

use crate::admission::Admission;
use crate::config::Limits;
use crate::demand::{Demand, Shortage};
use crate::error::RuntimeError;
use crate::lifecycle::{self, RunEnd};

pub use census::{Census, Counts};

/// What a run that has not ended is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// In the queue.
    Queued,
    /// Paused by its owner; counts as queued, but starts only when asked to.
    Paused,
    /// On its way out of the queue or the pause: it has its place, and the write that says so is in flight.
    Starting,
    /// On its way out of the queue or the pause, to its end: the write that says so is in flight.
    Cancelling,
    /// Driven by its supervisor.
    Running,
    /// Its supervisor has reported; the write that says so is in flight.
    Ending,
}

impl Phase {
    /// True when nothing of the run is under way.
    pub(crate) fn is_at_rest(self) -> bool {
        matches!(self, Self::Queued | Self::Paused)
    }

    /// The phase of a run at rest with this status.
    fn at_rest(status: RunStatus) -> Self {
        if status == RunStatus::Paused { Self::Paused } else { Self::Queued }
    }
}

/// A run that has not ended.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// As it is on the disk.
    pub(crate) record: RunRecord,
    /// What it takes.
    pub(crate) demand: Demand,
    pub(crate) phase: Phase,
}

/// A run that begins: [`Books::begun`] is to be told what came of writing its record.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) record: RunRecord,
    /// It has a state to go on from.
    pub(crate) resume: bool,
}

/// What asking for a start comes to.
#[derive(Debug)]
pub(crate) enum Asked {
    /// It has its place.
    Begins(Box<Beginning>),
    /// It lacks something and is to wait: write this record, then tell [`Books::waits`].
    Waits(Box<RunRecord>, Shortage),
}

/// What the end of a run's execution comes to.
#[derive(Debug)]
pub(crate) enum Ended {
    /// There is no such run.
    Unknown,
    /// It pauses until the next start of the runtime; its record says running still, which is what will be true.
    Suspended,
    /// Write this record, then tell [`Books::ended`].
    Write(Box<RunRecord>),
}

/// Every run that has not ended, and what is taken.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    limits: Limits,
    admission: Admission,
    runs: BTreeMap<RunId, Entry>,
    /// Runs that are counted as queued while the write that creates them is in flight.
    creating: Vec<(TenantId, Demand)>,
    /// What verifications take.
    verifying: Vec<(TenantId, Demand)>,
    /// The runtime stops: nothing begins any more.
    closed: bool,
    /// How often the books were looked at.
    steps: u64,
}

impl Books {
    /// Empty.
    pub(crate) fn new(limits: Limits) -> Self {
        let (runs, creating, verifying) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { limits, admission: Admission::new(limits), runs, creating, verifying, closed: false, steps: 0 }
    }

    /// A run that has not ended.
    pub(crate) fn run(&self, run: RunId) -> Option<&Entry> {
        self.runs.get(&run)
    }

    /// The runs of which something is under way.
    pub(crate) fn under_way(&self) -> impl Iterator<Item = RunId> {
        self.runs.iter().filter(|(_, entry)| !entry.phase.is_at_rest()).map(|(&run, _)| run)
    }

    /// The runs that a supervisor drives.
    pub(crate) fn running(&self) -> impl Iterator<Item = RunId> {
        self.runs.iter().filter(|(_, entry)| entry.phase == Phase::Running).map(|(&run, _)| run)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Nothing begins from now on.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// Counts runs that are to be created, all or none; [`Books::created`] is to be told what came of writing them.
    ///
    /// # Errors
    /// [`RuntimeError::ShuttingDown`], and those of [`Admission::queue`].
    pub(crate) fn create(&mut self, tenant: TenantId, demands: &[Demand]) -> Result<(), RuntimeError> {
        if self.closed {
            return Err(RuntimeError::ShuttingDown);
        }
        self.admission.queue(tenant, demands)?;
        self.creating.extend(demands.iter().map(|&demand| (tenant, demand)));
        Ok(())
    }

    /// # Errors
    /// What [`Books::create`] would say of so many runs, as far as that does not depend on what they take: for whoever has much to
    /// do before they are counted.
    pub(crate) fn room_in_queue(&self, tenant: TenantId, runs: usize) -> Result<(), RuntimeError> {
        if self.closed { Err(RuntimeError::ShuttingDown) } else { self.admission.room_in_queue(tenant, runs) }
    }

    /// Runs that were counted are on the disk, or were not written.
    pub(crate) fn created(&mut self, runs: Vec<(RunRecord, Demand)>, written: bool) {
        for (record, demand) in runs {
            let (run, tenant) = (record.id, record.tenant_id);
            take_one(&mut self.creating, (tenant, demand));
            if !written {
                self.admission.leave_queue(tenant);
                self.admission.release(tenant, demand);
                continue;
            }
            if record.start_requested {
                self.admission.wait(tenant, run, demand);
            }
            self.runs.insert(run, Entry { record, demand, phase: Phase::Queued });
        }
    }

    /// Has a run leave the phase `from`, [`Phase::Queued`] or [`Phase::Paused`], to run.
    ///
    /// # Errors
    /// Why it cannot, by its phase or by what its tenant may.
    pub(crate) fn start(&mut self, run: RunId, from: Phase, now_ms: u64) -> Result<Asked, RuntimeError> {
        if self.closed {
            return Err(RuntimeError::ShuttingDown);
        }
        let entry = self.runs.get(&run).ok_or(RuntimeError::NotFound(run))?;
        match entry.phase {
            phase if phase == from => {}
            Phase::Paused => return Err(RuntimeError::WrongStatus(run, RunStatus::Paused, "resume it instead")),
            Phase::Queued => return Err(RuntimeError::WrongStatus(run, RunStatus::Queued, "start it instead")),
            _ => return Err(RuntimeError::AlreadyRunning(run)),
        }
        match self.admission.enter(entry.record.tenant_id, run, entry.demand)? {
            None => self.begin(run, now_ms).map(|beginning| Asked::Begins(Box::new(beginning))),
            Some(shortage) => Ok(Asked::Waits(Box::new(lifecycle::ask_to_start(&entry.record)), shortage)),
        }
    }

    /// That a run was asked to start is on the disk. True where it waits from now on: meanwhile it may have been started by
    /// somebody else, or be gone.
    pub(crate) fn waits(&mut self, run: RunId) -> bool {
        let asked = |entry: &&mut Entry| entry.record.status != RunStatus::Running && !entry.record.start_requested;
        let Some(entry) = self.runs.get_mut(&run).filter(asked) else { return false };
        entry.record.start_requested = true;
        if !entry.phase.is_at_rest() {
            return false;
        }
        self.admission.wait(entry.record.tenant_id, run, entry.demand);
        true
    }

    /// True where a run waits that may be started.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.closed && self.admission.has_waiting()
    }

    /// The waiting run whose turn it is, if there is a place for any.
    pub(crate) fn next(&mut self, now_ms: u64) -> Option<Result<Beginning, RuntimeError>> {
        if self.closed {
            return None;
        }
        let (_, run) = self.admission.next()?;
        Some(self.begin(run, now_ms))
    }

    /// A run at rest, for which a place is taken.
    fn begin(&mut self, run: RunId, now_ms: u64) -> Result<Beginning, RuntimeError> {
        let entry = self.runs.get_mut(&run).expect("a place is taken for runs in the books");
        let (tenant, demand) = (entry.record.tenant_id, entry.demand);
        let paused = entry.phase == Phase::Paused;
        let begun = match paused {
            true => lifecycle::resume(&entry.record),
            false => lifecycle::start(&entry.record, now_ms),
        };
        match begun {
            Ok(record) => {
                entry.phase = Phase::Starting;
                self.admission.stop_waiting(tenant, run);
                // A fork has had a state to go on from since it was made.
                let resume = paused || record.forked_from.is_some();
                Ok(Beginning { record, resume })
            }
            Err(refused) => {
                self.admission.free_place(tenant, demand);
                Err(refused)
            }
        }
    }

    /// That a run begins is on the disk, and it runs from now on; or it was not written, and the run stays as it was.
    pub(crate) fn begun(&mut self, record: RunRecord, written: bool) {
        let run = record.id;
        let Some(entry) = self.runs.get_mut(&run) else { return };
        if written {
            self.admission.leave_queue(record.tenant_id);
            (entry.record, entry.phase) = (record, Phase::Running);
        } else {
            self.admission.free_place(record.tenant_id, entry.demand);
            self.stay(run);
        }
    }

    /// Ends a run at rest; [`Books::cancelled`] is to be told what came of writing the record that it gives.
    ///
    /// # Errors
    /// [`RuntimeError::AlreadyRunning`] for one of which something is under way.
    pub(crate) fn cancel(&mut self, run: RunId, now_ms: u64) -> Result<RunRecord, RuntimeError> {
        let entry = self.runs.get_mut(&run).ok_or(RuntimeError::NotFound(run))?;
        if !entry.phase.is_at_rest() {
            return Err(RuntimeError::AlreadyRunning(run));
        }
        let record = lifecycle::cancel_resting(&entry.record, now_ms)?;
        entry.phase = Phase::Cancelling;
        self.admission.stop_waiting(record.tenant_id, run);
        Ok(record)
    }

    /// That a run at rest is cancelled is on the disk, or was not written, and the run stays as it was.
    pub(crate) fn cancelled(&mut self, run: RunId, written: bool) {
        if !written {
            return self.stay(run);
        }
        if let Some(entry) = self.runs.remove(&run) {
            self.admission.leave_queue(entry.record.tenant_id);
            self.admission.release(entry.record.tenant_id, entry.demand);
        }
    }

    /// Back in the queue or the pause, because the write that was to take the run out failed.
    fn stay(&mut self, run: RunId) {
        let Some(entry) = self.runs.get_mut(&run) else { return };
        entry.phase = Phase::at_rest(entry.record.status);
        if entry.record.start_requested {
            self.admission.wait(entry.record.tenant_id, run, entry.demand);
        }
    }

    /// A run's supervisor has reported its end.
    pub(crate) fn end(&mut self, run: RunId, end: &RunEnd, now_ms: u64) -> Ended {
        let Some(entry) = self.runs.get_mut(&run) else { return Ended::Unknown };
        match lifecycle::finish(&entry.record, end, now_ms) {
            Some(record) => {
                entry.phase = Phase::Ending;
                Ended::Write(Box::new(record))
            }
            None => {
                self.strike(run);
                Ended::Suspended
            }
        }
    }

    /// A run's end, or its pause, is on the disk. Where it was not written, the disk says that it runs: it is struck off, and goes
    /// on after a restart. Until then nobody is told an end that is not kept.
    pub(crate) fn ended(&mut self, record: RunRecord, written: bool) {
        let run = record.id;
        match self.runs.get_mut(&run) {
            Some(entry) if written && record.status == RunStatus::Paused => {
                self.admission.rest(record.tenant_id);
                self.admission.free_place(record.tenant_id, entry.demand);
                (entry.record, entry.phase) = (record, Phase::Paused);
            }
            _ => self.strike(run),
        }
    }

    /// A run that had a place is not in the books any more.
    fn strike(&mut self, run: RunId) {
        if let Some(entry) = self.runs.remove(&run) {
            self.admission.release(entry.record.tenant_id, entry.demand);
            self.admission.free_place(entry.record.tenant_id, entry.demand);
        }
    }
}

/// Removes one of those that are equal.
fn take_one<T: PartialEq>(from: &mut Vec<T>, one: T) {
    if let Some(place) = from.iter().position(|other| *other == one) {
        from.swap_remove(place);
    }
}
