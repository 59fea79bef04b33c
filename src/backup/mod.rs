//! Backups as files: one file in a folder of its own, written whole or not at all, and restored from there. What is in the
//! file is the store's matter (`civitas_store::backup`). `control` is how the program asks a running server for one.

#[cfg(unix)]
pub mod control;

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use civitas_store::backup::Copied;
use civitas_store::{SledStore, backup};

use crate::error::{Error, Result};

/// The file of a backup within its folder.
pub const FILE: &str = "civitas.backup";
/// Its name while it is not whole.
const HALF: &str = "civitas.backup.part";

/// Writes a backup of an open store into `folder`, which is made where it is missing and must be empty.
///
/// # Errors
/// When the folder is not empty or cannot be written, or the store cannot be read.
pub fn write(store: &SledStore, folder: &Path) -> Result<Copied> {
    let failed = |source: io::Error| Error::io(format!("cannot write a backup into {}", folder.display()), source);
    fs::create_dir_all(folder).map_err(failed)?;
    if fs::read_dir(folder).map_err(failed)?.next().is_some() {
        let why = "the folder is not empty, and each backup has one of its own";
        return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, why)));
    }
    let half = folder.join(HALF);
    let written = write_file(store, &half);
    if written.is_err() {
        // What failed is worth more than what is left of it.
        drop(fs::remove_file(&half));
    }
    let copied = written?;
    fs::rename(&half, folder.join(FILE)).and_then(|()| File::open(folder)?.sync_all()).map_err(failed)?;
    Ok(copied)
}

fn write_file(store: &SledStore, path: &Path) -> Result<Copied> {
    let failed = |source: io::Error| Error::io(format!("cannot write {}", path.display()), source);
    let mut out = BufWriter::new(File::create_new(path).map_err(failed)?);
    let copied = store.back_up(&mut out)?;
    out.flush().and_then(|()| out.get_ref().sync_all()).map_err(failed)?;
    Ok(copied)
}

/// Makes the store that the backup in `folder` holds in `data_dir`, which must not exist or be empty; gives the number of
/// entries.
///
/// # Errors
/// When there is no whole backup, or the data folder is not empty or cannot be written.
pub fn restore(folder: &Path, data_dir: &Path) -> Result<u64> {
    let path = folder.join(FILE);
    File::open(&path).map_err(|source| Error::io(format!("cannot read {}", path.display()), source))?;
    Ok(backup::restore(|| File::open(&path).map(BufReader::new), data_dir)?)
}

/// An error with everything that led to it, in one line.
#[cfg(unix)]
fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text.push_str(&format!(": {next}"));
        cause = next.source();
    }
    text
}
