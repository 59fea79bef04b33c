//! DELETE /experiments/{id}/stop.

use actix_web::delete;
use actix_web::web::{Data, Json};
use civitas_actors::RuntimeError;

use super::{ExperimentPath, experiment, not_found};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiError, ApiResult, ErrorBody, ErrorCode};
use crate::http::wire::experiment::{Answer, ExperimentStopped, status};

/// Stop an experiment that waits or runs. It has stopped, and that is on the disk, when this answers; what it found so far
/// stays readable.
#[utoipa::path(tag = "Experiment Runner", params(ExperimentPath), responses(
    (status = 200, description = "The experiment, stopped.", body = Answer<ExperimentStopped>),
    (status = 404, description = "`EXPERIMENT_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`ALREADY_ENDED`", body = ErrorBody)
))]
#[delete("/experiments/{id}/stop")]
pub(super) async fn stop_experiment(
    state: Data<AppState>,
    Caller(caller): Caller,
    ExperimentPath(id): ExperimentPath,
) -> ApiResult<Json<Answer<ExperimentStopped>>> {
    experiment(&state.runtime, caller.tenant_id, id).await?;
    let record = state.runtime.cancel(caller.tenant_id, id).await.map_err(|error| match error {
        RuntimeError::AlreadyEnded(_, ended) => {
            let detail = format!("Experiment has already ended as {}", status(ended));
            ApiError::new(ErrorCode::AlreadyEnded, detail)
        }
        RuntimeError::NotFound(_) => not_found(),
        other => other.into(),
    })?;
    Ok(Json(Answer { data: record.into() }))
}
