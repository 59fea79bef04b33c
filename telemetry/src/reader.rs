//! Reading a run's telemetry: its index, and the rows of a table for some ticks. Owns the checks of what is asked against
//! what there is; which question it is for is its neighbours' affair.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use crate::error::{Result, TelemetryError};
use crate::file::{self, Group, Wanted};
use crate::index::{INDEX_NAME, Index, Table, TableFile};
use crate::limits::{FILES_AT_ONCE, MAX_INDEX_BYTES};
use crate::objects::{Objects, telemetry_folder};

/// Reads telemetry. It changes nothing.
#[derive(Clone)]
pub struct Reader {
    objects: Objects,
}

impl Reader {
    /// A reader of this place.
    pub fn new(objects: Objects) -> Self {
        Self { objects }
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

    /// The row groups of a table that may have wanted rows, in the order of the run.
    pub(crate) async fn groups(&self, index: &Index, table: Table, wanted: Wanted) -> Result<Vec<Group>> {
        let (from_tick, to_tick) = (*wanted.ticks.start(), *wanted.ticks.end());
        let files: Vec<TableFile> = index.files_of(table, from_tick, to_tick).cloned().collect();
        let (objects, run, wanted) = (self.objects.clone(), index.run_id, Arc::new(wanted));
        self.on_its_thread(async move {
            let reads = files.into_iter().map(|file| file::read(objects.clone(), run, file, Arc::clone(&wanted)));
            let groups: Vec<Vec<Group>> = stream::iter(reads).buffered(FILES_AT_ONCE).try_collect().await?;
            Ok(groups.into_iter().flatten().collect())
        })
        .await
    }

    /// Object stores need the thread of their place.
    async fn on_its_thread<T: Send + 'static>(
        &self,
        read: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let task = self.objects.handle().spawn(read);
        let failed = |error: tokio::task::JoinError| TelemetryError::Place { problem: format!("telemetry: {error}") };
        task.await.map_err(failed)?
    }
}
