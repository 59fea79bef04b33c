//! POST /datasets.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};

use super::upload::Uploaded;
use crate::http::app::{API_PATH, AppState};
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::runs::blocking;
use crate::http::wire::dataset::{CreateDataset, Dataset, DatasetForm};

/// Add a data set: as JSON with its tables as CSV text, or as a form with files in CSV or Parquet. Every row is checked.
/// The same content under the same name is the same version; other content is the next one.
#[utoipa::path(tag = "Data Sets", request_body(content((CreateDataset = "application/json"),
        (DatasetForm = "multipart/form-data"))),
    responses(
        (status = 200, description = "The version that has this content already.", body = Dataset),
        (status = 201, description = "The new version, on the disk.", body = Dataset),
        (status = 413, description = "`PAYLOAD_TOO_LARGE`: 64 MiB a table", body = ErrorBody),
        (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody),
        (status = 422, description = "`INVALID_DATASET`, with file, line and column", body = ErrorBody)
))]
#[post("/datasets")]
pub(super) async fn add_dataset(
    state: Data<AppState>,
    Caller(caller): Caller,
    Uploaded { upload, permit }: Uploaded,
) -> ApiResult<HttpResponse> {
    let datasets = state.runtime.datasets().clone();
    let added = blocking(move || {
        // Held until the tables are read, for it is they that take memory.
        let _permit = permit;
        datasets.add(caller.tenant_id, &caller.created_by, &upload.read()?)
    });
    let added = added.await?;
    let location = format!("{API_PATH}/datasets/{}/{}", added.record.name, added.record.version);
    let mut answer = if added.is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(answer.insert_header((LOCATION, location)).json(Dataset::from(added.record)))
}
