//! GET /nodes/universe-map/{project_id}.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, get};
use uuid::Uuid;

use super::{blocking, query_pairs};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiError, ApiResult};
use crate::http::wire::node::UniverseMap;
use crate::http::wire::node_query::{MapParams, map_query};

/// Map the nodes of a project: all of its questions, and which adds to which. A project that nobody has used has none.
#[utoipa::path(tag = "Nodes",
    params(("project_id" = Uuid, Path, description = "The project."), MapParams),
    responses((status = 200, description = "Nodes and edges.", body = UniverseMap))
)]
#[get("/nodes/universe-map/{project_id}")]
pub(super) async fn universe_map(
    state: Data<AppState>,
    Caller(caller): Caller,
    project: Path<String>,
    request: HttpRequest,
) -> ApiResult<Json<UniverseMap>> {
    let wrong = |_| ApiError::invalid(format!("project_id must be a UUID, not '{project}'"));
    let project = Uuid::parse_str(&project).map_err(wrong)?;
    let query = map_query(&query_pairs(&request)?)?;
    let reader = state.nodes.clone();
    let map = blocking(move || reader.map(caller.tenant_id, Some(project), query)).await?;
    Ok(Json(UniverseMap::new(project, map)))
}
