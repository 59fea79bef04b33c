//! Named agents as clients write them: who they are, and what is asked of them. Owns the names of fields and which mode goes
//! with which; what names mean is the engine's.
//!
//! Map: [`ensemble`] copies of one persona; [`goal`] states that are to be reached; `in_force` the same in answers; [`report`] what became of them.

pub mod ensemble;
pub mod goal;
mod in_force;
pub mod passage;
pub mod report;

use civitas_engine::{Cast, Persona, TargetAgent};
use serde::Deserialize;
use utoipa::ToSchema;

use super::config::{RunConfig, bounded};
use super::number::Whole;
use super::object::Object;
use crate::experiment::{Scalar, Table};
use crate::http::errors::{ApiError, ApiResult};

use ensemble::EnsembleBody;
use goal::GoalForm;
pub use in_force::{GoalInForce, PersonaInForce, TargetInForce};

/// An agent that lives inside the society and has a name.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TargetRequest)]
pub struct TargetBody {
    /// Its name; no two are alike.
    #[schema(min_length = 1, max_length = 100, example = "Ada")]
    pub name: String,
    /// Which agent it is; left out, one of its region and segment that the seed chooses.
    #[schema(value_type = Option<u32>, minimum = 0)]
    pub agent: Option<Whole>,
    /// Code of the region that it lives in; any, where it is left out.
    #[schema(example = "CA")]
    pub region: Option<String>,
    /// Name of the segment that it is of; any, where it is left out.
    #[schema(example = "late_majority")]
    pub segment: Option<String>,
    /// Traits that it is born with, by name: numbers, true or false, or labels. The others are as the model makes them.
    #[schema(value_type = Option<std::collections::BTreeMap<String, Scalar>>, example = json!({"opinion": -0.4}))]
    pub traits: Option<Table<Scalar>>,
    /// A state whose first tick is noted: one condition, or a list of conditions that must all hold.
    #[schema(value_type = Option<goal::GoalForms>)]
    pub goal: Option<GoalForm>,
}

impl TargetBody {
    fn target(self, field: &str) -> ApiResult<TargetAgent> {
        Ok(TargetAgent {
            name: self.name,
            agent: bounded(&format!("{field}.agent"), self.agent, (0, u32::MAX.into()))?,
            persona: persona(self.region, self.segment, self.traits),
            goal: self.goal.map(|goal| goal.goal(&format!("{field}.goal"))).transpose()?,
        })
    }
}

fn persona(region: Option<String>, segment: Option<String>, traits: Option<Table<Scalar>>) -> Persona {
    let traits = traits.unwrap_or_default().0;
    Persona { region, segment, traits: traits.into_iter().map(|(name, value)| (name, value.into())).collect() }
}

/// The named agents of a configuration, and how many agents there are where these are copies. `agents` is what the
/// configuration says of that.
///
/// # Errors
/// `VALIDATION_ERROR` starting with the field.
pub(super) fn cast(
    targets: Option<Vec<Object<TargetBody>>>,
    target: Option<EnsembleBody>,
    agents: Option<u32>,
) -> ApiResult<(Option<Cast>, Option<u32>)> {
    if let Some(target) = target {
        let (ensemble, copies) = target.ensemble()?;
        if agents.is_some_and(|agents| agents != copies) {
            let detail = format!("population.agents must be {copies}, as many as target.copies, or be left out");
            return Err(ApiError::invalid(detail));
        }
        return Ok((Some(Cast::Target(ensemble)), Some(copies)));
    }
    let Some(targets) = targets else { return Ok((None, agents)) };
    let targets = targets.into_iter().enumerate();
    let targets = targets.map(|(place, Object(body))| body.target(&format!("targets[{place}]")));
    Ok((Some(Cast::Hybrid(targets.collect::<ApiResult<_>>()?)), agents))
}

/// Accepts a mode with the fields that go with it; `field` is where the mode stands, `within` what the configuration is called.
///
/// # Errors
/// `VALIDATION_ERROR` starting with one of these.
pub(super) fn check_mode((field, within): (&str, &str), mode: Option<&str>, config: &RunConfig) -> ApiResult<()> {
    let mode = mode.unwrap_or("society");
    let detail = match (mode, config.targets.is_some(), config.target.is_some()) {
        ("society", false, false) | ("hybrid", true, false) | ("target", false, true) => return Ok(()),
        ("society", true, _) => format!("{field} must be hybrid, where {within}.targets names agents"),
        ("society", _, true) => format!("{field} must be target, where {within}.target has a persona"),
        ("hybrid", false, _) => format!("{within}.targets is required where {field} is hybrid"),
        ("hybrid", ..) => format!("{within}.target must be left out where {field} is hybrid"),
        ("target", _, false) => format!("{within}.target is required where {field} is target"),
        ("target", ..) => format!("{within}.targets must be left out where {field} is target"),
        ("experiment", ..) => format!("{field} experiment is made by POST /api/run-experiments; use society here"),
        (other, ..) => format!("{field} must be one of society, target, hybrid, not {other:?}"),
    };
    Err(ApiError::invalid(detail))
}
