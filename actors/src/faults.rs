//! The codes with which a run can fail, each with its meaning: one table, from which the documentation is made.

/// The run used up its running time.
pub const RUN_TIMEOUT: &str = "RUN_TIMEOUT";
/// Model code panicked.
pub const MODEL_PANIC: &str = "MODEL_PANIC";
/// Model code reported that something makes no sense.
pub const MODEL_FAULT: &str = "MODEL_FAULT";
/// The run holds more memory than one run may.
pub const MEMORY_LIMIT: &str = "MEMORY_LIMIT";
/// The store failed again and again while the run was made ready.
pub const STORE_FAULT: &str = "STORE_FAULT";
/// The server ended too often while the run was running.
pub const INTERRUPTED: &str = "INTERRUPTED";
/// The engine refused something that passed the checks at creation.
pub const ENGINE_ERROR: &str = "ENGINE_ERROR";

/// A fork's state is gone.
pub const SNAPSHOT_UNUSABLE: &str = "SNAPSHOT_UNUSABLE";

/// Every code with its meaning.
pub const ALL: [(&str, &str); 8] = [
    (
        RUN_TIMEOUT,
        "The run used up its running time (`limits.max_run_minutes`); the tick and, amid one, the region that was being stepped are \
         stated, partial results are kept.",
    ),
    (
        MODEL_PANIC,
        "The model's code panicked; tick and region are stated, partial results are kept. No other run is touched.",
    ),
    (
        MODEL_FAULT,
        "The model reported that its numbers make no sense, or its feedback was no finite number, or a metric was none or beyond ±2047; \
         tick and, within a step, region are stated, partial results are kept. No other run is touched.",
    ),
    (
        MEMORY_LIMIT,
        "The run came to hold more memory than one run may (`limits.max_run_memory_mib`), as agents may who write many letters; \
         the tick and the regions of its largest partition are stated, partial results are kept.",
    ),
    (
        STORE_FAULT,
        "What the run needs could not be read from the store: it is damaged, or the store failed again and again over several \
         seconds.",
    ),
    (
        INTERRUPTED,
        "The server ended again and again (`limits.max_interruptions` times) while this run was running and before it had a newer snapshot, so that \
         it was not started again; what its newest snapshot came to is kept.",
    ),
    (
        ENGINE_ERROR,
        "The engine could not execute what was accepted, for instance a network that is too large for one partition.",
    ),
    (
        SNAPSHOT_UNUSABLE,
        "A fork has no snapshot left that can be read and fits; it never starts over from tick 0. Fork its parent again.",
    ),
];
