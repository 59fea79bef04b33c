//! What every operation on telemetry begins with: who asks, whose telemetry it is, whether the question is one, and whether the
//! client has the answer already. And what an answer is sent with.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use civitas_store::{RunRecord, TenantId};
use civitas_telemetry::{Format, Index, Reader, Rows, State};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

use super::query::Asked;
use super::whose::{Meant, RunOfNode, index_of, meant};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiError, ApiResult};
use crate::http::runs::RunPath;

/// Telemetry of a run that has ended, with all its ticks, never changes.
const KEPT: &str = "private, max-age=3600";
/// Of one that goes on, or of which something is missing, and of a node, which may get another run, an answer holds until
/// something changes: a client asks whether it has.
const ASKED_AGAIN: &str = "private, no-cache";
/// What an answer depends on besides the address: its form, and whose runs it may show.
pub(super) const DEPENDS_ON: &str = "Accept, Authorization";

/// A request about telemetry.
pub(super) struct Head {
    pub(super) state: Data<AppState>,
    pub(super) tenant: TenantId,
    id: Uuid,
    pub(super) request: HttpRequest,
}

impl FromRequest for Head {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = |payload: &mut Payload| {
            let state = request.app_data::<Data<AppState>>().cloned().ok_or_else(ApiError::internal)?;
            let Caller(caller) = Caller::from_request(request, payload).into_inner()?;
            let RunPath(id) = RunPath::from_request(request, payload).into_inner()?;
            Ok(Self { state, tenant: caller.tenant_id, id, request: request.clone() })
        };
        ready(read(payload))
    }
}

impl Head {
    /// What `ask` takes of the query, of which nothing may be left over, and the run that is meant.
    pub(super) async fn asked<Q>(&self, ask: impl FnOnce(&mut Asked) -> ApiResult<Q>) -> ApiResult<(Q, Meant)> {
        let mut asked = Asked::of(&self.request)?;
        let query = ask(&mut asked)?;
        let run = asked.uuid("run")?;
        asked.nothing_more()?;
        Ok((query, meant(&self.state, self.tenant, self.id, run).await?))
    }

    /// Has `answer` answer what `ask` takes of the query, unless the client has the answer already.
    pub(super) async fn answer<Q>(
        self,
        ask: impl FnOnce(&mut Asked) -> ApiResult<Q>,
        answer: impl AsyncFnOnce(&Found<'_>, Q) -> ApiResult<HttpResponse>,
    ) -> ApiResult<HttpResponse> {
        let (query, Meant { record, runs }) = self.asked(ask).await?;
        let index = index_of(&self.state, &record).await?;
        let form = accepted(&self.request).unwrap_or(Format::Json);
        let asked = (self.request.path(), self.request.query_string(), form, &runs);
        let known = serde_json::to_vec(&index).unwrap_or_default();
        let etag = format!("\"{:032x}\"", xxh3_128(&[&known[..], format!("{asked:?}").as_bytes()].concat()));
        let found = Found { reader: self.state.reader()?, index, record, runs, form, etag };
        if found.is_known(&self.request) {
            return Ok(found.head(HttpResponse::NotModified()).finish());
        }
        answer(&found, query).await
    }

    /// A whole number in the path.
    pub(super) fn number_in_path(&self, name: &str) -> ApiResult<u32> {
        let text = self.request.match_info().get(name).unwrap_or_default();
        let wrong =
            |_| ApiError::invalid(format!("{name} must be a whole number between 0 and {}, not '{text}'", u32::MAX));
        text.parse().map_err(wrong)
    }
}

/// A run's telemetry, and who reads it.
pub(super) struct Found<'a> {
    pub(super) reader: &'a Reader,
    pub(super) index: Index,
    record: RunRecord,
    /// The runs of the node that was asked for, where it was one.
    pub(super) runs: Option<Vec<RunOfNode>>,
    /// The form that is wanted.
    pub(super) form: Format,
    etag: String,
}

impl Found<'_> {
    /// The run and its node, as every answer names them.
    pub(super) fn ids(&self) -> (Uuid, Option<Uuid>) {
        (self.record.id, self.record.node_id)
    }

    /// True where the client has this answer already.
    fn is_known(&self, request: &HttpRequest) -> bool {
        let known = request.headers().get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
        known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == self.etag || tag.trim() == "*")
    }

    fn head(&self, mut answer: actix_web::HttpResponseBuilder) -> actix_web::HttpResponseBuilder {
        answer
            .insert_header((ETAG, self.etag.clone()))
            .insert_header((CACHE_CONTROL, caching(self.index.state, self.runs.is_some())))
            .insert_header((VARY, DEPENDS_ON));
        answer
    }

    /// The answer in a form.
    pub(super) fn answer(&self, content_type: &'static str, body: impl Into<Bytes>) -> HttpResponse {
        self.head(HttpResponse::Ok()).insert_header((CONTENT_TYPE, content_type)).body(body.into())
    }

    pub(super) fn json(&self, body: &impl serde::Serialize) -> ApiResult<HttpResponse> {
        let json = serde_json::to_vec(body).map_err(|error| {
            tracing::error!(%error, "an answer could not be written as JSON");
            ApiError::internal()
        })?;
        Ok(self.answer("application/json", json))
    }

    /// The answer as a table of the form that is wanted, which Parquet calls `name`.
    pub(super) fn table(&self, name: &str, rows: Rows) -> ApiResult<HttpResponse> {
        Ok(self.answer(self.form.content_type(), rows.encoded(name, self.form)?))
    }
}

/// The form that a request asks for: the first of `Accept` that there is; none where anything will do.
pub(super) fn accepted(request: &HttpRequest) -> Option<Format> {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let known = |part: &str| {
        let part = part.split(';').next().unwrap_or_default().trim();
        match part {
            "*/*" | "application/*" => Some(None),
            _ => Format::ALL.into_iter().find(|format| format.media_type() == part).map(Some),
        }
    };
    accept.split(',').find_map(known).flatten()
}

/// How long a client may keep an answer without asking.
fn caching(state: State, of_node: bool) -> &'static str {
    match state {
        State::Complete if !of_node => KEPT,
        State::Complete | State::Recording | State::Incomplete => ASKED_AGAIN,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_what_is_whole_is_kept_without_asking() {
        let states = [State::Complete, State::Recording, State::Incomplete];
        assert_eq!(states.map(|state| caching(state, false)), [KEPT, ASKED_AGAIN, ASKED_AGAIN]);
        assert_eq!(states.map(|state| caching(state, true)), [ASKED_AGAIN; 3]);
    }

    #[test]
    fn the_first_form_that_is_known_is_given() {
        for (accept, wanted) in [
            ("", None),
            ("*/*", None),
            ("text/csv", Some(Format::Csv)),
            ("text/html, text/csv;q=0.9, application/json", Some(Format::Csv)),
            ("application/json, text/csv", Some(Format::Json)),
            ("application/vnd.apache.arrow.stream", Some(Format::Arrow)),
            ("application/vnd.apache.parquet, */*", Some(Format::Parquet)),
            ("*/*, text/csv", None),
        ] {
            let request = TestRequest::default().insert_header((ACCEPT, accept)).to_http_request();
            assert_eq!(accepted(&request), wanted, "{accept}");
        }
    }
}
