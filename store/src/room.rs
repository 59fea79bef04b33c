//! Room on a disk: how much is left of it, and what may still be written. Some of it is kept back, so that what is under way can come
//! to its end after nothing new is taken any more, and so that the disk itself, whose refusal ends all commits, is never asked for
//! more than it has. It writes nothing, and counts nothing of what others write.

use std::path::{Path, PathBuf};

use crate::{Result, StoreError};

/// What sled writes for a byte that it is given, at most: the record, and in time the page that it stands on.
const WRITTEN_FOR_EACH: u64 = 2;
/// Of what is kept back for what is under way, this part is kept back even from ends and last snapshots, for notes.
const FOR_NOTES: u64 = 4;
/// And this part even from notes: pages are also written when they are read, and when the store is closed.
const FOR_THE_STORE: u64 = 16;

/// A folder, and how much of its disk is to be left.
#[derive(Clone, Debug)]
pub struct Room {
    folder: PathBuf,
    reserve: u64,
}

/// For what something is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// To note, in a few hundred bytes, what has become of something that is there: that a run was interrupted, cancelled or stopped
    /// in good order, that a key is revoked.
    Note,
    /// To bring something to its end, or to a rest, that was taken.
    UnderWay,
    /// To begin something: it can wait.
    New,
}

impl Room {
    /// The disk of this folder, of which `reserve` bytes are kept back; of none where it is 0.
    pub fn new(folder: &Path, reserve: u64) -> Self {
        Self { folder: folder.to_owned(), reserve }
    }

    /// Bytes that are left on the disk for this program; as many as there can be where the system does not say, for then only the
    /// disk itself can.
    pub fn free(&self) -> u64 {
        fs2::available_space(&self.folder).unwrap_or_else(|error| {
            tracing::debug!(folder = %self.folder.display(), %error, "how much room there is cannot be asked");
            u64::MAX
        })
    }

    /// What so many bytes take of the disk, at most.
    pub(crate) fn taken_by(bytes: u64) -> u64 {
        bytes.saturating_mul(WRITTEN_FOR_EACH)
    }

    /// Whether so many bytes may be written.
    ///
    /// # Errors
    /// [`StoreError::NoRoom`].
    pub fn check(&self, bytes: u64, purpose: Purpose) -> Result<()> {
        self.check_with(self.free(), bytes, purpose)
    }

    /// The same where so much is left.
    pub(crate) fn check_with(&self, free: u64, bytes: u64, purpose: Purpose) -> Result<()> {
        let kept = match purpose {
            Purpose::New => self.reserve,
            Purpose::UnderWay => self.reserve / FOR_NOTES,
            Purpose::Note => self.reserve / FOR_THE_STORE,
        };
        if self.reserve == 0 || free >= kept.saturating_add(Self::taken_by(bytes)) {
            return Ok(());
        }
        Err(StoreError::NoRoom { free, reserve: self.reserve })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn what_is_under_way_may_use_what_is_kept_from_new_things() {
        let room = Room::new(Path::new("."), 64 * MIB);
        let fits = |free: u64, bytes: u64, purpose| room.check_with(free, bytes, purpose).is_ok();
        assert!(fits(64 * MIB, 0, Purpose::New));
        assert!(!fits(64 * MIB, 1, Purpose::New), "twice as much is written");
        assert!(fits(64 * MIB + 2, 1, Purpose::New));
        assert!(!fits(64 * MIB - 1, 0, Purpose::New));
        assert!(fits(18 * MIB, MIB, Purpose::UnderWay));
        assert!(!fits(18 * MIB - 1, MIB, Purpose::UnderWay));
        assert!(fits(6 * MIB, MIB, Purpose::Note) && !fits(6 * MIB - 1, MIB, Purpose::Note));
        assert!(!fits(u64::MAX - 1, u64::MAX, Purpose::UnderWay));
    }

    #[test]
    fn none_is_kept_where_none_is_asked_for() {
        let room = Room::new(Path::new("."), 0);
        assert!(room.check_with(0, u64::MAX, Purpose::New).is_ok());
    }

    #[test]
    fn the_system_says_how_much_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let free = Room::new(folder.path(), 0).free();
        assert!(free > 0 && free < u64::MAX, "{free}");
        let error = Room::new(folder.path(), u64::MAX).check(0, Purpose::New).unwrap_err();
        assert!(error.to_string().contains("store.reserve_mib"), "{error}");
        assert!(!error.is_transient() && !error.is_fatal());
        // A folder that is not there has no disk of its own: whoever writes there is told so by the system.
        assert!(Room::new(&folder.path().join("none"), MIB).check(0, Purpose::New).is_ok());
    }
}
