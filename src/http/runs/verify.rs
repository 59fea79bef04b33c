//! POST, GET and DELETE /runs/{id}/verify.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, post};

use super::{RunPath, blocking};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::verification::VerificationReport;

/// Execute a run again and compare it, tick by tick, with its manifest. It takes the place of a run while it goes on, and at
/// the most as long as a run may take; the run is not changed. Where a verification of this run goes on already, that is meant.
#[utoipa::path(tag = "Simulation Runs", params(RunPath), responses(
    (status = 202, description = "The verification, which goes on; watch it with GET.", body = VerificationReport),
    (status = 404, description = "`RUN_NOT_FOUND`, `NO_MANIFEST`", body = ErrorBody),
    (status = 409, description = "`MANIFEST_NOT_READY`", body = ErrorBody),
    (status = 422, description = "`OTHER_RESULTS`, `UNKNOWN_MODEL`, `UNKNOWN_DATASET`", body = ErrorBody),
    (status = 429, description = "`QUOTA_EXCEEDED`", body = ErrorBody)
))]
#[post("/runs/{id}/verify")]
pub(super) async fn verify_run(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
) -> ApiResult<HttpResponse> {
    let verification = state.runtime.verify(caller.tenant_id, id).await?;
    Ok(HttpResponse::Accepted().json(VerificationReport::from(verification)))
}

/// Read how the latest verification of a run stands, or how it ended. It is forgotten when the server stops.
#[utoipa::path(tag = "Simulation Runs", params(RunPath), responses(
    (status = 200, description = "The verification.", body = VerificationReport),
    (status = 404, description = "`RUN_NOT_FOUND`, `NO_VERIFICATION`", body = ErrorBody)
))]
#[get("/runs/{id}/verify")]
pub(super) async fn get_verification(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
) -> ApiResult<Json<VerificationReport>> {
    let runtime = state.runtime.clone();
    let verification = blocking(move || runtime.verification(caller.tenant_id, id)).await?;
    Ok(Json(verification.into()))
}

/// Give up the verification of a run. One that has ended stays as it is.
#[utoipa::path(tag = "Simulation Runs", params(RunPath), responses(
    (status = 200, description = "The verification, which has stopped.", body = VerificationReport),
    (status = 404, description = "`RUN_NOT_FOUND`, `NO_VERIFICATION`", body = ErrorBody)
))]
#[delete("/runs/{id}/verify")]
pub(super) async fn cancel_verification(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
) -> ApiResult<Json<VerificationReport>> {
    Ok(Json(state.runtime.cancel_verification(caller.tenant_id, id).await?.into()))
}
