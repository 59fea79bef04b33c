//! Budgets of memory and agent-steps on a real store: were one of these to fail, runs would take more than there is, or one that
//! waits for room would be forgotten.

#![allow(clippy::unwrap_used)]

mod common;

use civitas_actors::{Limits, Resource, Runtime, RuntimeConfig, RuntimeError, Scope, Shortage};
use civitas_engine::{RunSpec, memory_bytes};
use civitas_store::{RunId, RunStatus, Store};
use common::{TENANT, catalogue, new_run, reference, spec, start};

/// A run that takes longer than any of these tests looks at it.
fn long(agents: u32) -> RunSpec {
    RunSpec { model: "faulty".to_owned(), parameters: [("slow".to_owned(), 500.0)].into(), ..spec(agents, 1_000) }
}

/// What such a run is estimated to take.
fn bytes(spec: &RunSpec) -> u64 {
    memory_bytes(spec, &catalogue(), Some(1), 1).unwrap()
}

fn config(limits: Limits) -> RuntimeConfig {
    RuntimeConfig { threads: 1, partitions: Some(1), limits, ..RuntimeConfig::default() }
}

/// Room for one and a half of those runs.
fn room_for_one() -> RuntimeConfig {
    config(Limits { max_memory_total_bytes: bytes(&long(50_000)) * 3 / 2, ..Limits::default() })
}

async fn status(runtime: &Runtime, id: RunId) -> RunStatus {
    runtime.run(TENANT, id).await.unwrap().status
}

/// Waits until the run runs.
async fn runs(runtime: &Runtime, id: RunId) {
    let mut watch = runtime.watch(TENANT, id).await.unwrap();
    while watch.latest().status != RunStatus::Running {
        watch.changed().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_room_waits_for_it_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(room_for_one(), &folder).await;
    let small = RunSpec { seed: 5, ..spec(500, 20) };
    let mut ids = Vec::new();
    for spec in [long(50_000), long(50_000), small.clone()] {
        ids.push(runtime.submit(new_run(spec)).await.unwrap().id);
    }
    let [first, second, third] = ids[..] else { unreachable!() };
    assert_eq!(runtime.start_run(TENANT, first).await.unwrap().waits_for, None);
    let needed = bytes(&long(50_000));
    let waits = runtime.start_run(TENANT, second).await.unwrap();
    let shortage = waits.waits_for.unwrap();
    assert_eq!((shortage.resource, shortage.scope, shortage.needed), (Resource::Memory, Scope::Tenant, needed));
    assert_eq!((shortage.in_use, shortage.budget, waits.record.status), (needed, needed * 3 / 2, RunStatus::Queued));
    // It waits already, and one of the same tenant that would fit waits behind it.
    assert!(runtime.start_run(TENANT, second).await.unwrap().waits_for.is_some());
    assert!(runtime.start_run(TENANT, third).await.unwrap().waits_for.is_some());
    assert_eq!((status(&runtime, second).await, status(&runtime, third).await), (RunStatus::Queued, RunStatus::Queued));
    runtime.shutdown().await.unwrap();
    drop(runtime);
    store.close();

    let (runtime, store) = start(room_for_one(), &folder).await;
    assert_eq!(
        (status(&runtime, first).await, status(&runtime, second).await),
        (RunStatus::Running, RunStatus::Queued)
    );
    runtime.cancel(TENANT, first).await.unwrap();
    runs(&runtime, second).await;
    assert_eq!(runtime.wait(TENANT, third).await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(runtime.results(TENANT, third).await.unwrap().outcome_json, reference(small).canonical_json());
    assert_eq!(store.run(second).unwrap().unwrap().status, RunStatus::Running);
    runtime.cancel(TENANT, second).await.unwrap();
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_run_takes_no_room_and_waits_for_it_when_it_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, _store) = start(room_for_one(), &folder).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(runtime.submit(new_run(long(50_000))).await.unwrap().id);
    }
    runtime.start_run(TENANT, ids[0]).await.unwrap();
    runtime.pause(TENANT, ids[0]).await.unwrap();
    assert_eq!(runtime.start_run(TENANT, ids[1]).await.unwrap().waits_for, None);
    let waits = runtime.resume(TENANT, ids[0]).await.unwrap();
    assert_eq!((waits.record.status, waits.waits_for.is_some()), (RunStatus::Paused, true));
    // A run that is cancelled while it waits keeps nothing from others, and the other's end makes room.
    runtime.cancel(TENANT, ids[1]).await.unwrap();
    runs(&runtime, ids[0]).await;
    runtime.cancel(TENANT, ids[0]).await.unwrap();
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_fits_is_refused_at_once_and_what_is_promised_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let mib = 1 << 20;
    let limits = Limits {
        max_memory_total_bytes: 8 * mib,
        max_tenant_memory_bytes: 6 * mib,
        max_tenant_agent_steps: 1_000_000,
        max_agent_steps_total: 1_500_000,
        ..Limits::default()
    };
    let (runtime, store) = start(config(limits), &folder).await;
    let too_large = |error: RuntimeError| match error {
        RuntimeError::TooLarge(Shortage { resource, scope, budget, .. }) => (resource, scope, budget),
        other => panic!("{other}"),
    };
    let refused = runtime.submit(new_run(spec(90_000, 1))).await.unwrap_err();
    assert!(refused.to_string().contains("raise limits.max_tenant_memory_mib"), "{refused}");
    assert_eq!(too_large(refused), (Resource::Memory, Scope::Tenant, 6 * mib));
    let refused = runtime.submit(new_run(spec(2_000, 501))).await.unwrap_err();
    assert_eq!(too_large(refused), (Resource::AgentSteps, Scope::Tenant, 1_000_000));
    let refused = runtime.submit_batch(vec![new_run(spec(2_000, 300)); 2], true).await.unwrap_err();
    assert_eq!(too_large(refused), (Resource::AgentSteps, Scope::Tenant, 1_000_000));
    assert!(store.runs_with_status(RunStatus::Queued).unwrap().is_empty(), "nothing is stored");

    let first = runtime.submit(new_run(spec(2_000, 300))).await.unwrap().id;
    match runtime.submit(new_run(spec(2_000, 201))).await.unwrap_err() {
        RuntimeError::NoRoom { shortage, retry_after_s } => {
            assert_eq!((shortage.needed, shortage.in_use, shortage.budget), (402_000, 600_000, 1_000_000));
            assert!(retry_after_s > 0);
        }
        other => panic!("{other}"),
    }
    // Another tenant has a budget of its own, and all have one together.
    let other = |ticks| civitas_actors::NewRun { tenant_id: RunId::from_u128(8), ..new_run(spec(2_000, ticks)) };
    runtime.submit(other(400)).await.unwrap();
    let refused = runtime.submit(other(100)).await.unwrap_err();
    assert!(matches!(refused, RuntimeError::NoRoom { shortage, .. } if shortage.scope == Scope::Machine), "{refused}");
    // Work that is done, or that nobody wants any more, is promised no longer.
    runtime.start_run(TENANT, first).await.unwrap();
    runtime.wait(TENANT, first).await.unwrap();
    let again = runtime.submit(new_run(spec(2_000, 300))).await.unwrap().id;
    runtime.cancel(TENANT, again).await.unwrap();
    runtime.submit(new_run(spec(2_000, 300))).await.unwrap();
    runtime.shutdown().await.unwrap();
}
