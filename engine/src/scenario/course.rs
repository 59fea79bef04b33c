//! What a run's coordinator keeps of its effects: when each that has a precondition began, and how many agents each is about.
//! Owns what effects make of an environment, and the bytes of it that snapshots keep; it must not know of feedback, steps
//! of experiments or eras.
//!
//! Which effects are in force changes at one moment only: when nothing is due any more before a tick. What an experiment
//! does between two ticks is done in the environment of the first.

use std::borrow::Cow;
use std::sync::Arc;

use super::programme::{Line, Looked, Programme, Test};
use crate::conditions::Conditions;
use crate::error::{EngineError, Result};
use crate::fixed;
use crate::state::Reader;
use crate::tally::Tally;
use crate::world::Layout;

/// In bytes, of an effect that has not begun.
const NOT_YET: u32 = u32::MAX;
/// In bytes, of an application whose agents have not been counted.
const UNCOUNTED: u64 = u64::MAX;

/// How far a run's effects have come.
pub(crate) struct Course {
    programme: Arc<Programme>,
    /// When each effect begins or began, as far as that is known.
    begun: Vec<Option<u32>>,
    /// The tick whose effects are in force; none before the first is stepped.
    tick: Option<u32>,
    /// Of each application that is for some segments only, how many agents it is about, as far as that is known: partitions are
    /// asked when they are built, and a fork knows what its parent knew.
    counted: Vec<Option<u64>>,
}

impl Course {
    /// Of a run whose last completed tick is this one.
    pub(crate) fn new(programme: Arc<Programme>, tick: u32) -> Self {
        let known = |line: &Line| line.condition.is_none().then_some(line.from_tick);
        let begun = programme.lines.iter().map(known).collect();
        Self { programme, begun, tick: tick.checked_sub(1), counted: Vec::new() }
    }

    /// Says how many agents each application that is for some segments only is about.
    pub(crate) fn count(&mut self, counted: &[u64]) {
        self.counted = counted.iter().copied().map(Some).collect();
    }

    /// True when it is known of every application under which a tick was stepped how many agents it is about; `stepped` is the
    /// last completed tick.
    pub(crate) fn is_counted(&self, layout: &Layout, stepped: u32) -> bool {
        self.begun(layout, stepped).iter().all(|(_, _, agents)| agents.is_some())
    }

    /// True where nothing ever happens.
    pub(crate) fn is_empty(&self) -> bool {
        self.programme.is_empty()
    }

    /// True when the effects of this tick are in force.
    pub(crate) fn is_at(&self, tick: u32) -> bool {
        self.tick == Some(tick)
    }

    /// The effects of the tick that starts from the state of `tick` are in force from now on, but for those that begin with
    /// it by a precondition: these are judged in the environment without them.
    pub(crate) fn enter(&mut self, tick: u32) {
        self.tick = Some(tick);
        for (begun, line) in self.begun.iter_mut().zip(&self.programme.lines) {
            if line.condition.is_some() && begun.is_some_and(|begun| begun >= tick) {
                *begun = None;
            }
        }
    }

    /// Begins the effects whose precondition holds now. True where there are any.
    pub(crate) fn judge(&mut self, now: &Conditions, last: &Tally, layout: &Layout) -> bool {
        let Some(tick) = self.tick else { return false };
        let mut any = false;
        for (begun, line) in self.begun.iter_mut().zip(&self.programme.lines) {
            let waits = begun.is_none() && (line.from_tick..line.until_tick).contains(&tick);
            if waits && line.condition.as_ref().is_some_and(|test| test.holds(now, last, layout)) {
                (*begun, any) = (Some(tick), true);
            }
        }
        any
    }

    /// What the effects in force make of an environment: rows of so many variables, one per region, become one per region,
    /// or per region and segment where effects are for some segments.
    pub(crate) fn environment<'a>(&self, base: &'a [f32], variables: usize) -> Cow<'a, [f32]> {
        if self.is_empty() || variables == 0 {
            return Cow::Borrowed(base);
        }
        let (rows, regions) = (self.programme.rows_per_region(), base.len() / variables);
        let each_row = base.chunks_exact(variables).flat_map(|row| std::iter::repeat_n(row, rows)).flatten();
        let mut cells: Vec<f64> = each_row.map(|&value| value.into()).collect();
        for (line, strength) in self.in_force() {
            Line::each(&line.regions, regions, |region| {
                Line::each(&line.segments, rows, |row| {
                    let cell = &mut cells[(region * rows + row) * variables + line.variable];
                    *cell = line.operation.done(*cell, line.value, strength);
                });
            });
        }
        Cow::Owned(cells.into_iter().map(|value| value.clamp(0.0, 1.0) as f32).collect())
    }

    /// The effects that are felt in the tick, in order, with their strengths.
    fn in_force(&self) -> impl Iterator<Item = (&Line, f64)> {
        let felt = |(line, begun): (&'_ Line, &Option<u32>)| {
            let tick = self.tick.filter(|tick| *tick < line.until_tick)?;
            Some(line.intensity.at(tick.checked_sub((*begun)?)?)).filter(|strength| *strength > 0.0)
        };
        self.programme.lines.iter().zip(&self.begun).filter_map(move |(line, begun)| Some((line, felt((line, begun))?)))
    }

    /// The applications that have begun, in order, with the first tick that was stepped under each and how many agents each
    /// is about; `stepped` is the last completed tick.
    pub(super) fn begun(&self, layout: &Layout, stepped: u32) -> Vec<(usize, u32, Option<u64>)> {
        let affected = self.programme.affected(layout, &self.counted);
        let first = |effects: &[usize]| effects.iter().filter_map(|&effect| self.begun[effect]).min();
        let applications = self.programme.applications.iter().zip(affected).enumerate();
        applications
            .filter_map(|(place, (application, agents))| Some((place, first(&application.effects)?, agents)))
            .filter(|(_, tick, _)| *tick < stepped)
            .collect()
    }

    /// As bytes, for the history of a run whose last completed tick is `tick`: when the effects began that could before it,
    /// where they have a precondition, and how many agents applications are about. What begins with the next tick is
    /// judged again.
    pub(crate) fn to_bytes(&self, tick: u32) -> Vec<u8> {
        let begun = self.begun.iter().zip(&self.programme.lines).filter(|(_, line)| is_kept(line, tick));
        let begun = begun.map(|(begun, _)| begun.filter(|begun| *begun < tick).unwrap_or(NOT_YET));
        let begun: Vec<u32> = begun.collect();
        let mut bytes = (begun.len() as u32).to_le_bytes().to_vec();
        bytes.extend(begun.iter().flat_map(|begun| begun.to_le_bytes()));
        bytes.extend_from_slice(&(self.counted.len() as u32).to_le_bytes());
        bytes.extend(self.counted.iter().flat_map(|count| count.unwrap_or(UNCOUNTED).to_le_bytes()));
        bytes
    }

    /// What [`Course::to_bytes`] gave of a run with the programme `of`, in a society of so many regions, that is at `tick`, as that
    /// of a run with this programme, which is the same up to that tick.
    ///
    /// # Errors
    /// [`EngineError::State`] for bytes of another shape.
    pub(crate) fn from_bytes(
        programme: Arc<Programme>,
        of: &Programme,
        regions: usize,
        bytes: &[u8],
        tick: u32,
    ) -> Result<Self> {
        let mut course = Self::new(programme, tick);
        let mut reader = Reader::new(bytes);
        let begun = (0..reader.len(4)?).map(|_| reader.u32()).collect::<Result<Vec<_>>>()?;
        let counted = (0..reader.len(8)?).map(|_| reader.u64()).collect::<Result<Vec<_>>>()?;
        let kept = course.begun.iter_mut().zip(&course.programme.lines).filter(|(_, line)| is_kept(line, tick));
        let kept: Vec<_> = kept.map(|(begun, _)| begun).collect();
        if kept.len() != begun.len() || !reader.is_empty() {
            return Err(EngineError::State("its effects are not those of the run".to_owned()));
        }
        for (known, begun) in kept.into_iter().zip(begun) {
            *known = (begun != NOT_YET).then_some(begun);
        }
        let counted: Vec<_> = counted.into_iter().map(|count| (count != UNCOUNTED).then_some(count)).collect();
        course.counted = course.programme.counted_as_by(of, regions, &counted);
        Ok(course)
    }
}

/// True where the history has to say when the effect began.
fn is_kept(line: &Line, tick: u32) -> bool {
    line.condition.is_some() && line.from_tick < tick
}

impl Test {
    /// True when it holds with this environment and these sums.
    fn holds(&self, now: &Conditions, last: &Tally, layout: &Layout) -> bool {
        let agents = |region: usize| layout.region_agents(region).len() as u64;
        let value = match (self.subject, self.region) {
            (Looked::Metric(metric), None) => fixed::mean(last.total(metric), layout.agents().into()),
            (Looked::Metric(metric), Some(region)) => fixed::mean(last.by_region(region, metric), agents(region)),
            (Looked::Variable(variable), Some(region)) => mean_of(now, region, variable),
            (Looked::Variable(variable), None) => {
                let sum: f64 =
                    (0..layout.regions()).map(|region| mean_of(now, region, variable) * agents(region) as f64).sum();
                sum / f64::from(layout.agents())
            }
        };
        self.comparison.holds(value, self.value)
    }
}

/// The mean of a variable over the environments of a region.
fn mean_of(now: &Conditions, region: usize, variable: usize) -> f64 {
    let rows = now.rows_of_region(region);
    let sum: f64 = rows.iter().skip(variable).step_by(now.variables).map(|&value| f64::from(value)).sum();
    sum / now.rows_per_region as f64
}
