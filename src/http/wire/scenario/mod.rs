//! What a scenario changes, as clients write it: shifts of variables, plain or for a window and a scope, effects of every kind,
//! and a bundle of event scripts. Owns the names of fields, which go with which, and how two patches become one; what names and numbers mean is the
//! engine's.

mod effect;
mod in_force;
mod inline;
mod shift;

use std::collections::BTreeMap;

use civitas_actors::BundleChoice;
use civitas_engine::{AppliedBundle, Effect, MAX_EFFECTS};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::config::bounded;
use super::number::Whole;
use super::object::{Object, optional};
use crate::http::errors::{ApiError, ApiResult};

pub use effect::{CauseBody, EffectBody, IntensityBody, PreconditionBody};
pub use in_force::{CauseInForce, EffectInForce, IntensityInForce, PreconditionInForce, ScenarioPatchInForce};
pub use inline::{InlineBundle, InlineScript};
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
    /// A bundle of event scripts of the run's project. It begins at tick 0, or of a fork at the tick that it goes on from; its
    /// effects come after all others. Where `effects` holds some whose `cause` is this bundle, it has been compiled into them
    /// and is not read again.
    pub event_bundle_id: Option<Uuid>,
    /// A bundle that is written out here instead, from tick 0 on; a run of it shows `event_bundle_id` and the effects. Not for forks.
    #[serde(default, deserialize_with = "optional")]
    #[schema(value_type = Option<InlineBundle>)]
    pub event_bundle: Option<InlineBundle>,
    /// The version of the bundle that is meant; another is refused. The present one where it is left out.
    #[schema(value_type = Option<u32>, minimum = 1)]
    pub event_bundle_version: Option<Whole>,
    /// The impact of the bundle is the difference from the same run without it, which is stepped besides.
    #[schema(default = false)]
    pub attribution: Option<bool>,
}

/// A patch in the engine's words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Shifts that are in force everywhere, from the beginning or from a turn on.
    pub variable_deltas: BTreeMap<String, f64>,
    /// All else: windows of shifts by name, then effects.
    pub effects: Vec<Effect>,
    /// The bundle that the last of these with a cause came from.
    pub applied: Option<AppliedBundle>,
    /// A bundle whose effects are still to come after these.
    pub chosen: Option<BundleChoice>,
}

impl ScenarioPatch {
    /// Both patches. Where both shift a variable, or name a bundle, `over` wins; its effects come after the others.
    pub fn merged(self, over: Self) -> Self {
        let names = over.event_bundle_id.is_some() || over.event_bundle.is_some();
        let same = !names || over.event_bundle.is_none() && over.event_bundle_id == self.event_bundle_id;
        Self {
            variable_deltas: Shifts::merged(self.variable_deltas, over.variable_deltas),
            effects: match (self.effects, over.effects) {
                (Some(base), Some(over)) => Some(base.into_iter().chain(over).collect()),
                (base, over) => over.or(base),
            },
            event_bundle_id: over.event_bundle_id.or(self.event_bundle_id.filter(|_| !names)),
            event_bundle: over.event_bundle.or(self.event_bundle.filter(|_| !names)),
            event_bundle_version: over.event_bundle_version.or(self.event_bundle_version.filter(|_| same)),
            attribution: over.attribution.or(self.attribution.filter(|_| same)),
        }
    }

    /// The patch in the engine's words.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field.
    pub fn changes(mut self) -> ApiResult<Changes> {
        let written = self.event_bundle.take().map(|bundle| self.written(bundle)).transpose()?;
        let chosen = if written.is_none() { self.chosen()? } else { None };
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
        let mut effects: Vec<Effect> = windows.chain(listed).collect::<ApiResult<_>>()?;
        let (applied, chosen) = compiled(&effects, chosen)?;
        let Some((added, written)) = written else { return Ok(Changes { variable_deltas, effects, applied, chosen }) };
        effects.extend(added);
        if effects.len() > MAX_EFFECTS {
            let detail = format!(
                "scenario_patch.event_bundle brings more effects than fit: a run has at most {MAX_EFFECTS}, and these are {}",
                effects.len()
            );
            return Err(ApiError::invalid(detail));
        }
        Ok(Changes { variable_deltas, effects, applied: Some(written), chosen: None })
    }

    /// What a bundle that is written out here is compiled into.
    fn written(&self, bundle: InlineBundle) -> ApiResult<(Vec<Effect>, AppliedBundle)> {
        let names = [
            ("event_bundle_id", self.event_bundle_id.is_some()),
            ("event_bundle_version", self.event_bundle_version.is_some()),
        ];
        if let Some((name, _)) = names.into_iter().find(|(_, given)| *given) {
            let why = "a scenario has one bundle, named or written out";
            return Err(ApiError::invalid(format!(
                "scenario_patch.event_bundle must be left out beside {name}: {why}"
            )));
        }
        let bundle = bundle.bundle()?;
        let effects = bundle.compile(0)?;
        let attribution = self.attribution.unwrap_or(false);
        Ok((effects, AppliedBundle { id: bundle.id, version: bundle.version, attribution }))
    }

    /// The bundle that is named.
    fn chosen(&self) -> ApiResult<Option<BundleChoice>> {
        let field = "scenario_patch.event_bundle_version";
        let version: Option<u32> = bounded(field, self.event_bundle_version, (1, u32::MAX.into()))?;
        let attribution = self.attribution.unwrap_or(false);
        let name = match self.event_bundle_id {
            Some(id) => return Ok(Some(BundleChoice { id, version, attribution, from_tick: 0 })),
            None if version.is_some() => "event_bundle_version",
            None if attribution => "attribution",
            None => return Ok(None),
        };
        Err(ApiError::invalid(format!("scenario_patch.{name} needs event_bundle_id, the bundle that it is about")))
    }
}

/// Tells a bundle that has been compiled into these effects from one that has not.
fn compiled(
    effects: &[Effect],
    chosen: Option<BundleChoice>,
) -> ApiResult<(Option<AppliedBundle>, Option<BundleChoice>)> {
    let Some(choice) = chosen else { return Ok((None, None)) };
    let id = choice.id.to_string();
    if !effects.iter().any(|effect| effect.cause.as_ref().is_some_and(|cause| cause.bundle == id)) {
        return Ok((None, Some(choice)));
    }
    let version = choice.version.ok_or_else(|| {
        let why = "is required beside effects whose cause is the bundle, for they are of one of its versions";
        ApiError::invalid(format!("scenario_patch.event_bundle_version {why}"))
    })?;
    Ok((Some(AppliedBundle { id, version, attribution: choice.attribution }), None))
}
