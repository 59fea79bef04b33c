//! Servers that show and change nothing: with `server.read_only` every request under the API that would make or change
//! something is refused, whatever it asks. Runs that were under way go on, for nobody asked for them here.

use actix_web::Error;
use actix_web::ResponseError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::app::AppState;
use super::errors::{ApiError, ErrorCode};

/// Lets reading pass, and on servers that are not read-only everything.
pub(super) async fn refuse_changes(
    state: Data<AppState>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if state.read_only && changes(request.method()) {
        let refusal = ApiError::new(ErrorCode::ReadOnly, "Server is in read-only mode");
        return Ok(request.into_response(refusal.error_response()));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// True for methods that are not safe (RFC 9110, 9.2.1).
pub(super) fn changes(method: &Method) -> bool {
    ![Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE].contains(method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_changes_nothing() {
        for (method, wanted) in [
            (Method::GET, false),
            (Method::HEAD, false),
            (Method::OPTIONS, false),
            (Method::POST, true),
            (Method::PUT, true),
            (Method::PATCH, true),
            (Method::DELETE, true),
        ] {
            assert_eq!(changes(&method), wanted, "{method}");
        }
    }
}
