//! Who is roused by how many of those that it listens to, where agents rest and ties are mutual. It owns the counts and what
//! they were made from. Whoever begins or ceases to rouse is told to those in its own row, for they listen to it; for a
//! ghost, whose row is elsewhere, they are kept here. So a tick costs as much as has changed, not as many as rouse.

use crate::draws::BLOCK_AGENTS;
use crate::kernel::lanes::lanes_of;
use crate::kernel::partition::Block;
use crate::kernel::ties::Ties;

/// From this count on nothing is added or taken away until all is counted anew: whoever has reached it looks for itself. One
/// byte each keeps the counts of a million agents in the nearer caches.
const MANY: u8 = u8::MAX;

/// Rows that are looked up before they are read.
const ROWS_AT_ONCE: usize = 32;

pub(super) struct Rousing {
    /// Of each agent by its place in the partition, how many rouse it; see [`MANY`].
    counts: Vec<u8>,
    /// Of each block, whose rousing is in the counts: one bit per agent.
    counted: Vec<u64>,
    /// The same of ghosts by their numbers, 64 to a word.
    ghosts_counted: Vec<u64>,
    /// Places of those who have begun or ceased to rouse since, with what that adds to counts.
    changed: Vec<(u32, u8)>,
    listeners: Listeners,
    /// The partition's first slot in its view.
    own: usize,
}

impl Rousing {
    /// Nobody is roused. `view` is the partition's first slot and the number of slots.
    pub(super) fn new(ties: &Ties, blocks: usize, agents: usize, (own, slots): (usize, usize)) -> Self {
        Self {
            counts: vec![0; agents],
            counted: vec![0; blocks],
            ghosts_counted: vec![0; (slots - agents).div_ceil(64)],
            changed: Vec::new(),
            listeners: Listeners::new(ties, agents, own, slots),
            own,
        }
    }

    /// Nobody is roused: all is to be counted anew.
    pub(super) fn forget(&mut self) {
        self.counts.fill(0);
        self.counted.fill(0);
        self.ghosts_counted.fill(0);
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        let counted = size_of_val(&*self.counted) + size_of_val(&*self.ghosts_counted);
        let listeners = size_of_val(&*self.listeners.ends) + size_of_val(&*self.listeners.places);
        size_of_val(&*self.counts) + counted + listeners
    }

    /// One bit per agent of the block that somebody rouses, or may.
    #[inline]
    pub(super) fn of_block(&self, block: Block) -> u64 {
        let counts = self.counts[block.first as usize..][..block.len as usize].iter().enumerate();
        counts.fold(0, |lanes, (lane, &count)| lanes | u64::from(count != 0) << lane)
    }

    /// How many rouse the agent at this place; `None` where they are too many to be counted.
    #[inline]
    pub(super) fn of(&self, place: usize) -> Option<u32> {
        let count = self.counts[place];
        (count < MANY).then_some(u32::from(count))
    }

    /// Those of the partition's block number `index` who rouse others are these. [`Rousing::tell`] then tells it.
    #[inline]
    pub(super) fn note_block(&mut self, index: usize, block: Block, rouses: u64) {
        let changed = rouses ^ self.counted[index];
        self.counted[index] = rouses;
        for lane in lanes_of(changed) {
            self.changed.push((block.first + lane as u32, step_of(rouses >> lane & 1 == 1)));
        }
    }

    /// Tells those in the rows of all who have changed. Rows lie far apart in memory, so a handful is looked up before any of
    /// them is read: the waits for memory overlap.
    pub(super) fn tell(&mut self, ties: &Ties) {
        let row = |place: u32| ties.rows(place as usize, 1).of(0);
        for some in self.changed.chunks(ROWS_AT_ONCE) {
            std::hint::black_box(some.iter().fold(0, |ends, &(place, _)| {
                let row = row(place);
                ends ^ row.first().unwrap_or(&0) ^ row.last().unwrap_or(&0)
            }));
            for &(place, step) in some {
                for &slot in row(place) {
                    // A slot before the partition's own comes out larger than any place.
                    if let Some(count) = self.counts.get_mut((slot as usize).wrapping_sub(self.own)) {
                        *count = stepped(*count, step);
                    }
                }
            }
        }
        self.changed.clear();
    }

    /// Ghosts publish what is in `view`, outside of the partition's own slots.
    pub(super) fn note_ghosts<P>(&mut self, view: &[P], rouses: impl Fn(&P) -> bool) {
        let own = self.own..self.own + self.counts.len();
        for word in 0..self.ghosts_counted.len() {
            let ghosts = word * 64..(word * 64 + 64).min(view.len() - own.len());
            let now = ghosts.clone().fold(0u64, |bits, ghost| {
                let slot = if ghost < own.start { ghost } else { ghost + own.len() };
                bits | u64::from(rouses(&view[slot])) << (ghost - ghosts.start)
            });
            let changed = now ^ self.ghosts_counted[word];
            self.ghosts_counted[word] = now;
            for bit in lanes_of(changed) {
                let step = step_of(now >> bit & 1 == 1);
                for &listener in self.listeners.of(ghosts.start + bit) {
                    let count = &mut self.counts[listener as usize];
                    *count = stepped(*count, step);
                }
            }
        }
    }
}

/// What is added, modulo 256, for one who begins to rouse, or ceases to.
#[inline]
fn step_of(rouses: bool) -> u8 {
    if rouses { 1 } else { u8::MAX }
}

#[inline]
fn stepped(count: u8, step: u8) -> u8 {
    if count == MANY { MANY } else { count.wrapping_add(step) }
}

/// Places of the agents that listen to each ghost; ghosts are numbered by their slots, the partition's own left out.
struct Listeners {
    ends: Vec<u32>,
    places: Vec<u32>,
}

impl Listeners {
    fn new(ties: &Ties, agents: usize, own: usize, slots: usize) -> Self {
        let ghosts = slots - agents;
        let mut ends = vec![0u32; if ghosts == 0 { 0 } else { ghosts + 2 }];
        let mut places = Vec::new();
        if ghosts > 0 {
            let ghost_of = |slot: u32| ghost_number(slot as usize, own, agents);
            each_row(ties, agents, |_, row| {
                row.iter().filter_map(|&slot| ghost_of(slot)).for_each(|g| ends[g + 2] += 1)
            });
            for ghost in 2..ends.len() {
                ends[ghost] += ends[ghost - 1];
            }
            places.resize(ends[ghosts + 1] as usize, 0);
            each_row(ties, agents, |place, row| {
                for ghost in row.iter().filter_map(|&slot| ghost_of(slot)) {
                    places[ends[ghost + 1] as usize] = place as u32;
                    ends[ghost + 1] += 1;
                }
            });
        }
        Self { ends, places }
    }

    fn of(&self, ghost: usize) -> &[u32] {
        &self.places[self.ends[ghost] as usize..self.ends[ghost + 1] as usize]
    }
}

/// The number of the ghost at this slot of the view; none for the partition's own agents.
fn ghost_number(slot: usize, own: usize, agents: usize) -> Option<usize> {
    if slot < own { Some(slot) } else { (slot >= own + agents).then(|| slot - agents) }
}

/// Calls `each` with every agent's place and row.
fn each_row(ties: &Ties, agents: usize, mut each: impl FnMut(usize, &[u32])) {
    for first in (0..agents).step_by(BLOCK_AGENTS) {
        let len = BLOCK_AGENTS.min(agents - first);
        let rows = ties.rows(first, len);
        (0..len).for_each(|lane| each(first + lane, rows.of(lane)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: usize = 70;
    const AGENTS: usize = 300;
    const SLOTS: usize = 700;

    /// Agent 0 listens to all slots but its own, the others to their neighbours and to it; mutual, as far as rows are here.
    fn ties() -> (Ties, Vec<Vec<u32>>) {
        let hub = OWN as u32;
        let row = |place: usize| match (OWN + place) as u32 {
            slot if slot == hub => (0..SLOTS as u32).filter(|&other| other != hub).collect(),
            slot => {
                [slot - 1, slot + 1, hub].into_iter().collect::<std::collections::BTreeSet<u32>>().into_iter().collect()
            }
        };
        let rows: Vec<Vec<u32>> = (0..AGENTS).map(row).collect();
        let mut ends = vec![0];
        ends.extend(rows.iter().scan(0, |end, row| {
            *end += row.len() as u32;
            Some(*end)
        }));
        (Ties::Listed { ends, slots: rows.concat(), weights: Vec::new(), mutual: true }, rows)
    }

    #[test]
    fn counts_follow_who_begins_and_who_ceases_to_rouse() {
        let (ties, rows) = ties();
        let blocks: Vec<Block> = (0..AGENTS.div_ceil(BLOCK_AGENTS) as u32)
            .map(|id| {
                let first = id * BLOCK_AGENTS as u32;
                Block { id, region: 0, first, first_id: first, len: (AGENTS as u32 - first).min(BLOCK_AGENTS as u32) }
            })
            .collect();
        let mut rousing = Rousing::new(&ties, blocks.len(), AGENTS, (OWN, SLOTS));
        let mut draw = 12_345u32;
        // Of the hub: how often it was counted, and how often it had too many.
        let mut hub = [0, 0];
        for round in 0..200u32 {
            if round % 50 == 49 {
                rousing.forget();
            }
            // From nobody to nearly everybody, and back.
            let share = if round % 100 < 50 { round % 50 * 5 } else { 250 - round % 50 * 5 };
            let view: Vec<bool> = (0..SLOTS)
                .map(|_| {
                    draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    draw >> 24 < share
                })
                .collect();
            for (index, &block) in blocks.iter().enumerate() {
                let lanes = (0..block.len as usize).filter(|lane| view[OWN + block.first as usize + lane]);
                rousing.note_block(index, block, lanes.fold(0, |bits, lane| bits | 1 << lane));
            }
            rousing.tell(&ties);
            rousing.note_ghosts(&view, |&rouses| rouses);
            for (place, row) in rows.iter().enumerate() {
                let count = row.iter().filter(|&&slot| view[slot as usize]).count() as u32;
                hub[usize::from(rousing.of(0).is_none())] += usize::from(place == 0);
                match rousing.of(place) {
                    Some(counted) => assert_eq!(counted, count, "place {place} in round {round}"),
                    None => assert_eq!(place, 0, "in round {round}"),
                }
                let block = blocks[place / BLOCK_AGENTS];
                let bit = rousing.of_block(block) >> (place % BLOCK_AGENTS) & 1;
                assert!(bit == 1 || count == 0, "place {place} in round {round}");
            }
        }
        assert!(hub[0] > 10 && hub[1] > 10, "{hub:?}");
    }
}
