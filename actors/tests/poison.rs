//! A run that takes the whole process down with it: it is started again a bounded number of times and then given up, and the runs
//! beside it come to their own results. The process is a real one: this test's own program, which dies as often as it has to.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::Arc;

use civitas_actors::{Limits, NewRun, Runtime, RuntimeConfig, faults};
use civitas_engine::*;
use civitas_store::{RunId, RunQuery, RunRecord, RunStatus, SledStore, SortBy, Store};
use common::{TENANT, new_run, reference, spec};

/// Names the folder in which a life is to be lived.
const FOLDER: &str = "CIVITAS_TEST_FOLDER";
/// Crashes without progress that a run survives.
const MAX_INTERRUPTIONS: u32 = 3;

/// Ends the process when an agent comes of age.
struct Poison {
    age: u32,
}

impl Model for Poison {
    type Agent = u32;
    type Published = ();
    type Mail = ();
    const NAME: &'static str = "poison";
    const VERSION: &'static str = "1";
    const PARAMETERS: &'static [Parameter] =
        &[Parameter::whole("age", "ticks", (1.0, 1e6), 1e6, "At which it takes effect")];
    const METRICS: &'static [Metric] = &[Metric { name: "age", unit: "ticks", description: "" }];

    fn new(parameters: &Parameters) -> Self {
        Self { age: parameters.get("age") as u32 }
    }

    fn create(&self, _: Newborn, _: &mut Draws<'_>) -> u32 {
        0
    }

    fn publish(&self, _: &u32) {}

    fn step(&self, age: &mut u32, _: Around<'_, ()>, draws: &mut Draws<'_>) {
        *age += 1;
        for _ in 0..200 {
            std::hint::black_box(draws.word());
        }
        if *age >= self.age {
            std::process::abort();
        }
    }
}

fn poisoned(age: u32) -> NewRun {
    let parameters = [("age".to_owned(), f64::from(age))].into();
    let run = new_run(RunSpec { model: "poison".to_owned(), parameters, ..spec(5_000, 1_000) });
    NewRun { name: "poison".to_owned(), ..without_snapshots(run) }
}

/// Shows no progress before it ends.
fn without_snapshots(mut run: NewRun) -> NewRun {
    run.execution.snapshot_every_ticks = Some(0);
    run
}

fn sound(seed: u64) -> RunSpec {
    RunSpec { seed, ..spec(20_000, 150) }
}

async fn open(folder: &Path) -> (Runtime, Arc<SledStore>) {
    let mut catalogue = Catalogue::default();
    catalogue.register::<Poison>();
    let limits = Limits { max_interruptions: MAX_INTERRUPTIONS, ..Limits::default() };
    let config = RuntimeConfig { threads: 2, limits, ..RuntimeConfig::default() };
    let store = Arc::new(SledStore::open(folder).unwrap());
    let runtime = Runtime::start(config, Arc::clone(&store) as Arc<dyn Store>, catalogue);
    (runtime.await.unwrap(), store)
}

fn all(store: &SledStore) -> Vec<RunRecord> {
    let query = RunQuery {
        tenant_id: TENANT,
        project_id: None,
        status: None,
        mode: None,
        sort: SortBy::CreatedAt,
        descending: false,
        skip: 0,
        limit: 100,
    };
    store.list_runs(&query).unwrap().items
}

/// One life: goes on with what there is until all has ended.
async fn live(folder: &Path) {
    let (runtime, store) = open(folder).await;
    if all(&store).is_empty() {
        // One that is kept at some tick, and two beside it that show no progress before they have ended.
        let poison = runtime.submit_and_start(poisoned(25)).await.unwrap().id;
        let mut watch = runtime.watch(TENANT, poison).await.unwrap();
        while watch.latest().tick < 2 {
            watch.changed().await.unwrap();
        }
        runtime.pause(TENANT, poison).await.unwrap();
        for seed in 0..2 {
            let id = runtime.submit(without_snapshots(new_run(sound(seed)))).await.unwrap().id;
            runtime.start_run(TENANT, id).await.unwrap();
        }
        runtime.resume(TENANT, poison).await.unwrap();
    }
    let runs: Vec<RunId> = all(&store).into_iter().map(|run| run.id).collect();
    for run in runs {
        runtime.wait(TENANT, run).await.unwrap();
    }
    runtime.shutdown().await.unwrap();
}

/// What the child process does; nothing when it is called as a test.
#[test]
fn life() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(live(Path::new(&folder)));
}

fn one_life(folder: &Path) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "life", "--nocapture"]).env(FOLDER, folder);
    command.output().unwrap().status
}

#[test]
fn a_run_that_takes_the_process_down_is_given_up_and_the_others_come_to_their_results() {
    let folder = tempfile::tempdir().unwrap();
    let mut deaths = 0;
    while !one_life(folder.path()).success() {
        deaths += 1;
        assert!(deaths <= 12, "it is started for ever");
    }
    assert!(deaths > MAX_INTERRUPTIONS, "{deaths} deaths");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (runtime, store) = open(folder.path()).await;
        let runs = all(&store);
        assert_eq!(runs.len(), 3);
        let poison = runs.iter().find(|run| run.name == "poison").unwrap();
        let fault = poison.fault.clone().unwrap();
        assert_eq!((poison.status, fault.code.as_str()), (RunStatus::Failed, faults::INTERRUPTED));
        assert!(fault.message.contains("4 times in a row"), "{}", fault.message);
        // What it had come to by its pause is kept.
        let results = runtime.results(TENANT, poison.id).await.unwrap().outcome_json;
        let results: serde_json::Value = serde_json::from_slice(&results).unwrap();
        assert_eq!(results["ticks_completed"], store.snapshots(poison.id).unwrap()[0].tick);
        assert!(results["ticks_completed"].as_u64() >= Some(2));
        for run in runs.iter().filter(|run| run.name != "poison") {
            assert_eq!(run.status, RunStatus::Succeeded, "{:?}", run.fault);
            let found = runtime.results(TENANT, run.id).await.unwrap().outcome_json;
            assert_eq!(found, reference(sound(run.spec.seed)).canonical_json());
        }
        // After that, all is as ever.
        let next = runtime.submit_and_start(new_run(sound(7))).await.unwrap().id;
        assert_eq!(runtime.wait(TENANT, next).await.unwrap().status, RunStatus::Succeeded);
        runtime.shutdown().await.unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_in_good_order_are_not_held_against_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut id = None;
    for _ in 0..MAX_INTERRUPTIONS + 2 {
        let (runtime, store) = open(folder.path()).await;
        let id = match id {
            Some(id) => id,
            None => *id.insert(runtime.submit_and_start(poisoned(1_000_000)).await.unwrap().id),
        };
        // A stop that comes before it begins leaves it in the queue.
        while store.run(id).unwrap().unwrap().status == RunStatus::Queued {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        // At once, before there is a newer snapshot; where it was at work all the same, that is progress.
        runtime.shutdown().await.unwrap();
        let record = store.run(id).unwrap().unwrap();
        assert_eq!((record.status, record.interruptions), (RunStatus::Running, 0));
        store.close();
    }
}
