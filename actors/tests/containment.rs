//! Runs that go wrong by themselves: each ends as failed with a code, a sentence, its tick and region, keeps what it came to, and
//! no other run notices.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use civitas_actors::{Limits, Progress, Runtime, RuntimeConfig, faults};
use civitas_engine::*;
use civitas_store::{RunFault, RunId, RunStatus, SledStore, Store};
use common::{TENANT, new_run, reference, spec};

/// An agent does not come to the end of its step; one test alone has such agents.
static STUCK: AtomicBool = AtomicBool::new(false);

/// Agents who find that something is wrong with them, or write too much.
struct Ailing {
    ill_at: u32,
    mad_at: u32,
    stuck_at: u32,
    letters: u32,
    blind_at: u32,
}

impl Model for Ailing {
    type Agent = u32;
    type Published = ();
    type Mail = u32;
    const NAME: &'static str = "ailing";
    const VERSION: &'static str = "1";
    const PARAMETERS: &'static [Parameter] = &[
        Parameter::whole("ill_at", "tick", (0.0, 1e6), 1e6, "When every thousandth agent reports a fault"),
        Parameter::whole("mad_at", "tick", (0.0, 1e6), 1e6, "When the environment is no number any more"),
        Parameter::whole("stuck_at", "tick", (0.0, 1e6), 1e6, "When agents never come to the end of a step"),
        Parameter::whole("blind_at", "tick", (0.0, 1e6), 1e6, "When what an agent measures is no number any more"),
        Parameter::whole("letters", "1", (0.0, 1e3), 0.0, "Letters that an agent writes in a tick, times the tick"),
    ];
    const METRICS: &'static [Metric] = &[Metric { name: "age", unit: "ticks", description: "" }];
    const VARIABLES: &'static [Variable] = &[Variable { name: "air", default: 0.5, description: "What is breathed" }];

    fn new(parameters: &Parameters) -> Self {
        let number = |name| parameters.get(name) as u32;
        let [ill_at, mad_at, stuck_at, blind_at] = ["ill_at", "mad_at", "stuck_at", "blind_at"].map(number);
        Self { ill_at, mad_at, stuck_at, blind_at, letters: number("letters") }
    }

    fn create(&self, _: Newborn, _: &mut Draws<'_>) -> u32 {
        0
    }

    fn publish(&self, _: &u32) {}

    fn step(&self, age: &mut u32, around: Around<'_, (), u32>, _: &mut Draws<'_>) {
        *age += 1;
        if *age >= self.ill_at && around.id % 1_000 == 700 {
            around.fault(format_args!("its age is {age}, which it cannot be"));
        }
        if *age >= self.stuck_at {
            STUCK.store(true, Ordering::SeqCst);
            loop {
                std::thread::park();
            }
        }
        for _ in 0..self.letters * around.tick {
            around.send(around.id, *age);
        }
    }

    fn values(&self, age: &u32, values: &mut [f32]) {
        values[0] = if *age < self.blind_at { *age as f32 } else { f32::NAN };
    }

    fn feedback(&self, base: &[f32], means: &[f64], now: &mut [f32]) {
        now[0] = if means[0] >= f64::from(self.mad_at) { f32::NAN } else { base[0] };
    }
}

fn models() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.register::<Ailing>();
    catalogue
}

fn ailing(agents: u32, what: &str, value: f64) -> RunSpec {
    RunSpec { model: "ailing".to_owned(), parameters: [(what.to_owned(), value)].into(), ..spec(agents, 30) }
}

async fn start(folder: &tempfile::TempDir, partitions: usize, limits: Limits) -> (Runtime, Arc<SledStore>) {
    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    let config = RuntimeConfig { partitions: Some(partitions), threads: 2, limits, ..RuntimeConfig::default() };
    let runtime = Runtime::start(config, Arc::clone(&store) as Arc<dyn Store>, models());
    (runtime.await.unwrap(), store)
}

async fn launch(runtime: &Runtime, spec: RunSpec) -> RunId {
    let id = runtime.submit(new_run(spec)).await.unwrap().id;
    runtime.start_run(TENANT, id).await.unwrap();
    id
}

/// Waits for a run that must fail; gives its end, its fault, and the ticks of its partial results.
async fn failed(runtime: &Runtime, id: RunId) -> (Progress, RunFault, u64) {
    let end = runtime.wait(TENANT, id).await.unwrap();
    assert_eq!(end.status, RunStatus::Failed);
    let results = runtime.results(TENANT, id).await.unwrap().outcome_json;
    let results: serde_json::Value = serde_json::from_slice(&results).unwrap();
    let fault = end.fault.clone().unwrap();
    (end, fault, results["ticks_completed"].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_a_model_reports_ends_its_run_alone_and_is_the_same_however_it_is_split() {
    let mut told = Vec::new();
    for partitions in [1, 2, 5] {
        let folder = tempfile::tempdir().unwrap();
        let (runtime, _store) = start(&folder, partitions, Limits::default()).await;
        let sound = RunSpec { seed: 9, ..spec(20_000, 60) };
        let other = launch(&runtime, sound.clone()).await;
        let ill = launch(&runtime, ailing(4_000, "ill_at", 7.0)).await;
        let (end, fault, ticks) = failed(&runtime, ill).await;
        assert_eq!((fault.code.as_str(), fault.tick, end.tick, ticks), (faults::MODEL_FAULT, Some(7), 6, 6));
        assert!(fault.message.contains("agent 700: its age is 7, which it cannot be"), "{}", fault.message);
        assert!(fault.region.is_some());
        told.push(fault);
        assert_eq!(runtime.wait(TENANT, other).await.unwrap().status, RunStatus::Succeeded);
        assert_eq!(runtime.results(TENANT, other).await.unwrap().outcome_json, reference(sound).canonical_json());
        runtime.shutdown().await.unwrap();
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_that_is_no_number_ends_the_run_before_anybody_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, _store) = start(&folder, 3, Limits::default()).await;
    let mad = launch(&runtime, ailing(3_000, "mad_at", 5.0)).await;
    let (_, fault, ticks) = failed(&runtime, mad).await;
    assert_eq!((fault.code.as_str(), ticks), (faults::MODEL_FAULT, 5));
    assert!(fault.message.contains("makes the variable air NaN in region "), "{}", fault.message);
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metric_that_is_no_number_ends_its_run_alone_in_every_build() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, _store) = start(&folder, 2, Limits::default()).await;
    let sound = RunSpec { seed: 9, ..spec(20_000, 60) };
    let other = launch(&runtime, sound.clone()).await;
    let blind = launch(&runtime, ailing(3_000, "blind_at", 5.0)).await;
    let (_, fault, ticks) = failed(&runtime, blind).await;
    assert_eq!((fault.code.as_str(), fault.tick, ticks), (faults::MODEL_FAULT, Some(5), 4));
    assert!(fault.region.is_some() && fault.message.contains("age is NaN: it must be a number"), "{fault:?}");
    assert_eq!(runtime.wait(TENANT, other).await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(runtime.results(TENANT, other).await.unwrap().outcome_json, reference(sound).canonical_json());
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_comes_to_hold_more_than_it_may_ends_and_leaves_the_rest_alone() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_run_memory_bytes: 4 << 20, max_memory_total_bytes: 100 << 20, ..Limits::default() };
    let (runtime, _store) = start(&folder, 2, limits).await;
    let sound = RunSpec { seed: 9, ..spec(20_000, 60) };
    let other = launch(&runtime, sound.clone()).await;
    // A thousand agents are estimated at a third of a megabyte; in tick 29 they would write three.
    let greedy = launch(&runtime, ailing(1_000, "letters", 8.0)).await;
    let (end, fault, ticks) = failed(&runtime, greedy).await;
    assert_eq!(fault.code, faults::MEMORY_LIMIT);
    assert!(fault.message.contains(", and may have 4;"), "{}", fault.message);
    assert!(fault.message.contains(", most of it for agents of the ") && fault.region.is_none(), "{fault:?}");
    assert!((5..30).contains(&ticks) && u64::from(end.tick) == ticks, "{end:?} {ticks}");
    assert_eq!(fault.tick.map(u64::from), Some(ticks + 1));
    assert_eq!(runtime.wait(TENANT, other).await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(runtime.results(TENANT, other).await.unwrap().outcome_json, reference(sound).canonical_json());
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_really_holds_is_what_others_have_to_wait_for() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_memory_total_bytes: 6 << 20, ..Limits::default() };
    let (runtime, _store) = start(&folder, 1, limits).await;
    let greedy = RunSpec { horizon_ticks: 1_000, ..ailing(1_000, "letters", 1.0) };
    let first = launch(&runtime, greedy).await;
    let mut watch = runtime.watch(TENANT, first).await.unwrap();
    while watch.latest().tick < 300 {
        watch.changed().await.unwrap();
    }
    // By its estimate there would be room for more than twenty of these.
    let second = runtime.submit(new_run(ailing(1_000, "letters", 1.0))).await.unwrap().id;
    let waits = runtime.start_run(TENANT, second).await.unwrap().waits_for.unwrap();
    assert!(waits.in_use > 6 << 20, "{waits:?}");
    runtime.cancel(TENANT, first).await.unwrap();
    assert_eq!(runtime.wait(TENANT, second).await.unwrap().status, RunStatus::Succeeded);
    runtime.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_never_comes_back_does_not_hold_up_a_stop_and_does_not_count_as_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = start(&folder, 1, Limits::default()).await;
    let stuck = launch(&runtime, ailing(1_000, "stuck_at", 4.0)).await;
    let waiting = runtime.submit(new_run(spec(1_000, 5))).await.unwrap().id;
    while !STUCK.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let begun = Instant::now();
    let left = runtime.shutdown_within(Duration::from_millis(100)).await;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(left, [stuck]);
    let record = store.run(stuck).unwrap().unwrap();
    assert_eq!((record.status, record.start_requested), (RunStatus::Running, true));
    assert_eq!(store.run(waiting).unwrap().unwrap().status, RunStatus::Queued);
}

#[test]
fn without_actors_a_fault_is_an_error() {
    let spec = ailing(1_000, "ill_at", 3.0);
    let mut simulation = Simulation::new(spec, &models(), 2).unwrap();
    simulation.step(64).unwrap();
    simulation.step(64).unwrap();
    let EngineError::Fault(said) = simulation.step(64).unwrap_err() else { panic!("another error") };
    assert!(said.starts_with("agent 700: "), "{said}");
    let mad = Simulation::new(ailing(1_000, "mad_at", 0.0), &models(), 2);
    assert!(matches!(mad.map(drop), Err(EngineError::Fault(said)) if said.contains("variable air")));
}
