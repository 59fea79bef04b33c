//! What a user would lose at `kill -9`: nothing that was acknowledged, and never half of a commit.
//!
//! The test runs itself again as a writer that prints what was acknowledged, kills it after a random number of
//! lines while it goes on writing, and opens what is left.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use civitas_store::*;
use common::*;
use uuid::Uuid;

const FOLDER: &str = "CIVITAS_CRASH_FOLDER";
const ROUND: &str = "CIVITAS_CRASH_ROUND";
const ROUNDS: u64 = 8;
const WRITERS: u64 = 4;

/// Results of a run follow from its id, so that the parent knows them.
fn document(id: RunId) -> Vec<u8> {
    let mut rng = Rng::from(id.as_u128() as u64);
    let len = rng.below(20_000);
    rng.bytes(len)
}

fn snapshot(id: RunId) -> Vec<SnapshotPart> {
    parts(&mut Rng::from(id.as_u128() as u64), &[30_000, 10])
}

fn acknowledged(id: RunId, status: RunStatus) {
    // One write to the pipe for one line: a kill never leaves half of it.
    std::io::stdout().write_all(format!("ack {id} {status}\n").as_bytes()).unwrap();
}

/// Not a test by itself: the writer that is killed.
#[test]
fn writer() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let round: u64 = std::env::var(ROUND).unwrap().parse().unwrap();
    let store = open(Path::new(&folder));
    println!("open");
    let write = |writer: u64| {
        for n in 0.. {
            let id = Uuid::from_u64_pair(round * WRITERS + writer, n);
            let mut record = run(id);
            record.created_at_ms = n;
            store.commit_wait(vec![put(&record)]).unwrap();
            acknowledged(id, record.status);

            record.status = RunStatus::Running;
            let written = store.write_snapshot_parts(id, 1, &snapshot(id), Purpose::New).unwrap();
            let manifest = Change::PutManifest(manifest(id, 1, written));
            store.commit_wait(vec![put(&record), manifest]).unwrap();
            acknowledged(id, record.status);

            record.status = RunStatus::Succeeded;
            record.has_results = true;
            let results = Change::PutResults(id, document(id));
            let dropped = Change::DropSnapshot(id, 1);
            store.commit_wait(vec![put(&record), results, dropped]).unwrap();
            acknowledged(id, record.status);
        }
    };
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            scope.spawn(move || write(writer));
        }
    });
}

/// Lets a writer run until it has acknowledged `lines` commits or a few more, and returns what it said.
fn write_and_kill(folder: &Path, round: u64, lines: usize) -> Vec<(RunId, RunStatus)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writer", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    for _ in 0..lines {
        assert!(output.read_line(&mut said).unwrap() > 0, "the writer ended early: {said}");
    }
    // SIGKILL, in the middle of whatever it does now.
    child.kill().unwrap();
    child.wait().unwrap();
    output.read_to_string(&mut said).unwrap();
    said.lines().filter_map(parse).collect()
}

fn parse(line: &str) -> Option<(RunId, RunStatus)> {
    let (id, status) = line.split_once("ack ")?.1.split_once(' ')?;
    let status = RunStatus::ALL.into_iter().find(|known| known.as_str() == status)?;
    Some((id.parse().unwrap(), status))
}

fn check(store: &SledStore, acknowledged: &BTreeMap<RunId, RunStatus>) {
    for (id, status) in acknowledged {
        let found = store.run(*id).unwrap().unwrap_or_else(|| panic!("run {id} is lost"));
        assert!(found.status >= *status, "run {id} is {}, {status} is lost", found.status);
    }
    let page = store.list_runs(&all_of(DEFAULT_TENANT)).unwrap();
    assert_eq!(page.items.len(), page.total);
    let mut by_status = 0;
    for status in RunStatus::ALL {
        by_status += store.runs_with_status(status).unwrap().len();
        let query = RunQuery { status: Some(status), ..all_of(DEFAULT_TENANT) };
        assert_eq!(
            store.list_runs(&query).unwrap().total,
            page.items.iter().filter(|run| run.status == status).count()
        );
    }
    assert_eq!(by_status, page.total);
    for run in &page.items {
        // Whole commits only: what was put together with a status is there exactly with it.
        let results = store.results(run.id).unwrap();
        let snapshots = store.snapshots(run.id).unwrap();
        match run.status {
            RunStatus::Succeeded => assert_eq!(results, Some(document(run.id))),
            _ => assert_eq!(results, None),
        }
        match run.status {
            RunStatus::Running => {
                assert_eq!(store.read_snapshot(&snapshots[0]).unwrap(), snapshot(run.id));
            }
            _ => assert_eq!(snapshots, []),
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let mut rng = Rng::seeded("nothing_acknowledged_is_lost");
    let folder = folder();
    let mut acknowledged = BTreeMap::new();
    for round in 0..ROUNDS {
        let lines = 5 + rng.below(600);
        for (id, status) in write_and_kill(folder.path(), round, lines) {
            acknowledged.insert(id, status);
        }
        println!("round {round}: {} acknowledged so far", acknowledged.len());
        assert!(!acknowledged.is_empty() || lines < 10);
        check(&open(folder.path()), &acknowledged);
    }
    // What the killed snapshots left was swept: only those of running runs have chunks.
    let store = open(folder.path());
    let running = store.runs_with_status(RunStatus::Running).unwrap();
    let chunks: usize = running
        .iter()
        .flat_map(|run| store.snapshots(run.id).unwrap())
        .flat_map(|manifest| manifest.parts)
        .map(|part| part.stored_len.div_ceil(limits::CHUNK_BYTES as u64) as usize)
        .sum();
    store.close();
    assert_eq!(raw_chunks(folder.path()), chunks);
}
