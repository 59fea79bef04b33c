//! What the agents that a data set lists are born with, in a model's words: every column found among the model's traits,
//! every value within its range. Made once per run; partitions read it.

use std::sync::Arc;

use super::dataset::{Agents, Cells, Column, Dataset, SEGMENT};
use crate::error::{EngineError, Result};
use crate::kernel::AnyModel;
use crate::model::{Trait, TraitKind};

/// The agents of a data set, understood.
#[derive(Debug)]
pub(crate) struct Roster {
    dataset: Arc<Dataset>,
    /// The column of segments, and the segment that each label means.
    segment: Option<(usize, Vec<usize>)>,
    /// In the order of the model's traits, as models expect them.
    gifts: Vec<Gift>,
}

/// A trait that a column gives.
#[derive(Debug)]
struct Gift {
    /// Its place among the model's traits.
    place: usize,
    column: usize,
    /// The value that each label means.
    labels: Vec<f64>,
}

impl Roster {
    /// Understands the agents that a data set lists; `None` where it lists none.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a column that the model has nothing for, and for the first value that it cannot have.
    pub(crate) fn new(dataset: &Arc<Dataset>, model: &dyn AnyModel) -> Result<Option<Self>> {
        let Some(agents) = dataset.agents() else { return Ok(None) };
        let asked = Asked { dataset: dataset.name(), agents, model };
        let mut segment = None;
        let mut gifts = Vec::new();
        for (number, column) in agents.columns().iter().enumerate() {
            if column.name == SEGMENT {
                segment = Some((number, asked.segments(column)?));
            } else {
                gifts.push(asked.gift(number, column)?);
            }
        }
        gifts.sort_by_key(|gift| gift.place);
        Ok(Some(Self { dataset: Arc::clone(dataset), segment, gifts }))
    }

    fn agents(&self) -> &Agents {
        self.dataset.agents().expect("a roster is made only of a data set that lists agents")
    }

    /// The segment that an agent is put in.
    pub(crate) fn segment(&self, agent: u32) -> Option<usize> {
        let (column, segments) = self.segment.as_ref()?;
        match &self.agents().columns()[*column].cells {
            Cells::Labels(_, cells) => Some(segments[usize::from(cells[self.agents().row(agent)])]),
            Cells::Numbers(_) | Cells::Flags(_) => None,
        }
    }

    /// Calls `set` with each trait that an agent is given, and its value.
    pub(crate) fn endow(&self, agent: u32, mut set: impl FnMut(usize, f64)) {
        let agents = self.agents();
        let row = agents.row(agent);
        for gift in &self.gifts {
            set(gift.place, gift.value(&agents.columns()[gift.column].cells, row));
        }
    }
}

impl Gift {
    fn value(&self, cells: &Cells, row: usize) -> f64 {
        match cells {
            Cells::Numbers(cells) => cells[row],
            Cells::Flags(cells) => f64::from(u8::from(cells[row])),
            Cells::Labels(_, cells) => self.labels[usize::from(cells[row])],
        }
    }
}

/// Whose agents are asked for what.
struct Asked<'a> {
    dataset: &'a str,
    agents: &'a Agents,
    model: &'a dyn AnyModel,
}

impl Asked<'_> {
    fn wrong(&self, problem: String) -> EngineError {
        EngineError::invalid("population.dataset", format!("`{}` does not fit: {problem}", self.dataset))
    }

    /// The segment that each label of the column names.
    fn segments(&self, column: &Column) -> Result<Vec<usize>> {
        let (name, known) = (self.model.name(), self.model.segments());
        if !self.model.born_into_segments() {
            let problem = format!("the model `{name}` cannot be told agents' segments; leave out the column segment");
            return Err(self.wrong(problem));
        }
        self.places(column, known)
    }

    /// The place that each label of the column has among those that are known.
    fn places(&self, column: &Column, known: &[&str]) -> Result<Vec<usize>> {
        let Cells::Labels(labels, cells) = &column.cells else {
            let problem = format!("agents' column {} must hold labels: {}", column.name, known.join(", "));
            return Err(self.wrong(problem));
        };
        let place = |(number, label): (usize, &String)| {
            known.iter().position(|known| known == label).ok_or_else(|| {
                let row = cells.iter().position(|&cell| usize::from(cell) == number);
                self.wrong(format!(
                    "agents' row {}: {} must be one of {}, not {label}",
                    row.unwrap_or(0) + 1,
                    column.name,
                    known.join(", ")
                ))
            })
        };
        labels.iter().enumerate().map(place).collect()
    }

    /// The trait that a column gives.
    fn gift(&self, number: usize, column: &Column) -> Result<Gift> {
        let traits = self.model.traits();
        let Some(place) = traits.iter().position(|known| known.name == column.name && known.settable) else {
            let settable: Vec<_> = traits.iter().filter(|known| known.settable).map(|known| known.name).collect();
            let there_are = if settable.is_empty() { "none".to_owned() } else { settable.join(", ") };
            let (name, model) = (&column.name, self.model.name());
            let problem =
                format!("agents' column {name} is no trait that the model `{model}` lets be set; leave it out");
            return Err(self.wrong(format!("{problem}, or name one of: {there_are}")));
        };
        let labels = match traits[place].kind {
            TraitKind::Choice(known) => self.places(column, known)?.into_iter().map(|place| place as f64).collect(),
            TraitKind::Number { .. } | TraitKind::Flag => Vec::new(),
        };
        let gift = Gift { place, column: number, labels };
        self.check(&traits[place], column, &gift)?;
        Ok(gift)
    }

    /// Refuses the first value that the trait cannot have.
    fn check(&self, known: &Trait, column: &Column, gift: &Gift) -> Result<()> {
        let (fits, wanted): (fn(f64, f64, f64) -> bool, String) = match known.kind {
            TraitKind::Number { min, max, .. } => {
                (|value, min, max| (min..=max).contains(&value), format!("a number from {min} to {max}"))
            }
            TraitKind::Flag => (|value, _, _| value == 0.0 || value == 1.0, "true or false".to_owned()),
            TraitKind::Choice(_) => return Ok(()),
        };
        let (min, max) = match known.kind {
            TraitKind::Number { min, max, .. } => (min, max),
            TraitKind::Flag | TraitKind::Choice(_) => (0.0, 1.0),
        };
        let wrong_kind = match (&column.cells, known.kind) {
            (Cells::Labels(..), _) | (Cells::Flags(_), TraitKind::Number { .. }) => true,
            (Cells::Numbers(_) | Cells::Flags(_), _) => false,
        };
        if wrong_kind {
            return Err(self.wrong(format!("agents' column {} must hold {wanted} in every row", column.name)));
        }
        let unfit = (0..self.agents.len()).find(|&row| !fits(gift.value(&column.cells, row), min, max));
        match unfit {
            None => Ok(()),
            Some(row) => {
                let (name, value) = (&column.name, gift.value(&column.cells, row));
                Err(self.wrong(format!("agents' row {}: {name} must be {wanted}, not {value}", row + 1)))
            }
        }
    }
}
