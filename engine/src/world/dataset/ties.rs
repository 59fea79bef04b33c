//! A data set's own network: ties between the agents that it lists, as a table has them and as runs take them. It owns
//! what the columns mean and the order of the rows; who an agent is says [`super::agents`], what is done with ties the
//! kernel.

use std::ops::Range;

use super::MAX_DATASET_TIES;
use super::agents::{Agents, Names};
use super::table::{Row, Rows, Table};
use crate::error::{EngineError, Result};

/// Who listens to whom: for every agent, by id, those that it listens to, by rising id.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ListedTies {
    directed: bool,
    /// The end of each agent's row, after a leading 0.
    ends: Vec<u32>,
    peers: Vec<u32>,
    /// One for each of `peers`, or none at all.
    weights: Vec<f32>,
}

/// Every tie once: under the agent that listens where ties are directed, else under the one with the lower id.
pub(super) struct Once {
    /// The end of each agent's row, after a leading 0.
    pub(super) ends: Vec<u32>,
    /// Those at the other end, rising within a row.
    pub(super) others: Vec<u32>,
    /// One for each of `others`, or none at all.
    pub(super) weights: Vec<f32>,
}

impl ListedTies {
    /// The rows of ties of which each stands once, complete and sound.
    pub(super) fn new(directed: bool, once: Once) -> Self {
        let Once { ends, others, weights } = once;
        if directed {
            return Self { directed, ends, peers: others, weights };
        }
        let mut both = vec![0_u32; ends.len()];
        for (agent, row) in ends.windows(2).enumerate() {
            both[agent + 1] += row[1] - row[0];
        }
        others.iter().for_each(|&other| both[other as usize + 1] += 1);
        sum_up(&mut both);
        let mut places = both.clone();
        let (peers, both_weights) = (vec![0; 2 * others.len()], vec![0.0; 2 * weights.len()]);
        let mut ties = Self { directed, ends: both, peers, weights: both_weights };
        // Ids rise, so that every agent has all its lower peers, in order, before the first of the higher ones.
        for (agent, row) in (0..).zip(ends.windows(2)) {
            let row = row[0] as usize..row[1] as usize;
            let weights = weights.get(row.clone()).unwrap_or_default();
            for (number, &other) in others[row].iter().enumerate() {
                for (end, peer) in [(agent, other), (other, agent)] {
                    let place = &mut places[end as usize];
                    ties.peers[*place as usize] = peer;
                    if let Some(&weight) = weights.get(number) {
                        ties.weights[*place as usize] = weight;
                    }
                    *place += 1;
                }
            }
        }
        ties
    }

    /// Reads the table of ties between these agents, whom it calls by these names.
    pub(super) fn read(table: Table<'_>, directed: bool, agents: &Agents, names: &Names) -> Result<Self> {
        let lines = Lines::read(table, directed, &agents.ids(), names)?;
        Ok(Self::new(directed, lines.sort(table, directed, agents.len())?))
    }

    /// True where a line of the table is a tie one way: the target listens to the source.
    pub(crate) fn is_directed(&self) -> bool {
        self.directed
    }

    /// True where ties have weights.
    pub(crate) fn is_weighted(&self) -> bool {
        !self.weights.is_empty()
    }

    /// How many agents there are.
    pub(super) fn agents(&self) -> usize {
        self.ends.len() - 1
    }

    /// How many ties there are, each counted once.
    pub(crate) fn count(&self) -> usize {
        if self.directed { self.peers.len() } else { self.peers.len() / 2 }
    }

    /// How many values all agents read in a tick.
    pub(crate) fn reads(&self) -> usize {
        self.peers.len()
    }

    /// Those that an agent listens to, rising, and their weights, if there are any.
    pub(crate) fn row(&self, agent: u32) -> (&[u32], &[f32]) {
        let row = self.places(&(agent..agent + 1));
        (&self.peers[row.clone()], self.weights.get(row).unwrap_or_default())
    }

    /// Where the rows of these agents stand among all.
    pub(crate) fn places(&self, agents: &Range<u32>) -> Range<usize> {
        self.ends[agents.start as usize] as usize..self.ends[agents.end as usize] as usize
    }

    /// Every tie once, agent by agent: those at the other end of the ties that stand under it, and the weights; see [`Once`].
    pub(super) fn once(&self) -> impl Iterator<Item = (&[u32], &[f32])> {
        (0..self.ends.len() as u32 - 1).map(|agent| {
            let (peers, weights) = self.row(agent);
            let lower = if self.directed { 0 } else { peers.partition_point(|&peer| peer < agent) };
            (&peers[lower..], weights.get(lower..).unwrap_or_default())
        })
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn memory_bytes(&self) -> u64 {
        4 * (self.ends.len() + self.peers.len() + self.weights.len()) as u64
    }
}

/// Turns counts after a leading 0 into sums.
fn sum_up(counts: &mut [u32]) {
    let mut sum = 0;
    for count in counts {
        sum += *count;
        *count = sum;
    }
}

/// The ties as they stand in the table, line by line.
struct Lines {
    /// The agent under which each tie stands once; see [`Once`].
    agents: Vec<u32>,
    others: Vec<u32>,
    weights: Vec<f32>,
}

impl Lines {
    /// Reads and checks all but whether a tie stands twice. `ids` has the id of the agent in each row of its table.
    fn read(table: Table<'_>, directed: bool, ids: &[u32], names: &Names) -> Result<Self> {
        let mut rows = Rows::new(table)?;
        let source = rows.need_one_of(&["source", "from"])?;
        let target = rows.need_one_of(&["target", "to"])?;
        let weight = rows.find(&["weight"]);
        let mut lines = Self { agents: Vec::new(), others: Vec::new(), weights: Vec::new() };
        while let Some(row) = rows.next()? {
            if lines.agents.len() == MAX_DATASET_TIES {
                return Err(row.fault(format!("there are more than {MAX_DATASET_TIES} ties; leave some out")));
            }
            let agent = |column| names.find(&row, column, ids.len()).map(|place| ids[place as usize]);
            let (speaker, listener) = (agent(source)?, agent(target)?);
            if speaker == listener {
                let name = row.value(source.1);
                return Err(row.fault(format!("ties agent {name} to itself; leave the row out")));
            }
            let swapped = !directed && speaker < listener;
            lines.agents.push(if swapped { speaker } else { listener });
            lines.others.push(if swapped { listener } else { speaker });
            if let Some(column) = weight {
                lines.weights.push(weight_of(&row, column)?);
            }
        }
        if lines.agents.is_empty() {
            return Err(table.fault(1, "there are no ties; give a row for each, or leave the table out"));
        }
        Ok(lines)
    }

    /// The same by agent and, within one, by the other.
    fn sort(self, table: Table<'_>, directed: bool, agents: usize) -> Result<Once> {
        let mut ends = vec![0; agents + 1];
        self.agents.iter().for_each(|&agent| ends[agent as usize + 1] += 1);
        sum_up(&mut ends);
        let mut places = ends.clone();
        let mut order = vec![0_u32; self.agents.len()];
        for (line, &agent) in (0..).zip(&self.agents) {
            let place = &mut places[agent as usize];
            order[*place as usize] = line;
            *place += 1;
        }
        let other = |line: u32| self.others[line as usize];
        let mut double: Option<u32> = None;
        for row in ends.windows(2) {
            let row = &mut order[row[0] as usize..row[1] as usize];
            row.sort_unstable_by_key(|&line| (other(line), line));
            let again = row.windows(2).filter(|pair| other(pair[0]) == other(pair[1])).map(|pair| pair[1]).min();
            double = double.into_iter().chain(again).min();
        }
        if let Some(line) = double {
            return Err(stands_twice(table, directed, line as usize)?);
        }
        let others = order.iter().map(|&line| other(line)).collect();
        let weights = match self.weights.is_empty() {
            true => Vec::new(),
            false => order.iter().map(|&line| self.weights[line as usize]).collect(),
        };
        Ok(Once { ends, others, weights })
    }
}

fn weight_of(row: &Row<'_, '_>, column: usize) -> Result<f32> {
    let given = row.value(column);
    let weight = given.parse().ok().filter(|&weight: &f32| weight.is_finite() && weight > 0.0);
    weight.ok_or_else(|| row.fault(format!("weight must be a finite number above 0, not {given:?}")))
}

/// The error for the tie in this row, from 0 on. Its line is looked up again: where all is well no line is remembered.
fn stands_twice(table: Table<'_>, directed: bool, number: usize) -> Result<EngineError> {
    let mut rows = Rows::new(table)?;
    let (_, source) = rows.need_one_of(&["source", "from"])?;
    let (_, target) = rows.need_one_of(&["target", "to"])?;
    for _ in 0..number {
        rows.next()?;
    }
    let Some(row) = rows.next()? else { return Ok(table.fault(1, "a tie stands twice")) };
    let (from, to) = (row.value(source), row.value(target));
    let order = if directed { "" } else { ", in whichever order" };
    Ok(row.fault(format!("the tie of {from} and {to} stands twice; each may stand once{order}")))
}
