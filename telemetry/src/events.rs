//! What agents reported, tick by tick.

use crate::ask::{Names, names, places, ticks};
use crate::error::Result;
use crate::index::{Index, Table};
use crate::reader::Reader;
use crate::rows::{Cell, Rows};
use crate::survey::{Page, Sought};
use crate::tables::{COUNTED, KIND, REPORTED, TYPE};

/// The types of rows: counts of a kind in a tick, and single reports.
pub const EVENT_TYPES: [&str; 2] = [COUNTED, REPORTED];

/// A question about events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventQuery {
    /// The first tick.
    pub from_tick: Option<u32>,
    /// The last tick.
    pub to_tick: Option<u32>,
    /// Kinds of events.
    pub kinds: Names,
    /// One of [`EVENT_TYPES`]; both where it is left out.
    pub of_type: Option<&'static str>,
    /// Rows to pass over.
    pub skip: usize,
    /// Rows at most.
    pub limit: usize,
}

/// Some events.
#[derive(Clone, Debug, PartialEq)]
pub struct Events {
    /// How many rows there are in all.
    pub total: u64,
    /// Those that were asked for, by tick.
    pub items: Vec<Event>,
}

/// A number of events of a kind in a tick, or one of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The tick.
    pub tick: u32,
    /// One of [`EVENT_TYPES`].
    pub of_type: &'static str,
    /// The kind.
    pub kind: String,
    /// Who reported it; `None` for counts.
    pub agent: Option<u32>,
    /// How many there were.
    pub count: u64,
    /// What the model says beside it; `None` for counts.
    pub value: Option<f32>,
}

impl Reader {
    /// What agents reported.
    ///
    /// # Errors
    /// [`crate::TelemetryError::Asked`] for a kind that does not exist, or those of reading.
    pub async fn events(&self, index: &Index, query: &EventQuery) -> Result<Events> {
        let rows = self.event_rows(index, query).await?;
        Ok(Events { total: rows.total(), items: rows.iter().filter_map(|row| event(&row)).collect() })
    }

    /// The same as rows of the table `events`.
    ///
    /// # Errors
    /// As [`Self::events`].
    pub async fn event_rows(&self, index: &Index, query: &EventQuery) -> Result<Rows> {
        let kinds = places("kinds", &query.kinds, &names(&index.event_kinds))?;
        let Some(range) = ticks(index, query.from_tick, query.to_tick)? else {
            return Ok(Rows::none(Table::Events, index));
        };
        let mut sought = Sought::ticks(range);
        if query.kinds != Names::All {
            sought.words.push((KIND, kinds.iter().map(|(_, kind)| kind.as_bytes().to_vec()).collect()));
        }
        sought.words.extend(query.of_type.map(|of_type| (TYPE, [of_type.as_bytes().to_vec()].into())));
        let page = Page { skip: query.skip, limit: query.limit };
        self.page(index, Table::Events, sought, page).await
    }
}

/// A row, in the order of the table's columns.
fn event(row: &[Cell<'_>]) -> Option<Event> {
    let [Cell::Whole(tick), Cell::Text(of_type), Cell::Text(kind), agent, Cell::Whole(count), value] = *row else {
        return None;
    };
    Some(Event {
        tick: tick as u32,
        of_type: EVENT_TYPES.into_iter().find(|known| *known == of_type)?,
        kind: kind.to_owned(),
        agent: agent.whole().map(|agent| agent as u32),
        count,
        value: if let Cell::Float(value) = value { Some(value) } else { None },
    })
}
