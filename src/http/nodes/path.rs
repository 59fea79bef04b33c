//! GET /nodes/{id}/path-analysis.

use actix_web::get;
use actix_web::web::{Data, Json};

use super::{NodePath, blocking};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::node_compare::PathAnalysis;

/// Follow the way from the root to a node: at every step what was added to the scenario, what came of it, and by how much that
/// differs from the step before and from the root. Runs nothing.
#[utoipa::path(tag = "Nodes", params(NodePath), responses(
    (status = 200, description = "The steps, from the root on.", body = PathAnalysis),
    (status = 404, description = "`NODE_NOT_FOUND`", body = ErrorBody)
))]
#[get("/nodes/{id}/path-analysis")]
pub(super) async fn path_analysis(
    state: Data<AppState>,
    Caller(caller): Caller,
    NodePath(id): NodePath,
) -> ApiResult<Json<PathAnalysis>> {
    let reader = state.nodes.clone();
    let (root, below) = blocking(move || reader.observed_path(caller.tenant_id, id)).await?;
    Ok(Json(PathAnalysis::new(&root, &below)))
}
