//! What is answered to the start and the cancel of a run. Owns the field names; it must not read anything that is not handed in.

use civitas_actors::StartedRun;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::number::short;
use crate::http::errors::Budget;

/// A run that was started.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunStarted {
    /// Its id.
    pub id: Uuid,
    /// `running`; `queued` or `paused` as before where it waits for memory.
    pub status: &'static str,
    /// What happened, for people.
    pub message: String,
    /// What it waits for; absent where it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Budget>,
    /// How long it should take, by the speed of earlier runs on this machine.
    #[serde(serialize_with = "short")]
    pub estimated_duration_seconds: f64,
}

/// A run that was cancelled.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunCancelled {
    /// Its id.
    pub id: Uuid,
    /// `cancelled`.
    pub status: &'static str,
    /// What happened, for people.
    pub message: &'static str,
    /// True when results up to the last completed tick can be read.
    pub partial_results: bool,
    /// Ticks completed.
    pub ticks_completed: u32,
}

impl RunStarted {
    /// A run that was started, or that waits; `message` is for one that runs.
    pub fn new(started: StartedRun, message: &str) -> Self {
        let message = match started.waits_for {
            None => message.to_owned(),
            Some(shortage) => format!("Run waits for memory, and starts by itself: it {shortage}"),
        };
        Self {
            id: started.record.id,
            status: started.record.status.as_str(),
            message,
            waits_for: started.waits_for.map(Budget::from),
            estimated_duration_seconds: started.estimated_duration_s,
        }
    }
}
