//! POST /runs/{id}/start.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};

use super::RunPath;
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::run::RunStarted;

/// Start a queued run. Where there is too little memory for it now it stays queued, starts by itself once there is enough, and
/// the message says what it waits for.
#[utoipa::path(tag = "Simulation Runs", params(RunPath), responses(
    (status = 202, description = "The run, running, or queued until there is memory for it.", body = RunStarted),
    (status = 404, description = "`RUN_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`ALREADY_RUNNING`, `ALREADY_ENDED`", body = ErrorBody),
    (status = 429, description = "`QUOTA_EXCEEDED`", body = ErrorBody)
))]
#[post("/runs/{id}/start")]
pub(super) async fn start_run(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
) -> ApiResult<HttpResponse> {
    let started = state.runtime.start_run(caller.tenant_id, id).await?;
    Ok(HttpResponse::Accepted().json(RunStarted::new(started, "Run started successfully")))
}
