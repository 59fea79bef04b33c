//! POST /keys.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};

use super::changed;
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::body::JsonBody;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::key::{CreateKey, KeyCreated};
use crate::keys;

/// Make an API key for a tenant, which is made too where it does not exist. The answer is the only place where the key stands.
#[utoipa::path(tag = "Keys", request_body = CreateKey, responses(
    (status = 201, description = "The key, which works from now on.", body = KeyCreated),
    (status = 403, description = "`ADMIN_ONLY`", body = ErrorBody),
    (status = 413, description = "`PAYLOAD_TOO_LARGE`", body = ErrorBody),
    (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody)
))]
#[post("/keys")]
pub(super) async fn create_key(
    state: Data<AppState>,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<CreateKey>,
) -> ApiResult<HttpResponse> {
    let tenant = body.tenant.trim().to_owned();
    let name = tenant.clone();
    let (key, record) = changed(state, caller, move |store| keys::create(store.as_ref(), &name)).await?;
    Ok(HttpResponse::Created().json(KeyCreated::of(key, &record, tenant)))
}
