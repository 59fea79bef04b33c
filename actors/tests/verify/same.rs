//! What agrees: runs of every ending, experiments, paused and interrupted runs, on other partitions than they were executed on.

use std::sync::Arc;

use civitas_actors::{Agreed, VerificationState};
use civitas_engine::*;
use civitas_store::{RunId, RunManifest, RunStatus, Store, results_sha256};

use super::common::{TENANT, catalogue, interrupted_run, new_run, spec};
use super::{ended, started, stopped, verified};

/// Steps that change agents and the environment, and measure, several of them between two ticks.
fn experiment() -> RunSpec {
    let mut steps = Vec::new();
    for round in 0..4 {
        let value = f64::from(round) / 5.0;
        let ids = Target { ids: Some((0..600).step_by(7).collect()), ..Target::default() };
        steps.extend([
            Action::Environment { key: "social_trust".to_owned(), value, regions: vec![] },
            Action::Run { ticks: 3, seconds_per_tick: 600 },
            Action::UpdateState { key: "opinion".to_owned(), value: Value::Number(value - 0.4), target: ids },
            Action::Environment { key: "media_sentiment".to_owned(), value, regions: vec!["CA".to_owned()] },
            Action::Message { text: String::new(), stance: 0.5, strength: 0.5, target: Target::default() },
        ]);
    }
    let (name, key) = ("mean".to_owned(), "opinion".to_owned());
    let mean = Extractor { name, key, method: Method::Mean, every_ticks: 2, target: Target::default() };
    let workflow = Workflow { steps, extractors: vec![mean], ..Workflow::default() };
    RunSpec { horizon_ticks: workflow.ticks(), workflow: Some(Arc::new(workflow)), ..spec(3_000, 1) }
}

/// Verifies on another number of partitions; gives the manifest.
async fn is_the_same(folder: &tempfile::TempDir, id: RunId, tick: u32) -> RunManifest {
    let (runtime, store) = started(folder, 5, catalogue()).await;
    let (before, found) = (store.run(id).unwrap(), verified(&runtime, id).await);
    assert_eq!((found.state, found.tick, found.total_ticks), (VerificationState::Same, tick, tick));
    let manifest = runtime.manifest(TENANT, id).await.unwrap().manifest;
    let state_digests = manifest.state_digests.len() as u32;
    assert_eq!(found.agreed, Agreed { tick_digests: tick + 1, state_digests, results: true });
    assert_eq!((found.partitions, found.threads, found.recorded_by), (5, 2, found.verified_by));
    assert!(found.ended_at_ms >= Some(found.started_at_ms));
    assert_eq!(store.run(id).unwrap(), before, "the run is not changed");
    assert_eq!(store.run_manifest(id).unwrap().as_ref(), Some(&manifest));
    stopped(runtime, store).await;
    manifest
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_succeeded_is_the_same_on_other_partitions() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = started(&folder, 2, catalogue()).await;
    let (id, status) = ended(&runtime, spec(3_000, 20)).await;
    assert_eq!(status, RunStatus::Succeeded);
    let results = runtime.results(TENANT, id).await.unwrap().outcome_json;
    stopped(runtime, store).await;
    let manifest = is_the_same(&folder, id, 20).await;
    assert_eq!(manifest.results_sha256, results_sha256(&results));
    let ticks: Vec<_> = manifest.state_digests.iter().map(|noted| noted.at.tick).collect();
    assert!(ticks.len() > 1 && ticks.is_sorted() && ticks.last() == Some(&20), "{ticks:?}");
    let digest = format!("\"state_digest\":\"{:032x}\"", manifest.state_digests.last().unwrap().digest);
    assert!(String::from_utf8(results).unwrap().contains(&digest), "the last one is the results'");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_experiment_is_the_same_and_so_is_one_that_was_stopped_within_a_tick() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = started(&folder, 2, catalogue()).await;
    let (whole, status) = ended(&runtime, experiment()).await;
    assert_eq!(status, RunStatus::Succeeded);
    stopped(runtime, store).await;
    let manifest = is_the_same(&folder, whole, 12).await;
    assert_eq!((manifest.end.steps, manifest.end.extracted_below), (20, 13));

    // Most of what it does it does between two ticks, so that it is there that it is stopped.
    let message = |place: u32| {
        let (text, stance) = (String::new(), f64::from(place % 10) / 10.0);
        Action::Message { text, stance, strength: 0.5, target: Target::default() }
    };
    let run = Action::Run { ticks: 1, seconds_per_tick: 60 };
    let steps: Vec<_> = (0..900).map(|place| if place % 100 == 0 { run.clone() } else { message(place) }).collect();
    let workflow = Arc::new(Workflow { steps, ..Workflow::default() });
    let stopped_early = RunSpec { horizon_ticks: 9, workflow: Some(workflow), ..spec(30_000, 1) };
    let (runtime, store) = started(&folder, 1, catalogue()).await;
    let id = runtime.submit_and_start(new_run(stopped_early)).await.unwrap().id;
    let mut watch = runtime.watch(TENANT, id).await.unwrap();
    while watch.latest().tick < 2 {
        watch.changed().await.unwrap();
    }
    let cancelled = runtime.cancel(TENANT, id).await.unwrap();
    assert_eq!(cancelled.status, RunStatus::Cancelled, "it ended before it could be stopped: make it longer");
    stopped(runtime, store).await;
    let end = is_the_same(&folder, id, cancelled.current_tick).await.end;
    assert!(end.steps > 100, "{end:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_ended_early_are_the_same_as_far_as_they_came() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = started(&folder, 3, catalogue()).await;
    let panics = [("panics_at".to_owned(), 7.0)].into();
    let faulty = RunSpec { model: "faulty".to_owned(), parameters: panics, ..spec(500, 12) };
    let (failed, status) = ended(&runtime, faulty).await;
    assert_eq!(status, RunStatus::Failed);

    let long = runtime.submit_and_start(new_run(spec(40_000, 1_000))).await.unwrap().id;
    let mut watch = runtime.watch(TENANT, long).await.unwrap();
    while watch.latest().tick < 5 {
        watch.changed().await.unwrap();
    }
    let paused_at = runtime.pause(TENANT, long).await.unwrap().current_tick;
    stopped(runtime, store).await;
    is_the_same(&folder, failed, 7).await;
    let manifest = is_the_same(&folder, long, paused_at).await;
    assert_eq!(manifest.state_digests.last().map(|noted| noted.at.tick), Some(paused_at), "of the pause's snapshot");

    let (runtime, store) = started(&folder, 2, catalogue()).await;
    runtime.resume(TENANT, long).await.unwrap();
    let mut watch = runtime.watch(TENANT, long).await.unwrap();
    while watch.latest().tick < paused_at + 5 {
        watch.changed().await.unwrap();
    }
    let cancelled_at = runtime.cancel(TENANT, long).await.unwrap().current_tick;
    stopped(runtime, store).await;
    let whole = is_the_same(&folder, long, cancelled_at).await;
    assert_eq!(whole.tick_digests[..manifest.tick_digests.len() - 1], manifest.tick_digests[..paused_at as usize]);
}

/// A model that fails when its society has grown too large: between two ticks, after a step of agents or of a workflow.
struct Touchy {
    growth: f32,
}

impl Model for Touchy {
    type Agent = f32;
    type Published = ();
    type Mail = ();
    const NAME: &'static str = "touchy";
    const VERSION: &'static str = "1";
    const PARAMETERS: &'static [Parameter] = &[Parameter::share("growth", 0.0, "What an agent grows in a tick")];
    const METRICS: &'static [Metric] = &[Metric::share("size", "How large agents are")];
    const VARIABLES: &'static [Variable] = &[Variable { name: "air", default: 0.5, description: "What is breathed" }];
    const TRAITS: &'static [Trait] = &[Trait {
        name: "size",
        kind: TraitKind::Number { unit: "1", min: 0.0, max: 1.0 },
        settable: true,
        memory: true,
        description: "How large it is",
    }];

    fn new(parameters: &Parameters) -> Self {
        Self { growth: parameters.get("growth") }
    }

    fn create(&self, _: Newborn, _: &mut Draws<'_>) -> f32 {
        0.0
    }

    fn publish(&self, _: &f32) {}

    fn step(&self, size: &mut f32, _: Around<'_, ()>, _: &mut Draws<'_>) {
        *size += self.growth;
    }

    fn values(&self, size: &f32, values: &mut [f32]) {
        values[0] = *size;
    }

    fn feedback(&self, _: &[f32], means: &[f64], now: &mut [f32]) {
        assert!(means[0] < 0.5, "too large");
        now[0] = means[0] as f32;
    }

    fn trait_value(&self, size: &f32, _: usize) -> f64 {
        f64::from(*size)
    }

    fn set_trait(&self, size: &mut f32, _: usize, value: f64) {
        *size = value as f32;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_whose_model_failed_between_two_ticks_are_the_same_up_to_there() {
    let mut models = catalogue();
    models.register::<Touchy>();
    let touchy = |growth, spec| RunSpec {
        model: "touchy".to_owned(),
        parameters: [("growth".to_owned(), growth)].into(),
        ..spec
    };
    let run = Action::Run { ticks: 3, seconds_per_tick: 60 };
    let update = Action::UpdateState { key: "size".to_owned(), value: Value::Number(0.75), target: Target::default() };
    let workflow = Workflow { steps: vec![run.clone(), update, run], ..Workflow::default() };
    let experiment = RunSpec { workflow: Some(Arc::new(workflow)), ..spec(600, 6) };
    for (spec, tick) in [(touchy(0.125, spec(600, 20)), 4), (touchy(0.0, experiment), 3)] {
        let folder = tempfile::tempdir().unwrap();
        let (runtime, store) = started(&folder, 2, models.clone()).await;
        let (id, status) = ended(&runtime, spec).await;
        assert_eq!(status, RunStatus::Failed);
        let found = verified(&runtime, id).await;
        assert_eq!((found.state, found.tick), (VerificationState::Same, tick));
        stopped(runtime, store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_notes_what_an_undisturbed_one_does() {
    let wanted = spec(30_000, 900);
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = started(&folder, 1, catalogue()).await;
    let (id, _) = ended(&runtime, wanted.clone()).await;
    let undisturbed = runtime.manifest(TENANT, id).await.unwrap().manifest;
    stopped(runtime, store).await;
    let (_, interrupted, lives) = interrupted_run(&wanted, catalogue()).await;
    assert!(lives > 2, "it lived {lives} times: make it longer");
    assert_eq!((interrupted.first_tick, &interrupted.tick_digests), (0, &undisturbed.tick_digests));
    assert_eq!((interrupted.end, interrupted.results_sha256), (undisturbed.end, undisturbed.results_sha256));
    assert_eq!(interrupted.state_digests.last(), undisturbed.state_digests.last());
}
