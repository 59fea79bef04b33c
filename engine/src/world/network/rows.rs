//! One partition's rows of an undirected network. Each tie is found from one end only, wherever that is, so the
//! partition goes through all ties of the network: once to count those of its own agents, once to put them into their
//! rows. It stores its own rows and nothing else, at the price that every partition finds every tie. The work is done in
//! turns, so that a run can be stopped in the middle of it.

use std::ops::Range;

use crate::error::{EngineError, Result};
use crate::world::network::{Edges, STRIPE_AGENTS};

/// The rows of the agents `own`, in the making.
pub(crate) struct TieRows {
    edges: Edges,
    own: Range<u32>,
    stage: Stage,
    /// As the count goes on: the number of ties of each agent, after a leading 0. As the rows are filled: where each
    /// agent's next tie goes, and so in the end the end of its row.
    ends: Vec<u32>,
    /// Ids of the agents at the other end, row by row.
    ties: Vec<u32>,
}

/// What is to be done next, from which stripe or row on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Count(u32),
    Fill(u32),
    /// With the place where this row was filled from.
    Sort(u32, u32),
    Done,
}

impl TieRows {
    /// The rows of the agents `own` of the network `edges`, none of them made.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when there is not enough memory.
    pub(crate) fn new(edges: Edges, own: Range<u32>) -> Result<Self> {
        let mut ends = Vec::new();
        ends.try_reserve_exact(own.len() + 1).map_err(|_| EngineError::no_memory())?;
        ends.resize(own.len() + 1, 0);
        Ok(Self { edges, own, stage: Stage::Count(0), ends, ties: Vec::new() })
    }

    /// Does some more: at least one stripe, and about `agents` agents' share of one stage. Calls `done` with the row of
    /// every agent that is finished, in order: ids of other agents, rising, none twice. True when all are.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when there is not enough memory, or the rows have more ties than 32 bits can number.
    pub(crate) fn advance(&mut self, agents: usize, done: impl FnMut(&[u32])) -> Result<bool> {
        let stripes = u32::try_from(agents / STRIPE_AGENTS as usize).unwrap_or(u32::MAX).max(1);
        self.stage = match self.stage {
            Stage::Count(first) => {
                let next = first.saturating_add(stripes).min(self.edges.stripes());
                self.count(first..next);
                if next < self.edges.stripes() { Stage::Count(next) } else { self.make_room()? }
            }
            Stage::Fill(first) => {
                let next = first.saturating_add(stripes).min(self.edges.stripes());
                self.fill(first..next);
                if next < self.edges.stripes() { Stage::Fill(next) } else { Stage::Sort(0, 0) }
            }
            Stage::Sort(first, start) => {
                let rows = self.own.len() as u32;
                let next = first.saturating_add(stripes.saturating_mul(STRIPE_AGENTS)).min(rows);
                let start = self.sort(first..next, start, done);
                if next < rows { Stage::Sort(next, start) } else { Stage::Done }
            }
            Stage::Done => Stage::Done,
        };
        Ok(self.stage == Stage::Done)
    }

    /// The end of each row after a leading 0, and the ties. Call once all is made.
    pub(crate) fn finish(mut self) -> (Vec<u32>, Vec<u32>) {
        debug_assert!(self.stage == Stage::Done, "rows are finished when all are made");
        self.ties.truncate(self.ends.last().map_or(0, |&end| end as usize));
        (self.ends, self.ties)
    }

    fn count(&mut self, stripes: Range<u32>) {
        let (own, counts) = (&self.own, &mut self.ends[1..]);
        for stripe in stripes {
            self.edges.stripe(stripe, own, |a, b| {
                for end in [a, b] {
                    if own.contains(&end) {
                        counts[(end - own.start) as usize] += 1;
                    }
                }
            });
        }
    }

    /// Turns counts into the places where rows start.
    fn make_room(&mut self) -> Result<Stage> {
        let mut start = 0u64;
        for count in &mut self.ends[1..] {
            let row = u64::from(*count);
            // Where it does not fit it is not used: the sum is checked below.
            *count = start as u32;
            start += row;
        }
        if u32::try_from(start).is_err() {
            return Err(EngineError::too_many_ties());
        }
        self.ties.try_reserve_exact(start as usize).map_err(|_| EngineError::no_memory())?;
        self.ties.resize(start as usize, 0);
        Ok(Stage::Fill(0))
    }

    fn fill(&mut self, stripes: Range<u32>) {
        let (own, places, ties) = (&self.own, &mut self.ends[1..], &mut self.ties);
        for stripe in stripes {
            self.edges.stripe(stripe, own, |a, b| {
                for (end, other) in [(a, b), (b, a)] {
                    if own.contains(&end) {
                        let place = &mut places[(end - own.start) as usize];
                        ties[*place as usize] = other;
                        *place += 1;
                    }
                }
            });
        }
    }

    /// Sorts rows, the first of which was filled from `start` on, and leaves out what was found from both ends; what follows
    /// moves up. Gives where the next row was filled from.
    fn sort(&mut self, rows: Range<u32>, mut start: u32, mut done: impl FnMut(&[u32])) -> u32 {
        let repeat = self.edges.repeat();
        for row in rows {
            let (kept, end) = (self.ends[row as usize] as usize, self.ends[row as usize + 1]);
            let filled = start as usize..end as usize;
            self.ties[filled.clone()].sort_unstable();
            let last = if repeat { self.move_once(filled, kept) } else { end as usize };
            done(&self.ties[kept..last]);
            self.ends[row as usize + 1] = last as u32;
            start = end;
        }
        start
    }

    /// Moves a sorted row up to `to`, each tie once. Gives its end.
    fn move_once(&mut self, row: Range<usize>, to: usize) -> usize {
        let mut last = to;
        for place in row {
            let tie = self.ties[place];
            if last == to || self.ties[last - 1] != tie {
                self.ties[last] = tie;
                last += 1;
            }
        }
        last
    }
}
