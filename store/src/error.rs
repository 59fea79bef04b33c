//! The one error type of this room.
//!
//! It is `Clone`, because one failed flush is the answer to many waiting commits, and names no type of sled or
//! bincode, because those are this room's private matter. Codes and HTTP statuses are added above.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a store operation failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process, or another store in this one, has the folder open.
    #[error(
        "the store at {path} is in use by another process: stop that process, \
         or give this one a data folder of its own"
    )]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be created or opened as a store.
    #[error("cannot open the store at {path}: {source}")]
    Open {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// Reading or writing failed.
    #[error("the store failed while {doing}: {source}")]
    Io {
        /// What was being done, to follow "while".
        doing: &'static str,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// Stored bytes are not what was written.
    #[error("{what} is corrupt: {why}")]
    Corrupt {
        /// What was being read, with its id.
        what: String,
        /// How it shows.
        why: String,
    },
    /// A record is above its bound; nothing was stored.
    #[error("{what} has {bytes} bytes, and at most {max} can be stored")]
    TooLarge {
        /// What was to be stored.
        what: String,
        /// Its size in bytes.
        bytes: u64,
        /// The bound in bytes, one of [`crate::limits`].
        max: u64,
    },
    /// The bytes were written by a newer civitas; they were left as they are.
    #[error("{what} has format {found}, and this civitas knows formats up to {known}: use a newer one")]
    NewerFormat {
        /// What was being read.
        what: String,
        /// The format found.
        found: u32,
        /// The newest format that is known here.
        known: u32,
    },
    /// The disk has too little left, and some of that is kept back for what is under way. Nothing was stored, and it is taken again as soon
    /// as there is room.
    #[error(
        "the server's disk has {} MiB left, and {} MiB are kept for what is under way (store.reserve_mib): make room there",
        free >> 20, reserve >> 20
    )]
    NoRoom {
        /// Bytes that are left.
        free: u64,
        /// Bytes that are to be left.
        reserve: u64,
    },
    /// An earlier commit could not be made durable, so that no later one can be trusted: only opening the
    /// folder anew tells what is on the disk.
    #[error("the store accepts no commits since one could not be made durable ({why}): restart civitas")]
    Stopped {
        /// The message of the first failure.
        why: String,
    },
    /// There is no such version of a data set.
    #[error("there is no version {version} of the data set {name}")]
    NoDataset {
        /// Its name.
        name: String,
        /// The version.
        version: u32,
    },
    /// A run names the version of a data set that was to be dropped.
    #[error("version {version} of the data set {name} is named by a run, which could not be run again without it")]
    DatasetInUse {
        /// Its name.
        name: String,
        /// The version.
        version: u32,
    },
    /// A node cannot be written, or a run not into it: nodes never change, and stand in one tenant's project below a parent that
    /// is there.
    #[error("node {id} {why}")]
    Node {
        /// The node.
        id: uuid::Uuid,
        /// What is wrong, as the rest of a sentence about it.
        why: &'static str,
    },
    /// There is no such event script, or bundle, in this tenant's project.
    #[error("there is no {} {id}", kind.as_str())]
    NoEvent {
        /// Which of the two.
        kind: crate::EventKind,
        /// Its id.
        id: uuid::Uuid,
    },
    /// The event script or bundle was changed since it was read.
    #[error("version must be {version}: the {} {id} was changed by somebody else; read it again", kind.as_str())]
    EventVersion {
        /// Which of the two.
        kind: crate::EventKind,
        /// Its id.
        id: uuid::Uuid,
        /// The version that is there.
        version: u32,
    },
    /// A bundle names the event script that was to be dropped.
    #[error("the event script {id} stands in {}: take it out of there first", listed(by))]
    EventInUse {
        /// The script.
        id: uuid::Uuid,
        /// The bundles, with their names.
        by: Vec<(uuid::Uuid, String)>,
    },
    /// The project has as many of them as there may be.
    #[error("a project has at most {max} {kind}s: remove one first")]
    TooManyEvents {
        /// Of what.
        kind: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// A node has as many runs as it may have.
    #[error("node {id} has as many runs as a node may have, {max}", max = crate::limits::MAX_RUNS_PER_NODE)]
    NodeFull {
        /// The node.
        id: uuid::Uuid,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

/// Bundles that a sentence names; more are counted.
const MAX_NAMED: usize = 5;

/// The bundles, in words.
fn listed(bundles: &[(uuid::Uuid, String)]) -> String {
    let named: Vec<_> = bundles.iter().take(MAX_NAMED).map(|(id, name)| format!("{name:?} ({id})")).collect();
    let more = bundles.len().saturating_sub(MAX_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("the bundle{} {}{more}", if bundles.len() == 1 { "" } else { "s" }, named.join(", "))
}

impl StoreError {
    /// A failed read or write; `doing` follows "while".
    pub(crate) fn io(doing: &'static str, source: impl Into<io::Error>) -> Self {
        Self::Io { doing, source: Arc::new(source.into()) }
    }

    /// A failure to open the folder at `path`.
    pub(crate) fn open(path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Self {
        Self::Open { path: path.into(), source: Arc::new(source.into()) }
    }

    /// Stored bytes that are not what was written.
    pub(crate) fn corrupt(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into(), why: why.into() }
    }

    /// `Ok` when `bytes` is within `max`.
    pub(crate) fn check_size(what: &str, bytes: usize, max: usize) -> Result<(), Self> {
        if bytes <= max {
            return Ok(());
        }
        Err(Self::TooLarge { what: what.to_owned(), bytes: bytes as u64, max: max as u64 })
    }

    /// True when the same may succeed a moment later: the disk failed, and nothing is known to be wrong with what is stored.
    pub fn is_transient(&self) -> bool {
        // sled says so of bytes that are not what it wrote: they will not be another time either.
        matches!(self, Self::Io { source, .. } if source.kind() != io::ErrorKind::InvalidData)
    }

    /// True when the disk, rather than the request, is at fault: what was applied is then unknown.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}
