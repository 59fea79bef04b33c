//! The ways of an ensemble's copies: what partitions count of them in a tick, and what the coordinator keeps of it. Counts are
//! whole numbers and merge by addition; what they say is [`super::passage`]'s.

use std::sync::Arc;

use super::troupe::Troupe;
use crate::error::{EngineError, Result};
use crate::state::Reader;
use crate::tally::Tally;

/// What is counted of copies at the end of a tick.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Crossings {
    /// How many are at the goal for the first time.
    pub(crate) arrived: u64,
    /// At the ticks of the trends: how many are where, trait by trait.
    pub(crate) counts: Vec<u64>,
    /// The sums of all traits, with 20 fraction bits.
    pub(crate) sums: Vec<i128>,
}

/// One in sums.
pub(crate) const ONE: f64 = (1 << crate::fixed::FRACTION_BITS) as f64;

impl Crossings {
    /// Adds what another partition counted in the same tick.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.arrived += other.arrived;
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        self.sums.resize(self.sums.len().max(other.sums.len()), 0);
        self.counts.iter_mut().zip(&other.counts).for_each(|(sum, part)| *sum += part);
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, part)| *sum += part);
    }
}

/// What was counted in all ticks.
#[derive(Clone, Debug)]
pub(crate) struct Journeys {
    pub(crate) troupe: Arc<Troupe>,
    /// How many arrived in each tick, from 0 on.
    pub(crate) arrived: Vec<u64>,
    /// The counts at the ticks of the trends.
    pub(crate) points: Vec<(u32, Crossings)>,
}

impl Journeys {
    /// Those of a run at tick 0, which began with these sums.
    pub(crate) fn new(troupe: Arc<Troupe>, start: &Tally) -> Self {
        let mut new = Self { troupe, arrived: Vec::new(), points: Vec::new() };
        new.push(start);
        new
    }

    /// The last completed tick.
    pub(crate) fn tick(&self) -> u32 {
        self.arrived.len() as u32 - 1
    }

    /// Takes in the next tick.
    pub(crate) fn push(&mut self, tally: &Tally) {
        self.arrived.push(tally.crossings.arrived);
        let tick = self.tick();
        if self.troupe.trend_ticks.contains(&tick) {
            self.points.push((tick, tally.crossings.clone()));
        }
    }

    /// As bytes, for a snapshot. All numbers little-endian.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = (self.arrived.len() as u32).to_le_bytes().to_vec();
        bytes.extend(self.arrived.iter().flat_map(|count| count.to_le_bytes()));
        bytes.extend_from_slice(&(self.points.len() as u32).to_le_bytes());
        for (tick, point) in &self.points {
            bytes.extend_from_slice(&tick.to_le_bytes());
            bytes.extend(point.counts.iter().flat_map(|count| count.to_le_bytes()));
            bytes.extend(point.sums.iter().flat_map(|sum| sum.to_le_bytes()));
        }
        bytes
    }

    /// Reads what [`Journeys::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`EngineError::State`] for bytes of another shape.
    pub(crate) fn from_bytes(troupe: Arc<Troupe>, bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let arrived: Vec<u64> = (0..reader.len(8)?).map(|_| reader.u64()).collect::<Result<_>>()?;
        let point = |reader: &mut Reader<'_>| -> Result<(u32, Crossings)> {
            let tick = reader.u32()?;
            let counts = (0..troupe.counts()).map(|_| reader.u64()).collect::<Result<_>>()?;
            let sums = troupe.columns.iter().map(|_| reader.i128()).collect::<Result<_>>()?;
            Ok((tick, Crossings { arrived: arrived.get(tick as usize).copied().unwrap_or(0), counts, sums }))
        };
        let points = (0..reader.len(4)?).map(|_| point(&mut reader)).collect::<Result<Vec<_>>>()?;
        if arrived.is_empty() || !reader.is_empty() {
            return Err(EngineError::State("ways of copies of another shape".to_owned()));
        }
        Ok(Self { troupe, arrived, points })
    }
}
