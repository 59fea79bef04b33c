//! Forks on a real store: were one of these to fail, a fork would depend on threads and interruptions, would step again what its
//! parent has stepped, or would belong to somebody else.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use civitas_actors::{Execution, Limits, NewFork, NewRun, Runtime, RuntimeConfig, RuntimeError, TelemetryChoice};
use civitas_engine::{Around, Catalogue, Draws, Metric, Model, Newborn, Parameter, Parameters, Report, RunSpec, Turn};
use civitas_store::{RunId, RunRecord, RunStatus, SledStore, SnapshotReason, Store, TenantId};
use common::{TENANT, new_run, reference, spec, start};

fn with_partitions(partitions: usize) -> RuntimeConfig {
    RuntimeConfig { partitions: Some(partitions), threads: 2, snapshot_every_ticks: 0, ..RuntimeConfig::default() }
}

/// A run with one snapshot, at tick 60 of 100.
fn once(spec: RunSpec) -> NewRun {
    NewRun { execution: Execution { snapshot_every_ticks: Some(60), ..Execution::default() }, ..new_run(spec) }
}

fn fork_of(parent: RunId, turn: Turn) -> NewFork {
    NewFork {
        telemetry: TelemetryChoice::default(),
        tenant_id: TENANT,
        parent,
        from_tick: None,
        project_id: None,
        parent_node_id: None,
        name: None,
        created_by: "test".to_owned(),
        turn,
        bundle: None,
        batch_size: None,
        snapshot_every_ticks: None,
    }
}

async fn ended(runtime: &Runtime, run: &RunRecord) -> Vec<u8> {
    let end = runtime.wait(TENANT, run.id).await.unwrap();
    assert_eq!(end.status, RunStatus::Succeeded, "{:?}", end.fault);
    runtime.results(TENANT, run.id).await.unwrap().outcome_json
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_fork_on_other_partitions_ends_in_the_bytes_of_the_whole_run() {
    let folder = tempfile::tempdir().unwrap();
    let plain = RunSpec { sample_rate: 0.9, ..spec(40_000, 100) };
    let turn = Turn { seed: Some(9), horizon_ticks: Some(200), ..Turn::default() };
    let (runtime, store) = start(with_partitions(3), &folder).await;
    let parent = runtime.submit_and_start(once(plain.clone())).await.unwrap();
    ended(&runtime, &parent).await;
    let fork = runtime.fork(fork_of(parent.id, turn.clone())).await.unwrap();
    assert_eq!((fork.status, fork.current_tick, fork.name.as_str()), (RunStatus::Queued, 60, "test from tick 60"));
    runtime.start_run(TENANT, fork.id).await.unwrap();
    let mut watch = runtime.watch(TENANT, fork.id).await.unwrap();
    while watch.latest().tick <= 60 {
        watch.changed().await.unwrap();
    }
    runtime.shutdown().await.unwrap();
    drop((runtime, watch));
    let kept: Vec<_> = store.snapshots(fork.id).unwrap().into_iter().map(|kept| (kept.tick, kept.reason)).collect();
    assert_eq!(kept[0], (60, SnapshotReason::Fork));
    assert!(kept.len() > 1, "it was interrupted within its own ticks: {kept:?}");
    store.close();

    let (runtime, _store) = start(with_partitions(1), &folder).await;
    assert_eq!(ended(&runtime, &fork).await, reference(plain.turned(60, turn)).canonical_json());
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_may_be_forked_is_forked() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(with_partitions(1), &folder).await;
    let parent = runtime.submit_and_start(once(spec(2_000, 100))).await.unwrap();
    ended(&runtime, &parent).await;
    let fork = fork_of(parent.id, Turn::default());
    let other = NewFork { tenant_id: TenantId::nil(), ..fork.clone() };
    assert!(matches!(runtime.fork(other).await, Err(RuntimeError::NotFound(_))));
    let nowhere = NewFork { from_tick: Some(61), ..fork.clone() };
    assert!(matches!(runtime.fork(nowhere).await, Err(RuntimeError::NoSnapshot { .. })));
    assert!(matches!(runtime.fork_batch(Vec::new(), false).await, Err(RuntimeError::Spec(_))));
    let mixed = vec![fork.clone(), NewFork { from_tick: Some(60), ..fork.clone() }];
    assert!(matches!(runtime.fork_batch(mixed, false).await, Err(RuntimeError::Spec(_))));
    // All or none: the second of these is wrong.
    let wrong = Turn { horizon_ticks: Some(5), ..Turn::default() };
    let batch = vec![fork.clone(), NewFork { turn: wrong, ..fork }];
    assert!(matches!(runtime.fork_batch(batch, true).await, Err(RuntimeError::Spec(_))));
    runtime.shutdown().await.unwrap();
    assert!(store.runs_with_status(RunStatus::Queued).unwrap().is_empty());
    assert_eq!(store.runs_with_status(RunStatus::Succeeded).unwrap().len(), 1);
}

/// Steps of all agents of [`Counted`].
static STEPS: AtomicU64 = AtomicU64::new(0);

/// A model that counts what it is made to step, in all runs together.
struct Counted;

impl Model for Counted {
    type Agent = f32;
    type Published = f32;
    type Mail = ();

    const NAME: &'static str = "counted";
    const VERSION: &'static str = "1";
    const DRAWS_PER_STEP: usize = 1;
    const DRAWS_AT_BIRTH: usize = 0;
    const PARAMETERS: &'static [Parameter] = &[];
    const METRICS: &'static [Metric] = common::LEVEL_METRICS;
    const REPORT: Report = common::LEVEL_REPORT;

    fn new(_: &Parameters) -> Self {
        Self
    }

    fn create(&self, _: Newborn, _: &mut Draws<'_>) -> f32 {
        0.5
    }

    fn publish(&self, level: &f32) -> f32 {
        *level
    }

    fn step(&self, level: &mut f32, _: Around<'_, f32>, draws: &mut Draws<'_>) {
        STEPS.fetch_add(1, Ordering::Relaxed);
        *level = 0.5 * (*level + draws.unit());
    }

    fn measure(&self, level: &f32, sums: &mut [i64]) {
        sums[0] += civitas_engine::fixed::from_f32(*level);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_forks_steps_what_they_have_in_common_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    let mut catalogue = Catalogue::default();
    catalogue.register::<Counted>();
    let runtime = Runtime::start(with_partitions(2), Arc::clone(&store) as Arc<dyn Store>, catalogue).await.unwrap();
    let plain = RunSpec { model: "counted".to_owned(), ..spec(3_000, 100) };
    let parent = runtime.submit_and_start(once(plain.clone())).await.unwrap();
    let parents = ended(&runtime, &parent).await;
    assert_eq!(STEPS.load(Ordering::Relaxed), 3_000 * 100);

    let seeds = [42, 1, 2, 3];
    let fork = |seed| fork_of(parent.id, Turn { seed: Some(seed), ..Turn::default() });
    let batch = runtime.fork_batch(seeds.map(fork).to_vec(), true).await.unwrap();
    assert_eq!(batch.batch.run_ids, batch.runs.iter().map(|run| run.id).collect::<Vec<_>>());
    assert_eq!(runtime.batch(TENANT, batch.batch.id).unwrap(), batch.batch);
    let mut found = Vec::new();
    for run in &batch.runs {
        found.push(ended(&runtime, run).await);
    }
    assert_eq!(STEPS.load(Ordering::Relaxed), 3_000 * (100 + 4 * 40), "60 ticks were stepped once for all five");
    assert_eq!(found[0], parents);

    // One by one, from their first tick, they come to the same.
    for (seed, found) in seeds.into_iter().zip(found) {
        let whole = plain.turned(60, Turn { seed: Some(seed), ..Turn::default() });
        let run = runtime.submit_and_start(new_run(whole)).await.unwrap();
        assert_eq!(run.spec.past.len(), usize::from(seed != 42));
        assert_eq!(ended(&runtime, &run).await, found, "seed {seed}");
    }
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn forks_that_wait_are_bounded_and_those_that_are_let_in_are_all_made() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_queued: 200, ..Limits::default() };
    let (runtime, store) = start(RuntimeConfig { limits, ..with_partitions(1) }, &folder).await;
    let parent = runtime.submit_and_start(once(spec(20_000, 100))).await.unwrap();
    ended(&runtime, &parent).await;
    let fork = fork_of(parent.id, Turn::default());
    let asked = futures_util::future::join_all((0..100).map(|_| runtime.fork(fork.clone()))).await;
    let (made, refused): (Vec<_>, Vec<_>) = asked.into_iter().partition(Result::is_ok);
    assert!(refused.iter().all(|refused| matches!(refused, Err(RuntimeError::Overloaded))), "{refused:?}");
    assert!(made.len() >= 16 && !refused.is_empty(), "{} made, {} refused", made.len(), refused.len());
    // What was refused has left nothing, and the places are free again.
    assert_eq!(store.runs_with_status(RunStatus::Queued).unwrap().len(), made.len());
    runtime.fork(fork).await.unwrap();
    runtime.shutdown().await.unwrap();
}
