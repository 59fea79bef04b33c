//! Runs of a batch that have their first ticks in common: were one of these to fail, a batch would step them again for every
//! run, a run would come to other results for having shared them, or one would wait for another that never comes.

#![allow(clippy::unwrap_used)]

mod common;

use civitas_actors::{CreatedBatch, Limits, Runtime, RuntimeConfig};
use civitas_engine::{Effect, RunSpec};
use civitas_store::{ForkPoint, RunRecord, RunStatus, SledStore, SnapshotReason, Store};
use common::{TENANT, new_run, reference, spec, start};

/// So many that half of a run is worth sharing.
const AGENTS: u32 = 120_000;

/// A run in which trust changes by so much at this tick.
fn shaken(tick: u32, value: f64) -> RunSpec {
    let effect = Effect { from_tick: Some(tick), ..Effect::shift("social_trust", value) };
    RunSpec { effects: vec![effect], ..spec(AGENTS, 100) }
}

/// Four scenarios that part at ticks 60 and 80, and a repetition.
fn scenarios() -> [RunSpec; 4] {
    [spec(AGENTS, 100), shaken(60, 0.2), shaken(80, 0.2), spec(AGENTS, 100)]
}

fn config(partitions: usize, max_running: usize) -> RuntimeConfig {
    let limits = Limits { max_running, ..Limits::default() };
    RuntimeConfig { partitions: Some(partitions), threads: 2, limits, telemetry: None, ..RuntimeConfig::default() }
}

async fn created(runtime: &Runtime, specs: &[RunSpec], auto_start: bool) -> CreatedBatch {
    runtime.submit_batch(specs.iter().cloned().map(new_run).collect(), auto_start).await.unwrap()
}

/// The results of a run that must succeed are those of its specification by itself.
async fn ends_as_if_alone(runtime: &Runtime, run: &RunRecord, spec: &RunSpec) {
    let end = runtime.wait(TENANT, run.id).await.unwrap();
    assert_eq!(end.status, RunStatus::Succeeded, "{:?}", end.fault);
    let found = runtime.results(TENANT, run.id).await.unwrap().outcome_json;
    assert!(found == reference(spec.clone()).canonical_json(), "{:?} came to other results", spec.effects);
}

fn forked_from(store: &SledStore, run: &RunRecord) -> Option<ForkPoint> {
    store.run(run.id).unwrap().unwrap().forked_from
}

async fn wait_for_tick(runtime: &Runtime, run: &RunRecord, tick: u32) {
    let mut watch = runtime.watch(TENANT, run.id).await.unwrap();
    while watch.latest().tick < tick {
        watch.changed().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_steps_what_its_runs_have_in_common_once() {
    // All at once, and one after the other.
    for (partitions, max_running) in [(2, 10), (1, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let (runtime, store) = start(config(partitions, max_running), &folder).await;
        let batch = created(&runtime, &scenarios(), true).await;
        let from = |tick| Some(ForkPoint { run_id: batch.runs[0].id, tick });
        assert_eq!(batch.shared, [None, from(60), from(80), from(99)]);
        for (run, spec) in batch.runs.iter().zip(&scenarios()) {
            ends_as_if_alone(&runtime, run, spec).await;
        }
        let shared: Vec<_> = batch.runs.iter().map(|run| forked_from(&store, run)).collect();
        assert_eq!(shared, batch.shared);
        assert_eq!(runtime.meters().agent_steps(), u64::from(AGENTS) * (100 + 40 + 20 + 1));
        let kept = store.snapshots(batch.runs[2].id).unwrap();
        assert_eq!((kept[0].tick, kept[0].reason), (80, SnapshotReason::Fork));
        runtime.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_not_wanted_nothing_is_shared() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(RuntimeConfig { shares_prefixes: false, ..config(2, 10) }, &folder).await;
    let specs = &scenarios()[..2];
    let batch = created(&runtime, specs, true).await;
    assert_eq!(batch.shared, [None, None]);
    for (run, spec) in batch.runs.iter().zip(specs) {
        ends_as_if_alone(&runtime, run, spec).await;
        assert_eq!(forked_from(&store, run), None);
    }
    assert_eq!(runtime.meters().agent_steps(), u64::from(AGENTS) * 200);
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_are_started_by_hand_share_with_those_that_have_begun() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(config(2, 10), &folder).await;
    let specs = scenarios();
    let batch = created(&runtime, &specs[..3], false).await;
    // The last has nobody to share with yet; the second finds the first, which has ended.
    for place in [2, 0, 1] {
        runtime.start_run(TENANT, batch.runs[place].id).await.unwrap();
        ends_as_if_alone(&runtime, &batch.runs[place], &specs[place]).await;
    }
    let shared: Vec<_> = batch.runs.iter().map(|run| forked_from(&store, run)).collect();
    assert_eq!(shared, [None, Some(ForkPoint { run_id: batch.runs[0].id, tick: 60 }), None]);
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_can_be_cancelled_and_paused_and_outlives_the_one_it_waits_for() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(config(1, 10), &folder).await;
    // The first is long enough to be seen on its way.
    let long = |tick| RunSpec { horizon_ticks: 400, ..shaken(tick, 0.1) };
    let specs = [long(390), long(300), long(310), long(320)];
    let batch = created(&runtime, &specs, true).await;
    wait_for_tick(&runtime, &batch.runs[0], 5).await;
    let cancelled = runtime.cancel(TENANT, batch.runs[1].id).await.unwrap();
    assert_eq!((cancelled.status, cancelled.has_results, cancelled.current_tick), (RunStatus::Cancelled, false, 0));
    let paused = runtime.pause(TENANT, batch.runs[2].id).await.unwrap();
    assert_eq!((paused.status, paused.current_tick), (RunStatus::Paused, 0));
    let first = runtime.cancel(TENANT, batch.runs[0].id).await.unwrap();
    assert_eq!(first.status, RunStatus::Cancelled);
    assert!(first.current_tick < 300, "it was cancelled on its way, at tick {}", first.current_tick);

    // What the first kept at its end is taken where it is worth it, and the rest is stepped once for both.
    runtime.resume(TENANT, batch.runs[2].id).await.unwrap();
    for place in [2, 3] {
        ends_as_if_alone(&runtime, &batch.runs[place], &specs[place]).await;
    }
    let sources: Vec<_> = [0, 2].map(|place: usize| batch.runs[place].id).to_vec();
    for place in [2, 3] {
        let from = forked_from(&store, &batch.runs[place]);
        assert!(from.is_none_or(|from| sources.contains(&from.run_id) && from.tick <= 310), "{from:?}");
    }
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_wait_when_the_server_stops_wait_on_after_its_restart() {
    let folder = tempfile::tempdir().unwrap();
    let long = |tick| RunSpec { horizon_ticks: 200, ..shaken(tick, 0.1) };
    let specs = [long(190), long(150), long(160)];
    let (runtime, store) = start(config(2, 10), &folder).await;
    let batch = created(&runtime, &specs, true).await;
    wait_for_tick(&runtime, &batch.runs[0], 5).await;
    runtime.shutdown().await.unwrap();
    let before = runtime.meters().agent_steps();
    drop(runtime);
    store.close();

    let (runtime, store) = start(config(3, 10), &folder).await;
    for (run, spec) in batch.runs.iter().zip(&specs) {
        ends_as_if_alone(&runtime, run, spec).await;
    }
    let shared: Vec<_> = batch.runs.iter().map(|run| forked_from(&store, run)).collect();
    assert_eq!(shared, batch.shared);
    let (after, whole) = (runtime.meters().agent_steps(), u64::from(AGENTS) * (200 + 50 + 40));
    assert!(before + after <= whole + u64::from(AGENTS), "{before} and {after} of {whole}");
    runtime.shutdown().await.unwrap();
}
