//! The names that a workflow uses (traits, variables, regions, classes, agents) and the numbers behind them. A name that
//! does not exist is refused with those that do.

use std::collections::BTreeSet;

use crate::error::{EngineError, Result};
use crate::kernel::AnyModel;
use crate::model::TraitKind;
use crate::workflow::spec::{Comparison, Condition, Target, Value, Workflow};
use crate::workflow::target::{Test, Who};
use crate::workflow::values::compared;
use crate::world::Dataset;

/// What names are looked up in.
pub(super) struct Words<'a> {
    pub(super) model: &'a dyn AnyModel,
    pub(super) dataset: &'a Dataset,
    pub(super) workflow: &'a Workflow,
    pub(super) agents: u32,
}

impl Words<'_> {
    pub(super) fn who(&self, path: &str, target: &Target) -> Result<Who> {
        let path = format!("{path}.target_agent");
        let ids = target.ids.as_ref().map(|ids| {
            if let Some(place) = ids.iter().position(|&id| id >= self.agents) {
                let problem =
                    format!("is agent {}, who does not exist: ids go from 0 to {}", ids[place], self.agents - 1);
                return Err(EngineError::invalid(format!("{path}[{place}]"), problem));
            }
            Ok(ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect())
        });
        let groups = (!target.classes.is_empty()).then(|| {
            let mut flags = vec![false; self.workflow.groups.len().max(1)];
            for class in &target.classes {
                self.class(&format!("{path}.agent_class"), class, &mut flags)?;
            }
            Ok(flags)
        });
        let path = format!("{path}.filter_str");
        let tests = target.conditions.iter().map(|condition| self.test(&path, condition));
        Ok(Who { ids: ids.transpose()?, groups: groups.transpose()?, tests: tests.collect::<Result<_>>()? })
    }

    fn test(&self, path: &str, condition: &Condition) -> Result<Test> {
        let Condition { key, comparison, value } = condition;
        let labels: Vec<String> = match key.as_str() {
            "id" => {
                let Some(value) = value.finite() else {
                    return Err(EngineError::invalid(path, "compares id with something that is no number"));
                };
                return Ok(Test::Id(*comparison, value));
            }
            "region" => self.dataset.regions().iter().map(|region| region.code.clone()).collect(),
            "segment" => self.model.segments().iter().map(|&name| name.to_owned()).collect(),
            "agent_class" => self.workflow.groups.iter().map(|group| group.agent_class.clone()).collect(),
            _ => {
                let number = self.known(path, key)?;
                let known = &self.model.traits()[number];
                let ordered = !matches!(known.kind, TraitKind::Number { .. });
                only_equality(path, key, *comparison, ordered)?;
                let value = compared(path, known, value)?;
                return Ok(Test::Trait(number, *comparison, self.as_kept(number, value)?));
            }
        };
        only_equality(path, key, *comparison, true)?;
        let Value::Text(wanted) = value else {
            return Err(EngineError::invalid(path, format!("compares {key} with something that is no text")));
        };
        if !labels.contains(wanted) {
            return Err(unknown(path, key, wanted, labels.iter().map(String::as_str)));
        }
        let flags = labels.iter().map(|label| comparison.holds(label, wanted)).collect();
        Ok(match key.as_str() {
            "region" => Test::Region(flags),
            "segment" => Test::Segment(flags),
            _ => Test::Group(flags),
        })
    }

    /// A number as the trait keeps it, where it could be one of its values: so that what was set is found again.
    fn as_kept(&self, number: usize, value: f64) -> Result<f64> {
        let known = &self.model.traits()[number];
        match known.kind {
            TraitKind::Number { min, max, .. } if known.settable && (min..=max).contains(&value) => {
                self.model.rounded(number, value)
            }
            _ => Ok(value),
        }
    }

    fn class(&self, path: &str, class: &str, flags: &mut [bool]) -> Result<()> {
        let classes = || self.workflow.groups.iter().map(|group| group.agent_class.as_str());
        if !classes().any(|known| known == class) {
            return Err(unknown(path, "agent class", class, classes()));
        }
        for (flag, known) in flags.iter_mut().zip(classes()) {
            *flag |= known == class;
        }
        Ok(())
    }

    pub(super) fn regions(&self, path: &str, codes: &[String]) -> Result<Vec<bool>> {
        let regions = self.dataset.regions();
        let mut flags = vec![false; regions.len()];
        for (number, code) in codes.iter().enumerate() {
            let Some(place) = regions.iter().position(|region| region.code == *code) else {
                let known = regions.iter().map(|region| region.code.as_str());
                return Err(unknown(&format!("{path}.regions[{number}]"), "region", code, known));
            };
            flags[place] = true;
        }
        Ok(flags)
    }

    pub(super) fn variable(&self, path: &str, key: &str) -> Result<usize> {
        let variables = self.model.variables();
        let place = variables.iter().position(|variable| variable.name == key);
        place.ok_or_else(|| unknown(path, "variable", key, variables.iter().map(|variable| variable.name)))
    }

    pub(super) fn known(&self, path: &str, key: &str) -> Result<usize> {
        let traits = self.model.traits();
        let place = traits.iter().position(|known| known.name == key);
        place.ok_or_else(|| unknown(path, "state", key, traits.iter().map(|known| known.name)))
    }

    pub(super) fn settable(&self, path: &str, key: &str) -> Result<usize> {
        let number = self.known(path, key)?;
        let traits = self.model.traits();
        if traits[number].settable {
            return Ok(number);
        }
        let others: Vec<_> = traits.iter().filter(|known| known.settable).map(|known| known.name).collect();
        let problem = format!("is `{key}`, which follows from the others; there are: {}", others.join(", "));
        Err(EngineError::invalid(path, problem))
    }
}

/// The refusal of a name that does not exist, with those that do.
pub(crate) fn unknown<'a>(path: &str, what: &str, given: &str, known: impl Iterator<Item = &'a str>) -> EngineError {
    let known: Vec<_> = known.collect();
    let known = if known.is_empty() { "there are none".to_owned() } else { format!("there are: {}", known.join(", ")) };
    EngineError::invalid(path, format!("names no {what} `{given}`; {known}"))
}

/// Refuses to ask which of two labels is larger.
fn only_equality(path: &str, key: &str, comparison: Comparison, labels: bool) -> Result<()> {
    if !labels || matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
        return Ok(());
    }
    Err(EngineError::invalid(path, format!("can compare {key} with == and != only")))
}
