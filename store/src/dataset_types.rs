//! What the store keeps of data sets. It does not know what their bytes mean.

use bincode::{Decode, Encode};
use uuid::Uuid;

use crate::{PartManifest, TenantId};

/// A version of a tenant's data set. Its bytes stand apart, under `data_id`. Encoded it must fit in one sled value.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DatasetRecord {
    /// The tenant that owns it.
    #[bincode(with_serde)]
    pub tenant_id: TenantId,
    /// Its name.
    pub name: String,
    /// Its version, from 1 on; a number is never given twice.
    pub version: u32,
    /// Names its bytes.
    #[bincode(with_serde)]
    pub data_id: Uuid,
    /// A hash that names the content.
    pub content_hash: u128,
    /// How many regions it has.
    pub regions: u32,
    /// How many pairs of regions touch.
    pub borders: u32,
    /// How many agents it lists; 0 where it leaves them to the run.
    pub agents: u32,
    /// Names of the columns of its agents.
    pub columns: Vec<String>,
    /// The ties that it lists, where it lists any.
    pub ties: Option<TiesRecord>,
    /// Its length, not compressed.
    pub bytes: u64,
    /// Its bytes as they are stored.
    pub parts: Vec<PartManifest>,
    /// Milliseconds since the Unix epoch.
    pub created_at_ms: u64,
    /// Who added it (the API key's id, or `local`).
    pub created_by: String,
}

/// What ties a data set lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TiesRecord {
    /// How many, each counted once.
    pub count: u32,
    /// They are one way.
    pub directed: bool,
    /// They have weights.
    pub weighted: bool,
}

/// Names a version of a tenant's data set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DatasetKey {
    /// The tenant that owns it.
    pub tenant_id: TenantId,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
}

impl DatasetKey {
    /// The names of a stored version.
    pub fn of(record: &DatasetRecord) -> Self {
        Self { tenant_id: record.tenant_id, name: record.name.clone(), version: record.version }
    }
}
