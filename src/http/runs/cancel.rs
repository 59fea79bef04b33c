//! POST /runs/{id}/cancel.

use actix_web::post;
use actix_web::web::{Data, Json};

use super::RunPath;
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::run::RunCancelled;

/// Cancel a queued or running run. What it has computed so far stays readable.
#[utoipa::path(tag = "Simulation Runs", params(RunPath), responses(
    (status = 200, description = "The run, cancelled.", body = RunCancelled),
    (status = 404, description = "`RUN_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`ALREADY_ENDED`", body = ErrorBody)
))]
#[post("/runs/{id}/cancel")]
pub(super) async fn cancel_run(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
) -> ApiResult<Json<RunCancelled>> {
    let record = state.runtime.cancel(caller.tenant_id, id).await?;
    Ok(Json(RunCancelled {
        id,
        status: record.status.as_str(),
        message: "Run cancelled",
        partial_results: record.has_results,
        ticks_completed: record.current_tick,
    }))
}
