//! Backups: were one of these to fail, a backup would be worth nothing on the day that it is needed.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use support::{PROJECT, Server, run_civitas, said_by_civitas};
use tempfile::tempdir;

fn long() -> Value {
    json!({"seed": 8, "horizon_ticks": 600, "population": {"agents": 40_000}, "snapshot_every_ticks": 5})
}

fn small() -> Value {
    json!({"horizon_ticks": 10, "population": {"agents": 2000}})
}

/// Restores `saved` as the data folder of a new folder's servers.
fn restored(from: &Path, to: &Path) {
    let backup = from.join("saved");
    let done = run_civitas(to, &["restore", backup.to_str().unwrap(), "--data-dir", "data"], &[]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let said = said_by_civitas(to, &["doctor"], 0);
    assert!(said.contains("sound"), "{said}");
}

#[test]
fn a_backup_of_a_busy_server_holds_what_was_acknowledged_before_it() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_LIMITS__MAX_QUEUED", "100000")]);
    let done = server.launch(&small());
    server.outcome(&done);
    let results = server.get(&format!("/runs/{done}/results")).expect(200).text;
    let cancelled = server.create(&small());
    server.cancel(&cancelled).expect(200);
    let running = server.launch(&long());
    let before: Vec<_> = (0..20).map(|_| server.create(&small())).collect();
    let pages: Vec<_> = before.iter().chain([&done, &cancelled]).map(|id| (id.clone(), server.run(id))).collect();

    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            let client = server.fresh();
            let stop = &stop;
            scope.spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    client.post_json("/runs", &json!({"project_id": PROJECT, "config": small()})).expect(201);
                }
            });
        }
        let said = said_by_civitas(folder.path(), &["backup", "saved"], 0);
        assert!(said.contains("civitas.backup: ") && said.contains(" runs, "), "{said}");
        assert!(said.contains("telemetry is not in the backup: copy data/objects besides"), "{said}");
        stop.store(true, Ordering::SeqCst);
    });
    let elsewhere = tempdir().unwrap();
    restored(folder.path(), elsewhere.path());

    let other = Server::start(elsewhere.path(), &[]);
    for (id, page) in pages {
        assert_eq!(other.run(&id), page);
    }
    assert_eq!(other.get(&format!("/runs/{done}/results")).expect(200).text, results);
    // It went on on both sides, to the same end.
    assert_eq!(other.outcome(&running), server.outcome(&running));
    server.stop();
    assert!(!folder.path().join("data/control").exists(), "nothing is left of a server that stopped");
}

#[test]
fn a_backup_of_a_folder_that_no_server_holds_is_the_same_store() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&small());
    let outcome = server.outcome(&id);
    server.stop();
    said_by_civitas(folder.path(), &["backup", "saved"], 0);
    let elsewhere = tempdir().unwrap();
    restored(folder.path(), elsewhere.path());
    assert_eq!(Server::start(elsewhere.path(), &[]).outcome_now(&id, "succeeded"), outcome);
}

#[test]
fn nothing_is_written_over_and_nothing_is_made_of_a_damaged_backup() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.create(&small());
    said_by_civitas(folder.path(), &["backup", "saved"], 0);
    let said = said_by_civitas(folder.path(), &["backup", "saved"], 1);
    assert!(said.contains("the folder is not empty"), "{said}");
    server.stop();
    let said = said_by_civitas(folder.path(), &["restore", "saved"], 1);
    assert!(said.contains("the folder is not empty"), "{said}");
    assert_eq!(Server::start(folder.path(), &[]).status(&id), "queued", "the store is as it was");

    let file = folder.path().join("saved/civitas.backup");
    let whole = fs::read(&file).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        let done = run_civitas(folder.path(), &["restore", "saved", "--data-dir", "new"], &[]);
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert!(!folder.path().join("new").exists() && !folder.path().join("new.restoring").exists(), "{said}");
        said
    };
    for at in [20, whole.len() / 2, whole.len() - 4] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        let said = refused(&flipped);
        assert!(said.contains("the backup is corrupt") || said.contains("the backup has format"), "{said}");
    }
    for length in [0, 10, whole.len() / 2, whole.len() - 1] {
        assert!(refused(&whole[..length]).contains("it is cut off"));
    }
    assert!(refused(&[&whole[..], b"x"].concat()).contains("something follows its end"));
    let newer = [&b"civitas backup 7\n"[..], &whole[17..]].concat();
    assert!(refused(&newer).contains("the backup has format 7, and this civitas knows formats up to 1"));
}

#[test]
fn a_backup_of_nothing_is_refused() {
    let folder = tempdir().unwrap();
    let said = said_by_civitas(folder.path(), &["backup", "saved"], 1);
    assert!(said.contains("there is no such folder"), "{said}");
    assert!(!folder.path().join("data").exists() && !folder.path().join("saved").exists());
}
