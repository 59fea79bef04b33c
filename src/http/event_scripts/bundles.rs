//! The operations on bundles of event scripts.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use civitas_store::EventKind;

use super::{EventPath, blocking, query_pairs};
use crate::http::app::{API_PATH, AppState};
use crate::http::auth::Caller;
use crate::http::body::JsonBody;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::event_check::{EventCheck, TryEventBundle};
use crate::http::wire::event_script::{
    CreateEventBundle, EventListParams, UpdateEventBundle, VersionParam, list_query, version_query,
};
use crate::http::wire::event_shown::{EventBundle, EventBundleList};

/// List your bundles of event scripts, newest first.
#[utoipa::path(tag = "Event Scripts", params(EventListParams), responses(
    (status = 200, description = "A page of bundles of event scripts.", body = EventBundleList)
))]
#[get("/event-scripts/bundles")]
pub(super) async fn list_event_bundles(
    state: Data<AppState>,
    Caller(caller): Caller,
    request: HttpRequest,
) -> ApiResult<Json<EventBundleList>> {
    let (project, (skip, limit)) = list_query(&query_pairs(&request)?)?;
    let events = state.runtime.event_scripts().clone();
    let whose = (caller.tenant_id, project);
    let (records, total) = blocking(move || events.list(whose, EventKind::Bundle, (skip, limit))).await?;
    let items = records.iter().map(EventBundle::of).collect::<ApiResult<_>>()?;
    Ok(Json(EventBundleList { items, total, page: skip / limit + 1, size: limit, pages: total.div_ceil(limit) }))
}

/// Make a bundle of event scripts. It is on the disk when this answers.
#[utoipa::path(tag = "Event Scripts", request_body = CreateEventBundle, responses(
    (status = 201, description = "The bundle.", body = EventBundle),
    (status = 413, description = "`PAYLOAD_TOO_LARGE`", body = ErrorBody),
    (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody),
    (status = 422, description = "`EVENT_LIMIT`", body = ErrorBody)
))]
#[post("/event-scripts/bundles")]
pub(super) async fn create_event_bundle(
    state: Data<AppState>,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<CreateEventBundle>,
) -> ApiResult<HttpResponse> {
    let (project, name, draft) = body.draft()?;
    let events = state.runtime.event_scripts().clone();
    let whose = (caller.tenant_id, project);
    let record = blocking(move || events.create(whose, &caller.created_by, &name, draft)).await?;
    let location = format!("{API_PATH}/event-scripts/bundles/{}", record.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(EventBundle::of(&record)?))
}

/// Try a bundle of event scripts in a run: all that is wrong with it there, and the effects that the run would have. Stores nothing.
#[utoipa::path(tag = "Event Scripts", request_body = TryEventBundle, responses(
    (status = 200, description = "What would come of it.", body = EventCheck),
    (status = 404, description = "`EVENT_SCRIPT_NOT_FOUND`", body = ErrorBody),
    (status = 413, description = "`PAYLOAD_TOO_LARGE`", body = ErrorBody),
    (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody),
    (status = 422, description = "`UNKNOWN_MODEL`, `UNKNOWN_DATASET`, `UNKNOWN_VARIABLE`, `NETWORK_MISMATCH`: of the run that it is tried in",
        body = ErrorBody)
))]
#[post("/event-scripts/bundles/validate")]
pub(super) async fn validate_event_bundle(
    state: Data<AppState>,
    Caller(caller): Caller,
    JsonBody(body): JsonBody<TryEventBundle>,
) -> ApiResult<Json<EventCheck>> {
    let tenant = caller.tenant_id;
    let (run, project, order, steps) = body.parts(caller)?;
    let runtime = state.runtime.clone();
    let tried = blocking(move || {
        let bundle = runtime.event_scripts().on_time_line((tenant, project), order, &steps)?;
        runtime.try_events(run, &bundle)
    });
    let (effects, problems) = tried.await?;
    Ok(Json(EventCheck::of(effects, problems)))
}

/// Read a bundle of event scripts.
#[utoipa::path(tag = "Event Scripts", params(EventPath), responses(
    (status = 200, description = "The bundle.", body = EventBundle),
    (status = 404, description = "`EVENT_BUNDLE_NOT_FOUND`", body = ErrorBody)
))]
#[get("/event-scripts/bundles/{id}")]
pub(super) async fn get_event_bundle(
    state: Data<AppState>,
    Caller(caller): Caller,
    EventPath(id): EventPath,
) -> ApiResult<Json<EventBundle>> {
    let events = state.runtime.event_scripts().clone();
    let record = blocking(move || events.get(caller.tenant_id, EventKind::Bundle, id)).await?;
    Ok(Json(EventBundle::of(&record)?))
}

/// Write the next version of a bundle of event scripts, whole. Runs that used it keep what they had of it.
#[utoipa::path(tag = "Event Scripts", params(EventPath), request_body = UpdateEventBundle, responses(
    (status = 200, description = "The bundle as it is now.", body = EventBundle),
    (status = 404, description = "`EVENT_BUNDLE_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`VERSION_CONFLICT`", body = ErrorBody),
    (status = 413, description = "`PAYLOAD_TOO_LARGE`", body = ErrorBody),
    (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody)
))]
#[put("/event-scripts/bundles/{id}")]
pub(super) async fn update_event_bundle(
    state: Data<AppState>,
    Caller(caller): Caller,
    EventPath(id): EventPath,
    JsonBody(body): JsonBody<UpdateEventBundle>,
) -> ApiResult<Json<EventBundle>> {
    let (version, name, draft) = body.draft()?;
    let events = state.runtime.event_scripts().clone();
    let record =
        blocking(move || events.update(caller.tenant_id, (id, version), &caller.created_by, &name, draft)).await?;
    Ok(Json(EventBundle::of(&record)?))
}

/// Remove a bundle of event scripts. Runs that used it keep what they had of it.
#[utoipa::path(tag = "Event Scripts", params(EventPath, VersionParam), responses(
    (status = 200, description = "The bundle as it was.", body = EventBundle),
    (status = 404, description = "`EVENT_BUNDLE_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`VERSION_CONFLICT`", body = ErrorBody)
))]
#[delete("/event-scripts/bundles/{id}")]
pub(super) async fn remove_event_bundle(
    state: Data<AppState>,
    Caller(caller): Caller,
    EventPath(id): EventPath,
    request: HttpRequest,
) -> ApiResult<Json<EventBundle>> {
    let version = version_query(&query_pairs(&request)?)?;
    let events = state.runtime.event_scripts().clone();
    let record = blocking(move || events.remove(caller.tenant_id, EventKind::Bundle, id, version)).await?;
    Ok(Json(EventBundle::of(&record)?))
}
