//! GET /health, /health/live and /health/ready: whether the server answers, and whether it should be sent work. They ask
//! nothing of the runtime, so that a busy server is not taken for a dead one.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get};
use civitas_store::StoreError;
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
/// is accepted until civitas is started again, and on a disk with too little room nothing new; this says why.
#[utoipa::path(tag = "Service", security(()), responses(
    (status = 200, description = "The server answers, and its store takes commits.", body = Health),
    (status = 503, description = "`STORE_ERROR`: the store has failed and takes no more; the detail says why.",
        body = ErrorBody),
    (status = 507, description = "`INSUFFICIENT_STORAGE`: the disk has too little room for anything new; the detail says how much.",
        body = ErrorBody)
))]
#[get("/health")]
pub(super) async fn health(state: Data<AppState>) -> ApiResult<Json<Health>> {
    let store = state.runtime.store();
    if let Some(failure) = store.failure() {
        return Err(ApiError::new(ErrorCode::Store, failure.to_string()));
    }
    match store.room() {
        Err(short @ StoreError::NoRoom { .. }) => Err(ApiError::new(ErrorCode::NoRoom, short.to_string())),
        _ => Ok(Json(Health { status: "ok" })),
    }
}

/// Whether the server should be sent work.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Readiness {
    /// `ready` or `not_ready`.
    #[schema(example = "ready")]
    status: &'static str,
    /// Why it is not ready; empty where it is.
    reasons: Vec<String>,
}

/// Say that the process lives: whoever gets an answer need not restart it.
#[utoipa::path(tag = "Service", security(()), responses((status = 200, description = "It lives.", body = Health)))]
#[get("/health/live")]
pub(super) async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Say whether the server should be sent work, and if not, why: its store takes nothing any more, its disk has too little room, or it stops.
#[utoipa::path(tag = "Service", security(()), responses(
    (status = 200, description = "Send it work.", body = Readiness),
    (status = 503, description = "Do not; `reasons` say why.", body = Readiness)
))]
#[get("/health/ready")]
pub(super) async fn ready(state: Data<AppState>) -> HttpResponse {
    let store = state.runtime.store();
    let failed = store.failure().or_else(|| store.room().err()).map(|failure| format!("store: {failure}"));
    let stops = state.closing.borrow().then(|| "stopping: the server was told to stop".to_owned());
    let reasons: Vec<_> = failed.into_iter().chain(stops).collect();
    let (status, code) = match reasons.is_empty() {
        true => ("ready", StatusCode::OK),
        false => ("not_ready", StatusCode::SERVICE_UNAVAILABLE),
    };
    HttpResponse::build(code).json(Readiness { status, reasons })
}
