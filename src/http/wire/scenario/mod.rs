//! What a scenario changes, as clients write it: shifts of variables, plain or for a window and a scope, and effects of every
//! kind. Owns the names of fields, which go with which, and how two patches become one; what names and numbers mean is the
//! engine's.

mod effect;
mod in_force;
mod shift;

use std::collections::BTreeMap;

use civitas_engine::{Effect, MAX_EFFECTS};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::object::Object;
use crate::http::errors::{ApiError, ApiResult, ErrorCode};

pub use effect::{EffectBody, IntensityBody, PreconditionBody};
pub use in_force::{EffectInForce, IntensityInForce, PreconditionInForce, ScenarioPatchInForce};
use shift::Placed;
pub use shift::{Shifts, WindowShift};

/// What a scenario changes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScenarioPatchRequest)]
pub struct ScenarioPatch {
    /// Shifts of environment variables by name. A number between -1 and 1 is in force everywhere from tick 0 on; an object
    /// or a list of objects {delta, from_tick, until_tick, regions, segments} says when and where.
    #[schema(value_type = Option<BTreeMap<String, shift::ShiftForms>>)]
    pub variable_deltas: Option<Shifts>,
    /// What else happens to variables, in this order; with windows of shifts at most 256.
    #[schema(value_type = Option<Vec<EffectBody>>, max_items = 256)]
    pub effects: Option<Vec<Object<EffectBody>>>,
    /// A bundle of events; not supported yet, so only null.
    pub event_bundle_id: Option<Uuid>,
}

/// A patch in the engine's words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Shifts that are in force everywhere, from the beginning or from a turn on.
    pub variable_deltas: BTreeMap<String, f64>,
    /// All else: windows of shifts by name, then effects.
    pub effects: Vec<Effect>,
}

impl ScenarioPatch {
    /// Both patches. Where both shift a variable, `over` wins; its effects come after the others.
    pub fn merged(self, over: Self) -> Self {
        Self {
            variable_deltas: Shifts::merged(self.variable_deltas, over.variable_deltas),
            effects: match (self.effects, over.effects) {
                (Some(base), Some(over)) => Some(base.into_iter().chain(over).collect()),
                (base, over) => over.or(base),
            },
            event_bundle_id: over.event_bundle_id.or(self.event_bundle_id),
        }
    }

    /// The patch in the engine's words.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field, or `NOT_SUPPORTED_YET`.
    pub fn changes(self) -> ApiResult<Changes> {
        if self.event_bundle_id.is_some() {
            let detail = "scenario_patch.event_bundle_id: event bundles are not supported yet; leave it out or null";
            return Err(ApiError::new(ErrorCode::NotSupportedYet, detail));
        }
        let listed = self.effects.unwrap_or_default();
        let (variable_deltas, windows) = self.variable_deltas.unwrap_or_default().split();
        let count = listed.len() + windows.len();
        if count > MAX_EFFECTS {
            let detail = format!(
                "scenario_patch: effects and windows of variable_deltas must be at most {MAX_EFFECTS} together, not {count}"
            );
            return Err(ApiError::invalid(detail));
        }
        let windows = windows.into_iter().map(Placed::effect);
        let listed = listed.into_iter().enumerate();
        let listed = listed.map(|(place, Object(body))| body.effect(&format!("scenario_patch.effects[{place}]")));
        Ok(Changes { variable_deltas, effects: windows.chain(listed).collect::<ApiResult<_>>()? })
    }
}
