//! GET /telemetry/{id}/slice.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get};
use civitas_telemetry::{Curves, Format, Slice, State};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::head::Head;
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
        (status = 200, description = "The values.", content(
            (TelemetrySlice = "application/json"), (String = "text/csv"),
            (Vec<u8> = "application/vnd.apache.arrow.stream"), (Vec<u8> = "application/vnd.apache.parquet"))),
        (status = 304, description = "As the client has it."),
        (status = 404, description = "`RUN_NOT_FOUND`, `NO_TELEMETRY`", body = ErrorBody)
))]
#[get("/telemetry/{id}/slice")]
pub(super) async fn telemetry_slice(head: Head) -> ApiResult<HttpResponse> {
    let ask = |asked: &mut Asked| slice_query(asked, true);
    head.answer(ask, async |found, query| {
        let slice = found.reader.slice(&found.index, &query).await?;
        match found.form {
            Format::Json => found.json(&TelemetrySlice::new(found.ids(), found.index.state, slice)),
            _ => found.table("slice", slice.rows()),
        }
    })
    .await
}
