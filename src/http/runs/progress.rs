//! GET /runs/{id}/progress: a run's progress as server-sent events. The stream is pulled by the connection: a client
//! that does not read is simply not asked for, and no task waits on it. What is sent when is decided in
//! [`crate::http::wire::events`].

use std::time::{Duration, Instant};

use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, Responder, get};
use actix_web_lab::sse::{self, Sse};
use civitas_actors::meters::Held;
use civitas_actors::{Progress, Runtime, Watch};
use futures_util::{Stream, stream};
use tokio::sync::watch;

use super::{RunPath, query_pairs};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiError, ApiResult, ErrorBody};
use crate::http::wire::events::{Feed, Next, WireEvent, terminal};
use crate::time;

/// How long a client waits before it reconnects.
const RETRY: Duration = Duration::from_millis(2_000);
/// Names the last event that a client saw before it lost the connection.
const LAST_EVENT_ID: &str = "last-event-id";

/// Watch a run. Sends `progress` at most ten times a second, then exactly one of `completed`, `failed` and `cancelled`,
/// and closes; `shutdown` where the server stops first. Ids of events are ticks.
#[utoipa::path(tag = "Simulation Runs",
    params(RunPath,
        ("last_event_id" = Option<u32>, Query, description = "Progress up to this tick is not sent again."),
        ("Last-Event-ID" = Option<u32>, Header, description = "The same, as browsers send it; it wins.")),
    responses(
        (status = 200, description = "Events, with data as in the schemas ProgressEvent, CompletedEvent, \
            FailedEvent, CancelledEvent and ShutdownEvent: `progress` {tick, total_ticks, percent, agents_processed, status}, \
            `completed` {status, node_id, duration_seconds}, `failed` {status, error, ticks_completed, \
            partial_results}, `cancelled` {status, ticks_completed, partial_results, duration_seconds}, `shutdown` \
            {message}.", body = String, content_type = "text/event-stream"),
        (status = 404, description = "`RUN_NOT_FOUND`", body = ErrorBody)
))]
#[get("/runs/{id}/progress")]
pub(super) async fn run_progress(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    let header = request.headers().get(LAST_EVENT_ID).and_then(|value| value.to_str().ok());
    let resumed_after = resumed_after(header, &query_pairs(&request)?)?;
    let mut watch = state.runtime.watch(caller.tenant_id, id).await?;
    let events = events(Watcher {
        feed: Feed::new(watch.latest(), resumed_after),
        watch,
        closing: state.closing.clone(),
        runtime: state.runtime.clone(),
        _open: state.meters.stream(),
    });
    let sse = Sse::from_infallible_stream(events).with_keep_alive(state.sse_heartbeat).with_retry_duration(RETRY);
    let mut response = sse.respond_to(&request);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that buffer would hold events back.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// The tick after which a client resumes. A header that is no tick is another server's, and ignored.
fn resumed_after(header: Option<&str>, query: &[(String, String)]) -> ApiResult<Option<u32>> {
    let mut after = None;
    for (name, value) in query {
        if name != "last_event_id" {
            return Err(ApiError::invalid(format!("query parameter {name} is unknown; there is: last_event_id")));
        }
        let wrong = |_| ApiError::invalid(format!("query parameter last_event_id must be a tick, not {value:?}"));
        after = Some(value.parse().map_err(wrong)?);
    }
    Ok(header.and_then(|value| value.trim().parse().ok()).or(after))
}

/// One client's stream.
struct Watcher {
    feed: Feed,
    watch: Watch,
    closing: watch::Receiver<bool>,
    runtime: Runtime,
    /// Counts the stream for as long as it is open.
    _open: Held,
}

fn events(watcher: Watcher) -> impl Stream<Item = sse::Event> {
    stream::unfold(watcher, |mut watcher| async {
        let event = watcher.next().await?;
        Some((to_sse(event), watcher))
    })
}

impl Watcher {
    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<WireEvent> {
        loop {
            let due = match self.feed.next(Instant::now()) {
                Next::Send(event) => return Some(event),
                Next::Finish(last) => return Some(self.end(last)),
                Next::Close => return None,
                Next::Wait(due) => due,
            };
            let pace = async {
                match due {
                    Some(moment) => tokio::time::sleep_until(moment.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                // An error means that the server is gone, which is as good a reason.
                _ = self.closing.wait_for(|closing| *closing) => return Some(self.feed.shut_down()),
                changed = self.watch.changed() => match changed {
                    Some(progress) => self.feed.update(progress),
                    // The run's end could not be stored, so there is none to tell.
                    None => return None,
                },
                () = pace => {}
            }
        }
    }

    /// The last event. The record knows the duration that every other answer states; where it cannot be read, the
    /// running time stands in.
    fn end(&self, last: Progress) -> WireEvent {
        let record = self.runtime.store().run(last.run_id).ok().flatten();
        let node_id = record.as_ref().and_then(|record| record.node_id);
        let duration_ms = match record.filter(|record| record.status.is_terminal()) {
            Some(record) => record.duration_ms(),
            None => Some(last.running_ms),
        };
        terminal(last, node_id, duration_ms.map(time::seconds))
    }
}

fn to_sse(event: WireEvent) -> sse::Event {
    let data = sse::Data::new(event.data.get()).event(event.event);
    match event.id {
        Some(id) => data.id(id.to_string()).into(),
        None => data.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_resume_by_header_or_by_query() {
        let query = |value: &str| vec![("last_event_id".to_owned(), value.to_owned())];
        assert_eq!(resumed_after(None, &[]), Ok(None));
        assert_eq!(resumed_after(None, &query("7")), Ok(Some(7)));
        assert_eq!(resumed_after(Some("9"), &query("7")), Ok(Some(9)));
        assert_eq!(resumed_after(Some("not-ours"), &[]), Ok(None));
        assert!(resumed_after(None, &query("x")).is_err());
        assert!(resumed_after(None, &[("since".to_owned(), "1".to_owned())]).is_err());
    }
}
