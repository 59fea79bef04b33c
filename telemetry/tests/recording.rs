//! Telemetry of real runs: what readers see is the run, each tick once, however it was executed. Were one of these to fail,
//! somebody would draw a wrong map.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use civitas_actors::{NewFork, NewRun, TelemetryChoice};
use civitas_engine::{Catalogue, Simulation, Turn};
use civitas_store::{DEFAULT_TENANT, RunStatus, Store};
use civitas_telemetry::{Index, Names, SliceQuery, State, TelemetryError};
use common::{rows, run_of, runtime, spec, until_snapshot};
use tempfile::tempdir;

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
    let new = || run_of(spec(40_000, 200), 9, choice);
    let (undisturbed, _) = executed(1, 1, new()).await;

    let folder = tempdir().unwrap();
    let (first, _, store) = runtime(folder.path(), 1, 1).await;
    let run = first.submit_and_start(new()).await.unwrap().id;
    until_snapshot(&first, run).await;
    first.shutdown().await.unwrap();
    let rests = store.run(run).unwrap().unwrap();
    assert_eq!(rests.status, RunStatus::Running, "it ended before it could be interrupted");
    store.close();
    drop(first);

    let (second, reader, store) = runtime(folder.path(), 2, 4).await;
    assert_eq!(second.wait(DEFAULT_TENANT, run).await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(rows(&reader, run).await, undisturbed);
    let index = reader.index(run).await.unwrap();
    assert_eq!((index.state, index.problem.as_deref(), index.last_tick), (State::Complete, None, Some(200)));
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
    let results = std::fs::read(folder.path().join(format!("objects/results/{run}.json"))).unwrap();
    assert_eq!(results, store.results(run).unwrap().unwrap(), "its results are kept all the same");
    runtime.shutdown().await.unwrap();
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_do_not_show_and_a_fork_begins_where_it_was_forked() {
    let choice = TelemetryChoice { keyframe_every: Some(5), sample_agents: Some(15), ..TelemetryChoice::default() };
    let new = || run_of(spec(40_000, 150), 9, choice);
    let (undisturbed, _) = executed(1, 1, new()).await;

    let folder = tempdir().unwrap();
    let (runtime, reader, store) = runtime(folder.path(), 2, 2).await;
    let run = runtime.submit_and_start(new()).await.unwrap().id;
    until_snapshot(&runtime, run).await;
    let paused = runtime.pause(DEFAULT_TENANT, run).await.unwrap().current_tick;
    let index = reader.index(run).await.unwrap();
    assert_eq!(
        (index.state, index.last_tick),
        (State::Recording, Some(paused)),
        "a paused run is whole up to its tick"
    );
    runtime.resume(DEFAULT_TENANT, run).await.unwrap();
    runtime.wait(DEFAULT_TENANT, run).await.unwrap();
    assert_eq!(rows(&reader, run).await, undisturbed);

    let tick = runtime.snapshots(DEFAULT_TENANT, run).unwrap().last().unwrap().tick;
    let fork = NewFork {
        bundle: None,
        tenant_id: DEFAULT_TENANT,
        parent: run,
        from_tick: Some(tick),
        project_id: None,
        parent_node_id: None,
        name: None,
        created_by: "test".to_owned(),
        turn: Turn::default(),
        batch_size: None,
        snapshot_every_ticks: None,
        telemetry: TelemetryChoice::default(),
    };
    let fork = runtime.fork(fork).await.unwrap().id;
    runtime.start_run(DEFAULT_TENANT, fork).await.unwrap();
    runtime.wait(DEFAULT_TENANT, fork).await.unwrap();
    let index = reader.index(fork).await.unwrap();
    assert_eq!((index.first_tick, index.last_tick, index.state), (tick, Some(150), State::Complete));
    // Nothing was changed: what it went on to record is its parent's end.
    let tick_of =
        |row: &&String| row.split(',').next().and_then(|tick| tick.parse().ok()).is_none_or(|at: u32| at >= tick);
    let end: Vec<_> = undisturbed.iter().filter(tick_of).cloned().collect();
    assert_eq!(rows(&reader, fork).await, end);
    runtime.shutdown().await.unwrap();
    store.close();
}
