//! A digest of all agents' state that does not depend on how they were split: each block is hashed by itself,
//! the hashes are added, and the sum is hashed with what it is a digest of. What an audit writes down of blocks and agents
//! is made of the same bytes.

use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128, xxh3_128_with_seed};

/// A partition's part of a digest; parts are added in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DigestSum(pub u128);

impl DigestSum {
    /// Adds a block: its agents' saved state, then what they publish, packed one after the other. Gives the block's hash:
    /// the lower half of what was added, so that the hashes of all blocks add up to the lower half of the sum.
    pub fn add_block(&mut self, block: u32, bytes: &[u8]) -> u64 {
        let hash = xxh3_128_with_seed(bytes, u64::from(block));
        self.0 = self.0.wrapping_add(hash);
        hash as u64
    }

    /// The hash that [`DigestSum::add_block`] would give, without adding anything.
    pub(crate) fn block_hash(block: u32, bytes: &[u8]) -> u64 {
        Self::default().add_block(block, bytes)
    }

    /// Adds another part.
    pub fn add(&mut self, other: DigestSum) {
        self.0 = self.0.wrapping_add(other.0);
    }
}

/// The hash of one agent.
pub(crate) fn agent_hash(id: u32, bytes: &[u8]) -> u32 {
    xxh3_64_with_seed(bytes, u64::from(id)) as u32
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
