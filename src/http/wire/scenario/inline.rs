//! A bundle of event scripts that is written out in the scenario itself, for runs that have no store with scripts: scenario files above
//! all. Owns its fields, and the ids that stand for its content; what a bundle is compiled into is the engine's.

use civitas_engine::{BundleStep, EventBundle, EventScript, MAX_BUNDLE_SCRIPTS, MAX_EFFECTS, effects_to_bytes};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::{Builder, Uuid};
use xxhash_rust::xxh3::xxh3_128;

use super::effect::{EffectBody, tick};
use crate::http::errors::{ApiError, ApiResult};
use crate::http::wire::create::check_name;
use crate::http::wire::event_script::order_of;
use crate::http::wire::number::Whole;
use crate::http::wire::object::Object;

/// Where it stands.
const FIELD: &str = "scenario_patch.event_bundle";

/// Scripts on a time line, written out.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InlineBundleRequest, example = json!({"order": "sequential", "scripts": [{"name": "Fuel shock", "offset_ticks": 10,
    "effects": [{"variable": "price_sensitivity", "operation": "add", "value": 0.4, "intensity": {"shape": "pulse", "ticks": 6}}]}]}))]
pub struct InlineBundle {
    /// `parallel`: each script begins at its offset from the bundle's beginning. `sequential`: at its offset from the end of the
    /// one before.
    #[schema(default = "parallel", example = "parallel")]
    pub order: Option<String>,
    /// The scripts.
    #[schema(value_type = Vec<InlineScript>, min_items = 1, max_items = 64)]
    pub scripts: Vec<Object<InlineScript>>,
}

/// A script in a bundle that is written out.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InlineScriptRequest)]
pub struct InlineScript {
    /// A name for people, told with what happens in results.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Ticks after the bundle's beginning, or after the end of the script before.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 1000, default = 0)]
    pub offset_ticks: Option<Whole>,
    /// What happens, in order; ticks count from the script's beginning.
    #[schema(value_type = Vec<EffectBody>, min_items = 1, max_items = 256)]
    pub effects: Vec<Object<EffectBody>>,
}

impl InlineBundle {
    /// The bundle in the engine's words. Bundles of one content have one id.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field.
    pub(super) fn bundle(self) -> ApiResult<EventBundle> {
        within(&format!("{FIELD}.scripts"), self.scripts.len(), MAX_BUNDLE_SCRIPTS)?;
        let order = order_of(&format!("{FIELD}.order"), self.order.as_deref())?;
        let steps = self.scripts.into_iter().enumerate();
        let steps = steps.map(|(place, Object(script))| script.step(&format!("{FIELD}.scripts[{place}]")));
        let steps = steps.collect::<ApiResult<Vec<_>>>()?;
        let parts = steps.iter().map(|step| format!("{} {}\n", step.offset_ticks, step.script.id));
        let content = parts.fold(format!("{}\n", order.as_str()), |text, part| text + &part);
        Ok(EventBundle { id: id_of(content.as_bytes()).to_string(), version: 1, order, steps })
    }
}

impl InlineScript {
    fn step(self, field: &str) -> ApiResult<BundleStep> {
        check_name(&format!("{field}.name"), &self.name)?;
        let offset = tick(&format!("{field}.offset_ticks"), self.offset_ticks)?;
        within(&format!("{field}.effects"), self.effects.len(), MAX_EFFECTS)?;
        let effect = |(place, Object(body)): (usize, Object<EffectBody>)| {
            let field = format!("{field}.effects[{place}]");
            if body.cause.is_some() {
                return Err(ApiError::invalid(format!("{field}.cause must be left out: it comes from this script")));
            }
            body.effect(&field)
        };
        let effects = self.effects.into_iter().enumerate().map(effect).collect::<ApiResult<Vec<_>>>()?;
        let content = [self.name.as_bytes(), b"\n", &effects_to_bytes(&effects)].concat();
        let script = EventScript { id: id_of(&content).to_string(), version: 1, name: self.name, effects };
        Ok(BundleStep { script, offset_ticks: offset.unwrap_or_default() })
    }
}

/// An id that names a content: a UUID of version 8 (RFC 9562), by which the engine knows a bundle that is written out.
fn id_of(content: &[u8]) -> Uuid {
    Builder::from_custom_bytes(xxh3_128(content).to_be_bytes()).into_uuid()
}

fn within(field: &str, count: usize, max: usize) -> ApiResult<()> {
    if (1..=max).contains(&count) {
        return Ok(());
    }
    Err(ApiError::invalid(format!("{field} must have between 1 and {max} entries, not {count}")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Changes, ScenarioPatch};
    use super::*;

    fn shock() -> Value {
        json!({"name": "Shock", "offset_ticks": 4, "effects": [{"variable": "price_sensitivity", "operation": "add",
            "value": 0.4, "from_tick": 1, "intensity": {"shape": "pulse", "ticks": 6}}]})
    }

    fn changes(patch: Value) -> Result<Changes, String> {
        let patch: Object<ScenarioPatch> = serde_json::from_value(patch).unwrap();
        patch.0.changes().map_err(|error| error.detail)
    }

    #[test]
    fn it_is_compiled_behind_the_other_effects_and_known_by_its_content() {
        let bundle = |offset: u32| {
            let calm = json!({"name": "Calm", "offset_ticks": offset, "effects": [
                {"variable": "social_trust", "operation": "add", "value": 0.1, "until_tick": 3}]});
            json!({"order": "sequential", "scripts": [shock(), calm]})
        };
        let patch = |offset| {
            json!({"variable_deltas": {"social_trust": [{"delta": 0.1, "from_tick": 2}]},
            "event_bundle": bundle(offset), "attribution": true})
        };
        let found = changes(patch(2)).unwrap();
        let begins: Vec<_> = found.effects.iter().map(|effect| effect.from_tick).collect();
        // The shock ends at 4 + 1 + 6, and two ticks pass.
        assert_eq!(begins, [Some(2), Some(5), Some(13)]);
        let cause = found.effects[2].cause.clone().unwrap();
        assert_eq!((cause.step, cause.script.as_str(), cause.effect), (1, "Calm", 0));
        let applied = found.applied.clone().unwrap();
        assert_eq!((&applied.id, applied.version, applied.attribution), (&cause.bundle, 1, true));
        assert_eq!((found.chosen, Uuid::parse_str(&applied.id).unwrap().get_version_num()), (None, 8));
        assert_eq!(changes(patch(2)).unwrap(), changes(patch(2)).unwrap());
        assert_ne!(changes(patch(3)).unwrap().applied.unwrap().id, applied.id);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let with = |change: fn(&mut Value)| {
            let mut bundle = json!({"scripts": [shock()]});
            change(&mut bundle);
            changes(json!({"event_bundle": bundle})).unwrap_err()
        };
        type Change = fn(&mut Value);
        let cases: [(Change, &str); 7] = [
            (|bundle| bundle["order"] = json!("zigzag"), ".order must be one of parallel, sequential"),
            (|bundle| bundle["scripts"] = json!([]), ".scripts must have between 1 and 64 entries, not 0"),
            (|bundle| bundle["scripts"][0]["name"] = json!(" "), ".scripts[0].name must have between 1 and 200"),
            (
                |bundle| bundle["scripts"][0]["offset_ticks"] = json!(1001),
                ".scripts[0].offset_ticks must be between 0 and 1000",
            ),
            (
                |bundle| bundle["scripts"][0]["effects"] = json!([]),
                ".scripts[0].effects must have between 1 and 256 entries",
            ),
            (
                |bundle| bundle["scripts"][0]["effects"][0]["value"] = json!(7),
                ".scripts[0].effects[0].value must be between -1 and 1",
            ),
            (
                |bundle| {
                    let forever = json!([{"variable": "x", "operation": "add", "value": 0.1}]);
                    let endless = json!({"name": "Ever", "effects": forever});
                    *bundle = json!({"order": "sequential", "scripts": [endless, shock()]});
                },
                " runs its scripts one after the other, and \"Ever\", after which \"Shock\" comes, never ends",
            ),
        ];
        for (change, wanted) in cases {
            let said = with(change);
            assert!(said.starts_with(&format!("{FIELD}{wanted}")), "{said}");
        }
        let both = json!({"event_bundle": {"scripts": [shock()]}, "event_bundle_id": Uuid::nil()});
        assert!(
            changes(both)
                .unwrap_err()
                .starts_with("scenario_patch.event_bundle must be left out beside event_bundle_id")
        );
    }

    #[test]
    fn of_two_patches_the_later_ones_bundle_is_meant() {
        let patch = |value: Value| serde_json::from_value::<Object<ScenarioPatch>>(value).unwrap().0;
        let named = json!({"event_bundle_id": Uuid::nil(), "event_bundle_version": 3, "attribution": true});
        let written = json!({"event_bundle": {"scripts": [shock()]}});
        let over = patch(named.clone()).merged(patch(written.clone()));
        assert!(over.event_bundle.is_some() && over.event_bundle_id.is_none() && over.event_bundle_version.is_none());
        assert_eq!(over.attribution, None, "which was asked for the other");
        let over = patch(written).merged(patch(named));
        assert!(over.event_bundle.is_none() && over.event_bundle_id.is_some() && over.attribution == Some(true));
    }
}
