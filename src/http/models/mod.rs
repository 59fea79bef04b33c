//! The operations on models: which there are, and what one can be told. They read the catalogue and run nothing.

use actix_web::get;
use actix_web::web::{Data, Json, Path};
use utoipa_actix_web::service_config::ServiceConfig;

use super::app::AppState;
use super::auth::Caller;
use super::errors::{ApiError, ApiResult, ErrorBody, ErrorCode};
use super::wire::model::ModelDescription;

/// Registers the operations.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_models).service(get_model);
}

/// List the models that runs can name, each with its parameters, variables and metrics.
#[utoipa::path(tag = "Models", responses((status = 200, description = "The models, by name.", body = Vec<ModelDescription>)))]
#[get("/models")]
async fn list_models(state: Data<AppState>, _: Caller) -> Json<Vec<ModelDescription>> {
    Json(state.runtime.catalogue().cards().map(ModelDescription::from).collect())
}

/// Read what a model can be told and what it measures, with ranges and units.
#[utoipa::path(tag = "Models", params(("name" = String, Path, description = "Name of the model.")), responses(
    (status = 200, description = "The model.", body = ModelDescription),
    (status = 404, description = "`MODEL_NOT_FOUND`", body = ErrorBody)
))]
#[get("/models/{name}")]
async fn get_model(state: Data<AppState>, _: Caller, name: Path<String>) -> ApiResult<Json<ModelDescription>> {
    let card = state.runtime.catalogue().card(&name);
    let card = card.map_err(|error| ApiError::new(ErrorCode::ModelNotFound, error.to_string()))?;
    Ok(Json(card.into()))
}
