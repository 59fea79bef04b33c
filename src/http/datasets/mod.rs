//! The operations on data sets, one file each; `upload` reads what is sent. A handler calls the runtime's data sets on a
//! thread that may wait for the disk, and shapes the answer; what they share stands here.

mod add;
mod get;
mod list;
mod remove;
mod upload;

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use civitas_store::{DatasetKey, TenantId};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::errors::{ApiError, ApiResult};

/// Registers the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list_datasets)
        .service(add::add_dataset)
        .service(get::get_dataset_versions)
        .service(get::get_dataset)
        .service(remove::remove_dataset);
}

/// The version that a path names.
#[derive(Clone, Debug, IntoParams)]
#[into_params(names("name", "version"), parameter_in = Path)]
struct VersionPath(
    /// Name of the data set.
    String,
    /// Its version.
    u32,
);

impl VersionPath {
    fn key(self, tenant_id: TenantId) -> DatasetKey {
        DatasetKey { tenant_id, name: self.0, version: self.1 }
    }
}

impl FromRequest for VersionPath {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let part = |name| request.match_info().get(name).unwrap_or_default();
        let version = part("version");
        let wrong = |_| ApiError::invalid(format!("version must be a whole number, not '{version}'"));
        ready(version.parse().map_err(wrong).map(|version| Self(part("name").to_owned(), version)))
    }
}
