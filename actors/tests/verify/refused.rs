//! What cannot be verified, and who may not: every refusal says why, and leaves everything as it was.

use std::sync::Arc;
use std::time::Duration;

use civitas_actors::{Limits, Runtime, RuntimeConfig, RuntimeError, VerificationState, faults};
use civitas_engine::{Catalogue, EngineError, RunSpec};
use civitas_store::{Change, RunId, RunManifest, RunStatus, SledStore, Store, TenantId};
use uuid::Uuid;

use super::common::{TENANT, catalogue, new_run, spec, start};
use super::{ended, started, stopped, verified};

async fn refusal(runtime: &Runtime, tenant: TenantId, id: RunId) -> RuntimeError {
    let refused = runtime.verify(tenant, id).await.unwrap_err();
    assert!(matches!(
        runtime.verification(TENANT, id),
        Err(RuntimeError::NoVerification(_) | RuntimeError::NotFound(_))
    ));
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_goes_on_or_is_not_there_has_no_manifest_yet() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = started(&folder, 1, catalogue()).await;
    let queued = runtime.submit(new_run(spec(500, 5))).await.unwrap().id;
    let running = runtime.submit_and_start(new_run(spec(60_000, 1_000))).await.unwrap().id;
    for id in [queued, running] {
        assert!(matches!(refusal(&runtime, TENANT, id).await, RuntimeError::ManifestNotReady(..)));
        assert!(matches!(runtime.manifest(TENANT, id).await, Err(RuntimeError::ManifestNotReady(..))));
        assert!(matches!(refusal(&runtime, Uuid::from_u128(9), id).await, RuntimeError::NotFound(_)));
    }
    assert!(matches!(refusal(&runtime, TENANT, Uuid::nil()).await, RuntimeError::NotFound(_)));
    runtime.cancel(TENANT, queued).await.unwrap();
    assert!(matches!(refusal(&runtime, TENANT, queued).await, RuntimeError::NoManifest(_)));
    stopped(runtime, store).await;
}

/// Changes what a run has noted, and tries to verify it with these models.
async fn with(change: impl FnOnce(&SledStore, RunManifest), models: Catalogue) -> RuntimeError {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = started(&folder, 1, catalogue()).await;
    let (id, status) = ended(&runtime, RunSpec { model: "faulty".to_owned(), ..spec(500, 5) }).await;
    assert_eq!(status, RunStatus::Succeeded);
    change(&store, store.run_manifest(id).unwrap().unwrap());
    stopped(runtime, store).await;
    let (runtime, store) = started(&folder, 1, models).await;
    let refused = refusal(&runtime, TENANT, id).await;
    stopped(runtime, store).await;
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn what_made_the_run_must_be_here() {
    let put =
        |store: &SledStore, manifest| store.commit_wait(vec![Change::PutRunManifest(Box::new(manifest))]).unwrap();
    let other = |refused: RuntimeError| match refused {
        RuntimeError::OtherResults(_, what) => what,
        other => panic!("{other:?}"),
    };
    let engine = with(|store, manifest| put(store, RunManifest { results_version: 1, ..manifest }), catalogue()).await;
    assert_eq!(other(engine), "results of version 1, and this engine gives version 2");
    let version = |manifest| RunManifest { model_version: "0".to_owned(), ..manifest };
    let model = with(|store, manifest| put(store, version(manifest)), catalogue()).await;
    assert_eq!(other(model), "version 0 of the model faulty, and here it has version 1");
    let data =
        with(|store, manifest| put(store, RunManifest { dataset_fingerprint: 5, ..manifest }), catalogue()).await;
    assert_eq!(other(data), "other data than there are here under the name us-2020");
    let unknown = with(|_, _| {}, Catalogue::default()).await;
    assert!(matches!(unknown, RuntimeError::Spec(EngineError::UnknownModel { .. })), "{unknown:?}");
}

/// A runtime with one place, and a short time for every run.
async fn narrow(folder: &tempfile::TempDir, seconds: u64) -> (Runtime, Arc<SledStore>) {
    let limits = Limits { max_running: 1, max_run_time: Duration::from_secs(seconds), ..Limits::default() };
    start(RuntimeConfig { limits, threads: 1, ..RuntimeConfig::default() }, folder).await
}

/// A run that takes some seconds, and as long again to verify.
async fn slow(runtime: &Runtime) -> RunId {
    let parameters = [("slow".to_owned(), 400.0)].into();
    let slow = RunSpec { model: "faulty".to_owned(), parameters, ..spec(2_000, 40) };
    ended(runtime, slow).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_takes_a_place_and_gives_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, _store) = narrow(&folder, 1_000).await;
    let id = slow(&runtime).await;
    let begun = runtime.verify(TENANT, id).await.unwrap();
    assert_eq!(begun.state, VerificationState::Running);
    // Whoever asks again is told of the same.
    assert_eq!(runtime.verify(TENANT, id).await.unwrap().started_at_ms, begun.started_at_ms);
    let queued = runtime.submit(new_run(spec(500, 5))).await.unwrap().id;
    assert!(matches!(runtime.start_run(TENANT, queued).await, Err(RuntimeError::Quota { .. })));
    let waiting = runtime.submit_and_start(new_run(spec(500, 5))).await.unwrap().id;
    assert_eq!(runtime.run(TENANT, waiting).await.unwrap().status, RunStatus::Queued);
    assert!(matches!(runtime.cancel_verification(Uuid::from_u128(9), id).await, Err(RuntimeError::NotFound(_))));
    let given_up = runtime.cancel_verification(TENANT, id).await.unwrap();
    assert_eq!(given_up.state, VerificationState::Cancelled);
    assert!(given_up.tick < 40 && given_up.agreed.tick_digests == given_up.tick);
    // The run that waited has the place.
    assert_eq!(runtime.wait(TENANT, waiting).await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(runtime.cancel_verification(TENANT, id).await.unwrap(), given_up, "it has ended");
    assert_eq!(verified(&runtime, id).await.state, VerificationState::Same);
    runtime.start_run(TENANT, queued).await.unwrap();
    runtime.wait(TENANT, queued).await.unwrap();
    let long = runtime.submit_and_start(new_run(spec(60_000, 1_000))).await.unwrap().id;
    assert!(matches!(runtime.verify(TENANT, id).await, Err(RuntimeError::Quota { .. })), "and the other way round");
    assert_eq!(runtime.verification(TENANT, id).unwrap().state, VerificationState::Same, "the last one stays");
    runtime.cancel(TENANT, long).await.unwrap();
    // One that goes on when the runtime ends is given up.
    runtime.verify(TENANT, id).await.unwrap();
    runtime.shutdown().await.unwrap();
    assert_eq!(runtime.verified(TENANT, id).await.unwrap().state, VerificationState::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_that_takes_longer_than_a_run_may_ends_without_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = narrow(&folder, 1_000).await;
    let id = slow(&runtime).await;
    stopped(runtime, store).await;
    let (runtime, _store) = narrow(&folder, 0).await;
    let found = verified(&runtime, id).await;
    let VerificationState::Failed(fault) = found.state else { panic!("{found:?}") };
    assert_eq!(fault.code, faults::RUN_TIMEOUT);
    runtime.shutdown().await.unwrap();
}
