//! The runtime through its public face, on a real store: same bytes however it is executed, limits kept, faults
//! contained, interrupted runs finished.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use civitas_actors::{Execution, Limits, Runtime, RuntimeConfig, RuntimeError};
use civitas_engine::RunSpec;
use civitas_store::{RunStatus, SledStore, Store};
use common::{TENANT, new_run, reference, spec, start};
use uuid::Uuid;

async fn execute(runtime: &Runtime, spec: RunSpec) -> Vec<u8> {
    let run = runtime.submit(new_run(spec)).await.unwrap();
    runtime.start_run(TENANT, run.id).await.unwrap();
    assert_eq!(runtime.wait(TENANT, run.id).await.unwrap().status, RunStatus::Succeeded);
    runtime.results(TENANT, run.id).await.unwrap().outcome_json
}

#[tokio::test(flavor = "multi_thread")]
async fn every_partitioning_and_thread_count_gives_the_engines_own_bytes() {
    let wanted = RunSpec { sample_rate: 0.8, ..spec(6_000, 30) };
    let expected = reference(wanted.clone());
    for (partitions, threads, batch_size) in [(1, 1, 1_000), (2, 2, 64), (3, 1, 7), (7, 2, 1_000_000), (16, 2, 500)] {
        let folder = tempfile::tempdir().unwrap();
        let config = RuntimeConfig { partitions: Some(partitions), threads, ..RuntimeConfig::default() };
        let (runtime, _store) = start(config, &folder).await;
        let mut run = new_run(wanted.clone());
        run.execution = Execution { batch_size, snapshot_every_ticks: Some(7), ..Execution::default() };
        let run = runtime.submit(run).await.unwrap();
        runtime.start_run(TENANT, run.id).await.unwrap();
        runtime.wait(TENANT, run.id).await.unwrap();
        let results = runtime.results(TENANT, run.id).await.unwrap();
        assert_eq!(
            String::from_utf8(results.outcome_json).unwrap(),
            String::from_utf8(expected.canonical_json()).unwrap(),
            "{partitions} partitions, {threads} threads"
        );
        assert_eq!(results.record.agents_processed, expected.agent_steps);
        runtime.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_model_code_fails_that_run_alone() {
    let folder = tempfile::tempdir().unwrap();
    let config = RuntimeConfig { partitions: Some(3), threads: 2, ..RuntimeConfig::default() };
    let (runtime, _store) = start(config, &folder).await;
    let doomed =
        RunSpec { model: "faulty".to_owned(), parameters: [("panics_at".to_owned(), 5.0)].into(), ..spec(2_000, 20) };
    let neighbour = tokio::spawn({
        let runtime = runtime.clone();
        async move { execute(&runtime, spec(20_000, 60)).await }
    });
    let run = runtime.submit(new_run(doomed)).await.unwrap();
    runtime.start_run(TENANT, run.id).await.unwrap();
    let end = runtime.wait(TENANT, run.id).await.unwrap();
    let fault = end.fault.unwrap();
    assert_eq!((end.status, fault.code.as_str(), fault.tick), (RunStatus::Failed, "MODEL_PANIC", Some(6)));
    assert!(fault.message.contains("agent of age 5 is too old"), "{}", fault.message);
    assert!(fault.region.is_some());
    let partial = runtime.results(TENANT, run.id).await.unwrap();
    assert_eq!(partial.record.current_tick, 5);
    assert!(String::from_utf8(partial.outcome_json).unwrap().contains("\"ticks_completed\":5"));
    assert_eq!(neighbour.await.unwrap(), reference(spec(20_000, 60)).canonical_json());
    assert_eq!(execute(&runtime, spec(500, 3)).await, reference(spec(500, 3)).canonical_json());
    runtime.shutdown().await.unwrap();
}

/// A run that takes far longer than any test waits, within its first ticks.
fn endless() -> RunSpec {
    RunSpec { model: "faulty".to_owned(), parameters: [("slow".to_owned(), 2_000.0)].into(), ..spec(200_000, 1_000) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_takes_effect_within_the_tick_and_keeps_partial_results() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, _store) = start(RuntimeConfig::default(), &folder).await;
    let run = runtime.submit(new_run(RunSpec { horizon_ticks: 1_000, ..spec(400_000, 1_000) })).await.unwrap();
    runtime.start_run(TENANT, run.id).await.unwrap();
    let mut watch = runtime.watch(TENANT, run.id).await.unwrap();
    while watch.latest().tick == 0 {
        watch.changed().await.unwrap();
    }
    let before = runtime.run(TENANT, run.id).await.unwrap().current_tick;
    let cancelled = runtime.cancel(TENANT, run.id).await.unwrap();
    assert_eq!(cancelled.status, RunStatus::Cancelled);
    assert!(cancelled.current_tick >= before && cancelled.current_tick < 1_000);
    assert!(cancelled.has_results);
    let results = runtime.results(TENANT, run.id).await.unwrap();
    let text = String::from_utf8(results.outcome_json).unwrap();
    assert!(text.contains(&format!("\"ticks_completed\":{}", cancelled.current_tick)));
    assert_eq!(watch_end(&mut watch).await, RunStatus::Cancelled);
    // What is cancelled stays so.
    assert!(matches!(runtime.cancel(TENANT, run.id).await, Err(RuntimeError::AlreadyEnded(_, RunStatus::Cancelled))));
    assert!(matches!(runtime.start_run(TENANT, run.id).await, Err(RuntimeError::AlreadyEnded(..))));
    runtime.shutdown().await.unwrap();
}

async fn watch_end(watch: &mut civitas_actors::Watch) -> RunStatus {
    let mut latest = watch.latest();
    while let Some(next) = watch.changed().await {
        latest = next;
    }
    latest.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_that_would_take_minutes_is_given_up_on_cancel() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, _store) = start(RuntimeConfig::default(), &folder).await;
    let run = runtime.submit(new_run(endless())).await.unwrap();
    runtime.start_run(TENANT, run.id).await.unwrap();
    let mut watch = runtime.watch(TENANT, run.id).await.unwrap();
    while watch.latest().status != RunStatus::Running {
        watch.changed().await.unwrap();
    }
    let cancelled = runtime.cancel(TENANT, run.id).await.unwrap();
    assert!(cancelled.current_tick <= 1, "{}", cancelled.current_tick);
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn running_time_is_limited_and_partial_results_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_run_time: Duration::from_millis(400), ..Limits::default() };
    let (runtime, _store) = start(RuntimeConfig { limits, ..RuntimeConfig::default() }, &folder).await;
    let slow = RunSpec { parameters: [("slow".to_owned(), 20.0)].into(), ..endless() };
    let slow = RunSpec { population: spec(20_000, 1).population, ..slow };
    let run = runtime.submit(new_run(slow)).await.unwrap();
    runtime.start_run(TENANT, run.id).await.unwrap();
    let end = runtime.wait(TENANT, run.id).await.unwrap();
    let fault = end.fault.unwrap();
    assert_eq!((end.status, fault.code.as_str()), (RunStatus::Failed, "RUN_TIMEOUT"));
    // It is a tick that took too long, in some region, and not what comes between two.
    assert_eq!(fault.tick, Some(end.tick + 1));
    assert!(fault.region.is_some(), "{fault:?}");
    assert!(runtime.results(TENANT, run.id).await.is_ok());
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn places_are_limited_and_free_up() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_running: 2, max_queued: 4, ..Limits::default() };
    let (runtime, _store) = start(RuntimeConfig { limits, ..RuntimeConfig::default() }, &folder).await;
    let mut runs = Vec::new();
    for _ in 0..4 {
        runs.push(runtime.submit(new_run(endless())).await.unwrap().id);
    }
    let full = runtime.submit(new_run(endless())).await.unwrap_err().to_string();
    assert_eq!(full, "Queued run limit exceeded (4/4). Try again later.");
    for run in &runs[..2] {
        runtime.start_run(TENANT, *run).await.unwrap();
    }
    assert!(matches!(runtime.start_run(TENANT, runs[0]).await, Err(RuntimeError::AlreadyRunning(_))));
    let refused = runtime.start_run(TENANT, runs[2]).await.unwrap_err().to_string();
    assert_eq!(refused, "Concurrent run limit exceeded (2/2). Try again later.");
    assert_eq!(runtime.run(TENANT, runs[2]).await.unwrap().status, RunStatus::Queued);
    runtime.cancel(TENANT, runs[0]).await.unwrap();
    runtime.start_run(TENANT, runs[2]).await.unwrap();
    assert_eq!(runtime.cancel(TENANT, runs[3]).await.unwrap().status, RunStatus::Cancelled);
    assert!(matches!(runtime.results(TENANT, runs[3]).await, Err(RuntimeError::NoResults(..))));
    let stranger = Uuid::from_u128(99);
    assert!(matches!(runtime.run(stranger, runs[2]).await, Err(RuntimeError::NotFound(_))));
    assert!(matches!(runtime.cancel(stranger, runs[2]).await, Err(RuntimeError::NotFound(_))));
    for run in &runs[1..3] {
        runtime.cancel(TENANT, *run).await.unwrap();
    }
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_waits_for_places_and_finishes() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_running: 2, ..Limits::default() };
    let (runtime, _store) = start(RuntimeConfig { limits, ..RuntimeConfig::default() }, &folder).await;
    let runs = (1..=7).map(|seed| new_run(RunSpec { seed, ..spec(2_000, 20) })).collect();
    let created = runtime.submit_batch(runs, true).await.unwrap();
    assert!(created.runs.iter().all(|run| run.status == RunStatus::Queued));
    for (seed, run) in (1..=7).zip(&created.runs) {
        assert_eq!(runtime.wait(TENANT, run.id).await.unwrap().status, RunStatus::Succeeded);
        let expected = reference(RunSpec { seed, ..spec(2_000, 20) });
        assert_eq!(runtime.results(TENANT, run.id).await.unwrap().outcome_json, expected.canonical_json());
    }
    assert_eq!(runtime.batch(TENANT, created.batch.id).unwrap().run_ids.len(), 7);
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_specification_is_refused_and_nothing_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(RuntimeConfig::default(), &folder).await;
    let wrong = [
        RunSpec { horizon_ticks: 0, ..spec(10, 1) },
        RunSpec { horizon_ticks: 1_001, ..spec(10, 1) },
        RunSpec { model: "nope".to_owned(), ..spec(10, 1) },
        RunSpec { sample_rate: f64::NAN, ..spec(10, 1) },
        RunSpec { parameters: [("innovation".to_owned(), 2.0)].into(), ..spec(10, 1) },
        RunSpec { variable_deltas: [("weather".to_owned(), 0.1)].into(), ..spec(10, 1) },
    ];
    for wrong in wrong {
        assert!(matches!(runtime.submit(new_run(wrong.clone())).await, Err(RuntimeError::Spec(_))), "{wrong:?}");
        let batch = vec![new_run(spec(10, 1)), new_run(wrong)];
        assert!(matches!(runtime.submit_batch(batch, true).await, Err(RuntimeError::Spec(_))));
    }
    assert!(store.runs_with_status(RunStatus::Queued).unwrap().is_empty());
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_in_the_middle_goes_on_after_the_restart_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = RunSpec { seed: 11, ..spec(60_000, 200) };
    let config = |partitions| RuntimeConfig { partitions: Some(partitions), ..RuntimeConfig::default() };
    let (runtime, store) = start(config(2), &folder).await;
    let running = runtime.submit(new_run(wanted.clone())).await.unwrap();
    let waiting = runtime.submit(new_run(spec(100, 5))).await.unwrap();
    runtime.start_run(TENANT, running.id).await.unwrap();
    let mut watch = runtime.watch(TENANT, running.id).await.unwrap();
    while watch.latest().tick < 3 {
        watch.changed().await.unwrap();
    }
    runtime.shutdown().await.unwrap();
    assert!(matches!(runtime.submit(new_run(spec(10, 1))).await, Err(RuntimeError::ShuttingDown)));
    let record = store.run(running.id).unwrap().unwrap();
    assert_eq!(record.status, RunStatus::Running);
    let kept = store.snapshots(running.id).unwrap();
    assert!(kept.last().unwrap().tick >= 3);
    drop(runtime);
    store.close();

    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    let runtime = Runtime::start(config(5), store, common::catalogue()).await.unwrap();
    assert_eq!(runtime.run(TENANT, waiting.id).await.unwrap().status, RunStatus::Queued);
    assert_eq!(runtime.wait(TENANT, running.id).await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(runtime.results(TENANT, running.id).await.unwrap().outcome_json, reference(wanted).canonical_json());
    runtime.shutdown().await.unwrap();
}
