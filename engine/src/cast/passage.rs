//! What the counts of an ensemble say: how likely its persona comes to the goal and when, and how it fares on the way.

use std::collections::BTreeMap;

use serde::Serialize;

use super::journey::{Crossings, Journeys, ONE};
use super::troupe::{BINS, Column};
use crate::World;
use crate::model::{Trait, TraitKind};

/// The 97.5 % quantile of the standard normal distribution.
const Z_975: f64 = 1.959_963_984_540_054;

/// Shares whose ticks and values are told, by name.
const QUANTILES: [(&str, f64); 5] = [("p05", 0.05), ("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p95", 0.95)];

/// What became of the copies of a persona.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PassageReport {
    /// How many copies there are.
    pub copies: u32,
    /// Code of the region that they live in.
    pub region: String,
    /// The segment that they were born into; none where they are of several.
    pub segment: Option<&'static str>,
    /// How many were at the goal at the end of some tick.
    pub reached: u64,
    /// How many never were.
    pub survivors: u64,
    /// Share of the copies that were at the goal.
    pub probability: f64,
    /// Where the probability may be, by the number of copies alone.
    pub interval_95: Interval,
    /// When they were there for the first time.
    pub first_passage: FirstPassage,
    /// How they fared, at the ticks of the trends.
    pub trajectory: Vec<PassagePoint>,
}

/// A 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// When copies were at the goal for the first time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FirstPassage {
    /// How many arrived in which tick; ticks in which nobody did are left out.
    pub by_tick: Vec<Arrivals>,
    /// Of those that arrived, the mean of their ticks; null where nobody did.
    pub mean_tick: Option<f64>,
    /// The first tick by which this share of all copies had arrived; null where fewer have.
    pub quantiles: BTreeMap<&'static str, Option<u32>>,
}

/// Copies that were at the goal for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Arrivals {
    /// The tick.
    pub tick: u32,
    /// How many.
    pub count: u64,
}

/// All copies at the end of a tick.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PassagePoint {
    /// The tick.
    pub tick: u32,
    /// Share of the copies that have been at the goal.
    pub reached: f64,
    /// By trait: how it is spread over the copies.
    pub traits: BTreeMap<&'static str, Spread>,
}

/// How a trait is spread over copies.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Spread {
    /// Of a number: its `mean` and the values below which 5, 25, 50, 75 and 95 % are, to a two-hundredth of its range.
    Number(BTreeMap<&'static str, f64>),
    /// Of a flag: the share of those of whom it is true.
    Share(f64),
    /// Of a choice: the share of each label.
    Labels(BTreeMap<&'static str, f64>),
}

/// Where a probability may be of which `count` of `of` draws are known: Wilson's score interval (Wilson 1927).
///
/// (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n), with z = 1.96; within [0, 1] for every count.
pub fn wilson(count: u64, of: u64) -> Interval {
    let (n, z2) = (of as f64, Z_975 * Z_975);
    let p = count as f64 / n;
    let middle = p + z2 / (2.0 * n);
    let half = Z_975 * libm::sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n));
    let scale = 1.0 + z2 / n;
    // At the ends the two terms are equal but for their last digit.
    let low = if count == 0 { 0.0 } else { (middle - half) / scale };
    let high = if count == of { 1.0 } else { (middle + half) / scale };
    Interval { low, high }
}

impl Journeys {
    /// What the results say of them, of whom so many are of each segment.
    pub(crate) fn report(&self, world: &World, segment_agents: &[u64]) -> PassageReport {
        let copies = world.layout.agents();
        let n = u64::from(copies);
        let reached: u64 = self.arrived.iter().sum();
        let until = |tick: u32| self.arrived[..=tick as usize].iter().sum::<u64>();
        let points = self.points.iter().map(|(tick, point)| PassagePoint {
            tick: *tick,
            reached: until(*tick) as f64 / n as f64,
            traits: self.spreads(world, point),
        });
        let mut segments = world.model.segments().iter().zip(segment_agents).filter(|(_, agents)| **agents > 0);
        let first = segments.next().filter(|_| segments.next().is_none());
        PassageReport {
            copies,
            region: world.dataset.regions()[self.troupe.region].code.clone(),
            segment: first.map(|(name, _)| *name),
            reached,
            survivors: n - reached,
            probability: reached as f64 / n as f64,
            interval_95: wilson(reached, n),
            first_passage: self.first_passage(n, reached),
            trajectory: points.collect(),
        }
    }

    fn first_passage(&self, copies: u64, reached: u64) -> FirstPassage {
        let arrivals = (0..).zip(&self.arrived).filter(|(_, count)| **count > 0);
        let by_tick: Vec<_> = arrivals.map(|(tick, &count)| Arrivals { tick, count }).collect();
        let ticks: f64 = by_tick.iter().map(|arrivals| f64::from(arrivals.tick) * arrivals.count as f64).sum();
        let tick_of = |share: f64| {
            let mut sum = 0;
            let arrived = by_tick.iter().find(|arrivals| {
                sum += arrivals.count;
                sum as f64 >= share * copies as f64
            });
            arrived.map(|arrivals| arrivals.tick)
        };
        FirstPassage {
            mean_tick: (reached > 0).then(|| ticks / reached as f64),
            quantiles: QUANTILES.into_iter().map(|(name, share)| (name, tick_of(share))).collect(),
            by_tick,
        }
    }

    fn spreads(&self, world: &World, point: &Crossings) -> BTreeMap<&'static str, Spread> {
        let columns = world.model.traits().iter().zip(&self.troupe.columns).zip(&point.sums);
        let spread = |((known, (places, range)), sum): ((&Trait, &Column), &i128)| {
            let counts = &point.counts[places.clone()];
            let all: u64 = counts.iter().sum();
            let share = |count: u64| count as f64 / all as f64;
            let spread = match (known.kind, range) {
                (TraitKind::Choice(labels), _) => {
                    Spread::Labels(labels.iter().zip(counts).map(|(&label, &count)| (label, share(count))).collect())
                }
                (TraitKind::Number { .. }, Some(range)) => {
                    let mut bands: BTreeMap<_, _> =
                        QUANTILES.into_iter().map(|(name, part)| (name, quantile(counts, part, *range))).collect();
                    bands.insert("mean", *sum as f64 / ONE / all as f64);
                    Spread::Number(bands)
                }
                _ => Spread::Share(share(counts.get(1).copied().unwrap_or(0))),
            };
            (known.name, spread)
        };
        columns.map(spread).collect()
    }
}

/// The value below which a share of what is counted lies, evenly spread within each part of the range.
fn quantile(counts: &[u64], share: f64, (min, max): (f64, f64)) -> f64 {
    let all: u64 = counts.iter().sum();
    let wanted = share * all as f64;
    let mut below = 0.0;
    for (part, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let count = count as f64;
        if below + count >= wanted {
            let within = (part as f64 + (wanted - below) / count) / BINS as f64;
            return min + within * (max - min);
        }
        below += count;
    }
    max
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Brown, Cai & DasGupta (2001) give Wilson's interval for 5 of 10 as 0.237 to 0.763; for 0 of 10 it is 0 to 0.278.
    #[test]
    fn the_interval_is_wilsons() {
        let near = |found: Interval, low: f64, high: f64| {
            assert!((found.low - low).abs() < 5e-4 && (found.high - high).abs() < 5e-4, "{found:?}");
        };
        near(wilson(5, 10), 0.2366, 0.7634);
        near(wilson(0, 10), 0.0, 0.2775);
        near(wilson(10, 10), 0.7225, 1.0);
        near(wilson(1, 1), 0.2065, 1.0);
    }

    #[test]
    fn quantiles_are_those_of_the_counts() {
        let mut counts = vec![0; BINS];
        counts[0] = 100;
        counts[100] = 100;
        assert_eq!(quantile(&counts, 0.25, (0.0, 1.0)), 0.0025);
        assert!((quantile(&counts, 0.75, (-1.0, 1.0)) - 0.005).abs() < 1e-12);
        assert_eq!(quantile(&vec![0; BINS], 0.5, (0.0, 1.0)), 1.0, "of none there is no lower value");
    }
}
