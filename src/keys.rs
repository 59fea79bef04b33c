//! API keys: how they are made, hashed and checked. Owns the format of a key and the rule of who a request speaks for;
//! it must never store, log or compare a key itself, only its SHA-256. A key has 256 random bits, so a fast hash and a
//! lookup by it give an attacker nothing to guess or to time.

use std::collections::HashMap;

use civitas_store::{
    Change, DEFAULT_TENANT, DEFAULT_TENANT_NAME, KeyRecord, Store, StoreError, TenantId, TenantRecord,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::time;

/// What every key starts with, so that secret scanners recognise one.
pub const KEY_PREFIX: &str = "civ_";
/// Random bytes in a key.
const KEY_BYTES: usize = 32;
/// The longest name of a tenant, in characters: it fits one line of a listing.
const MAX_TENANT_NAME_CHARS: usize = 100;

/// Who creates runs where there are no keys.
pub const LOCAL_CALLER: &str = "local";

/// The SHA-256 of a key's text.
pub fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// A new key: `civ_` and 64 hexadecimal digits.
///
/// # Errors
/// [`Error::Random`] when the system has no random bytes.
pub fn generate() -> Result<String> {
    let mut bytes = [0_u8; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{KEY_PREFIX}{digits}"))
}

/// Whom a request speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The tenant whose runs it sees.
    pub tenant_id: TenantId,
    /// What is recorded as `created_by`: the key's id, or `local`.
    pub created_by: String,
}

/// Who may do what, as read from the store when the server starts.
#[derive(Clone, Debug)]
pub enum Access {
    /// No key was ever made: everybody who reaches the server is the default tenant.
    Keyless,
    /// Keys are required; revoked ones are left out, so that a store whose keys are all revoked opens to nobody.
    Keys(HashMap<[u8; 32], Identity>),
}

impl Access {
    /// Reads the keys of a store.
    ///
    /// # Errors
    /// The store's.
    pub fn read(store: &dyn Store) -> std::result::Result<Self, StoreError> {
        Ok(Self::from_records(&store.keys()?))
    }

    /// The access that these records, revoked ones included, give.
    pub fn from_records(records: &[KeyRecord]) -> Self {
        if records.is_empty() {
            return Self::Keyless;
        }
        let active = records.iter().filter(|key| key.revoked_at_ms.is_none());
        let entry =
            |key: &KeyRecord| (key.sha256, Identity { tenant_id: key.tenant_id, created_by: key.id.to_string() });
        Self::Keys(active.map(entry).collect())
    }

    /// True when no key is asked for.
    pub fn is_keyless(&self) -> bool {
        matches!(self, Self::Keyless)
    }

    /// Whom a request with this bearer token speaks for; `None` refuses it.
    pub fn identify(&self, token: Option<&str>) -> Option<Identity> {
        match self {
            Self::Keyless => Some(Identity { tenant_id: DEFAULT_TENANT, created_by: LOCAL_CALLER.to_owned() }),
            Self::Keys(keys) => keys.get(&hash(token?)).cloned(),
        }
    }
}

/// Makes a key for the tenant of this name, which is made too where it does not exist, and returns it with its record.
/// The key itself is nowhere kept.
///
/// # Errors
/// [`Error::TenantName`] for a bad name, [`Error::Random`], or the store's.
pub fn create(store: &dyn Store, tenant: &str) -> Result<(String, KeyRecord)> {
    let tenant = tenant.trim();
    let chars = tenant.chars().count();
    if chars == 0 || chars > MAX_TENANT_NAME_CHARS || tenant.chars().any(char::is_control) {
        return Err(Error::TenantName);
    }
    let key = generate()?;
    let created_at_ms = time::now_ms();
    let mut changes = Vec::new();
    let tenant_id = match store.tenants()?.into_iter().find(|known| known.name == tenant) {
        Some(known) => known.id,
        None => {
            let id = if tenant == DEFAULT_TENANT_NAME { DEFAULT_TENANT } else { Uuid::now_v7() };
            changes.push(Change::PutTenant(TenantRecord { id, name: tenant.to_owned(), created_at_ms }));
            id
        }
    };
    let record = KeyRecord { id: Uuid::now_v7(), tenant_id, sha256: hash(&key), created_at_ms, revoked_at_ms: None };
    changes.push(Change::PutKey(record.clone()));
    store.commit_wait(changes)?;
    Ok((key, record))
}

/// Revokes a key; revoking it again changes nothing.
///
/// # Errors
/// [`Error::NoSuchKey`], or the store's.
pub fn revoke(store: &dyn Store, id: Uuid) -> Result<KeyRecord> {
    let mut record = store.keys()?.into_iter().find(|key| key.id == id).ok_or(Error::NoSuchKey(id))?;
    if record.revoked_at_ms.is_none() {
        record.revoked_at_ms = Some(time::now_ms());
        store.commit_wait(vec![Change::PutKey(record.clone())])?;
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use civitas_store::SledStore;

    use super::*;

    fn record(key: &str, revoked_at_ms: Option<u64>) -> KeyRecord {
        KeyRecord {
            id: Uuid::from_u128(7),
            tenant_id: Uuid::from_u128(9),
            sha256: hash(key),
            created_at_ms: 1,
            revoked_at_ms,
        }
    }

    #[test]
    fn keys_are_long_random_and_hashed_as_sha_256() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert_ne!(one, other);
        assert!(one.starts_with(KEY_PREFIX) && one.len() == KEY_PREFIX.len() + 64);
        // The SHA-256 of "abc" from FIPS 180-2.
        assert_eq!(hash("abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
    }

    #[test]
    fn a_store_without_keys_serves_the_default_tenant() {
        let access = Access::from_records(&[]);
        let identity = access.identify(None).unwrap();
        assert_eq!((identity.tenant_id, identity.created_by.as_str()), (DEFAULT_TENANT, "local"));
    }

    #[test]
    fn only_an_active_key_opens_and_it_names_its_tenant() {
        let access = Access::from_records(&[record("civ_a", None)]);
        assert_eq!(access.identify(Some("civ_a")).map(|found| found.tenant_id), Some(Uuid::from_u128(9)));
        assert_eq!(access.identify(Some("civ_b")), None);
        assert_eq!(access.identify(None), None);
    }

    #[test]
    fn revoking_every_key_does_not_open_the_door() {
        let access = Access::from_records(&[record("civ_a", Some(2))]);
        assert!(!access.is_keyless());
        assert_eq!(access.identify(Some("civ_a")), None);
        assert_eq!(access.identify(None), None);
    }

    #[test]
    fn keys_live_in_the_store_as_hashes_until_they_are_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(folder.path()).unwrap();
        let (key, made) = create(&store, "acme").unwrap();
        let (_, second) = create(&store, " acme ").unwrap();
        assert_eq!(made.tenant_id, second.tenant_id, "one name is one tenant");
        assert_eq!(create(&store, DEFAULT_TENANT_NAME).unwrap().1.tenant_id, DEFAULT_TENANT);
        assert!(create(&store, "  ").is_err() && create(&store, "a\nb").is_err());

        let identity = Access::read(&store).unwrap().identify(Some(&key)).unwrap();
        assert_eq!(identity.created_by, made.id.to_string());
        revoke(&store, made.id).unwrap();
        assert_eq!(Access::read(&store).unwrap().identify(Some(&key)), None);
        assert!(matches!(revoke(&store, Uuid::nil()), Err(Error::NoSuchKey(_))));
    }
}
