//! A data set's own agents: one row for each, with the region that it lives in and what it is born with. It owns the kinds
//! of columns and the order of agents; what a column means to a model is [`super::super::roster`]'s matter.

use std::collections::HashMap;

use super::regions::{Codes, code_number};
use super::table::{Row, Rows, Table, kept_text};
use super::{MAX_DATASET_AGENTS, MAX_TRAIT_COLUMNS, Region};
use crate::error::Result;

/// The column that names agents' segments.
pub(crate) const SEGMENT: &str = "segment";
/// The column that names their regions.
const REGION: &str = "region";
/// The column by which a table of ties names agents.
const ID: &str = "id";
/// The longest id, in characters: a UUID with its braces, and some.
const MAX_ID_CHARS: usize = 64;
/// The longest name of a column, in bytes: every name is part of the stored record, which has 4 kB.
const MAX_COLUMN_NAME_BYTES: usize = 64;
/// The longest label, in characters.
pub(super) const MAX_LABEL_CHARS: usize = 64;
/// The most different labels of a column: they are numbered with 16 bits, and a model's traits have far fewer.
pub(super) const MAX_LABELS: usize = 1_024;

/// The values of a column, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cells {
    /// Finite numbers.
    Numbers(Vec<f64>),
    /// True or false.
    Flags(Vec<bool>),
    /// Words: each once, and their places.
    Labels(Vec<String>, Vec<u16>),
}

/// A named column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) cells: Cells,
}

/// The agents of a data set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Agents {
    /// The region of each row, by number.
    pub(super) regions: Vec<u16>,
    /// The other columns, by name.
    pub(super) columns: Vec<Column>,
    /// The row of each agent: ids run region by region, and within one in the order of rows.
    order: Vec<u32>,
    /// Agents per region.
    counts: Vec<u32>,
}

/// How a table of ties names the agents.
pub(super) enum Names {
    /// By their row in the table of agents, from 0.
    Rows,
    /// By the column `id` of that table: the row of each.
    Ids(HashMap<Box<str>, u32>),
}

impl Names {
    /// The row of the agent that a column names, by the column's name and place; there are `agents` of them.
    pub(super) fn find(&self, row: &Row<'_, '_>, (column, place): (&str, usize), agents: usize) -> Result<u32> {
        let name = row.value(place);
        let found = match self {
            Self::Rows => name.parse().ok().filter(|&row: &u32| (row as usize) < agents),
            Self::Ids(rows) => rows.get(name).copied(),
        };
        found.ok_or_else(|| {
            let wanted = match self {
                Self::Rows => format!(
                    "must be the row of an agent in the table of agents, a whole number from 0 to {}, or that table must \
                     have a column {ID}",
                    agents - 1
                ),
                Self::Ids(_) => format!("must be the {ID} of an agent in the table of agents"),
            };
            row.fault(format!("{column} {wanted}, not {name:?}"))
        })
    }

    /// Notes the id of the next agent.
    fn note(&mut self, row: &Row<'_, '_>, place: usize, agents: usize) -> Result<()> {
        let Self::Ids(rows) = self else { return Ok(()) };
        let id = kept_text(row, ID, row.value(place), MAX_ID_CHARS)?;
        match rows.insert(id.into(), agents as u32) {
            None => Ok(()),
            Some(_) => Err(row.fault(format!("{ID} {} stands twice; every agent needs its own", row.value(place)))),
        }
    }
}

impl Agents {
    /// Agents from columns that are complete and sound.
    pub(super) fn new(regions: Vec<u16>, mut columns: Vec<Column>, region_count: usize) -> Self {
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        let mut counts = vec![0; region_count];
        for &region in &regions {
            counts[usize::from(region)] += 1;
        }
        let mut next = 0;
        let mut starts: Vec<u32> = counts.iter().map(|&count| (next, next += count).0).collect();
        let mut order = vec![0; regions.len()];
        for (row, &region) in (0..).zip(&regions) {
            let id = &mut starts[usize::from(region)];
            order[*id as usize] = row;
            *id += 1;
        }
        Self { regions, columns, order, counts }
    }

    /// Agents per region, by number.
    pub(crate) fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The columns but for the region's, by name.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The labels of the column of segments, and how many rows have each.
    pub(super) fn segments(&self) -> Vec<(&str, u64)> {
        let column = self.columns.iter().find(|column| column.name == SEGMENT);
        let Some(Cells::Labels(labels, cells)) = column.map(|column| &column.cells) else { return Vec::new() };
        let mut counts: Vec<_> = labels.iter().map(|label| (label.as_str(), 0)).collect();
        cells.iter().for_each(|&place| counts[usize::from(place)].1 += 1);
        counts
    }

    /// The row of an agent.
    pub(crate) fn row(&self, agent: u32) -> usize {
        self.order[agent as usize] as usize
    }

    /// The agent of each row.
    pub(super) fn ids(&self) -> Vec<u32> {
        let mut ids = vec![0; self.order.len()];
        for (id, &row) in (0..).zip(&self.order) {
            ids[row as usize] = id;
        }
        ids
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.regions.len()
    }

    /// Reads the table of agents, and how a table of ties names them.
    pub(super) fn read(table: Table<'_>, regions: &[Region], codes: &Codes) -> Result<(Self, Names)> {
        let mut rows = Rows::new(table)?;
        let place = rows.need(REGION)?;
        let id = rows.find(&[ID]);
        let mut agent_names = if id.is_some() { Names::Ids(HashMap::new()) } else { Names::Rows };
        let others: Vec<usize> =
            (0..rows.header.len()).filter(|&column| column != place && Some(column) != id).collect();
        if others.len() > MAX_TRAIT_COLUMNS {
            let problem = format!("there are {} columns beside region; there may be {MAX_TRAIT_COLUMNS}", others.len());
            return Err(table.fault(1, problem));
        }
        let names = rows.header.clone();
        if let Some(name) = names.iter().find(|name| name.len() > MAX_COLUMN_NAME_BYTES) {
            let problem = format!("the column's name {name:?} is longer than {MAX_COLUMN_NAME_BYTES} bytes");
            return Err(table.fault(1, problem));
        }
        let mut homes = Vec::new();
        let mut filling: Vec<Filling<'_>> = Vec::new();
        while let Some(row) = rows.next()? {
            if homes.len() == MAX_DATASET_AGENTS {
                return Err(row.fault(format!("there are more than {MAX_DATASET_AGENTS} agents; leave some out")));
            }
            if let Some(id) = id {
                agent_names.note(&row, id, homes.len())?;
            }
            homes.push(code_number(&row, REGION, place, codes)? as u16);
            if filling.is_empty() {
                filling = others.iter().map(|&column| Filling::new(&names[column], row.value(column))).collect();
            }
            for (column, &place) in filling.iter_mut().zip(&others) {
                column.push(&row, row.value(place))?;
            }
        }
        if homes.is_empty() {
            return Err(table.fault(1, "there are no agents; give a row for each, or leave the table out"));
        }
        let columns = filling.into_iter().map(Filling::finish).collect();
        Ok((Self::new(homes, columns, regions.len()), agent_names))
    }
}

/// A column that is being read. Its first value says what kind of values it has.
struct Filling<'n> {
    name: &'n str,
    cells: Cells,
    /// The place of each label.
    places: HashMap<String, u16>,
}

impl<'n> Filling<'n> {
    fn new(name: &'n str, first: &str) -> Self {
        let cells = match flag(first) {
            _ if name == SEGMENT => Cells::Labels(Vec::new(), Vec::new()),
            Some(_) => Cells::Flags(Vec::new()),
            None if first.parse::<f64>().is_ok() => Cells::Numbers(Vec::new()),
            None => Cells::Labels(Vec::new(), Vec::new()),
        };
        Self { name, cells, places: HashMap::new() }
    }

    fn push(&mut self, row: &Row<'_, '_>, text: &str) -> Result<()> {
        let name = self.name;
        let unlike = |kind: &str| row.fault(format!("{name} must be {kind}, as in the first row, not {text:?}"));
        match &mut self.cells {
            Cells::Numbers(cells) => {
                let number = text.parse().ok().filter(|number: &f64| number.is_finite());
                // Minus zero is zero: what is equal must have equal bytes.
                cells.push(number.ok_or_else(|| unlike("a finite number"))? + 0.0);
            }
            Cells::Flags(cells) => cells.push(flag(text).ok_or_else(|| unlike("true or false"))?),
            Cells::Labels(labels, cells) => {
                let place = match self.places.get(text) {
                    Some(&place) => place,
                    None if labels.len() == MAX_LABELS => {
                        return Err(row.fault(format!("{name} has more than {MAX_LABELS} different labels")));
                    }
                    None => {
                        let label = kept_text(row, name, text, MAX_LABEL_CHARS)?;
                        self.places.insert(label.clone(), labels.len() as u16);
                        labels.push(label);
                        labels.len() as u16 - 1
                    }
                };
                cells.push(place);
            }
        }
        Ok(())
    }

    fn finish(self) -> Column {
        Column { name: self.name.to_owned(), cells: self.cells }
    }
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "true" | "TRUE" | "True" => Some(true),
        "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}
