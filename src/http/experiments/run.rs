//! POST /run-experiments.

use actix_web::dev::Payload;
use actix_web::web::{Data, Json};
use actix_web::{FromRequest, HttpRequest, post};
use futures_util::future::{FutureExt, LocalBoxFuture};

use crate::experiment::{ExperimentBody, reworded};
use crate::http::app::AppState;
use crate::http::auth::Caller;
use crate::http::body::JsonBody;
use crate::http::errors::{ApiError, ApiResult, ErrorBody};
use crate::http::wire::experiment::{Answer, ExperimentStarted};

/// The configuration in a request's body; what is JSON but no configuration is an invalid experiment.
pub(super) struct Configuration(ExperimentBody);

impl FromRequest for Configuration {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, ApiResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = JsonBody::<ExperimentBody>::from_request(request, payload);
        async move { body.await.map(|JsonBody(body)| Self(body)).map_err(reworded) }.boxed_local()
    }
}

/// Run an experiment. It is on the disk when this answers, and starts as soon as there is a place for it. The whole
/// configuration is checked first: nothing is stored of one that is refused.
#[utoipa::path(tag = "Experiment Runner", request_body = ExperimentBody, responses(
    (status = 200, description = "The experiment, running.", body = Answer<ExperimentStarted>),
    (status = 413, description = "`PAYLOAD_TOO_LARGE`", body = ErrorBody),
    (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`", body = ErrorBody),
    (status = 422, description = "`INVALID_EXPERIMENT`, `UNSUPPORTED_STEP`, `RUN_TOO_LARGE`", body = ErrorBody),
    (status = 429, description = "`QUOTA_EXCEEDED`", body = ErrorBody)
))]
#[post("/run-experiments")]
pub(super) async fn run_experiment(
    state: Data<AppState>,
    Caller(caller): Caller,
    Configuration(body): Configuration,
) -> ApiResult<Json<Answer<ExperimentStarted>>> {
    let draft = body.draft()?;
    let paths = draft.paths.clone();
    let submitted = state.runtime.submit_and_start(draft.into_new_run(caller)).await;
    let record = submitted.map_err(|error| paths.refused_by_runtime(error))?;
    Ok(Json(Answer { data: record.into() }))
}
