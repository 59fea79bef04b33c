//! What a model says of itself, checked once when it is registered: a wrong declaration is a mistake of its author, who is
//! told so at the start of the program rather than by a run's failure or by a figure in the wrong place. It owns these
//! rules; what runs give is checked elsewhere.

use std::collections::BTreeSet;

use super::{MAX_METRICS, Model, Parameter, Trait, TraitKind, Variable};
use crate::error::{EngineError, Result};

/// What conditions of experiments can name besides traits.
const TAKEN: [&str; 4] = ["id", "region", "segment", "agent_class"];

/// Checks all that a model declares.
///
/// # Errors
/// [`EngineError::Invalid`] naming the model and the constant of [`Model`] that is wrong.
pub(crate) fn check_declaration<M: Model>() -> Result<()> {
    let author = Author(M::NAME);
    author.names("NAME", [M::NAME])?;
    if !(1..=MAX_METRICS).contains(&M::METRICS.len()) {
        return author.refuse("METRICS", format!("must have 1 to {MAX_METRICS} entries, not {}", M::METRICS.len()));
    }
    if M::SEGMENTS.is_empty() {
        return author.refuse("SEGMENTS", "must have at least one entry");
    }
    author.names("SEGMENTS", M::SEGMENTS.iter().copied())?;
    author.names("METRICS", M::METRICS.iter().map(|metric| metric.name))?;
    author.names("PARAMETERS", M::PARAMETERS.iter().map(|parameter| parameter.name))?;
    author.names("VARIABLES", M::VARIABLES.iter().map(|variable| variable.name))?;
    author.names("TRAITS", M::TRAITS.iter().map(|known| known.name))?;
    author.names("EVENTS", M::EVENTS.iter().map(|kind| kind.name))?;
    M::PARAMETERS.iter().try_for_each(|parameter| author.parameter(parameter))?;
    M::VARIABLES.iter().try_for_each(|variable| author.variable(variable))?;
    M::TRAITS.iter().try_for_each(|known| author.known(known))?;
    author.report::<M>()
}

/// Whom errors name.
struct Author(&'static str);

impl Author {
    fn refuse(&self, part: &str, problem: impl Into<String>) -> Result<()> {
        Err(EngineError::invalid(format!("the model `{}`: {part}", self.0), problem))
    }

    /// Names are different, and what a key in JSON and a column can be called.
    fn names(&self, part: &str, names: impl IntoIterator<Item = &'static str>) -> Result<()> {
        let mut seen = BTreeSet::new();
        for name in names {
            if !is_snake_case(name) {
                let problem =
                    format!("has the name `{name}`, which is not in snake_case: a to z first, then a to z, 0 to 9, _");
                return self.refuse(part, problem);
            }
            if !seen.insert(name) {
                return self.refuse(part, format!("has the name `{name}` twice"));
            }
        }
        Ok(())
    }

    fn parameter(&self, parameter: &Parameter) -> Result<()> {
        let Parameter { name, min, max, default, .. } = *parameter;
        let part = format!("PARAMETERS, {name}");
        if !(min.is_finite() && max.is_finite() && min <= max) {
            return self.refuse(&part, format!("has the range {min} to {max}, which holds no number or no end"));
        }
        let field = format!("the model `{}`: {part}, its default", self.0);
        [min, max, default].into_iter().try_for_each(|value| parameter.check(&field, value))
    }

    fn variable(&self, variable: &Variable) -> Result<()> {
        if (0.0..=1.0).contains(&variable.default) {
            return Ok(());
        }
        let part = format!("VARIABLES, {}", variable.name);
        self.refuse(&part, format!("has the default {}, which is not between 0 and 1", variable.default))
    }

    fn known(&self, known: &Trait) -> Result<()> {
        let part = format!("TRAITS, {}", known.name);
        if TAKEN.contains(&known.name) {
            return self.refuse(&part, "has a name that every agent's own data has in conditions; choose another");
        }
        match known.kind {
            TraitKind::Number { min, max, .. } if !(min.is_finite() && max.is_finite() && min <= max) => {
                self.refuse(&part, format!("has the range {min} to {max}, which holds no number or no end"))
            }
            TraitKind::Choice([]) => self.refuse(&part, "has no labels to choose from"),
            TraitKind::Choice(labels) if labels.iter().collect::<BTreeSet<_>>().len() < labels.len() => {
                self.refuse(&part, "has a label twice")
            }
            _ => Ok(()),
        }
    }

    /// Every place in the report is that of a metric, and no two lines of a part have one name.
    fn report<M: Model>(&self) -> Result<()> {
        let report = M::REPORT;
        let summary = report.summary.iter().map(|&(name, metric, _)| (name, metric));
        for (part, lines) in [
            ("REPORT.summary", summary.collect::<Vec<_>>()),
            ("REPORT.distribution", report.distribution.to_vec()),
            ("REPORT.trends", report.trends.to_vec()),
        ] {
            self.names(part, lines.iter().map(|&(name, _)| name))?;
            self.places::<M>(part, lines.iter().map(|&(_, metric)| metric))?;
        }
        for (_, kind) in report.swings {
            self.names("REPORT.swings", [*kind])?;
        }
        if let Some((_, level, _)) = report.milestones.iter().find(|(_, level, _)| !level.is_finite()) {
            return self.refuse("REPORT.milestones", format!("has the level {level}, which nothing crosses"));
        }
        self.places::<M>("REPORT.milestones", report.milestones.iter().map(|&(metric, ..)| metric))?;
        self.places::<M>("REPORT.swings", report.swings.iter().map(|&(metric, _)| metric))?;
        self.places::<M>("REPORT.headline", [report.headline])
    }

    fn places<M: Model>(&self, part: &str, places: impl IntoIterator<Item = usize>) -> Result<()> {
        let metrics = M::METRICS.len();
        match places.into_iter().find(|&place| place >= metrics) {
            None => Ok(()),
            Some(place) => {
                self.refuse(part, format!("names metric {place}; there are {metrics}, counted from 0 in METRICS"))
            }
        }
    }
}

fn is_snake_case(name: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|first| first.is_ascii_lowercase())
        && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_')
}
