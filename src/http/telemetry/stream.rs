//! GET /telemetry/{id}/stream: slices as server-sent events, some ticks at a time, while the run goes on. The connection pulls:
//! a client that does not read is not read for.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpResponse, Responder, get};
use actix_web_lab::sse::{self, Sse};
use civitas_store::{NodeId, RunId, TenantId};
use civitas_telemetry::{Index, SliceQuery, State};
use futures_util::{Stream, stream};
use serde_json::json;
use tokio::sync::watch;

use super::head::Head;
use super::query::{CurveParams, SliceParams, TickParams, slice_query};
use super::slice::TelemetrySlice;
use super::whose::{Meant, OfNode, WhosePath, index_of};
use crate::http::app::AppState;
use crate::http::errors::{ApiError, ApiResult, ErrorBody};

/// Ticks of an event.
const TICKS_AT_ONCE: u32 = 100;
/// How often a run that goes on is looked at for more.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How long a client waits before it reconnects.
const RETRY: Duration = Duration::from_millis(2_000);

/// Read slices as they come while the run goes on: `slice` events, each with some ticks, then one `end`. Ids of events are ticks.
#[utoipa::path(tag = "Telemetry",
    params(WhosePath, OfNode, TickParams, SliceParams, CurveParams,
        ("Last-Event-ID" = Option<u32>, Header, description = "Ticks up to this one are not sent again.")),
    responses(
        (status = 200, description = "Events: `slice` with data as in the schema TelemetrySlice, `end` {state, last_tick}, \
            `shutdown` {message}, `error` as in the schema Error.", body = String, content_type = "text/event-stream"),
        (status = 404, description = "`RUN_NOT_FOUND`, `NO_TELEMETRY`", body = ErrorBody)
))]
#[get("/telemetry/{id}/stream")]
pub(super) async fn telemetry_stream(head: Head) -> ApiResult<HttpResponse> {
    let (query, Meant { record, .. }) = head.asked(|asked| slice_query(asked, true)).await?;
    let Head { state, tenant, request, .. } = head;
    let (reader, index) = (state.reader()?, index_of(&state, &record).await?);
    // What is wrong with the question is told as an answer and not as an event.
    let first = index.last_tick.map(|last| SliceQuery { from_tick: Some(last), to_tick: Some(last), ..query.clone() });
    reader.slice(&index, &first.unwrap_or_else(|| query.clone())).await?;
    let seen = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()?.trim().parse().ok());
    let feed = Feed {
        closing: state.closing.clone(),
        heartbeat: state.sse_heartbeat,
        state,
        tenant,
        run: record.id,
        query,
        seen,
        over: false,
    };
    let heartbeat = feed.heartbeat;
    let sse = Sse::from_infallible_stream(events(feed)).with_keep_alive(heartbeat).with_retry_duration(RETRY);
    let mut response = sse.respond_to(&request);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that buffer would hold events back.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// One client's stream.
struct Feed {
    state: Data<AppState>,
    closing: watch::Receiver<bool>,
    heartbeat: Duration,
    tenant: TenantId,
    run: RunId,
    query: SliceQuery,
    /// The last tick that the client has.
    seen: Option<u32>,
    over: bool,
}

fn events(feed: Feed) -> impl Stream<Item = sse::Event> {
    stream::unfold(feed, |mut feed| async {
        let event = feed.next().await?;
        Some((event, feed))
    })
}

impl Feed {
    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<sse::Event> {
        while !self.over {
            let (ids, index) = match self.look().await {
                Ok(found) => found,
                Err(error) => return Some(self.failed(&error)),
            };
            if let Some((from, to)) = self.due(&index) {
                return Some(self.slice((ids, &index), from, to).await.unwrap_or_else(|error| self.failed(&error)));
            }
            // Beyond the largest tick there is nothing to wait for.
            if index.state != State::Recording || self.seen >= Some(self.query.to_tick.unwrap_or(u32::MAX)) {
                let end = json!({"state": index.state.as_str(), "last_tick": index.last_tick});
                return Some(self.end("end", &end));
            }
            let stops = tokio::select! {
                // An error means that the server is gone, which is as good a reason.
                _ = self.closing.wait_for(|closing| *closing) => true,
                () = tokio::time::sleep(LOOK_AGAIN) => false,
            };
            if stops {
                return Some(self.end("shutdown", &json!({"message": "the server is stopping; come back"})));
            }
        }
        None
    }

    /// What there is of the run now, and as whose it is sent.
    async fn look(&self) -> ApiResult<((RunId, Option<NodeId>), Index)> {
        let record = self.state.runtime.run(self.tenant, self.run).await?;
        Ok(((record.id, record.node_id), index_of(&self.state, &record).await?))
    }

    /// The ticks that can be sent now.
    fn due(&self, index: &Index) -> Option<(u32, u32)> {
        let (resolution, last) = (self.query.resolution, index.last_tick?);
        let (wanted, over) = match self.query.to_tick {
            Some(to) if to <= last => (to, true),
            _ => (last, index.state != State::Recording),
        };
        let start = self.query.from_tick.unwrap_or(0).max(index.first_tick);
        let from = match self.seen {
            // A tick as large as they come has none after it: 64 bits say so.
            Some(seen) if seen >= start => {
                u64::from(start) + (u64::from((seen - start) / resolution) + 1) * u64::from(resolution)
            }
            _ => start.into(),
        };
        let Some(from) = u32::try_from(from).ok().filter(|&from| from <= wanted) else {
            // The last tick may stand beside the others.
            return (over && self.seen < Some(wanted) && wanted >= start).then_some((wanted, wanted));
        };
        // Whole steps, so that no other tick than the last stands beside them.
        let steps = ((wanted - from) / resolution).min(TICKS_AT_ONCE - 1);
        Some((from, from + steps * resolution))
    }

    async fn slice(
        &mut self,
        (ids, index): ((RunId, Option<NodeId>), &Index),
        from: u32,
        to: u32,
    ) -> ApiResult<sse::Event> {
        let query = SliceQuery { from_tick: Some(from), to_tick: Some(to), ..self.query.clone() };
        let slice = TelemetrySlice::new(ids, index.state, self.state.reader()?.slice(index, &query).await?);
        let json = serde_json::to_string(&slice).map_err(|_| ApiError::internal())?;
        self.seen = Some(to);
        Ok(sse::Data::new(json).event("slice").id(to.to_string()).into())
    }

    fn end(&mut self, event: &'static str, data: &serde_json::Value) -> sse::Event {
        self.over = true;
        sse::Data::new(data.to_string()).event(event).into()
    }

    fn failed(&mut self, error: &ApiError) -> sse::Event {
        let body = serde_json::to_value(error.body()).unwrap_or_default();
        self.end("error", &body)
    }
}
