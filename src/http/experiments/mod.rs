//! The four operations of AgentSociety's experiment runner, one file each: a second door to the same runtime. An
//! experiment is a run with a workflow, so everything that the Runs API says of runs holds; what they share stands here.

mod list;
mod run;
mod status;
mod stop;

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use civitas_actors::{Runtime, RuntimeError};
use civitas_store::{RunMode, RunRecord, TenantId};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::errors::{ApiError, ApiResult, ErrorCode};

/// Registers the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(run::run_experiment)
        .service(list::get_experiments)
        .service(status::get_experiment_status)
        .service(stop::stop_experiment);
}

/// The experiment that a path names.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(names("id"), parameter_in = Path)]
struct ExperimentPath(
    /// The experiment.
    Uuid,
);

impl FromRequest for ExperimentPath {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    /// What is no id names no experiment either, as in AgentSociety.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").unwrap_or_default();
        ready(Uuid::parse_str(id).map(Self).map_err(|_| not_found()))
    }
}

fn not_found() -> ApiError {
    ApiError::new(ErrorCode::ExperimentNotFound, "Experiment not found")
}

/// A tenant's experiment as it is now. Runs without a workflow are none.
async fn experiment(runtime: &Runtime, tenant: TenantId, id: Uuid) -> ApiResult<RunRecord> {
    match runtime.run(tenant, id).await {
        Ok(record) if record.mode == RunMode::Experiment => Ok(record),
        Ok(_) | Err(RuntimeError::NotFound(_)) => Err(not_found()),
        Err(error) => Err(error.into()),
    }
}
