//! Backups: everything that a store holds at one moment between two commits, as one stream of checksummed blocks, and the way
//! back into a folder.
//!
//! ```text
//! "civitas backup 1\n" | store format: u32 | blocks | end
//! block: raw length: u32 | stored length: u32 | crc: u32 | lz4 block of entries
//! entry: tree: u8 | key length: u32 | value length: u32 | key | value
//! end:   0: u32 | 0: u32 | crc: u32 | number of entries: u64
//! ```
//!
//! Numbers are little-endian. Every CRC-32 covers the one before it and what follows it, so that no block can be lost,
//! changed or moved. Snapshots and data sets stand before the records that name them. It must not write to the store that
//! it copies.

mod read;
mod write;

use std::fs;
use std::io::{self, Read};
use std::path::Path;

pub use write::Copied;
pub(crate) use write::{Records, write};

use crate::disk::{Disk, sync_folder};
use crate::{Result, StoreError, StoreOptions};

/// What a backup begins with, up to its version.
const MAGIC: &[u8] = b"civitas backup ";
/// The version that is written, and the newest that is read: one digit.
const VERSION: u8 = 1;
/// How much is put into one block, in bytes before compression.
const BLOCK_BYTES: usize = 256 * 1024;
/// What a block may say that it holds, in bytes: an entry is far smaller than a block.
const MAX_BLOCK_BYTES: usize = 2 * BLOCK_BYTES;
/// The trees by their number in an entry.
const STATE: u8 = 0;
const CHUNKS: u8 = 1;
const DATASETS: u8 = 2;

/// Makes the store that a backup holds in `folder`, which must not exist or be empty. The folder appears whole or not at all.
/// `open` gives the backup from its beginning; it is read twice, so that nothing is made of a damaged one. Gives the number
/// of entries.
///
/// # Errors
/// `Corrupt` or `NewerFormat` for what the backup is, `Open` where the folder is not empty or cannot be made, `Io` when
/// reading or writing fails.
pub fn restore<R: Read>(open: impl Fn() -> io::Result<R>, folder: &Path) -> Result<u64> {
    let opened = || open().map_err(|error| StoreError::io("opening the backup", error));
    let failed = |error: io::Error| StoreError::open(folder, error);
    if folder.exists() && fs::read_dir(folder).map_err(failed)?.next().is_some() {
        let why = "the folder is not empty, and a backup is restored into an empty one";
        return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, why)));
    }
    read::entries(&mut opened()?, |_, _, _| Ok(()))?;
    let mut name = folder.file_name().unwrap_or("store".as_ref()).to_owned();
    name.push(".restoring");
    let half = folder.with_file_name(name);
    if half.exists() {
        let why = "it was left by a restore that was interrupted: remove it";
        return Err(StoreError::open(half, io::Error::new(io::ErrorKind::AlreadyExists, why)));
    }
    let made = fill(&mut opened()?, &half);
    if made.is_err() {
        // What failed is worth more than what is left of it.
        drop(fs::remove_dir_all(&half));
    }
    let entries = made?;
    if folder.exists() {
        fs::remove_dir(folder).map_err(failed)?;
    }
    fs::rename(&half, folder).map_err(failed)?;
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    sync_folder(parent.unwrap_or(Path::new("."))).map_err(failed)?;
    Ok(entries)
}

fn fill(from: &mut dyn Read, folder: &Path) -> Result<u64> {
    let disk = Disk::open(folder, StoreOptions::default())?;
    let entries = read::entries(from, |tree, key, value| {
        let tree = match tree {
            STATE => &disk.state,
            CHUNKS => &disk.chunks,
            DATASETS => &disk.datasets,
            other => return Err(StoreError::corrupt("the backup", format!("there is no tree {other}"))),
        };
        tree.insert(key, value).map(drop).map_err(|error| StoreError::io("restoring", error))
    })?;
    disk.sync()?;
    Ok(entries)
}
