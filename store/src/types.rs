//! What the store keeps, in the store's own words: plain structs with no JSON and no actor in them.
//!
//! The bytes on disk are made from these by `codec` (versioned bincode with a checksum). Wire types
//! (JSON) and engine types convert to and from these explicitly, in the rooms that own them.

use std::cmp::Ordering;
use std::fmt;

use bincode::{Decode, Encode};
use uuid::Uuid;

use crate::NodeId;

/// Identifies a run; UUID version 7, so ids sort by creation time.
pub type RunId = Uuid;
/// Identifies a tenant.
pub type TenantId = Uuid;
/// Identifies a batch of runs that were created together.
pub type BatchId = Uuid;
/// Identifies a project of a tenant.
pub type ProjectId = Uuid;

/// The tenant that a server without any API key serves.
pub const DEFAULT_TENANT: TenantId = Uuid::nil();
/// Its name, for `civitas key create --tenant default`.
pub const DEFAULT_TENANT_NAME: &str = "default";

/// Where a run stands: queued -> running -> succeeded / failed / cancelled, with any number of pauses in between. The
/// stored number of a status is its place here, so a new one comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum RunStatus {
    /// Created; waits to be started, or for a place where a start was asked for.
    Queued,
    /// Being stepped (or, after a crash, about to be resumed).
    Running,
    /// Reached its horizon; results are complete.
    Succeeded,
    /// Ended by an error; partial results may exist.
    Failed,
    /// Ended by its owner; partial results may exist.
    Cancelled,
    /// Stopped by its owner, who may have it go on from its newest snapshot.
    Paused,
}

impl RunStatus {
    /// Every status, in lifecycle order.
    pub const ALL: [RunStatus; 6] =
        [Self::Queued, Self::Running, Self::Paused, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// The word used in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// True when no further transition is possible.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// Its place in the order of the lifecycle.
    fn place(self) -> usize {
        Self::ALL.iter().take_while(|other| **other != self).count()
    }
}

impl Ord for RunStatus {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl PartialOrd for RunStatus {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What kind of question a run asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
pub enum RunMode {
    /// The whole society is stepped.
    Society,
    /// The whole society is stepped, and things are done to it on the way: the run has a workflow.
    Experiment,
    /// Independent copies of one persona go their way in a given society: the run has a cast.
    Target,
    /// The whole society is stepped, and named agents live in it: the run has a cast.
    Hybrid,
}

impl RunMode {
    /// Every mode.
    pub const ALL: [RunMode; 4] = [Self::Society, Self::Experiment, Self::Target, Self::Hybrid];

    /// True where runs have a cast, stored beside their records.
    pub fn has_cast(self) -> bool {
        matches!(self, Self::Target | Self::Hybrid)
    }

    /// The word used in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Society => "society",
            Self::Experiment => "experiment",
            Self::Target => "target",
            Self::Hybrid => "hybrid",
        }
    }
}

/// Why a run ended as failed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RunFault {
    /// A documented code, for instance `RUN_TIMEOUT`.
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// The tick that was being computed, where there was one.
    pub tick: Option<u32>,
    /// The region that was being stepped, where it is known.
    pub region: Option<String>,
}

/// What a run is asked to do, with every default filled in. The runtime converts it to and from the engine's
/// specification; the service to and from the API's `config`.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct StoredSpec {
    /// Name of the model.
    pub model: String,
    /// Parameters that were given, by name in rising order.
    pub parameters: Vec<(String, f64)>,
    /// Name of the data set.
    pub dataset: String,
    /// Number of agents.
    pub agents: u32,
    /// Kind of the network.
    pub network: String,
    /// Mean degree of the network.
    pub mean_degree: f64,
    /// Share of local ties that are rewired.
    pub rewiring: f64,
    /// Share of ties that leave the region.
    pub long_range_share: f64,
    /// Power of the distance in the gravity law.
    pub distance_exponent: f64,
    /// Factor on the gravity of regions that share a border.
    pub border_factor: f64,
    /// The seed.
    pub seed: u64,
    /// Ticks asked for.
    pub horizon_ticks: u32,
    /// Who acts in a tick.
    pub activation: String,
    /// Share of agents that act in a tick.
    pub sample_rate: f64,
    /// Agents stepped between two looks at control messages; never changes results.
    pub batch_size: u32,
    /// Ticks between snapshots, 0 for none; never changes results.
    pub snapshot_every_ticks: u32,
    /// Shifts of environment variables, by name in rising order.
    pub variable_deltas: Vec<(String, f64)>,
    /// The four versions that clients state: engine, ruleset, dataset, schema.
    pub versions: [String; 4],
    /// What was in force before, oldest first; none but in runs that were forked or whose scenario changes on the way.
    pub past: Vec<StoredEra>,
    /// How many effects its scenario has; where there are any they are stored beside the record.
    pub effects: u32,
    /// The bundle of event scripts that some of them came from.
    pub bundle: Option<UsedBundle>,
}

/// A bundle of event scripts as a run used it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UsedBundle {
    /// The bundle.
    #[bincode(with_serde)]
    pub id: Uuid,
    /// Its version then.
    pub version: u32,
}

/// What was in force up to a tick.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct StoredEra {
    /// The last tick that was stepped so.
    pub until_tick: u32,
    /// The seed.
    pub seed: u64,
    /// Ticks that were asked for.
    pub horizon_ticks: u32,
    /// Shifts of environment variables, by name in rising order.
    pub variable_deltas: Vec<(String, f64)>,
}

/// Whose state a forked run goes on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ForkPoint {
    /// The run that it was forked from.
    #[bincode(with_serde)]
    pub run_id: RunId,
    /// The tick whose state it took over.
    pub tick: u32,
}

/// Everything the store knows of one run. Encoded it must fit in one sled value
/// ([`crate::limits::MAX_VALUE_BYTES`]).
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct RunRecord {
    /// The run's id.
    #[bincode(with_serde)]
    pub id: RunId,
    /// The tenant that owns it.
    #[bincode(with_serde)]
    pub tenant_id: TenantId,
    /// The project it was created under.
    #[bincode(with_serde)]
    pub project_id: ProjectId,
    /// The batch it was created in, if any.
    #[bincode(with_serde)]
    pub batch_id: Option<BatchId>,
    /// The parent of its node; of runs that an earlier version stored, what their creator named as such.
    #[bincode(with_serde)]
    pub parent_node_id: Option<NodeId>,
    /// The node that it belongs to for good; none for runs that an earlier version stored.
    #[bincode(with_serde)]
    pub node_id: Option<NodeId>,
    /// A name for people.
    pub name: String,
    /// Its mode.
    pub mode: RunMode,
    /// Where it stands.
    pub status: RunStatus,
    /// What it is asked to do.
    pub spec: StoredSpec,
    /// A start was asked for: queued or paused, it waits for a place. Running, it waits to go on: the server was stopped in good order
    /// under it, or its turn after an interruption has not come, so that an end of the server now is none of its doing.
    pub start_requested: bool,
    /// Milliseconds since the Unix epoch.
    pub created_at_ms: u64,
    /// When it first left the queue, in milliseconds since the Unix epoch.
    pub started_at_ms: Option<u64>,
    /// When it ended, in milliseconds since the Unix epoch.
    pub completed_at_ms: Option<u64>,
    /// Running time so far in milliseconds, over all of the run's lives.
    pub running_ms: u64,
    /// Ticks completed, as far as is known: of a running run, those at its last pause, or the tick of the snapshot from which it went
    /// on after the last restart.
    pub current_tick: u32,
    /// Ticks asked for.
    pub total_ticks: u32,
    /// Agent-steps so far.
    pub agents_processed: u64,
    /// True when results (whole or partial) are stored.
    pub has_results: bool,
    /// Why it failed.
    pub fault: Option<RunFault>,
    /// Who created it (the API key's id, or `local`).
    pub created_by: String,
    /// Where it was forked from, if it was: it has a snapshot of its own of that tick, and never starts from tick 0.
    pub forked_from: Option<ForkPoint>,
    /// How often in a row it was interrupted by an end of the server that nobody asked for, without a newer snapshot in between.
    pub interruptions: u32,
}

impl RunRecord {
    /// From start to end in milliseconds, as a client would compute it from the two times; `None` for a run
    /// that never started or has not ended. Listings sorted by [`SortBy::Duration`] use it.
    pub fn duration_ms(&self) -> Option<u64> {
        Some(self.completed_at_ms?.saturating_sub(self.started_at_ms?))
    }
}

/// A batch: runs created by one request.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BatchRecord {
    /// The batch's id.
    #[bincode(with_serde)]
    pub id: BatchId,
    /// The tenant that owns it.
    #[bincode(with_serde)]
    pub tenant_id: TenantId,
    /// The project it was created under.
    #[bincode(with_serde)]
    pub project_id: ProjectId,
    /// Its runs in the order of the request's variations.
    #[bincode(with_serde)]
    pub run_ids: Vec<RunId>,
    /// Milliseconds since the Unix epoch.
    pub created_at_ms: u64,
}

/// An API key as kept: never the key, only its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct KeyRecord {
    /// Names the key in listings and as `created_by`.
    #[bincode(with_serde)]
    pub id: Uuid,
    /// The tenant it speaks for.
    #[bincode(with_serde)]
    pub tenant_id: TenantId,
    /// SHA-256 of the key's text.
    pub sha256: [u8; 32],
    /// Milliseconds since the Unix epoch.
    pub created_at_ms: u64,
    /// When it was revoked; a revoked key opens nothing.
    pub revoked_at_ms: Option<u64>,
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TenantRecord {
    /// The tenant's id.
    #[bincode(with_serde)]
    pub id: TenantId,
    /// Its unique name.
    pub name: String,
    /// Milliseconds since the Unix epoch.
    pub created_at_ms: u64,
}

/// Which runs to list, in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunQuery {
    /// Only runs of this tenant.
    pub tenant_id: TenantId,
    /// Only runs of this project.
    pub project_id: Option<ProjectId>,
    /// Only runs with this status.
    pub status: Option<RunStatus>,
    /// Only runs with this mode.
    pub mode: Option<RunMode>,
    /// The order; ties are broken by id, in the same direction.
    pub sort: SortBy,
    /// Largest first.
    pub descending: bool,
    /// How many matching runs to pass over.
    pub skip: usize,
    /// How many to return at the most.
    pub limit: usize,
}

/// What a listing is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// Time of creation.
    CreatedAt,
    /// Name, by code point.
    Name,
    /// Status, in lifecycle order.
    Status,
    /// [`RunRecord::duration_ms`]; runs without one come first when ascending.
    Duration,
}

/// One page of a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPage {
    /// The runs of this page, in order.
    pub items: Vec<RunRecord>,
    /// How many runs match in all.
    pub total: usize,
}
