//! The operations on telemetry, one file each: they read what was recorded, and run nothing. What they share stands here: which
//! run a path means, what a client has already, and in which form it wants the answer.

mod agents;
mod aggregates;
mod errors;
mod events;
mod export;
mod index;
mod query;
mod slice;
mod stream;

use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use actix_web::{HttpRequest, HttpResponse};
use civitas_store::{RunRecord, TenantId};
use civitas_telemetry::{Index, Reader, State, TelemetryError};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

use super::app::AppState;
use super::auth::Caller;
use super::errors::{ApiError, ApiResult, ErrorCode};

/// Telemetry of a run that has ended, with all its ticks, never changes.
const KEPT: &str = "private, max-age=3600";
/// Of one that goes on, or of which something is missing, an answer holds until something changes: a client asks whether it has.
const ASKED_AGAIN: &str = "private, no-cache";
/// What an answer depends on besides the address: its form, and whose runs it may show.
const DEPENDS_ON: &str = "Accept, Authorization";

/// Registers the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(index::telemetry_index)
        .service(slice::telemetry_slice)
        .service(agents::telemetry_keyframe)
        .service(agents::telemetry_agent)
        .service(events::telemetry_events)
        .service(aggregates::telemetry_aggregates)
        .service(stream::telemetry_stream)
        .service(export::telemetry_file)
        .service(export::export_run);
}

/// A run's telemetry, and who reads it.
struct Found<'a> {
    reader: &'a Reader,
    index: Index,
    etag: String,
}

/// The telemetry that an id means, with the tag of what a request asks of it.
async fn find<'a>(state: &'a AppState, caller: &Caller, id: Uuid, request: &HttpRequest) -> ApiResult<Found<'a>> {
    let (reader, index) = load(state, caller.0.tenant_id, id).await?;
    let asked = (request.path(), request.query_string(), accepted(request));
    let known = serde_json::to_vec(&index).unwrap_or_default();
    let etag = format!("\"{:032x}\"", xxh3_128(&[&known[..], format!("{asked:?}").as_bytes()].concat()));
    Ok(Found { reader, index, etag })
}

/// The telemetry that an id means to a tenant. Ids are those of runs; a node's would be resolved here.
pub(super) async fn load(state: &AppState, tenant: TenantId, id: Uuid) -> ApiResult<(&Reader, Index)> {
    let record = state.runtime.run(tenant, id).await?;
    let none = || ApiError::new(ErrorCode::NoTelemetry, no_telemetry(&record));
    let reader = state.place.as_ref().ok_or_else(none)?.reader();
    let mut index = match reader.index(record.id).await {
        Err(TelemetryError::None(_)) => return Err(none()),
        index => index?,
    };
    if record.status.is_terminal() && index.state == State::Recording {
        // It ended at rest, and whoever records it was not told.
        if index.problem.is_none() && index.last_tick == Some(record.current_tick) {
            index.state = State::Complete;
        } else {
            index.state = State::Incomplete;
            index.problem.get_or_insert_with(|| "the run ended while nobody could record it".to_owned());
        }
    }
    Ok((reader, index))
}

/// A whole number in a path.
fn number_in_path(request: &HttpRequest, name: &str) -> ApiResult<u32> {
    let text = request.match_info().get(name).unwrap_or_default();
    let wrong =
        |_| ApiError::invalid(format!("{name} must be a whole number between 0 and {}, not '{text}'", u32::MAX));
    text.parse().map_err(wrong)
}

fn no_telemetry(record: &RunRecord) -> String {
    let id = record.id;
    match record.started_at_ms {
        None => format!("run {id} has no telemetry yet: it has not started"),
        Some(_) => {
            format!("run {id} has no telemetry: it was created with telemetry.enabled false, or before there was any")
        }
    }
}

/// The forms of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Csv,
}

/// The form that a request asks for.
fn accepted(request: &HttpRequest) -> Form {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let first = accept.split(',').map(|part| part.split(';').next().unwrap_or_default().trim());
    let known = first.filter_map(|part| match part {
        "text/csv" => Some(Form::Csv),
        "application/json" | "*/*" | "application/*" => Some(Form::Json),
        _ => None,
    });
    known.into_iter().next().unwrap_or(Form::Json)
}

impl Found<'_> {
    /// True where the client has this answer already.
    fn is_known(&self, request: &HttpRequest) -> bool {
        let known = request.headers().get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
        known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == self.etag || tag.trim() == "*")
    }

    /// That it has.
    fn unchanged(&self) -> HttpResponse {
        HttpResponse::NotModified()
            .insert_header((ETAG, self.etag.clone()))
            .insert_header((CACHE_CONTROL, caching(self.index.state)))
            .insert_header((VARY, DEPENDS_ON))
            .finish()
    }

    /// The answer in a form.
    fn answer(&self, content_type: &'static str, body: impl Into<actix_web::web::Bytes>) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, content_type))
            .insert_header((ETAG, self.etag.clone()))
            .insert_header((CACHE_CONTROL, caching(self.index.state)))
            .insert_header((VARY, DEPENDS_ON))
            .body(body.into())
    }

    fn json(&self, body: &impl serde::Serialize) -> ApiResult<HttpResponse> {
        let json = serde_json::to_vec(body).map_err(|error| {
            tracing::error!(%error, "an answer could not be written as JSON");
            ApiError::internal()
        })?;
        Ok(self.answer("application/json", json))
    }

    fn csv(&self, rows: impl Into<actix_web::web::Bytes>) -> HttpResponse {
        self.answer("text/csv; charset=utf-8", rows)
    }
}

/// How long a client may keep an answer without asking.
fn caching(state: State) -> &'static str {
    match state {
        State::Complete => KEPT,
        State::Recording | State::Incomplete => ASKED_AGAIN,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_what_is_whole_is_kept_without_asking() {
        let states = [State::Complete, State::Recording, State::Incomplete];
        assert_eq!(states.map(caching), [KEPT, ASKED_AGAIN, ASKED_AGAIN]);
    }

    #[test]
    fn the_first_form_that_is_known_is_given() {
        for (accept, wanted) in [
            ("", Form::Json),
            ("*/*", Form::Json),
            ("text/csv", Form::Csv),
            ("text/html, text/csv;q=0.9, application/json", Form::Csv),
            ("application/json, text/csv", Form::Json),
        ] {
            let request = TestRequest::default().insert_header((ACCEPT, accept)).to_http_request();
            assert_eq!(accepted(&request), wanted, "{accept}");
        }
    }
}
