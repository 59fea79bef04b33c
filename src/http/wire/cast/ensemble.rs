//! An ensemble as clients write it, and as it stands in answers: one persona, how many copies of it, the goal, and the society
//! that they live in.

use civitas_engine::{Ensemble, MAX_COPIES};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::goal::{GoalForm, GoalForms};
use super::in_force::{GoalInForce, PersonaInForce, conditions};
use super::persona;
use crate::experiment::{Scalar, Table};
use crate::http::errors::{ApiError, ApiResult};
use crate::http::wire::config::bounded;
use crate::http::wire::number::Whole;
use crate::http::wire::object::optional;

/// How many copies there are where that is not said.
const DEFAULT_COPIES: u32 = 1_000;

/// Copies of one persona, each going its own way in a given society.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EnsembleRequest)]
pub struct EnsembleBody {
    /// Who all of them are.
    #[serde(default, deserialize_with = "optional")]
    #[schema(required = true)]
    pub persona: Option<PersonaBody>,
    /// How many.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000, default = 1000)]
    pub copies: Option<Whole>,
    /// The state that is to be reached: one condition, or a list of conditions that must all hold.
    #[schema(value_type = GoalForms, required = true)]
    pub goal: Option<GoalForm>,
    /// The society around them; left out, it stays as the model makes it at birth.
    #[serde(default, deserialize_with = "optional")]
    pub society: Option<SocietyBody>,
}

/// Who somebody is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PersonaRequest)]
pub struct PersonaBody {
    /// Code of the region that it lives in; required, unless the data set has only one.
    #[schema(example = "CA")]
    pub region: Option<String>,
    /// Name of the segment that it is of; drawn for each copy, where it is left out.
    #[schema(example = "late_majority")]
    pub segment: Option<String>,
    /// Traits that it is born with, by name: numbers, true or false, or labels. The others are drawn for each copy.
    #[schema(value_type = Option<std::collections::BTreeMap<String, Scalar>>, example = json!({"opinion": -0.4}))]
    pub traits: Option<Table<Scalar>>,
}

/// A society that was recorded.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SocietyRequest)]
pub struct SocietyBody {
    /// A run that has succeeded, with telemetry by region.
    pub run_id: Uuid,
    /// `recorded`: tick by tick as it was; `mean`: in all ticks as it was on average.
    #[schema(default = "recorded")]
    pub environment: Option<String>,
}

impl SocietyBody {
    /// True where it stays as it was on average.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` for another word.
    pub fn is_mean(&self) -> ApiResult<bool> {
        match self.environment.as_deref() {
            None | Some("recorded") => Ok(false),
            Some("mean") => Ok(true),
            Some(other) => {
                let detail = format!("config.target.society.environment must be recorded or mean, not {other:?}");
                Err(ApiError::invalid(detail))
            }
        }
    }
}

impl EnsembleBody {
    /// The ensemble as the engine takes it, with nothing recorded around it yet, and how many copies it has.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field.
    pub(super) fn ensemble(self) -> ApiResult<(Ensemble, u32)> {
        if self.society.is_some() {
            let detail = "config.target.society names a run of a server: POST /runs takes it, and a batch, a node's runs and a file do not";
            return Err(ApiError::invalid(detail));
        }
        let required = |field: &str| ApiError::invalid(format!("target.{field} is required"));
        let PersonaBody { region, segment, traits } = self.persona.ok_or_else(|| required("persona"))?;
        let goal = self.goal.ok_or_else(|| required("goal"))?.goal("target.goal")?;
        let copies = bounded("target.copies", self.copies, (1, MAX_COPIES.into()))?.unwrap_or(DEFAULT_COPIES);
        Ok((Ensemble { persona: persona(region, segment, traits), goal, ..Ensemble::default() }, copies))
    }
}

/// An ensemble as it was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EnsembleInForce {
    /// Who all copies are.
    pub persona: PersonaInForce,
    /// How many there are.
    pub copies: u32,
    /// The state that is to be reached: conditions that must all hold.
    pub goal: Vec<GoalInForce>,
    /// The society around them; null where it stays as the model makes it.
    pub society: Option<SocietyInForce>,
}

/// A society that was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SocietyInForce {
    /// The run that it was recorded of.
    pub run_id: String,
    /// `recorded` or `mean`.
    pub environment: &'static str,
}

impl EnsembleInForce {
    /// Of this ensemble with so many copies.
    pub(super) fn of(ensemble: Ensemble, copies: u32) -> Self {
        let Ensemble { persona, goal, around } = ensemble;
        let environment = if around.ticks.len() > 1 { "recorded" } else { "mean" };
        let society = around.source.map(|run_id| SocietyInForce { run_id, environment });
        Self { persona: persona.into(), copies, goal: conditions(goal), society }
    }
}
