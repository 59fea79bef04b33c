//! GET /experiments/{id}/status.

use actix_web::get;
use actix_web::web::{Data, Json};

use super::{ExperimentPath, experiment};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::experiment::{Answer, ExperimentStatus};

/// Read where an experiment stands.
#[utoipa::path(tag = "Experiment Runner", params(ExperimentPath), responses(
    (status = 200, description = "Where it stands.", body = Answer<ExperimentStatus>),
    (status = 404, description = "`EXPERIMENT_NOT_FOUND`", body = ErrorBody)
))]
#[get("/experiments/{id}/status")]
pub(super) async fn get_experiment_status(
    state: Data<AppState>,
    Caller(caller): Caller,
    ExperimentPath(id): ExperimentPath,
) -> ApiResult<Json<Answer<ExperimentStatus>>> {
    let record = experiment(&state.runtime, caller.tenant_id, id).await?;
    Ok(Json(Answer { data: record.into() }))
}
