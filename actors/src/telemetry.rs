//! The way of a run's telemetry out of the runtime: what a supervisor hands over, in which order, and to whom. Owns the
//! messages, the trait behind which telemetry is kept, and what of it a run asks for. It must not know how it is kept.

use std::sync::Arc;

use civitas_engine::{Frame, Observation, TelemetryOptions, TickEvents, World};
use civitas_store::{RunId, StoredTelemetry};
use tokio::sync::{mpsc, oneshot};

/// Where the telemetry of runs goes.
pub trait Telemetry: Send + Sync + 'static {
    /// A run begins, or goes on from a snapshot. What is sent afterwards comes in the order of the run; a full channel makes
    /// the run wait, so its bound is what is kept in memory. A channel that closes says that no more can be kept: the run
    /// goes on without.
    fn begin(&self, start: TelemetryStart) -> mpsc::Sender<TelemetryRecord>;
}

/// A run whose telemetry begins.
#[derive(Clone)]
pub struct TelemetryStart {
    /// The run.
    pub run: RunId,
    /// What it is.
    pub world: Arc<World>,
    /// Agents per segment.
    pub segment_agents: Vec<u64>,
    /// What is to be kept; `None` for its results alone.
    pub options: Option<TelemetryOptions>,
    /// The tick whose state it has. Frames and agents of this tick and later ones will come again, and events of later
    /// ones: whatever was kept of these in an earlier life is void.
    pub tick: u32,
}

/// A piece of telemetry.
#[derive(Debug)]
pub enum TelemetryRecord {
    /// What agents reported in a tick; sent before its frame.
    Events(TickEvents),
    /// Agents, rising by id: of the sample and of those that the run names at a keyframe, in any other tick of the latter alone.
    /// A large sample comes in pieces, all of them before the frame.
    Agents {
        /// The tick.
        tick: u32,
        /// The agents.
        agents: Vec<Observation>,
    },
    /// A tick and all that was done in it are over.
    Frame(Box<Frame>),
    /// A snapshot is to be written: whatever was sent must be safe before `done` is told, for the run may go on from it.
    Cut {
        /// Told in any case.
        done: oneshot::Sender<()>,
    },
    /// The last: the run has ended, or rests.
    End {
        /// True where it has ended and not only rests.
        ended: bool,
        /// The canonical JSON of its outcome, where there is one.
        outcome_json: Option<Vec<u8>>,
        /// Told when all is safe, or cannot be: by which URL others find the outcome, where it lies in such a place.
        done: oneshot::Sender<Option<String>>,
    },
}

/// What a run says of its telemetry; what it leaves out is the runtime's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TelemetryChoice {
    /// Whether there is any.
    pub enabled: Option<bool>,
    /// See [`TelemetryOptions::keyframe_every`].
    pub keyframe_every: Option<u32>,
    /// See [`TelemetryOptions::sample_agents`].
    pub sample_agents: Option<u32>,
    /// See [`TelemetryOptions::by_region`].
    pub by_region: Option<bool>,
    /// See [`TelemetryOptions::by_segment`].
    pub by_segment: Option<bool>,
    /// See [`TelemetryOptions::reasons`].
    pub reasons: Option<bool>,
}

impl TelemetryChoice {
    /// The choice of exactly this.
    pub fn of(options: Option<TelemetryOptions>) -> Self {
        let Some(options) = options else { return Self { enabled: Some(false), ..Self::default() } };
        Self {
            enabled: Some(true),
            keyframe_every: Some(options.keyframe_every),
            sample_agents: Some(options.sample_agents),
            by_region: Some(options.by_region),
            by_segment: Some(options.by_segment),
            reasons: Some(options.reasons),
        }
    }

    /// What is to be kept where `default` is the runtime's; `None` for nothing.
    pub fn settled(self, default: Option<TelemetryOptions>) -> Option<TelemetryOptions> {
        let base = default.unwrap_or_default();
        let wanted = self.enabled.unwrap_or(default.is_some());
        wanted.then(|| TelemetryOptions {
            keyframe_every: self.keyframe_every.unwrap_or(base.keyframe_every),
            sample_agents: self.sample_agents.unwrap_or(base.sample_agents),
            by_region: self.by_region.unwrap_or(base.by_region),
            by_segment: self.by_segment.unwrap_or(base.by_segment),
            reasons: self.reasons.unwrap_or(base.reasons),
        })
    }
}

/// The stored form of what is to be kept.
pub(crate) fn to_stored(options: TelemetryOptions) -> StoredTelemetry {
    let TelemetryOptions { keyframe_every, sample_agents, by_region, by_segment, reasons } = options;
    StoredTelemetry { keyframe_every, sample_agents, by_region, by_segment, reasons }
}

/// What is to be kept, from its stored form.
pub fn telemetry_options(stored: StoredTelemetry) -> TelemetryOptions {
    let StoredTelemetry { keyframe_every, sample_agents, by_region, by_segment, reasons } = stored;
    TelemetryOptions { keyframe_every, sample_agents, by_region, by_segment, reasons }
}
