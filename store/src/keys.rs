//! The keys of sled's trees, so encoded that sled's byte order is the order that readers want.
//!
//! The tree `state` holds everything that commits change; the first byte of a key says what it is, numbers are
//! big-endian, and ids stand as their 16 bytes. The tree `chunks` holds the bytes of snapshots under
//! `run | tick | part | chunk`, the tree `datasets` those of data sets under `data | part | chunk`. Nothing else may make or take apart a key.

use uuid::Uuid;

use crate::{DatasetKey, NodeId, RunId, RunStatus};

pub(crate) mod events;
mod parts;

pub(crate) use parts::{PartKey, snapshot};

/// Run records: `R run`.
const RUN: u8 = b'R';
/// Batches: `B batch chunk`.
const BATCH: u8 = b'B';
/// Results documents: `O run chunk`, the header as chunk 0.
const RESULTS: u8 = b'O';
/// Workflows: `W run chunk`, the header as chunk 0.
const WORKFLOW: u8 = b'W';
/// What runs' telemetry is to hold: `L run`.
const TELEMETRY: u8 = b'L';
/// By which URL others find a copy of runs' results: `X run`.
const RESULTS_URL: u8 = b'X';
/// Effects: `F run chunk`, the header as chunk 0.
const EFFECTS: u8 = b'F';
/// Casts of named agents: `H run chunk`, the header as chunk 0.
const CAST: u8 = b'H';
/// Snapshot manifests: `M run tick chunk`.
const MANIFEST: u8 = b'M';
/// Manifests of runs: `P run chunk`.
const RUN_MANIFEST: u8 = b'P';
/// API keys: `K key`.
const API_KEY: u8 = b'K';
/// Tenants: `T tenant`.
const TENANT: u8 = b'T';
/// Speeds: `V model`.
const SPEED: u8 = b'V';
/// Data sets: `D tenant name 0 version`.
const DATASET: u8 = b'D';
/// Versions of data sets that runs name, without a value: `U tenant name 0 version`.
const USED_DATASET: u8 = b'U';
/// Last versions of data sets: `N tenant name`.
const LAST_VERSION: u8 = b'N';
/// A tenant's runs: `a tenant created run`.
const BY_TENANT: u8 = b'a';
/// A tenant's runs with one status: `b tenant status created run`.
const BY_STATUS: u8 = b'b';
/// A tenant's runs of one project: `c tenant project created run`.
const BY_PROJECT: u8 = b'c';
/// A tenant's runs with one mode: `d tenant mode created run`.
const BY_MODE: u8 = b'd';
/// All tenants' runs with one status: `e status created run`.
const ALL_BY_STATUS: u8 = b'e';
/// A node's runs: `f node created run`.
const BY_NODE: u8 = b'f';
/// Nodes: `Q node chunk`.
const NODE: u8 = b'Q';
/// A tenant's nodes, without a value: `q tenant project created node`.
const NODES_BY_PROJECT: u8 = b'q';
/// A node's children, without a value: `r parent created node`.
const NODES_BY_PARENT: u8 = b'r';

/// The kinds of index entries of runs.
pub(crate) const INDICES: [u8; 6] = [BY_TENANT, BY_STATUS, BY_PROJECT, BY_MODE, ALL_BY_STATUS, BY_NODE];
/// The kinds of index entries of nodes.
pub(crate) const NODE_INDICES: [u8; 2] = [NODES_BY_PROJECT, NODES_BY_PARENT];
/// Every kind of key in the tree `state`.
pub(crate) const KINDS: [u8; 28] = [
    RUN,
    BATCH,
    RESULTS,
    WORKFLOW,
    TELEMETRY,
    RESULTS_URL,
    EFFECTS,
    CAST,
    MANIFEST,
    RUN_MANIFEST,
    API_KEY,
    TENANT,
    SPEED,
    DATASET,
    USED_DATASET,
    LAST_VERSION,
    BY_TENANT,
    BY_STATUS,
    BY_PROJECT,
    BY_MODE,
    ALL_BY_STATUS,
    BY_NODE,
    NODE,
    NODES_BY_PROJECT,
    NODES_BY_PARENT,
    events::EVENT,
    events::BY_PROJECT,
    events::USES,
];

/// Length of `created | run` at the end of every index key.
const INDEX_TAIL_BYTES: usize = 8 + 16;

fn key(kind: u8, pieces: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::with_capacity(64);
    key.push(kind);
    for piece in pieces {
        key.extend_from_slice(piece);
    }
    key
}

pub(crate) fn run(id: RunId) -> Vec<u8> {
    key(RUN, &[id.as_bytes()])
}

/// The prefix of all runs.
pub(crate) fn runs() -> Vec<u8> {
    key(RUN, &[])
}

/// The prefix of all batches.
pub(crate) fn batches() -> Vec<u8> {
    key(BATCH, &[])
}

/// The prefix of all results.
pub(crate) fn all_results() -> Vec<u8> {
    key(RESULTS, &[])
}

/// The prefix of all workflows.
pub(crate) fn all_workflows() -> Vec<u8> {
    key(WORKFLOW, &[])
}

/// The prefix of all casts.
pub(crate) fn all_casts() -> Vec<u8> {
    key(CAST, &[])
}

/// The prefix of all effects.
pub(crate) fn all_effects() -> Vec<u8> {
    key(EFFECTS, &[])
}

/// The prefix of all manifests.
pub(crate) fn all_manifests() -> Vec<u8> {
    key(MANIFEST, &[])
}

/// The prefix of all runs' manifests.
pub(crate) fn all_run_manifests() -> Vec<u8> {
    key(RUN_MANIFEST, &[])
}

/// The prefix of all notes that a run names a data set.
pub(crate) fn all_used_datasets() -> Vec<u8> {
    key(USED_DATASET, &[])
}

/// The key of the version that a key under [`all_used_datasets`] names.
pub(crate) fn used_as_stored(key: &[u8]) -> Vec<u8> {
    [&[DATASET][..], key.get(1..).unwrap_or_default()].concat()
}

/// The id after the kind in a key of a batch, a document or a manifest.
pub(crate) fn chunked_id(key: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(key.get(1..17)?).ok()
}

pub(crate) fn api_key(id: Uuid) -> Vec<u8> {
    key(API_KEY, &[id.as_bytes()])
}

pub(crate) fn api_keys() -> Vec<u8> {
    key(API_KEY, &[])
}

pub(crate) fn tenant(id: Uuid) -> Vec<u8> {
    key(TENANT, &[id.as_bytes()])
}

pub(crate) fn tenants() -> Vec<u8> {
    key(TENANT, &[])
}

pub(crate) fn speed(model: &str) -> Vec<u8> {
    key(SPEED, &[model.as_bytes()])
}

/// The prefix of all data sets.
pub(crate) fn all_datasets() -> Vec<u8> {
    key(DATASET, &[])
}

/// The prefix of a tenant's data sets.
pub(crate) fn datasets(tenant: Uuid) -> Vec<u8> {
    key(DATASET, &[tenant.as_bytes()])
}

/// The prefix of a data set's versions. No name holds a 0, so that none is the beginning of another.
pub(crate) fn dataset_versions(tenant: Uuid, name: &str) -> Vec<u8> {
    key(DATASET, &[tenant.as_bytes(), name.as_bytes(), &[0]])
}

pub(crate) fn dataset(at: &DatasetKey) -> Vec<u8> {
    key(DATASET, &[at.tenant_id.as_bytes(), at.name.as_bytes(), &[0], &at.version.to_be_bytes()])
}

pub(crate) fn used_dataset(at: &DatasetKey) -> Vec<u8> {
    key(USED_DATASET, &[at.tenant_id.as_bytes(), at.name.as_bytes(), &[0], &at.version.to_be_bytes()])
}

pub(crate) fn last_version(tenant: Uuid, name: &str) -> Vec<u8> {
    key(LAST_VERSION, &[tenant.as_bytes(), name.as_bytes()])
}

/// The prefix of the chunks of one part of a data set's bytes, in the tree `datasets`.
pub(crate) fn dataset_part(data: Uuid, part: u32) -> Vec<u8> {
    [data.as_bytes().as_slice(), &part.to_be_bytes()].concat()
}

/// The data set whose bytes the chunk with this key belongs to.
pub(crate) fn dataset_of_chunk(key: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(key.get(..16)?).ok()
}

/// The prefix of a batch's chunks.
pub(crate) fn batch(id: Uuid) -> Vec<u8> {
    key(BATCH, &[id.as_bytes()])
}

/// The prefix of a results document's chunks.
pub(crate) fn results(id: RunId) -> Vec<u8> {
    key(RESULTS, &[id.as_bytes()])
}

/// The prefix of what all runs' telemetry is to hold.
pub(crate) fn all_telemetry() -> Vec<u8> {
    key(TELEMETRY, &[])
}

pub(crate) fn telemetry(id: RunId) -> Vec<u8> {
    key(TELEMETRY, &[id.as_bytes()])
}

/// The prefix of all URLs of results.
pub(crate) fn all_results_urls() -> Vec<u8> {
    key(RESULTS_URL, &[])
}

pub(crate) fn results_url(id: RunId) -> Vec<u8> {
    key(RESULTS_URL, &[id.as_bytes()])
}

/// The prefix of a workflow's chunks.
pub(crate) fn workflow(id: RunId) -> Vec<u8> {
    key(WORKFLOW, &[id.as_bytes()])
}

/// The prefix of the chunks of a run's cast.
pub(crate) fn cast(id: RunId) -> Vec<u8> {
    key(CAST, &[id.as_bytes()])
}

/// The prefix of the chunks of a run's effects.
pub(crate) fn effects(id: RunId) -> Vec<u8> {
    key(EFFECTS, &[id.as_bytes()])
}

/// The prefix of the chunks of a run's own manifest.
pub(crate) fn run_manifest(id: RunId) -> Vec<u8> {
    key(RUN_MANIFEST, &[id.as_bytes()])
}

/// The prefix of all manifests of a run's snapshots.
pub(crate) fn manifests(run: RunId) -> Vec<u8> {
    key(MANIFEST, &[run.as_bytes()])
}

/// The prefix of one manifest's chunks.
pub(crate) fn manifest(run: RunId, tick: u32) -> Vec<u8> {
    key(MANIFEST, &[run.as_bytes(), &tick.to_be_bytes()])
}

/// The tick in a key under [`manifests`].
pub(crate) fn manifest_tick(key: &[u8]) -> Option<u32> {
    let bytes = key.get(17..21)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// The key of chunk `number` under `prefix`, in either tree.
pub(crate) fn chunk(prefix: &[u8], number: u32) -> Vec<u8> {
    let mut key = Vec::with_capacity(prefix.len() + 4);
    key.extend_from_slice(prefix);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// The chunk number at the end of a key under a prefix of `prefix_len` bytes.
pub(crate) fn chunk_number(key: &[u8], prefix_len: usize) -> Option<u32> {
    let bytes = key.get(prefix_len..)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

pub(crate) fn by_tenant(tenant: Uuid) -> Vec<u8> {
    key(BY_TENANT, &[tenant.as_bytes()])
}

pub(crate) fn by_status(tenant: Uuid, status: RunStatus) -> Vec<u8> {
    key(BY_STATUS, &[tenant.as_bytes(), &[crate::index::status_byte(status)]])
}

pub(crate) fn by_project(tenant: Uuid, project: Uuid) -> Vec<u8> {
    key(BY_PROJECT, &[tenant.as_bytes(), project.as_bytes()])
}

pub(crate) fn by_mode(tenant: Uuid, mode: crate::RunMode) -> Vec<u8> {
    key(BY_MODE, &[tenant.as_bytes(), &[crate::index::mode_byte(mode)]])
}

pub(crate) fn all_by_status(status: RunStatus) -> Vec<u8> {
    key(ALL_BY_STATUS, &[&[crate::index::status_byte(status)]])
}

pub(crate) fn by_node(node: NodeId) -> Vec<u8> {
    key(BY_NODE, &[node.as_bytes()])
}

/// The prefix of a node's chunks.
pub(crate) fn node(id: NodeId) -> Vec<u8> {
    key(NODE, &[id.as_bytes()])
}

/// The prefix of all nodes.
pub(crate) fn all_nodes() -> Vec<u8> {
    key(NODE, &[])
}

pub(crate) fn nodes_of_tenant(tenant: Uuid) -> Vec<u8> {
    key(NODES_BY_PROJECT, &[tenant.as_bytes()])
}

pub(crate) fn nodes_of_project(tenant: Uuid, project: Uuid) -> Vec<u8> {
    key(NODES_BY_PROJECT, &[tenant.as_bytes(), project.as_bytes()])
}

pub(crate) fn children(parent: NodeId) -> Vec<u8> {
    key(NODES_BY_PARENT, &[parent.as_bytes()])
}

/// The key of a run, or of a node, in the index under `prefix`.
pub(crate) fn index(mut prefix: Vec<u8>, created_at_ms: u64, run: Uuid) -> Vec<u8> {
    prefix.extend_from_slice(&created_at_ms.to_be_bytes());
    prefix.extend_from_slice(run.as_bytes());
    prefix
}

/// The run, or the node, that a key of any index stands for.
pub(crate) fn index_run(key: &[u8]) -> Option<RunId> {
    let tail = key.get(key.len().checked_sub(INDEX_TAIL_BYTES)?..)?;
    Uuid::from_slice(&tail[8..]).ok()
}
