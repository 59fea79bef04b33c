//! A run from its first tick to its last: the loop that every promise hangs on; `conclude` has what comes after it.

mod conclude;

mod written;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use civitas_engine::{Activation, Coordinator, Moment, NetworkKind, Task, guarded};
use civitas_store::{RunStatus, SnapshotReason};

use crate::control::StopReason;
use crate::lifecycle::{Ending, RunEnd};
use crate::limits::{MEMORY_NEWS_PERCENT, PROGRESS_INTERVAL, SNAPSHOT_RETRY};
use crate::messages::{PartitionFault, PublishProgress, RunHolds, SaveSnapshot, SnapshotJob};
use crate::request::{Progress, Setup};
use crate::supervisor::audit::Audit;
use crate::supervisor::crew::Crew;
use crate::supervisor::prepare::{end_without, prepare};
use crate::supervisor::retry::{self, Unwritten};
use crate::supervisor::telemetry::Recording;
use crate::supervisor::trial::Trial;
use crate::supervisor::{Assignment, Stopwatch, Surroundings, ending, resume, sharing};
use written::{report_snapshot, told};

/// Shortest run whose speed is worth remembering, in agent-steps.
const MIN_STEPS_FOR_SPEED: u64 = 100_000;

/// Drives a run to its end.
pub(crate) async fn drive(surroundings: Surroundings, mut assignment: Assignment) -> RunEnd {
    if let Some(fault) = assignment.given_up.clone() {
        let watch = watch_of(&surroundings, &assignment);
        return end_without(&surroundings, &assignment, Ending::Failed(fault), watch);
    }
    let (trial, partings) = match turn_of(&surroundings, &mut assignment).await {
        Ok(come) => come,
        Err(fault) => {
            let ending = ending::from_fault(&assignment, fault, None);
            return end_without(&surroundings, &assignment, ending, watch_of(&surroundings, &assignment));
        }
    };
    let watch = watch_of(&surroundings, &assignment);
    match prepare(surroundings, assignment, watch).await {
        Ok(mut run) => {
            (run.trial, run.partings) = (Arc::new(trial), partings);
            run.surroundings.ways.reached(run.assignment.record.id, run.tick());
            run.run_out().await
        }
        Err(end) => *end,
    }
}

/// Waits for the run's turn: to be tried, where it was interrupted too often, and to go on from what it shares with others of its
/// batch. Gives what it has until it gets on, and the ticks at which others part from it.
async fn turn_of(
    surroundings: &Surroundings,
    assignment: &mut Assignment,
) -> Result<(Trial, BTreeSet<u32>), PartitionFault> {
    let trial = Trial::begin(surroundings, assignment).await?;
    Ok((trial, sharing::begin(surroundings, assignment).await?))
}

/// A watch that has run for as long as the run has.
fn watch_of(surroundings: &Surroundings, assignment: &Assignment) -> Stopwatch {
    Stopwatch::start(Arc::clone(&surroundings.clock), assignment.record.running_ms)
}

/// A run that has its partitions.
pub(super) struct ActiveRun {
    surroundings: Surroundings,
    assignment: Assignment,
    crew: Crew,
    coordinator: Coordinator,
    audit: Audit,
    telemetry: Recording,
    /// Something was still due in the tick when that was last looked at.
    is_mid_tick: bool,
    watch: Stopwatch,
    published: Option<Duration>,
    setup: Setup,
    /// Agent-steps of earlier lives.
    steps_before: u64,
    snapshot_in_flight: Arc<AtomicBool>,
    /// Snapshots in a row that the store failed to write.
    snapshot_failures: Arc<AtomicU32>,
    unwritten: Unwritten,
    trial: Arc<Trial>,
    /// Ticks at which other runs of its batch part from it.
    partings: BTreeSet<u32>,
    /// Bytes that the registry reckons with.
    known_bytes: u64,
}

impl ActiveRun {
    pub(super) fn new(
        surroundings: Surroundings,
        assignment: Assignment,
        crew: Crew,
        coordinator: Coordinator,
        watch: Stopwatch,
    ) -> Self {
        let sink = surroundings.audits.take(assignment.record.id);
        let threads = surroundings.compute.len();
        Self {
            audit: Audit::begin(assignment.record.id, sink, &coordinator, &crew, threads),
            telemetry: Recording::begin(&surroundings, &assignment, &coordinator),
            is_mid_tick: false,
            steps_before: coordinator.series().agent_steps(),
            setup: Setup { took: watch.elapsed(), bytes: crew.bytes() },
            known_bytes: assignment.memory_bytes,
            surroundings,
            assignment,
            crew,
            coordinator,
            watch,
            published: None,
            snapshot_in_flight: Arc::default(),
            snapshot_failures: Arc::default(),
            unwritten: Unwritten::default(),
            trial: Arc::default(),
            partings: BTreeSet::new(),
        }
    }

    async fn run_out(&mut self) -> RunEnd {
        self.publish(true);
        let mut end = self.ticked_out().await;
        self.audit.end(&end.ending);
        end.results_url = self.telemetry.end(&end, &self.coordinator, self.is_mid_tick).await;
        end
    }

    /// Ticks until the horizon, or until the run is told to stop; before each tick, and after the last, what the run's
    /// experiment has to do then.
    async fn tick_until_stopped(&mut self) -> Result<Ending, PartitionFault> {
        self.audit.state(Moment::Tick, &self.coordinator, &self.crew).await?;
        loop {
            self.mind_memory()?;
            let task = guarded(|| self.coordinator.due()).map_err(PartitionFault::between_ticks)?;
            self.is_mid_tick = task.is_some();
            self.audit.environment(&self.coordinator);
            if task.is_none() && self.tick() >= self.assignment.record.total_ticks {
                if self.coordinator.world().spec.attributed().is_some() {
                    // It may rest here beside its twin, and says this tick again when it goes on: in a file of its own.
                    drop(self.telemetry.cut().await);
                }
                self.telemetry.frame(&self.coordinator, &self.crew).await?;
                return Ok(Ending::Completed);
            }
            self.mind_deadline();
            if let Some(reason) = self.assignment.control.reason() {
                return self.rest(reason).await.ok_or(PartitionFault::Stopped);
            }
            if self.assignment.control.snapshots_wanted() > 0 {
                self.snapshot_beside(SnapshotReason::Requested).await?;
            }
            // One at a time, so that a run can stop between any two.
            if let Some(task) = task {
                // A step may take a while: where it begins is seen.
                self.publish(matches!(task, Task::Step(_)));
                let findings = match self.crew.act(task, self.coordinator.conditions()).await {
                    // Given up, with nothing changed: kept as before the task, which is done again.
                    Err(PartitionFault::Stopped) if !self.coordinator.world().changes_agents(task) => {
                        let reason = self.assignment.control.reason().ok_or(PartitionFault::Stopped)?;
                        return self.rest(reason).await.ok_or(PartitionFault::Stopped);
                    }
                    found => found?,
                };
                guarded(|| self.coordinator.learn(task, findings)).map_err(PartitionFault::between_ticks)?;
                self.publish(false);
                if let Some(moment) = self.coordinator.world().changed_at(task) {
                    self.audit.state(moment, &self.coordinator, &self.crew).await?;
                }
                continue;
            }
            self.telemetry.frame(&self.coordinator, &self.crew).await?;
            let tally = self.crew.step(self.coordinator.conditions()).await?;
            self.telemetry.events(self.tick() + 1, &tally).await;
            guarded(|| self.coordinator.absorb(tally)).map_err(PartitionFault::between_ticks)?;
            self.audit.state(Moment::Tick, &self.coordinator, &self.crew).await?;
            self.publish(false);
            let is_due = self.snapshot_is_due();
            if self.partings.contains(&self.tick()) {
                self.snapshot_for_others().await?;
            } else if is_due {
                self.snapshot_beside(SnapshotReason::Interval).await?;
            }
        }
    }

    /// Keeps the run as it is between two ticks, for the reasons that have it go on later or may have a fork of it go on.
    async fn rest(&mut self, reason: StopReason) -> Option<Ending> {
        let (kept, ending) = match reason {
            StopReason::Shutdown => (SnapshotReason::Shutdown, Ending::Suspended),
            StopReason::Pause => (SnapshotReason::Paused, Ending::Paused),
            StopReason::Cancel => (SnapshotReason::Cancelled, Ending::Cancelled),
            StopReason::Deadline | StopReason::Abandon => return None,
        };
        if ending == Ending::Cancelled {
            // The last that is told of it before its end.
            self.publish(true);
        }
        self.suspend(kept).await;
        Some(ending)
    }

    fn tick(&self) -> u32 {
        self.coordinator.series().tick()
    }

    /// Publishes where the run stands, at most ten times a second unless it must be seen.
    fn publish(&mut self, always: bool) {
        let now = self.watch.elapsed();
        if !always && self.published.is_some_and(|last| now.saturating_sub(last) < PROGRESS_INTERVAL) {
            return;
        }
        self.published = Some(now);
        let progress = Progress {
            status: RunStatus::Running,
            tick: self.tick(),
            agents_processed: self.coordinator.series().agent_steps(),
            running_ms: self.watch.total_ms(),
            setup: Some(self.setup),
            ..Progress::of(&self.assignment.record)
        };
        if self.surroundings.hub.try_send(PublishProgress(progress)).is_err() {
            tracing::debug!(run = %self.assignment.record.id, "the progress hub is busy; one state is not shown");
        }
    }

    fn snapshot_is_due(&mut self) -> bool {
        let every = self.assignment.record.spec.snapshot_every_ticks;
        let tick = self.tick();
        let again = self.unwritten.is_due(self.snapshot_failures.load(Ordering::Acquire), self.watch.elapsed());
        (again || every > 0 && tick.is_multiple_of(every)) && tick < self.assignment.record.total_ticks
    }

    /// Fails the run that holds more than it may, and tells the registry of one that holds more than was reckoned with.
    fn mind_memory(&mut self) -> Result<(), PartitionFault> {
        self.crew.within(self.surroundings.max_run_memory_bytes, 0)?;
        let held = self.crew.bytes();
        if held > self.known_bytes + self.known_bytes / 100 * MEMORY_NEWS_PERCENT {
            self.known_bytes = held;
            self.assignment.registry.do_send(RunHolds { run_id: self.assignment.record.id, bytes: held });
        }
        Ok(())
    }

    /// Keeps a tick at which other runs of the batch part from this one. It is not passed over: where the last snapshot is still
    /// being written, the run waits for it.
    async fn snapshot_for_others(&mut self) -> Result<(), PartitionFault> {
        while self.snapshot_in_flight.load(Ordering::Acquire) && self.assignment.control.reason().is_none() {
            self.surroundings.clock.sleep(SNAPSHOT_RETRY).await;
        }
        self.snapshot_beside(SnapshotReason::Requested).await
    }

    /// Copies the columns and lets the recorder write them while the run goes on. Where the last snapshot is still
    /// being written, this one is passed over; whoever asked for it gets the one after a later tick.
    async fn snapshot_beside(&mut self, reason: SnapshotReason) -> Result<(), PartitionFault> {
        if self.snapshot_in_flight.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let job = self.snapshot_job(reason).await?;
        let (safe, recorder) = (self.telemetry.cut().await, self.surroundings.recorder.clone());
        let waiters = match reason {
            SnapshotReason::Requested => self.assignment.control.snapshot_waiters(),
            _ => Vec::new(),
        };
        let (run, tick) = (self.assignment.record.id, self.tick());
        let (in_flight, failures) = (Arc::clone(&self.snapshot_in_flight), Arc::clone(&self.snapshot_failures));
        let (trial, ways) = (Arc::clone(&self.trial), self.surroundings.ways.clone());
        let (for_others, clock) = (self.partings.contains(&tick), Arc::clone(&self.surroundings.clock));
        ways.writes(run);
        actix_rt::spawn(async move {
            if let Some(safe) = safe {
                // Told in any case, and gone only with what keeps it.
                drop(safe.await);
            }
            let job = Arc::new(job);
            let mut written = recorder.send(SaveSnapshot(Arc::clone(&job))).await;
            // What others wait for is not passed over.
            while matches!(written, Ok(Ok(false))) && for_others {
                clock.sleep(SNAPSHOT_RETRY).await;
                written = recorder.send(SaveSnapshot(Arc::clone(&job))).await;
            }
            drop(job);
            match &written {
                Ok(Ok(true)) => {
                    failures.store(0, Ordering::Release);
                    trial.pass();
                }
                Ok(Err(error)) if error.is_transient() => drop(failures.fetch_add(1, Ordering::AcqRel)),
                _ => failures.store(0, Ordering::Release),
            }
            for waiter in waiters {
                // Whoever asked may have gone.
                drop(waiter.send(told(&written, tick)));
            }
            report_snapshot(run, tick, written);
            ways.written(run, tick);
            in_flight.store(false, Ordering::Release);
        });
        Ok(())
    }

    /// Keeps what there is before the run stops for a while; it goes on from it. Waits its turn where many runs are
    /// suspended at once.
    async fn suspend(&mut self, reason: SnapshotReason) {
        let (run, tick) = (self.assignment.record.id, self.tick());
        let mut failures = 0;
        if let Some(safe) = self.telemetry.cut().await {
            self.telemetry.wait(safe).await;
        }
        // One that is to be gone at once does not wait for room in the recorder's queue.
        while !self.assignment.control.abandons_tick() {
            let job = match self.snapshot_job(reason).await {
                Ok(job) => job,
                Err(fault) => {
                    tracing::warn!(%run, tick, ?fault, "no snapshot before it rests; an older one will be used");
                    return;
                }
            };
            match self.surroundings.recorder.send(SaveSnapshot(Arc::new(job))).await {
                Ok(Ok(false)) => self.surroundings.clock.sleep(SNAPSHOT_RETRY).await,
                Ok(Err(error)) if error.is_transient() => {
                    failures += 1;
                    let Some(pause) = retry::pause_after(failures) else {
                        return report_snapshot(run, tick, Ok(Err(error)));
                    };
                    tracing::warn!(%run, tick, %error, failures, "the store failed; the snapshot is tried again");
                    self.surroundings.clock.sleep(pause).await;
                }
                written => return report_snapshot(run, tick, written),
            }
        }
    }

    async fn snapshot_job(&mut self, reason: SnapshotReason) -> Result<SnapshotJob, PartitionFault> {
        let (digest, states) = self.crew.save(self.tick(), true).await?;
        // Before the history is saved: it travels with the snapshot.
        self.coordinator.note_state(digest);
        Ok(SnapshotJob {
            run_id: self.assignment.record.id,
            tick: self.tick(),
            created_at_ms: self.surroundings.clock.unix_ms(),
            spec_hash: self.coordinator.world().fingerprint(),
            digest,
            parts: resume::to_parts(self.watch.total_ms(), &self.coordinator.save(), &states),
            model: self.model(),
            reason,
            keep: self.surroundings.snapshot_keep,
        })
    }

    /// Name and version of the model.
    fn model(&self) -> String {
        let model = &self.coordinator.world().model;
        format!("{} {}", model.name(), model.version())
    }

    /// Agent-steps per second in this life, set-up included: what the next run should expect. Not where a step is no measure
    /// of the work: where one agent acts, or everybody reads everybody else.
    fn speed(&self) -> Option<u64> {
        let spec = &self.coordinator.world().spec;
        if spec.activation == Activation::One || spec.network.kind == NetworkKind::Complete {
            return None;
        }
        let steps = self.coordinator.series().agent_steps() - self.steps_before;
        let seconds = self.watch.elapsed().as_secs_f64();
        (steps >= MIN_STEPS_FOR_SPEED && seconds > 0.0).then(|| (steps as f64 / seconds) as u64)
    }
}
