//! Stores of other versions: those of earlier ones are read and go on, those of later ones are refused and stay as they are.
//!
//! `tests/fixtures/store-*.tar.gz` are data folders as earlier versions of civitas left them; the name says which version its
//! run records have. None is ever made anew.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use super::damage::with_raw;
use crate::support::{Server, run_civitas, said_by_civitas};

/// The data folder of a fixture, as `data` in a folder of its own.
pub(crate) fn fixture(name: &str) -> TempDir {
    let folder = tempdir().unwrap();
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let unpacked = Command::new("tar").arg("-xzf").arg(&packed).current_dir(folder.path()).status().unwrap();
    assert!(unpacked.success(), "cannot unpack {}", packed.display());
    folder
}

pub(crate) fn by_name(server: &Server) -> Vec<(String, Value)> {
    let all = server.get("/runs?sort=name&limit=100").expect(200).body;
    all["items"].as_array().unwrap().iter().map(|run| (run["name"].as_str().unwrap().to_owned(), run.clone())).collect()
}

#[test]
fn a_store_with_run_records_of_version_1_is_read_and_goes_on() {
    let folder = fixture("store-v1.tar.gz");
    said_by_civitas(folder.path(), &["doctor"], 0);
    let server = Server::start(folder.path(), &[]);
    let runs = by_name(&server);
    let names: Vec<_> = runs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["cancelled", "failed", "queued", "running", "succeeded", "waiting 1", "waiting 2"]);
    let id = |name: &str| runs.iter().find(|run| run.0 == name).unwrap().1["id"].as_str().unwrap().to_owned();

    for ended in ["cancelled", "failed", "succeeded"] {
        assert_eq!(server.status(&id(ended)), ended);
    }
    assert_eq!(server.run(&id("failed"))["error"]["code"], "RUN_TIMEOUT");
    assert_eq!(server.results(&id("succeeded"))["outcome_summary"], json!({"kept": "since version 1"}));
    // Their snapshots and results are another engine's: they start over, and end alike.
    let first = server.outcome(&id("running"));
    assert_eq!(server.outcome(&id("waiting 1")), first);
    assert_eq!(server.outcome(&id("waiting 2")), first);
    assert_eq!(server.run(&id("waiting 1"))["batch_id"], server.run(&id("waiting 2"))["batch_id"]);
    server.start(&id("queued")).expect(202);
    assert_eq!(server.outcome(&id("queued")), first);
    server.stop();
    said_by_civitas(folder.path(), &["doctor"], 0);
}

#[test]
fn a_store_with_run_records_of_version_2_is_read_and_goes_on() {
    let folder = fixture("store-v2.tar.gz");
    said_by_civitas(folder.path(), &["doctor"], 0);
    let server = Server::start(folder.path(), &[]);
    let runs = by_name(&server);
    let id = |name: &str| runs.iter().find(|run| run.0 == name).unwrap().1["id"].as_str().unwrap().to_owned();
    assert_eq!(server.status(&id("done")), "succeeded");
    assert_eq!(server.status(&id("cancelled")), "cancelled");
    // The interrupted one was killed in the middle; it has the specification of the one that is done.
    let interrupted = server.outcome(&id("interrupted"));
    let again = server.launch(&json!({"seed": 21, "horizon_ticks": 1000, "population": {"agents": 2000}}));
    assert_eq!(server.outcome(&again), interrupted);
    server.start(&id("queued")).expect(202);
    server.outcome(&id("queued"));
    server.stop();
    said_by_civitas(folder.path(), &["doctor"], 0);
}

#[test]
fn a_store_with_run_records_of_version_3_is_read_goes_on_and_is_forked() {
    let folder = fixture("store-v3.tar.gz");
    said_by_civitas(folder.path(), &["doctor"], 0);
    let server = Server::start(folder.path(), &[]);
    let runs = by_name(&server);
    let id = |name: &str| runs.iter().find(|run| run.0 == name).unwrap().1["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (server.status(&id("done")), server.status(&id("paused"))),
        ("succeeded".to_owned(), "paused".to_owned())
    );
    let interrupted = server.outcome(&id("interrupted"));
    server.post(&format!("/runs/{}/resume", id("paused"))).expect(202);
    assert_eq!(server.outcome(&id("paused")), interrupted);
    let fork = server.post_json(&format!("/runs/{}/fork", id("done")), &json!({})).expect(201);
    assert_eq!(fork.body["forked_from"]["tick"], json!(900));
    server.start(&fork.id()).expect(202);
    assert_eq!(server.outcome(&fork.id()), server.outcome(&id("done")));
    server.stop();
    said_by_civitas(folder.path(), &["doctor"], 0);
}

#[test]
fn a_store_with_run_records_of_version_4_is_read_and_goes_on_to_the_same_bytes() {
    let folder = fixture("store-v4.tar.gz");
    said_by_civitas(folder.path(), &["doctor"], 0);
    let server = Server::start(folder.path(), &[]);
    let runs = by_name(&server);
    let id = |name: &str| runs.iter().find(|run| run.0 == name).unwrap().1["id"].as_str().unwrap().to_owned();
    assert_eq!(server.status(&id("done")), "succeeded");
    server.start(&id("queued")).expect(202);
    assert_eq!(server.outcome(&id("queued")), server.outcome(&id("done")), "the same specification then and now");
    let past = server.run(&id("forked"))["config"]["past"].clone();
    assert_eq!(past[0]["variable_deltas"], json!({"social_trust": 0.1}));
    server.start(&id("forked")).expect(202);
    server.outcome(&id("forked"));
    server.stop();
    said_by_civitas(folder.path(), &["doctor"], 0);
}

/// Every tree, key and value.
fn raw(folder: &Path) -> Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    with_raw(folder, |db| {
        let mut all = Vec::new();
        for name in db.tree_names() {
            for entry in &db.open_tree(&name).unwrap() {
                let (key, value) = entry.unwrap();
                all.push((name.to_vec(), key.to_vec(), value.to_vec()));
            }
        }
        all.sort();
        all
    })
}

#[test]
fn an_older_store_says_that_newer_records_may_stand_in_it() {
    let folder = fixture("store-v3.tar.gz");
    let format = || {
        let all = raw(folder.path());
        let found = all.iter().find(|(tree, key, _)| (&tree[..], &key[..]) == (b"meta", b"format")).unwrap();
        u32::from_be_bytes(found.2[..].try_into().unwrap())
    };
    assert_eq!(format(), 1);
    said_by_civitas(folder.path(), &["key", "list"], 0);
    assert_eq!(format(), civitas_store::limits::STORE_FORMAT);
}

#[test]
fn a_newer_store_is_refused_and_stays_as_it_is() {
    let folder = fixture("store-v1.tar.gz");
    with_raw(folder.path(), |db| {
        db.open_tree("meta").unwrap().insert("format", &99_u32.to_be_bytes()).unwrap();
    });
    let before = raw(folder.path());
    for args in
        [&["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"][..], &["key", "list", "--data-dir", "data"]]
    {
        let refused = run_civitas(folder.path(), args, &[]);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0), "{args:?}: {said}");
        assert!(said.contains("format 99") && said.contains("hint: install the newer civitas"), "{said}");
    }
    let said = said_by_civitas(folder.path(), &["doctor"], 1);
    assert!(said.contains("format 99"), "{said}");
    assert!(raw(folder.path()) == before, "the store was changed");
}
