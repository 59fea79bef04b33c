//! GET /runs/{id}/manifest.

use actix_web::get;
use actix_web::web::{Data, Json};

use super::RunPath;
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::manifest::Manifest;

/// Read what a run noted of itself: who executed what, a digest of every tick, and the hash of its results. It is written with
/// the results, when the run ends or is paused.
#[utoipa::path(tag = "Simulation Runs", params(RunPath), responses(
    (status = 200, description = "The manifest.", body = Manifest),
    (status = 404, description = "`RUN_NOT_FOUND`, `NO_MANIFEST`", body = ErrorBody),
    (status = 409, description = "`MANIFEST_NOT_READY`", body = ErrorBody)
))]
#[get("/runs/{id}/manifest")]
pub(super) async fn run_manifest(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
) -> ApiResult<Json<Manifest>> {
    Ok(Json(state.runtime.manifest(caller.tenant_id, id).await?.into()))
}
