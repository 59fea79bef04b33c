//! A digest of all agents' state that does not depend on how they were split: each block is hashed by itself,
//! the hashes are added, and the sum is hashed with what it is a digest of.

use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

/// A partition's part of a digest; parts are added in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DigestSum(pub u128);

impl DigestSum {
    /// Adds a block: its agents' saved state, then what they publish, packed one after the other.
    pub fn add_block(&mut self, block: u32, bytes: &[u8]) {
        self.0 = self.0.wrapping_add(xxh3_128_with_seed(bytes, u64::from(block)));
    }

    /// Adds another part.
    pub fn add(&mut self, other: DigestSum) {
        self.0 = self.0.wrapping_add(other.0);
    }
}

/// The digest of all agents' state at a tick, from the sum of all partitions' parts.
pub fn state_digest(model: &str, version: &str, agents: u32, tick: u32, sum: DigestSum) -> u128 {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(model.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(version.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&agents.to_le_bytes());
    bytes.extend_from_slice(&tick.to_le_bytes());
    bytes.extend_from_slice(&sum.0.to_le_bytes());
    xxh3_128(&bytes)
}
