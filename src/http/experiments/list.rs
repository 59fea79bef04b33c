//! GET /run-experiments.

use actix_web::http::header::HeaderName;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};

use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::ApiResult;
use crate::http::runs::{blocking, query_pairs};
use crate::http::wire::experiment::{Answer, ExperimentItem, PageParams, PageQuery, items};

/// Says how many experiments there are in all, on whatever page.
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// List experiments, newest first.
#[utoipa::path(tag = "Experiment Runner", params(PageParams), responses(
    (status = 200, description = "A page of experiments.", body = Answer<Vec<ExperimentItem>>,
        headers(("X-Total-Count" = usize, description = "How many experiments there are in all.")))
))]
#[get("/run-experiments")]
pub(super) async fn get_experiments(
    state: Data<AppState>,
    Caller(caller): Caller,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    let question = PageQuery::parse(&query_pairs(&request)?)?.for_tenant(caller.tenant_id);
    let runtime = state.runtime.clone();
    let page = blocking(move || runtime.list(&question)).await?;
    Ok(HttpResponse::Ok().insert_header((TOTAL, page.total)).json(items(page)))
}
