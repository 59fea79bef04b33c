//! GET /nodes/{id}/children.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, get};

use super::{NodePath, blocking, query_pairs};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::node::NodeList;
use crate::http::wire::node_query::{PageParams, page_query};

/// List the children of a node, oldest first.
#[utoipa::path(tag = "Nodes", params(NodePath, PageParams), responses(
    (status = 200, description = "A page of children.", body = NodeList),
    (status = 404, description = "`NODE_NOT_FOUND`", body = ErrorBody)
))]
#[get("/nodes/{id}/children")]
pub(super) async fn node_children(
    state: Data<AppState>,
    Caller(caller): Caller,
    NodePath(id): NodePath,
    request: HttpRequest,
) -> ApiResult<Json<NodeList>> {
    let (skip, limit) = page_query(&query_pairs(&request)?)?;
    let reader = state.nodes.clone();
    let (children, total) = blocking(move || reader.children(caller.tenant_id, id, skip, limit)).await?;
    let items = children.into_iter().map(Into::into).collect();
    Ok(Json(NodeList { items, total, page: skip / limit + 1, size: limit, pages: total.div_ceil(limit) }))
}
