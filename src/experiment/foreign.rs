//! What configurations of AgentSociety may hold and civitas has not: Python callables, files on the original's server, kinds
//! of agents. Owns the reasons; each is given in full rather than ignored, for an experiment without one of its parts is
//! another experiment.

use serde::de::{Deserialize, Deserializer};

use super::invalid;
use crate::http::errors::ApiResult;

/// Names of fields that are known only to be refused; errors that list what there is leave them out.
pub(super) const NAMES: &[&str] = &[
    "agent_params",
    "banks",
    "blocks",
    "cache_path",
    "extract_time",
    "file_path",
    "firms",
    "func",
    "governments",
    "groups",
    "init_funcs",
    "memory_config_func",
    "memory_from_file",
    "nbs",
    "param_config",
    "reach_prob",
    "repeat",
    "save_as",
    "send_time",
    "source",
    "supervisor",
    "tags",
];

/// A value that is refused unless it says nothing: null, or an empty list, object or text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Foreign(bool);

impl<'de> Deserialize<'de> for Foreign {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde_json::Value;
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            Value::String(text) => !text.is_empty(),
            Value::Bool(_) | Value::Number(_) => true,
        }))
    }
}

impl Foreign {
    /// True where something is said.
    pub(super) fn is_given(self) -> bool {
        self.0
    }
}

/// Refuses the first of these fields of the object at `path` that is given, with its reason.
pub(super) fn refuse(path: &str, fields: &[(&str, Foreign, &str)]) -> ApiResult<()> {
    match fields.iter().find(|(_, given, _)| given.is_given()) {
        Some((name, _, reason)) => Err(invalid(format!("{path}.{name}"), format!("is not supported: {reason}"))),
        None => Ok(()),
    }
}
