//! Experiments as users of AgentSociety write them: one configuration of five parts (environment, agents, workflow, map,
//! name), read from a request or a file and translated to the engine's specification. Owns field names, defaults and the
//! reasons for what is refused; it must not run anything, nor know who asks.
//!
//! Map: [`body`] is the whole configuration and its translation; `environment`, `agents`, `workflow`, `step`, `survey` and
//! `target` its parts, each with the wire types first; `actions` turns steps into the engine's; `filter` reads filter
//! strings; `value` single values, `foreign` what AgentSociety has and civitas has not; `paths` turns the engine's field
//! paths back into the user's; [`mod@file`] reads configurations from files.
//!
//! The engine checks all that needs a model or a data set (traits, variables, regions); here stands the rest.

mod actions;
mod agents;
pub mod body;
mod environment;
pub mod file;
mod filter;
mod foreign;
mod paths;
mod step;
mod survey;
mod target;
mod value;
mod workflow;

pub use body::{Draft, ExperimentBody};
pub use paths::{Paths, reworded};
pub use value::{Scalar, Table};

use std::fmt::Display;

use crate::http::errors::{ApiError, ErrorCode};

/// A part of the configuration is wrong; `path` leads to it, `problem` is the rest of the sentence.
fn invalid(path: impl Display, problem: impl Display) -> ApiError {
    ApiError::new(ErrorCode::InvalidExperiment, format!("{path} {problem}"))
}

/// AgentSociety knows this, civitas cannot do it, and skipping it would change what the experiment means.
fn unsupported(path: impl Display, problem: impl Display) -> ApiError {
    ApiError::new(ErrorCode::UnsupportedStep, format!("{path} {problem}"))
}

#[cfg(test)]
mod tests;
