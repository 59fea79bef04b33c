//! The effects of a run with names turned into numbers, checked against the model and the data set. Owns what a scope and a
//! precondition may name; what the effects do to an environment is `course`'s.

use std::sync::Arc;

use super::bundle::Cause;
use super::effect::{Effect, Operation, Precondition, Subject};
use super::intensity::Intensity;
use crate::error::{EngineError, Result, nearest};
use crate::kernel::AnyModel;
use crate::spec::RunSpec;
use crate::workflow::Comparison;
use crate::world::{Dataset, Layout};

/// All effects of a run, in order.
#[derive(Debug, Default)]
pub(crate) struct Programme {
    pub(super) lines: Vec<Line>,
    pub(super) applications: Vec<Application>,
    /// How many segments have environments of their own: those of the model where an effect is for some of them, else 1.
    pub(super) rows_per_region: usize,
}

/// An effect in numbers.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) variable: usize,
    pub(super) operation: Operation,
    pub(super) value: f64,
    pub(super) regions: Places,
    pub(super) segments: Places,
    pub(super) from_tick: u32,
    /// The first tick that is no longer stepped under it; it may be beyond the horizon.
    pub(super) until_tick: u32,
    pub(super) intensity: Intensity,
    pub(super) condition: Option<Test>,
}

/// Some of the regions or segments; `None` for all.
type Places = Option<Vec<usize>>;

/// A precondition in numbers.
#[derive(Debug)]
pub(super) struct Test {
    pub(super) subject: Looked,
    pub(super) region: Option<usize>,
    pub(super) comparison: Comparison,
    pub(super) value: f64,
}

/// What a precondition looks at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Looked {
    Metric(usize),
    Variable(usize),
}

/// Effects that are told of as one.
#[derive(Debug)]
pub(crate) struct Application {
    /// What they are part of; without it there is one effect.
    pub(super) cause: Option<Cause>,
    /// Places of the effects.
    pub(super) effects: Vec<usize>,
}

impl Line {
    /// Calls `each` with the places of all regions or segments that are meant, of so many.
    pub(super) fn each(places: &Places, count: usize, mut each: impl FnMut(usize)) {
        match places {
            Some(places) => places.iter().for_each(|&place| each(place)),
            None => (0..count).for_each(each),
        }
    }
}

impl Programme {
    /// # Errors
    /// [`EngineError::Invalid`] for a name that means nothing here, or a scope that holds nobody.
    pub(crate) fn new(spec: &RunSpec, model: &dyn AnyModel, dataset: &Dataset, layout: &Layout) -> Result<Arc<Self>> {
        let words = Words { model, dataset, layout };
        let lines = spec.effects.iter().enumerate();
        let lines = lines.map(|(place, effect)| {
            let field = effect.named(place);
            let line = words.line(effect, &field);
            // Of scripts, which are written elsewhere, the name alone does not say which effect it is.
            line.map_err(|error| if effect.cause.is_some() { error.named_at(&field) } else { error })
        });
        let lines = lines.collect::<Result<Vec<_>>>()?;
        let by_segment = lines.iter().any(|line| line.segments.is_some());
        let rows_per_region = if by_segment { model.segments().len() } else { 1 };
        Ok(Arc::new(Self { lines, applications: applications(&spec.effects), rows_per_region }))
    }

    /// True where nothing happens.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// How many environments a region has: one for each segment where an effect is for some of them.
    pub(crate) fn rows_per_region(&self) -> usize {
        self.rows_per_region.max(1)
    }

    /// Places of the applications that are for some segments only: how many agents they are about is counted by partitions.
    fn counted(&self) -> impl Iterator<Item = &Application> {
        self.applications.iter().filter(|application| self.needs_count(application))
    }

    fn needs_count(&self, application: &Application) -> bool {
        application.effects.iter().any(|&effect| self.lines[effect].segments.is_some())
    }

    /// How many applications those are.
    pub(crate) fn counted_applications(&self) -> usize {
        self.counted().count()
    }

    /// For each application that is for some segments only, in order: a flag per region and segment that it is about.
    pub(crate) fn counted_cells(&self, regions: usize) -> Vec<Vec<bool>> {
        self.counted().map(|application| self.cells(application, regions)).collect()
    }

    /// What another programme's counts say of the applications of this one that need counts: those about the same regions and
    /// segments are about the same agents.
    pub(super) fn counted_as_by(&self, other: &Self, regions: usize, counted: &[Option<u64>]) -> Vec<Option<u64>> {
        let (own, theirs) = (self.counted_cells(regions), other.counted_cells(regions));
        let known = |cells: &Vec<bool>| theirs.iter().zip(counted).find(|(other, _)| *other == cells)?.1.as_ref();
        own.iter().map(|cells| known(cells).copied()).collect()
    }

    /// A flag per region and row that one of the effects is about.
    fn cells(&self, application: &Application, regions: usize) -> Vec<bool> {
        let rows = self.rows_per_region();
        let mut cells = vec![false; regions * rows];
        for line in application.effects.iter().map(|&effect| &self.lines[effect]) {
            Line::each(&line.regions, regions, |region| {
                Line::each(&line.segments, rows, |row| cells[region * rows + row] = true);
            });
        }
        cells
    }

    /// How many agents each application is about; `counted` are the numbers that partitions found for those that need it.
    /// `None` where they have not been asked.
    pub(super) fn affected(&self, layout: &Layout, counted: &[Option<u64>]) -> Vec<Option<u64>> {
        let mut counted = counted.iter();
        let in_regions = |application| {
            let cells = self.cells(application, layout.regions());
            let rows = cells.chunks_exact(self.rows_per_region()).enumerate();
            rows.filter(|(_, row)| row.contains(&true))
                .map(|(region, _)| layout.region_agents(region).len() as u64)
                .sum()
        };
        let affected = |application| match self.needs_count(application) {
            true => counted.next().copied().flatten(),
            false => Some(in_regions(application)),
        };
        self.applications.iter().map(affected).collect()
    }
}

/// The effects of one script of a bundle are one application, told of where the first of them stands. Where a bundle is applied
/// once more, by a child of the run or by a fork, its effects begin anew, and are an application of their own.
fn applications(effects: &[Effect]) -> Vec<Application> {
    let mut applications: Vec<Application> = Vec::new();
    for (place, effect) in effects.iter().enumerate() {
        let last = |known: &&mut Application| is_of_one_script(effect, &effects[known.effects[0]]);
        match applications.iter_mut().rfind(last).filter(|known| goes_on(effect, known, effects)) {
            Some(application) => application.effects.push(place),
            None => applications.push(Application { cause: effect.cause.clone(), effects: vec![place] }),
        }
    }
    applications
}

/// True where a script of a bundle is applied more than once.
pub(crate) fn is_applied_again(effects: &[Effect]) -> bool {
    let found = applications(effects);
    let first = |application: &Application| &effects[application.effects[0]];
    let earlier =
        |place: usize| found[..place].iter().any(|known| is_of_one_script(first(&found[place]), first(known)));
    (0..found.len()).any(earlier)
}

fn is_of_one_script(effect: &Effect, other: &Effect) -> bool {
    let causes = effect.cause.as_ref().zip(other.cause.as_ref());
    causes.is_some_and(|(cause, other)| cause.is_of_one_script(other))
}

/// True for the effects of one application in their order.
fn goes_on(effect: &Effect, application: &Application, effects: &[Effect]) -> bool {
    let place = |effect: &Effect| effect.cause.as_ref().map(|cause| (cause.script_version, cause.effect));
    let last = application.effects.last().and_then(|&last| place(&effects[last]));
    let next = place(effect).zip(last);
    next.is_some_and(|((version, effect), (of, last))| version == of && effect > last)
}

/// What names can mean.
struct Words<'a> {
    model: &'a dyn AnyModel,
    dataset: &'a Dataset,
    layout: &'a Layout,
}

impl Words<'_> {
    fn line(&self, effect: &Effect, field: &str) -> Result<Line> {
        let regions = effect.scope.regions.as_ref().map(|codes| {
            codes.iter().map(|code| self.region(&format!("{field}.regions"), code)).collect::<Result<Vec<_>>>()
        });
        let segments = effect.scope.segments.as_ref().map(|names| {
            let known = self.model.segments();
            let place = |name: &String| found(&format!("{field}.segments"), "segment", name, known.iter().copied());
            names.iter().map(place).collect::<Result<Vec<_>>>()
        });
        let (regions, segments) = (regions.transpose()?, segments.transpose()?);
        if let Some(regions) = &regions
            && regions.iter().all(|&region| self.layout.region_agents(region).is_empty())
        {
            let problem = format!("hold none of the {} agents; name others, or leave it out", self.layout.agents());
            return Err(EngineError::invalid(format!("{field}.regions"), problem));
        }
        Ok(Line {
            variable: self.variable(&effect.variable)?,
            operation: effect.operation,
            value: effect.value,
            regions: regions.map(once_each),
            segments: segments.map(once_each),
            from_tick: effect.begins(),
            until_tick: effect.until_tick.unwrap_or(u32::MAX),
            intensity: effect.intensity.clone(),
            condition: effect.precondition.as_ref().map(|it| self.test(it, field)).transpose()?,
        })
    }

    fn test(&self, condition: &Precondition, field: &str) -> Result<Test> {
        let subject = match &condition.subject {
            Subject::Metric(name) => {
                let known = self.model.metrics().iter().map(|metric| metric.name);
                Looked::Metric(found(&format!("{field}.precondition.metric"), "metric", name, known)?)
            }
            Subject::Variable(name) => Looked::Variable(self.variable(name)?),
        };
        let region = condition.region.as_ref().map(|code| {
            let field = format!("{field}.precondition.region");
            let region = self.region(&field, code)?;
            if self.layout.region_agents(region).is_empty() {
                return Err(EngineError::invalid(field, format!("`{code}` holds no agents, so that it has no mean")));
            }
            Ok(region)
        });
        let (comparison, value) = (condition.comparison, condition.value);
        Ok(Test { subject, region: region.transpose()?, comparison, value })
    }

    fn region(&self, field: &str, code: &str) -> Result<usize> {
        found(field, "region", code, self.dataset.regions().iter().map(|region| region.code.as_str()))
    }

    fn variable(&self, name: &str) -> Result<usize> {
        let known = self.model.variables();
        let unknown = || EngineError::unknown_variable(name, self.model.name(), known.iter().map(|known| known.name));
        known.iter().position(|known| known.name == name).ok_or_else(unknown)
    }
}

/// In rising order, each once.
fn once_each(mut places: Vec<usize>) -> Vec<usize> {
    places.sort_unstable();
    places.dedup();
    places
}

/// Where the name stands among those that are known.
fn found<'a>(field: &str, what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Result<usize> {
    let known: Vec<&str> = known.collect();
    let unknown = || {
        let meant =
            nearest(name, known.iter().copied()).map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
        EngineError::invalid(field, format!("name no {what} `{name}`{meant}; there are: {}", known.join(", ")))
    };
    known.iter().position(|known| *known == name).ok_or_else(unknown)
}
