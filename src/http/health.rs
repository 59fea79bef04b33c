//! GET /health: says that the server answers and that its store takes what it is given. It asks nothing of the runtime, so
//! that a busy server is not taken for a dead one.

use actix_web::get;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::app::AppState;
use super::errors::{ApiError, ApiResult, ErrorBody, ErrorCode};

/// The server answers.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Say that the server answers and that what it is given can be kept. After a commit that could not be made durable nothing
/// is accepted until civitas is started again, and this says why.
#[utoipa::path(tag = "Service", security(()), responses(
    (status = 200, description = "The server answers, and its store takes commits.", body = Health),
    (status = 503, description = "`STORE_ERROR`: the store has failed and takes no more; the detail says why.",
        body = ErrorBody)
))]
#[get("/health")]
pub(super) async fn health(state: Data<AppState>) -> ApiResult<Json<Health>> {
    match state.runtime.store().failure() {
        Some(failure) => Err(ApiError::new(ErrorCode::Store, failure.to_string())),
        None => Ok(Json(Health { status: "ok" })),
    }
}
