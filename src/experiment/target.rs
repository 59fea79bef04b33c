//! `target_agent`: whom a step or a metric is about. Everybody, agents by id, or agents by class and filter.

use std::fmt;

use civitas_engine::Target;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use utoipa::ToSchema;

use super::value::{Names, NamesForms, whole};
use super::{filter, invalid};
use crate::http::errors::ApiResult;
use crate::http::wire::number::Whole;

/// Whom a step is about.
#[derive(Clone, Debug, PartialEq)]
pub enum TargetBody {
    /// Everybody: the word `all`.
    All,
    /// Agents by id.
    Ids(Vec<Whole>),
    /// Agents by class, by filter, or by both.
    Filter(TargetFilter),
}

/// Whom a step is about: `all`, a list of ids, or a filter.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = ExperimentTarget)]
#[expect(dead_code, reason = "describes the forms of a target to OpenAPI; never held")]
pub(super) enum TargetForms {
    /// Everybody: the word `all`.
    All(String),
    /// Agents by id.
    Ids(Vec<u32>),
    /// Agents by class, by filter, or by both.
    Filter(TargetFilter),
}

/// Agents that a filter describes; at least one of both.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExperimentTargetFilter)]
pub struct TargetFilter {
    /// Only agents of this class, or of one of these.
    #[schema(value_type = Option<NamesForms>)]
    pub agent_class: Option<Names>,
    /// Only agents for which this holds, for instance `opinion > 0.2 and region == 'CA'`.
    pub filter_str: Option<String>,
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = TargetBody;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of agent ids, an object with agent_class or filter_str, or \"all\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<TargetBody, E> {
        if text == "all" { Ok(TargetBody::All) } else { Err(E::invalid_type(serde::de::Unexpected::Str(text), &self)) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, ids: A) -> Result<TargetBody, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(ids)).map(TargetBody::Ids)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<TargetBody, A::Error> {
        TargetFilter::deserialize(MapAccessDeserializer::new(fields)).map(TargetBody::Filter)
    }
}

impl<'de> Deserialize<'de> for TargetBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TargetVisitor)
    }
}

impl TargetBody {
    /// The target in the engine's words; `path` is that of `target_agent`.
    pub(super) fn target(self, path: &str) -> ApiResult<Target> {
        match self {
            Self::All => Ok(Target::default()),
            Self::Ids(given) => Ok(Target { ids: Some(ids(path, given)?), ..Target::default() }),
            Self::Filter(TargetFilter { agent_class: None, filter_str: None }) => {
                Err(invalid(path, "must have agent_class or filter_str; everybody is \"all\""))
            }
            Self::Filter(TargetFilter { agent_class, filter_str }) => {
                if agent_class.as_ref().is_some_and(|names| names.0.is_empty()) {
                    return Err(invalid(format!("{path}.agent_class"), "must name at least one class"));
                }
                let wrong = |problem: String| invalid(format!("{path}.filter_str"), problem);
                let conditions = filter_str.map(|text| filter::parse(&text).map_err(wrong)).transpose()?;
                let classes = agent_class.map(|names| names.0).unwrap_or_default();
                Ok(Target { ids: None, classes, conditions: conditions.unwrap_or_default() })
            }
        }
    }
}

/// Agents' ids; which of them exist is the engine's to say.
pub(super) fn ids(path: &str, given: Vec<Whole>) -> ApiResult<Vec<u32>> {
    if given.is_empty() {
        return Err(invalid(path, "must name at least one agent"));
    }
    given.into_iter().enumerate().map(|(n, id)| whole(&format!("{path}[{n}]"), id, (0, u32::MAX.into()))).collect()
}
