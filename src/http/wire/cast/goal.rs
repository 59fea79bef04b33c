//! Goals as clients write them: one condition or several, each a trait or a metric compared with a value.

use std::fmt;

use civitas_engine::{Comparison, Goal, GoalTest, Quality};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use utoipa::ToSchema;

use crate::experiment::Scalar;
use crate::http::errors::{ApiError, ApiResult};
use crate::http::wire::object::Object;

/// The words for comparisons.
pub(super) const COMPARISONS: [(&str, Comparison); 5] = [
    ("above", Comparison::Greater),
    ("at_least", Comparison::AtLeast),
    ("below", Comparison::Less),
    ("at_most", Comparison::AtMost),
    ("equals", Comparison::Equal),
];

/// A condition: one trait or metric, compared in one way.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GoalConditionRequest)]
pub struct GoalTestBody {
    /// Name of a trait; this or `metric`.
    #[schema(example = "opinion")]
    pub r#trait: Option<String>,
    /// Name of a metric: the agent's own part in it.
    pub metric: Option<String>,
    /// It is above this number.
    #[schema(example = 0.5)]
    pub above: Option<Scalar>,
    /// It is this number or above.
    pub at_least: Option<Scalar>,
    /// It is below this number.
    pub below: Option<Scalar>,
    /// It is this number or below.
    pub at_most: Option<Scalar>,
    /// It is this number, true or false, or this label.
    pub equals: Option<Scalar>,
}

/// One condition, or a list of them.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = GoalRequest)]
#[expect(dead_code, reason = "describes the forms of goals to OpenAPI; never held")]
pub(super) enum GoalForms {
    /// One.
    One(GoalTestBody),
    /// All of these.
    All(Vec<GoalTestBody>),
}

/// Conditions that must all hold, written as one or as a list.
#[derive(Clone, Debug, PartialEq)]
pub struct GoalForm(Vec<GoalTestBody>);

struct GoalVisitor;

impl<'de> Visitor<'de> for GoalVisitor {
    type Value = GoalForm;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<GoalForm, A::Error> {
        Ok(GoalForm(vec![GoalTestBody::deserialize(MapAccessDeserializer::new(fields))?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<GoalForm, A::Error> {
        let mut tests = Vec::new();
        while let Some(Object(test)) = items.next_element()? {
            tests.push(test);
        }
        Ok(GoalForm(tests))
    }
}

impl<'de> Deserialize<'de> for GoalForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GoalVisitor)
    }
}

impl GoalForm {
    /// The goal as the engine takes it; `field` is where it stands.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field.
    pub(super) fn goal(self, field: &str) -> ApiResult<Goal> {
        let several = self.0.len() > 1;
        let tests = self.0.into_iter().enumerate();
        let tests = tests.map(|(place, body)| {
            let field = if several { format!("{field}[{place}]") } else { field.to_owned() };
            body.test(&field)
        });
        Ok(Goal { all: tests.collect::<ApiResult<_>>()? })
    }
}

impl GoalTestBody {
    fn test(self, field: &str) -> ApiResult<GoalTest> {
        let quality = match (self.r#trait, self.metric) {
            (Some(name), None) => Quality::Trait(name),
            (None, Some(name)) => Quality::Metric(name),
            _ => return Err(ApiError::invalid(format!("{field} must have either trait or metric"))),
        };
        let given = [self.above, self.at_least, self.below, self.at_most, self.equals];
        let mut given = COMPARISONS.iter().zip(given).filter_map(|((_, how), value)| value.map(|value| (*how, value)));
        match (given.next(), given.next()) {
            (Some((comparison, value)), None) => Ok(GoalTest { quality, comparison, value: value.into() }),
            _ => {
                let words = COMPARISONS.map(|(word, _)| word).join(", ");
                Err(ApiError::invalid(format!("{field} must have exactly one of {words}")))
            }
        }
    }
}
