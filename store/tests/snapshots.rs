//! What a user would lose if a run went on from a snapshot that is not what was taken.
#![allow(clippy::unwrap_used)]

mod common;

use civitas_store::*;
use common::*;

/// Stored bytes of about two and a half chunks, one, and none.
const LENGTHS: [usize; 3] = [10_000, 100, 0];
/// The chunks that they make.
const CHUNKS: usize = 5;

#[test]
fn snapshots_come_back_before_and_after_reopening() {
    let folder = folder();
    let store = open(folder.path());
    let mut rng = Rng::seeded("snapshots_come_back");
    let run = fresh_id();
    let mut taken = Vec::new();
    for tick in [300, 2, 70_000] {
        let mut parts = parts(&mut rng, &LENGTHS);
        parts.push(SnapshotPart { index: u32::MAX, bytes: vec![7; 3_000_000] });
        taken.push((publish(&store, run, tick, &parts), parts));
    }
    publish(&store, fresh_id(), 5, &parts(&mut rng, &[1]));
    taken.sort_by_key(|(manifest, _)| manifest.tick);
    let manifests: Vec<SnapshotManifest> = taken.iter().map(|(m, _)| m.clone()).collect();
    let check = |store: &SledStore| {
        assert_eq!(store.snapshots(run).unwrap(), manifests);
        for (manifest, parts) in &taken {
            assert_eq!(&store.read_snapshot(manifest).unwrap(), parts);
        }
    };
    check(&store);
    drop(store);
    check(&open(folder.path()));
}

#[test]
fn a_manifest_of_many_parts_is_kept() {
    let folder = folder();
    let store = open(folder.path());
    let part = PartManifest { index: 1 << 30, raw_len: 1 << 28, stored_len: 1 << 27, crc32: 9 };
    let manifests = [3, 4].map(|tick| manifest(fresh_id(), tick, vec![part.clone(); 5000]));
    let manifests = manifests.map(|m| SnapshotManifest { run_id: DEFAULT_TENANT, ..m });
    store.commit_wait(manifests.iter().cloned().map(Change::PutManifest).collect()).unwrap();
    assert_eq!(store.snapshots(DEFAULT_TENANT).unwrap(), manifests);
}

#[test]
fn chunks_without_a_manifest_are_swept_at_open_and_others_stay() {
    let folder = folder();
    let mut rng = Rng::seeded("chunks_without_a_manifest");
    let store = open(folder.path());
    let (whole, torn) = (fresh_id(), fresh_id());
    let kept = parts(&mut rng, &LENGTHS);
    let manifest = publish(&store, whole, 5, &kept);
    for (run, tick) in [(whole, 4), (whole, 6), (torn, 5)] {
        store.write_snapshot_parts(run, tick, &parts(&mut rng, &LENGTHS), Purpose::New).unwrap();
    }
    // The last possible key of a snapshot, and of all.
    for number in [3, u32::MAX] {
        let stray = SnapshotPart { index: number, bytes: rng.bytes(5000) };
        store.write_snapshot_parts(torn, number, &[stray], Purpose::New).unwrap();
    }
    store.close();
    assert_eq!(raw_chunks(folder.path()), 4 * CHUNKS + 2 * 2);
    let store = open(folder.path());
    assert_eq!(store.snapshots(whole).unwrap(), std::slice::from_ref(&manifest));
    assert_eq!(store.snapshots(torn).unwrap(), []);
    assert_eq!(store.read_snapshot(&manifest).unwrap(), kept);
    store.close();
    assert_eq!(raw_chunks(folder.path()), CHUNKS);
}

#[test]
fn stray_parts_of_a_published_snapshot_are_swept() {
    let folder = folder();
    let mut rng = Rng::seeded("stray_parts");
    let store = open(folder.path());
    let run = fresh_id();
    let kept = parts(&mut rng, &[5000]);
    store.write_snapshot_parts(run, 1, &parts(&mut rng, &LENGTHS), Purpose::New).unwrap();
    // Fewer parts the second time: a run that was planned anew.
    let manifest = publish(&store, run, 1, &kept);
    store.close();
    assert_eq!(raw_chunks(folder.path()), 2 + 2);
    let store = open(folder.path());
    assert_eq!(store.read_snapshot(&manifest).unwrap(), kept);
    store.close();
    assert_eq!(raw_chunks(folder.path()), 2);
}

#[test]
fn a_dropped_snapshot_is_gone_with_its_chunks() {
    let folder = folder();
    let mut rng = Rng::seeded("a_dropped_snapshot");
    let store = open(folder.path());
    let run = fresh_id();
    let manifests = [1, 2, 3].map(|tick| publish(&store, run, tick, &parts(&mut rng, &LENGTHS)));
    store.commit_wait(vec![Change::DropSnapshot(run, 2), Change::DropSnapshot(run, 9)]).unwrap();
    assert_eq!(store.snapshots(run).unwrap(), [manifests[0].clone(), manifests[2].clone()]);
    store.close();
    assert_eq!(raw_chunks(folder.path()), 2 * CHUNKS);
    let store = open(folder.path());
    assert!(matches!(store.read_snapshot(&manifests[1]), Err(StoreError::Corrupt { .. })));
    store.read_snapshot(&manifests[2]).unwrap();
}

#[test]
fn a_drop_does_not_take_what_is_written_after_it() {
    let folder = folder();
    let mut rng = Rng::seeded("a_drop_does_not_take");
    let store = open(folder.path());
    let run = fresh_id();
    for _ in 0..50 {
        publish(&store, run, 1, &parts(&mut rng, &LENGTHS));
        // Not waited for: it is carried out somewhere in between.
        store.commit(vec![Change::DropSnapshot(run, 1)], Box::new(|result| result.unwrap()));
        let second = parts(&mut rng, &LENGTHS);
        let manifest = publish(&store, run, 1, &second);
        store.commit_wait(Vec::new()).unwrap();
        assert_eq!(store.read_snapshot(&manifest).unwrap(), second);
    }
}

#[test]
fn rewriting_parts_unpublishes_the_snapshot_and_leaves_no_old_chunk() {
    let folder = folder();
    let mut rng = Rng::seeded("rewriting_parts");
    let store = open(folder.path());
    let run = fresh_id();
    publish(&store, run, 1, &parts(&mut rng, &[100_000, 50_000]));
    let shorter = parts(&mut rng, &[5000, 0]);
    let written = store.write_snapshot_parts(run, 1, &shorter, Purpose::New).unwrap();
    assert_eq!(store.snapshots(run).unwrap(), []);
    let manifest = manifest(run, 1, written);
    store.commit_wait(vec![Change::PutManifest(manifest.clone())]).unwrap();
    assert_eq!(store.read_snapshot(&manifest).unwrap(), shorter);
    store.close();
    assert_eq!(raw_chunks(folder.path()), 3);
}

#[test]
fn damaged_chunks_are_found_and_named() {
    let folder = folder();
    let mut rng = Rng::seeded("damaged_chunks");
    let run = fresh_id();
    let taken = parts(&mut rng, &LENGTHS);
    let manifest = publish(&open(folder.path()), run, 5, &taken);
    for round in 0..12 {
        let (key, value) = with_raw_sled(folder.path(), |db| {
            let chunks = db.open_tree("chunks").unwrap();
            let (key, value) = chunks.iter().nth(rng.below(CHUNKS)).unwrap().unwrap();
            let mut bytes = value.to_vec();
            match round % 3 {
                0 => bytes[rng.below(value.len())] ^= 1 << rng.below(8),
                1 => bytes.truncate(rng.below(value.len())),
                _ => bytes.clear(),
            }
            match round % 3 {
                2 => chunks.remove(&key).unwrap(),
                _ => chunks.insert(&key, bytes).unwrap(),
            };
            (key, value)
        });
        let part = u32::from_be_bytes(key[20..24].try_into().unwrap());
        match open(folder.path()).read_snapshot(&manifest) {
            Err(error @ StoreError::Corrupt { .. }) => {
                let named = format!("run {run} at tick 5, part {part} is corrupt");
                assert!(error.to_string().contains(&named), "{error}");
            }
            other => panic!("round {round}: {other:?}"),
        }
        with_raw_sled(folder.path(), |db| {
            db.open_tree("chunks").unwrap().insert(&key, value).unwrap();
        });
    }
    assert_eq!(open(folder.path()).read_snapshot(&manifest).unwrap(), taken);
}

#[test]
fn a_manifest_that_lies_is_an_error() {
    let folder = folder();
    let store = open(folder.path());
    let mut rng = Rng::seeded("a_manifest_that_lies");
    let manifest = publish(&store, fresh_id(), 5, &parts(&mut rng, &LENGTHS));
    let lies: [fn(&mut PartManifest); 5] = [
        |part| part.raw_len = u64::MAX,
        |part| part.raw_len -= 1,
        |part| part.stored_len += 1,
        |part| part.crc32 ^= 1,
        |part| part.index = 77,
    ];
    for lie in lies {
        let mut manifest = manifest.clone();
        lie(&mut manifest.parts[0]);
        assert!(matches!(store.read_snapshot(&manifest), Err(StoreError::Corrupt { .. })));
    }
}

#[test]
fn a_damaged_manifest_leaves_the_older_snapshot_usable() {
    let folder = folder();
    let store = open(folder.path());
    let mut rng = Rng::seeded("a_damaged_manifest");
    let run = fresh_id();
    let taken = parts(&mut rng, &LENGTHS);
    let older = publish(&store, run, 5, &taken);
    publish(&store, run, 6, &parts(&mut rng, &LENGTHS));
    store.close();
    with_raw_sled(folder.path(), |db| {
        let state = db.open_tree("state").unwrap();
        let (key, value) = state.scan_prefix("M").last().unwrap().unwrap();
        let mut bytes = value.to_vec();
        bytes[7] ^= 1;
        state.insert(key, bytes).unwrap();
    });
    let store = open(folder.path());
    assert_eq!(store.snapshots(run).unwrap(), std::slice::from_ref(&older));
    assert_eq!(store.read_snapshot(&older).unwrap(), taken);
}
