//! What goes wrong in reading telemetry, as errors of the API.

use civitas_telemetry::TelemetryError;

use crate::http::errors::{ApiError, ErrorCode};

impl From<TelemetryError> for ApiError {
    fn from(error: TelemetryError) -> Self {
        let code = match error {
            TelemetryError::Asked { .. } => ErrorCode::Validation,
            TelemetryError::None(_) => ErrorCode::NoTelemetry,
            TelemetryError::NotAKeyframe { .. } => ErrorCode::NotAKeyframe,
            TelemetryError::NotRecorded { .. } => ErrorCode::AgentNotRecorded,
            // Of writing, so that no reader is told.
            TelemetryError::NoRoom(_)
            | TelemetryError::Objects(_)
            | TelemetryError::Refused(_)
            | TelemetryError::Parquet(_) => {
                tracing::error!(%error, "telemetry could not be read");
                return Self::new(ErrorCode::Store, "the telemetry could not be read; the server's log says more");
            }
            TelemetryError::Damaged { .. } | TelemetryError::Place { .. } => {
                tracing::error!(%error, "telemetry could not be read");
                return Self::internal();
            }
        };
        Self::new(code, error.to_string())
    }
}
