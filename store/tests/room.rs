//! Room that is kept back: were one of these to fail, something new would take the room that ends need, or a refusal would leave
//! something half stored.

#![allow(clippy::unwrap_used)]

mod common;

use civitas_store::*;
use common::{folder, fresh_id, run};

/// A store that keeps so many times of what the disk has left now.
fn keeping(path: &std::path::Path, times: u64) -> SledStore {
    let free = Room::new(path, 0).free();
    let options = StoreOptions { reserve_bytes: free * times, ..StoreOptions::default() };
    SledStore::open_with(path, options).unwrap()
}

fn put(record: &RunRecord) -> Vec<Change> {
    vec![Change::PutRun(Box::new(record.clone()))]
}

fn is_refused<T: std::fmt::Debug>(told: Result<T>) {
    let error = told.unwrap_err();
    assert!(matches!(error, StoreError::NoRoom { .. }), "{error}");
}

#[test]
fn what_is_under_way_goes_on_and_nothing_new_is_taken() {
    let folder = folder();
    let known = run(fresh_id());
    let store = SledStore::open(folder.path()).unwrap();
    store.commit_wait(put(&known)).unwrap();
    store.close();

    // Twice as much as there is: half of that is left to what is under way.
    let store = keeping(folder.path(), 2);
    is_refused(store.room());
    let new = run(fresh_id());
    is_refused(store.commit_wait(put(&new)));
    // All of a request or none.
    let ended = RunRecord { status: RunStatus::Cancelled, ..known.clone() };
    is_refused(store.commit_wait([put(&ended), put(&new)].concat()));
    assert_eq!((store.run(new.id).unwrap(), store.run(known.id).unwrap().as_ref()), (None, Some(&known)));
    is_refused(store.write_snapshot_parts(
        known.id,
        3,
        &[SnapshotPart { index: 0, bytes: vec![7; 100] }],
        Purpose::New,
    ));
    is_refused(store.write_dataset(fresh_id(), &[1, 2, 3]));

    store.commit_wait(put(&ended)).unwrap();
    store.commit_wait(vec![Change::PutResults(known.id, b"{}".to_vec())]).unwrap();
    assert_eq!(store.run(known.id).unwrap(), Some(ended));
    assert!(store.failure().is_none(), "nothing is at fault");
}

#[test]
fn with_too_little_even_for_ends_what_takes_away_is_taken_alone() {
    let folder = folder();
    let known = run(fresh_id());
    let store = SledStore::open(folder.path()).unwrap();
    let part = SnapshotPart { index: 0, bytes: vec![7; 100] };
    let parts = store.write_snapshot_parts(known.id, 3, &[part], Purpose::New).unwrap();
    let manifest = SnapshotManifest {
        run_id: known.id,
        tick: 3,
        created_at_ms: 1,
        engine_version: "0.1.0".to_owned(),
        spec_hash: 1,
        digest: 2,
        parts,
        model: Default::default(),
        reason: SnapshotReason::Interval,
    };
    store.commit_wait([put(&known), vec![Change::PutManifest(manifest.clone())]].concat()).unwrap();
    store.close();

    // A quarter of what is kept is twice what there is, a sixteenth half of it: notes are taken still.
    let store = keeping(folder.path(), 8);
    is_refused(store.commit_wait(vec![Change::PutResults(known.id, b"{}".to_vec())]));
    let cancelled = RunRecord { status: RunStatus::Cancelled, ..known.clone() };
    store.commit_wait(put(&cancelled)).unwrap();
    store.close();

    let store = keeping(folder.path(), 64);
    is_refused(store.commit_wait(put(&known)));
    assert_eq!(store.run(known.id).unwrap(), Some(cancelled));
    // One that cannot be written anew stays.
    is_refused(store.write_snapshot_parts(
        known.id,
        3,
        &[SnapshotPart { index: 0, bytes: vec![8; 100] }],
        Purpose::New,
    ));
    assert_eq!(store.snapshots(known.id).unwrap(), [manifest]);
    store.commit_wait(vec![Change::DropSnapshot(known.id, 3)]).unwrap();
    assert!(store.snapshots(known.id).unwrap().is_empty() && store.failure().is_none());
    store.close();

    let store = SledStore::open(folder.path()).unwrap();
    store.room().unwrap();
    store.commit_wait(put(&run(fresh_id()))).unwrap();
}
