//! The codes with which a run can fail, each with a page in the documentation.

/// The run used up its running time.
pub const RUN_TIMEOUT: &str = "RUN_TIMEOUT";
/// Model code panicked.
pub const MODEL_PANIC: &str = "MODEL_PANIC";
/// The engine refused something that passed the checks at creation.
pub const ENGINE_ERROR: &str = "ENGINE_ERROR";

/// Every code.
pub const ALL: [&str; 3] = [RUN_TIMEOUT, MODEL_PANIC, ENGINE_ERROR];
