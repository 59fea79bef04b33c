//! What a run notes of itself, for anyone to check it by doing it again: a digest of what all agents came to in every tick,
//! and digests of all their state where these were taken anyway. It owns what is hashed; who keeps the list and what is
//! compared with it is the business of others. It must not cost more than a look at the sums of a tick.
//!
//! A tick's digest is of what the next tick finds, when the run's experiment has done its part. It sees the sums of all
//! agents, so it does not depend on partitions; it cannot see a change of agents that leaves every sum as it is. The digests
//! of all state do, and so does the next tick in which the change tells.

use xxhash_rust::xxh3::xxh3_64;

use crate::audit;
use crate::coordinator::Coordinator;
use crate::error::{EngineError, Result};
use crate::state::Reader;

/// The most digests of all state that a run notes: one per snapshot. The earliest go first.
pub const MAX_STATE_DIGESTS: usize = 1_000;

/// How far a run has come, to the step of its experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The last completed tick.
    pub tick: u32,
    /// Steps of the workflow that are done; 0 in runs that have none.
    pub steps: u32,
    /// Ticks whose metrics have been extracted: all below this one; 0 in runs that extract none.
    pub extracted_below: u32,
}

/// A digest of all agents' state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateDigest {
    /// When it was taken.
    pub at: Position,
    /// The digest, as snapshots and outcomes have it.
    pub digest: u128,
}

/// What a run has noted of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digests {
    /// The tick of the first of `ticks`; above 0 only where the run was resumed from a snapshot that had none.
    pub first_tick: u32,
    /// One per tick.
    pub ticks: Vec<u64>,
    /// Of all state, rising.
    pub states: Vec<StateDigest>,
}

/// The digest of the last completed tick of a run, as it is now: XXH3-64 of the tick's number, of the hash of sums, means
/// and events that audits have, and of every region's environment in the next tick.
pub(crate) fn of_tick(run: &Coordinator) -> u64 {
    let mut bytes = run.series().tick().to_le_bytes().to_vec();
    bytes.extend_from_slice(&audit::metrics(run).to_le_bytes());
    for region in 0..run.world().layout.regions() {
        bytes.extend(run.conditions().told_of_region(region).iter().flat_map(|value| value.to_le_bytes()));
    }
    xxh3_64(&bytes)
}

impl Digests {
    /// The tick that a digest is noted for next.
    pub(crate) fn next_tick(&self) -> u32 {
        self.first_tick + self.ticks.len() as u32
    }

    /// Nothing yet, from this tick on.
    pub(crate) fn from(first_tick: u32) -> Self {
        Self { first_tick, ..Self::default() }
    }

    /// Notes a digest of all state; the same moment twice is noted once.
    pub(crate) fn note_state(&mut self, at: Position, digest: u128) {
        self.states.retain(|noted| noted.at != at);
        self.states.push(StateDigest { at, digest });
        let surplus = self.states.len().saturating_sub(MAX_STATE_DIGESTS);
        self.states.drain(..surplus);
    }

    /// As bytes, for a snapshot. All numbers little-endian.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.first_tick.to_le_bytes().to_vec();
        bytes.extend_from_slice(&(self.ticks.len() as u32).to_le_bytes());
        bytes.extend(self.ticks.iter().flat_map(|digest| digest.to_le_bytes()));
        bytes.extend_from_slice(&(self.states.len() as u32).to_le_bytes());
        for StateDigest { at, digest } in &self.states {
            for number in [at.tick, at.steps, at.extracted_below] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            bytes.extend_from_slice(&digest.to_le_bytes());
        }
        bytes
    }

    /// Reads what [`Digests::to_bytes`] wrote of a run that is at `tick`; where nothing is left to read, the snapshot is of
    /// a time before runs noted anything, and the list begins here.
    ///
    /// # Errors
    /// [`EngineError::State`] for bytes of another shape.
    pub(crate) fn read(mut reader: Reader<'_>, tick: u32) -> Result<Self> {
        if reader.is_empty() {
            return Ok(Self::from(tick));
        }
        let first_tick = reader.u32()?;
        let ticks = (0..reader.len(8)?).map(|_| reader.u64()).collect::<Result<_>>()?;
        let states = (0..reader.len(28)?).map(|_| {
            let at = Position { tick: reader.u32()?, steps: reader.u32()?, extracted_below: reader.u32()? };
            Ok(StateDigest { at, digest: u128::from_le_bytes(reader.take()?) })
        });
        let read = Self { first_tick, ticks, states: states.collect::<Result<_>>()? };
        if !reader.is_empty() || read.first_tick > tick || read.next_tick() != tick {
            return Err(EngineError::State("its digests do not end where its sums do".to_owned()));
        }
        Ok(read)
    }
}
