//! GET /datasets.

use actix_web::get;
use actix_web::web::{Data, Json};
use civitas_engine::BUNDLED_DATASETS;

use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::ApiResult;
use crate::http::runs::blocking;
use crate::http::wire::dataset::{Dataset, DatasetList};

/// List your data sets, every version, and the names of those that come with civitas.
#[utoipa::path(tag = "Data Sets", responses((status = 200, description = "The data sets.", body = DatasetList)))]
#[get("/datasets")]
pub(super) async fn list_datasets(state: Data<AppState>, Caller(caller): Caller) -> ApiResult<Json<DatasetList>> {
    let datasets = state.runtime.datasets().clone();
    let records = blocking(move || datasets.list(caller.tenant_id)).await?;
    let bundled = BUNDLED_DATASETS.iter().map(|&name| name.to_owned()).collect();
    Ok(Json(DatasetList { items: records.into_iter().map(Dataset::from).collect(), bundled }))
}
