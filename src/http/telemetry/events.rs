//! GET /telemetry/{id}/events.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use civitas_telemetry::{EVENT_TYPES, Event, EventQuery, Names, csv_text};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::query::Asked;
use super::{Form, accepted, find};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::runs::RunPath;

/// What agents reported.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct TelemetryEvents {
    /// The run.
    run_id: Uuid,
    /// Always null: nodes do not exist yet.
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
    params(RunPath,
        ("from_tick" = Option<u32>, Query, description = "The first tick."),
        ("to_tick" = Option<u32>, Query, description = "The last tick."),
        ("kinds" = Option<String>, Query, description = "Kinds of events, separated by commas; all where it is left out."),
        ("type" = Option<String>, Query, description = "`count` or `report`; both where it is left out."),
        ("skip" = Option<u32>, Query, description = "Items to pass over."),
        ("limit" = Option<u32>, Query, description = "Items at most: 1000 where it is left out, up to 10000.")),
    responses(
        (status = 200, description = "The events.", content((TelemetryEvents = "application/json"), (String = "text/csv"))),
        (status = 304, description = "As the client has it."),
        (status = 404, description = "`RUN_NOT_FOUND`, `NO_TELEMETRY`", body = ErrorBody)
))]
#[get("/telemetry/{id}/events")]
pub(super) async fn telemetry_events(
    state: Data<AppState>,
    caller: Caller,
    RunPath(id): RunPath,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    let mut asked = Asked::of(&request)?;
    let ticks = (0, u32::MAX);
    let (from_tick, to_tick) = (asked.number("from_tick", ticks)?, asked.number("to_tick", ticks)?);
    let (kinds, of_type) = (asked.names("kinds", Names::All), asked.word("type", &EVENT_TYPES)?);
    let (skip, limit) = asked.page()?;
    asked.nothing_more()?;
    let found = find(&state, &caller, id, &request).await?;
    if found.is_known(&request) {
        return Ok(found.unchanged());
    }
    let query = EventQuery { from_tick, to_tick, kinds, of_type, skip, limit };
    let events = found.reader.events(&found.index, &query).await?;
    if accepted(&request) == Form::Csv {
        return Ok(found.csv(as_csv(&events.items)));
    }
    let (run_id, items) = (found.index.run_id, events.items.into_iter().map(TelemetryEvent::from).collect());
    found.json(&TelemetryEvents { run_id, node_id: None, total: events.total, skip, limit, items })
}

fn as_csv(events: &[Event]) -> String {
    let mut text = "tick,type,kind,agent,count,value\n".to_owned();
    for Event { tick, of_type, kind, agent, count, value } in events {
        let maybe = |number: Option<String>| number.unwrap_or_default();
        let (agent, value) = (maybe(agent.map(|agent| agent.to_string())), maybe(value.map(|value| value.to_string())));
        text.push_str(&format!("{tick},{of_type},{},{agent},{count},{value}\n", csv_text(kind)));
    }
    text
}
