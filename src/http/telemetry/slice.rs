//! GET /telemetry/{id}/slice.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get};
use civitas_telemetry::{Curves, Slice, State, csv_text};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::head::{Form, Head};
use super::query::{Asked, CurveParams, SliceParams, TickParams, slice_query};
use super::whose::{OfNode, WhosePath};
use crate::http::errors::{ApiResult, ErrorBody};

/// Metrics and variables over ticks.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct TelemetrySlice {
    /// The run.
    run_id: Uuid,
    /// The node that the run belongs to; null for runs that an earlier version stored.
    node_id: Option<Uuid>,
    /// `recording`, `complete` or `incomplete`.
    state: &'static str,
    /// The ticks; every list has one value for each.
    ticks: Vec<u32>,
    /// By metric.
    metrics: BTreeMap<String, MetricCurves>,
    /// By variable.
    variables: BTreeMap<String, VariableCurves>,
}

/// A metric over ticks: means over agents.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct MetricCurves {
    /// Over all agents.
    overall: Vec<f64>,
    /// Over those of a region.
    by_region: BTreeMap<String, Vec<f64>>,
    /// Over those of a segment.
    by_segment: BTreeMap<String, Vec<f64>>,
}

/// A variable over ticks.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct VariableCurves {
    /// In a region.
    by_region: BTreeMap<String, Vec<f32>>,
}

impl From<Curves> for MetricCurves {
    fn from(curves: Curves) -> Self {
        Self { overall: curves.overall, by_region: curves.by_region, by_segment: curves.by_segment }
    }
}

impl TelemetrySlice {
    pub(super) fn new((run_id, node_id): (Uuid, Option<Uuid>), state: State, slice: Slice) -> Self {
        let variables = slice.variables.into_iter().map(|(name, by_region)| (name, VariableCurves { by_region }));
        Self {
            run_id,
            node_id,
            state: state.as_str(),
            ticks: slice.ticks,
            metrics: slice.metrics.into_iter().map(|(name, curves)| (name, curves.into())).collect(),
            variables: variables.collect(),
        }
    }
}

/// Read metrics of all agents, regions and segments, and variables of regions, over ticks.
#[utoipa::path(tag = "Telemetry",
    params(WhosePath, OfNode, TickParams, SliceParams, CurveParams),
    responses(
        (status = 200, description = "The values.", content((TelemetrySlice = "application/json"), (String = "text/csv"))),
        (status = 304, description = "As the client has it."),
        (status = 404, description = "`RUN_NOT_FOUND`, `NO_TELEMETRY`", body = ErrorBody)
))]
#[get("/telemetry/{id}/slice")]
pub(super) async fn telemetry_slice(head: Head) -> ApiResult<HttpResponse> {
    let ask = |asked: &mut Asked| slice_query(asked, true);
    head.answer(ask, async |found, query| {
        let slice = found.reader.slice(&found.index, &query).await?;
        match found.form {
            Form::Csv => Ok(found.csv(as_csv(&slice))),
            Form::Json => found.json(&TelemetrySlice::new(found.ids(), found.index.state, slice)),
        }
    })
    .await
}

/// One line per tick and curve: the tick, the region or segment that it is of, then metrics, then variables.
fn as_csv(slice: &Slice) -> Vec<u8> {
    let mut text = String::from("tick,region,segment");
    let head = slice.metrics.keys().chain(slice.variables.keys());
    head.for_each(|name| text.extend([",", &csv_text(name)]));
    text.push('\n');
    let any = slice.metrics.values().next();
    let of_variables = slice.variables.values().flat_map(|regions| regions.keys());
    let regions = any.into_iter().flat_map(|curves| curves.by_region.keys()).chain(of_variables);
    let regions: std::collections::BTreeSet<&String> = regions.collect();
    let segments = any.into_iter().flat_map(|curves| curves.by_segment.keys());
    let none: [Option<&String>; 2] = [None, None];
    let lines: Vec<_> = std::iter::once(none)
        .filter(|_| any.is_some())
        .chain(regions.into_iter().map(|region| [Some(region), None]))
        .chain(segments.map(|segment| [None, Some(segment)]))
        .collect();
    for (place, tick) in slice.ticks.iter().enumerate() {
        for [region, segment] in &lines {
            text.push_str(&tick.to_string());
            for name in [region, segment] {
                text.push(',');
                text.push_str(&name.map_or_else(String::new, |name| csv_text(name)));
            }
            for curves in slice.metrics.values() {
                let curve = match (region, segment) {
                    (Some(region), _) => curves.by_region.get(*region),
                    (None, Some(segment)) => curves.by_segment.get(*segment),
                    (None, None) => Some(&curves.overall),
                };
                add(&mut text, curve.and_then(|curve| curve.get(place)));
            }
            for regions in slice.variables.values() {
                let curve = region.and_then(|region| regions.get(region));
                add(&mut text, curve.and_then(|curve| curve.get(place)));
            }
            text.push('\n');
        }
    }
    text.into_bytes()
}

/// A field of a line: a number that is there and is one.
fn add(text: &mut String, number: Option<&impl ToString>) {
    text.push(',');
    let number = number.map(ToString::to_string).filter(|number| number != "NaN");
    text.push_str(&number.unwrap_or_default());
}
