//! Models that panic, wherever a model can: the run fails or is refused, and the runtime and its other runs go on.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use civitas_actors::{Runtime, RuntimeConfig, RuntimeError};
use civitas_engine::*;
use civitas_store::{RunStatus, SledStore, Store};
use common::{TENANT, new_run, reference, spec};

/// Makes every feedback panic from now on; one test alone sets it.
static FEEDBACK_BROKEN: AtomicBool = AtomicBool::new(false);

/// Panics in one of its functions.
struct Brittle {
    in_create: bool,
    in_feedback: bool,
    in_set_trait: bool,
}

impl Model for Brittle {
    type Agent = u8;
    type Published = ();
    type Mail = ();
    const NAME: &'static str = "brittle";
    const VERSION: &'static str = "1";
    const PARAMETERS: &'static [Parameter] = &[
        Parameter::switch("in_check", false, "Panics when parameters are checked"),
        Parameter::switch("in_new", false, "Panics when it is made"),
        Parameter::switch("in_create", false, "Panics at an agent's birth"),
        Parameter::switch("in_feedback", false, "Panics when means are fed back"),
        Parameter::switch("in_set_trait", false, "Panics when a trait is set"),
    ];
    const METRICS: &'static [Metric] = &[Metric::share("on", "Agents that are on")];
    const VARIABLES: &'static [Variable] = &[Variable { name: "air", default: 0.5, description: "What is breathed" }];
    const TRAITS: &'static [Trait] = &[Trait {
        name: "size",
        kind: TraitKind::Number { unit: "1", min: 0.0, max: 1.0 },
        settable: true,
        memory: true,
        description: "How large it is",
    }];

    fn check(parameters: &Parameters) -> Result<()> {
        assert!(!parameters.is_on("in_check"), "no check");
        Ok(())
    }

    fn new(parameters: &Parameters) -> Self {
        assert!(!parameters.is_on("in_new"), "no model");
        let [in_create, in_feedback, in_set_trait] =
            ["in_create", "in_feedback", "in_set_trait"].map(|name| parameters.is_on(name));
        Self { in_create, in_feedback, in_set_trait }
    }

    fn create(&self, _: Newborn, _: &mut Draws<'_>) -> u8 {
        assert!(!self.in_create, "no agent");
        0
    }

    fn publish(&self, _: &u8) {}

    fn step(&self, _: &mut u8, _: Around<'_, ()>, _: &mut Draws<'_>) {}

    fn feedback(&self, _: &[f32], _: &[f64], _: &mut [f32]) {
        assert!(!self.in_feedback && !FEEDBACK_BROKEN.load(Ordering::SeqCst), "no feedback");
    }

    fn set_trait(&self, _: &mut u8, _: usize, _: f64) {
        assert!(!self.in_set_trait, "no trait");
    }
}

fn brittle(part: &str, agents: u32, ticks: u32) -> RunSpec {
    let parameters = if part.is_empty() { Default::default() } else { [(part.to_owned(), 1.0)].into() };
    RunSpec { model: "brittle".to_owned(), parameters, ..spec(agents, ticks) }
}

async fn start(folder: &tempfile::TempDir) -> (Runtime, Arc<SledStore>) {
    let mut catalogue = Catalogue::default();
    catalogue.register::<Brittle>();
    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    let runtime = Runtime::start(RuntimeConfig::default(), Arc::clone(&store) as Arc<dyn Store>, catalogue);
    (runtime.await.unwrap(), store)
}

/// A run of another model, from its creation to its results: the runtime is whole.
async fn still_works(runtime: &Runtime) {
    let wanted = spec(300, 5);
    let run = runtime.submit(new_run(wanted.clone())).await.unwrap();
    runtime.start_run(TENANT, run.id).await.unwrap();
    assert_eq!(runtime.wait(TENANT, run.id).await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(runtime.results(TENANT, run.id).await.unwrap().outcome_json, reference(wanted).canonical_json());
}

async fn refused(runtime: &Runtime, spec: RunSpec) -> String {
    match runtime.submit(new_run(spec)).await {
        Err(RuntimeError::Spec(error @ EngineError::Invalid { .. })) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

/// A condition on a trait asks the model how it keeps the trait's value.
fn with_a_condition(spec: RunSpec) -> RunSpec {
    let condition = Condition { key: "size".to_owned(), comparison: Comparison::Less, value: Value::Number(0.5) };
    let target = Target { conditions: vec![condition], ..Target::default() };
    let question =
        Question { name: "size".to_owned(), text: String::new(), key: "size".to_owned(), kind: QuestionKind::Number };
    let steps = vec![
        Action::Survey { title: String::new(), questions: vec![question], target },
        Action::Run { ticks: 1, seconds_per_tick: 60 },
    ];
    RunSpec { workflow: Some(Arc::new(Workflow { steps, ..Workflow::default() })), horizon_ticks: 1, ..spec }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_panics_when_it_is_made_or_asked_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(&folder).await;
    let made = refused(&runtime, brittle("in_new", 100, 5)).await;
    assert_eq!(made, "model panicked on its parameters: no model");
    assert!(refused(&runtime, brittle("in_check", 100, 5)).await.ends_with("no check"));
    let asked = refused(&runtime, with_a_condition(brittle("in_set_trait", 100, 1))).await;
    assert_eq!(asked, "model panicked on size = 0.5: no trait");
    let born = refused(&runtime, with_a_condition(brittle("in_create", 100, 1))).await;
    assert!(born.ends_with("no agent"), "{born}");
    assert!(store.runs_with_status(RunStatus::Queued).unwrap().is_empty());
    still_works(&runtime).await;
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_panics_as_its_run_begins_fails_that_run_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, _store) = start(&folder).await;
    for (part, said) in [("in_create", "no agent"), ("in_feedback", "no feedback")] {
        let run = runtime.submit(new_run(brittle(part, 100, 5))).await.unwrap();
        runtime.start_run(TENANT, run.id).await.unwrap();
        let end = runtime.wait(TENANT, run.id).await.unwrap();
        let fault = end.fault.unwrap();
        assert_eq!((end.status, fault.code.as_str()), (RunStatus::Failed, civitas_actors::faults::MODEL_PANIC));
        assert!(fault.message.contains(said), "{}", fault.message);
    }
    still_works(&runtime).await;
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_panics_as_its_run_goes_on_after_a_restart_fails_that_run_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(&folder).await;
    let run = runtime.submit(new_run(brittle("", 200_000, 1_000))).await.unwrap();
    runtime.start_run(TENANT, run.id).await.unwrap();
    let mut watch = runtime.watch(TENANT, run.id).await.unwrap();
    while watch.latest().tick == 0 {
        watch.changed().await.unwrap();
    }
    runtime.shutdown().await.unwrap();
    drop((runtime, watch));
    assert_eq!(store.run(run.id).unwrap().unwrap().status, RunStatus::Running);
    store.close();
    drop(store);
    FEEDBACK_BROKEN.store(true, Ordering::SeqCst);
    let (runtime, _store) = start(&folder).await;
    let end = runtime.wait(TENANT, run.id).await.unwrap();
    FEEDBACK_BROKEN.store(false, Ordering::SeqCst);
    let fault = end.fault.unwrap();
    assert_eq!((end.status, fault.code.as_str()), (RunStatus::Failed, civitas_actors::faults::MODEL_PANIC));
    assert!(fault.message.contains("no feedback"), "{}", fault.message);
    still_works(&runtime).await;
    runtime.shutdown().await.unwrap();
}
