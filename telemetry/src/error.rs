//! Why telemetry could not be kept or read.

use uuid::Uuid;

/// The result of an operation on telemetry.
pub type Result<T> = std::result::Result<T, TelemetryError>;

/// Why telemetry could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The place for objects cannot be used as it is configured.
    #[error("{problem}")]
    Place {
        /// What is wrong, starting with the option.
        problem: String,
    },
    /// The object store failed.
    #[error("the object store failed: {0}")]
    Objects(#[from] object_store::Error),
    /// The object store says that what it is asked for is not there, or not for this program.
    #[error("telemetry.url: the object store refuses: {0}")]
    Refused(#[source] object_store::Error),
    /// The disk has too little room for more.
    #[error(transparent)]
    NoRoom(#[from] civitas_store::StoreError),
    /// A file cannot be written or read as Parquet.
    #[error("a telemetry file is no sound Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// An index or a file is not what it should be.
    #[error("the telemetry of run {run} is damaged: {problem}")]
    Damaged {
        /// The run.
        run: Uuid,
        /// What is wrong.
        problem: String,
    },
    /// The run has no telemetry.
    #[error("run {0} has no telemetry")]
    None(Uuid),
    /// What was asked for does not exist, or is out of range.
    #[error("{field} {problem}")]
    Asked {
        /// The field of the request.
        field: &'static str,
        /// What is wrong with it, as the rest of a sentence.
        problem: String,
    },
    /// The tick is no keyframe.
    #[error("tick {tick} is no keyframe; {nearest}")]
    NotAKeyframe {
        /// The tick.
        tick: u32,
        /// Which the nearest are, in words.
        nearest: String,
    },
    /// The agent is not among those that were looked at.
    #[error("agent {agent} is not in the sample of this run, which has {sample} of its {agents} agents")]
    NotRecorded {
        /// The agent.
        agent: u32,
        /// Agents that were looked at.
        sample: u64,
        /// Agents that there are.
        agents: u32,
    },
}

impl TelemetryError {
    /// A [`TelemetryError::Asked`].
    pub(crate) fn asked(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Asked { field, problem: problem.into() }
    }
}
