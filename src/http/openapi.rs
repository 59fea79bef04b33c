//! The OpenAPI document, generated from the handlers themselves and served at /api/v1/openapi.json. Owns what no single
//! handler can say: the title, the security scheme, and which operations need a key; refusals and examples are [`super::reference`]'s.

use actix_web::{App, HttpResponse, get, web::Data};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_actix_web::AppExt;

use super::app::{self, API_PATH, AppState, EXPERIMENTS_PATH};
use super::errors::{ErrorBody, ErrorCode};
use super::reference;
use super::wire::events::{CancelledEvent, CompletedEvent, FailedEvent, ProgressEvent, ShutdownEvent};

/// What the document starts from.
#[derive(OpenApi)]
#[openapi(
    info(title = "civitas", description = "Simulate societies: create, start, watch and read runs and experiments, on data of your own."),
    tags(
        (name = "Simulation Runs", description = "Executions of the simulation engine."),
        (name = "Nodes", description = "Questions that runs answer: trees of scenarios, with what came of them."),
        (name = "Experiment Runner", description = "AgentSociety's experiments: runs to which things are done, asked and \
            measured on the way. Every one of them is also a run, with mode `experiment`."),
        (name = "Data Sets", description = "Regions and agents of one's own."),
        (name = "Keys", description = "API keys: whom they speak for, and who may make them."),
        (name = "Telemetry", description = "What was recorded of runs, tick by tick."),
        (name = "Models", description = "What runs can name, and what they can be told."),
        (name = "Service", description = "The server itself.")
    ),
    components(schemas(
        ErrorBody, ErrorCode, ProgressEvent, CompletedEvent, FailedEvent, CancelledEvent, ShutdownEvent
    )),
    modifiers(&Bearer),
    security(("bearer" = []))
)]
struct Base;

/// Adds the security scheme.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description =
            Some("An API key made with `civitas key create`. A server without keys needs none.".to_owned());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, mut document) =
        App::new().into_utoipa_app().openapi(Base::openapi()).configure(app::routes).split_for_parts();
    for (path, item) in &mut document.paths.paths {
        let guarded = is_api(path);
        let changing = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        let operations = changing.map(|operation| (operation, true)).into_iter().chain([(&mut item.get, false)]);
        for (operation, changes) in operations.filter_map(|(operation, changes)| Some((operation.as_mut()?, changes))) {
            reference::complete(path, operation, guarded, changes);
        }
    }
    reference::finish(&mut document);
    document
}

/// True for what needs a key.
fn is_api(path: &str) -> bool {
    let runner = ["run-experiments", "experiments"].map(|name| format!("{EXPERIMENTS_PATH}/{name}"));
    let own = ["runs", "nodes", "datasets", "models", "telemetry", "keys"].map(|name| format!("{API_PATH}/{name}"));
    path == "/metrics"
        || own.iter().any(|start| path.starts_with(start))
        || runner.iter().any(|start| path.starts_with(start))
}

/// Read the OpenAPI document.
#[utoipa::path(tag = "Service", security(()), responses(
    (status = 200, description = "The OpenAPI document.", body = Object, content_type = "application/json")
))]
#[get("/api/v1/openapi.json")]
pub(super) async fn openapi_json(state: Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(state.openapi_json.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_document_is_whole() {
        let document = serde_json::to_value(openapi()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
        assert!(document["paths"]["/api/v1/runs"]["post"]["responses"]["401"].is_object());

        // Every reference leads somewhere.
        let mut stack = vec![&document];
        while let Some(value) = stack.pop() {
            match value {
                Value::Object(fields) => {
                    if let Some(Value::String(reference)) = fields.get("$ref") {
                        assert!(document.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
                    }
                    stack.extend(fields.values());
                }
                Value::Array(values) => stack.extend(values),
                _ => {}
            }
        }
    }
}
