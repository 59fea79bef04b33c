//! Runs that come to their end while they are made ready from a snapshot, and runs that are taken over: were one of these to fail,
//! what a run had come to would be lost or would differ from what it comes to when it is executed again, or a run would go on twice.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use civitas_actors::{NewFork, Runtime, RuntimeConfig, RuntimeError, TelemetryChoice, VerificationState};
use civitas_engine::*;
use civitas_store::{RunId, RunRecord, RunStatus, SledStore, Store};
use common::{TENANT, new_run, reference, spec};

/// While it is shut no agent is born.
static SHUT: AtomicBool = AtomicBool::new(false);

/// Agents who can be kept from being born.
struct Gated;

impl Model for Gated {
    type Agent = f32;
    type Published = f32;
    type Mail = ();

    const NAME: &'static str = "gated";
    const VERSION: &'static str = "1";
    const SEGMENTS: &'static [&'static str] = &["even", "odd"];
    const PARAMETERS: &'static [Parameter] = &[];
    const METRICS: &'static [Metric] = common::LEVEL_METRICS;
    const VARIABLES: &'static [Variable] = &[Variable { name: "weather", default: 0.5, description: "" }];
    const REPORT: Report = common::LEVEL_REPORT;

    fn new(_: &Parameters) -> Self {
        Self
    }

    fn create(&self, newborn: Newborn, _: &mut Draws<'_>) -> f32 {
        while SHUT.load(Ordering::SeqCst) {
            std::thread::park_timeout(std::time::Duration::from_millis(1));
        }
        // The sign says the segment.
        if newborn.id.is_multiple_of(2) { 0.5 } else { -0.5 }
    }

    fn segment(&self, level: &f32) -> usize {
        usize::from(*level < 0.0)
    }

    fn publish(&self, level: &f32) -> f32 {
        *level
    }

    fn step(&self, level: &mut f32, around: Around<'_, f32>, draws: &mut Draws<'_>) {
        let size = 0.1 + 0.5 * level.abs() + 0.2 * around.environment[0] * draws.unit();
        *level = size.copysign(*level);
    }

    fn values(&self, level: &f32, values: &mut [f32]) {
        values[0] = *level;
    }
}

async fn started(folder: &tempfile::TempDir, recover: bool) -> (Runtime, Arc<SledStore>) {
    let mut catalogue = Catalogue::default();
    catalogue.register::<Gated>();
    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    let config = RuntimeConfig {
        partitions: Some(2),
        threads: 2,
        snapshot_every_ticks: 4,
        telemetry: None,
        recover,
        ..RuntimeConfig::default()
    };
    (Runtime::start(config, Arc::clone(&store) as Arc<dyn Store>, catalogue).await.unwrap(), store)
}

async fn stopped(runtime: Runtime, store: Arc<SledStore>) {
    runtime.shutdown().await.unwrap();
    drop(runtime);
    store.close();
}

async fn wait_for_tick(runtime: &Runtime, id: RunId, tick: u32) {
    let mut watch = runtime.watch(TENANT, id).await.unwrap();
    while watch.latest().tick < tick {
        watch.changed().await.unwrap();
    }
}

fn gated(ticks: u32) -> RunSpec {
    RunSpec { model: "gated".to_owned(), ..spec(2_000, ticks) }
}

/// Cancels a run whose agents cannot be born until that is seen.
async fn cancelled_unborn(runtime: &Runtime, id: RunId) -> RunRecord {
    let opened = async {
        // The registry answers in order: it has seen the cancel when it answers this.
        assert!(matches!(runtime.start_run(TENANT, id).await, Err(RuntimeError::AlreadyRunning(_))));
        SHUT.store(false, Ordering::SeqCst);
    };
    let (cancelled, ()) = tokio::join!(runtime.cancel(TENANT, id), opened);
    cancelled.unwrap()
}

/// A run that ended so has the results and the digests of whoever executes it again.
async fn is_the_same(runtime: &Runtime, id: RunId) {
    runtime.verify(TENANT, id).await.unwrap();
    let found = runtime.verified(TENANT, id).await.unwrap();
    assert_eq!(found.state, VerificationState::Same, "{found:?}");
    assert!(found.agreed.results);
}

/// One test, for there is one gate.
#[tokio::test(flavor = "multi_thread")]
async fn what_ends_while_it_is_made_ready_keeps_what_its_snapshot_came_to() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = started(&folder, true).await;
    let run = runtime.submit_and_start(new_run(gated(1_000))).await.unwrap().id;
    wait_for_tick(&runtime, run, 5).await;
    stopped(runtime, store).await;

    SHUT.store(true, Ordering::SeqCst);
    let (runtime, store) = started(&folder, true).await;
    let tick = store.snapshots(run).unwrap().last().unwrap().tick;
    let cancelled = cancelled_unborn(&runtime, run).await;
    assert_eq!((cancelled.status, cancelled.current_tick, cancelled.has_results), (RunStatus::Cancelled, tick, true));
    is_the_same(&runtime, run).await;

    // A fork, whose scenario is about some of its agents: how many, only its parent has counted.
    let scope = Scope { regions: None, segments: Some(vec!["odd".to_owned()]) };
    let shift = |tick| Effect { from_tick: Some(tick), scope: scope.clone(), ..Effect::shift("weather", 0.2) };
    let parent = RunSpec { effects: vec![shift(1)], ..gated(10) };
    let parent = runtime.submit_and_start(new_run(parent)).await.unwrap().id;
    assert_eq!(runtime.wait(TENANT, parent).await.unwrap().status, RunStatus::Succeeded);
    // Not all of a fast run's snapshots are written; the first is.
    let from = store.snapshots(parent).unwrap().last().unwrap().tick;
    let fork = NewFork {
        bundle: None,
        telemetry: TelemetryChoice::default(),
        tenant_id: TENANT,
        parent,
        from_tick: Some(from),
        project_id: None,
        parent_node_id: None,
        name: None,
        created_by: "test".to_owned(),
        turn: Turn { effects: vec![shift(from + 1)], ..Turn::default() },
        batch_size: None,
        snapshot_every_ticks: None,
    };
    let fork = runtime.fork(fork).await.unwrap().id;
    SHUT.store(true, Ordering::SeqCst);
    runtime.start_run(TENANT, fork).await.unwrap();
    let cancelled = cancelled_unborn(&runtime, fork).await;
    assert_eq!((cancelled.status, cancelled.current_tick, cancelled.has_results), (RunStatus::Cancelled, from, true));
    let results = String::from_utf8(runtime.results(TENANT, fork).await.unwrap().outcome_json).unwrap();
    assert!(results.contains(r#""affected_agents":1000"#), "{results:.2000}");
    is_the_same(&runtime, fork).await;
    stopped(runtime, store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_taken_over_twice_goes_on_once() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = RunSpec { seed: 5, ..spec(30_000, 60) };
    let (runtime, store) = started(&folder, true).await;
    let run = runtime.submit_and_start(new_run(wanted.clone())).await.unwrap().id;
    wait_for_tick(&runtime, run, 3).await;
    let waiting = runtime.submit(new_run(spec(1_000, 5))).await.unwrap().id;
    stopped(runtime, store).await;

    let (runtime, store) = started(&folder, false).await;
    let before = runtime.meters().agent_steps();
    let from = store.run(run).unwrap().unwrap().current_tick.max(store.snapshots(run).unwrap().last().unwrap().tick);
    let (first, second, third) = tokio::join!(
        runtime.take_over(TENANT, run),
        runtime.take_over(TENANT, run),
        runtime.take_over(TENANT, waiting)
    );
    assert!(first.is_ok() && second.is_ok() && third.is_ok(), "{first:?} {second:?} {third:?}");
    runtime.take_over(TENANT, waiting).await.unwrap();
    runtime.start_run(TENANT, waiting).await.unwrap();
    assert_eq!(runtime.wait(TENANT, waiting).await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(runtime.wait(TENANT, run).await.unwrap().status, RunStatus::Succeeded);
    let found = runtime.results(TENANT, run).await.unwrap().outcome_json;
    assert!(found == reference(wanted).canonical_json());
    let stepped = runtime.meters().agent_steps() - before;
    assert_eq!(stepped, 30_000 * u64::from(60 - from) + 1_000 * 5, "it went on once, from tick {from}");
    for ended in [run, waiting] {
        assert!(matches!(runtime.take_over(TENANT, ended).await, Err(RuntimeError::AlreadyEnded(..))));
    }
    stopped(runtime, store).await;
}
