//! GET /telemetry/{id}/events.

use actix_web::{HttpResponse, get};
use civitas_telemetry::{EVENT_TYPES, Event, EventQuery, Format, Names};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::head::Head;
use super::query::{Asked, PageParams, TickParams};
use super::whose::{OfNode, WhosePath};
use crate::http::errors::{ApiResult, ErrorBody};

/// What agents reported.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct TelemetryEvents {
    /// The run.
    run_id: Uuid,
    /// The node that the run belongs to; null for runs that an earlier version stored.
    node_id: Option<Uuid>,
    /// How many items there are.
    total: u64,
    /// Items passed over.
    skip: usize,
    /// Items at most.
    limit: usize,
    /// The items, by tick.
    items: Vec<TelemetryEvent>,
}

/// A number of events of a kind in a tick, or one of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct TelemetryEvent {
    /// The tick.
    tick: u32,
    /// `count` or `report`.
    r#type: &'static str,
    /// The kind.
    kind: String,
    /// Who reported it; null for counts.
    agent: Option<u32>,
    /// How many there were; 1 for reports.
    count: u64,
    /// What the model says beside it; null for counts.
    value: Option<f32>,
}

impl From<Event> for TelemetryEvent {
    fn from(event: Event) -> Self {
        let Event { tick, of_type, kind, agent, count, value } = event;
        Self { tick, r#type: of_type, kind, agent, count, value }
    }
}

/// Read what agents reported: how many events of each kind in every tick, and the first of them one by one.
#[utoipa::path(tag = "Telemetry",
    params(WhosePath, OfNode, TickParams, PageParams,
        ("kinds" = Option<String>, Query, description = "Kinds of events, separated by commas; all where it is left out."),
        ("type" = Option<String>, Query, description = "`count` or `report`; both where it is left out.")),
    responses(
        (status = 200, description = "The events.", content(
            (TelemetryEvents = "application/json"), (String = "text/csv"),
            (Vec<u8> = "application/vnd.apache.arrow.stream"), (Vec<u8> = "application/vnd.apache.parquet"))),
        (status = 304, description = "As the client has it."),
        (status = 404, description = "`RUN_NOT_FOUND`, `NO_TELEMETRY`", body = ErrorBody)
))]
#[get("/telemetry/{id}/events")]
pub(super) async fn telemetry_events(head: Head) -> ApiResult<HttpResponse> {
    head.answer(event_query, async |found, query| {
        if found.form != Format::Json {
            return found.table("events", found.reader.event_rows(&found.index, &query).await?);
        }
        let events = found.reader.events(&found.index, &query).await?;
        let EventQuery { skip, limit, .. } = query;
        let ((run_id, node_id), items) = (found.ids(), events.items.into_iter().map(TelemetryEvent::from).collect());
        found.json(&TelemetryEvents { run_id, node_id, total: events.total, skip, limit, items })
    })
    .await
}

fn event_query(asked: &mut Asked) -> ApiResult<EventQuery> {
    let (from_tick, to_tick) = asked.ticks()?;
    let (kinds, of_type) = (asked.names("kinds", Names::All), asked.word("type", &EVENT_TYPES)?);
    let (skip, limit) = asked.page()?;
    Ok(EventQuery { from_tick, to_tick, kinds, of_type, skip, limit })
}
