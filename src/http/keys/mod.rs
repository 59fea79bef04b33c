//! API keys over HTTP: whoever has a key may see those of its tenant, and the keys of the tenant that `server.admin_tenant`
//! names see, make and revoke those of all. Owns that rule; how keys are made and checked is [`crate::keys`]'s matter. It
//! must never answer with a key but once, to whoever made it.

mod create;
mod list;
mod revoke;

use std::sync::{Arc, PoisonError};

use actix_web::web;
use civitas_store::{Store, TenantRecord};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::app::AppState;
use super::errors::{ApiError, ApiResult, ErrorCode};
use crate::error::Error;
use crate::keys::{Access, Identity};

/// Registers the operations on keys.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list::list_keys).service(create::create_key).service(revoke::revoke_key);
}

/// True when the caller's tenant is the one that administers keys. On a server without keys nobody does: whoever makes the
/// first one has the data folder, and `civitas key create`.
pub(super) fn is_admin(state: &AppState, caller: &Identity, tenants: &[TenantRecord]) -> bool {
    let name = state.admin_tenant.as_str();
    let of = |tenant: &TenantRecord| tenant.id == caller.tenant_id && tenant.name == name;
    !name.is_empty() && !state.is_keyless() && tenants.iter().any(of)
}

/// Changes the keys as an administrator may; afterwards the server asks for those that there are now.
async fn changed<T: Send + 'static>(
    state: web::Data<AppState>,
    caller: Identity,
    change: impl FnOnce(&Arc<dyn Store>) -> crate::error::Result<T> + Send + 'static,
) -> ApiResult<T> {
    let done = web::block(move || {
        let _one_at_a_time = state.changing_keys.lock().unwrap_or_else(PoisonError::into_inner);
        let store = state.runtime.store();
        let tenants = store.tenants().map_err(Error::Store)?;
        if !is_admin(&state, &caller, &tenants) {
            return Ok(None);
        }
        let made = change(store)?;
        state.set_access(Access::read(store.as_ref())?);
        Ok(Some(made))
    });
    let overloaded = |_| ApiError::new(ErrorCode::Overloaded, ErrorCode::Overloaded.meaning());
    let made: Option<T> = done.await.map_err(overloaded)?.map_err(refusal)?;
    made.ok_or_else(|| {
        let detail = "only keys of the tenant that server.admin_tenant names may make and revoke keys here; on the machine \
            itself `civitas key` does it";
        ApiError::new(ErrorCode::AdminOnly, detail)
    })
}

/// The API's words for what [`crate::keys`] refuses.
fn refusal(error: Error) -> ApiError {
    match error {
        Error::TenantName => ApiError::invalid(format!("tenant: {error}")),
        Error::NoSuchKey(id) => ApiError::new(ErrorCode::KeyNotFound, format!("there is no API key {id}")),
        Error::Store(error) => civitas_actors::RuntimeError::from(error).into(),
        other => {
            tracing::error!(error = %other, "keys could not be changed");
            ApiError::internal()
        }
    }
}

/// Refuses to revoke the key that asks for it.
fn check_other(caller: &Identity, id: Uuid) -> ApiResult<()> {
    if caller.created_by == id.to_string() {
        let detail = "a key cannot revoke itself, so that nobody locks everybody out by a slip; use another, or `civitas key revoke`";
        return Err(ApiError::new(ErrorCode::KeyInUse, detail));
    }
    Ok(())
}
