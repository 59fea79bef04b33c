//! The operations on nodes, one file each. But for the fork they read: what is stored of runs, never anything that would have to
//! be executed.

mod children;
mod compare;
mod fork;
mod get;
mod map;
mod path;

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::errors::{ApiError, ApiResult};
use super::runs::{blocking, not_an_id, query_pairs};

/// Registers the operations; paths that are spelled out before those with an id.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(compare::compare_nodes)
        .service(map::universe_map)
        .service(fork::fork_node)
        .service(children::node_children)
        .service(path::path_analysis)
        .service(get::get_node);
}

/// The node that a path names.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(names("id"), parameter_in = Path)]
struct NodePath(
    /// The node.
    Uuid,
);

impl FromRequest for NodePath {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").unwrap_or_default();
        ready(Uuid::parse_str(id).map(Self).map_err(|_| not_an_id(request, id)))
    }
}
