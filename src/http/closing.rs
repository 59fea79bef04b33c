//! Servers that stop: from the signal on, every request under the API that would make or change something is refused with the
//! word to come back, while runs are suspended and what there is can still be read. Requests under way go on.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, ResponseError};

use super::app::AppState;
use super::errors::{ApiError, ErrorCode};
use super::read_only::changes;

/// Lets reading pass, and everything before the server stops.
pub(super) async fn refuse_work(
    state: Data<AppState>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let stops = *state.closing.borrow();
    if stops && changes(request.method()) {
        let refusal = ApiError::new(ErrorCode::ShuttingDown, ErrorCode::ShuttingDown.meaning());
        return Ok(request.into_response(refusal.error_response()));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}
