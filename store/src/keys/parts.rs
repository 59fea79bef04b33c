//! Keys of the tree `chunks`: where the bytes of snapshots stand.

use uuid::Uuid;

use super::chunk;
use crate::RunId;

/// Length of a key in the tree `chunks`.
const CHUNK_KEY_BYTES: usize = 16 + 4 + 4 + 4;

/// Where the chunks of one snapshot part stand in the tree `chunks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PartKey {
    pub(crate) run: RunId,
    pub(crate) tick: u32,
    pub(crate) part: u32,
}

impl PartKey {
    /// The prefix of its chunks.
    pub(crate) fn prefix(self) -> Vec<u8> {
        let mut key = snapshot(self.run, self.tick);
        key.extend_from_slice(&self.part.to_be_bytes());
        key
    }

    /// The part to which the chunk with this key belongs.
    pub(crate) fn of_chunk(key: &[u8]) -> Option<Self> {
        if key.len() != CHUNK_KEY_BYTES {
            return None;
        }
        let number = |at: usize| Some(u32::from_be_bytes(key.get(at..at + 4)?.try_into().ok()?));
        Some(Self { run: Uuid::from_slice(&key[..16]).ok()?, tick: number(16)?, part: number(20)? })
    }

    /// A key after this part's chunks and not after any other's.
    pub(crate) fn after(self) -> Vec<u8> {
        let mut key = chunk(&self.prefix(), u32::MAX);
        key.push(0);
        key
    }
}

/// The prefix of all chunks of a snapshot.
pub(crate) fn snapshot(run: RunId, tick: u32) -> Vec<u8> {
    let mut key = run.as_bytes().to_vec();
    key.extend_from_slice(&tick.to_be_bytes());
    key
}
