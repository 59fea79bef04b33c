//! API keys as clients see them: who they speak for and since when, never the key itself but in the answer that makes it.

use civitas_store::{KeyRecord, TenantRecord};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::keys::Identity;
use crate::time;

/// A key to make.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// Name of the tenant that the key speaks for; it is made where it does not exist.
    #[schema(min_length = 1, max_length = 100, example = "acme")]
    pub tenant: String,
}

/// A key that was made.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct KeyCreated {
    /// Its id, by which it can be revoked.
    pub id: Uuid,
    /// Name of its tenant.
    pub tenant: String,
    /// The key. It is shown only here.
    #[schema(example = "civ_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    pub key: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A key.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct KeyItem {
    /// Its id.
    pub id: Uuid,
    /// Name of its tenant.
    pub tenant: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was revoked; null while it works.
    #[schema(format = DateTime)]
    pub revoked_at: Option<String>,
    /// True of the key that asks.
    pub own: bool,
}

/// Keys.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct KeyList {
    /// Those that the caller may see, oldest first.
    pub items: Vec<KeyItem>,
    /// Whether the caller may make and revoke keys.
    pub admin: bool,
}

impl KeyCreated {
    /// A new key.
    pub fn of(key: String, record: &KeyRecord, tenant: String) -> Self {
        Self { id: record.id, tenant, key, created_at: time::rfc3339(record.created_at_ms) }
    }
}

impl KeyItem {
    /// A key as `caller` sees it.
    pub fn of(record: &KeyRecord, tenants: &[TenantRecord], caller: &Identity) -> Self {
        let tenant = tenants.iter().find(|tenant| tenant.id == record.tenant_id);
        Self {
            id: record.id,
            tenant: tenant.map_or_else(|| "?".to_owned(), |tenant| tenant.name.clone()),
            created_at: time::rfc3339(record.created_at_ms),
            revoked_at: record.revoked_at_ms.map(time::rfc3339),
            own: caller.created_by == record.id.to_string(),
        }
    }
}
