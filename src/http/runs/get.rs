//! GET /runs/{id}.

use actix_web::get;
use actix_web::web::{Data, Json};

use super::{RunPath, blocking};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::errors::{ApiResult, ErrorBody};
use crate::http::wire::run::Run;

/// Read a run with its progress and outputs.
#[utoipa::path(tag = "Simulation Runs", params(RunPath), responses(
    (status = 200, description = "The run.", body = Run),
    (status = 404, description = "`RUN_NOT_FOUND`", body = ErrorBody)
))]
#[get("/runs/{id}")]
pub(super) async fn get_run(
    state: Data<AppState>,
    Caller(caller): Caller,
    RunPath(id): RunPath,
) -> ApiResult<Json<Run>> {
    let tenant = caller.tenant_id;
    let record = state.runtime.run(tenant, id).await?;
    let runtime = state.runtime.clone();
    let read = blocking(move || {
        let beside = (runtime.effects(&record)?, runtime.cast(&record)?);
        let recorded = (runtime.telemetry(id)?, runtime.results_url(id)?);
        Ok((runtime.snapshots(tenant, id)?, beside, recorded, record))
    });
    let (snapshots, (effects, cast), (telemetry, results_url), record) = read.await?;
    let run = Run::new(record, snapshots.into_iter().map(|snapshot| snapshot.tick));
    let run = Run { config: run.config.with_effects(effects).with_cast(cast), ..run };
    Ok(Json(run.recorded(telemetry, results_url, state.place.as_ref())))
}
