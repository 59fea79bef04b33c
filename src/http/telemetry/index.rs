//! GET /telemetry/{id}.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use civitas_telemetry::Index;
use serde::Serialize;
use uuid::Uuid;

use super::find;
use super::query::Asked;
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::runs::RunPath;

/// The answer.
#[derive(Serialize)]
struct TelemetryIndex<'a> {
    /// Always null: nodes do not exist yet.
    node_id: Option<Uuid>,
    #[serde(flatten)]
    index: &'a Index,
}

/// Read what was recorded of a run: ticks, metrics, variables, regions, segments, keyframes, files.
#[utoipa::path(tag = "Telemetry", params(RunPath), responses(
    (status = 200, description = "The index; docs/telemetry.md has its fields.", body = Object),
    (status = 304, description = "As the client has it."),
    (status = 400, description = "`VALIDATION_ERROR`", body = ErrorBody),
    (status = 404, description = "`RUN_NOT_FOUND`, `NO_TELEMETRY`", body = ErrorBody)
))]
#[get("/telemetry/{id}")]
pub(super) async fn telemetry_index(
    state: Data<AppState>,
    caller: Caller,
    RunPath(id): RunPath,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Asked::of(&request)?.nothing_more()?;
    let found = find(&state, &caller, id, &request).await?;
    if found.is_known(&request) {
        return Ok(found.unchanged());
    }
    found.json(&TelemetryIndex { node_id: None, index: &found.index })
}
