//! The telemetry of a run, for runs that have any: takes what there is to take at each tick and hands it over. It waits where
//! whoever keeps it is slower than the run, and then looks at the run's switch; it never fails the run.

use std::sync::Arc;

use civitas_engine::{Coordinator, Sample, Tally, TelemetryOptions, TickEvents};
use civitas_store::RunId;
use futures_util::future::{Either, select};
use tokio::sync::mpsc::error::{SendError, TrySendError};
use tokio::sync::{mpsc, oneshot};

use crate::clock::SharedClock;
use crate::control::RunControl;
use crate::lifecycle::{Ending, RunEnd};
use crate::limits::{CANCEL_GRACE, LOOK_AT_SWITCH, OBSERVED_AT_ONCE};
use crate::messages::PartitionFault;
use crate::supervisor::crew::Crew;
use crate::supervisor::{Assignment, Surroundings};
use crate::telemetry::{TelemetryRecord, TelemetryStart, telemetry_options};

/// A run's telemetry, or none.
#[derive(Default)]
pub(super) struct Recording(Option<Recorded>);

/// What is taken of the agents of a run, and whose.
#[derive(Clone)]
struct Taken {
    options: TelemetryOptions,
    /// In keyframes: the sample, and those that the run names.
    sample: Arc<Sample>,
    /// In every other tick.
    named: Arc<[u32]>,
}

struct Recorded {
    run: RunId,
    channel: mpsc::Sender<TelemetryRecord>,
    /// What is taken, and whose; `None` where only results are kept.
    taken: Option<Taken>,
    horizon_ticks: u32,
    clock: SharedClock,
    control: Arc<RunControl>,
    /// The last tick that was handed over in this life.
    recorded: Option<u32>,
}

impl Recording {
    /// The telemetry of a run that is about to start, or to go on.
    pub(super) fn begin(surroundings: &Surroundings, assignment: &Assignment, history: &Coordinator) -> Self {
        let Some(telemetry) = &surroundings.telemetry else { return Self::default() };
        let run = assignment.record.id;
        let options = surroundings.store.telemetry(run).unwrap_or_else(|error| {
            tracing::warn!(%run, %error, "what is to be kept of this run cannot be read; it goes on without telemetry");
            None
        });
        let (options, world) = (options.map(telemetry_options), history.world());
        let start = TelemetryStart {
            run,
            world: Arc::clone(world),
            segment_agents: history.segment_agents().to_vec(),
            options,
            tick: history.series().tick(),
        };
        Self(Some(Recorded {
            run,
            channel: telemetry.begin(start),
            taken: options.map(|options| {
                let named = world.named_agents();
                let sample = Arc::new(Sample::new(world, options.sample_agents).with(&named));
                Taken { options, sample, named }
            }),
            horizon_ticks: assignment.record.total_ticks,
            clock: Arc::clone(&surroundings.clock),
            control: Arc::clone(&assignment.control),
            recorded: None,
        }))
    }

    /// A tick has been stepped to; `tally` is what it came to.
    pub(super) async fn events(&mut self, tick: u32, tally: &Tally) {
        if self.0.as_ref().is_some_and(|recorded| recorded.taken.is_some())
            && let Some(events) = TickEvents::of(tick, tally)
        {
            self.send(TelemetryRecord::Events(events)).await;
        }
    }

    /// Nothing more is due in the tick.
    pub(super) async fn frame(&mut self, run: &Coordinator, crew: &Crew) -> Result<(), PartitionFault> {
        let tick = run.series().tick();
        let Some(Recorded { taken: Some(taken), horizon_ticks, .. }) = &self.0 else { return Ok(()) };
        let (Taken { options, sample, named }, horizon_ticks) = (taken.clone(), *horizon_ticks);
        let reasons = options.reasons;
        if options.is_keyframe(tick, horizon_ticks) {
            for first in (0..sample.len()).step_by(OBSERVED_AT_ONCE) {
                let ids = sample.ids(first, OBSERVED_AT_ONCE).into();
                let agents = crew.observe(ids, run.conditions(), reasons).await?;
                self.send(TelemetryRecord::Agents { tick, agents }).await;
            }
        } else if !named.is_empty() {
            let agents = crew.observe(named, run.conditions(), reasons).await?;
            self.send(TelemetryRecord::Agents { tick, agents }).await;
        }
        self.tick_over(run).await;
        Ok(())
    }

    /// Hands over a tick without its agents.
    async fn tick_over(&mut self, run: &Coordinator) {
        self.send(TelemetryRecord::Frame(Box::new(run.frame()))).await;
        if let Some(recorded) = &mut self.0 {
            recorded.recorded = Some(run.series().tick());
        }
    }

    /// A snapshot is to be written: whoever writes it waits for this first, where there is anything to wait for.
    pub(super) async fn cut(&mut self) -> Option<oneshot::Receiver<()>> {
        self.0.as_ref().filter(|recorded| recorded.taken.is_some())?;
        let (done, safe) = oneshot::channel();
        self.send(TelemetryRecord::Cut { done }).await;
        Some(safe)
    }

    /// Waits until what was cut is safe.
    pub(super) async fn wait(&self, safe: oneshot::Receiver<()>) {
        if let Some(recorded) = &self.0 {
            recorded.unless_abandoned(safe).await;
        }
    }

    /// The run has ended, or rests: what there is of its last tick is kept, and all is safe when this returns, unless the run
    /// is to be gone at once. A tick in which something is still due is kept only where nothing more can be done in it. Gives the
    /// URL by which others find its outcome, where that is known to be there.
    pub(super) async fn end(&mut self, end: &RunEnd, run: &Coordinator, is_mid_tick: bool) -> Option<String> {
        let ended = !matches!(end.ending, Ending::Suspended | Ending::Paused);
        let of_ticks = self.0.as_ref().filter(|recorded| recorded.taken.is_some());
        let is_over = ended || !is_mid_tick;
        if is_over && of_ticks.is_some_and(|recorded| recorded.recorded != Some(run.series().tick())) {
            self.tick_over(run).await;
        }
        let (done, safe) = oneshot::channel();
        self.send(TelemetryRecord::End { ended, outcome_json: end.outcome_json.clone(), done }).await;
        // Nobody tells where there is no place, or whoever kept it has given up.
        self.0.take()?.unless_abandoned(safe).await?.ok()?
    }

    async fn send(&mut self, record: TelemetryRecord) {
        let Some(recorded) = &self.0 else { return };
        let why = match recorded.room().await {
            Some(Ok(room)) => return room.send(record),
            Some(Err(_)) => "what keeps it has given up",
            None => "the run is to be gone at once",
        };
        tracing::warn!(run = %recorded.run, why, "the rest of this run has no telemetry");
        self.0 = None;
    }
}

impl Recorded {
    /// Room in the channel; `None` where the run is to be gone at once before there is any.
    async fn room(&self) -> Option<Result<mpsc::Permit<'_, TelemetryRecord>, SendError<()>>> {
        match self.channel.try_reserve() {
            Ok(room) => Some(Ok(room)),
            Err(TrySendError::Closed(())) => Some(Err(SendError(()))),
            Err(TrySendError::Full(())) => self.unless_abandoned(self.channel.reserve()).await,
        }
    }

    /// What `wanted` gives; nothing where the run is to be gone at once and this takes longer than a grace.
    async fn unless_abandoned<T>(&self, wanted: impl Future<Output = T>) -> Option<T> {
        let mut wanted = std::pin::pin!(wanted);
        let mut grace = CANCEL_GRACE;
        while !grace.is_zero() {
            match select(wanted.as_mut(), self.clock.sleep(LOOK_AT_SWITCH)).await {
                Either::Left((given, _)) => return Some(given),
                Either::Right(_) if self.control.abandons_tick() => grace = grace.saturating_sub(LOOK_AT_SWITCH),
                Either::Right(_) => {}
            }
        }
        None
    }
}
