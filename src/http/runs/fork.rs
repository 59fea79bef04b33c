//! POST /runs/{id}/fork, and what POST /runs does with a parent.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use civitas_store::{RunId, RunRecord};

use super::RunPath;
use super::create::created;
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::body::JsonBody;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::fork::ForkRun;
use crate::http::wire::run::RunCreated;
use crate::keys::Identity;

/// Create a run that goes on from a snapshot of this one, with another seed, scenario or horizon from there on. It is queued,
/// and on the disk with a copy of the snapshot, when this answers: it needs its parent no more. With nothing changed it ends
/// in its parent's bytes.
#[utoipa::path(tag = "Simulation Runs", params(RunPath), request_body = ForkRun, responses(
    (status = 201, description = "The fork, queued.", body = RunCreated),
    (status = 404, description = "`RUN_NOT_FOUND`, `EVENT_BUNDLE_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`VERSION_CONFLICT`: of the bundle that is named", body = ErrorBody),
    (status = 413, description = "`PAYLOAD_TOO_LARGE`", body = ErrorBody),
    (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody),
    (status = 422, description = "`NO_SNAPSHOT`, `SNAPSHOT_UNUSABLE`, `FORK_MISMATCH`, `UNKNOWN_VARIABLE`, `RUN_TOO_LARGE`, \
        `BUNDLE_MISMATCH`", body = ErrorBody),
    (status = 429, description = "`QUOTA_EXCEEDED`", body = ErrorBody)
))]
#[post("/runs/{id}/fork")]
pub(super) async fn fork_run(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
    JsonBody(body): JsonBody<ForkRun>,
) -> ApiResult<HttpResponse> {
    created(&state, forked(&state, caller, id, body).await?).await
}

/// The fork of a run, created.
pub(super) async fn forked(state: &AppState, caller: Identity, parent: RunId, fork: ForkRun) -> ApiResult<RunRecord> {
    let parent = state.runtime.run(caller.tenant_id, parent).await?;
    Ok(state.runtime.fork(fork.of(&parent, caller)?).await?)
}
