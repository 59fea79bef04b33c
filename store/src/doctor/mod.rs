//! The doctor: looks at every byte of a store and says what does not hold. It never changes anything: it holds the store's
//! lock while it copies the files, and opens the copy.
//!
//! A *fault* is something that a store never has, whatever crash it went through; a *note* is something that the next start
//! puts in order by itself. `records` looks at runs, their indices and what hangs on them, `manifests` at what runs
//! noted of themselves, `nodes` at the questions that they answer, `events` at event scripts and bundles, `bytes` at what is stored beside: snapshots and data sets.

mod bytes;
mod events;
mod manifests;
mod nodes;
mod records;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use crate::committer::unpanicked;
use crate::disk::{Disk, LOCK_FILE, SLED_FILE};
use crate::limits::MAX_FINDINGS;
use crate::{Result, StoreError, StoreOptions};

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about, with its id.
    pub what: String,
    /// What is wrong, or what is to know.
    pub why: String,
}

/// What a store holds and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many there are of each kind of thing, by its plural; `bytes on the disk` among them.
    pub counts: BTreeMap<String, u64>,
    /// What no crash leaves behind; at most [`MAX_FINDINGS`] are listed.
    pub faults: Vec<Finding>,
    /// How many faults there are, listed or not.
    pub fault_count: u64,
    /// What the next start puts in order; at most [`MAX_FINDINGS`] are listed.
    pub notes: Vec<Finding>,
}

impl Report {
    /// True when nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.fault_count == 0
    }

    fn fault(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.fault_count += 1;
        if self.faults.len() < MAX_FINDINGS {
            self.faults.push(Finding { what: what.into(), why: why.into() });
        }
    }

    fn note(&mut self, what: impl Into<String>, why: impl Into<String>) {
        if self.notes.len() < MAX_FINDINGS {
            self.notes.push(Finding { what: what.into(), why: why.into() });
        }
    }

    fn count(&mut self, plural: &str, more: u64) {
        *self.counts.entry(plural.to_owned()).or_default() += more;
    }

    /// What `read` gives; a failure becomes a fault of `what`, unless it is one of the disk.
    fn checked<T>(&mut self, what: &str, read: Result<T>) -> Result<Option<T>> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_fatal() => Err(error),
            Err(error) => {
                self.fault(what, error.to_string());
                Ok(None)
            }
        }
    }
}

/// Examines the store in `folder`. `scratch` is an existing empty folder with room for a copy of it, which is left there.
///
/// # Errors
/// `Locked` when the store is open elsewhere, `Open` when there is none or its files cannot be copied, `Io` when the copy
/// cannot be read. Whatever is wrong with the bytes is in the report.
pub fn examine(folder: &Path, scratch: &Path) -> Result<Report> {
    let mut report = Report::default();
    report.count("bytes on the disk", copy_locked(folder, scratch)?);
    // sled panics on some files that are not what it wrote.
    let looked = unpanicked(|| {
        let disk = Disk::open(scratch, StoreOptions::default())?;
        let runs = records::look(&disk, &mut report)?;
        nodes::look(&disk, &runs, &mut report)?;
        events::look(&disk, &mut report)?;
        manifests::look(&disk, &runs, &mut report)?;
        bytes::look(&disk, &runs, &mut report)
    });
    match looked {
        Err(error @ (StoreError::Io { .. } | StoreError::Locked { .. })) => return Err(error),
        Err(error) => report.fault("the database", error.to_string()),
        Ok(()) => {}
    }
    Ok(report)
}

/// Copies the files of a store while nobody else can have it open; gives their size in bytes.
fn copy_locked(folder: &Path, scratch: &Path) -> Result<u64> {
    let failed = |error: io::Error| StoreError::open(folder, error);
    if !folder.join(SLED_FILE).is_file() {
        return Err(failed(io::Error::new(io::ErrorKind::NotFound, "there is no store in this folder")));
    }
    // A folder without the lock file is one that was copied without it: nobody can have it open.
    let lock = match File::open(folder.join(LOCK_FILE)) {
        Ok(lock) => Some(lock),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    match lock.as_ref().map(File::try_lock_shared) {
        None | Some(Ok(())) => {}
        Some(Err(TryLockError::WouldBlock)) => return Err(StoreError::Locked { path: folder.to_owned() }),
        Some(Err(TryLockError::Error(error))) => return Err(failed(error)),
    }
    copy_files(folder, scratch).map_err(failed)
}

fn copy_files(from: &Path, to: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            fs::create_dir(&target)?;
            bytes += copy_files(&entry.path(), &target)?;
        } else if kind.is_file() && entry.file_name() != LOCK_FILE {
            bytes += fs::copy(entry.path(), &target)?;
        }
    }
    Ok(bytes)
}
