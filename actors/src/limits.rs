//! Every bound of the actor system, with its reason.

use std::time::Duration;

/// Messages that wait for the registry: more than every tenant's quota of simultaneous requests; beyond it senders
/// wait.
pub(crate) const REGISTRY_MAILBOX: usize = 1_024;

/// Messages that wait for the recorder: as many as the registry can have in flight.
pub(crate) const RECORDER_MAILBOX: usize = 1_024;

/// Messages that wait for the progress hub. Supervisors try and drop what does not fit: a later state replaces it.
pub(crate) const HUB_MAILBOX: usize = 4_096;

/// Messages that wait for a partition beyond one halo from each peer: a step, a save and a stop.
pub(crate) const PARTITION_MAILBOX_SPARE: usize = 16;

/// Snapshots that wait to be written. Each holds a copy of a run's columns, so there are few; a run whose snapshot
/// finds no place goes on without it.
pub(crate) const SNAPSHOT_QUEUE: usize = 4;

/// Requests that may wait for one snapshot of a run: more are refused until it is written.
pub(crate) const MAX_SNAPSHOT_WAITERS: usize = 64;

/// How long a run that is suspended waits before it offers its snapshot again.
pub(crate) const SNAPSHOT_RETRY: Duration = Duration::from_millis(20);

/// Agents that a partition steps before it lets other runs' partitions on its thread have their turn: some two to
/// five milliseconds of stepping. Building counts ties as well.
pub(crate) const YIELD_AGENTS: usize = 131_072;

/// Turns for which a partition keeps its thread awake between two messages of a tick: a fraction of a millisecond, and some
/// times as long as it takes to wake a thread.
pub(crate) const AWAKE_TURNS: u32 = 2_000;

/// Reads of others' values that a step is reckoned with; an agent that reads more counts as so many more agents.
pub(crate) const READS_OF_A_STEP: usize = 256;

/// Shortest time between two progress messages of a run: ten a second.
pub(crate) const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// How long a caller waits for the registry before it is told that the runtime is overloaded. A durable write is part
/// of most answers.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a run that is cancelled may take to end its tick, so that it has a snapshot of it. Then the tick is given up:
/// whoever cancels a run wants its place, or the machine's time.
pub(crate) const CANCEL_GRACE: Duration = Duration::from_secs(1);

/// When a client whose limit is reached should try again.
pub(crate) const RETRY_AFTER_S: u64 = 30;

/// Longest name of a run, in characters: a record must fit one value of the store with room for a fault.
pub(crate) const MAX_NAME_CHARS: usize = 200;

/// What the eras of a run's past may take in its record, in bytes: some thirty forks of forks. A record must fit one value of
/// the store with room for a fault.
pub(crate) const MAX_PAST_BYTES: usize = 1_024;

/// Longest version that a client may state, in characters.
pub(crate) const MAX_VERSION_CHARS: usize = 64;

/// Longest text of a fault that is kept, in bytes.
pub(crate) const MAX_FAULT_BYTES: usize = 1_024;

// A partition's state is one part of a snapshot: the blocks' range and the agents.
const _: () = assert!(civitas_engine::MAX_PARTITION_BYTES + 64 <= civitas_store::limits::MAX_PART_RAW_BYTES);
