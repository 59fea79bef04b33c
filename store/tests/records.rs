//! What a user would lose if records did not come back as they were stored.
#![allow(clippy::unwrap_used)]

mod common;

use civitas_store::*;
use common::*;
use uuid::Uuid;

fn key(id: u128, created_at_ms: u64) -> KeyRecord {
    KeyRecord {
        id: Uuid::from_u128(id),
        tenant_id: DEFAULT_TENANT,
        sha256: [id as u8; 32],
        created_at_ms,
        revoked_at_ms: None,
    }
}

fn tenant(id: u128, name: &str) -> TenantRecord {
    TenantRecord { id: Uuid::from_u128(id), name: name.to_owned(), created_at_ms: 1 }
}

fn failed_run(id: RunId) -> RunRecord {
    RunRecord {
        status: RunStatus::Failed,
        started_at_ms: Some(1_700_000_000_100),
        completed_at_ms: Some(1_700_000_000_400),
        running_ms: 300,
        current_tick: 17,
        agents_processed: u64::MAX,
        has_results: true,
        fault: Some(RunFault {
            code: "RUN_TIMEOUT".to_owned(),
            message: "It took too long.".to_owned(),
            tick: Some(18),
            region: Some("CA".to_owned()),
        }),
        ..run(id)
    }
}

#[test]
fn every_record_comes_back_before_and_after_reopening() {
    let folder = folder();
    let run = failed_run(fresh_id());
    let batch = BatchRecord {
        id: fresh_id(),
        tenant_id: DEFAULT_TENANT,
        project_id: fresh_id(),
        run_ids: (0..3000).map(|_| fresh_id()).collect(),
        created_at_ms: 5,
    };
    let mut rng = Rng::seeded("every_record_comes_back");
    let document = rng.bytes(100_000);
    let keys = [key(9, 1), key(3, 2), key(4, 2)];
    let tenants = [tenant(2, "alpha"), tenant(1, "beta")];

    let check = |store: &SledStore| {
        assert_eq!(store.run(run.id).unwrap().as_ref(), Some(&run));
        assert_eq!(store.batch(batch.id).unwrap().as_ref(), Some(&batch));
        assert_eq!(store.results(run.id).unwrap().as_ref(), Some(&document));
        assert_eq!(store.keys().unwrap(), keys);
        assert_eq!(store.tenants().unwrap(), tenants);
        assert_eq!(store.speed("diffusion").unwrap(), Some(123));
        assert_eq!(store.run(Uuid::max()).unwrap(), None);
        assert_eq!(store.batch(Uuid::max()).unwrap(), None);
        assert_eq!(store.results(Uuid::max()).unwrap(), None);
        assert_eq!(store.snapshots(Uuid::max()).unwrap(), []);
        assert_eq!(store.speed("other").unwrap(), None);
    };
    let store = open(folder.path());
    let mut changes = vec![
        put(&run),
        Change::PutBatch(batch.clone()),
        Change::PutResults(run.id, document.clone()),
        Change::PutSpeed("diffusion".to_owned(), 123),
    ];
    changes.extend(keys.iter().rev().cloned().map(Change::PutKey));
    changes.extend(tenants.iter().rev().cloned().map(Change::PutTenant));
    store.commit_wait(changes).unwrap();
    check(&store);
    drop(store);
    check(&open(folder.path()));
}

#[test]
fn a_reopened_store_holds_exactly_what_the_closed_one_held() {
    let folder = folder();
    let mut rng = Rng::seeded("a_reopened_store");
    let store = open(folder.path());
    for n in 0..50 {
        let record = run(fresh_id());
        let document = Change::PutResults(record.id, rng.bytes(n * 300));
        store.commit_wait(vec![put(&record), document]).unwrap();
        publish(&store, record.id, 1, &parts(&mut rng, &[10, 9000]));
    }
    store.close();
    let before = raw_content(folder.path());
    open(folder.path()).close();
    assert_eq!(before, raw_content(folder.path()));
}

#[test]
fn records_are_replaced_not_added() {
    let folder = folder();
    let store = open(folder.path());
    let first = key(1, 10);
    let revoked = KeyRecord { revoked_at_ms: Some(11), ..first.clone() };
    store.commit_wait(vec![Change::PutKey(first), Change::PutKey(revoked.clone())]).unwrap();
    assert_eq!(store.keys().unwrap(), [revoked]);

    store.commit_wait(vec![Change::PutSpeed("m".to_owned(), 1)]).unwrap();
    store.commit_wait(vec![Change::PutSpeed("m".to_owned(), 2)]).unwrap();
    assert_eq!(store.speed("m").unwrap(), Some(2));
}

#[test]
fn results_of_any_length_are_replaced_whole() {
    let folder = folder();
    let store = open(folder.path());
    let mut rng = Rng::seeded("results_of_any_length");
    let id = fresh_id();
    for len in [3_000_000, 0, 1, 4031, 4032, 4033, 100_000, 5] {
        let document = rng.bytes(len);
        store.commit_wait(vec![Change::PutResults(id, document.clone())]).unwrap();
        assert_eq!(store.results(id).unwrap(), Some(document), "{len} bytes");
    }
    // Twice in one commit, the longer first: nothing of it may stay.
    let (long, short) = (rng.bytes(50_000), rng.bytes(10));
    let changes = vec![Change::PutResults(id, long), Change::PutResults(id, short.clone())];
    store.commit_wait(changes).unwrap();
    assert_eq!(store.results(id).unwrap(), Some(short));
}

#[test]
fn results_read_while_they_are_replaced_are_one_or_the_other() {
    let folder = folder();
    let store = open(folder.path());
    let id = fresh_id();
    let documents: Vec<Vec<u8>> = (1..=8).map(|n| Rng::from(n).bytes(n as usize * 20_000)).collect();
    store.commit_wait(vec![Change::PutResults(id, documents[0].clone())]).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for document in documents.iter().cycle().take(40) {
                store.commit_wait(vec![Change::PutResults(id, document.clone())]).unwrap();
            }
        });
        while !writer.is_finished() {
            let found = store.results(id).unwrap().unwrap();
            assert!(documents.contains(&found));
        }
    });
}

#[test]
fn a_record_that_is_too_large_is_refused_and_nothing_of_its_commit_is_stored() {
    let folder = folder();
    let store = open(folder.path());
    let (good, other) = (run(fresh_id()), run(fresh_id()));
    let too_large = RunRecord { spec: spec_with_model(&"x".repeat(5000)), ..run(fresh_id()) };
    let refused = |changes: Vec<Change>| match store.commit_wait(changes) {
        Err(StoreError::TooLarge { what, bytes, max }) => {
            assert!(bytes > max, "{what}: {bytes} > {max}");
            what
        }
        other => panic!("{other:?}"),
    };
    let what = refused(vec![put(&good), put(&too_large)]);
    assert!(what.contains(&too_large.id.to_string()), "{what}");
    let batch = BatchRecord {
        id: fresh_id(),
        tenant_id: DEFAULT_TENANT,
        project_id: fresh_id(),
        run_ids: vec![Uuid::max(); 100_000],
        created_at_ms: 0,
    };
    refused(vec![put(&good), Change::PutBatch(batch)]);
    refused(vec![put(&good), Change::PutTenant(tenant(1, &"x".repeat(5000)))]);
    refused(vec![put(&good), Change::PutSpeed("x".repeat(5000), 1)]);

    assert_eq!(store.run(good.id).unwrap(), None);
    assert_eq!(store.list_runs(&all_of(DEFAULT_TENANT)).unwrap().total, 0);
    assert_eq!(store.runs_with_status(RunStatus::Queued).unwrap(), []);
    store.commit_wait(vec![put(&other)]).unwrap();
    assert_eq!(store.list_runs(&all_of(DEFAULT_TENANT)).unwrap().items, [other]);
}

#[test]
fn a_changed_byte_on_the_disk_is_found_and_named() {
    let folder = folder();
    let mut rng = Rng::seeded("a_changed_byte");
    let store = open(folder.path());
    let record = run(fresh_id());
    let document = Change::PutResults(record.id, rng.bytes(9000));
    store.commit_wait(vec![put(&record), document]).unwrap();
    store.close();
    let read = || {
        let store = open(folder.path());
        (store.run(record.id), store.results(record.id))
    };
    assert!(matches!(read(), (Ok(Some(_)), Ok(Some(_)))));
    for entry in ["R", "O"] {
        let damaged = with_raw_sled(folder.path(), |db| {
            let tree = db.open_tree("state").unwrap();
            let found: Vec<_> = tree.scan_prefix(entry).map(|found| found.unwrap()).collect();
            let (key, value) = found[rng.below(found.len())].clone();
            let mut bytes = value.to_vec();
            let at = rng.below(bytes.len());
            bytes[at] ^= 1 << rng.below(8);
            tree.insert(&key, bytes).unwrap();
            (key, value)
        });
        let (run, results) = read();
        let error = if entry == "R" { run.map(drop) } else { results.map(drop) };
        assert!(matches!(error, Err(StoreError::Corrupt { .. })), "{entry}: {error:?}");
        with_raw_sled(folder.path(), |db| {
            db.open_tree("state").unwrap().insert(&damaged.0, damaged.1.clone()).unwrap();
        });
    }
}

#[test]
fn a_manifest_comes_back_however_long_it_is_and_the_next_takes_its_place() {
    let folder = folder();
    let (store, id) = (open(folder.path()), fresh_id());
    assert_eq!(store.run_manifest(id).unwrap(), None);
    // The longest experiment has a hundred thousand ticks.
    for ticks in [110_000, 3] {
        let mut rng = Rng::from(ticks);
        let tick_digests = (0..ticks).map(|_| rng.next()).collect();
        let manifest = RunManifest { tick_digests, ..run_manifest(id, b"{}") };
        store.commit_wait(vec![Change::PutRunManifest(Box::new(manifest.clone()))]).unwrap();
        assert_eq!(store.run_manifest(id).unwrap(), Some(manifest));
    }
    let too_long = RunManifest { tick_digests: vec![u64::MAX; 250_000], ..run_manifest(id, b"{}") };
    let refused = store.commit_wait(vec![Change::PutRunManifest(Box::new(too_long))]);
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
    assert_eq!(store.run_manifest(id).unwrap().unwrap().tick_digests.len(), 3, "what is there stays");
    store.close();
    assert_eq!(open(folder.path()).run_manifest(id).unwrap().unwrap().tick_digests.len(), 3);
}

#[test]
fn where_a_copy_of_results_is_lasts_and_goes_again() {
    let folder = folder();
    let record = failed_run(fresh_id());
    let url = format!("s3://bucket/results/{}.json", record.id);
    let store = open(folder.path());
    let results = Change::PutResults(record.id, b"{}".to_vec());
    let manifest = Change::PutRunManifest(Box::new(run_manifest(record.id, b"{}")));
    let noted = Change::SetResultsUrl(record.id, Some(url.clone()));
    store.commit_wait(vec![put(&record), results, manifest, noted]).unwrap();
    store.close();
    let store = open(folder.path());
    assert_eq!(store.results_url(record.id).unwrap(), Some(url));
    assert_eq!(store.results_url(Uuid::max()).unwrap(), None);
    store.commit_wait(vec![Change::SetResultsUrl(record.id, None)]).unwrap();
    assert_eq!(store.results_url(record.id).unwrap(), None);
    let long = Change::SetResultsUrl(record.id, Some("s".repeat(10_000)));
    assert!(matches!(store.commit_wait(vec![long]), Err(StoreError::TooLarge { .. })));
    store.close();
}
