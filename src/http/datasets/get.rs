//! GET /datasets/{name} and GET /datasets/{name}/{version}.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, get};

use super::VersionPath;
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::runs::{blocking, query_pairs};
use crate::http::wire::dataset::{Dataset, DatasetDetail};
use crate::http::wire::preview::{self, PreviewParams};

/// Read the versions of a data set, oldest first.
#[utoipa::path(tag = "Data Sets", params(("name" = String, Path, description = "Name of the data set.")), responses(
    (status = 200, description = "Its versions.", body = Vec<Dataset>),
    (status = 404, description = "`DATASET_NOT_FOUND`", body = ErrorBody)
))]
#[get("/datasets/{name}")]
pub(super) async fn get_dataset_versions(
    state: Data<AppState>,
    Caller(caller): Caller,
    name: Path<String>,
) -> ApiResult<Json<Vec<Dataset>>> {
    let datasets = state.runtime.datasets().clone();
    let versions = blocking(move || datasets.versions(caller.tenant_id, &name)).await?;
    Ok(Json(versions.into_iter().map(Dataset::from).collect()))
}

/// Read a version of a data set with its first regions.
#[utoipa::path(tag = "Data Sets", params(VersionPath, PreviewParams), responses(
    (status = 200, description = "The version.", body = DatasetDetail),
    (status = 404, description = "`DATASET_NOT_FOUND`", body = ErrorBody)
))]
#[get("/datasets/{name}/{version}")]
pub(super) async fn get_dataset(
    state: Data<AppState>,
    Caller(caller): Caller,
    path: VersionPath,
    request: HttpRequest,
) -> ApiResult<Json<DatasetDetail>> {
    let shown = preview::regions(&query_pairs(&request)?)?;
    let (datasets, key) = (state.runtime.datasets().clone(), path.key(caller.tenant_id));
    let detail = blocking(move || {
        let record = datasets.get(&key)?;
        let dataset = datasets.load(&record)?;
        Ok(DatasetDetail::new(record, datasets.in_use(&key)?, &dataset, shown))
    });
    Ok(Json(detail.await?))
}
