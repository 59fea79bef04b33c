//! The place where telemetry and results are kept: a local folder, or an object store on other machines. Owns the names of
//! objects and the thread on which they are written. Everything is written under a temporary name, synced and renamed by the
//! object store, so that nobody reads half an object.

use std::ops::Range;
use std::path::{Path as FolderPath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use civitas_store::{Purpose, Room};
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{Error as ObjectError, ObjectStore, ObjectStoreExt, PutPayload};
use tokio::runtime::{Builder, Handle, Runtime};
use uuid::Uuid;

use crate::error::{Result, TelemetryError};
use crate::limits::{FIRST_PAUSE, LAST_WRITES, WRITE_TRIES};
use crate::places::{self, Opened};

/// A name that no object ever has.
const NO_OBJECT: &str = "telemetry/none";
/// By which words S3 and Azure tell a bucket that is not there from an object that is not there.
const NO_BUCKET: [&str; 2] = ["NoSuchBucket", "ContainerNotFound"];

/// A place for objects; clones share it. Its thread ends with the last of them.
#[derive(Clone)]
pub struct Objects(Arc<Place>);

struct Place {
    store: Box<dyn ObjectStore>,
    /// What stands before every name.
    prefix: Path,
    /// How others name this place; none for a folder of this machine.
    url: Option<String>,
    /// Where it is a folder of this machine: that folder, and how much of its disk is to be left.
    folder: Option<PathBuf>,
    reserve: AtomicU64,
    runtime: Option<Runtime>,
    /// Bytes of objects that were read.
    read: AtomicU64,
}

impl Drop for Place {
    /// What is being written is given a moment: a store that hangs must not keep the program from ending.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // From within another runtime a wait would panic; then what is under way ends by itself.
            match Handle::try_current() {
                Ok(_) => runtime.shutdown_background(),
                Err(_) => runtime.shutdown_timeout(LAST_WRITES),
            }
        }
    }
}

impl Objects {
    /// The place that `url` names, or `folder` where it is empty. `file:///DIR` is a local folder; `s3://BUCKET/PREFIX` needs
    /// the feature `s3`, `az://CONTAINER/PREFIX` the feature `azure`. `options` are those of the object store, such as
    /// `aws_endpoint` and `aws_access_key_id`.
    ///
    /// # Errors
    /// [`TelemetryError::Place`] for a place that cannot be used.
    pub fn open(url: &str, folder: &FolderPath, options: &[(String, String)]) -> Result<Self> {
        let Opened { store, prefix, url, folder } = places::open(url, folder, options)?;
        let runtime =
            Builder::new_multi_thread().worker_threads(1).thread_name("civitas-telemetry").enable_all().build();
        let problem = |error| format!("telemetry.url: its thread cannot be made: {error}");
        let runtime = runtime.map_err(|error| TelemetryError::Place { problem: problem(error) })?;
        let (reserve, read) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self(Arc::new(Place { store, prefix, url, folder, reserve, runtime: Some(runtime), read })))
    }

    /// Has so many bytes of the disk be left where objects are kept in a folder of this machine: with less left, no telemetry is
    /// written there. Of a bucket nobody can say how much room it has.
    pub fn leave(&self, bytes: u64) {
        self.0.reserve.store(bytes, Ordering::Relaxed);
    }

    /// Looks whether the place answers and lets itself be read.
    ///
    /// # Errors
    /// [`TelemetryError::Refused`] where it says that there is no such bucket, or that it is not for this program; other faults
    /// may pass: [`TelemetryError::Objects`].
    pub async fn look(&self) -> Result<()> {
        if self.0.url.is_none() {
            // A folder was made, or could not be, when it was opened.
            return Ok(());
        }
        let place = self.clone();
        let looked = self.handle().spawn(async move { place.0.store.get(&place.path(NO_OBJECT)).await });
        let told =
            looked.await.map_err(|error| TelemetryError::Place { problem: format!("telemetry.url: {error}") })?;
        match told {
            Err(refused @ (ObjectError::PermissionDenied { .. } | ObjectError::Unauthenticated { .. })) => {
                Err(TelemetryError::Refused(refused))
            }
            Err(missing @ ObjectError::NotFound { .. })
                if NO_BUCKET.iter().any(|word| missing.to_string().contains(word)) =>
            {
                Err(TelemetryError::Refused(missing))
            }
            Ok(_) | Err(ObjectError::NotFound { .. }) => Ok(()),
            Err(passing) => Err(passing.into()),
        }
    }

    /// Bytes of objects that were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.0.read.load(Ordering::Relaxed)
    }

    /// The URL by which programs that reach this place name an object; `None` where it is a folder of this machine.
    pub fn url_of(&self, name: &str) -> Option<String> {
        self.0.url.as_ref().map(|url| format!("{url}/{name}"))
    }

    /// The threads on which objects are written.
    pub(crate) fn handle(&self) -> &Handle {
        self.0.runtime.as_ref().expect("the runtime is taken when the place is dropped").handle()
    }

    /// Writes an object whole; tries a few times, with growing pauses. Where the disk has no room for it that is told at once.
    pub(crate) async fn put(&self, name: &str, bytes: Bytes, purpose: Purpose) -> Result<()> {
        if let Some(folder) = &self.0.folder {
            Room::new(folder, self.0.reserve.load(Ordering::Relaxed)).check(bytes.len() as u64, purpose)?;
        }
        let path = self.path(name);
        let mut pause = FIRST_PAUSE;
        for _ in 1..WRITE_TRIES {
            let Err(error) = self.0.store.put(&path, PutPayload::from(bytes.clone())).await else { return Ok(()) };
            let pause_ms = pause.as_millis() as u64;
            tracing::warn!(name, %error, pause_ms, "an object could not be written; it is tried again");
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        self.0.store.put(&path, bytes.into()).await?;
        Ok(())
    }

    /// An object, whole; `None` where there is none. One that is larger than `max` bytes is an error.
    pub(crate) async fn get(&self, name: &str, max: u64) -> Result<Option<Bytes>> {
        let found = match self.0.store.get(&self.path(name)).await {
            Err(ObjectError::NotFound { .. }) => return Ok(None),
            found => found?,
        };
        if found.meta.size > max {
            let source = format!("{name} has {} bytes, more than {max}", found.meta.size).into();
            return Err(ObjectError::Generic { store: "civitas", source }.into());
        }
        let bytes = found.bytes().await?;
        self.0.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(Some(bytes))
    }

    pub(crate) async fn get_ranges(&self, name: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let read = self.0.store.get_ranges(&self.path(name), ranges).await?;
        self.0.read.fetch_add(read.iter().map(|bytes| bytes.len() as u64).sum(), Ordering::Relaxed);
        Ok(read)
    }

    /// The names of the objects in a folder, without the folder's.
    pub(crate) async fn list(&self, folder: &str) -> Result<Vec<String>> {
        let found: Vec<_> = self.0.store.list(Some(&self.path(folder))).try_collect().await?;
        Ok(found.into_iter().filter_map(|meta| meta.location.filename().map(str::to_owned)).collect())
    }

    /// Removes an object; one that is not there is no error.
    pub(crate) async fn delete(&self, name: &str) -> Result<()> {
        match self.0.store.delete(&self.path(name)).await {
            Ok(()) | Err(ObjectError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.0.prefix.clone(), |path, part| path.join(part))
    }
}

/// The folder of a run's telemetry.
pub fn telemetry_folder(run: Uuid) -> String {
    format!("telemetry/{run}")
}

/// The name of a run's results.
pub fn results_name(run: Uuid) -> String {
    format!("results/{run}.json")
}
