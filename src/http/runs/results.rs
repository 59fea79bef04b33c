//! GET /runs/{id}/results.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};

use super::RunPath;
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiError, ApiResult, ErrorBody};
use crate::http::wire::results::{Results, document};

/// Read the results of a run that has ended; of a failed or cancelled run they reach to its last completed tick.
#[utoipa::path(tag = "Simulation Runs", params(RunPath), responses(
    (status = 200, description = "The results.", body = Results),
    (status = 404, description = "`RUN_NOT_FOUND`, `NO_RESULTS`", body = ErrorBody),
    (status = 409, description = "`RESULTS_NOT_READY`", body = ErrorBody)
))]
#[get("/runs/{id}/results")]
pub(super) async fn run_results(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
) -> ApiResult<HttpResponse> {
    let results = state.runtime.results(caller.tenant_id, id).await?;
    let telemetry_ref = state.telemetry_ref(id).await?;
    let document = document(&results, telemetry_ref.as_deref()).ok_or_else(|| {
        tracing::error!(%id, "the stored results are not a JSON object");
        ApiError::internal()
    })?;
    Ok(HttpResponse::Ok().content_type("application/json").body(document))
}
