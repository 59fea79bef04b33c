//! The operations on runs, one file each. A handler takes who asks and what is asked, calls the runtime, and
//! shapes the answer; what they share stands here.

mod batch;
mod cancel;
mod create;
mod fork;
mod get;
mod list;
mod manifest;
mod pause;
mod progress;
mod results;
mod resume;
mod snapshots;
mod society;
mod start;
mod verify;

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::{self, Data};
use actix_web::{FromRequest, HttpRequest};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::app::AppState;
use super::errors::{ApiError, ApiResult, ErrorCode};

/// Registers the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_runs)
        .service(create::create_run)
        .service(batch::create_batch)
        .service(get::get_run)
        .service(start::start_run)
        .service(fork::fork_run)
        .service(pause::pause_run)
        .service(resume::resume_run)
        .service(snapshots::take_snapshot)
        .service(snapshots::list_snapshots)
        .service(cancel::cancel_run)
        .service(progress::run_progress)
        .service(results::run_results)
        .service(manifest::run_manifest)
        .service(verify::verify_run)
        .service(verify::get_verification)
        .service(verify::cancel_verification);
}

/// The run that a path names.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(names("id"), parameter_in = Path)]
pub(super) struct RunPath(
    /// The run.
    pub(super) Uuid,
);

impl FromRequest for RunPath {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").unwrap_or_default();
        ready(Uuid::parse_str(id).map(Self).map_err(|_| not_an_id(request, id)))
    }
}

/// A path like /runs/batch is no bad id: it exists, with another method.
pub(super) fn not_an_id(request: &HttpRequest, id: &str) -> ApiError {
    let state = request.app_data::<Data<AppState>>();
    match state.and_then(|state| state.routes.literal(request.path())) {
        Some(allow) => ApiError::method_not_allowed(request.method().as_str(), allow),
        None => ApiError::invalid(format!("id must be a UUID, not '{id}'")),
    }
}

/// The decoded pairs of a request's query string.
pub(super) fn query_pairs(request: &HttpRequest) -> ApiResult<Vec<(String, String)>> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let wrong = |error| ApiError::invalid(format!("the query string cannot be read: {error}"));
    pairs.map(web::Query::into_inner).map_err(wrong)
}

/// Reads from the store or changes it on a thread that may wait for the disk.
pub(super) async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> civitas_actors::Result<T> + Send + 'static,
) -> ApiResult<T> {
    let answer = web::block(read).await.map_err(|error| {
        tracing::error!(%error, "a read of the store was given up");
        ApiError::new(ErrorCode::Overloaded, ErrorCode::Overloaded.meaning())
    })?;
    Ok(answer?)
}
