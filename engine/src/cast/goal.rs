//! A goal whose names have become numbers, and what is known of an agent to judge it by: its traits in the order of the
//! model, then its own part in every metric.

use super::spec::{Goal, GoalTest, Quality};
use crate::error::{EngineError, Result};
use crate::kernel::AnyModel;
use crate::model::TraitKind;
use crate::workflow::{Comparison, compared, unknown};

/// A goal, understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Aim {
    /// Place in what is known of an agent, how it is compared, and with which number.
    tests: Vec<(usize, Comparison, f64)>,
}

impl Aim {
    /// # Errors
    /// [`EngineError::Invalid`] starting with `field` for a trait or a metric that the model does not have, or a value that
    /// cannot be compared with it so.
    pub(crate) fn new(field: &str, goal: &Goal, model: &dyn AnyModel) -> Result<Self> {
        let several = goal.all.len() > 1;
        let test = |(place, test): (usize, &GoalTest)| {
            let field = if several { format!("{field}[{place}]") } else { field.to_owned() };
            understood(&field, test, model)
        };
        Ok(Self { tests: goal.all.iter().enumerate().map(test).collect::<Result<_>>()? })
    }

    /// True where an agent of whom this is known is at the goal.
    pub(crate) fn holds(&self, known: &[f64]) -> bool {
        self.holds_for(|place| known[place])
    }

    /// The same of an agent of whom each is looked up by its place.
    pub(crate) fn holds_for(&self, known: impl Fn(usize) -> f64) -> bool {
        self.tests.iter().all(|&(place, comparison, value)| comparison.holds(known(place), value))
    }
}

fn understood(field: &str, test: &GoalTest, model: &dyn AnyModel) -> Result<(usize, Comparison, f64)> {
    let traits = model.traits();
    let only_equals = |name: &str| {
        let problem = format!("can compare {name}, which is no number, with equals only");
        Err(EngineError::invalid(field, problem))
    };
    match &test.quality {
        Quality::Trait(name) => {
            let path = format!("{field}.trait");
            let place = traits.iter().position(|known| known.name == name);
            let place = place.ok_or_else(|| unknown(&path, "trait", name, traits.iter().map(|known| known.name)))?;
            if !matches!(traits[place].kind, TraitKind::Number { .. }) && test.comparison != Comparison::Equal {
                return only_equals(name);
            }
            Ok((place, test.comparison, compared(field, &traits[place], &test.value)?))
        }
        Quality::Metric(name) => {
            let metrics = model.metrics();
            let path = format!("{field}.metric");
            let place = metrics.iter().position(|known| known.name == name);
            let place = place.ok_or_else(|| unknown(&path, "metric", name, metrics.iter().map(|known| known.name)))?;
            let Some(value) = test.value.finite() else {
                return Err(EngineError::invalid(field, format!("must compare {name} with a number")));
            };
            Ok((traits.len() + place, test.comparison, value))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::Catalogue;
    use crate::workflow::Value;

    fn aim(quality: Quality, comparison: Comparison, value: Value) -> Result<Aim> {
        let model = Catalogue::default().model("society", &BTreeMap::new()).unwrap();
        let goal = Goal { all: vec![GoalTest { quality, comparison, value }] };
        Aim::new("goal", &goal, model.as_ref())
    }

    fn of_trait(name: &str) -> Quality {
        Quality::Trait(name.to_owned())
    }

    #[test]
    fn goals_are_judged_by_traits_and_by_parts_in_metrics() {
        // Eight traits, then five metrics, of which the second is the sentiment.
        let mut known = vec![0.0; 13];
        known[0] = 0.6;
        known[9] = 0.2;
        let above = |name, value| aim(of_trait(name), Comparison::Greater, Value::Number(value)).unwrap();
        assert!(above("opinion", 0.5).holds(&known) && !above("opinion", 0.6).holds(&known));
        let stance = |label: &str| aim(of_trait("stance"), Comparison::Equal, Value::Text(label.to_owned())).unwrap();
        assert!(stance("skeptic").holds(&known) && !stance("neutral").holds(&known));
        let metric = Quality::Metric("sentiment".to_owned());
        assert!(aim(metric, Comparison::AtLeast, Value::Number(0.2)).unwrap().holds(&known));
    }

    #[test]
    fn goals_that_mean_nothing_are_refused() {
        let refusal = |quality, comparison, value| aim(quality, comparison, value).unwrap_err().to_string();
        let number = Value::Number(0.5);
        assert!(
            refusal(of_trait("stanse"), Comparison::Equal, number.clone())
                .starts_with("goal.trait names no trait `stanse`; there are: opinion, initial_opinion")
        );
        assert!(
            refusal(Quality::Metric("joy".to_owned()), Comparison::Equal, number.clone())
                .starts_with("goal.metric names no metric `joy`; there are: adoption_rate")
        );
        assert_eq!(
            refusal(of_trait("adopted"), Comparison::Greater, number.clone()),
            "goal can compare adopted, which is no number, with equals only"
        );
        assert_eq!(
            refusal(of_trait("stance"), Comparison::Equal, number),
            "goal must be one of: skeptic, neutral, supporter"
        );
        let text = Value::Text("high".to_owned());
        assert_eq!(refusal(of_trait("opinion"), Comparison::Less, text), "goal must be a number: `opinion` is one");
    }
}
