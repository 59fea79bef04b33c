//! Snapshots that are not what was written: found by their checksum, reported, an older one used, the results the same.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{Server, eventually, said_by_civitas};

const ENV: [(&str, &str); 1] = [("CIVITAS_SIM__SNAPSHOT_KEEP", "3")];

fn config() -> Value {
    json!({"seed": 77, "horizon_ticks": 600, "population": {"agents": 40_000}, "snapshot_every_ticks": 5})
}

/// Works on the database of a server that was killed.
pub(crate) fn with_raw<T>(folder: &Path, work: impl FnOnce(&sled::Db) -> T) -> T {
    let path = folder.join("data");
    let db = sled::Config::new().path(&path).flush_every_ms(None).open().unwrap();
    let result = work(&db);
    db.flush().unwrap();
    drop(db);
    // Threads of the database may hold its file a little longer.
    std::fs::File::open(path.join("db")).unwrap().lock().unwrap();
    result
}

/// Ticks of the snapshots that are kept, in rising order.
fn ticks(run: &Value) -> Vec<u32> {
    let refs = run["outputs"]["snapshot_refs"].as_array().unwrap();
    refs.iter().map(|name| name.as_str().unwrap().rsplit_once("tick-").unwrap().1.parse().unwrap()).collect()
}

/// Changes the newest snapshot with a manifest, chunk by chunk; gives its tick.
fn damage(folder: &Path, change: fn(&mut Vec<u8>)) -> u32 {
    with_raw(folder, |db| {
        let (state, chunks) = (db.open_tree("state").unwrap(), db.open_tree("chunks").unwrap());
        let (key, _) = state.scan_prefix("M").last().unwrap().unwrap();
        let (run, tick) = (&key[1..17], &key[17..21]);
        let prefix = [run, tick].concat();
        let (key, value) = chunks.scan_prefix(prefix).last().unwrap().unwrap();
        let mut bytes = value.to_vec();
        change(&mut bytes);
        chunks.insert(key, bytes).unwrap();
        u32::from_be_bytes(tick.try_into().unwrap())
    })
}

/// Kills a server within a run, changes its newest snapshot, and has it go on.
fn goes_on_from_an_older_one(change: fn(&mut Vec<u8>)) {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &ENV);
    let id = server.launch(&config());
    eventually("there are three snapshots", || (ticks(&server.run(&id)).len() >= 3).then_some(()));
    assert_eq!(server.status(&id), "running", "it ended too early: make it longer");
    server.kill9();
    said_by_civitas(folder.path(), &["doctor"], 0);
    let newest = damage(folder.path(), change);
    let found = said_by_civitas(folder.path(), &["doctor"], 1);
    let named = format!("FAULT: snapshot of run {id} at tick {newest}: ");
    assert!(found.contains(&named) && found.contains("NOT SOUND: 1 fault\n"), "{found}");

    let server = Server::start(folder.path(), &ENV);
    let resumed = server.outcome(&id);
    let said = server.stderr();
    assert!(said.contains("a snapshot cannot be used; trying an older one"), "{said}");
    let other = tempdir().unwrap();
    let undisturbed = Server::start(other.path(), &[]);
    assert_eq!(resumed, undisturbed.outcome(&undisturbed.launch(&config())));
}

#[test]
fn a_flipped_bit_is_found_and_an_older_snapshot_used() {
    goes_on_from_an_older_one(|bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
    });
}

#[test]
fn a_truncated_snapshot_is_found_and_an_older_one_used() {
    goes_on_from_an_older_one(|bytes| bytes.truncate(bytes.len() / 2));
}
