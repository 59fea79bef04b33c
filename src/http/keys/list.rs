//! GET /keys.

use actix_web::get;
use actix_web::web::{Data, Json};

use super::is_admin;
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::ApiResult;
use crate::http::runs::blocking;
use crate::http::wire::key::{KeyItem, KeyList};

/// List the API keys of your tenant, oldest first; of all tenants where yours administers keys. Keys themselves are not kept.
#[utoipa::path(tag = "Keys", responses((status = 200, description = "The keys.", body = KeyList)))]
#[get("/keys")]
pub(super) async fn list_keys(state: Data<AppState>, Caller(caller): Caller) -> ApiResult<Json<KeyList>> {
    let list = blocking(move || {
        let store = state.runtime.store();
        let (tenants, keys) = (store.tenants()?, store.keys()?);
        let admin = is_admin(&state, &caller, &tenants);
        let seen = keys.iter().filter(|key| admin || key.tenant_id == caller.tenant_id);
        let items = seen.map(|key| KeyItem::of(key, &tenants, &caller)).collect();
        Ok(KeyList { items, admin })
    });
    Ok(Json(list.await?))
}
