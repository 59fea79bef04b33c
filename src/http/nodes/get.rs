//! GET /nodes/{id}.

use actix_web::get;
use actix_web::web::{Data, Json};

use super::{NodePath, blocking};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::node::Node;

/// Read a node: its patch and what is in force, the state of its variables, its runs, and the lines of their outcomes with mean,
/// spread and interval over the seeds. Runs nothing.
#[utoipa::path(tag = "Nodes", params(NodePath), responses(
    (status = 200, description = "The node.", body = Node),
    (status = 404, description = "`NODE_NOT_FOUND`", body = ErrorBody)
))]
#[get("/nodes/{id}")]
pub(super) async fn get_node(
    state: Data<AppState>,
    Caller(caller): Caller,
    NodePath(id): NodePath,
) -> ApiResult<Json<Node>> {
    let reader = state.nodes.clone();
    let (twig, answers) = blocking(move || {
        let twig = reader.twig(reader.node(caller.tenant_id, id)?)?;
        Ok((twig, reader.answers(id)?))
    })
    .await?;
    // A model that this program does not have says nothing of its variables.
    let card = state.runtime.catalogue().card(&twig.node.spec.model).ok();
    Ok(Json(Node::new(twig, &answers, card)))
}
