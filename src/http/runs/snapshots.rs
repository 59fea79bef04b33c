//! POST and GET /runs/{id}/snapshots.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};

use super::{RunPath, blocking};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::held::{Snapshot, SnapshotList};

/// Take a snapshot of a running run after the tick in progress. It is on the disk when this answers, and is kept as long as
/// the run.
#[utoipa::path(tag = "Simulation Runs", params(RunPath), responses(
    (status = 201, description = "The snapshot.", body = Snapshot),
    (status = 404, description = "`RUN_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`WRONG_STATUS`, `ALREADY_RUNNING`, `ALREADY_ENDED`", body = ErrorBody)
))]
#[post("/runs/{id}/snapshots")]
pub(super) async fn take_snapshot(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
) -> ApiResult<HttpResponse> {
    let taken = state.runtime.take_snapshot(caller.tenant_id, id).await?;
    Ok(HttpResponse::Created().json(Snapshot::from(taken)))
}

/// List a run's complete snapshots, oldest first.
#[utoipa::path(tag = "Simulation Runs", params(RunPath), responses(
    (status = 200, description = "The snapshots.", body = SnapshotList),
    (status = 404, description = "`RUN_NOT_FOUND`", body = ErrorBody)
))]
#[get("/runs/{id}/snapshots")]
pub(super) async fn list_snapshots(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
) -> ApiResult<Json<SnapshotList>> {
    let runtime = state.runtime.clone();
    let snapshots = blocking(move || runtime.snapshots(caller.tenant_id, id)).await?;
    Ok(Json(SnapshotList { items: snapshots.into_iter().map(Snapshot::from).collect() }))
}
