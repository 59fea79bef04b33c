//! The codes with which a run can fail, each with its meaning: one table, from which the documentation is made.

/// The run used up its running time.
pub const RUN_TIMEOUT: &str = "RUN_TIMEOUT";
/// Model code panicked.
pub const MODEL_PANIC: &str = "MODEL_PANIC";
/// The engine refused something that passed the checks at creation.
pub const ENGINE_ERROR: &str = "ENGINE_ERROR";

/// A fork's state is gone.
pub const SNAPSHOT_UNUSABLE: &str = "SNAPSHOT_UNUSABLE";

/// Every code with its meaning.
pub const ALL: [(&str, &str); 4] = [
    (RUN_TIMEOUT, "The run used up its running time (`limits.max_run_minutes`); its partial results are kept."),
    (
        MODEL_PANIC,
        "The model's code panicked; tick and region are stated, partial results are kept. No other run is touched.",
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
