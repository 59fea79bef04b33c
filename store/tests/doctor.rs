//! The doctor: were one of these to fail, a damaged store would be called sound, a sound one damaged, or looking would change it.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use civitas_store::doctor::{Report, examine};
use civitas_store::*;
use common::*;
use uuid::Uuid;

fn examined(path: &Path) -> Report {
    let before = files(path);
    let report = examine(path, folder().path()).unwrap();
    assert!(files(path) == before, "examining changed the folder");
    report
}

fn files(path: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let mut all: Vec<_> = files.map(|file| (file.file_name(), std::fs::read(file.path()).unwrap())).collect();
    all.sort();
    all
}

/// A store with one of each thing: a run that has succeeded, one that waits, their batch, a snapshot.
fn sound(path: &Path) -> (RunId, RunId) {
    let store = open(path);
    let (done, waits, batch) = (fresh_id(), fresh_id(), Uuid::from_u128(8));
    let ended = RunRecord {
        status: RunStatus::Succeeded,
        has_results: true,
        completed_at_ms: Some(1_700_000_000_001),
        current_tick: 100,
        ..run(done)
    };
    let listed = BatchRecord {
        id: batch,
        tenant_id: DEFAULT_TENANT,
        project_id: Uuid::from_u128(7),
        run_ids: vec![done, waits],
        created_at_ms: 1_700_000_000_000,
    };
    let document = br#"{"rate":0.5}"#.repeat(500);
    let manifest = Change::PutRunManifest(Box::new(run_manifest(done, &document)));
    let results = Change::PutResults(done, document);
    store.commit_wait(vec![put(&ended), put(&run(waits)), results, manifest, Change::PutBatch(listed)]).unwrap();
    publish(&store, waits, 5, &parts(&mut Rng::from(1), &[9000, 10]));
    store.close();
    (done, waits)
}

#[test]
fn a_sound_store_is_called_sound() {
    let folder = folder();
    sound(folder.path());
    let report = examined(folder.path());
    assert_eq!((report.faults.as_slice(), report.notes.as_slice()), (&[][..], &[][..]));
    let count = |plural: &str| report.counts.get(plural).copied();
    for (plural, number) in
        [("runs", 2), ("batches", 1), ("results", 1), ("manifests", 1), ("snapshots", 1), ("snapshot parts", 2)]
    {
        assert_eq!(count(plural), Some(number), "{plural}");
    }
}

#[test]
fn parts_without_a_manifest_are_a_note() {
    let folder = folder();
    let (_, waits) = sound(folder.path());
    let store = open(folder.path());
    store.write_snapshot_parts(waits, 6, &parts(&mut Rng::from(2), &[100]), Purpose::New).unwrap();
    store.commit_wait(vec![put(&run(waits))]).unwrap();
    store.close();
    let report = examined(folder.path());
    assert!(report.is_sound() && report.notes.len() == 1, "{report:?}");
    assert!(report.notes[0].what.contains(&format!("run {waits} at tick 6")), "{report:?}");
}

/// Changes a closed store's tree and looks for a fault that says this.
fn is_found(says: &str, change: impl FnOnce(&sled::Tree, RunId, RunId)) {
    let folder = folder();
    let (done, waits) = sound(folder.path());
    with_raw_sled(folder.path(), |db| change(&db.open_tree("state").unwrap(), done, waits));
    let report = examined(folder.path());
    let found = report.faults.iter().any(|fault| format!("{}: {}", fault.what, fault.why).contains(says));
    assert!(found && !report.is_sound(), "{says} is not in {:?}", report.faults);
}

fn first(tree: &sled::Tree, kind: &str) -> (sled::IVec, sled::IVec) {
    tree.scan_prefix(kind).next().unwrap().unwrap()
}

#[test]
fn every_kind_of_damage_is_found() {
    is_found("its checksum does not match", |state, _, _| {
        let (key, value) = first(state, "R");
        let mut bytes = value.to_vec();
        bytes[9] ^= 1;
        state.insert(key, bytes).unwrap();
    });
    for kind in ["a", "b", "c", "d", "e"] {
        is_found("4 of its 5 index entries are there", |state, _, _| {
            state.remove(first(state, kind).0).unwrap();
        });
    }
    is_found("there is no run that it stands for", |state, done, _| {
        state.remove([b"R", done.as_bytes().as_slice()].concat()).unwrap();
    });
    is_found("does not say what it says", |state, _, _| {
        let (key, value) = first(state, "a");
        let mut bytes = value.to_vec();
        bytes[0] = 2;
        state.insert(key, bytes).unwrap();
    });
    is_found("it has results, and there are none", |state, _, _| {
        state.scan_prefix("O").keys().for_each(|key| drop(state.remove(key.unwrap()).unwrap()));
    });
    is_found("its first chunk is missing", |state, _, _| {
        state.remove(first(state, "O").0).unwrap();
    });
    is_found("is not there or does not list it", |state, _, _| {
        state.remove(first(state, "B").0).unwrap();
    });
    is_found("no record has a key of this kind", |state, _, _| {
        state.insert("?", "?").unwrap();
    });
    is_found("snapshot of run", |state, _, waits| {
        state.remove([b"R", waits.as_bytes().as_slice()].concat()).unwrap();
    });
}

/// Puts another manifest in the place of a sound one and looks for a fault that says this.
fn is_found_in_a_manifest(says: &str, change: fn(&mut RunManifest)) {
    let folder = folder();
    let (done, _) = sound(folder.path());
    let store = open(folder.path());
    let mut manifest = store.run_manifest(done).unwrap().unwrap();
    change(&mut manifest);
    store.commit_wait(vec![Change::PutRunManifest(Box::new(manifest))]).unwrap();
    store.close();
    let report = examined(folder.path());
    assert_eq!(report.faults.len(), 1, "{report:?}");
    assert!(report.faults[0].why.contains(says) && !report.is_sound(), "{says} is not in {:?}", report.faults);
}

#[test]
fn a_manifest_that_does_not_go_with_its_run_is_found() {
    is_found_in_a_manifest("other results", |manifest| manifest.results_sha256[31] ^= 1);
    is_found_in_a_manifest("its digests do not reach to its tick 100", |manifest| {
        manifest.tick_digests.pop();
    });
    is_found_in_a_manifest("it ends at tick 99, and the run at tick 100", |manifest| {
        manifest.end.tick = 99;
        manifest.tick_digests.pop();
    });
    is_found_in_a_manifest("there is no such run", |manifest| manifest.run_id = Uuid::from_u128(99));
    is_found("its checksum does not match", |state, _, _| {
        let (key, value) = first(state, "P");
        let mut bytes = value.to_vec();
        bytes[40] ^= 1;
        state.insert(key, bytes).unwrap();
    });
}

/// What a pause kept is there while the run rests, and still when it goes on.
#[test]
fn results_of_a_pause_are_sound() {
    for (status, has_results, sound) in [
        (RunStatus::Paused, true, true),
        (RunStatus::Running, false, true),
        (RunStatus::Running, true, false),
        (RunStatus::Queued, true, false),
        (RunStatus::Paused, false, false),
    ] {
        let folder = folder();
        let (store, id) = (open(folder.path()), fresh_id());
        let record = RunRecord { status, has_results, current_tick: 100, batch_id: None, ..run(id) };
        let manifest = Change::PutRunManifest(Box::new(run_manifest(id, b"{}")));
        store.commit_wait(vec![put(&record), Change::PutResults(id, b"{}".to_vec()), manifest]).unwrap();
        store.close();
        assert_eq!(examined(folder.path()).is_sound(), sound, "{status}, {has_results}");
    }
}

#[test]
fn a_fork_without_the_snapshot_that_it_began_with_is_found() {
    let folder = folder();
    let (done, waits) = sound(folder.path());
    let fork = |tick| RunRecord { forked_from: Some(ForkPoint { run_id: done, tick }), ..run(waits) };
    for (tick, is_there) in [(5, true), (6, false)] {
        let store = open(folder.path());
        store.commit_wait(vec![put(&fork(tick))]).unwrap();
        store.close();
        let report = examined(folder.path());
        let found: Vec<_> = report.faults.iter().map(|fault| fault.why.as_str()).collect();
        let missing = format!("it is a fork, and its snapshot of tick {tick} is not there");
        assert_eq!(found.contains(&missing.as_str()), !is_there, "{found:?}");
    }
}

#[test]
fn what_cannot_be_examined_is_refused() {
    let empty = folder();
    let nothing = examine(empty.path(), folder().path());
    assert!(matches!(nothing, Err(StoreError::Open { .. })), "{nothing:?}");
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0, "a store was made");
    let held = folder();
    let _store = open(held.path());
    assert!(matches!(examine(held.path(), folder().path()), Err(StoreError::Locked { .. })));
}
