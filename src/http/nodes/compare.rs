//! GET /nodes/compare.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, get};

use super::{blocking, query_pairs};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::node_compare::NodeComparison;
use crate::http::wire::node_query::{CompareParams, compared};

/// Compare two to four nodes with the first of them: by how much each line of their outcomes differs, seed by seed where both
/// have runs of the same seeds. Runs nothing.
#[utoipa::path(tag = "Nodes", params(CompareParams), responses(
    (status = 200, description = "The nodes, and each beside the first.", body = NodeComparison),
    (status = 404, description = "`NODE_NOT_FOUND`", body = ErrorBody),
    (status = 422, description = "`NODE_MISMATCH`: nodes of different models", body = ErrorBody)
))]
#[get("/nodes/compare")]
pub(super) async fn compare_nodes(
    state: Data<AppState>,
    Caller(caller): Caller,
    request: HttpRequest,
) -> ApiResult<Json<NodeComparison>> {
    let ids = compared(&query_pairs(&request)?)?;
    let reader = state.nodes.clone();
    let (baseline, others) = blocking(move || reader.compared(caller.tenant_id, &ids)).await?;
    Ok(Json(NodeComparison::new(&baseline, &others)))
}
