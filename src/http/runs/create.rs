//! POST /runs.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use civitas_actors::NewRun;
use civitas_store::{NodeId, RunRecord};

use super::{blocking, fork, society};
use crate::http::app::{API_PATH, AppState};
use crate::http::auth::Caller;
use crate::http::body::JsonBody;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::create::CreateRun;
use crate::http::wire::place::node_of;
use crate::http::wire::run::RunCreated;
use crate::keys::Identity;

/// Create a run. It is queued, and on the disk, when this answers; start it with POST /runs/{id}/start. With
/// `parent_run_id` it is a fork, as POST /runs/{id}/fork makes them; with `parent_node_id` it asks what that node asks with its
/// own patch added; with `node_id` it is one more run of that node.
#[utoipa::path(tag = "Simulation Runs", request_body = CreateRun, responses(
    (status = 201, description = "The run, queued.", body = RunCreated),
    (status = 409, description = "`VERSION_CONFLICT`: of the bundle that is named", body = ErrorBody),
    (status = 413, description = "`PAYLOAD_TOO_LARGE`", body = ErrorBody),
    (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody),
    (status = 404, description = "`RUN_NOT_FOUND`: the run that is to be forked; `NODE_NOT_FOUND`, `EVENT_BUNDLE_NOT_FOUND`", body = ErrorBody),
    (status = 422, description = "`RUN_TOO_LARGE`, `UNKNOWN_VARIABLE`, `UNKNOWN_MODEL`, `UNKNOWN_DATASET`, `NO_SNAPSHOT`, \
        `SNAPSHOT_UNUSABLE`, `SOCIETY_UNUSABLE`, `FORK_MISMATCH`, `NODE_MISMATCH`, `NODE_LIMIT`, `BUNDLE_MISMATCH`", body = ErrorBody),
    (status = 429, description = "`QUOTA_EXCEEDED`", body = ErrorBody)
))]
#[post("/runs")]
pub(super) async fn create_run(
    state: Data<AppState>,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<CreateRun>,
) -> ApiResult<HttpResponse> {
    let place = body.place()?;
    let record = match (body.into_fork(), node_of(place)) {
        (Ok((parent, fork)), _) => fork::forked(&state, caller, parent, fork).await?,
        (Err(body), None) => {
            let draft = society::settled(&state, &caller, *body).await?;
            state.runtime.submit(draft.into_new_run(caller)?).await?
        }
        (Err(body), Some(node)) => {
            let like = run_of_node(&state, caller, node).await?;
            state.runtime.submit(body.in_node(place, like)?).await?
        }
    };
    created(&state, record).await
}

/// A run to create that asks what a node asks.
pub(super) async fn run_of_node(state: &AppState, caller: Identity, node: NodeId) -> ApiResult<NewRun> {
    let runtime = state.runtime.clone();
    blocking(move || runtime.run_of_node(caller.tenant_id, node, &caller.created_by)).await
}

/// The answer for a run that was created.
pub(super) async fn created(state: &AppState, record: RunRecord) -> ApiResult<HttpResponse> {
    let location = format!("{API_PATH}/runs/{}", record.id);
    let runtime = state.runtime.clone();
    let read = blocking(move || {
        let (effects, cast) = (runtime.effects(&record)?, runtime.cast(&record)?);
        Ok((effects, cast, runtime.telemetry(record.id)?, record))
    });
    let (effects, cast, telemetry, record) = read.await?;
    let mut run = RunCreated::from(record);
    run.config = run.config.with_effects(effects).with_cast(cast);
    run.config.telemetry = Some(telemetry.into());
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(run))
}
