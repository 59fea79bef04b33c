//! POST /runs/{id}/pause.

use actix_web::post;
use actix_web::web::{Data, Json};

use super::RunPath;
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::held::RunPaused;

/// Pause a running run after the tick in progress. Its place is free for another run; it stays paused, over restarts of the
/// server too, until it is resumed or cancelled, and then goes on to the same results.
#[utoipa::path(tag = "Simulation Runs", params(RunPath), responses(
    (status = 200, description = "The run, paused.", body = RunPaused),
    (status = 404, description = "`RUN_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`WRONG_STATUS`, `ALREADY_RUNNING`, `ALREADY_ENDED`", body = ErrorBody)
))]
#[post("/runs/{id}/pause")]
pub(super) async fn pause_run(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
) -> ApiResult<Json<RunPaused>> {
    let record = state.runtime.pause(caller.tenant_id, id).await?;
    Ok(Json(RunPaused {
        id,
        status: record.status.as_str(),
        message: "Run paused",
        partial_results: record.has_results,
        ticks_completed: record.current_tick,
    }))
}
