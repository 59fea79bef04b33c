//! The operations on event scripts (`scripts`) and on bundles of them (`bundles`), which are the same for both. A handler calls the
//! runtime's event scripts on a thread that may wait for the disk, and shapes the answer; what they share stands here.

mod bundles;
mod scripts;

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
        .service(bundles::list_event_bundles)
        .service(bundles::create_event_bundle)
        .service(bundles::validate_event_bundle)
        .service(bundles::get_event_bundle)
        .service(bundles::update_event_bundle)
        .service(bundles::remove_event_bundle)
        .service(scripts::list_event_scripts)
        .service(scripts::create_event_script)
        .service(scripts::validate_event_script)
        .service(scripts::get_event_script)
        .service(scripts::update_event_script)
        .service(scripts::remove_event_script);
}

/// The script or bundle that a path names.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(names("id"), parameter_in = Path)]
struct EventPath(
    /// The event script, or the bundle.
    Uuid,
);

impl FromRequest for EventPath {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").unwrap_or_default();
        ready(Uuid::parse_str(id).map(Self).map_err(|_| not_an_id(request, id)))
    }
}
