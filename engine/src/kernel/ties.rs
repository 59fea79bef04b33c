//! Whom a partition's agents listen to, as the inner loop wants it: whatever the network, an agent's peers are a stretch
//! of slots of the view, so that the loop and the models need to know of one kind only. It owns the slots; how ties come
//! about is [`crate::world`]'s affair.

use std::ops::Range;

use crate::draws::BLOCK_AGENTS;
use crate::spec::Seeds;
use crate::world::Meetings;

/// Ties of all agents of a partition. Agents are given by their place in it.
pub(crate) enum Ties {
    /// As listed: the end of each agent's row in the slots, after a leading 0, and in the weights, where there are any;
    /// `mutual` where both ends of a tie have it.
    Listed { ends: Vec<u32>, slots: Vec<u32>, weights: Vec<f32>, mutual: bool },
    /// Everybody but oneself, out of a view of all.
    Complete(Wheel),
    /// One agent in every tick, out of a view of all.
    Pairs(Box<Pairs>),
    /// Others who are drawn for each agent of a block in every tick, side by side.
    Strangers(Crowd),
}

/// Everybody but oneself is a stretch of the slots 0, 1, .. n - 1, 0, 1, .. n - 1: from the one after oneself to the one
/// before. Listing the slots rather than skipping one's own keeps models' loops free of a case.
pub(crate) struct Wheel {
    /// Number of slots.
    len: usize,
    /// Slot of the partition's first agent.
    own: usize,
    /// The slots, twice.
    slots: Vec<u32>,
    /// 0, 1, .. 2n - 1: where stretches start and end.
    places: Vec<u32>,
}

/// So many others for each agent of a block.
pub(crate) struct Crowd {
    /// 0, 1, .. n - 1 for n of them in all.
    slots: Vec<u32>,
    /// Where the rows of the agents start, and where the last one ends.
    ends: Vec<u32>,
}

/// Meetings, and those of the block that is being stepped.
pub(crate) struct Pairs {
    seeds: Seeds,
    agents: u32,
    /// Id of the partition's first agent; the view holds everybody at the slot of the same number as the id.
    first_id: u32,
    meetings: Meetings,
    /// Where each row of the block starts and ends in `partners`.
    starts: [u32; BLOCK_AGENTS],
    ends: [u32; BLOCK_AGENTS],
    partners: [u32; BLOCK_AGENTS],
}

/// The slots of consecutive agents' peers.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    starts: &'a [u32],
    ends: &'a [u32],
    slots: &'a [u32],
    /// One for each slot, or none at all.
    weights: &'a [f32],
}

impl<'a> Rows<'a> {
    /// The slots of the peers of one of the agents.
    #[inline]
    pub(crate) fn of(&self, lane: usize) -> &'a [u32] {
        &self.slots[self.starts[lane] as usize..self.ends[lane] as usize]
    }

    /// The same, but empty where there is no such agent: as nothing can fail, nothing is read for a model that does not look at
    /// its peers.
    #[inline]
    pub(crate) fn of_any(&self, lane: usize) -> &'a [u32] {
        match (self.starts.get(lane), self.ends.get(lane)) {
            (Some(&start), Some(&end)) => self.slots.get(start as usize..end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The slots of the peers of each of some of the agents, and their weights where they are looked for and there are any.
    #[inline]
    pub(crate) fn of_all(self, lanes: Range<usize>, weighs: bool) -> impl Iterator<Item = (&'a [u32], &'a [f32])> {
        let rows = self.starts[lanes.clone()].iter().zip(&self.ends[lanes]);
        rows.map(move |(&start, &end)| {
            let row = start as usize..end as usize;
            let weights = if weighs { self.weights.get(row.clone()).unwrap_or_default() } else { &[] };
            (&self.slots[row], weights)
        })
    }

    /// The weights of the peers of one of the agents; empty where there are none.
    #[inline]
    pub(crate) fn weights_of(&self, lane: usize) -> &'a [f32] {
        self.weights.get(self.starts[lane] as usize..self.ends[lane] as usize).unwrap_or_default()
    }
}

impl Ties {
    /// Everybody listens to everybody else: the ties of the agents `own` of `agents`, for a view of all by id.
    pub(crate) fn complete(agents: u32, own: &Range<u32>) -> Self {
        let slots = (0..agents).chain(0..agents).collect();
        let places = (0..2 * agents).collect();
        Self::Complete(Wheel { len: agents as usize, own: own.start as usize, slots, places })
    }

    /// Everybody meets one other in every tick: the meetings of the agents `own` of `agents`, for a view of all by id.
    pub(crate) fn pairs(seeds: Seeds, agents: u32, own: &Range<u32>) -> Self {
        Self::Pairs(Box::new(Pairs {
            agents,
            first_id: own.start,
            meetings: Meetings::new(seeds.at(0), agents, 0),
            seeds,
            starts: std::array::from_fn(|lane| lane as u32),
            ends: [0; BLOCK_AGENTS],
            partners: [0; BLOCK_AGENTS],
        }))
    }

    /// Everybody meets so many others who are nobody in particular.
    pub(crate) fn strangers(each: usize) -> Self {
        let ends = (0..=BLOCK_AGENTS).map(|lane| (lane * each) as u32).collect();
        Self::Strangers(Crowd { slots: (0..(BLOCK_AGENTS * each) as u32).collect(), ends })
    }

    /// Bytes that they take.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Listed { ends, slots, weights, .. } => 4 * (ends.capacity() + slots.capacity() + weights.capacity()),
            Self::Complete(wheel) => 4 * (wheel.slots.capacity() + wheel.places.capacity()),
            Self::Pairs(pairs) => size_of_val(&**pairs),
            Self::Strangers(crowd) => 4 * (crowd.slots.capacity() + crowd.ends.capacity()),
        }
    }

    /// True where ties are listed, and whoever an agent listens to listens to it as well.
    pub(crate) fn are_mutual(&self) -> bool {
        matches!(self, Self::Listed { mutual: true, .. })
    }

    /// Makes the rows of `len` agents from place `first` on ready for a tick; at most [`BLOCK_AGENTS`].
    #[inline]
    pub(crate) fn prepare(&mut self, first: usize, len: usize, tick: u32) {
        if let Self::Pairs(pairs) = self {
            pairs.prepare(first, len, tick);
        }
    }

    /// The rows of `len` agents from place `first` on, made ready where they change from tick to tick.
    #[inline]
    pub(crate) fn rows(&self, first: usize, len: usize) -> Rows<'_> {
        match self {
            Self::Listed { ends, slots, weights, .. } => {
                let ends = &ends[first..first + len + 1];
                Rows { starts: &ends[..len], ends: &ends[1..], slots, weights }
            }
            Self::Complete(wheel) => {
                let slot = wheel.own + first;
                let (starts, ends) = (&wheel.places[slot + 1..], &wheel.places[slot + wheel.len..]);
                Rows { starts: &starts[..len], ends: &ends[..len], slots: &wheel.slots, weights: &[] }
            }
            Self::Pairs(pairs) => {
                Rows { starts: &pairs.starts[..len], ends: &pairs.ends[..len], slots: &pairs.partners, weights: &[] }
            }
            Self::Strangers(Crowd { slots, ends }) => {
                Rows { starts: &ends[..len], ends: &ends[1..=len], slots, weights: &[] }
            }
        }
    }

    /// The slots of one agent's peers in a tick.
    pub(crate) fn of(&self, place: usize, tick: u32) -> Vec<u32> {
        match self {
            Self::Pairs(pairs) => {
                let meetings = Meetings::new(pairs.seeds.at(tick), pairs.agents, tick);
                meetings.partner(pairs.first_id + place as u32).into_iter().collect()
            }
            _ => self.rows(place, 1).of(0).to_vec(),
        }
    }

    /// The weights of one agent's peers, in the order of their slots; empty where there are none.
    pub(crate) fn weights_of(&self, place: usize) -> &[f32] {
        self.rows(place, 1).weights_of(0)
    }
}

impl Pairs {
    fn prepare(&mut self, first: usize, len: usize, tick: u32) {
        if self.meetings.tick() != tick {
            self.meetings = Meetings::new(self.seeds.at(tick), self.agents, tick);
        }
        let id = |lane: usize| self.first_id + (first + lane) as u32;
        for (lane, partner) in self.partners[..len].iter_mut().enumerate() {
            *partner = id(lane);
        }
        self.meetings.partners(&mut self.partners[..len]);
        // Whoever meets nobody is its own partner: its row ends where it starts.
        for lane in 0..len {
            self.ends[lane] = lane as u32 + u32::from(self.partners[lane] != id(lane));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_but_oneself_in_the_order_of_the_ring() {
        let ties = Ties::complete(5, &(2..5));
        let rows = ties.rows(0, 3);
        assert_eq!([rows.of(0), rows.of(1), rows.of(2)], [[3, 4, 0, 1], [4, 0, 1, 2], [0, 1, 2, 3]]);
        assert_eq!(ties.of(2, 7), [0, 1, 2, 3]);
        let alone = Ties::complete(1, &(0..1));
        assert!(alone.rows(0, 1).of(0).is_empty());
    }

    #[test]
    fn pairs_are_the_ticks_meetings_wherever_they_are_asked_for() {
        let mut ties = Ties::pairs(Seeds::from(1), 131, &(60..131));
        for tick in [0, 1, 9] {
            let meetings = Meetings::new(1, 131, tick);
            for (first, len) in [(0, 64), (64, 7)] {
                ties.prepare(first, len, tick);
                for lane in 0..len {
                    let expected: Vec<u32> = meetings.partner(60 + (first + lane) as u32).into_iter().collect();
                    assert_eq!(ties.rows(first, len).of(lane), expected);
                    assert_eq!(ties.of(first + lane, tick), expected);
                }
            }
        }
    }
}
