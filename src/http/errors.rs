//! Every error that a client can meet: one table from code to HTTP status and meaning, the JSON body, and the mapping
//! from the runtime's errors. Owns the error contract of the API; it must not decide when an error occurs.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use civitas_actors::{RuntimeError, Shortage};
use civitas_engine::EngineError;
use civitas_store::{EventKind, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

/// Makes the enum of codes and its table from one list, so that no code can lack a status or a meaning.
macro_rules! error_codes {
    ($($variant:ident = $code:literal, $status:literal, $meaning:literal;)*) => {
        /// A documented error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub enum ErrorCode {
            $(#[doc = $meaning] #[serde(rename = $code)] $variant,)*
        }

        impl ErrorCode {
            /// Every code, by status.
            pub const ALL: &'static [ErrorCode] = &[$(Self::$variant,)*];

            /// The code as clients see it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// What it means, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

error_codes! {
    InvalidJson = "INVALID_JSON", 400, "The body is not JSON; the text says where it stops being so.";
    Validation = "VALIDATION_ERROR", 400, "A field, parameter or id is missing, unknown, of the wrong type or out of range.";
    NotAKeyframe = "NOT_A_KEYFRAME", 400, "Agents were not recorded at this tick; the text names the nearest at which they were.";
    BadRequest = "BAD_REQUEST", 400, "The request cannot be understood as HTTP.";
    Unauthorized = "UNAUTHORIZED", 401, "The API key is missing, unknown or revoked.";
    ForbiddenHost = "FORBIDDEN_HOST", 403, "A server without API keys answers only to loopback names.";
    ForbiddenOrigin = "FORBIDDEN_ORIGIN", 403, "A server without API keys refuses requests that other sites' pages make.";
    ReadOnly = "READ_ONLY", 403, "The server is in read-only mode: what is there can be read, nothing be made or changed.";
    AdminOnly = "ADMIN_ONLY", 403, "Only keys of the tenant that `server.admin_tenant` names may do this.";
    NotFound = "NOT_FOUND", 404, "There is nothing at this path.";
    RunNotFound = "RUN_NOT_FOUND", 404, "There is no such run, or another tenant owns it.";
    ExperimentNotFound = "EXPERIMENT_NOT_FOUND", 404, "There is no such experiment, or another tenant owns it.";
    NodeNotFound = "NODE_NOT_FOUND", 404, "There is no such node, or another tenant owns it.";
    DatasetNotFound = "DATASET_NOT_FOUND", 404, "There is no such data set or version, or another tenant owns it.";
    EventScriptNotFound = "EVENT_SCRIPT_NOT_FOUND", 404, "There is no such event script, or another tenant owns it.";
    EventBundleNotFound = "EVENT_BUNDLE_NOT_FOUND", 404, "There is no such bundle of event scripts, or another tenant owns it.";
    ModelNotFound = "MODEL_NOT_FOUND", 404, "There is no model of this name; the text has the nearest and all that there are.";
    KeyNotFound = "KEY_NOT_FOUND", 404, "There is no API key with this id.";
    NoResults = "NO_RESULTS", 404, "The run ended before its first tick, so it has no results.";
    NoManifest = "NO_MANIFEST", 404, "The run has no manifest: it ended before its first tick, or was executed before there were manifests.";
    NoTelemetry = "NO_TELEMETRY", 404, "The run has no telemetry: it was created without, or has not started.";
    AgentNotRecorded = "AGENT_NOT_RECORDED", 404, "The agent is not in the sample that the run's telemetry looks at.";
    NoVerification = "NO_VERIFICATION", 404, "The run has not been verified since the server started.";
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405, "The path exists, but not with this method; see the Allow header.";
    NotAcceptable = "NOT_ACCEPTABLE", 406, "No representation fits the Accept headers.";
    RequestTimeout = "REQUEST_TIMEOUT", 408, "The body did not arrive in time.";
    AlreadyRunning = "ALREADY_RUNNING", 409, "The run is running already, or on its way into or out of running.";
    AlreadyEnded = "ALREADY_ENDED", 409, "The run has ended and cannot be started or cancelled.";
    WrongStatus = "WRONG_STATUS", 409, "The run's status does not allow this; the text says what it is, and what to do instead.";
    DatasetInUse = "DATASET_IN_USE", 409, "A run names this version of the data set, so it stays.";
    EventScriptInUse = "EVENT_SCRIPT_IN_USE", 409, "A bundle names this event script, so it stays; the text has the bundles.";
    VersionConflict = "VERSION_CONFLICT", 409, "It was changed since it was read; the text has the present version.";
    KeyInUse = "KEY_IN_USE", 409, "It is the key that asks: a key cannot revoke itself.";
    ResultsNotReady = "RESULTS_NOT_READY", 409, "The run has not ended and is not paused; its results come when it has.";
    ManifestNotReady = "MANIFEST_NOT_READY", 409, "The run has not ended and is not paused; its manifest is written when it has.";
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", 413, "The body is larger than the server accepts.";
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415, "The body is not declared as plain application/json.";
    UnknownVariable = "UNKNOWN_VARIABLE", 422, "The scenario names an environment variable that the model does not have.";
    UnknownModel = "UNKNOWN_MODEL", 422, "No model has this name.";
    UnknownDataset = "UNKNOWN_DATASET", 422, "No data set has this name.";
    NetworkMismatch = "NETWORK_MISMATCH", 422, "A network that is to be listed does not fit: the data set lists none, or the model does not weigh its ties.";
    InvalidDataset = "INVALID_DATASET", 422, "A table of the data set is wrong; the text names file, line and column.";
    InvalidExperiment = "INVALID_EXPERIMENT", 422, "A part of the experiment's configuration is wrong; the text starts with the field's path.";
    UnsupportedStep = "UNSUPPORTED_STEP", 422, "AgentSociety has such a step, but it needs what civitas has not, such as a language model or Python.";
    RunTooLarge = "RUN_TOO_LARGE", 422, "What is asked for would take more memory or agent-steps than there ever are; `budget` has the figures.";
    OtherResults = "OTHER_RESULTS", 422, "An engine, a model or data of other versions made the run: it cannot be expected to come out the same here.";
    NoSnapshot = "NO_SNAPSHOT", 422, "The run that is to be forked has no snapshot at this tick; the text names the nearest.";
    SnapshotUnusable = "SNAPSHOT_UNUSABLE", 422, "The snapshot is damaged, or was taken by another version of the engine, model or data.";
    ForkMismatch = "FORK_MISMATCH", 422, "A fork keeps its parent's model, population, network and scheduler; the text starts with the field that differs.";
    NodeMismatch = "NODE_MISMATCH", 422, "A run of a node asks what the node asks, and a child changes its scenario alone; the text starts with the field that differs.";
    NodeLimit = "NODE_LIMIT", 422, "The node has as many runs, or stands as deep in its tree, as there may be.";
    BundleMismatch = "BUNDLE_MISMATCH", 422, "The bundle of event scripts is of another project than the run.";
    EventLimit = "EVENT_LIMIT", 422, "The project has as many event scripts, or bundles, as there may be.";
    SocietyUnusable = "SOCIETY_UNUSABLE", 422, "Copies of a persona cannot live in the society of this run; the text says why.";
    QuotaExceeded = "QUOTA_EXCEEDED", 429, "A limit or budget is reached; try again after the stated seconds. Of a budget, `budget` has the figures.";
    Internal = "INTERNAL_ERROR", 500, "A fault of the server; its log says more.";
    ShuttingDown = "SHUTTING_DOWN", 503, "The server is stopping; try again when it is back.";
    Overloaded = "OVERLOADED", 503, "The server did not get to it in time; try again.";
    Store = "STORE_ERROR", 503, "The storage failed; the request may be repeated.";
    NoRoom = "INSUFFICIENT_STORAGE", 507, "The server's disk has too little room for something new; what is under way goes on. Make room there.";
}

/// The body of every error.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    /// What is wrong, for people; where a field is to blame, it starts with the field's path.
    #[schema(example = "horizon_ticks must be between 1 and 1000")]
    pub detail: String,
    /// The HTTP status.
    #[schema(example = 400)]
    pub status_code: u16,
    /// The code, for programs.
    pub error_code: ErrorCode,
    /// Seconds after which to try again; with 429 and `SHUTTING_DOWN` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The budget that has no room for what was asked; where one is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
}

/// A budget, and what was asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Budget {
    /// What it is of: `memory_mib`, or `agent_steps`.
    #[schema(example = "memory_mib")]
    pub resource: &'static str,
    /// Whose it is: what one `run`, the runs of a `tenant`, or all runs of the `machine` may take.
    #[schema(example = "machine")]
    pub scope: &'static str,
    /// What was asked for comes to about this much.
    pub estimate: u64,
    /// So much is taken.
    pub in_use: u64,
    /// All that there is.
    pub budget: u64,
}

impl From<Shortage> for Budget {
    fn from(shortage: Shortage) -> Self {
        let shown = |amount| shortage.resource.shown(amount);
        Self {
            resource: shortage.resource.as_str(),
            scope: shortage.scope.as_str(),
            estimate: shown(shortage.needed),
            in_use: shown(shortage.in_use),
            budget: shown(shortage.budget),
        }
    }
}

/// A refused request.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    /// The code.
    pub code: ErrorCode,
    /// What is wrong, for people.
    pub detail: String,
    /// When to try again.
    pub retry_after_s: Option<u64>,
    /// The budget that is to blame; apart, so that what is answered without one stays small.
    pub budget: Option<Box<Budget>>,
    /// Methods that the path has, for 405.
    pub allow: Option<String>,
}

/// When to ask again a server that stops: it should be back by then.
const BACK_AFTER_S: u64 = 5;

/// The result of a handler.
pub type ApiResult<T> = std::result::Result<T, ApiError>;

impl ApiError {
    /// An error of this code.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        let retry_after_s = (code == ErrorCode::ShuttingDown).then_some(BACK_AFTER_S);
        Self { code, detail: detail.into(), retry_after_s, budget: None, allow: None }
    }

    /// A [`ErrorCode::Validation`].
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::Validation, detail)
    }

    /// A [`ErrorCode::MethodNotAllowed`] for a path that has the methods `allow`.
    pub fn method_not_allowed(method: &str, allow: String) -> Self {
        let detail = format!("this path does not accept {method}; it accepts {allow}");
        Self { allow: Some(allow), ..Self::new(ErrorCode::MethodNotAllowed, detail) }
    }

    /// What a client gets for a fault of the server: nothing of its inside.
    pub fn internal() -> Self {
        Self::new(ErrorCode::Internal, "the server failed on this request; its log says more")
    }

    /// The error that stands for an error response which was made outside of civitas.
    pub fn of_status(status: StatusCode) -> Self {
        let code = match status.as_u16() {
            401 => ErrorCode::Unauthorized,
            404 => ErrorCode::NotFound,
            405 => ErrorCode::MethodNotAllowed,
            406 => ErrorCode::NotAcceptable,
            408 => ErrorCode::RequestTimeout,
            413 => ErrorCode::PayloadTooLarge,
            415 => ErrorCode::UnsupportedMediaType,
            503 => ErrorCode::Overloaded,
            507 => ErrorCode::NoRoom,
            400..=499 => ErrorCode::BadRequest,
            _ => return Self::internal(),
        };
        Self::new(code, code.meaning())
    }

    /// The JSON body.
    pub fn body(&self) -> ErrorBody {
        ErrorBody {
            detail: self.detail.clone(),
            status_code: self.code.status(),
            error_code: self.code,
            retry_after: self.retry_after_s,
            budget: self.budget.as_deref().copied(),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(retry_after_s) = self.retry_after_s {
            response.insert_header((header::RETRY_AFTER, retry_after_s));
        }
        if let Some(allow) = self.allow.as_deref().and_then(|allow| HeaderValue::from_str(allow).ok()) {
            response.insert_header((header::ALLOW, allow));
        }
        if self.code == ErrorCode::Unauthorized {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        let mut response = response.json(self.body());
        // For those who count refusals.
        response.extensions_mut().insert(self.code);
        response
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        let code = match &error {
            EngineError::Invalid { .. } => ErrorCode::Validation,
            EngineError::UnknownVariable { .. } => ErrorCode::UnknownVariable,
            EngineError::UnknownModel { .. } => ErrorCode::UnknownModel,
            EngineError::UnknownDataset { .. } => ErrorCode::UnknownDataset,
            EngineError::Network { .. } => ErrorCode::NetworkMismatch,
            EngineError::Dataset { .. } => ErrorCode::InvalidDataset,
            EngineError::State(_) | EngineError::Fault(_) => return logged(&error),
        };
        Self::new(code, error.to_string())
    }
}

impl From<RuntimeError> for ApiError {
    fn from(error: RuntimeError) -> Self {
        let code = match error {
            RuntimeError::Spec(error) => return error.into(),
            RuntimeError::Start(_) => return logged(&error),
            RuntimeError::Quota { retry_after_s, .. } => {
                let quota = Self::new(ErrorCode::QuotaExceeded, error.to_string());
                return Self { retry_after_s: Some(retry_after_s), ..quota };
            }
            RuntimeError::NoRoom { shortage, retry_after_s } => {
                let no_room = Self::new(ErrorCode::QuotaExceeded, error.to_string());
                return Self { retry_after_s: Some(retry_after_s), budget: Some(Box::new(shortage.into())), ..no_room };
            }
            RuntimeError::TooLarge(shortage) => {
                let too_large = Self::new(ErrorCode::RunTooLarge, error.to_string());
                return Self { budget: Some(Box::new(shortage.into())), ..too_large };
            }
            // The request asks for more than one record can hold, so repeating it cannot help.
            RuntimeError::Store(StoreError::TooLarge { .. }) => ErrorCode::PayloadTooLarge,
            RuntimeError::Store(StoreError::DatasetInUse { .. }) => ErrorCode::DatasetInUse,
            RuntimeError::Store(StoreError::NoDataset { .. }) | RuntimeError::NoDataset(_) => {
                ErrorCode::DatasetNotFound
            }
            RuntimeError::Events(StoreError::NoEvent { kind: EventKind::Script, .. }) => ErrorCode::EventScriptNotFound,
            RuntimeError::Events(StoreError::NoEvent { kind: EventKind::Bundle, .. }) => ErrorCode::EventBundleNotFound,
            RuntimeError::Events(StoreError::EventVersion { .. }) => ErrorCode::VersionConflict,
            RuntimeError::Events(StoreError::EventInUse { .. }) => ErrorCode::EventScriptInUse,
            RuntimeError::Events(StoreError::TooManyEvents { .. }) => ErrorCode::EventLimit,
            RuntimeError::Events(StoreError::NoRoom { .. }) | RuntimeError::Store(StoreError::NoRoom { .. }) => {
                tracing::warn!(%error, "refused for want of room");
                ErrorCode::NoRoom
            }
            RuntimeError::Events(ref fault) | RuntimeError::Store(ref fault) => {
                tracing::error!(error = %fault, "storage failed");
                ErrorCode::Store
            }
            RuntimeError::BundleElsewhere { .. } => ErrorCode::BundleMismatch,
            RuntimeError::NotFound(_) => ErrorCode::RunNotFound,
            RuntimeError::NoNode(_) => ErrorCode::NodeNotFound,
            RuntimeError::NodeMismatch { .. } | RuntimeError::NodeModels(..) => ErrorCode::NodeMismatch,
            RuntimeError::NodeLimit(_) => ErrorCode::NodeLimit,
            RuntimeError::NoSnapshot { .. } => ErrorCode::NoSnapshot,
            RuntimeError::SnapshotUnusable { .. } => ErrorCode::SnapshotUnusable,
            RuntimeError::AlreadyRunning(_) => ErrorCode::AlreadyRunning,
            RuntimeError::AlreadyEnded(..) => ErrorCode::AlreadyEnded,
            RuntimeError::WrongStatus(..) => ErrorCode::WrongStatus,
            RuntimeError::NoResultsYet(..) => ErrorCode::ResultsNotReady,
            RuntimeError::NoResults(..) => ErrorCode::NoResults,
            RuntimeError::ManifestNotReady(..) => ErrorCode::ManifestNotReady,
            RuntimeError::NoManifest(_) => ErrorCode::NoManifest,
            RuntimeError::NoVerification(_) => ErrorCode::NoVerification,
            RuntimeError::OtherResults(..) => ErrorCode::OtherResults,
            RuntimeError::ShuttingDown => ErrorCode::ShuttingDown,
            RuntimeError::Overloaded => ErrorCode::Overloaded,
        };
        Self::new(code, error.to_string())
    }
}

/// An internal error whose cause goes to the log and not to the client.
fn logged(error: &dyn std::error::Error) -> ApiError {
    tracing::error!(error = %error, "internal error");
    ApiError::internal()
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
