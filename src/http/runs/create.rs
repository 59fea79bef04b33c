//! POST /runs.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use civitas_store::RunRecord;

use super::{blocking, fork};
use crate::http::app::{API_PATH, AppState};
use crate::http::auth::Caller;
use crate::http::body::JsonBody;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::create::CreateRun;
use crate::http::wire::run::RunCreated;

/// Create a run. It is queued, and on the disk, when this answers; start it with POST /runs/{id}/start. With
/// `parent_run_id` it is a fork, as POST /runs/{id}/fork makes them.
#[utoipa::path(tag = "Simulation Runs", request_body = CreateRun, responses(
    (status = 201, description = "The run, queued.", body = RunCreated),
    (status = 413, description = "`PAYLOAD_TOO_LARGE`", body = ErrorBody),
    (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody),
    (status = 404, description = "`RUN_NOT_FOUND`: the run that is to be forked", body = ErrorBody),
    (status = 422, description = "`RUN_TOO_LARGE`, `UNKNOWN_VARIABLE`, `UNKNOWN_MODEL`, `UNKNOWN_DATASET`, `NO_SNAPSHOT`, \
        `SNAPSHOT_UNUSABLE`, `FORK_MISMATCH`, `NOT_SUPPORTED_YET`", body = ErrorBody),
    (status = 429, description = "`QUOTA_EXCEEDED`", body = ErrorBody)
))]
#[post("/runs")]
pub(super) async fn create_run(
    state: Data<AppState>,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<CreateRun>,
) -> ApiResult<HttpResponse> {
    let record = match body.into_fork() {
        Ok((parent, fork)) => fork::forked(&state, caller, parent, fork).await?,
        Err(body) => state.runtime.submit(body.draft()?.into_new_run(caller)?).await?,
    };
    created(&state, record).await
}

/// The answer for a run that was created.
pub(super) async fn created(state: &AppState, record: RunRecord) -> ApiResult<HttpResponse> {
    let (runtime, id) = (state.runtime.clone(), record.id);
    let telemetry = blocking(move || runtime.telemetry(id)).await?;
    let mut run = RunCreated::from(record);
    run.config.telemetry = Some(telemetry.into());
    let location = format!("{API_PATH}/runs/{id}");
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(run))
}
