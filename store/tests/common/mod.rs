//! What the tests of the store share: records to store, folders to store them in, seeds that are printed.
#![allow(dead_code, clippy::unwrap_used)]

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use civitas_store::*;
use uuid::Uuid;

/// Small random numbers (splitmix64), so that a printed seed repeats a test.
pub(crate) struct Rng(u64);

impl Rng {
    /// From `CIVITAS_TEST_SEED`, or else from the clock; prints the seed.
    pub(crate) fn seeded(test: &str) -> Self {
        let given = std::env::var("CIVITAS_TEST_SEED").ok().and_then(|text| text.parse().ok());
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
        let seed = given.unwrap_or_else(clock);
        println!("{test}: CIVITAS_TEST_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn from(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Bytes that lz4 cannot shrink.
    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) fn open(path: &Path) -> SledStore {
    SledStore::open(path).unwrap()
}

/// A fresh id, unique within the test process.
pub(crate) fn fresh_id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)) << 32)
}

/// A queued run of the default tenant.
pub(crate) fn run(id: RunId) -> RunRecord {
    RunRecord {
        id,
        tenant_id: DEFAULT_TENANT,
        project_id: Uuid::from_u128(7),
        batch_id: Some(Uuid::from_u128(8)),
        parent_node_id: None,
        node_id: None,
        name: format!("run {id}"),
        mode: RunMode::Society,
        status: RunStatus::Queued,
        spec: StoredSpec { seed: 42, horizon_ticks: 100, ..spec_with_model("diffusion") },
        start_requested: true,
        created_at_ms: 1_700_000_000_000,
        started_at_ms: None,
        completed_at_ms: None,
        running_ms: 0,
        current_tick: 0,
        total_ticks: 100,
        agents_processed: 0,
        has_results: false,
        fault: None,
        created_by: "local".to_owned(),
        forked_from: None,
        interruptions: 0,
    }
}

/// The manifest of a run that ended at tick 100 with this results document.
pub(crate) fn run_manifest(run_id: RunId, results: &[u8]) -> RunManifest {
    let end = RunPosition { tick: 100, steps: 2, extracted_below: 101 };
    RunManifest {
        run_id,
        civitas_version: "0.1.0".to_owned(),
        engine_version: "0.1.0".to_owned(),
        target: "x86_64-unknown-linux-gnu".to_owned(),
        results_version: 2,
        model_version: "1".to_owned(),
        parameters: vec![("rate".to_owned(), 0.25)],
        dataset_fingerprint: u64::MAX,
        spec_hash: 0xabcd,
        end,
        first_tick: 0,
        tick_digests: (0..=100).map(|tick| u64::MAX - tick).collect(),
        state_digests: vec![RunStateDigest { at: end, digest: 1 << 100 }],
        results_sha256: results_sha256(results),
    }
}

/// A specification with a model's name, which may be long, and parameters.
pub(crate) fn spec_with_model(model: &str) -> StoredSpec {
    StoredSpec {
        model: model.to_owned(),
        parameters: vec![("rate".to_owned(), 0.25), ("threshold".to_owned(), -1e300)],
        versions: ["1.0.0"; 4].map(str::to_owned),
        ..StoredSpec::default()
    }
}

pub(crate) fn put(run: &RunRecord) -> Change {
    Change::PutRun(Box::new(run.clone()))
}

/// All runs of a tenant, oldest first.
pub(crate) fn all_of(tenant_id: TenantId) -> RunQuery {
    RunQuery {
        tenant_id,
        project_id: None,
        status: None,
        mode: None,
        sort: SortBy::CreatedAt,
        descending: false,
        skip: 0,
        limit: usize::MAX,
    }
}

pub(crate) fn parts(rng: &mut Rng, lengths: &[usize]) -> Vec<SnapshotPart> {
    let part = |(index, len): (u32, &usize)| SnapshotPart { index, bytes: rng.bytes(*len) };
    (0..).zip(lengths).map(part).collect()
}

pub(crate) fn manifest(run_id: RunId, tick: u32, parts: Vec<PartManifest>) -> SnapshotManifest {
    SnapshotManifest {
        run_id,
        tick,
        created_at_ms: 1_700_000_000_000,
        engine_version: "0.1.0".to_owned(),
        spec_hash: 0xabcd,
        digest: 1 << 100,
        parts,
        model: "diffusion 1".to_owned(),
        reason: SnapshotReason::Interval,
    }
}

/// Writes and publishes a snapshot.
pub(crate) fn publish(store: &SledStore, run: RunId, tick: u32, parts: &[SnapshotPart]) -> SnapshotManifest {
    let written = store.write_snapshot_parts(run, tick, parts, Purpose::New).unwrap();
    let manifest = manifest(run, tick, written);
    store.commit_wait(vec![Change::PutManifest(manifest.clone())]).unwrap();
    manifest
}

/// Works on a closed store's folder with sled itself.
pub(crate) fn with_raw_sled<T>(path: &Path, work: impl FnOnce(&sled::Db) -> T) -> T {
    let db = sled::Config::new().path(path).flush_every_ms(None).open().unwrap();
    let result = work(&db);
    db.flush().unwrap();
    drop(db);
    // Threads of sled's pool may hold the file a little longer.
    std::fs::File::open(path.join("db")).unwrap().lock().unwrap();
    result
}

/// Every tree, key and value of a closed store.
pub(crate) fn raw_content(path: &Path) -> Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    with_raw_sled(path, |db| {
        let mut content = Vec::new();
        for name in db.tree_names() {
            for entry in &db.open_tree(&name).unwrap() {
                let (key, value) = entry.unwrap();
                content.push((name.to_vec(), key.to_vec(), value.to_vec()));
            }
        }
        content.sort();
        content
    })
}

/// How many chunks of snapshots a closed store holds.
pub(crate) fn raw_chunks(path: &Path) -> usize {
    with_raw_sled(path, |db| db.open_tree("chunks").unwrap().len())
}
