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

/// Agents that telemetry takes of a run at once: a few MiB; larger samples come in pieces.
pub(crate) const OBSERVED_AT_ONCE: usize = 16_384;

/// Crashes without progress after which interrupted runs go on one at a time: the first may have been anybody's fault.
pub(crate) const TRIAL_FROM: u32 = 2;

/// Time between two looks at a disk that had too little room for what waits for some.
pub(crate) const ROOM_PAUSE: Duration = Duration::from_secs(1);

/// How often a run that the store fails tries again: with the pauses below, over some six seconds.
pub(crate) const STORE_RETRIES: u32 = 5;

/// How long it waits before it tries again for the first time; every further wait is twice as long.
pub(crate) const FIRST_STORE_PAUSE: Duration = Duration::from_millis(200);

/// How long a run that waits may take to see that it is told to stop.
pub(crate) const LOOK_AT_SWITCH: Duration = Duration::from_millis(50);

/// A run tells that it holds more memory than is known of it once it is so many per cent more: few messages, little error.
pub(crate) const MEMORY_NEWS_PERCENT: u64 = 5;

/// How long threads may take to end when the time for a shutdown is over: a model that never comes back is left behind.
pub(crate) const LAST_MOMENT: Duration = Duration::from_millis(500);

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

/// Requests for forks that are worked on or wait for their turn: more are refused, for each keeps the disk busy with copies.
pub(crate) const MAX_FORKS_WAITING: usize = 16;

/// Fewest ticks that runs of a batch have to have in common for one of them to go on from the other's state: a snapshot costs about
/// as much as a tick, and to copy one and read it back some more.
pub(crate) const MIN_SHARED_TICKS: u32 = 10;

/// Fewest agent-steps that those ticks have to be worth: a fifth of a second on one thread, many times what it takes to make a
/// snapshot durable and to notice that it is there.
pub(crate) const MIN_SHARED_STEPS: f64 = 5_000_000.0;

/// How long a caller waits for the registry before it is told that the runtime is overloaded. A durable write is part
/// of most answers.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs that may be started before one that lacks memory: enough to use what is free meanwhile, few enough that it does not
/// wait much longer than for those that run already.
pub(crate) const MAX_OVERTAKES: u32 = 8;
/// How long a run that is cancelled may take to end its tick, so that it has a snapshot of it. Then the tick is given up:
/// whoever cancels a run wants its place, or the machine's time.
pub(crate) const CANCEL_GRACE: Duration = Duration::from_secs(1);

/// When a client whose limit is reached should try again.
pub(crate) const RETRY_AFTER_S: u64 = 30;

/// Verifications that are remembered; the oldest that has ended goes first. As many may go on as runs.
pub(crate) const MAX_VERIFICATIONS_KEPT: usize = 1_024;

/// Longest name of a run, in characters: a record must fit one value of the store with room for a fault.
pub(crate) const MAX_NAME_CHARS: usize = 200;

/// What the eras of a run's past may take in its record, in bytes: some thirty forks of forks. A record must fit one value of
/// the store with room for a fault.
pub(crate) const MAX_PAST_BYTES: usize = 1_024;

/// How many nodes may stand above a node: as many changes of the scenario as a run may have on its way.
pub(crate) const MAX_NODE_DEPTH: u32 = 64;

/// What a node may have is checked again as the store commits.
pub(crate) use civitas_store::limits::MAX_RUNS_PER_NODE;

/// Longest version that a client may state, in characters.
pub(crate) const MAX_VERSION_CHARS: usize = 64;

/// Longest text of a fault that is kept, in bytes.
pub(crate) const MAX_FAULT_BYTES: usize = 1_024;

// A partition's state is one part of a snapshot: the blocks' range and the agents.
const _: () = assert!(civitas_engine::MAX_PARTITION_BYTES + 64 <= civitas_store::limits::MAX_PART_RAW_BYTES);
