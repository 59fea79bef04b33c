//! A disk with little room left: nothing new is taken before it is full, what is under way comes to its end, everything can be read,
//! and with room again all goes on, without a restart. On a file system of its own, which something else fills.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::mounted::Mounted;
use crate::support::experiments::with;
use crate::support::{PROJECT, Server, eventually};

/// The room on the file system, in KiB.
const ROOM_KIB: u32 = 96 * 1024;
/// What is kept of it, in MiB.
const RESERVE_MIB: u64 = 32;
const ENV: [(&str, &str); 2] = [("CIVITAS_STORE__RESERVE_MIB", "32"), ("CIVITAS_LIMITS__MAX_RUNNING", "1")];

/// A file that something else has written, which leaves so much room.
struct Ballast(PathBuf);

impl Ballast {
    fn leaving(folder: &Path, kib: u64) -> Self {
        let path = folder.join("ballast");
        let mut file = File::create(&path).unwrap();
        let block = vec![0_u8; 64 * 1024];
        while fs2::available_space(folder).unwrap() > kib * 1024 + block.len() as u64 {
            file.write_all(&block).unwrap();
        }
        Self(path)
    }

    fn remove(self) {
        fs::remove_file(self.0).unwrap();
    }
}

/// A run that takes a second or two.
fn long() -> Value {
    json!({"seed": 3, "horizon_ticks": 600, "population": {"agents": 40_000}, "snapshot_every_ticks": 10})
}

/// One that goes on for longer than a few requests take on any machine.
fn longer() -> Value {
    with(with(long(), "/population/agents", json!(300_000)), "/snapshot_every_ticks", json!(100))
}

/// What the same run comes to on a server with room.
fn undisturbed(config: &Value) -> String {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(config);
    server.outcome(&id)
}

/// All that is new is refused, with what to do about it; nothing of it is there afterwards.
fn nothing_new_is_taken(server: &Server, queued: &str, running: &str) {
    let runs = || server.get("/runs").expect(200).body["total"].clone();
    let before = runs();
    let run = json!({"project_id": PROJECT});
    let table = "code,name,population,latitude,longitude\nN,North,300,10,20\nS,South,100,-10,20\n";
    let effect = json!({"variable": "social_trust", "operation": "add", "value": 0.1});
    let script = json!({"project_id": PROJECT, "name": "news", "effects": [effect]});
    let refused = [
        server.post_json("/runs", &run),
        server.post_json("/runs/batch", &json!({"project_id": PROJECT, "variations": [{"seed": 1}, {"seed": 2}]})),
        server.post_json(&format!("/runs/{running}/fork"), &json!({})),
        server.post_json("/datasets", &json!({"name": "mine", "regions_csv": table})),
        server.post_json("/event-scripts", &script),
        server.post(&format!("/runs/{queued}/start")),
        server.post(&format!("/runs/{running}/snapshots")),
        server.get("//health"),
    ];
    for answer in &refused {
        let why = answer.expect_error(507, "INSUFFICIENT_STORAGE");
        assert!(why.contains("MiB left") && why.contains("store.reserve_mib"), "{why}");
    }
    let ready = server.get("//health/ready").expect(503).body;
    assert!(ready["reasons"][0].as_str().is_some_and(|why| why.contains("MiB left")), "{ready}");
    assert_eq!((runs(), server.status(queued)), (before, "queued".to_owned()));
    assert_eq!(server.get("/datasets/mine").status, 404);
    assert_eq!(server.get("/event-scripts").expect(200).body["total"], 0);
}

#[test]
fn nothing_new_is_taken_before_a_disk_is_full() {
    let Some(mounted) = Mounted::with_kib(ROOM_KIB) else { return };
    let server = Server::start(mounted.path(), &ENV);
    let (queued, cancelled) = (server.create(&json!({})), server.create(&json!({})));
    let running = server.launch(&longer());
    server.post(&format!("/runs/{running}/snapshots")).expect(201);
    let ballast = Ballast::leaving(mounted.path(), (RESERVE_MIB - 4) * 1024);
    nothing_new_is_taken(&server, &queued, &running);

    // What was taken can rest, with a snapshot, comes to its end, or is taken back.
    server.cancel(&cancelled).expect(200);
    let paused = server.post(&format!("/runs/{running}/pause")).expect(200).body;
    let snapshots = server.get(&format!("/runs/{running}/snapshots")).expect(200).body;
    let last = snapshots["items"].as_array().and_then(|all| all.last()).unwrap();
    assert_eq!((&last["tick"], &last["reason"]), (&paused["ticks_completed"], &json!("paused")));
    ballast.remove();
    server.post(&format!("/runs/{running}/resume")).expect(202);
    let ballast = Ballast::leaving(mounted.path(), (RESERVE_MIB - 4) * 1024);
    assert_eq!(server.outcome(&running), undisturbed(&longer()));
    for id in [&queued, &cancelled, &running] {
        server.get(&format!("/runs/{id}")).expect(200);
    }
    assert!(!server.stderr().contains("the store accepts no more"), "{}", server.stderr());

    ballast.remove();
    assert_eq!(server.get("//health").expect(200).body, json!({"status": "ok"}));
    server.start(&queued).expect(202);
    server.outcome(&queued);
    server.outcome(&server.launch(&json!({"horizon_ticks": 5, "population": {"agents": 1000}})));
    server.stop();
}

#[test]
fn an_end_waits_for_room_and_so_does_who_waits_to_start() {
    let Some(mounted) = Mounted::with_kib(ROOM_KIB) else { return };
    let server = Server::start(mounted.path(), &ENV);
    let batch =
        json!({"project_id": PROJECT, "base_config": long(), "variations": [{}, {"seed": 4}], "auto_start": true});
    let made = server.post_json("/runs/batch", &batch).expect(201).body;
    let id = |n: usize| made["runs"][n]["id"].as_str().unwrap().to_owned();
    let (first, second) = (id(0), id(1));
    // Less than what is kept even from ends.
    let ballast = Ballast::leaving(mounted.path(), 2 * 1024);
    eventually("its end waits", || server.stderr().contains("the end of a run waits for room").then_some(()));
    assert_eq!((server.status(&first), server.status(&second)), ("running".to_owned(), "queued".to_owned()));
    server.cancel(&first).expect_error(507, "INSUFFICIENT_STORAGE");
    // A little more, and it ends; that is not enough to begin something.
    fs::remove_file(&ballast.0).unwrap();
    let ballast = Ballast::leaving(mounted.path(), (RESERVE_MIB - 4) * 1024);
    assert_eq!(server.wait(&first).event, "completed");
    eventually("the other waits", || server.stderr().contains("waits for room").then_some(()));
    assert_eq!(server.status(&second), "queued");
    ballast.remove();
    assert_eq!(server.outcome(&first), undisturbed(&long()));
    assert_eq!(server.outcome(&second), undisturbed(&with(long(), "/seed", json!(4))));
    server.stop();
}

#[test]
fn a_server_that_stops_while_an_end_waits_gives_it_after_the_restart() {
    let Some(mounted) = Mounted::with_kib(ROOM_KIB) else { return };
    let server = Server::start(mounted.path(), &ENV);
    let id = server.launch(&long());
    let ballast = Ballast::leaving(mounted.path(), 2 * 1024);
    eventually("its end waits", || server.stderr().contains("the end of a run waits for room").then_some(()));
    server.sigterm();
    let (status, said) = server.ended();
    assert!(status.code().is_some(), "it ended by a signal: {said}");
    ballast.remove();
    let server = Server::start(mounted.path(), &ENV);
    assert_eq!(server.outcome(&id), undisturbed(&long()));
}

#[test]
fn what_was_interrupted_goes_on_when_a_server_that_started_on_a_full_disk_has_room() {
    let Some(mounted) = Mounted::with_kib(ROOM_KIB) else { return };
    let server = Server::start(mounted.path(), &ENV);
    let queued = server.create(&json!({}));
    let running = server.launch(&longer());
    server.post(&format!("/runs/{running}/snapshots")).expect(201);
    server.kill9();
    // Less than what is kept for notes.
    let ballast = Ballast::leaving(mounted.path(), 1024);
    let server = Server::start(mounted.path(), &ENV);
    server.get(&format!("/runs/{running}")).expect(200);
    for id in [&running, &queued] {
        server.post(&format!("/runs/{id}/cancel")).expect_error(507, "INSUFFICIENT_STORAGE");
    }
    server.start(&queued).expect_error(507, "INSUFFICIENT_STORAGE");
    ballast.remove();
    eventually("it is taken over", || (server.status(&running) == "succeeded").then_some(()));
    assert_eq!(server.outcome(&running), undisturbed(&longer()));
    server.start(&queued).expect(202);
    server.outcome(&queued);
}
