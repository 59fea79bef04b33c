//! What a user would lose if two processes shared a folder, or a wrong one were opened.
#![allow(clippy::unwrap_used)]

mod common;

use civitas_store::limits::STORE_FORMAT;
use civitas_store::*;
use common::*;

#[test]
fn a_second_open_is_told_what_to_do() {
    let folder = folder();
    let store = open(folder.path());
    match SledStore::open(folder.path()) {
        Err(error @ StoreError::Locked { .. }) => {
            let message = error.to_string();
            assert!(message.contains("in use by another process"), "{message}");
            assert!(message.contains(folder.path().to_str().unwrap()), "{message}");
        }
        other => panic!("{other:?}"),
    }
    store.commit_wait(vec![put(&run(fresh_id()))]).unwrap();
}

#[test]
fn a_folder_that_raw_sled_holds_is_locked() {
    let folder = folder();
    open(folder.path()).close();
    with_raw_sled(folder.path(), |_| {
        assert!(matches!(SledStore::open(folder.path()), Err(StoreError::Locked { .. })));
    });
    open(folder.path());
}

#[test]
fn closing_frees_the_folder_at_once() {
    let folder = folder();
    for round in 0..30 {
        let store = open(folder.path());
        store.commit(vec![put(&run(fresh_id()))], Box::new(|result| result.unwrap()));
        match round % 2 {
            0 => store.close(),
            _ => drop(store),
        }
    }
    let store = open(folder.path());
    assert_eq!(store.list_runs(&all_of(DEFAULT_TENANT)).unwrap().total, 30);
}

#[test]
fn a_closed_store_says_so() {
    let folder = folder();
    let store = open(folder.path());
    let id = fresh_id();
    store.close();
    store.close();
    let (sender, answers) = std::sync::mpsc::channel();
    store.commit(vec![put(&run(id))], Box::new(move |result| sender.send(result).unwrap()));
    assert!(matches!(answers.recv().unwrap(), Err(StoreError::Closed)));
    assert!(matches!(store.commit_wait(vec![put(&run(id))]), Err(StoreError::Closed)));
    assert!(matches!(store.run(id), Err(StoreError::Closed)));
    assert!(matches!(store.list_runs(&all_of(DEFAULT_TENANT)), Err(StoreError::Closed)));
    assert!(matches!(store.write_snapshot_parts(id, 1, &[], Purpose::New), Err(StoreError::Closed)));
    assert_eq!(open(folder.path()).run(id).unwrap(), None);
}

#[test]
fn a_newer_store_is_refused_and_left_as_it_is() {
    let folder = folder();
    let store = open(folder.path());
    let id = fresh_id();
    store.commit_wait(vec![put(&run(id))]).unwrap();
    let mut rng = Rng::seeded("a_newer_store");
    // Debris that a store of this version would sweep.
    store.write_snapshot_parts(id, 1, &parts(&mut rng, &[9000]), Purpose::New).unwrap();
    store.close();
    let set_format = |format: u32| {
        with_raw_sled(folder.path(), |db| {
            let meta = db.open_tree("meta").unwrap();
            meta.insert("format", &format.to_be_bytes()).unwrap();
        });
    };
    set_format(STORE_FORMAT + 1);
    let before = raw_content(folder.path());
    match SledStore::open(folder.path()) {
        Err(StoreError::NewerFormat { found, known: STORE_FORMAT, .. }) if found == STORE_FORMAT + 1 => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(before, raw_content(folder.path()));
    set_format(1);
    assert!(open(folder.path()).run(id).unwrap().is_some());
}

#[test]
fn another_programs_sled_is_refused_and_left_as_it_is() {
    let folder = folder();
    with_raw_sled(folder.path(), |db| {
        db.open_tree("theirs").unwrap().insert("a", "b").unwrap();
    });
    let before = raw_content(folder.path());
    assert!(matches!(SledStore::open(folder.path()), Err(StoreError::Corrupt { .. })));
    assert_eq!(before, raw_content(folder.path()));
}

#[test]
fn a_path_that_cannot_be_a_folder_is_named() {
    let folder = folder();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for path in [file.clone(), file.join("below")] {
        match SledStore::open(&path) {
            Err(StoreError::Open { path: named, .. }) => assert_eq!(named, path),
            other => panic!("{other:?}"),
        }
    }
    // Folders above are made.
    open(&folder.path().join("a/b/c"));
}
