//! What is asked of telemetry, checked against what there is: ticks, and names of metrics, variables, regions and segments.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::error::{Result, TelemetryError};
use crate::index::{Group, Index, Named};

/// Names that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// None.
    #[default]
    None,
    /// All that there are.
    All,
    /// These.
    Some(Vec<String>),
}

/// A question about a run's ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceQuery {
    /// The first tick; the first that is recorded where it is left out.
    pub from_tick: Option<u32>,
    /// The last tick; the last that is recorded where it is left out.
    pub to_tick: Option<u32>,
    /// Every so many ticks, at least 1.
    pub resolution: u32,
    /// Metrics.
    pub metrics: Names,
    /// Regions.
    pub regions: Names,
    /// Segments.
    pub segments: Names,
    /// Variables of the environment.
    pub variables: Names,
}

impl Default for SliceQuery {
    fn default() -> Self {
        let (none, all) = (Names::None, Names::All);
        Self {
            from_tick: None,
            to_tick: None,
            resolution: 1,
            metrics: all,
            regions: none.clone(),
            segments: none.clone(),
            variables: none,
        }
    }
}

/// Refuses ticks in the wrong order.
///
/// # Errors
/// [`TelemetryError::Asked`].
pub(crate) fn check_order(from: Option<u32>, to: Option<u32>) -> Result<()> {
    match (from, to) {
        (Some(from), Some(to)) if from > to => {
            Err(TelemetryError::asked("from_tick", format!("must be at most to_tick ({to}), not {from}")))
        }
        _ => Ok(()),
    }
}

/// The ticks from one to another that are recorded; nothing where none are yet, or where they lie beyond the last one of a run
/// that still goes on.
///
/// # Errors
/// [`TelemetryError::Asked`] for ticks in the wrong order.
pub(crate) fn ticks(index: &Index, from: Option<u32>, to: Option<u32>) -> Result<Option<RangeInclusive<u32>>> {
    check_order(from, to)?;
    let Some(last) = index.last_tick else { return Ok(None) };
    let range = from.unwrap_or(0).max(index.first_tick)..=to.unwrap_or(last).min(last);
    Ok((!range.is_empty()).then_some(range))
}

/// The places of names in a list, in the order of the list, with what each is called.
///
/// # Errors
/// [`TelemetryError::Asked`] for a name that is not there.
pub(crate) fn places<'a>(field: &'static str, asked: &Names, there: &[&'a str]) -> Result<Vec<(usize, &'a str)>> {
    let all = || there.iter().copied().enumerate();
    match asked {
        Names::None => Ok(Vec::new()),
        Names::All => Ok(all().collect()),
        Names::Some(names) => {
            if let Some(unknown) = names.iter().find(|name| !there.contains(&name.as_str())) {
                let problem = format!("{unknown:?} does not exist; there are: {}", there.join(", "));
                return Err(TelemetryError::asked(field, problem));
            }
            Ok(all().filter(|(_, name)| names.iter().any(|asked| asked == name)).collect())
        }
    }
}

/// Names of columns.
pub(crate) fn names(columns: &[Named]) -> Vec<&str> {
    columns.iter().map(|column| column.name.as_str()).collect()
}

/// Names of regions or segments.
pub(crate) fn group_names(groups: &[Group]) -> Vec<&str> {
    groups.iter().map(|group| group.name.as_str()).collect()
}

/// Finds the place of a name among those that were asked for.
pub(crate) struct Finder(HashMap<Vec<u8>, usize>);

impl Finder {
    pub(crate) fn of(asked: &[(usize, &str)]) -> Self {
        Self(asked.iter().enumerate().map(|(place, (_, name))| (name.as_bytes().to_vec(), place)).collect())
    }

    pub(crate) fn find(&self, name: &[u8]) -> Option<usize> {
        self.0.get(name).copied()
    }
}
