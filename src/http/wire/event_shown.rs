//! Event scripts and bundles of them as clients see them, made from their records. Owns the names of fields; it must not read
//! anything that is not handed in.

use civitas_actors::{script_of, time_line_of};
use civitas_store::{EventContent, EventRecord, EventStep};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::scenario::EffectInForce;
use crate::http::errors::ApiResult;
use crate::time;

/// What there is of an event script, or a bundle, beside what it holds.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventItem {
    /// Its id.
    pub id: Uuid,
    /// Its project.
    pub project_id: Uuid,
    /// 1, and one more with every change.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// When it was made, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When this version was written, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// Who made it: an API key's id, or `local`.
    pub created_by: String,
    /// Who wrote this version.
    pub updated_by: String,
}

/// An event script in a listing.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventScriptItem {
    /// What there is of it beside its effects.
    #[serde(flatten)]
    pub item: EventItem,
    /// How many effects it has.
    pub effect_count: u32,
}

/// An event script, whole.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventScript {
    /// What there is of it beside its effects.
    #[serde(flatten)]
    pub item: EventItem,
    /// What happens, in order; ticks count from the script's beginning.
    pub effects: Vec<EffectInForce>,
    /// The tick, from the script's beginning, from which on nothing of it is felt; null where it never ends.
    pub lasts_ticks: Option<u32>,
}

/// A bundle of event scripts.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventBundle {
    /// What there is of it beside its scripts.
    #[serde(flatten)]
    pub item: EventItem,
    /// `parallel` or `sequential`.
    #[schema(example = "parallel")]
    pub order: &'static str,
    /// The scripts.
    pub scripts: Vec<Step>,
}

/// A script in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EventStep)]
pub struct Step {
    /// The script.
    pub script_id: Uuid,
    /// Ticks after the bundle's beginning, or after the end of the script before.
    pub offset_ticks: u32,
}

/// A page of event scripts.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventScriptList {
    /// The scripts of this page, newest first.
    pub items: Vec<EventScriptItem>,
    /// How many there are in all.
    pub total: usize,
    /// Which page this is, from 1.
    pub page: usize,
    /// Items per page.
    pub size: usize,
    /// How many pages there are.
    pub pages: usize,
}

/// A page of bundles.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventBundleList {
    /// The bundles of this page, newest first.
    pub items: Vec<EventBundle>,
    /// How many there are in all.
    pub total: usize,
    /// Which page this is, from 1.
    pub page: usize,
    /// Items per page.
    pub size: usize,
    /// How many pages there are.
    pub pages: usize,
}

impl From<&EventRecord> for EventItem {
    fn from(record: &EventRecord) -> Self {
        Self {
            id: record.id,
            project_id: record.project_id,
            version: record.version,
            name: record.name.clone(),
            created_at: time::rfc3339(record.created_at_ms),
            updated_at: time::rfc3339(record.updated_at_ms),
            created_by: record.created_by.clone(),
            updated_by: record.updated_by.clone(),
        }
    }
}

impl From<&EventRecord> for EventScriptItem {
    fn from(record: &EventRecord) -> Self {
        let effect_count = match record.content {
            EventContent::Script { effects, .. } => effects,
            EventContent::Bundle { .. } => 0,
        };
        Self { item: record.into(), effect_count }
    }
}

impl EventScript {
    /// The script of a record.
    ///
    /// # Errors
    /// Where the record makes no sense here.
    pub fn of(record: &EventRecord) -> ApiResult<Self> {
        let script = script_of(record)?;
        let lasts_ticks = script.lasts_ticks();
        let effects = script.effects.into_iter().map(EffectInForce::from).collect();
        Ok(Self { item: record.into(), effects, lasts_ticks })
    }
}

impl EventBundle {
    /// The bundle of a record.
    ///
    /// # Errors
    /// Where the record makes no sense here.
    pub fn of(record: &EventRecord) -> ApiResult<Self> {
        let (order, steps) = time_line_of(record)?;
        let step = |step: &EventStep| Step { script_id: step.script_id, offset_ticks: step.offset_ticks };
        Ok(Self { item: record.into(), order: order.as_str(), scripts: steps.iter().map(step).collect() })
    }
}
