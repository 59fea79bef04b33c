//! POST /runs/{id}/resume.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};

use super::RunPath;
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::run::RunStarted;

/// Have a paused run go on. Where there is too little memory for it now it stays paused and goes on by itself once there is
/// enough.
#[utoipa::path(tag = "Simulation Runs", params(RunPath), responses(
    (status = 202, description = "The run, running, or paused until there is memory for it.", body = RunStarted),
    (status = 404, description = "`RUN_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`WRONG_STATUS`, `ALREADY_RUNNING`, `ALREADY_ENDED`", body = ErrorBody),
    (status = 429, description = "`QUOTA_EXCEEDED`", body = ErrorBody)
))]
#[post("/runs/{id}/resume")]
pub(super) async fn resume_run(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
) -> ApiResult<HttpResponse> {
    let resumed = state.runtime.resume(caller.tenant_id, id).await?;
    Ok(HttpResponse::Accepted().json(RunStarted::new(resumed, "Run resumed successfully")))
}
