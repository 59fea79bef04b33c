//! The outermost middleware: catches panics, gives every error the API's JSON shape whatever made it, and logs requests
//! without headers, queries or bodies, where secrets could be.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError};
use futures_util::FutureExt;
use tracing::Instrument;
use tracing::field::Empty;

use super::app::AppState;
use super::errors::{ApiError, ErrorCode};

/// Runs the request so that it ends in an answer of the API's own shape.
pub(super) async fn shape(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (method, path, start) = (request.method().clone(), request.path().to_owned(), Instant::now());
    let state = request.app_data::<Data<AppState>>().cloned();
    // For traces; a log at the usual levels does not see it.
    let parent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    let span = tracing::trace_span!(
        "request", %method, path, route = Empty, status = Empty, code = Empty, traceparent = parent
    );
    let outcome = AssertUnwindSafe(next.call(request).instrument(span.clone())).catch_unwind().await;
    let shaped = match outcome {
        Ok(Ok(response)) => Ok(json_error(response.map_into_boxed_body())),
        Ok(Err(error)) => Err(as_api_error(&error).into()),
        Err(_panic) => {
            tracing::error!(%method, path, "a request handler panicked");
            Err(ApiError::internal().into())
        }
    };
    let status = shaped.as_ref().map_or_else(|error: &Error| error.as_response_error().status_code(), |ok| ok.status());
    let took = start.elapsed();
    let code = shaped.as_ref().map_or_else(
        |error: &Error| error.as_error().map(|known: &ApiError| known.code),
        |ok| ok.response().extensions().get().copied(),
    );
    span.record("status", u64::from(status.as_u16())).record("code", code.map(ErrorCode::as_str));
    span.record("route", shaped.as_ref().ok().and_then(|ok| ok.request().match_pattern()));
    if let Some(state) = state {
        state.meters.answered(&method, status.as_u16(), code, took);
    }
    let ms = took.as_millis();
    match status.as_u16() {
        500.. => tracing::error!(%method, path, status = status.as_u16(), ms, "request failed"),
        400.. => tracing::info!(%method, path, status = status.as_u16(), ms, "request refused"),
        _ => tracing::debug!(%method, path, status = status.as_u16(), ms, "request answered"),
    }
    shaped
}

/// Replaces an error response that is not JSON, because something other than civitas made it.
fn json_error(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let content_type = response.headers().get(header::CONTENT_TYPE).map(header::HeaderValue::as_bytes);
    let is_json = content_type.is_some_and(|value| value.starts_with(b"application/json"));
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let replaced: HttpResponse = ApiError::of_status(status).error_response();
    response.into_response(replaced)
}

fn as_api_error(error: &Error) -> ApiError {
    match error.as_error::<ApiError>() {
        Some(known) => known.clone(),
        None => ApiError::of_status(error.as_response_error().status_code()),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, init_service, try_call_service};
    use actix_web::{App, body, web};
    use serde_json::Value;

    use super::*;

    async fn broken() -> HttpResponse {
        panic!("a handler's mistake")
    }

    async fn plain() -> HttpResponse {
        HttpResponse::ServiceUnavailable().body("come back later")
    }

    /// The status and the body that a client would see.
    async fn answer(path: &str) -> (u16, Value) {
        let routes = App::new().route("/broken", web::to(broken)).route("/plain", web::to(plain));
        let service = init_service(routes.wrap(from_fn(shape))).await;
        let request = TestRequest::with_uri(path).to_request();
        let response = match try_call_service(&service, request).await {
            Ok(response) => response.into_parts().1.map_into_boxed_body(),
            Err(error) => error.error_response(),
        };
        let status = response.status().as_u16();
        let bytes = body::to_bytes(response.into_body()).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    #[actix_web::test]
    async fn a_panic_is_a_json_error_that_tells_nothing() {
        let (status, body) = answer("/broken").await;
        assert_eq!((status, &body["error_code"]), (500, &Value::from("INTERNAL_ERROR")));
        assert!(!body.to_string().contains("mistake"));
    }

    #[actix_web::test]
    async fn errors_of_other_makers_get_the_same_shape() {
        let (status, body) = answer("/plain").await;
        assert_eq!((status, &body["error_code"], &body["status_code"]), (503, &"OVERLOADED".into(), &503.into()));
        assert_eq!(answer("/nowhere").await.1["error_code"], "NOT_FOUND");
    }
}
