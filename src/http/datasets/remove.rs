//! DELETE /datasets/{name}/{version}.

use actix_web::delete;
use actix_web::web::{Data, Json};

use super::VersionPath;
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::runs::blocking;
use crate::http::wire::dataset::Dataset;

/// Remove a version of a data set that no run names. Its number is not given again.
#[utoipa::path(tag = "Data Sets", params(VersionPath), responses(
    (status = 200, description = "The version as it was.", body = Dataset),
    (status = 404, description = "`DATASET_NOT_FOUND`", body = ErrorBody),
    (status = 409, description = "`DATASET_IN_USE`", body = ErrorBody)
))]
#[delete("/datasets/{name}/{version}")]
pub(super) async fn remove_dataset(
    state: Data<AppState>,
    Caller(caller): Caller,
    path: VersionPath,
) -> ApiResult<Json<Dataset>> {
    let (datasets, key) = (state.runtime.datasets().clone(), path.key(caller.tenant_id));
    Ok(Json(blocking(move || datasets.remove(&key)).await?.into()))
}
