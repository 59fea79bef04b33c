//! GET /telemetry/{id}.

use actix_web::{HttpResponse, get};
use civitas_telemetry::Index;
use serde::Serialize;
use uuid::Uuid;

use super::head::Head;
use super::query::nothing;
use super::whose::{OfNode, RunOfNode, WhosePath};
use crate::http::errors::{ApiResult, ErrorBody};

/// The answer.
#[derive(Serialize)]
struct TelemetryIndex<'a> {
    /// The node that the run belongs to; null for runs that an earlier version stored.
    node_id: Option<Uuid>,
    /// The runs of the node, oldest first, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    runs: Option<&'a [RunOfNode]>,
    #[serde(flatten)]
    index: &'a Index,
}

/// Read what was recorded of a run: ticks, metrics, variables, regions, segments, keyframes, files. Of a node, of one of its runs,
/// with a list of them all.
#[utoipa::path(tag = "Telemetry", params(WhosePath, OfNode), responses(
    (status = 200, description = "The index; docs/telemetry.md has its fields.", body = Object),
    (status = 304, description = "As the client has it."),
    (status = 400, description = "`VALIDATION_ERROR`", body = ErrorBody),
    (status = 404, description = "`RUN_NOT_FOUND`, `NO_TELEMETRY`", body = ErrorBody)
))]
#[get("/telemetry/{id}")]
pub(super) async fn telemetry_index(head: Head) -> ApiResult<HttpResponse> {
    head.answer(nothing, async |found, ()| {
        let (_, node_id) = found.ids();
        found.json(&TelemetryIndex { node_id, runs: found.runs.as_deref(), index: &found.index })
    })
    .await
}
