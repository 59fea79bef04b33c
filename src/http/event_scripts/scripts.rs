//! The operations on event scripts.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use civitas_store::EventKind;

use super::{EventPath, blocking, query_pairs};
use crate::http::app::{API_PATH, AppState};
use crate::http::auth::Caller;
use crate::http::body::JsonBody;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::event_check::{EventCheck, TryEventScript};
use crate::http::wire::event_script::{
    CreateEventScript, EventListParams, UpdateEventScript, VersionParam, list_query, version_query,
};
use crate::http::wire::event_shown::{EventScript, EventScriptItem, EventScriptList};

/// List your event scripts, newest first.
#[utoipa::path(tag = "Event Scripts", params(EventListParams), responses(
    (status = 200, description = "A page of event scripts.", body = EventScriptList)
))]
#[get("/event-scripts")]
pub(super) async fn list_event_scripts(
    state: Data<AppState>,
    Caller(caller): Caller,
    request: HttpRequest,
) -> ApiResult<Json<EventScriptList>> {
    let (project, (skip, limit)) = list_query(&query_pairs(&request)?)?;
    let events = state.runtime.event_scripts().clone();
    let whose = (caller.tenant_id, project);
    let (records, total) = blocking(move || events.list(whose, EventKind::Script, (skip, limit))).await?;
    let items = records.iter().map(EventScriptItem::from).collect();
    Ok(Json(EventScriptList { items, total, page: skip / limit + 1, size: limit, pages: total.div_ceil(limit) }))
}

/// Make an event script. What of it depends on a model is checked where it is tried or applied. It is on the disk when this answers.
#[utoipa::path(tag = "Event Scripts", request_body = CreateEventScript, responses(
    (status = 201, description = "The event script.", body = EventScript),
    (status = 413, description = "`PAYLOAD_TOO_LARGE`", body = ErrorBody),
    (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody),
    (status = 422, description = "`EVENT_LIMIT`", body = ErrorBody)
))]
#[post("/event-scripts")]
pub(super) async fn create_event_script(
    state: Data<AppState>,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<CreateEventScript>,
) -> ApiResult<HttpResponse> {
    let (project, name, draft) = body.draft()?;
    let events = state.runtime.event_scripts().clone();
    let whose = (caller.tenant_id, project);
    let record = blocking(move || events.create(whose, &caller.created_by, &name, draft)).await?;
    let location = format!("{API_PATH}/event-scripts/{}", record.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(EventScript::of(&record)?))
}

/// Try an event script in a run: all that is wrong with it there, and the effects that the run would have. Stores nothing.
#[utoipa::path(tag = "Event Scripts", request_body = TryEventScript, responses(
    (status = 200, description = "What would come of it.", body = EventCheck),
    (status = 413, description = "`PAYLOAD_TOO_LARGE`", body = ErrorBody),
    (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody),
    (status = 422, description = "`UNKNOWN_MODEL`, `UNKNOWN_DATASET`, `UNKNOWN_VARIABLE`, `NETWORK_MISMATCH`: of the run that it is tried in",
        body = ErrorBody)
))]
#[post("/event-scripts/validate")]
pub(super) async fn validate_event_script(
    state: Data<AppState>,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<TryEventScript>,
) -> ApiResult<Json<EventCheck>> {
    let (run, bundle) = match body.parts(caller)? {
        Ok(parts) => parts,
        Err(problems) => return Ok(Json(EventCheck::refused(problems))),
    };
    let runtime = state.runtime.clone();
    let (effects, problems) = blocking(move || runtime.try_events(run, &bundle)).await?;
    Ok(Json(EventCheck::of(effects, problems)))
}

/// Read an event script.
#[utoipa::path(tag = "Event Scripts", params(EventPath), responses(
    (status = 200, description = "The event script.", body = EventScript),
    (status = 404, description = "`EVENT_SCRIPT_NOT_FOUND`", body = ErrorBody)
))]
#[get("/event-scripts/{id}")]
pub(super) async fn get_event_script(
    state: Data<AppState>,
    Caller(caller): Caller,
    EventPath(id): EventPath,
) -> ApiResult<Json<EventScript>> {
    let events = state.runtime.event_scripts().clone();
    let record = blocking(move || events.get(caller.tenant_id, EventKind::Script, id)).await?;
    Ok(Json(EventScript::of(&record)?))
}

/// Write the next version of an event script, whole. Runs that used it keep what they had of it.
#[utoipa::path(tag = "Event Scripts", params(EventPath), request_body = UpdateEventScript, responses(
    (status = 200, description = "The event script as it is now.", body = EventScript),
    (status = 404, description = "`EVENT_SCRIPT_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`VERSION_CONFLICT`", body = ErrorBody),
    (status = 413, description = "`PAYLOAD_TOO_LARGE`", body = ErrorBody),
    (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody)
))]
#[put("/event-scripts/{id}")]
pub(super) async fn update_event_script(
    state: Data<AppState>,
    Caller(caller): Caller,
    EventPath(id): EventPath,
    JsonBody(body): JsonBody<UpdateEventScript>,
) -> ApiResult<Json<EventScript>> {
    let (version, name, draft) = body.draft()?;
    let events = state.runtime.event_scripts().clone();
    let record =
        blocking(move || events.update(caller.tenant_id, (id, version), &caller.created_by, &name, draft)).await?;
    Ok(Json(EventScript::of(&record)?))
}

/// Remove an event script. Runs that used it keep what they had of it.
#[utoipa::path(tag = "Event Scripts", params(EventPath, VersionParam), responses(
    (status = 200, description = "The event script as it was.", body = EventScript),
    (status = 404, description = "`EVENT_SCRIPT_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`EVENT_SCRIPT_IN_USE`, `VERSION_CONFLICT`", body = ErrorBody)
))]
#[delete("/event-scripts/{id}")]
pub(super) async fn remove_event_script(
    state: Data<AppState>,
    Caller(caller): Caller,
    EventPath(id): EventPath,
    request: HttpRequest,
) -> ApiResult<Json<EventScript>> {
    let version = version_query(&query_pairs(&request)?)?;
    let events = state.runtime.event_scripts().clone();
    let record = blocking(move || events.remove(caller.tenant_id, EventKind::Script, id, version)).await?;
    Ok(Json(EventScript::of(&record)?))
}
