//! A run from its first tick to its last: the loop that every promise hangs on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use civitas_engine::{Coordinator, EngineError, World};
use civitas_store::{RunFault, RunStatus};

use crate::control::StopReason;
use crate::faults;
use crate::lifecycle::{Ending, RunEnd};
use crate::limits::PROGRESS_INTERVAL;
use crate::messages::{PartitionFault, PublishProgress, SaveSnapshot, SnapshotJob};
use crate::request::{Progress, from_stored};
use crate::supervisor::crew::{Crew, Start};
use crate::supervisor::{Assignment, Stopwatch, Surroundings, resume};

/// Shortest run whose speed is worth remembering, in agent-steps.
const MIN_STEPS_FOR_SPEED: u64 = 100_000;

/// Drives a run to its end.
pub(crate) async fn drive(surroundings: Surroundings, assignment: Assignment) -> RunEnd {
    let clock = Arc::clone(&surroundings.clock);
    let watch = Stopwatch::start(Arc::clone(&clock), assignment.record.running_ms);
    match ActiveRun::prepare(surroundings, &assignment, watch).await {
        Ok(mut run) => run.run_out().await,
        Err(fault) => RunEnd {
            ending: ending(&assignment, fault, None),
            outcome_json: None,
            tick: 0,
            agent_steps: 0,
            running_ms: Stopwatch::start(clock, assignment.record.running_ms).total_ms(),
            speed: None,
        },
    }
}

/// A run that has its partitions.
struct ActiveRun {
    surroundings: Surroundings,
    assignment: Assignment,
    crew: Crew,
    coordinator: Coordinator,
    watch: Stopwatch,
    published: Option<Duration>,
    /// Agent-steps of earlier lives, and when stepping began in this one.
    steps_before: u64,
    stepping_since: Duration,
    snapshot_in_flight: Arc<AtomicBool>,
}

impl ActiveRun {
    async fn prepare(
        surroundings: Surroundings,
        assignment: &Assignment,
        mut watch: Stopwatch,
    ) -> Result<Self, PartitionFault> {
        if assignment.control.abandons_tick() {
            return Err(PartitionFault::Stopped);
        }
        let spec = from_stored(&assignment.record.spec);
        let world = World::new(spec, &surroundings.catalogue).map_err(PartitionFault::Engine)?;
        let resumed = match assignment.resume {
            true => resume::newest(surroundings.store.as_ref(), assignment.record.id, &world),
            false => None,
        };
        let (tick, states) = resumed.as_ref().map_or((0, None), |r| (r.tick, Some(Arc::clone(&r.states))));
        let Start { crew, tally, segment_agents } =
            Crew::assemble(Arc::clone(&world), &surroundings, assignment, tick, states).await?;
        let coordinator = match resumed {
            None => Coordinator::new(world, tally, segment_agents),
            Some(resumed) => {
                watch.earlier_ms = resumed.running_ms;
                tracing::info!(run = %assignment.record.id, tick, "resumed from a snapshot");
                Coordinator::restore(world, &resumed.history, segment_agents).map_err(PartitionFault::Engine)?
            }
        };
        Ok(Self {
            steps_before: coordinator.series().agent_steps(),
            stepping_since: watch.elapsed(),
            surroundings,
            assignment: assignment.clone(),
            crew,
            coordinator,
            watch,
            published: None,
            snapshot_in_flight: Arc::default(),
        })
    }

    async fn run_out(&mut self) -> RunEnd {
        self.publish(true);
        let ending = match self.tick_until_stopped().await {
            Ok(ending) => ending,
            Err(fault) => ending(&self.assignment, fault, Some(&self.coordinator)),
        };
        let digest = match ending {
            Ending::Completed => self.crew.save(self.tick(), false).await.ok().map(|(digest, _)| digest),
            _ => None,
        };
        self.publish(true);
        RunEnd {
            outcome_json: match ending {
                Ending::Suspended => None,
                _ => Some(self.coordinator.outcome(digest).canonical_json()),
            },
            ending,
            tick: self.tick(),
            agent_steps: self.coordinator.series().agent_steps(),
            running_ms: self.watch.total_ms(),
            speed: self.speed(),
        }
    }

    /// Ticks until the horizon, or until the run is told to stop.
    async fn tick_until_stopped(&mut self) -> Result<Ending, PartitionFault> {
        while self.tick() < self.assignment.record.total_ticks {
            // The registry's timer knows of this life only; time used up before a restart counts too.
            if u128::from(self.watch.total_ms()) >= self.surroundings.max_run_time.as_millis() {
                self.assignment.control.stop(StopReason::Deadline);
            }
            match self.assignment.control.reason() {
                Some(StopReason::Shutdown) => {
                    self.suspend().await;
                    return Ok(Ending::Suspended);
                }
                Some(_) => return Err(PartitionFault::Stopped),
                None => {}
            }
            let tally = self.crew.step(self.coordinator.environment()).await?;
            self.coordinator.absorb(tally);
            self.publish(false);
            if self.snapshot_is_due() {
                self.snapshot_beside().await?;
            }
        }
        Ok(Ending::Completed)
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
            ..Progress::of(&self.assignment.record)
        };
        if self.surroundings.hub.try_send(PublishProgress(progress)).is_err() {
            tracing::debug!(run = %self.assignment.record.id, "the progress hub is busy; one state is not shown");
        }
    }

    fn snapshot_is_due(&self) -> bool {
        let every = self.assignment.record.spec.snapshot_every_ticks;
        let tick = self.tick();
        every > 0 && tick.is_multiple_of(every) && tick < self.assignment.record.total_ticks
    }

    /// Copies the columns and lets the recorder write them while the run goes on. Where the last snapshot is still
    /// being written, this one is passed over.
    async fn snapshot_beside(&self) -> Result<(), PartitionFault> {
        if self.snapshot_in_flight.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let writing = self.surroundings.recorder.send(SaveSnapshot(self.snapshot_job().await?));
        let (run, tick) = (self.assignment.record.id, self.tick());
        let in_flight = Arc::clone(&self.snapshot_in_flight);
        actix_rt::spawn(async move {
            report_snapshot(run, tick, writing.await);
            in_flight.store(false, Ordering::Release);
        });
        Ok(())
    }

    /// Keeps what there is before the runtime stops; the run goes on from it after the restart.
    async fn suspend(&self) {
        let (run, tick) = (self.assignment.record.id, self.tick());
        match self.snapshot_job().await {
            Ok(job) => report_snapshot(run, tick, self.surroundings.recorder.send(SaveSnapshot(job)).await),
            Err(fault) => tracing::warn!(%run, tick, ?fault, "no snapshot at shutdown; an older one will be used"),
        }
    }

    async fn snapshot_job(&self) -> Result<SnapshotJob, PartitionFault> {
        let (digest, states) = self.crew.save(self.tick(), true).await?;
        Ok(SnapshotJob {
            run_id: self.assignment.record.id,
            tick: self.tick(),
            created_at_ms: self.surroundings.clock.unix_ms(),
            spec_hash: self.coordinator.world().fingerprint(),
            digest,
            parts: resume::to_parts(self.watch.total_ms(), &self.coordinator.save(), &states),
            keep: self.surroundings.snapshot_keep,
        })
    }

    /// Agent-steps per second in this life.
    fn speed(&self) -> Option<u64> {
        let steps = self.coordinator.series().agent_steps() - self.steps_before;
        let seconds = self.watch.elapsed().saturating_sub(self.stepping_since).as_secs_f64();
        (steps >= MIN_STEPS_FOR_SPEED && seconds > 0.0).then(|| (steps as f64 / seconds) as u64)
    }
}

fn report_snapshot(
    run: civitas_store::RunId,
    tick: u32,
    written: Result<Result<bool, civitas_store::StoreError>, actix::MailboxError>,
) {
    match written {
        Ok(Ok(true)) => tracing::debug!(%run, tick, "snapshot written"),
        Ok(Ok(false)) => tracing::warn!(%run, tick, "too many snapshots wait; this one is passed over"),
        Ok(Err(error)) => tracing::error!(%run, tick, %error, "snapshot failed"),
        Err(error) => tracing::error!(%run, tick, %error, "the recorder is gone; snapshot lost"),
    }
}

/// What a fault means for the run.
fn ending(assignment: &Assignment, fault: PartitionFault, run: Option<&Coordinator>) -> Ending {
    let tick = run.map(|run| run.series().tick() + 1);
    let failed = |code: &str, message: String, region: Option<String>| {
        Ending::Failed(RunFault { code: code.to_owned(), message, tick, region })
    };
    match (fault, assignment.control.reason()) {
        (PartitionFault::Panicked { message, region }, _) => {
            let region = region.zip(run).map(|(number, run)| run.world().dataset.regions()[number].code.clone());
            failed(faults::MODEL_PANIC, format!("the model panicked: {message}"), region)
        }
        (PartitionFault::Engine(error), _) => engine_fault(&failed, &error),
        (PartitionFault::Stopped, Some(StopReason::Deadline)) => {
            failed(faults::RUN_TIMEOUT, "the run used up its running time".to_owned(), None)
        }
        (PartitionFault::Stopped, Some(StopReason::Shutdown)) => Ending::Suspended,
        (PartitionFault::Stopped, Some(StopReason::Cancel)) => Ending::Cancelled,
        (PartitionFault::Stopped, None) => {
            failed(faults::ENGINE_ERROR, "a partition ended without being told to".to_owned(), None)
        }
    }
}

fn engine_fault(failed: &dyn Fn(&str, String, Option<String>) -> Ending, error: &EngineError) -> Ending {
    failed(faults::ENGINE_ERROR, error.to_string(), None)
}
