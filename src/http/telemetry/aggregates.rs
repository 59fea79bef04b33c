//! GET /telemetry/{id}/aggregates: curves in a few numbers.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get};
use civitas_telemetry::{Aggregate, Curves, Format};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::head::Head;
use super::query::{Asked, CurveParams, TickParams, slice_query};
use super::whose::{OfNode, WhosePath};
use crate::http::errors::{ApiResult, ErrorBody};

/// Curves in a few numbers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct TelemetryAggregates {
    /// The run.
    run_id: Uuid,
    /// The node that the run belongs to; null for runs that an earlier version stored.
    node_id: Option<Uuid>,
    /// The first tick; null where none is recorded.
    from_tick: Option<u32>,
    /// The last tick.
    to_tick: Option<u32>,
    /// How many ticks there are.
    ticks: usize,
    /// By metric.
    metrics: BTreeMap<String, MetricAggregates>,
}

/// A metric's curves in a few numbers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct MetricAggregates {
    /// Of all agents; null where no tick is recorded.
    overall: Option<CurveAggregate>,
    /// Of the regions that were asked for.
    by_region: BTreeMap<String, CurveAggregate>,
    /// Of the segments that were asked for.
    by_segment: BTreeMap<String, CurveAggregate>,
}

/// A curve in a few numbers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CurveAggregate {
    /// The first value.
    first: f64,
    /// The last value.
    last: f64,
    /// The last minus the first.
    change: f64,
    /// The mean over the ticks.
    mean: f64,
    /// The smallest value.
    min: f64,
    /// The first tick that has it.
    min_tick: u32,
    /// The largest value.
    max: f64,
    /// The first tick that has it.
    max_tick: u32,
}

impl From<Aggregate> for CurveAggregate {
    fn from(all: Aggregate) -> Self {
        let Aggregate { first, last, mean, min, min_tick, max, max_tick } = all;
        Self { first, last, change: all.change(), mean, min, min_tick, max, max_tick }
    }
}

/// Read the first, last, mean, smallest and largest values of metrics over ticks.
#[utoipa::path(tag = "Telemetry",
    params(WhosePath, OfNode, TickParams, CurveParams),
    responses(
        (status = 200, description = "The numbers.", content(
            (TelemetryAggregates = "application/json"), (String = "text/csv"),
            (Vec<u8> = "application/vnd.apache.arrow.stream"), (Vec<u8> = "application/vnd.apache.parquet"))),
        (status = 304, description = "As the client has it."),
        (status = 404, description = "`RUN_NOT_FOUND`, `NO_TELEMETRY`", body = ErrorBody)
))]
#[get("/telemetry/{id}/aggregates")]
pub(super) async fn telemetry_aggregates(head: Head) -> ApiResult<HttpResponse> {
    let ask = |asked: &mut Asked| slice_query(asked, false);
    head.answer(ask, async |found, query| {
        let slice = found.reader.slice(&found.index, &query).await?;
        if found.form != Format::Json {
            return found.table("aggregates", slice.aggregate_rows());
        }
        let (ticks, (run_id, node_id)) = (&slice.ticks, found.ids());
        found.json(&TelemetryAggregates {
            run_id,
            node_id,
            from_tick: ticks.first().copied(),
            to_tick: ticks.last().copied(),
            ticks: ticks.len(),
            metrics: slice.metrics.iter().map(|(name, curves)| (name.clone(), in_numbers(ticks, curves))).collect(),
        })
    })
    .await
}

fn in_numbers(ticks: &[u32], curves: &Curves) -> MetricAggregates {
    let of = |curve: &[f64]| Aggregate::of(ticks, curve).map(CurveAggregate::from);
    let by = |curves: &BTreeMap<String, Vec<f64>>| {
        curves.iter().filter_map(|(name, curve)| Some((name.clone(), of(curve)?))).collect()
    };
    MetricAggregates {
        overall: of(&curves.overall),
        by_region: by(&curves.by_region),
        by_segment: by(&curves.by_segment),
    }
}
