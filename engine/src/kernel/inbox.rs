//! Letters sorted by reader, so that each finds its own as one stretch: a counting sort by agent, and by region after
//! them, which keeps the order in which the letters come. Made once per tick; it knows nothing of how they came.

use std::ops::Range;

use crate::kernel::post::overlap;
use crate::model::{Address, Letter, Sent};

/// The letters that the agents of one partition can read in a tick.
pub(super) struct Inbox<L> {
    /// The end of every reader's letters after a leading 0: the agents by their place, then the regions.
    ends: Vec<u32>,
    letters: Vec<Letter<L>>,
    /// The number of agents.
    agents: usize,
    /// The first region that an agent here lives in.
    first_region: usize,
}

impl<L> Default for Inbox<L> {
    fn default() -> Self {
        Self { ends: Vec::new(), letters: Vec::new(), agents: 0, first_region: 0 }
    }
}

impl<L: Copy> Inbox<L> {
    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.ends) + size_of_val(&*self.letters)
    }

    /// Sorts letters for the agents of these ids and the regions that they live in; others' are left out.
    pub(super) fn sort(&mut self, all: &[Sent<L>], own: &Range<u32>, regions: &[Range<u32>]) {
        let here = |region: &usize| overlap(&regions[*region], own);
        let first = (0..regions.len()).find(here).unwrap_or(0);
        let end = (0..regions.len()).rev().find(here).map_or(first, |last| last + 1);
        (self.agents, self.first_region) = (own.len(), first);
        let reader = |letter: &Sent<L>| match letter.to {
            Address::Agent(id) => own.contains(&id).then(|| (id - own.start) as usize),
            Address::Region(region) => {
                let region = region as usize;
                (first..end).contains(&region).then(|| own.len() + region - first)
            }
        };
        self.ends.clear();
        self.ends.resize(own.len() + (end - first) + 2, 0);
        // Counted one place further on, so that after the sums every reader's start stands where its end will be.
        for place in all.iter().filter_map(reader) {
            self.ends[place + 2] += 1;
        }
        for place in 2..self.ends.len() {
            let before = self.ends[place - 1];
            self.ends[place] = self.ends[place]
                .checked_add(before)
                .expect("the letters of all partitions to the agents of one stay below 2^32");
        }
        let total = self.ends[self.ends.len() - 1] as usize;
        self.letters.clear();
        if let Some(any) = all.first() {
            self.letters.resize(total, Letter { from: any.from, content: any.content });
        }
        for letter in all {
            if let Some(place) = reader(letter) {
                let next = &mut self.ends[place + 1];
                self.letters[*next as usize] = Letter { from: letter.from, content: letter.content };
                *next += 1;
            }
        }
    }

    /// The letters of an agent, given by its place.
    #[inline]
    pub(super) fn of_agent(&self, place: usize) -> &[Letter<L>] {
        &self.letters[self.ends[place] as usize..self.ends[place + 1] as usize]
    }

    /// The letters to a region that an agent here lives in.
    #[inline]
    pub(super) fn of_region(&self, region: usize) -> &[Letter<L>] {
        self.of_agent(self.agents + region - self.first_region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finds_its_own_in_the_order_in_which_they_came() {
        let letter = |from, to, content: u8| Sent { from, to, content };
        let all = [
            letter(1, Address::Agent(12), 1),
            letter(1, Address::Region(2), 2),
            letter(1, Address::Agent(12), 3),
            letter(4, Address::Agent(99), 4),
            letter(4, Address::Region(0), 5),
            letter(7, Address::Agent(10), 6),
            letter(9, Address::Region(2), 7),
            letter(9, Address::Agent(12), 8),
        ];
        let mut inbox = Inbox::default();
        // Twice: nothing is left of the first time.
        for _ in 0..2 {
            inbox.sort(&all, &(10..14), &[0..10, 10..10, 10..12, 12..40]);
            let said = |letters: &[Letter<u8>]| letters.iter().map(|l| (l.from, l.content)).collect::<Vec<_>>();
            assert_eq!(said(inbox.of_agent(0)), [(7, 6)]);
            assert_eq!([1, 3].map(|place| inbox.of_agent(place).len()), [0, 0]);
            assert_eq!(said(inbox.of_agent(2)), [(1, 1), (1, 3), (9, 8)]);
            assert_eq!(said(inbox.of_region(2)), [(1, 2), (9, 7)]);
            assert!(inbox.of_region(3).is_empty());
        }
        inbox.sort(&[], &(10..14), &[0..10, 10..40]);
        assert!(inbox.of_agent(3).is_empty() && inbox.of_region(1).is_empty());
    }
}
