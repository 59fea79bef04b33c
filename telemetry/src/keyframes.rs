//! Agents at keyframes: all of one keyframe, or one agent over all of them.

use std::collections::BTreeMap;

use crate::error::{Result, TelemetryError};
use crate::index::{Index, SampleAgents, Table};
use crate::reader::Reader;
use crate::rows::{Cell, Rows};
use crate::survey::{Page, Sought};
use crate::tables::{AGENT, REASONS, REGION, SEGMENT, TICK, column_of};

/// Some agents of a keyframe.
#[derive(Clone, Debug, PartialEq)]
pub struct Keyframe {
    /// How many there are in all.
    pub total: u64,
    /// Those that were asked for, rising by id.
    pub agents: Vec<RecordedAgent>,
}

/// An agent at one keyframe.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedAgent {
    /// Its id.
    pub agent: u32,
    /// Its region.
    pub region: String,
    /// Its segment.
    pub segment: String,
    /// What it is.
    pub moment: Moment,
}

/// What an agent is at one keyframe.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// The tick.
    pub tick: u32,
    /// Its traits, by name.
    pub state: BTreeMap<String, f64>,
    /// What its model says of it, where that was recorded.
    pub reasons: Option<String>,
}

impl Reader {
    /// At most `limit` agents of a keyframe, after the first `skip`.
    ///
    /// # Errors
    /// [`TelemetryError::NotAKeyframe`], or those of reading.
    pub async fn keyframe(&self, index: &Index, tick: u32, skip: usize, limit: usize) -> Result<Keyframe> {
        let rows = self.keyframe_rows(index, tick, skip, limit).await?;
        let shape = Shape::of(index, &rows);
        Ok(Keyframe { total: rows.total(), agents: rows.iter().map(|row| shape.agent(&row)).collect() })
    }

    /// The same as rows of the table `agents`.
    ///
    /// # Errors
    /// As [`Self::keyframe`].
    pub async fn keyframe_rows(&self, index: &Index, tick: u32, skip: usize, limit: usize) -> Result<Rows> {
        if !index.keyframes.contains(&tick) {
            return Err(TelemetryError::NotAKeyframe { tick, nearest: nearest(index, tick) });
        }
        self.page(index, Table::Agents, Sought::ticks(tick..=tick), Page { skip, limit }).await
    }

    /// One agent at every keyframe, rising by tick.
    ///
    /// # Errors
    /// [`TelemetryError::Asked`] for an agent that the run does not have, [`TelemetryError::NotRecorded`] for one that is not
    /// in the sample, or those of reading.
    pub async fn trajectory(&self, index: &Index, agent: u32) -> Result<Vec<RecordedAgent>> {
        let rows = self.trajectory_rows(index, agent).await?;
        let shape = Shape::of(index, &rows);
        Ok(rows.iter().map(|row| shape.agent(&row)).collect())
    }

    /// The same as rows of the table `agents`.
    ///
    /// # Errors
    /// As [`Self::trajectory`].
    pub async fn trajectory_rows(&self, index: &Index, agent: u32) -> Result<Rows> {
        if agent >= index.agents {
            return Err(TelemetryError::asked("agent", format!("must be below {}, not {agent}", index.agents)));
        }
        let rows = self.rows(index, Table::Agents, 0..=index.last_tick.unwrap_or(0), Some(agent)).await?;
        if rows.is_empty() {
            let agents = index.agents;
            let sample = match &index.options.sample_agents {
                SampleAgents::Number(sample) => u64::from(*sample).min(agents.into()),
                SampleAgents::All(_) => agents.into(),
            };
            return Err(TelemetryError::NotRecorded { agent, sample, agents });
        }
        Ok(rows)
    }
}

/// Where what stands in a row of agents.
struct Shape {
    tick: Option<usize>,
    agent: Option<usize>,
    region: Option<usize>,
    segment: Option<usize>,
    reasons: Option<usize>,
    states: Vec<(String, Option<usize>)>,
}

impl Shape {
    fn of(index: &Index, rows: &Rows) -> Self {
        let states = index.states.iter();
        Self {
            tick: rows.place(TICK),
            agent: rows.place(AGENT),
            region: rows.place(REGION),
            segment: rows.place(SEGMENT),
            reasons: rows.place(REASONS),
            states: states
                .map(|state| (state.name.clone(), rows.place(&column_of(Table::Agents, &state.name))))
                .collect(),
        }
    }

    fn agent(&self, row: &[Cell<'_>]) -> RecordedAgent {
        let cell = |place: Option<usize>| place.and_then(|place| row.get(place)).copied().unwrap_or(Cell::Nothing);
        let whole = |place| cell(place).whole().unwrap_or_default() as u32;
        let text = |place| if let Cell::Text(text) = cell(place) { Some(text.to_owned()) } else { None };
        let state = self.states.iter().filter_map(|(name, place)| match cell(*place) {
            Cell::Double(number) => Some((name.clone(), number)),
            _ => None,
        });
        RecordedAgent {
            agent: whole(self.agent),
            region: text(self.region).unwrap_or_default(),
            segment: text(self.segment).unwrap_or_default(),
            moment: Moment { tick: whole(self.tick), state: state.collect(), reasons: text(self.reasons) },
        }
    }
}

/// The keyframes on either side of a tick, in words.
fn nearest(index: &Index, tick: u32) -> String {
    let keyframes = &index.keyframes;
    let after = keyframes.partition_point(|&keyframe| keyframe < tick);
    match (after.checked_sub(1).map(|place| keyframes[place]), keyframes.get(after)) {
        (Some(below), Some(above)) => format!("the nearest are {below} and {above}"),
        (Some(only), None) => format!("the nearest is {only}"),
        (None, Some(only)) => format!("the nearest is {only}"),
        (None, None) => "there is none: no agents were recorded".to_owned(),
    }
}
