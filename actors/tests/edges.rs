//! The runtime where requests cross each other, where it stops, and where it is asked for too much.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use civitas_actors::{Limits, Runtime, RuntimeConfig, RuntimeError, Shortage};
use civitas_engine::{NetworkSpec, RunSpec};
use civitas_store::{Purpose, RunStatus, SledStore, Store};
use common::{TENANT, catalogue, new_run, reference, spec, start};

/// A run that takes longer than any of these tests looks at it.
fn long() -> RunSpec {
    RunSpec { model: "faulty".to_owned(), parameters: [("slow".to_owned(), 500.0)].into(), ..spec(100_000, 1_000) }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_as_cancelled_stays_cancelled_while_places_free_up() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_running: 2, ..Limits::default() };
    let (runtime, store) = start(RuntimeConfig { limits, ..RuntimeConfig::default() }, &folder).await;
    for _ in 0..25 {
        let batch = runtime.submit_batch(vec![new_run(long()); 8], true).await.unwrap();
        let cancels = batch.runs.iter().map(|run| {
            let (runtime, id) = (runtime.clone(), run.id);
            tokio::spawn(async move { (id, runtime.cancel(TENANT, id).await) })
        });
        for cancel in cancels.collect::<Vec<_>>() {
            let (id, cancelled) = cancel.await.unwrap();
            // A run that was on its way out of the queue may refuse; then it runs, and is cancelled as such.
            if cancelled.is_err() {
                runtime.cancel(TENANT, id).await.unwrap();
            }
        }
        for run in &batch.runs {
            assert_eq!(store.run(run.id).unwrap().unwrap().status, RunStatus::Cancelled);
        }
    }
    // Every place is free again.
    for _ in 0..2 {
        let run = runtime.submit(new_run(long())).await.unwrap();
        runtime.start_run(TENANT, run.id).await.unwrap();
    }
    runtime.shutdown().await.unwrap();
    assert_eq!(store.runs_with_status(RunStatus::Running).unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_ends_whatever_is_in_flight() {
    for round in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let (runtime, store) = start(RuntimeConfig::default(), &folder).await;
        let queued = runtime.submit(new_run(spec(100, 5))).await.unwrap();
        let other = runtime.submit(new_run(long())).await.unwrap();
        let (cancelled, started, stopped, again) = tokio::join!(
            runtime.cancel(TENANT, queued.id),
            runtime.start_run(TENANT, other.id),
            runtime.shutdown(),
            runtime.shutdown()
        );
        stopped.unwrap();
        again.unwrap();
        let status = |id| store.run(id).unwrap().unwrap().status;
        if cancelled.is_ok() {
            assert_eq!(status(queued.id), RunStatus::Cancelled, "round {round}");
        }
        if started.is_ok() {
            assert_eq!(status(other.id), RunStatus::Running, "round {round}");
        }
        let late = runtime.submit(new_run(spec(10, 1))).await;
        assert!(matches!(late, Err(RuntimeError::ShuttingDown)), "round {round}: {late:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_runs_are_all_suspended_with_their_newest_state() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(RuntimeConfig { snapshot_every_ticks: 0, ..RuntimeConfig::default() }, &folder).await;
    let mut runs = Vec::new();
    for seed in 0..10 {
        let run = runtime.submit(new_run(RunSpec { seed, ..spec(20_000, 1_000) })).await.unwrap();
        runtime.start_run(TENANT, run.id).await.unwrap();
        runs.push(run.id);
    }
    for run in &runs {
        let mut watch = runtime.watch(TENANT, *run).await.unwrap();
        while watch.latest().tick == 0 {
            watch.changed().await.unwrap();
        }
    }
    runtime.shutdown().await.unwrap();
    for run in runs {
        if store.run(run).unwrap().unwrap().status == RunStatus::Running {
            assert!(store.snapshots(run).unwrap().last().unwrap().tick > 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_that_is_dropped_suspends_its_runs() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = RunSpec { seed: 3, ..spec(100_000, 1_000) };
    let (runtime, store) = start(RuntimeConfig::default(), &folder).await;
    let run = runtime.submit(new_run(wanted.clone())).await.unwrap();
    runtime.start_run(TENANT, run.id).await.unwrap();
    let mut watch = runtime.watch(TENANT, run.id).await.unwrap();
    while watch.latest().tick == 0 {
        watch.changed().await.unwrap();
    }
    drop(runtime);
    // The channel closes when the actors are gone.
    while watch.changed().await.is_some() {}
    drop(watch);
    assert_eq!(store.run(run.id).unwrap().unwrap().status, RunStatus::Running);
    assert!(store.snapshots(run.id).unwrap().last().unwrap().tick > 0);
    let again: Arc<dyn Store> = Arc::clone(&store) as _;
    let runtime = Runtime::start(RuntimeConfig::default(), again, catalogue()).await.unwrap();
    runtime.wait(TENANT, run.id).await.unwrap();
    assert_eq!(runtime.results(TENANT, run.id).await.unwrap().outcome_json, reference(wanted).canonical_json());
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tiny_societies_run_in_any_partitioning() {
    for partitions in [None, Some(1), Some(4)] {
        let folder = tempfile::tempdir().unwrap();
        let (runtime, _store) = start(RuntimeConfig { partitions, ..RuntimeConfig::default() }, &folder).await;
        for agents in [1, 2, 3, 7, 51, 65, 130] {
            let wanted = RunSpec { seed: u64::from(agents), ..spec(agents, 12) };
            let mut run = new_run(wanted.clone());
            run.execution.snapshot_every_ticks = Some(5);
            let run = runtime.submit(run).await.unwrap();
            runtime.start_run(TENANT, run.id).await.unwrap();
            let end = runtime.wait(TENANT, run.id).await.unwrap();
            assert_eq!(end.status, RunStatus::Succeeded, "{agents} agents, {partitions:?}: {:?}", end.fault);
            let found = runtime.results(TENANT, run.id).await.unwrap().outcome_json;
            assert_eq!(found, reference(wanted).canonical_json(), "{agents} agents, {partitions:?}");
        }
        runtime.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_cannot_fit_is_refused_with_the_figures() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(RuntimeConfig::default(), &folder).await;
    let network = NetworkSpec { mean_degree: 256.0, ..NetworkSpec::default() };
    let ties = runtime.submit(new_run(RunSpec { network: network.clone(), ..spec(100_000_000, 10) })).await;
    assert!(ties.unwrap_err().to_string().contains("must be at most 4000000000 ties"));
    let memory = runtime.submit(new_run(RunSpec { network, ..spec(15_000_000, 10) })).await.unwrap_err();
    let ten_gib = 10 << 30;
    assert!(matches!(memory, RuntimeError::TooLarge(Shortage { budget, .. }) if budget == ten_gib), "{memory}");
    assert!(memory.to_string().contains("may have 10240"), "{memory}");
    let long_name = civitas_actors::NewRun { name: "x".repeat(201), ..new_run(spec(10, 1)) };
    assert!(runtime.submit(long_name).await.unwrap_err().to_string().contains("at most 200 characters"));
    assert!(store.runs_with_status(RunStatus::Queued).unwrap().is_empty());
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_whose_state_is_not_what_its_digest_says_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = RunSpec { seed: 21, ..spec(30_000, 400) };
    let (runtime, store) = start(RuntimeConfig::default(), &folder).await;
    let run = runtime.submit(new_run(wanted.clone())).await.unwrap();
    runtime.start_run(TENANT, run.id).await.unwrap();
    let mut watch = runtime.watch(TENANT, run.id).await.unwrap();
    while watch.latest().tick < 2 {
        watch.changed().await.unwrap();
    }
    runtime.shutdown().await.unwrap();
    drop((runtime, watch));
    // The newest snapshot holds another state than its digest says, as one would that a faulty build had made; its
    // checksums are in order.
    let mut manifest = store.snapshots(run.id).unwrap().pop().unwrap();
    let mut parts = store.read_snapshot(&manifest).unwrap();
    let state = parts.iter_mut().find(|part| part.index == 1).unwrap();
    // The sign of some agent's opinion, behind the eight bytes that say which blocks these are.
    state.bytes[8 + 5 * 100 + 3] ^= 0x80;
    manifest.parts = store.write_snapshot_parts(run.id, manifest.tick, &parts, Purpose::New).unwrap();
    store.commit_wait(vec![civitas_store::Change::PutManifest(manifest)]).unwrap();
    store.close();
    let store: Arc<dyn Store> = Arc::new(SledStore::open(folder.path()).unwrap());
    let runtime = Runtime::start(RuntimeConfig::default(), store, catalogue()).await.unwrap();
    runtime.wait(TENANT, run.id).await.unwrap();
    assert_eq!(runtime.results(TENANT, run.id).await.unwrap().outcome_json, reference(wanted).canonical_json());
    runtime.shutdown().await.unwrap();
}
