//! POST /nodes/fork.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};

use super::blocking;
use crate::http::app::{API_PATH, AppState};
use crate::http::auth::Caller;
use crate::http::body::JsonBody;
use crate::http::errors::{ApiError, ApiResult, ErrorBody};
use crate::http::wire::node_fork::{ForkNode, NodeForked};

/// Make a child of a node: its parent's scenario with a patch added, and runs with its parent's seeds or others. All of it is
/// on the disk when this answers, or nothing; with `auto_run` the runs start as places free up.
#[utoipa::path(tag = "Nodes", request_body = ForkNode, responses(
    (status = 201, description = "The child with its runs.", body = NodeForked),
    (status = 404, description = "`NODE_NOT_FOUND`: the parent; `EVENT_BUNDLE_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`VERSION_CONFLICT`: of the bundle that is named", body = ErrorBody),
    (status = 413, description = "`PAYLOAD_TOO_LARGE`", body = ErrorBody),
    (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody),
    (status = 422, description = "`NODE_MISMATCH`, `NODE_LIMIT`, `UNKNOWN_VARIABLE`, `RUN_TOO_LARGE`, `BUNDLE_MISMATCH`",
        body = ErrorBody),
    (status = 429, description = "`QUOTA_EXCEEDED`", body = ErrorBody)
))]
#[post("/nodes/fork")]
pub(super) async fn fork_node(
    state: Data<AppState>,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<ForkNode>,
) -> ApiResult<HttpResponse> {
    let (parent, auto_run) = (body.parent()?, body.auto_run.unwrap_or(false));
    let (runtime, tenant) = (state.runtime.clone(), caller.tenant_id);
    let (like, seeds) = blocking(move || {
        let like = runtime.run_of_node(tenant, parent, &caller.created_by)?;
        let mut seeds = Vec::new();
        for (run, _) in runtime.store().node_runs(parent)? {
            seeds.extend(runtime.store().run(run)?.map(|run| run.spec.seed));
        }
        Ok((like, seeds))
    })
    .await?;
    let created = state.runtime.submit_batch(body.runs_of(&like, &seeds)?, auto_run).await?;
    let id = created.runs.first().and_then(|run| run.node_id).ok_or_else(ApiError::internal)?;
    let reader = state.nodes.clone();
    let twig = blocking(move || reader.twig(reader.node(tenant, id)?)).await?;
    let location = format!("{API_PATH}/nodes/{id}");
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(NodeForked::new(twig.into(), created)))
}
