//! What is streamed of a run, and when: a pure state machine from the latest state and the time to the next event. Owns
//! the pace, resuming, and the order of the last events; it must not wait, nor know a connection.

use std::time::{Duration, Instant};

use civitas_actors::Progress;
use civitas_store::RunStatus;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::number::{short, short_or_null};
use super::run::Fault;
use crate::time;

/// The least time between two progress events: ten a second are as many as an eye can use.
pub const PACE: Duration = Duration::from_millis(100);

/// Data of `progress`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ProgressEvent {
    /// Ticks completed; also the event's id.
    pub tick: u32,
    /// Ticks asked for.
    pub total_ticks: u32,
    /// Share of the ticks that are completed, in per cent.
    #[serde(serialize_with = "short")]
    pub percent: f64,
    /// Agent-steps so far.
    pub agents_processed: u64,
    /// The run's status.
    pub status: &'static str,
}

/// Data of `completed`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CompletedEvent {
    /// `succeeded`.
    pub status: &'static str,
    /// The node that the run belongs to; null for runs that an earlier version stored.
    pub node_id: Option<Uuid>,
    /// Seconds from start to end.
    #[serde(serialize_with = "short_or_null")]
    pub duration_seconds: Option<f64>,
}

/// Data of `failed`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FailedEvent {
    /// `failed`.
    pub status: &'static str,
    /// Why.
    pub error: Option<Fault>,
    /// Ticks completed.
    pub ticks_completed: u32,
    /// True when results up to the last completed tick can be read.
    pub partial_results: bool,
}

/// Data of `cancelled`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CancelledEvent {
    /// `cancelled`.
    pub status: &'static str,
    /// Ticks completed.
    pub ticks_completed: u32,
    /// True when results up to the last completed tick can be read.
    pub partial_results: bool,
    /// Seconds from start to end; null for a run that never started.
    #[serde(serialize_with = "short_or_null")]
    pub duration_seconds: Option<f64>,
}

/// Data of `shutdown`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ShutdownEvent {
    /// What to do.
    pub message: &'static str,
}

/// An event as it is sent.
#[derive(Clone, Debug)]
pub struct WireEvent {
    /// Its name.
    pub event: &'static str,
    /// Its id, a tick; an event without one leaves the client's last id as it was.
    pub id: Option<u32>,
    /// Its data.
    pub data: Box<RawValue>,
}

/// What to do next.
#[derive(Debug)]
pub enum Next {
    /// Send this.
    Send(WireEvent),
    /// Wait for a new state, or until this moment where there is one.
    Wait(Option<Instant>),
    /// Send the event that ends the stream, for this last state.
    Finish(Progress),
    /// Close the stream.
    Close,
}

/// The events of one watcher.
#[derive(Debug)]
pub struct Feed {
    latest: Progress,
    resumed_after: Option<u32>,
    sent: Option<(u32, RunStatus)>,
    not_before: Option<Instant>,
    closed: bool,
}

impl Feed {
    /// Events from `latest` on; progress at or before the tick `resumed_after` is known to the client already.
    pub fn new(latest: Progress, resumed_after: Option<u32>) -> Self {
        Self { latest, resumed_after, sent: None, not_before: None, closed: false }
    }

    /// Takes in a newer state; what was not sent of the older one is forgotten.
    pub fn update(&mut self, latest: Progress) {
        self.latest = latest;
    }

    /// Ends the stream without a last state, because the server stops.
    pub fn shut_down(&mut self) -> WireEvent {
        self.closed = true;
        event("shutdown", None, &ShutdownEvent { message: "the server is restarting; reconnect" })
    }

    /// What to do at the moment `now`.
    pub fn next(&mut self, now: Instant) -> Next {
        if self.closed {
            return Next::Close;
        }
        let ended = self.latest.status.is_terminal();
        let due = self.not_before.is_none_or(|moment| moment <= now);
        if self.has_news(ended) {
            // The last progress before the end waits for nothing.
            if !ended && !due {
                return Next::Wait(self.not_before);
            }
            self.sent = Some((self.latest.tick, self.latest.status));
            self.not_before = Some(now + PACE);
            return Next::Send(progress(&self.latest));
        }
        if ended {
            self.closed = true;
            return Next::Finish(self.latest.clone());
        }
        Next::Wait(None)
    }

    /// True when the latest state has not been told. That a run has ended is not news of its progress.
    fn has_news(&self, ended: bool) -> bool {
        let Progress { tick, status, .. } = self.latest;
        let told = match self.sent {
            Some((sent_tick, _)) if ended => sent_tick == tick,
            Some(sent) => sent == (tick, status),
            None => false,
        };
        // A client that knows the tick may not know that the run was paused there.
        !told && (status == RunStatus::Paused || self.resumed_after.is_none_or(|known| tick > known))
    }
}

/// The event that ends the stream of a run that has ended; its node and `duration_s` are from its record.
pub fn terminal(last: Progress, node_id: Option<Uuid>, duration_s: Option<f64>) -> WireEvent {
    let (status, tick) = (last.status.as_str(), last.tick);
    match last.status {
        RunStatus::Failed => {
            let error = last.fault.map(Fault::from);
            let data = FailedEvent { status, error, ticks_completed: tick, partial_results: last.has_results };
            event("failed", Some(tick), &data)
        }
        RunStatus::Cancelled => {
            let data = CancelledEvent {
                status,
                ticks_completed: tick,
                partial_results: last.has_results,
                duration_seconds: duration_s,
            };
            event("cancelled", Some(tick), &data)
        }
        RunStatus::Succeeded | RunStatus::Running | RunStatus::Paused | RunStatus::Queued => {
            let duration_seconds = duration_s.or(Some(time::seconds(last.running_ms)));
            event("completed", Some(tick), &CompletedEvent { status, node_id, duration_seconds })
        }
    }
}

fn progress(state: &Progress) -> WireEvent {
    let data = ProgressEvent {
        tick: state.tick,
        total_ticks: state.total_ticks,
        percent: state.percent(),
        agents_processed: state.agents_processed,
        status: state.status.as_str(),
    };
    event("progress", Some(state.tick), &data)
}

fn event(name: &'static str, id: Option<u32>, data: &impl Serialize) -> WireEvent {
    let data = serde_json::value::to_raw_value(data).expect("events hold strings and finite numbers only");
    WireEvent { event: name, id, data }
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
