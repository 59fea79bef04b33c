//! GET /telemetry/{id}/keyframe/{tick} and GET /telemetry/{id}/agent/{agent}: agents at keyframes.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get};
use civitas_telemetry::{Format, Moment, RecordedAgent};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::head::Head;
use super::query::{Asked, PageParams, nothing};
use super::whose::{OfNode, WhosePath};
use crate::http::errors::{ApiResult, ErrorBody};

/// Agents at a keyframe.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct TelemetryKeyframe {
    /// The run.
    run_id: Uuid,
    /// The node that the run belongs to; null for runs that an earlier version stored.
    node_id: Option<Uuid>,
    /// The tick.
    tick: u32,
    /// How many agents were recorded.
    total: u64,
    /// Agents passed over.
    skip: usize,
    /// Agents at most.
    limit: usize,
    /// The agents, rising by id.
    agents: Vec<AgentAtKeyframe>,
}

/// An agent at a keyframe.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct AgentAtKeyframe {
    /// Its id.
    agent: u32,
    /// Its region.
    region: String,
    /// Its segment.
    segment: String,
    /// Its traits, by name.
    state: BTreeMap<String, f64>,
    /// What the model says of it; null where that was not recorded.
    reasons: Option<String>,
}

/// An agent over all keyframes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct TelemetryAgent {
    /// The run.
    run_id: Uuid,
    /// The node that the run belongs to; null for runs that an earlier version stored.
    node_id: Option<Uuid>,
    /// Its id.
    agent: u32,
    /// Its region.
    region: String,
    /// Its segment.
    segment: String,
    /// What it was, by tick.
    trajectory: Vec<AgentMoment>,
}

/// What an agent was.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct AgentMoment {
    /// The tick.
    tick: u32,
    /// Its traits, by name.
    state: BTreeMap<String, f64>,
    /// What the model says of it; null where that was not recorded.
    reasons: Option<String>,
}

impl From<RecordedAgent> for AgentAtKeyframe {
    fn from(found: RecordedAgent) -> Self {
        let RecordedAgent { agent, region, segment, moment: Moment { state, reasons, .. } } = found;
        Self { agent, region, segment, state, reasons }
    }
}

/// Read the agents that were recorded at a keyframe.
#[utoipa::path(tag = "Telemetry",
    params(WhosePath, OfNode, PageParams, ("tick" = u32, Path, description = "The keyframe.")),
    responses(
        (status = 200, description = "The agents.", content(
            (TelemetryKeyframe = "application/json"), (String = "text/csv"),
            (Vec<u8> = "application/vnd.apache.arrow.stream"), (Vec<u8> = "application/vnd.apache.parquet"))),
        (status = 304, description = "As the client has it."),
        (status = 400, description = "`VALIDATION_ERROR`, `NOT_A_KEYFRAME`", body = ErrorBody),
        (status = 404, description = "`RUN_NOT_FOUND`, `NO_TELEMETRY`", body = ErrorBody)
))]
#[get("/telemetry/{id}/keyframe/{tick}")]
pub(super) async fn telemetry_keyframe(head: Head) -> ApiResult<HttpResponse> {
    let tick = head.number_in_path("tick")?;
    head.answer(Asked::page, async |found, (skip, limit)| {
        if found.form != Format::Json {
            return found.table("agents", found.reader.keyframe_rows(&found.index, tick, skip, limit).await?);
        }
        let keyframe = found.reader.keyframe(&found.index, tick, skip, limit).await?;
        let agents = keyframe.agents.into_iter().map(AgentAtKeyframe::from).collect();
        let (run_id, node_id) = found.ids();
        found.json(&TelemetryKeyframe { run_id, node_id, tick, total: keyframe.total, skip, limit, agents })
    })
    .await
}

/// Read an agent's trajectory: what it was at every keyframe, with what the model says of it.
#[utoipa::path(tag = "Telemetry",
    params(WhosePath, OfNode, ("agent" = u32, Path, description = "The agent's id.")),
    responses(
        (status = 200, description = "The trajectory.", content(
            (TelemetryAgent = "application/json"), (String = "text/csv"),
            (Vec<u8> = "application/vnd.apache.arrow.stream"), (Vec<u8> = "application/vnd.apache.parquet"))),
        (status = 304, description = "As the client has it."),
        (status = 404, description = "`RUN_NOT_FOUND`, `NO_TELEMETRY`, `AGENT_NOT_RECORDED`", body = ErrorBody)
))]
#[get("/telemetry/{id}/agent/{agent}")]
pub(super) async fn telemetry_agent(head: Head) -> ApiResult<HttpResponse> {
    let agent = head.number_in_path("agent")?;
    head.answer(nothing, async |found, ()| {
        if found.form != Format::Json {
            return found.table("agents", found.reader.trajectory_rows(&found.index, agent).await?);
        }
        let moments = found.reader.trajectory(&found.index, agent).await?;
        let whose = moments.first().map(|first| (first.region.clone(), first.segment.clone()));
        let (region, segment) = whose.unwrap_or_default();
        let moment = |recorded: RecordedAgent| {
            let Moment { tick, state, reasons } = recorded.moment;
            AgentMoment { tick, state, reasons }
        };
        let trajectory = moments.into_iter().map(moment).collect();
        let (run_id, node_id) = found.ids();
        found.json(&TelemetryAgent { run_id, node_id, agent, region, segment, trajectory })
    })
    .await
}
