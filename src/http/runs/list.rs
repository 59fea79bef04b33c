//! GET /runs.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, get};

use super::{blocking, query_pairs};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::ApiResult;
use crate::http::wire::list::{ListParams, ListQuery, RunList};

/// List runs, newest first.
#[utoipa::path(tag = "Simulation Runs", params(ListParams), responses(
    (status = 200, description = "A page of runs.", body = RunList)
))]
#[get("/runs")]
pub(super) async fn list_runs(
    state: Data<AppState>,
    Caller(caller): Caller,
    request: HttpRequest,
) -> ApiResult<Json<RunList>> {
    let query = ListQuery::parse(&query_pairs(&request)?)?;
    let (question, runtime) = (query.for_tenant(caller.tenant_id), state.runtime.clone());
    let page = blocking(move || runtime.list(&question)).await?;
    Ok(Json(query.page(page)))
}
