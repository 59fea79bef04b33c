//! Bits that a disk changes in the database's file: were this to fail, a damaged store would tell of another past than the one that it
//! acknowledged, without a word, or take the program down.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use civitas_store::doctor::examine;
use civitas_store::*;
use common::{Rng, folder, fresh_id, run, run_manifest};

const RUNS: usize = 40;
const FLIPS: usize = 120;

/// What was acknowledged of a run.
struct Fact {
    record: RunRecord,
    results: Vec<u8>,
}

/// A store with runs that have ended, each with results and a snapshot; closed.
fn store_with_facts(path: &Path, rng: &mut Rng) -> Vec<Fact> {
    let store = SledStore::open(path).unwrap();
    let facts = (0..RUNS).map(|_| {
        let queued = RunRecord { batch_id: None, ..run(fresh_id()) };
        store.commit_wait(vec![Change::PutRun(Box::new(queued.clone()))]).unwrap();
        let parts = [SnapshotPart { index: 0, bytes: rng.bytes(9_000) }];
        let parts = store.write_snapshot_parts(queued.id, 3, &parts, Purpose::New).unwrap();
        let results = rng.bytes(6_000);
        let record = RunRecord {
            status: RunStatus::Succeeded,
            has_results: true,
            started_at_ms: Some(queued.created_at_ms + 1),
            completed_at_ms: Some(queued.created_at_ms + 2),
            current_tick: 100,
            start_requested: false,
            batch_id: None,
            ..queued
        };
        let ended = vec![
            Change::PutRun(Box::new(record.clone())),
            Change::PutResults(record.id, results.clone()),
            Change::PutRunManifest(Box::new(run_manifest(record.id, &results))),
            Change::PutManifest(common::manifest(record.id, 3, parts)),
        ];
        store.commit_wait(ended).unwrap();
        Fact { record, results }
    });
    let facts = facts.collect();
    store.close();
    facts
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => {
                fs::create_dir_all(&target).unwrap();
                copy(&entry.path(), &target);
            }
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Facts that the store tells otherwise than they were, without an error.
fn told_otherwise(store: &SledStore, facts: &[Fact]) -> usize {
    let wrong = |fact: &&Fact| {
        let record = store.run(fact.record.id);
        let results = store.results(fact.record.id);
        record.is_ok_and(|record| record.as_ref() != Some(&fact.record))
            || results.is_ok_and(|results| results.as_ref() != Some(&fact.results))
    };
    facts.iter().filter(wrong).count()
}

#[test]
fn a_store_with_a_changed_bit_tells_what_was_or_that_it_is_damaged() {
    let mut rng = Rng::seeded("flips");
    let whole = folder();
    let facts = store_with_facts(whole.path(), &mut rng);
    let scratch = folder();
    let report = examine(whole.path(), scratch.path()).unwrap();
    assert!(report.is_sound(), "{:?}", report.faults);
    let length = fs::metadata(whole.path().join("db")).unwrap().len() as usize;
    let (mut refused, mut found, mut unnoticed) = (0, 0, Vec::new());
    for _ in 0..FLIPS {
        let (at, bit) = (rng.below(length), 1 << rng.below(8));
        let flipped = folder();
        copy(whole.path(), flipped.path());
        let mut bytes = fs::read(flipped.path().join("db")).unwrap();
        bytes[at] ^= bit;
        fs::write(flipped.path().join("db"), &bytes).unwrap();
        let scratch = folder();
        let report = examine(flipped.path(), scratch.path()).unwrap();
        let is_sound = report.is_sound();
        found += usize::from(!is_sound);
        match SledStore::open(flipped.path()) {
            Err(error) => {
                assert!(matches!(error, StoreError::Corrupt { .. } | StoreError::Open { .. }), "{at}: {error}");
                assert!(!is_sound, "{at}: {error}, and the doctor calls it sound");
                refused += 1;
            }
            Ok(store) => {
                let wrong = told_otherwise(&store, &facts);
                if wrong > 0 && is_sound {
                    unnoticed.push((at, bit, wrong));
                }
            }
        }
    }
    println!("of {FLIPS} flips in {length} bytes {refused} were refused, {found} found by the doctor");
    assert!(unnoticed.is_empty(), "facts gone that the doctor does not miss, by place, bit and number: {unnoticed:?}");
    assert!(found > 0);
}
