//! Events that agents report: counted by kind in every tick, and the first of them kept one by one. Merging what partitions
//! report is associative and commutative, so that neither they nor the order of their reports can show. What a model calls
//! its events it says itself ([`crate::Model::EVENTS`]); key events of the sums are [`crate::events`]'s affair.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::{EngineError, Result};
use crate::model::EventKind;
use crate::state::Reader;

/// The most events that results list one by one, the first of a run; all are counted.
pub const MAX_LISTED_EVENTS: usize = 1_000;

/// One event, in the order in which results list those of a tick: by agent, then in the order of its reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    agent: u32,
    sequence: u32,
    kind: u32,
    /// The bits of its value: by bits two are equal or not.
    value: u32,
}

/// What was reported in one tick.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reported {
    /// By kind; nothing where nobody was asked.
    counts: Vec<u64>,
    /// The first [`MAX_LISTED_EVENTS`], rising.
    first: Vec<Entry>,
    /// All that agents reported whom the run names, rising.
    watched: Vec<Entry>,
}

impl Reported {
    /// Nothing, of this many kinds.
    pub(crate) fn of(kinds: usize) -> Self {
        Self { counts: vec![0; kinds], ..Self::default() }
    }

    /// Adds an event. Agents report one after the other, by rising id, each by rising `sequence`.
    pub(crate) fn add(&mut self, agent: u32, sequence: u32, kind: usize, value: f32) {
        self.counts[kind] += 1;
        if self.first.len() < MAX_LISTED_EVENTS {
            self.first.push(Entry { agent, sequence, kind: kind as u32, value: value.to_bits() });
        }
    }

    /// Keeps an event that was added, of an agent that the run names.
    pub(crate) fn watch(&mut self, agent: u32, sequence: u32, kind: usize, value: f32) {
        self.watched.push(Entry { agent, sequence, kind: kind as u32, value: value.to_bits() });
    }

    /// The kinds of what an agent reported that the run names.
    pub(crate) fn watched_of(&self, agent: u32) -> impl Iterator<Item = usize> + '_ {
        self.watched.iter().filter(move |entry| entry.agent == agent).map(|entry| entry.kind as usize)
    }

    /// The counts by kind, and by agent the first events and those of agents that the run names: agent, kind, value.
    pub(crate) fn listed(&self) -> (&[u64], impl Iterator<Item = (u32, usize, f32)> + '_) {
        let further = self.watched.iter().filter(|entry| self.first.last().is_none_or(|last| *entry > last));
        let listed = self.first.iter().chain(further);
        (&self.counts, listed.map(|entry| (entry.agent, entry.kind as usize, f32::from_bits(entry.value))))
    }

    /// Adds what others reported in the same tick.
    pub(crate) fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        if !other.first.is_empty() {
            self.first.extend_from_slice(&other.first);
            self.first.sort_unstable();
            self.first.truncate(MAX_LISTED_EVENTS);
        }
        if !other.watched.is_empty() {
            self.watched.extend_from_slice(&other.watched);
            self.watched.sort_unstable();
        }
    }
}

/// All that was reported in a run up to its last completed tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventLog {
    kinds: usize,
    /// Tick by kind.
    counts: Vec<u64>,
    /// The first events of the run, with their ticks.
    first: Vec<(u32, Entry)>,
}

impl EventLog {
    /// The log of a run at tick 0, at which nobody has reported anything.
    pub(crate) fn new(kinds: usize) -> Self {
        Self { kinds, counts: vec![0; kinds], first: Vec::new() }
    }

    /// The last completed tick.
    pub(crate) fn tick(&self) -> u32 {
        (self.counts.len() / self.kinds) as u32 - 1
    }

    /// Adds the next tick.
    pub(crate) fn push(&mut self, reported: &Reported) {
        let counts = (0..self.kinds).map(|kind| reported.counts.get(kind).copied().unwrap_or(0));
        self.counts.extend(counts);
        let (tick, room) = (self.tick(), MAX_LISTED_EVENTS - self.first.len());
        self.first.extend(reported.first.iter().take(room).map(|&entry| (tick, entry)));
    }

    /// How many of a kind were reported in a tick.
    pub(crate) fn at(&self, tick: u32, kind: usize) -> u64 {
        self.counts[tick as usize * self.kinds + kind]
    }

    /// The first tick in which a kind was reported.
    pub(crate) fn first_tick(&self, kind: usize) -> Option<u32> {
        (0..=self.tick()).find(|&tick| self.at(tick, kind) > 0)
    }

    /// The log as bytes, for a snapshot. All numbers little-endian.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = (self.counts.len() as u32).to_le_bytes().to_vec();
        bytes.extend(self.counts.iter().flat_map(|count| count.to_le_bytes()));
        bytes.extend_from_slice(&(self.first.len() as u32).to_le_bytes());
        for (tick, entry) in &self.first {
            for number in [*tick, entry.agent, entry.sequence, entry.kind, entry.value] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
        }
        bytes
    }

    /// Reads what [`EventLog::to_bytes`] wrote for a model with this many kinds of events.
    ///
    /// # Errors
    /// [`EngineError::State`] for bytes of another shape.
    pub(crate) fn from_bytes(bytes: &[u8], kinds: usize) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let counts: Vec<u64> = (0..reader.len(8)?).map(|_| reader.u64()).collect::<Result<_>>()?;
        if counts.is_empty() || !counts.len().is_multiple_of(kinds) {
            return Err(EngineError::State("events of another shape".to_owned()));
        }
        let mut first = Vec::new();
        for _ in 0..reader.len(20)? {
            let tick = reader.u32()?;
            let (agent, sequence, kind, value) = (reader.u32()?, reader.u32()?, reader.u32()?, reader.u32()?);
            let sound = (kind as usize) < kinds && f32::from_bits(value).is_finite();
            if !sound || first.len() == MAX_LISTED_EVENTS {
                return Err(EngineError::State("events that nobody can have reported".to_owned()));
            }
            first.push((tick, Entry { agent, sequence, kind, value }));
        }
        Ok(Self { kinds, counts, first })
    }

    /// What the results say of it; `ticks` are those of the trends.
    pub(crate) fn report(&self, kinds: &'static [EventKind], ticks: impl Iterator<Item = u32> + Clone) -> EventReport {
        let of_kind = |kind| {
            let mut next = 0;
            let trend = ticks.clone().map(|tick| {
                let count = (next..=tick).map(|tick| self.at(tick, kind)).sum();
                next = tick + 1;
                EventPoint { tick, count }
            });
            let trend: Vec<_> = trend.collect();
            let count = trend.iter().map(|point| point.count).sum();
            EventCount { count, first_tick: self.first_tick(kind), trend }
        };
        let name = |kind: u32| kinds[kind as usize].name;
        let listed = |&(tick, entry): &(u32, Entry)| ListedEvent {
            tick,
            agent: entry.agent,
            event: name(entry.kind),
            value: f32::from_bits(entry.value),
        };
        EventReport {
            by_kind: kinds.iter().enumerate().map(|(kind, known)| (known.name, of_kind(kind))).collect(),
            first: self.first.iter().map(listed).collect(),
        }
    }
}

/// What agents reported in a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventReport {
    /// How many there were, by kind.
    pub by_kind: BTreeMap<&'static str, EventCount>,
    /// The first [`MAX_LISTED_EVENTS`] of all kinds together, by tick, then agent, then the order of its reports.
    pub first: Vec<ListedEvent>,
}

/// How often a kind of event was reported.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventCount {
    /// In the whole run.
    pub count: u64,
    /// The tick of the first; null where there was none.
    pub first_tick: Option<u32>,
    /// Over time: the counts add up to `count`.
    pub trend: Vec<EventPoint>,
}

/// How often a kind of event was reported since the point before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EventPoint {
    /// The tick, one of the trends'.
    pub tick: u32,
    /// The number of events after the point before, up to the end of this tick.
    pub count: u64,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ListedEvent {
    /// The tick.
    pub tick: u32,
    /// The agent that reported it.
    pub agent: u32,
    /// The name of its kind.
    pub event: &'static str,
    /// What the model says beside it.
    pub value: f32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Kind and value of every report, by agent.
    type Reports = Vec<Vec<(usize, f32)>>;

    fn reported(from: usize, agents: &[Vec<(usize, f32)>]) -> Reported {
        let mut reported = Reported::of(3);
        for (agent, events) in agents.iter().enumerate() {
            for (sequence, &(kind, value)) in events.iter().enumerate() {
                reported.add((from + agent) as u32, sequence as u32, kind, value);
            }
        }
        reported
    }

    fn any_reports() -> impl Strategy<Value = Reports> {
        prop::collection::vec(prop::collection::vec((0usize..3, -9.0f32..9.0), 0..60), 0..60)
    }

    proptest! {
        #[test]
        fn merging_is_associative_and_commutative(agents in any_reports(), cut in 0usize..60, other in 0usize..60) {
            let (a, b) = (cut.min(other).min(agents.len()), cut.max(other).min(agents.len()));
            let whole = reported(0, &agents);
            let parts = [reported(0, &agents[..a]), reported(a, &agents[a..b]), reported(b, &agents[b..])];
            for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
                let mut sum = Reported::default();
                order.iter().for_each(|&part| sum.merge(&parts[part]));
                prop_assert_eq!(&sum, &whole);
            }
            let (mut grouped, mut pair) = (parts[0].clone(), parts[1].clone());
            pair.merge(&parts[2]);
            grouped.merge(&pair);
            prop_assert_eq!(&grouped, &whole);

            let mut log = EventLog::new(3);
            log.push(&whole);
            log.push(&parts[1]);
            prop_assert_eq!(EventLog::from_bytes(&log.to_bytes(), 3).unwrap(), log.clone());
            prop_assert!(log.first.len() <= MAX_LISTED_EVENTS);
        }
    }

    #[test]
    fn damaged_logs_are_refused() {
        let mut log = EventLog::new(2);
        log.push(&reported(0, &[vec![(1, 0.5)]]));
        let bytes = log.to_bytes();
        assert!(EventLog::from_bytes(&bytes, 2).is_ok());
        assert!(EventLog::from_bytes(&bytes, 3).is_err(), "another number of kinds");
        for short in 0..bytes.len() {
            assert!(EventLog::from_bytes(&bytes[..short], 2).is_err(), "{short} bytes");
        }
        let kind = bytes.len() - 8;
        assert!(EventLog::from_bytes(&[&bytes[..kind], &[9, 0, 0, 0], &bytes[kind + 4..]].concat(), 2).is_err());
    }
}
