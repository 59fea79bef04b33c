//! The folder of a store: who holds it, which format it has, and when its bytes are on the disk.
//!
//! Owns the sled database with its two trees, the lock, the format check and the only call of `flush` and
//! fdatasync. It knows nothing of records. A folder is
//!
//! ```text
//! lock        held (flock) by the process that has the store open
//! commits     how many groups of commits are on the disk
//! db, conf... sled's files; the tree `meta` holds the format, `state` what commits change, `chunks` snapshots,
//!             `datasets` users' data
//! ```
//!
//! The lock beside sled's own makes closing deterministic: after the database is dropped, threads of sled's
//! pool may hold its file a little longer, and only who holds `lock` may wait for them without fear that another
//! process has stepped in.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::limits::STORE_FORMAT;
use crate::mark::{MARK_FILE, Mark};
use crate::room::Room;
use crate::{Result, StoreError, StoreOptions};

pub(crate) const LOCK_FILE: &str = "lock";
pub(crate) const SLED_FILE: &str = "db";
const META_TREE: &str = "meta";
const STATE_TREE: &str = "state";
const CHUNKS_TREE: &str = "chunks";
const DATASETS_TREE: &str = "datasets";
const SLED_DEFAULT_TREE: &str = "__sled__default";
const FORMAT_KEY: &[u8] = b"format";
const COMMITS_KEY: &[u8] = b"commits";

/// An open folder. Fields are dropped in this order, and the folder is free when the last is gone.
pub(crate) struct Disk {
    /// Everything that commits change; written by the committer alone.
    pub(crate) state: sled::Tree,
    /// Bytes of snapshots; written by the threads that write parts, removed by the committer.
    pub(crate) chunks: sled::Tree,
    /// Bytes of data sets; written by the threads that add them, removed by the committer.
    pub(crate) datasets: sled::Tree,
    meta: sled::Tree,
    /// Groups of commits so far.
    commits: AtomicU64,
    mark: Mark,
    /// Of the disk that the folder is on.
    pub(crate) room: Room,
    sled: Sled,
    data: File,
    /// Held for writing while a batch with values of many chunks is applied, so that nobody reads half of one.
    chunked: RwLock<()>,
    _lock: File,
}

impl Disk {
    /// Opens the folder at `path`, creating it where it is missing.
    ///
    /// # Errors
    /// `Locked`, `NewerFormat`, `Corrupt` when it holds something else than a store, `Open` for all other.
    pub(crate) fn open(path: &Path, options: StoreOptions) -> Result<Self> {
        let failed = |error: io::Error| StoreError::open(path, error);
        create_folder(path).map_err(failed)?;
        let lock = lock_folder(path)?;
        let sled = Sled::open(path, options.cache_bytes)?;
        check_format(&sled.db)?;
        let tree = |name: &str| sled.db.open_tree(name).map_err(|error| failed(error.into()));
        let (state, chunks, datasets) = (tree(STATE_TREE)?, tree(CHUNKS_TREE)?, tree(DATASETS_TREE)?);
        let meta = tree(META_TREE)?;
        let mark = Mark::new(path);
        let commits = commits_of(&meta, mark.noted().map_err(failed)?)?;
        let data = File::options().write(true).open(&sled.file.path).map_err(failed)?;
        let room = Room::new(path, options.reserve_bytes);
        let disk = Self {
            state,
            chunks,
            datasets,
            meta,
            commits: commits.into(),
            mark,
            room,
            sled,
            data,
            chunked: RwLock::new(()),
            _lock: lock,
        };
        disk.sync()?;
        sync_folder(path).map_err(failed)?;
        Ok(disk)
    }

    /// Makes everything written so far durable. sled's own flush stops short of that, see `dependencies.md`.
    pub(crate) fn sync(&self) -> Result<()> {
        self.sled.db.flush().map_err(|error| StoreError::io("flushing the database", error))?;
        self.data.sync_data().map_err(|error| StoreError::io("syncing the database file to the disk", error))
    }

    /// Makes a group of commits durable, which was applied, and counts it.
    pub(crate) fn commit(&self) -> Result<()> {
        let commits = self.commits.fetch_add(1, Ordering::Relaxed) + 1;
        let counted = self.meta.insert(COMMITS_KEY, &commits.to_be_bytes());
        counted.map_err(|error| StoreError::io("counting commits", error))?;
        self.sync()?;
        self.mark.note(commits);
        Ok(())
    }

    /// To be held while reading a value of many chunks.
    pub(crate) fn reading_chunked(&self) -> RwLockReadGuard<'_, ()> {
        self.chunked.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be held while changing a value of many chunks.
    pub(crate) fn changing_chunked(&self) -> RwLockWriteGuard<'_, ()> {
        self.chunked.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// sled's database and, dropped after it, the wait for its file. A value of its own, so that the order also holds
/// where opening fails half-way.
struct Sled {
    db: sled::Db,
    file: SledFile,
}

impl Sled {
    fn open(path: &Path, cache_bytes: u64) -> Result<Self> {
        let config = sled::Config::new().path(path).cache_capacity(cache_bytes).flush_every_ms(None);
        let db = config.open().map_err(|error| sled_open_error(path, error))?;
        Ok(Self { db, file: SledFile { path: path.join(SLED_FILE) } })
    }
}

/// Waits on drop until sled has let go of its file. Made only once sled holds it, and dropped while `lock` is
/// still held, so that whoever has the file locked is a remainder of this very database.
struct SledFile {
    path: PathBuf,
}

impl Drop for SledFile {
    fn drop(&mut self) {
        let waited = File::open(&self.path).and_then(|file| file.lock());
        if let Err(error) = waited {
            tracing::warn!(path = %self.path.display(), %error, "cannot wait for sled to release its file");
        }
    }
}

fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path)?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
        _ => sync_folder(Path::new(".")),
    }
}

/// Makes the names of the files in a folder durable, where the system has a way to.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

fn lock_folder(path: &Path) -> Result<File> {
    let failed = |error: io::Error| StoreError::open(path, error);
    let file = File::options().create(true).truncate(false).write(true).open(path.join(LOCK_FILE)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// sled reports its own lock, which some other program may hold, as an I/O error with a fixed text.
fn sled_open_error(path: &Path, error: sled::Error) -> StoreError {
    match &error {
        sled::Error::Io(io) if io.to_string().contains("could not acquire lock") => {
            StoreError::Locked { path: path.to_owned() }
        }
        _ => StoreError::open(path, error),
    }
}

/// Refuses what this version cannot read, and marks a new store, or one of an earlier format before anything of this one is written
/// into it: from then on civitas of that time refuses it instead of meeting records that it does not know. Touches nothing else.
fn check_format(db: &sled::Db) -> Result<()> {
    let failed = |error: sled::Error| StoreError::io("reading the store's format", error);
    let names = db.tree_names();
    let has = |name: &str| names.iter().any(|n| n.as_ref() == name.as_bytes());
    let others = names.iter().any(|n| n.as_ref() != SLED_DEFAULT_TREE.as_bytes() && n.as_ref() != META_TREE.as_bytes());
    let found = match has(META_TREE) {
        true => db.open_tree(META_TREE).and_then(|meta| meta.get(FORMAT_KEY)).map_err(failed)?,
        false => None,
    };
    let Some(found) = found else {
        if others {
            return Err(StoreError::corrupt("the store", "its folder holds another program's data"));
        }
        return mark(db).map_err(failed);
    };
    let found = <[u8; 4]>::try_from(found.as_ref())
        .map(u32::from_be_bytes)
        .map_err(|_| StoreError::corrupt("the store", "its format is not a number"))?;
    match found {
        STORE_FORMAT => Ok(()),
        newer if newer > STORE_FORMAT => {
            Err(StoreError::NewerFormat { what: "the store".to_owned(), found: newer, known: STORE_FORMAT })
        }
        0 => Err(StoreError::corrupt("the store", "there never was a format 0")),
        _ => mark(db).map_err(failed),
    }
}

/// The groups of commits that the database has; refuses one that has fewer than were noted beside it.
fn commits_of(meta: &sled::Tree, noted: u64) -> Result<u64> {
    let found = meta.get(COMMITS_KEY).map_err(|error| StoreError::io("counting commits", error))?;
    let number = |bytes: sled::IVec| <[u8; 8]>::try_from(bytes.as_ref()).ok().map(u64::from_be_bytes);
    let commits = found.and_then(number).unwrap_or(0);
    if commits >= noted {
        return Ok(commits);
    }
    let lost = noted - commits;
    Err(StoreError::corrupt(
        "the store",
        format!(
            "what the last {lost} of {noted} groups of commits wrote is not in it any more: its files are damaged, or older than \
             the file `{MARK_FILE}` beside them; restore a backup, or remove that file to go on with what is left"
        ),
    ))
}

/// Notes that records of this version's format may stand in the store. It is on the disk no later than the first of them.
fn mark(db: &sled::Db) -> sled::Result<()> {
    db.open_tree(META_TREE)?.insert(FORMAT_KEY, &STORE_FORMAT.to_be_bytes()).map(drop)
}
