//! POST /runs/batch.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};

use super::create::run_of_node;
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::body::JsonBody;
use crate::http::errors::{ApiError, ApiResult, ErrorBody};
use crate::http::wire::batch::{BatchCreated, BatchRun, CreateBatch};
use crate::http::wire::fork::ForkedFrom;
use crate::http::wire::place::node_of;

/// Create several runs, all or none. With `auto_start` they start as places free up. With `parent_run_id` they are forks of
/// one snapshot, and what came before it is not stepped again. Runs that are the same up to some tick share what comes before it
/// (`shares_with`). Those that differ by nothing but their seed share a node.
#[utoipa::path(tag = "Simulation Runs", request_body = CreateBatch, responses(
    (status = 201, description = "The batch with its runs.", body = BatchCreated),
    (status = 409, description = "`VERSION_CONFLICT`: of the bundle that is named", body = ErrorBody),
    (status = 413, description = "`PAYLOAD_TOO_LARGE`", body = ErrorBody),
    (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody),
    (status = 404, description = "`RUN_NOT_FOUND`: the run that is to be forked; `NODE_NOT_FOUND`, `EVENT_BUNDLE_NOT_FOUND`", body = ErrorBody),
    (status = 422, description = "`RUN_TOO_LARGE`, `UNKNOWN_VARIABLE`, `UNKNOWN_MODEL`, `UNKNOWN_DATASET`, `NO_SNAPSHOT`, \
        `SNAPSHOT_UNUSABLE`, `FORK_MISMATCH`, `NODE_MISMATCH`, `NODE_LIMIT`, `BUNDLE_MISMATCH`", body = ErrorBody),
    (status = 429, description = "`QUOTA_EXCEEDED`", body = ErrorBody)
))]
#[post("/runs/batch")]
pub(super) async fn create_batch(
    state: Data<AppState>,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<CreateBatch>,
) -> ApiResult<HttpResponse> {
    let auto_start = body.auto_start.unwrap_or(false);
    let created = match body.into_placed()? {
        Ok(placed) => {
            let node = node_of(placed.place).ok_or_else(ApiError::internal)?;
            let like = run_of_node(&state, caller, node).await?;
            state.runtime.submit_batch(placed.of(&like)?, auto_start).await?
        }
        Err(body) => match body.into_forks()? {
            Ok(forks) => {
                let parent = state.runtime.run(caller.tenant_id, forks.parent).await?;
                state.runtime.fork_batch(forks.of(&parent, &caller)?, auto_start).await?
            }
            Err(body) => {
                let runs = body.drafts()?.into_iter().map(|draft| draft.into_new_run(caller.clone()));
                state.runtime.submit_batch(runs.collect::<ApiResult<Vec<_>>>()?, auto_start).await?
            }
        },
    };
    let runs: Vec<_> = created
        .runs
        .into_iter()
        .zip(created.shared)
        .map(|(run, shared)| BatchRun {
            id: run.id,
            name: run.name,
            status: run.status.as_str(),
            shares_with: shared.map(|from| ForkedFrom { run_id: from.run_id, tick: from.tick }),
        })
        .collect();
    Ok(HttpResponse::Created().json(BatchCreated { batch_id: created.batch.id, total: runs.len(), runs }))
}
