//! What becomes of the targets: what partitions see of them in a tick, what the coordinator keeps of it, and what users read.
//! The whole of every tick is telemetry's; here is what results need.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::company::Company;
use crate::World;
use crate::error::{EngineError, Result};
use crate::state::Reader;
use crate::tally::Tally;
use crate::workflow::shown;

/// A target at the end of a tick.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Glimpse {
    pub(crate) agent: u32,
    /// The bits of its traits, then of its part in every metric: by bits two are equal or not.
    pub(crate) known: Vec<u64>,
}

/// The lives of all targets up to the last completed tick.
#[derive(Clone, Debug)]
pub(crate) struct Lives {
    company: Arc<Company>,
    /// Ticks at which trends are noted.
    trend_ticks: Vec<u32>,
    tick: u32,
    /// In the order of the request.
    lives: Vec<Life>,
}

/// The life of one target.
#[derive(Clone, Debug, Default, PartialEq)]
struct Life {
    /// What was known of it at tick 0 and at the ticks of the trends.
    points: Vec<(u32, Vec<f64>)>,
    /// The same at the last completed tick.
    last: Vec<f64>,
    /// The first tick at whose end it was at its goal.
    reached: Option<u32>,
    /// How many events of each kind it reported.
    events: Vec<u64>,
}

impl Lives {
    /// The lives of a run at tick 0, which began with these sums.
    pub(crate) fn new(company: Arc<Company>, world: &World, start: &Tally) -> Self {
        let life = Life { events: vec![0; world.model.events().len()], ..Life::default() };
        let lives = vec![life; company.members.len()];
        let mut new = Self { company, trend_ticks: world.spec.trend_ticks(), tick: 0, lives };
        new.see(start);
        new
    }

    /// The last completed tick.
    pub(crate) fn tick(&self) -> u32 {
        self.tick
    }

    /// Takes in the next tick.
    pub(crate) fn push(&mut self, tally: &Tally) {
        self.tick += 1;
        self.see(tally);
        for (member, life) in self.company.members.iter().zip(&mut self.lives) {
            tally.reported.watched_of(member.agent).for_each(|kind| life.events[kind] += 1);
        }
    }

    /// Agents were changed after the last tick.
    pub(crate) fn replace_last(&mut self, tally: &Tally) {
        let tick = self.tick;
        for life in &mut self.lives {
            life.points.retain(|(at, _)| *at != tick);
            life.reached = life.reached.filter(|at| *at != tick);
        }
        self.see(tally);
    }

    fn see(&mut self, tally: &Tally) {
        let tick = self.tick;
        let noted = tick == 0 || self.trend_ticks.contains(&tick);
        for (member, life) in self.company.members.iter().zip(&mut self.lives) {
            let Some(glimpse) = tally.glimpses.iter().find(|glimpse| glimpse.agent == member.agent) else { continue };
            life.last = glimpse.known.iter().map(|&bits| f64::from_bits(bits)).collect();
            let arrived = member.aim.as_ref().is_some_and(|aim| aim.holds(&life.last));
            life.reached = life.reached.or_else(|| arrived.then_some(tick));
            if noted {
                life.points.push((tick, life.last.clone()));
            }
        }
    }

    /// The lives as bytes, for a snapshot. All numbers little-endian.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.tick.to_le_bytes().to_vec();
        let known = |bytes: &mut Vec<u8>, known: &[f64]| {
            bytes.extend(known.iter().flat_map(|value| value.to_bits().to_le_bytes()));
        };
        for life in &self.lives {
            // No tick is as late as this.
            bytes.extend_from_slice(&life.reached.unwrap_or(u32::MAX).to_le_bytes());
            bytes.extend(life.events.iter().flat_map(|count| count.to_le_bytes()));
            known(&mut bytes, &life.last);
            bytes.extend_from_slice(&(life.points.len() as u32).to_le_bytes());
            for (tick, state) in &life.points {
                bytes.extend_from_slice(&tick.to_le_bytes());
                known(&mut bytes, state);
            }
        }
        bytes
    }

    /// Reads what [`Lives::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`EngineError::State`] for bytes of another shape.
    pub(crate) fn from_bytes(company: Arc<Company>, world: &World, bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let tick = reader.u32()?;
        let width = known_width(world);
        let known = |reader: &mut Reader<'_>| -> Result<Vec<f64>> {
            (0..width).map(|_| Ok(f64::from_bits(reader.u64()?))).collect()
        };
        let life = |reader: &mut Reader<'_>| -> Result<Life> {
            let reached = Some(reader.u32()?).filter(|&tick| tick != u32::MAX);
            let events = world.model.events().iter().map(|_| reader.u64()).collect::<Result<_>>()?;
            let last = known(reader)?;
            let points = (0..reader.len(4)?).map(|_| Ok((reader.u32()?, known(reader)?))).collect::<Result<_>>()?;
            Ok(Life { points, last, reached, events })
        };
        let lives = company.members.iter().map(|_| life(&mut reader)).collect::<Result<_>>()?;
        if !reader.is_empty() {
            return Err(EngineError::State("targets of another shape".to_owned()));
        }
        Ok(Self { company, trend_ticks: world.spec.trend_ticks(), tick, lives })
    }

    /// What the results say of them, in the order of the request.
    pub(crate) fn report(&self, world: &World) -> Vec<TargetReport> {
        let words = |known: &[f64]| in_words(world, known);
        let lives = self.company.members.iter().zip(&self.lives);
        let report = lives.map(|(member, life)| {
            let mut trajectory: Vec<_> =
                life.points.iter().map(|(tick, known)| TargetPoint { tick: *tick, state: words(known) }).collect();
            if trajectory.last().is_none_or(|point| point.tick != self.tick) {
                trajectory.push(TargetPoint { tick: self.tick, state: words(&life.last) });
            }
            let counts = world.model.events().iter().zip(&life.events);
            TargetReport {
                name: member.name.clone(),
                agent: member.agent,
                region: world.dataset.regions()[member.region].code.clone(),
                segment: world.model.segments()[member.segment],
                start: life.points.first().map(|(_, known)| words(known)).unwrap_or_default(),
                end: words(&life.last),
                reached_tick: member.aim.as_ref().map(|_| life.reached),
                events: counts.map(|(kind, &count)| (kind.name, count)).collect(),
                trajectory,
            }
        });
        report.collect()
    }
}

/// How many numbers are known of an agent.
fn known_width(world: &World) -> usize {
    world.model.traits().len() + world.model.metrics().len()
}

/// What is known of an agent, by name: its traits, or in a model without any its part in every metric.
fn in_words(world: &World, known: &[f64]) -> BTreeMap<&'static str, Value> {
    let traits = world.model.traits();
    if traits.is_empty() {
        return world.model.metrics().iter().zip(known).map(|(metric, &part)| (metric.name, part.into())).collect();
    }
    traits.iter().zip(known).map(|(of, &value)| (of.name, shown(&of.kind, value))).collect()
}

/// What became of a target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetReport {
    /// Its name.
    pub name: String,
    /// Which agent it is.
    pub agent: u32,
    /// Code of the region that it lives in.
    pub region: String,
    /// The segment that it was born into.
    pub segment: &'static str,
    /// What it was at tick 0: its traits by name, or in a model without any its part in every metric.
    pub start: BTreeMap<&'static str, Value>,
    /// What it was at the last completed tick.
    pub end: BTreeMap<&'static str, Value>,
    /// The first tick at whose end it was at its goal; null where it was not, and left out where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached_tick: Option<Option<u32>>,
    /// How many events of each kind it reported; left out for models that have none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub events: BTreeMap<&'static str, u64>,
    /// What it was at the ticks of the trends.
    pub trajectory: Vec<TargetPoint>,
}

/// A target at the end of a tick.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetPoint {
    /// The tick.
    pub tick: u32,
    /// What it was: its traits by name, or in a model without any its part in every metric.
    pub state: BTreeMap<&'static str, Value>,
}
