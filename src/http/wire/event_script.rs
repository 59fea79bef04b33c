//! Event scripts and bundles of them as clients send them, and what their listings are asked for. Owns the names of fields; what
//! effects are is [`super::scenario`]'s matter, and what may stand in a script or a bundle the runtime's.

use civitas_actors::EventDraft;
use civitas_engine::{BundleOrder, Effect, MAX_BUNDLE_SCRIPTS, MAX_EFFECTS, MAX_HORIZON_TICKS};
use civitas_store::EventStep;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::config::bounded;
use super::create::check_name;
use super::node_query::{Pairs, known, page_of, wrong};
use super::number::Whole;
use super::object::Object;
use super::scenario::EffectBody;
use crate::http::errors::{ApiError, ApiResult};

/// An event script to make: effects under a name.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"project_id": "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10", "name": "Fuel shock", "effects": [
    {"variable": "price_sensitivity", "operation": "add", "value": 0.4, "until_tick": 30, "regions": ["TX", "LA"],
     "intensity": {"shape": "linear_decay", "ticks": 30}}]}))]
pub struct CreateEventScript {
    /// The project it belongs to.
    pub project_id: Uuid,
    /// A name for people, told with what happens in results.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// What happens, in order; ticks count from the script's beginning.
    #[schema(value_type = Vec<EffectBody>, min_items = 1, max_items = 256)]
    pub effects: Vec<Object<EffectBody>>,
}

/// An event script's next version, whole.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateEventScript {
    /// The version that was read; where another is there, nothing changes.
    #[schema(value_type = u32, minimum = 1)]
    pub version: Whole,
    /// Its name.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// What happens, in order.
    #[schema(value_type = Vec<EffectBody>, min_items = 1, max_items = 256)]
    pub effects: Vec<Object<EffectBody>>,
}

/// A bundle to make: scripts on a time line.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"project_id": "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10", "name": "A hard winter", "order": "sequential",
    "scripts": [{"script_id": "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a11", "offset_ticks": 10},
                {"script_id": "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a12"}]}))]
pub struct CreateEventBundle {
    /// The project it belongs to, as its scripts do.
    pub project_id: Uuid,
    /// A name for people.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// `parallel`: each script begins at its offset from the bundle's beginning. `sequential`: at its offset from the end of the
    /// one before.
    #[schema(default = "parallel", example = "parallel")]
    pub order: Option<String>,
    /// The scripts; one may stand there more than once.
    #[schema(value_type = Vec<StepBody>, min_items = 1, max_items = 64)]
    pub scripts: Vec<Object<StepBody>>,
}

/// A bundle's next version, whole.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateEventBundle {
    /// The version that was read; where another is there, nothing changes.
    #[schema(value_type = u32, minimum = 1)]
    pub version: Whole,
    /// Its name.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// `parallel` or `sequential`.
    #[schema(default = "parallel", example = "parallel")]
    pub order: Option<String>,
    /// The scripts.
    #[schema(value_type = Vec<StepBody>, min_items = 1, max_items = 64)]
    pub scripts: Vec<Object<StepBody>>,
}

/// A script in a bundle.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventStepRequest)]
pub struct StepBody {
    /// The script, of the bundle's project.
    pub script_id: Uuid,
    /// Ticks after the bundle's beginning, or after the end of the script before.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 1000, default = 0)]
    pub offset_ticks: Option<Whole>,
}

/// Query parameters of the listings, as documentation: [`list_query`] reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub struct EventListParams {
    /// Only those of this project.
    #[param(required = false)]
    project_id: Option<Uuid>,
    /// How many to pass over.
    #[param(required = false, default = 0)]
    skip: Option<u64>,
    /// How many to return.
    #[param(required = false, minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
}

/// Query parameter of the removals, as documentation: [`version_query`] reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub struct VersionParam {
    /// The version that was read; where another is there, nothing changes. Any where it is left out.
    #[param(required = false, minimum = 1)]
    version: Option<u32>,
}

/// Effects as they are sent, in the engine's words.
///
/// # Errors
/// `VALIDATION_ERROR` starting with the field.
pub fn effects_of(bodies: Vec<Object<EffectBody>>) -> ApiResult<Vec<Effect>> {
    if !(1..=MAX_EFFECTS).contains(&bodies.len()) {
        let detail = format!("effects must have between 1 and {MAX_EFFECTS} entries, not {}", bodies.len());
        return Err(ApiError::invalid(detail));
    }
    let each = bodies.into_iter().enumerate();
    each.map(|(place, Object(body))| body.effect(&format!("effects[{place}]"))).collect()
}

/// A time line as it is sent.
///
/// # Errors
/// `VALIDATION_ERROR` starting with the field.
pub fn steps_of(order: Option<&str>, bodies: Vec<Object<StepBody>>) -> ApiResult<(BundleOrder, Vec<EventStep>)> {
    if !(1..=MAX_BUNDLE_SCRIPTS).contains(&bodies.len()) {
        let detail = format!("scripts must have between 1 and {MAX_BUNDLE_SCRIPTS} entries, not {}", bodies.len());
        return Err(ApiError::invalid(detail));
    }
    let order = order_of("order", order)?;
    let step = |(place, Object(body)): (usize, Object<StepBody>)| {
        let field = format!("scripts[{place}].offset_ticks");
        let offset = bounded(&field, body.offset_ticks, (0, MAX_HORIZON_TICKS.into()))?;
        Ok(EventStep { script_id: body.script_id, offset_ticks: offset.unwrap_or_default() })
    };
    Ok((order, bodies.into_iter().enumerate().map(step).collect::<ApiResult<_>>()?))
}

/// An order by its word; the usual one where there is none.
///
/// # Errors
/// `VALIDATION_ERROR` starting with the field.
pub fn order_of(field: &str, word: Option<&str>) -> ApiResult<BundleOrder> {
    let Some(word) = word else { return Ok(BundleOrder::default()) };
    let known = BundleOrder::ALL.into_iter().find(|known| known.as_str() == word);
    known.ok_or_else(|| ApiError::invalid(format!("{field} must be one of parallel, sequential, not {word:?}")))
}

/// The version that an update is of.
///
/// # Errors
/// `VALIDATION_ERROR` for what is no version.
pub fn version_of(given: Whole) -> ApiResult<u32> {
    Ok(bounded("version", Some(given), (1, u32::MAX.into()))?.unwrap_or_default())
}

impl CreateEventScript {
    /// The project, the name, and what the script holds.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field.
    pub fn draft(self) -> ApiResult<(Uuid, String, EventDraft)> {
        check_name("name", &self.name)?;
        Ok((self.project_id, self.name, EventDraft::Script(effects_of(self.effects)?)))
    }
}

impl UpdateEventScript {
    /// The version that it is of, the name, and what the script holds.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field.
    pub fn draft(self) -> ApiResult<(u32, String, EventDraft)> {
        check_name("name", &self.name)?;
        Ok((version_of(self.version)?, self.name, EventDraft::Script(effects_of(self.effects)?)))
    }
}

impl CreateEventBundle {
    /// The project, the name, and what the bundle holds.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field.
    pub fn draft(self) -> ApiResult<(Uuid, String, EventDraft)> {
        check_name("name", &self.name)?;
        let (order, steps) = steps_of(self.order.as_deref(), self.scripts)?;
        Ok((self.project_id, self.name, EventDraft::Bundle(order, steps)))
    }
}

impl UpdateEventBundle {
    /// The version that it is of, the name, and what the bundle holds.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` starting with the field.
    pub fn draft(self) -> ApiResult<(u32, String, EventDraft)> {
        check_name("name", &self.name)?;
        let (order, steps) = steps_of(self.order.as_deref(), self.scripts)?;
        Ok((version_of(self.version)?, self.name, EventDraft::Bundle(order, steps)))
    }
}

/// Which project a listing is of, how many to pass over, and how many to return.
///
/// # Errors
/// `VALIDATION_ERROR` naming the parameter.
pub fn list_query(pairs: &Pairs) -> ApiResult<(Option<Uuid>, (usize, usize))> {
    let [project, skip, limit] = known(pairs, ["project_id", "skip", "limit"])?;
    let uuid = |value: &str| Uuid::parse_str(value).map_err(|_| wrong("project_id", "a UUID", value));
    Ok((project.map(uuid).transpose()?, page_of(skip, limit)?))
}

/// The version that a removal is of.
///
/// # Errors
/// `VALIDATION_ERROR` naming the parameter.
pub fn version_query(pairs: &Pairs) -> ApiResult<Option<u32>> {
    let [version] = known(pairs, ["version"])?;
    let number = |value: &str| value.parse().map_err(|_| wrong("version", "a whole number from 1", value));
    version.map(number).transpose()
}
