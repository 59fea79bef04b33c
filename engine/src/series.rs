//! A run's history: every metric at every tick overall, and by region and segment at the trend ticks. Sums, not
//! means, so that nothing is lost in between.

use crate::error::{EngineError, Result};
use crate::state::Reader;
use crate::tally::{Moments, Tally};

/// Intervals between trend ticks; with both ends that makes 25 points.
const TREND_INTERVALS: u32 = 24;

/// The ticks at which trends are reported: 25 evenly spaced ones with the first and the last, or all where the
/// horizon is shorter.
pub fn trend_ticks(horizon_ticks: u32) -> Vec<u32> {
    let intervals = TREND_INTERVALS.min(horizon_ticks).max(1);
    let tick = |i: u32| {
        ((u64::from(i) * u64::from(horizon_ticks) * 2 + u64::from(intervals)) / (2 * u64::from(intervals))) as u32
    };
    (0..=intervals).map(tick).collect()
}

/// The shape of a run's sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Number of regions.
    pub regions: usize,
    /// Number of segments.
    pub segments: usize,
    /// Number of metrics.
    pub metrics: usize,
}

/// Sums at a trend tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyframe {
    /// The tick.
    pub tick: u32,
    /// Region by metric.
    pub by_region: Vec<i64>,
    /// Segment by metric.
    pub by_segment: Vec<i64>,
}

/// The history of a run up to its last completed tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    shape: Shape,
    trend_ticks: Vec<u32>,
    /// Tick by metric.
    overall: Vec<i64>,
    keyframes: Vec<Keyframe>,
    last: Tally,
    agent_steps: u64,
}

impl Series {
    /// The history of a run that is at tick 0 with these sums, and whose trends are noted at these ticks.
    pub fn new(shape: Shape, trend_ticks: Vec<u32>, start: Tally) -> Self {
        let mut series = Self {
            shape,
            trend_ticks,
            overall: Vec::new(),
            keyframes: Vec::new(),
            last: start.clone(),
            agent_steps: 0,
        };
        series.push(start);
        series
    }

    /// Adds the sums of the next tick.
    pub fn push(&mut self, tally: Tally) {
        self.agent_steps += tally.acted();
        self.overall.extend((0..self.shape.metrics).map(|metric| tally.total(metric)));
        self.last = tally;
        if self.trend_ticks.contains(&self.tick()) {
            self.keyframes.push(self.keyframe());
        }
    }

    /// Puts other sums in the place of the last tick's, because agents were changed after it.
    pub fn replace_last(&mut self, tally: Tally) {
        let start = self.tick() as usize * self.shape.metrics;
        for (metric, sum) in self.overall[start..].iter_mut().enumerate() {
            *sum = tally.total(metric);
        }
        self.last = tally;
        let keyframe = self.keyframe();
        if let Some(last) = self.keyframes.last_mut().filter(|last| last.tick == keyframe.tick) {
            *last = keyframe;
        }
    }

    /// The last completed tick.
    pub fn tick(&self) -> u32 {
        (self.overall.len() / self.shape.metrics) as u32 - 1
    }

    /// Agent-steps so far.
    pub fn agent_steps(&self) -> u64 {
        self.agent_steps
    }

    /// Sum of a metric over all agents at a tick up to [`Series::tick`].
    pub fn overall(&self, tick: u32, metric: usize) -> i64 {
        self.overall[tick as usize * self.shape.metrics + metric]
    }

    /// The sums of the last completed tick.
    pub fn last(&self) -> &Tally {
        &self.last
    }

    /// Sums at the trend ticks up to now, and at the last completed tick in any case.
    pub fn keyframes(&self) -> Vec<Keyframe> {
        let mut keyframes = self.keyframes.clone();
        if keyframes.last().is_none_or(|keyframe| keyframe.tick != self.tick()) {
            keyframes.push(self.keyframe());
        }
        keyframes
    }

    fn keyframe(&self) -> Keyframe {
        let Shape { regions, segments, metrics } = self.shape;
        let cells = |rows: usize, sum: &dyn Fn(usize, usize) -> i64| {
            (0..rows * metrics).map(|cell| sum(cell / metrics, cell % metrics)).collect()
        };
        Keyframe {
            tick: self.tick(),
            by_region: cells(regions, &|region, metric| self.last.by_region(region, metric)),
            by_segment: cells(segments, &|segment, metric| self.last.by_segment(segment, metric)),
        }
    }

    /// The history as bytes, for a snapshot. All numbers little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&self.agent_steps.to_le_bytes());
        put_numbers(&mut bytes, &self.overall);
        bytes.extend_from_slice(&(self.keyframes.len() as u32).to_le_bytes());
        for keyframe in &self.keyframes {
            bytes.extend_from_slice(&keyframe.tick.to_le_bytes());
            put_numbers(&mut bytes, &keyframe.by_region);
            put_numbers(&mut bytes, &keyframe.by_segment);
        }
        put_numbers(&mut bytes, self.last.sums());
        for metric in 0..self.shape.metrics {
            let moments = self.last.moments(metric);
            bytes.extend_from_slice(&moments.squares.to_le_bytes());
            bytes.extend_from_slice(&moments.cross.to_le_bytes());
        }
        bytes
    }

    /// Reads what [`Series::to_bytes`] wrote for a run of this shape and these ticks of trends, and leaves what stands behind it.
    ///
    /// # Errors
    /// [`EngineError::State`] for bytes of another shape.
    pub(crate) fn read(reader: &mut Reader<'_>, shape: Shape, trend_ticks: Vec<u32>) -> Result<Self> {
        let agent_steps = reader.u64()?;
        let overall = get_numbers(reader)?;
        if overall.is_empty() || overall.len() % shape.metrics != 0 {
            return Err(EngineError::State("a history of another shape".to_owned()));
        }
        let mut keyframes = Vec::new();
        for _ in 0..reader.len(12)? {
            let tick = reader.u32()?;
            let (by_region, by_segment) = (get_numbers(reader)?, get_numbers(reader)?);
            if by_region.len() != shape.regions * shape.metrics || by_segment.len() != shape.segments * shape.metrics {
                return Err(EngineError::State("a keyframe of another shape".to_owned()));
            }
            keyframes.push(Keyframe { tick, by_region, by_segment });
        }
        let sums = get_numbers(reader)?;
        let moments = (0..shape.metrics)
            .map(|_| Ok(Moments { squares: reader.i128()?, cross: reader.i128()? }))
            .collect::<Result<_>>()?;
        let last = Tally::from_parts((0..shape.regions, shape.segments, shape.metrics), sums, moments)?;
        Ok(Self { shape, trend_ticks, overall, keyframes, last, agent_steps })
    }
}

fn put_numbers(bytes: &mut Vec<u8>, numbers: &[i64]) {
    bytes.extend_from_slice(&(numbers.len() as u32).to_le_bytes());
    for number in numbers {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
}

fn get_numbers(reader: &mut Reader<'_>) -> Result<Vec<i64>> {
    (0..reader.len(8)?).map(|_| reader.i64()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trend_ticks_are_even_and_hold_both_ends() {
        let hundred = trend_ticks(100);
        assert_eq!(hundred.len(), 25);
        for tick in [0, 25, 50, 75, 100] {
            assert!(hundred.contains(&tick), "{tick}");
        }
        for horizon in 1..=1000 {
            let ticks = trend_ticks(horizon);
            assert_eq!((ticks[0], *ticks.last().unwrap()), (0, horizon));
            let gaps: Vec<u32> = ticks.windows(2).map(|w| w[1] - w[0]).collect();
            let (low, high) = (gaps.iter().min().unwrap(), gaps.iter().max().unwrap());
            assert!(*low >= 1 && high - low <= 1, "horizon {horizon}: {gaps:?}");
        }
    }
}
