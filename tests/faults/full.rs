//! A disk that has no room from one write to the next, as where nothing is kept back, or a quota is reached that nobody can ask for: what was acknowledged stays, nothing more is acknowledged, everybody is told, and with room again all
//! goes on. Once with a limit on the length of files, which every machine allows, once on a full file system.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::mounted::Mounted;
use crate::support::server::{PROGRAM, clean};
use crate::support::{PROJECT, Server};

/// The length that files may have, in blocks of 512 bytes: a few of the segments of half a MiB that the store grows by.
const FILE_BLOCKS: u32 = 4 * 1024;
/// The room on the file system, in KiB.
const ROOM_KIB: u32 = 2 * 1024;
/// More creates than there is ever room for.
const MANY: u32 = 20_000;
const ENV: [(&str, &str); 2] = [("CIVITAS_LIMITS__MAX_QUEUED", "100000"), ("CIVITAS_STORE__RESERVE_MIB", "0")];

/// A server whose files may not grow above a limit, as on a disk with a quota.
fn limited(folder: &Path) -> Server {
    // The signal is ignored, so that the write fails as it does on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f {FILE_BLOCKS}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
    Server::from_command(clean(command, folder), &ENV)
}

/// Creates runs until one cannot be kept; gives the ids of those that were.
fn fill(server: &Server) -> Vec<String> {
    let mut kept = Vec::new();
    for number in 0..MANY {
        let name = format!("{number} {}", "x".repeat(80));
        let said = server.post_json("/runs", &json!({"project_id": PROJECT, "name": name}));
        if said.status != 201 {
            said.expect_error(503, "STORE_ERROR");
            return kept;
        }
        kept.push(said.id());
    }
    panic!("the disk was never full");
}

/// What holds while the disk is full.
fn everybody_is_told(server: &Server, kept: &[String]) {
    let health = server.get("//health");
    let why = health.expect_error(503, "STORE_ERROR");
    assert!(why.contains("could not be made durable") && why.contains("restart civitas"), "{why}");
    server.post_json("/runs", &json!({"project_id": PROJECT})).expect_error(503, "STORE_ERROR");
    server.start(&kept[0]).expect_error(503, "STORE_ERROR");
    what_is_read_is_what_was(server, kept);
    assert!(server.stderr().contains("the store accepts no more"), "{}", server.stderr());
}

/// What could not be kept did not happen: a run is read as it was. What stands on a page of the store whose division the full disk
/// cut short (the first page of all, at worst) is refused until the store is opened again, and never told otherwise.
fn what_is_read_is_what_was(server: &Server, kept: &[String]) {
    for id in kept {
        let said = server.get(&format!("/runs/{id}"));
        if said.status == 200 {
            assert_eq!(said.body["status"], "queued");
        } else {
            said.expect_error(503, "STORE_ERROR");
        }
    }
}

/// What holds on a server with room.
fn nothing_is_lost(server: &Server, kept: &[String]) {
    assert_eq!(server.get("//health").expect(200).body, json!({"status": "ok"}));
    let total = server.get("/runs").expect(200).body["total"].as_u64().unwrap();
    // The one that could not be kept may be there whole: it was never answered with a success.
    assert!((kept.len() as u64..=kept.len() as u64 + 1).contains(&total), "{total} runs, {} acknowledged", kept.len());
    for id in kept {
        assert_eq!(server.status(id), "queued");
    }
    let small = json!({"horizon_ticks": 5, "population": {"agents": 1000}});
    server.outcome(&server.launch(&small));
}

#[test]
fn a_file_that_may_not_grow_loses_nothing() {
    let folder = tempdir().unwrap();
    let server = limited(folder.path());
    let kept = fill(&server);
    everybody_is_told(&server, &kept);
    server.kill9();
    nothing_is_lost(&Server::start(folder.path(), &ENV), &kept);
}

#[test]
fn a_full_file_system_loses_nothing() {
    let Some(mounted) = Mounted::with_kib(ROOM_KIB) else { return };
    let server = Server::start(mounted.path(), &ENV);
    let kept = fill(&server);
    everybody_is_told(&server, &kept);
    // It stops in order even so, and says what it could not do.
    server.sigterm();
    let (status, said) = server.ended();
    assert!(status.code().is_some(), "it ended by a signal: {said}");

    mounted.grow_to_kib(64 * 1024);
    nothing_is_lost(&Server::start(mounted.path(), &ENV), &kept);
}

#[test]
fn a_run_that_cannot_keep_its_end_goes_on_after_a_restart() {
    let folder = tempdir().unwrap();
    let server = limited(folder.path());
    let config = json!({"seed": 3, "horizon_ticks": 500, "population": {"agents": 40_000}, "snapshot_every_ticks": 10});
    let id = server.launch(&config);
    fill(&server);
    // Its stream ends without an end of the run, or the run had ended before; or it cannot be read, as above.
    let said = server.get(&format!("/runs/{id}"));
    if said.status == 200 {
        let last = server.wait(&id);
        let known: Value = server.run(&id);
        if last.event != "completed" {
            assert_eq!(known["status"], "running", "{last:?}");
        }
    } else {
        said.expect_error(503, "STORE_ERROR");
    }
    server.kill9();
    let server = Server::start(folder.path(), &ENV);
    let resumed = server.outcome(&id);
    let undisturbed = tempdir().unwrap();
    let other = Server::start(undisturbed.path(), &[]);
    assert_eq!(resumed, other.outcome(&other.launch(&config)));
}
