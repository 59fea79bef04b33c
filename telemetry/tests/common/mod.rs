//! Runs whose telemetry is kept, for all tests: a runtime on a folder, and every row of what it recorded.

#![allow(dead_code, reason = "each test takes what it needs of this module")]

mod ringer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use civitas_actors::{Execution, NewRun, Runtime, RuntimeConfig, TelemetryChoice};
use civitas_engine::{Catalogue, PopulationSpec, RunSpec};
use civitas_store::{DEFAULT_TENANT, RunId, RunStatus, SledStore, Store};
use civitas_telemetry::{Index, Objects, Reader, Recorder, Table};
use tempfile::{TempDir, tempdir};

/// The models of the tests.
pub(crate) fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.register::<ringer::Ringer>();
    catalogue
}

pub(crate) fn spec(agents: u32, ticks: u32) -> RunSpec {
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents };
    RunSpec { population, horizon_ticks: ticks, ..RunSpec::default() }
}

pub(crate) fn run_of(spec: RunSpec, snapshot_every_ticks: u32, telemetry: TelemetryChoice) -> NewRun {
    let execution = Execution { snapshot_every_ticks: Some(snapshot_every_ticks), telemetry, ..Execution::default() };
    NewRun { execution, ..NewRun::local("telemetry", spec) }
}

/// A runtime on a folder, and a reader of its telemetry.
pub(crate) async fn runtime(folder: &Path, threads: usize, partitions: usize) -> (Runtime, Reader, Arc<SledStore>) {
    runtime_with(Objects::open("", &folder.join("objects"), &[]).unwrap(), folder, threads, partitions).await
}

/// The same with another place for objects.
pub(crate) async fn runtime_with(
    objects: Objects,
    folder: &Path,
    threads: usize,
    partitions: usize,
) -> (Runtime, Reader, Arc<SledStore>) {
    let store = Arc::new(SledStore::open(&folder.join("data")).unwrap());
    let config = RuntimeConfig { threads, partitions: Some(partitions), ..RuntimeConfig::default() };
    let recorder = Arc::new(Recorder::new(objects.clone()));
    let kept = Arc::clone(&store) as Arc<dyn Store>;
    let runtime = Runtime::start_with(config, kept, catalogue(), Some(recorder)).await.unwrap();
    (runtime, Reader::new(objects), store)
}

/// A run that has ended, in a folder, read by somebody who has read nothing yet.
pub(crate) async fn recorded(new: NewRun) -> (TempDir, Reader, Index) {
    let folder = tempdir().unwrap();
    let (runtime, reader, store) = runtime(folder.path(), 2, 2).await;
    let run = runtime.submit_and_start(new).await.unwrap().id;
    assert_eq!(runtime.wait(DEFAULT_TENANT, run).await.unwrap().status, RunStatus::Succeeded);
    let index = reader.index(run).await.unwrap();
    runtime.shutdown().await.unwrap();
    store.close();
    (folder, reader, index)
}

/// Every row of every table as text, in the order of the files, which need not be the same ones.
pub(crate) async fn rows(reader: &Reader, run: RunId) -> Vec<String> {
    let index = reader.index(run).await.unwrap();
    let mut rows = Vec::new();
    for table in Table::ALL {
        let found = reader.rows(&index, table, 0..=u32::MAX, None).await.unwrap();
        rows.push(format!("{} {}", table.as_str(), found.names().collect::<Vec<_>>().join(",")));
        rows.extend(found.iter().map(|row| row.into_iter().map(|cell| cell.csv()).collect::<Vec<_>>().join(",")));
    }
    rows
}

/// Waits until a run has a snapshot: it is under way then, and far from its end.
pub(crate) async fn until_snapshot(runtime: &Runtime, run: RunId) {
    while runtime.snapshots(DEFAULT_TENANT, run).unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
