//! What partitions tell each other: values published at a border. A halo is plain data; where most of a
//! partition is border it is the whole column, which within one process several receivers share unchanged.

use std::ops::Range;
use std::sync::Arc;

/// The values that one partition sends to another after a tick, or after an experiment has changed agents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halo {
    /// The partition that sends.
    pub from: usize,
    /// The number of the exchange that they are part of; see [`crate::PartitionKernel::exchange`].
    pub exchange: u32,
    /// The values, packed, in the order that was asked for.
    pub values: Arc<[u8]>,
    /// The letters for the receiver's agents and their regions, packed; see [`crate::PartitionKernel::mail_for`].
    pub mail: Arc<[u8]>,
}

/// Which of a partition's agents another one listens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HaloRequest {
    /// Nobody.
    Nothing,
    /// All of them, in order.
    Whole,
    /// These, by their place in the partition, rising.
    Some(Vec<u32>),
}

/// The buffers of whole columns that a partition sent, to be filled again once all who got them are done with them: so that
/// no tick takes new pages from the system, nor pushes others' from the caches.
#[derive(Default)]
pub(crate) struct SentColumns {
    buffers: Vec<Arc<[u8]>>,
}

impl SentColumns {
    /// How many buffers are kept. Receivers are at most one exchange behind, so of two one is free as a rule.
    const KEPT: usize = 2;

    /// A column of this many bytes, written by `fill`.
    pub(crate) fn column(&mut self, bytes: usize, fill: impl FnOnce(&mut [u8])) -> Arc<[u8]> {
        let free = self.buffers.iter_mut().position(|buffer| buffer.len() == bytes && Arc::get_mut(buffer).is_some());
        let mut buffer = match free {
            Some(place) => self.buffers.swap_remove(place),
            None => std::iter::repeat_n(0, bytes).collect(),
        };
        if let Some(bytes) = Arc::get_mut(&mut buffer) {
            fill(bytes);
        }
        self.buffers.truncate(Self::KEPT - 1);
        self.buffers.push(Arc::clone(&buffer));
        buffer
    }
}

/// A partition keeps a copy of the whole published column, rather than of the border alone, once it listens to
/// more than one in this many of the agents elsewhere: copying in bulk then beats picking one by one.
const WHOLE_ONE_IN: usize = 4;

/// Where a partition keeps what it sees: its own agents and its ghosts.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// Slot of the partition's first agent.
    pub(crate) own: usize,
    /// Number of slots.
    pub(crate) len: usize,
    /// The id of the agent in the first slot.
    first: u32,
    /// In how many slots from the first ids rise one by one: its own agents', or all.
    straight: usize,
    /// The first agent of each partition.
    first_of: Vec<u32>,
    /// The slots that each partition's halo fills; empty for the partition itself.
    pub(crate) slots: Vec<Range<usize>>,
    /// What to ask of each partition.
    pub(crate) requests: Vec<HaloRequest>,
}

impl View {
    /// The view of partition `own`, which owns `ranges[own]` and listens to the agents `ghosts` (rising ids).
    pub(crate) fn new(own: usize, ranges: &[Range<u32>], ghosts: &[u32]) -> Self {
        let all: usize = ranges.iter().map(|range| range.len()).sum();
        let elsewhere = all - ranges[own].len();
        if ghosts.len() * WHOLE_ONE_IN > elsewhere {
            return Self::whole(own, ranges);
        }
        let mut next = ranges[own].len();
        let mut view = Self {
            own: 0,
            len: next + ghosts.len(),
            first: ranges[own].start,
            straight: next,
            first_of: ranges.iter().map(|range| range.start).collect(),
            slots: Vec::new(),
            requests: Vec::new(),
        };
        for range in ranges {
            let first = ghosts.partition_point(|&id| id < range.start);
            let end = ghosts.partition_point(|&id| id < range.end);
            let wanted: Vec<u32> = ghosts[first..end].iter().map(|id| id - range.start).collect();
            view.slots.push(next..next + wanted.len());
            next += wanted.len();
            view.requests.push(if wanted.is_empty() { HaloRequest::Nothing } else { HaloRequest::Some(wanted) });
        }
        view
    }

    /// The view of partition `own` that holds all agents, in the order of their ids.
    pub(crate) fn whole(own: usize, ranges: &[Range<u32>]) -> Self {
        let first = ranges[0].start;
        let slot = |id: u32| (id - first) as usize;
        let slots = |(part, range): (usize, &Range<u32>)| {
            if part == own { 0..0 } else { slot(range.start)..slot(range.end) }
        };
        let request = |part| if part == own { HaloRequest::Nothing } else { HaloRequest::Whole };
        let len = ranges.iter().map(|range| range.len()).sum();
        Self {
            own: slot(ranges[own].start),
            len,
            first,
            straight: len,
            first_of: ranges.iter().map(|range| range.start).collect(),
            slots: ranges.iter().enumerate().map(slots).collect(),
            requests: (0..ranges.len()).map(request).collect(),
        }
    }

    /// The slot of an agent elsewhere, given by id.
    pub(crate) fn ghost_slot(&self, id: u32, ranges: &[Range<u32>]) -> usize {
        let part = ranges.partition_point(|range| range.end <= id);
        let place = id - ranges[part].start;
        match &self.requests[part] {
            HaloRequest::Some(wanted) => self.slots[part].start + wanted.partition_point(|&w| w < place),
            _ => self.slots[part].start + place as usize,
        }
    }

    /// The id of the agent in a slot. Found rather than kept: most models never ask.
    pub(crate) fn id_of(&self, slot: u32) -> u32 {
        let at = slot as usize;
        if at < self.straight {
            return self.first + slot;
        }
        let part = self.slots.partition_point(|slots| slots.end <= at);
        let place = at - self.slots[part].start;
        match &self.requests[part] {
            HaloRequest::Some(wanted) => self.first_of[part] + wanted[place],
            _ => self.first_of[part] + place as u32,
        }
    }

    /// Asks every other partition for a halo, also those where nobody is listened to: letters may come from anywhere.
    pub(crate) fn hear_all(&mut self, own: usize) {
        for (part, request) in self.requests.iter_mut().enumerate() {
            if part != own && *request == HaloRequest::Nothing {
                *request = HaloRequest::Some(Vec::new());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thin_border_is_picked_and_a_wide_one_is_whole() {
        let ranges = [0..10, 10..30, 30..60];
        let thin = View::new(1, &ranges, &[2, 9, 33, 59]);
        assert_eq!((thin.own, thin.len), (0, 24));
        assert_eq!(thin.slots, [20..22, 22..22, 22..24]);
        assert_eq!(thin.requests[0], HaloRequest::Some(vec![2, 9]));
        assert_eq!(thin.requests[2], HaloRequest::Some(vec![3, 29]));
        assert_eq!([2, 9, 33, 59].map(|id| thin.ghost_slot(id, &ranges)), [20, 21, 22, 23]);
        assert_eq!([0, 19, 20, 21, 22, 23].map(|slot| thin.id_of(slot)), [10, 29, 2, 9, 33, 59]);

        let ghosts: Vec<u32> = (0..10).chain(30..35).collect();
        let wide = View::new(1, &ranges, &ghosts);
        assert_eq!((wide.own, wide.len), (10, 60));
        assert_eq!(wide.requests, [HaloRequest::Whole, HaloRequest::Nothing, HaloRequest::Whole]);
        assert_eq!([0, 9, 30].map(|id| wide.ghost_slot(id, &ranges)), [0, 9, 30]);
        assert_eq!([0, 15, 59].map(|slot| wide.id_of(slot)), [0, 15, 59]);
    }

    #[test]
    fn a_column_is_written_over_once_all_are_done_with_it() {
        let mut sent = SentColumns::default();
        let first = sent.column(4, |bytes| bytes.fill(1));
        let second = sent.column(4, |bytes| bytes.fill(2));
        assert_eq!((&*first, &*second), (&[1; 4][..], &[2; 4][..]), "who still reads one keeps it as it was");
        let place = first.as_ptr();
        drop(first);
        let third = sent.column(4, |bytes| bytes.fill(3));
        assert_eq!((&*second, &*third, third.as_ptr() == place), (&[2; 4][..], &[3; 4][..], true));
        assert_eq!(&*sent.column(2, |bytes| bytes.fill(4)), &[4; 2][..], "of another length");
    }

    #[test]
    fn one_partition_needs_nobody() {
        let view = View::new(0, std::slice::from_ref(&(0..10)), &[]);
        assert_eq!((view.own, view.len), (0, 10));
        assert_eq!(view.requests, [HaloRequest::Nothing]);
    }
}
