//! State as it is kept and sent: a partition's saved agents, and the bytes they travel in.

use std::ops::Range;

use crate::error::{EngineError, Result};
use crate::spec::MAX_AGENTS;

/// What a snapshot keeps of one partition: the saved part of its agents, block by block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionState {
    /// The blocks whose agents these are.
    pub blocks: Range<u32>,
    /// The agents, packed, in order.
    pub saved: Vec<u8>,
    /// The letters that they wrote in the last tick, packed, in order; empty in models without mail.
    pub mail: Vec<u8>,
}

/// Set in the end block of states that hold letters; there are never as many blocks.
const WITH_MAIL: u32 = 1 << 31;

const _: () = assert!(MAX_AGENTS < WITH_MAIL);

impl PartitionState {
    /// The state as bytes: first block, end block (little-endian), agents. Where there are letters the end block says so,
    /// and their length and they themselves stand before the agents.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(12 + self.mail.len() + self.saved.len());
        let marked = if self.mail.is_empty() { self.blocks.end } else { self.blocks.end | WITH_MAIL };
        bytes.extend_from_slice(&self.blocks.start.to_le_bytes());
        bytes.extend_from_slice(&marked.to_le_bytes());
        if !self.mail.is_empty() {
            bytes.extend_from_slice(&(self.mail.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&self.mail);
        }
        bytes.extend_from_slice(&self.saved);
        bytes
    }

    /// Reads what [`PartitionState::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`EngineError::State`] for bytes that are too short.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let (start, end) = (reader.u32()?, reader.u32()?);
        let mail = if end & WITH_MAIL != 0 { reader.sized()?.to_vec() } else { Vec::new() };
        Ok(Self { blocks: start..end & !WITH_MAIL, saved: reader.rest().to_vec(), mail })
    }
}

/// Reads little-endian numbers from bytes that may be too short.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let Some((head, tail)) = self.bytes.split_first_chunk::<N>() else {
            return Err(EngineError::State("the bytes end too early".to_owned()));
        };
        self.bytes = tail;
        Ok(*head)
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_le_bytes(self.take()?))
    }

    pub(crate) fn i128(&mut self) -> Result<i128> {
        Ok(i128::from_le_bytes(self.take()?))
    }

    /// A length that the bytes left can hold, at `size` bytes an item.
    pub(crate) fn len(&mut self, size: usize) -> Result<usize> {
        let len = self.u32()? as usize;
        if len.saturating_mul(size) > self.bytes.len() {
            return Err(EngineError::State("a length beyond the end of the bytes".to_owned()));
        }
        Ok(len)
    }

    /// Bytes after their length.
    pub(crate) fn sized(&mut self) -> Result<&'a [u8]> {
        let len = self.len(1)?;
        let (sized, rest) = self.bytes.split_at(len);
        self.bytes = rest;
        Ok(sized)
    }

    /// True when everything is read.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.bytes
    }
}
