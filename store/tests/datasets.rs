//! Data sets in the store: were one of these to fail, a run would lose the society that it is of, or get another one.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use civitas_store::*;
use common::{Rng, folder, fresh_id, open, run};
use uuid::Uuid;

fn put(store: &SledStore, tenant: TenantId, name: &str, version: u32, bytes: &[u8]) -> DatasetRecord {
    let data_id = fresh_id();
    let record = DatasetRecord {
        tenant_id: tenant,
        name: name.to_owned(),
        version,
        data_id,
        content_hash: 7,
        regions: 1,
        borders: 0,
        agents: 0,
        columns: vec!["opinion".to_owned()],
        ties: Some(TiesRecord { count: 2, directed: true, weighted: false }),
        bytes: bytes.len() as u64,
        parts: store.write_dataset(data_id, bytes).unwrap(),
        created_at_ms: 1,
        created_by: "local".to_owned(),
    };
    store.commit_wait(vec![Change::PutDataset(Box::new(record.clone()))]).unwrap();
    record
}

#[test]
fn bytes_come_back_after_the_store_was_closed() {
    let folder = folder();
    let store = open(folder.path());
    let long = Rng::from(5).bytes(limits::DATASET_PART_BYTES + 100_000);
    let record = put(&store, DEFAULT_TENANT, "a", 1, &long);
    assert_eq!(record.parts.len(), 2);
    let orphan = fresh_id();
    store.write_dataset(orphan, b"of a crash").unwrap();
    drop(store);
    let store = open(folder.path());
    assert_eq!(store.dataset(&DatasetKey::of(&record)).unwrap(), Some(record.clone()));
    assert_eq!(store.read_dataset(&record).unwrap(), long);
    let swept = DatasetRecord { data_id: orphan, parts: record.parts[..1].to_vec(), ..record };
    assert!(matches!(store.read_dataset(&swept), Err(StoreError::Corrupt { .. })));
}

#[test]
fn listings_are_each_tenants_own_by_name_and_version() {
    let folder = folder();
    let store = open(folder.path());
    let other = Uuid::from_u128(9);
    for (tenant, name, version) in [
        (DEFAULT_TENANT, "b", 1),
        (DEFAULT_TENANT, "a", 2),
        (DEFAULT_TENANT, "a", 300),
        (DEFAULT_TENANT, "ab", 1),
        (other, "a", 1),
    ] {
        put(&store, tenant, name, version, b"x");
    }
    let names = |tenant, name| {
        let found = store.datasets(tenant, name).unwrap();
        found.into_iter().map(|record| format!("{}{}", record.name, record.version)).collect::<Vec<_>>()
    };
    assert_eq!(names(DEFAULT_TENANT, Some("a")), ["a2", "a300"]);
    let mut all = names(DEFAULT_TENANT, None);
    all.sort();
    assert_eq!(all, ["a2", "a300", "ab1", "b1"]);
    assert_eq!(names(other, None), ["a1"]);
    assert_eq!(store.last_dataset_version(DEFAULT_TENANT, "a").unwrap(), 300);
    assert_eq!(store.last_dataset_version(other, "b").unwrap(), 0);
}

#[test]
fn what_a_run_names_stays_and_what_is_dropped_cannot_be_named() {
    let folder = folder();
    let store = open(folder.path());
    let (used, free) = (put(&store, DEFAULT_TENANT, "a", 1, b"x"), put(&store, DEFAULT_TENANT, "a", 2, b"y"));
    let naming = |record: &DatasetRecord| {
        vec![Change::PutRun(Box::new(run(fresh_id()))), Change::UseDataset(DatasetKey::of(record))]
    };
    store.commit_wait(naming(&used)).unwrap();
    let drop_it = |record: &DatasetRecord| store.commit_wait(vec![Change::DropDataset(Box::new(record.clone()))]);
    assert!(matches!(drop_it(&used), Err(StoreError::DatasetInUse { version: 1, .. })));
    assert!(store.dataset_in_use(&DatasetKey::of(&used)).unwrap());
    drop_it(&free).unwrap();
    assert!(matches!(drop_it(&free), Err(StoreError::NoDataset { version: 2, .. })));
    assert!(matches!(store.commit_wait(naming(&free)), Err(StoreError::NoDataset { version: 2, .. })));
    assert_eq!(store.runs_with_status(RunStatus::Queued).unwrap().len(), 1, "a refused request leaves nothing");
    assert_eq!(store.last_dataset_version(DEFAULT_TENANT, "a").unwrap(), 2, "no number is given twice");
    assert_eq!(store.read_dataset(&used).unwrap(), b"x");
}
