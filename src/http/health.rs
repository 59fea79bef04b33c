//! GET /health: says that the server answers. It asks nothing of the runtime, so that a busy server is not taken for a
//! dead one.

use actix_web::get;
use actix_web::web::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// The server answers.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Say that the server answers.
#[utoipa::path(tag = "Service", security(()), responses((status = 200, description = "The server answers.", body = Health)))]
#[get("/health")]
pub(super) async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}
