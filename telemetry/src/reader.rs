//! Reading a run's telemetry: its index, and the rows of a table for some ticks. Owns the checks of what is asked against
//! what there is; which question it is for is its neighbours' affair.

use std::sync::Arc;

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, spawn_blocking};
use uuid::Uuid;

use crate::error::{Result, TelemetryError};
use crate::file::{self, Fetched, Group, Wanted};
use crate::index::{INDEX_NAME, Index, Table, TableFile};
use crate::limits::{FILES_AT_ONCE, MAX_INDEX_BYTES, READS_AT_ONCE};
use crate::objects::{Objects, telemetry_folder};

/// Reads telemetry. It changes nothing. Clones share the bound on what is read at a time.
#[derive(Clone)]
pub struct Reader {
    objects: Objects,
    /// Room for files that are fetched or decoded.
    room: Arc<Semaphore>,
}

impl Reader {
    /// A reader of this place.
    pub fn new(objects: Objects) -> Self {
        Self { objects, room: Arc::new(Semaphore::new(READS_AT_ONCE)) }
    }

    /// The place that it reads.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// What there is of a run.
    ///
    /// # Errors
    /// [`TelemetryError::None`] for a run without telemetry, [`TelemetryError::Damaged`], [`TelemetryError::Objects`].
    pub async fn index(&self, run: Uuid) -> Result<Index> {
        let objects = self.objects.clone();
        let name = format!("{}/{INDEX_NAME}", telemetry_folder(run));
        let found = self.on_its_thread(async move { objects.get(&name, MAX_INDEX_BYTES).await }).await?;
        let bytes = found.ok_or(TelemetryError::None(run))?;
        serde_json::from_slice(&bytes).map_err(|error| TelemetryError::Damaged { run, problem: error.to_string() })
    }

    /// A file as it is.
    ///
    /// # Errors
    /// [`TelemetryError::Asked`] for a name that the index does not have, [`TelemetryError::Objects`].
    pub async fn whole_file(&self, index: &Index, name: &str) -> Result<bytes::Bytes> {
        let known = || index.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", ");
        let unknown = || TelemetryError::asked("file", format!("{name:?} does not exist; there are: {}", known()));
        let file = index.files.iter().find(|file| file.name == name).ok_or_else(unknown)?;
        let (objects, path) = (self.objects.clone(), format!("{}/{name}", telemetry_folder(index.run_id)));
        let (run, size) = (index.run_id, file.bytes);
        let found = self.on_its_thread(async move { objects.get(&path, size).await }).await?;
        found.ok_or_else(|| TelemetryError::Damaged { run, problem: format!("{} is not there", file.name) })
    }

    /// The row groups of a table that may have wanted rows, in the order of the run, file by file. Files are fetched ahead, and
    /// decoded when they are asked for: whoever lets go of each group holds one file at a time.
    pub(crate) fn groups(&self, index: &Index, table: Table, wanted: Wanted) -> impl Stream<Item = Result<Group>> {
        let (from_tick, to_tick) = (*wanted.ticks.start(), *wanted.ticks.end());
        let files: Vec<TableFile> = index.files_of(table, from_tick, to_tick).cloned().collect();
        let (run, wanted) = (index.run_id, Arc::new(wanted));
        let (fetching, decoding) = (self.clone(), self.clone());
        let fetch = move |file| {
            let (reader, wanted) = (fetching.clone(), Arc::clone(&wanted));
            async move { reader.in_turn(file::fetch(reader.objects.clone(), run, file, wanted)).await }
        };
        let decoded = stream::iter(files).map(fetch).buffered(FILES_AT_ONCE).then(move |fetched| {
            let reader = decoding.clone();
            async move { reader.decode(fetched?).await }
        });
        decoded.map_ok(|groups| stream::iter(groups.into_iter().map(Ok))).try_flatten()
    }

    /// Decodes beside the thread of the place, for writers share that one.
    async fn decode(&self, fetched: Fetched) -> Result<Vec<Group>> {
        self.in_turn(async move { told(spawn_blocking(move || fetched.decode())).await }).await
    }

    /// Reads once there is room. The task waits for it, and not whoever asks: one who is not polled for a while would hold it
    /// for nothing, and all others would wait for ever.
    pub(crate) async fn in_turn<T: Send + 'static>(
        &self,
        read: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let room = Arc::clone(&self.room);
        let in_turn = async move {
            let _room = room.acquire_owned().await.expect("nobody closes it");
            read.await
        };
        self.on_its_thread(in_turn).await
    }

    /// Object stores need the thread of their place.
    async fn on_its_thread<T: Send + 'static>(
        &self,
        read: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        told(self.objects.handle().spawn(read)).await
    }
}

/// What a task comes to.
pub(crate) async fn told<T>(task: JoinHandle<Result<T>>) -> Result<T> {
    let failed = |error: tokio::task::JoinError| TelemetryError::Place { problem: format!("telemetry: {error}") };
    task.await.map_err(failed)?
}
