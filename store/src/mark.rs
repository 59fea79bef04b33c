//! How many groups of commits are on the disk, noted beside the database. sled takes whatever follows a damaged place in its log for
//! the end that a crash tore off, and goes on without a word from before it: the count in its log is then below the one that was
//! noted here, and that acknowledged facts are gone is seen.
//!
//! The note is written after the group is on the disk and before it is answered, without waiting for the disk: so it is never ahead
//! of what was safe, and a crash can only leave an older one.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The note's name in the folder of a store.
pub(crate) const MARK_FILE: &str = "commits";
/// The count and its checksum, in bytes.
const LEN: usize = 12;

/// The note of a folder.
pub(crate) struct Mark {
    path: PathBuf,
    /// Opened at the first group: who only looks changes nothing.
    file: Mutex<Option<File>>,
}

impl Mark {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { path: folder.join(MARK_FILE), file: Mutex::default() }
    }

    /// What was noted last; 0 where nothing was, or where the note itself is damaged.
    pub(crate) fn noted(&self) -> io::Result<u64> {
        let mut bytes = Vec::new();
        match File::open(&self.path) {
            Ok(file) => file.take(LEN as u64 + 1).read_to_end(&mut bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        Ok(decode(&bytes).unwrap_or_else(|| {
            tracing::warn!(path = %self.path.display(), "the count of commits is damaged, and begins anew");
            0
        }))
    }

    /// Notes that so many groups are on the disk.
    pub(crate) fn note(&self, count: u64) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = self.write(&mut file, count) {
            // It says nothing false: a later one will be noted.
            tracing::debug!(path = %self.path.display(), %error, "the count of commits could not be noted");
        }
    }

    fn write(&self, file: &mut Option<File>, count: u64) -> io::Result<()> {
        if file.is_none() {
            *file = Some(File::options().create(true).truncate(false).write(true).open(&self.path)?);
        }
        let Some(file) = file else { return Ok(()) };
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&encode(count))
    }
}

fn encode(count: u64) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    bytes[..8].copy_from_slice(&count.to_be_bytes());
    bytes[8..].copy_from_slice(&crc32fast::hash(&count.to_be_bytes()).to_be_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<u64> {
    let count = u64::from_be_bytes(bytes.get(..8)?.try_into().ok()?);
    (bytes == encode(count)).then_some(count)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_read_and_a_damaged_note_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mark = Mark::new(folder.path());
        assert_eq!(mark.noted().unwrap(), 0);
        assert!(!folder.path().join(MARK_FILE).exists(), "looking changes nothing");
        for count in [1, 2, u64::MAX] {
            mark.note(count);
            assert_eq!(mark.noted().unwrap(), count);
        }
        for damaged in [&[][..], &encode(7)[..11], &[&encode(7)[..], &[0]].concat(), &[1; LEN]] {
            std::fs::write(folder.path().join(MARK_FILE), damaged).unwrap();
            assert_eq!(mark.noted().unwrap(), 0);
        }
    }
}
