//! Pausing, resuming and snapshots on request, on a real store: were one of these to fail, a paused run would be lost, would
//! start by itself, or would come to other results.

#![allow(clippy::unwrap_used)]

mod common;

use civitas_actors::{Execution, Limits, Runtime, RuntimeConfig, RuntimeError};
use civitas_engine::RunSpec;
use civitas_store::{RunId, RunStatus, SnapshotReason, Store};
use common::{TENANT, new_run, reference, spec, start};

fn with_partitions(partitions: usize) -> RuntimeConfig {
    RuntimeConfig { partitions: Some(partitions), threads: 2, snapshot_every_ticks: 0, ..RuntimeConfig::default() }
}

fn long() -> RunSpec {
    RunSpec { sample_rate: 0.9, ..spec(40_000, 300) }
}

/// A run that has stepped at least once more.
async fn stepping(runtime: &Runtime, id: RunId) {
    let mut watch = runtime.watch(TENANT, id).await.unwrap();
    let begun = watch.latest().tick;
    let mut latest = watch.latest();
    while latest.tick <= begun {
        latest = watch.changed().await.unwrap();
        assert_eq!(latest.status, RunStatus::Running, "it ended before it could be paused: make it longer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_run_stays_paused_over_restarts_and_resumes_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(with_partitions(2), &folder).await;
    let id = runtime.submit_and_start(new_run(long())).await.unwrap().id;
    stepping(&runtime, id).await;
    let paused = runtime.pause(TENANT, id).await.unwrap();
    let tick = paused.current_tick;
    assert_eq!((paused.status, paused.completed_at_ms), (RunStatus::Paused, None));
    assert!((1..300).contains(&tick), "{tick}");
    let kept = store.snapshots(id).unwrap();
    assert_eq!(kept.iter().map(|kept| (kept.tick, kept.reason)).collect::<Vec<_>>(), [(tick, SnapshotReason::Paused)]);
    // What it came to so far can be read while it waits.
    let so_far = runtime.results(TENANT, id).await.unwrap();
    assert_eq!((so_far.record.status, so_far.record.current_tick), (RunStatus::Paused, tick));
    runtime.shutdown().await.unwrap();
    drop(runtime);
    store.close();

    let (runtime, store) = start(with_partitions(5), &folder).await;
    let found = runtime.run(TENANT, id).await.unwrap();
    assert_eq!((found.status, found.current_tick), (RunStatus::Paused, tick));
    assert_eq!(runtime.watch(TENANT, id).await.unwrap().latest().status, RunStatus::Paused);
    assert!(matches!(runtime.start_run(TENANT, id).await, Err(RuntimeError::WrongStatus(_, RunStatus::Paused, _))));
    assert!(matches!(runtime.pause(TENANT, id).await, Err(RuntimeError::WrongStatus(_, RunStatus::Paused, _))));
    assert_eq!(runtime.resume(TENANT, id).await.unwrap().record.status, RunStatus::Running);
    // A second pause, in another life.
    stepping(&runtime, id).await;
    assert!(runtime.pause(TENANT, id).await.unwrap().current_tick > tick);
    runtime.resume(TENANT, id).await.unwrap();
    assert!(matches!(runtime.resume(TENANT, id).await, Err(RuntimeError::AlreadyRunning(_))));
    assert_eq!(runtime.wait(TENANT, id).await.unwrap().status, RunStatus::Succeeded);
    let bytes = runtime.results(TENANT, id).await.unwrap().outcome_json;
    let wanted = reference(long()).canonical_json();
    assert_eq!(String::from_utf8(bytes).unwrap(), String::from_utf8(wanted).unwrap());
    assert!(matches!(runtime.pause(TENANT, id).await, Err(RuntimeError::AlreadyEnded(_, RunStatus::Succeeded))));
    assert!(matches!(runtime.resume(TENANT, id).await, Err(RuntimeError::AlreadyEnded(_, RunStatus::Succeeded))));
    assert_eq!(store.snapshots(id).unwrap().len(), 1, "an ended run keeps its newest snapshot");
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_gives_the_place_free_and_a_cancel_keeps_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_running: 1, ..Limits::default() };
    let (runtime, _store) = start(RuntimeConfig { limits, ..with_partitions(1) }, &folder).await;
    let first = runtime.submit_and_start(new_run(long())).await.unwrap().id;
    stepping(&runtime, first).await;
    let waiting = runtime.submit_and_start(new_run(long())).await.unwrap().id;
    assert_eq!(runtime.run(TENANT, waiting).await.unwrap().status, RunStatus::Queued);
    assert!(matches!(runtime.pause(TENANT, waiting).await, Err(RuntimeError::WrongStatus(_, RunStatus::Queued, _))));
    assert!(matches!(runtime.resume(TENANT, waiting).await, Err(RuntimeError::WrongStatus(_, RunStatus::Queued, _))));

    let tick = runtime.pause(TENANT, first).await.unwrap().current_tick;
    stepping(&runtime, waiting).await;
    assert!(matches!(runtime.resume(TENANT, first).await, Err(RuntimeError::Quota { .. })));
    assert_eq!(runtime.run(TENANT, first).await.unwrap().status, RunStatus::Paused, "a refused resume changes nothing");

    let cancelled = runtime.cancel(TENANT, first).await.unwrap();
    assert_eq!((cancelled.status, cancelled.current_tick, cancelled.has_results), (RunStatus::Cancelled, tick, true));
    assert_eq!(runtime.results(TENANT, first).await.unwrap().record.status, RunStatus::Cancelled);
    assert!(matches!(runtime.resume(TENANT, first).await, Err(RuntimeError::AlreadyEnded(..))));
    assert_eq!(runtime.cancel(TENANT, waiting).await.unwrap().status, RunStatus::Cancelled);
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_was_asked_for_stays_and_is_no_burden_to_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(with_partitions(3), &folder).await;
    let mut run = new_run(long());
    run.execution = Execution { snapshot_every_ticks: Some(10), ..run.execution };
    let id = runtime.submit(run).await.unwrap().id;
    assert!(matches!(runtime.take_snapshot(TENANT, id).await, Err(RuntimeError::WrongStatus(_, RunStatus::Queued, _))));
    runtime.start_run(TENANT, id).await.unwrap();
    stepping(&runtime, id).await;
    let taken = runtime.take_snapshot(TENANT, id).await.unwrap();
    assert_eq!((taken.run_id, taken.reason), (id, SnapshotReason::Requested));
    assert!(taken.model.starts_with("society "), "{}", taken.model);
    assert_eq!(runtime.wait(TENANT, id).await.unwrap().status, RunStatus::Succeeded);
    assert!(matches!(runtime.take_snapshot(TENANT, id).await, Err(RuntimeError::AlreadyEnded(..))));
    assert!(matches!(runtime.take_snapshot(TENANT, RunId::nil()).await, Err(RuntimeError::NotFound(_))));
    runtime.shutdown().await.unwrap();
    let kept = store.snapshots(id).unwrap();
    assert!(kept.contains(&taken), "{kept:?}");
    assert!(kept.len() <= 4, "{kept:?}");
    store.read_snapshot(&taken).unwrap();
    let bytes = store.results(id).unwrap().unwrap();
    assert_eq!(bytes, reference(long()).canonical_json());
}
