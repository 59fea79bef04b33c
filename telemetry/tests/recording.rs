//! Telemetry of real runs: what readers see is the run, each tick once, however it was executed. Were one of these to fail,
//! somebody would draw a wrong map.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::Path;
use std::sync::Arc;

use civitas_actors::{Execution, NewRun, Runtime, RuntimeConfig, TelemetryChoice};
use civitas_engine::{Catalogue, PopulationSpec, RunSpec, Simulation};
use civitas_store::{DEFAULT_TENANT, RunId, RunStatus, SledStore, Store};
use civitas_telemetry::{Index, Names, Objects, Reader, Recorder, SliceQuery, State, Table, TelemetryError};
use tempfile::tempdir;

fn spec(agents: u32, ticks: u32) -> RunSpec {
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents };
    RunSpec { population, horizon_ticks: ticks, ..RunSpec::default() }
}

fn run_of(spec: RunSpec, snapshot_every_ticks: u32, telemetry: TelemetryChoice) -> NewRun {
    let execution = Execution { snapshot_every_ticks: Some(snapshot_every_ticks), telemetry, ..Execution::default() };
    NewRun { execution, ..NewRun::local("telemetry", spec) }
}

/// A runtime on a folder, and a reader of its telemetry.
async fn runtime(folder: &Path, threads: usize, partitions: usize) -> (Runtime, Reader, Arc<SledStore>) {
    let objects = Objects::open("", &folder.join("objects"), &[]).unwrap();
    let store = Arc::new(SledStore::open(&folder.join("data")).unwrap());
    let config = RuntimeConfig { threads, partitions: Some(partitions), ..RuntimeConfig::default() };
    let recorder = Arc::new(Recorder::new(objects.clone()));
    let kept = Arc::clone(&store) as Arc<dyn Store>;
    let runtime = Runtime::start_with(config, kept, Catalogue::default(), Some(recorder)).await.unwrap();
    (runtime, Reader::new(objects), store)
}

/// Every row of every table as text, in the order of the files, which need not be the same ones.
async fn rows(reader: &Reader, run: RunId) -> Vec<String> {
    let index = reader.index(run).await.unwrap();
    let mut rows = Vec::new();
    for table in Table::ALL {
        let found = reader.rows(&index, table, 0..=u32::MAX, None).await.unwrap();
        rows.push(format!("{} {}", table.as_str(), found.names().join(",")));
        rows.extend(found.iter().map(|row| row.into_iter().map(|cell| cell.csv()).collect::<Vec<_>>().join(",")));
    }
    rows
}

async fn executed(threads: usize, partitions: usize, new: NewRun) -> (Vec<String>, Index) {
    let folder = tempdir().unwrap();
    let (runtime, reader, store) = runtime(folder.path(), threads, partitions).await;
    let run = runtime.submit_and_start(new).await.unwrap();
    assert_eq!(runtime.wait(DEFAULT_TENANT, run.id).await.unwrap().status, RunStatus::Succeeded);
    let read = (rows(&reader, run.id).await, reader.index(run.id).await.unwrap());
    runtime.shutdown().await.unwrap();
    store.close();
    read
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_and_partitions_do_not_show() {
    let choice = TelemetryChoice { keyframe_every: Some(7), sample_agents: Some(60), ..TelemetryChoice::default() };
    let (one, index) = executed(1, 1, run_of(spec(4_000, 23), 0, choice)).await;
    let (other, _) = executed(2, 5, run_of(spec(4_000, 23), 4, choice)).await;
    assert_eq!(one, other);
    assert_eq!((index.state, index.first_tick, index.last_tick), (State::Complete, 0, Some(23)));
    assert_eq!(index.keyframes, [0, 7, 14, 21, 23]);
    let agents = one.iter().position(|row| row.starts_with("agents ")).unwrap();
    assert_eq!(one.len() - agents - 1, 5 * 60);
    assert!(index.files.iter().all(|file| file.last_tick <= 23 && file.rows > 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn slices_are_what_the_results_say() {
    let folder = tempdir().unwrap();
    let (runtime, reader, store) = runtime(folder.path(), 2, 3).await;
    let new = run_of(spec(3_000, 20), 6, TelemetryChoice::default());
    let outcome = Simulation::new(new.spec.clone(), &Catalogue::default(), 1).unwrap().run().unwrap();
    let run = runtime.submit_and_start(new).await.unwrap();
    runtime.wait(DEFAULT_TENANT, run.id).await.unwrap();
    let index = reader.index(run.id).await.unwrap();
    let query =
        SliceQuery { regions: Names::All, segments: Names::All, variables: Names::All, ..SliceQuery::default() };
    let slice = reader.slice(&index, &query).await.unwrap();
    assert_eq!(slice.ticks, (0..=20).collect::<Vec<_>>());
    // Trends are at every tick of so short a run; the engine is the reference.
    let json: serde_json::Value = serde_json::from_slice(&outcome.canonical_json()).unwrap();
    let values = |points: &serde_json::Value| -> Vec<f64> {
        points.as_array().unwrap().iter().map(|point| point["value"].as_f64().unwrap()).collect()
    };
    let mut compared = 0;
    for (name, points) in json["trends"].as_object().unwrap() {
        let Some(curves) = slice.metrics.get(name) else { continue };
        assert_eq!(curves.overall, values(points), "{name}");
        for (region, trends) in json["trends_by_region"].as_object().unwrap() {
            assert_eq!(curves.by_region[region], values(&trends[name]), "{name} in {region}");
            compared += 1;
        }
        for (segment, trends) in json["trends_by_segment"].as_object().unwrap() {
            assert_eq!(curves.by_segment[segment], values(&trends[name]), "{name} of {segment}");
            compared += 1;
        }
    }
    assert!(compared > 50, "only {compared} curves were compared");
    assert!(slice.variables["media_sentiment"]["CA"].iter().any(|&value| value != 0.5), "the media follow the society");

    let coarse = SliceQuery { from_tick: Some(3), to_tick: Some(12), resolution: 4, ..SliceQuery::default() };
    let coarse = reader.slice(&index, &coarse).await.unwrap();
    assert_eq!(coarse.ticks, [3, 7, 11, 12]);
    let all = &slice.metrics["adoption_rate"].overall;
    assert_eq!(coarse.metrics["adoption_rate"].overall, [all[3], all[7], all[11], all[12]]);
    assert!(coarse.metrics["adoption_rate"].by_region.is_empty());

    let unknown = SliceQuery { regions: Names::Some(vec!["XX".to_owned()]), ..SliceQuery::default() };
    let said = reader.slice(&index, &unknown).await.unwrap_err().to_string();
    assert!(said.starts_with("regions \"XX\" does not exist; there are: "), "{said}");
    runtime.shutdown().await.unwrap();
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_goes_on_after_a_restart_has_every_tick_once() {
    let choice = TelemetryChoice { keyframe_every: Some(3), sample_agents: Some(20), ..TelemetryChoice::default() };
    let new = || run_of(spec(20_000, 120), 9, choice);
    let (undisturbed, _) = executed(1, 1, new()).await;

    let folder = tempdir().unwrap();
    let (first, _, store) = runtime(folder.path(), 1, 1).await;
    let run = first.submit_and_start(new()).await.unwrap().id;
    let mut watch = first.watch(DEFAULT_TENANT, run).await.unwrap();
    while watch.latest().tick < 12 {
        watch.changed().await.unwrap();
    }
    first.shutdown().await.unwrap();
    let rests = store.run(run).unwrap().unwrap();
    assert_eq!(rests.status, RunStatus::Running, "it ended before it could be interrupted");
    store.close();
    drop((first, watch));

    let (second, reader, store) = runtime(folder.path(), 2, 4).await;
    assert_eq!(second.wait(DEFAULT_TENANT, run).await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(rows(&reader, run).await, undisturbed);
    let index = reader.index(run).await.unwrap();
    assert_eq!((index.state, index.problem.as_deref(), index.last_tick), (State::Complete, None, Some(120)));
    // What the index does not name is gone.
    let there = std::fs::read_dir(folder.path().join(format!("objects/telemetry/{run}"))).unwrap().count();
    assert_eq!(there, index.files.len() + 1);
    second.shutdown().await.unwrap();
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_runs_keep_what_there_is_and_disabled_ones_have_nothing() {
    let folder = tempdir().unwrap();
    let (runtime, reader, store) = runtime(folder.path(), 1, 1).await;
    let run = runtime.submit_and_start(run_of(spec(60_000, 1_000), 0, TelemetryChoice::default())).await.unwrap().id;
    let mut watch = runtime.watch(DEFAULT_TENANT, run).await.unwrap();
    while watch.latest().tick < 3 {
        watch.changed().await.unwrap();
    }
    let ended = runtime.cancel(DEFAULT_TENANT, run).await.unwrap();
    let index = reader.index(run).await.unwrap();
    assert_eq!((index.state, index.last_tick), (State::Complete, Some(ended.current_tick)));
    let slice = reader.slice(&index, &SliceQuery::default()).await.unwrap();
    assert_eq!(slice.ticks.len(), ended.current_tick as usize + 1);
    assert!(folder.path().join(format!("objects/results/{run}.json")).exists());

    let off = TelemetryChoice { enabled: Some(false), ..TelemetryChoice::default() };
    let run = runtime.submit_and_start(run_of(spec(500, 3), 0, off)).await.unwrap().id;
    runtime.wait(DEFAULT_TENANT, run).await.unwrap();
    assert!(matches!(reader.index(run).await, Err(TelemetryError::None(_))));
    assert_eq!(runtime.telemetry(run).unwrap(), None);
    runtime.shutdown().await.unwrap();
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_telemetry_cannot_be_written_goes_on_without() {
    let folder = tempdir().unwrap();
    let (runtime, reader, store) = runtime(folder.path(), 1, 1).await;
    // A file where the folder of all runs' telemetry would be.
    std::fs::write(folder.path().join("objects/telemetry"), b"in the way").unwrap();
    let run = runtime.submit_and_start(run_of(spec(2_000, 10), 3, TelemetryChoice::default())).await.unwrap().id;
    assert_eq!(runtime.wait(DEFAULT_TENANT, run).await.unwrap().status, RunStatus::Succeeded);
    assert!(reader.index(run).await.is_err());
    runtime.shutdown().await.unwrap();
    store.close();
}
