//! DELETE /keys/{id}.

use actix_web::delete;
use actix_web::web::{Data, Json, Path};
use uuid::Uuid;

use super::{changed, check_other};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiError, ApiResult, ErrorBody};
use crate::http::wire::key::KeyItem;
use crate::keys;

/// Revoke an API key: it opens nothing any more. Revoking it again changes nothing.
#[utoipa::path(tag = "Keys", params(("id" = Uuid, Path, description = "The key's id, from the list.")), responses(
    (status = 200, description = "The key, revoked.", body = KeyItem),
    (status = 403, description = "`ADMIN_ONLY`", body = ErrorBody),
    (status = 404, description = "`KEY_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`KEY_IN_USE`: it is the key that asks", body = ErrorBody)
))]
#[delete("/keys/{id}")]
pub(super) async fn revoke_key(
    state: Data<AppState>,
    Caller(caller): Caller,
    id: Path<String>,
) -> ApiResult<Json<KeyItem>> {
    let id = Uuid::parse_str(&id).map_err(|_| ApiError::invalid(format!("id must be a UUID, not '{id}'")))?;
    check_other(&caller, id)?;
    let shown = caller.clone();
    let item = changed(state, caller, move |store| {
        let record = keys::revoke(store.as_ref(), id)?;
        Ok(KeyItem::of(&record, &store.tenants()?, &shown))
    });
    Ok(Json(item.await?))
}
