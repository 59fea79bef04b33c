//! Rows that are looked for in a table: which row groups have them is found out from footers, and where these do not tell, from
//! the columns that decide it. So a page of many rows reads whole row groups only where its own rows are.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::columns::Column;
use crate::error::Result;
use crate::file::{File, Group, Has};
use crate::index::{Index, Table, TableFile};
use crate::limits::FILES_AT_ONCE;
use crate::objects::Objects;
use crate::reader::{Reader, told};
use crate::tables::{AGENT, TICK};

/// What is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Sought {
    /// Rows of these ticks.
    pub(crate) ticks: RangeInclusive<u32>,
    /// Only those of this agent.
    pub(crate) agent: Option<u32>,
    /// Only those that have one of these words in this column.
    pub(crate) words: Vec<(&'static str, BTreeSet<Vec<u8>>)>,
}

impl Sought {
    /// Every row of these ticks.
    pub(crate) fn ticks(ticks: RangeInclusive<u32>) -> Self {
        Self { ticks, agent: None, words: Vec::new() }
    }
}

/// The rows of a row group that are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// All of so many.
    All(usize),
    /// Those with these numbers, rising.
    Some(Vec<usize>),
}

impl Chosen {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::All(rows) => *rows,
            Self::Some(rows) => rows.len(),
        }
    }

    /// Their numbers, rising.
    pub(crate) fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        let (all, some) = match self {
            Self::All(rows) => (0..*rows, &[][..]),
            Self::Some(rows) => (0..0, &rows[..]),
        };
        all.chain(some.iter().copied())
    }

    /// Of these, those from the `skip`th on, `limit` at most.
    fn page(&self, skip: usize, limit: usize) -> Self {
        if skip == 0 && limit >= self.len() {
            return self.clone();
        }
        Self::Some(self.rows().skip(skip).take(limit).collect())
    }
}

/// A file with the row groups that have rows which are looked for.
pub(crate) struct Surveyed {
    file: File,
    pub(crate) groups: Vec<(usize, Chosen)>,
}

/// A part of the rows that are looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) skip: usize,
    pub(crate) limit: usize,
}

impl Page {
    /// All of them.
    pub(crate) const ALL: Self = Self { skip: 0, limit: usize::MAX };
}

/// The rows of a page: what is wanted of row groups, and no more of them.
#[derive(Default)]
pub(crate) struct Picked {
    /// How many rows there are on all pages.
    pub(crate) total: u64,
    pub(crate) groups: Vec<Group>,
}

impl Reader {
    /// The rows of a page, in the order of the run. Of row groups without such rows the columns are read that tell it, if any.
    pub(crate) async fn pick(
        &self,
        index: &Index,
        table: Table,
        (sought, page): (Sought, Page),
        columns: &[String],
    ) -> Result<Picked> {
        let files = index.files_of(table, *sought.ticks.start(), *sought.ticks.end()).cloned();
        let files: Vec<TableFile> = files.collect();
        let sought = Arc::new(sought);
        let survey = |file| self.survey(index.run_id, file, Arc::clone(&sought));
        let mut surveys = pin!(stream::iter(files).map(survey).buffered(FILES_AT_ONCE));
        let mut picked = Picked::default();
        let Page { mut skip, mut limit } = page;
        while let Some(Surveyed { file, groups }) = surveys.try_next().await? {
            picked.total += groups.iter().map(|(_, chosen)| chosen.len() as u64).sum::<u64>();
            let mut due = Vec::new();
            for (group, chosen) in groups {
                let on_page = chosen.page(skip, limit);
                skip = skip.saturating_sub(chosen.len());
                limit -= on_page.len();
                if on_page.len() > 0 {
                    due.push((group, on_page));
                }
            }
            if !due.is_empty() {
                let all = due.len();
                let (groups, _) = self.read(Surveyed { file, groups: due }, all, columns.to_vec()).await?;
                picked.groups.extend(groups);
            }
        }
        Ok(picked)
    }

    /// Which row groups of a file have rows that are looked for.
    pub(crate) async fn survey(&self, run: Uuid, file: TableFile, sought: Arc<Sought>) -> Result<Surveyed> {
        self.in_turn(surveyed(self.objects().clone(), run, file, sought)).await
    }

    /// The rows that are looked for of the first row groups of a survey, with these columns, and the survey without these.
    pub(crate) async fn read(
        &self,
        surveyed: Surveyed,
        first: usize,
        columns: Vec<String>,
    ) -> Result<(Vec<Group>, Surveyed)> {
        self.in_turn(async move {
            let Surveyed { mut file, mut groups } = surveyed;
            let rest = groups.split_off(first.min(groups.len()));
            let places = file.places(&columns)?;
            let numbers: Vec<usize> = groups.iter().map(|(group, _)| *group).collect();
            file.fetch(&numbers, &places).await?;
            let decode = move || {
                // One whole row group is in memory at a time.
                let group = |(group, chosen): (usize, Chosen)| Ok(file.decode(group, &places)?.cut(&chosen));
                let groups = groups.into_iter().map(group).collect::<Result<Vec<_>>>()?;
                Ok((groups, Surveyed { file, groups: rest }))
            };
            told(spawn_blocking(decode)).await
        })
        .await
    }
}

async fn surveyed(objects: Objects, run: Uuid, file: TableFile, sought: Arc<Sought>) -> Result<Surveyed> {
    let mut file = File::open(objects, run, &file).await?;
    let mut numbers = vec![(TICK, sought.ticks.clone())];
    numbers.extend(sought.agent.map(|agent| (AGENT, agent..=agent)));
    let names: Vec<&str> =
        numbers.iter().map(|(name, _)| *name).chain(sought.words.iter().map(|(name, _)| *name)).collect();
    let places = file.places(&names)?;
    let mut known = Vec::new();
    for group in 0..file.groups() {
        let says = numbers.iter().zip(&places).map(|((_, values), &place)| file.has(group, place, values));
        let says: Vec<Has> = says.collect();
        let is_sure = sought.words.is_empty() && says.iter().all(|&has| has == Has::All);
        if !says.contains(&Has::None) {
            known.push((group, is_sure.then(|| Chosen::All(file.rows(group)))));
        }
    }
    let open: Vec<usize> = known.iter().filter(|(_, chosen)| chosen.is_none()).map(|(group, _)| *group).collect();
    file.fetch(&open, &places).await?;
    let decode = move || {
        let mut groups = Vec::new();
        for (group, chosen) in known {
            let chosen = match chosen {
                Some(chosen) => chosen,
                None => matching(&file.decode(group, &places)?, &numbers, &sought.words),
            };
            if chosen.len() > 0 {
                groups.push((group, chosen));
            }
        }
        Ok(Surveyed { file, groups })
    };
    told(spawn_blocking(decode)).await
}

/// The rows of a group, of which the columns of `numbers` and then those of `words` are there, that have all of these values.
fn matching(
    group: &Group,
    numbers: &[(&str, RangeInclusive<u32>)],
    words: &[(&'static str, BTreeSet<Vec<u8>>)],
) -> Chosen {
    let (of_numbers, of_words) = group.columns.split_at(numbers.len());
    let number = |row: usize, (column, (_, wanted)): (&Column, &(&str, RangeInclusive<u32>))| {
        let column = column.unsigneds();
        column.there[row] > 0 && wanted.contains(&(column.values[row] as u32))
    };
    let word = |row: usize, (column, (_, wanted)): (&Column, &(&str, BTreeSet<Vec<u8>>))| {
        let column = column.texts();
        column.there[row] > 0 && wanted.contains(column.values[row].data())
    };
    let is_wanted = |&row: &usize| {
        of_numbers.iter().zip(numbers).all(|pair| number(row, pair))
            && of_words.iter().zip(words).all(|pair| word(row, pair))
    };
    let rows: Vec<usize> = (0..group.rows).filter(is_wanted).collect();
    if rows.len() == group.rows { Chosen::All(group.rows) } else { Chosen::Some(rows) }
}
