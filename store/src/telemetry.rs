//! What a run's telemetry is to hold, kept beside its record: a run without such a record has no telemetry. Where the telemetry
//! itself is kept is no affair of the store's.

use bincode::{Decode, Encode};

/// What a run's telemetry is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct StoredTelemetry {
    /// Ticks between two keyframes; 0 for the first and the last tick alone.
    pub keyframe_every: u32,
    /// Agents that are looked at in every keyframe; the largest number for all.
    pub sample_agents: u32,
    /// Metrics by region.
    pub by_region: bool,
    /// Metrics by segment.
    pub by_segment: bool,
    /// What models say of agents in words.
    pub reasons: bool,
}
