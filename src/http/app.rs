//! What every worker of the server runs: the state that handlers share, the routes, and the middleware around them.
//! Routes are registered through utoipa alone, so that none can be missing from the OpenAPI document.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, DefaultHeaders, from_fn};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, Error};
use civitas_actors::Runtime;
use civitas_store::RunId;
use civitas_telemetry::Reader;
use tokio::sync::{Semaphore, watch};
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use super::errors::{ApiError, ApiResult};
use super::fallback::Routes;
use super::meters::{self, HttpMeters};
use super::reference::Reference;
use super::{
    auth, closing, datasets, event_scripts, experiments, fallback, health, keys, models, nodes, openapi, read_only,
    runs, shape, telemetry,
};
use crate::keys::{Access, Identity};
use crate::nodes::NodeReader;
use crate::settings::ServerSettings;
use crate::telemetry::Place;

/// Where the Runs API lives.
pub const API_PATH: &str = "/api/v1";
/// Where the experiment runner lives, as in AgentSociety.
pub const EXPERIMENTS_PATH: &str = "/api";

/// Data sets that are sent at a time: each may take some 400 MiB until it is stored.
const MAX_UPLOADS: usize = 2;

/// What handlers share.
pub struct AppState {
    /// The runs.
    pub runtime: Runtime,
    /// Where telemetry lies; without it there is none.
    pub place: Option<Place>,
    /// Who may ask; changed as keys are made and revoked over HTTP.
    access: RwLock<Access>,
    /// Held while keys are changed and read back: the last change is the last that is asked for.
    pub(super) changing_keys: Mutex<()>,
    /// Name of the tenant whose keys administer keys; empty for none.
    pub(super) admin_tenant: String,
    /// The largest body, in bytes.
    pub max_body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// Time between two comments on a silent stream.
    pub sse_heartbeat: Duration,
    /// Only reading is answered.
    pub read_only: bool,
    /// Becomes true when the server stops: open streams end then, and nothing new is taken.
    pub closing: watch::Receiver<bool>,
    /// Reads nodes, and keeps what it has read of outcomes.
    pub(super) nodes: NodeReader,
    /// How many data sets are being sent at a time; others wait within their time.
    pub(super) uploads: Arc<Semaphore>,
    /// What is counted of requests.
    pub(super) meters: HttpMeters,
    /// The OpenAPI document, as served.
    pub(super) openapi_json: Bytes,
    /// The same as a page for people.
    pub(super) reference: Reference,
    /// Every path with its methods.
    pub(super) routes: Routes,
}

impl AppState {
    /// The state of a server with these settings.
    pub fn new(
        (runtime, place): (Runtime, Option<Place>),
        access: Access,
        settings: &ServerSettings,
        closing: watch::Receiver<bool>,
    ) -> Self {
        let document = openapi::openapi();
        let json = serde_json::to_vec(&document).expect("an OpenAPI document has string keys only");
        let value = serde_json::to_value(&document).expect("an OpenAPI document has string keys only");
        Self {
            nodes: NodeReader::new(Arc::clone(runtime.store())),
            runtime,
            place,
            access: RwLock::new(access),
            changing_keys: Mutex::new(()),
            admin_tenant: settings.admin_tenant.clone(),
            max_body_bytes: settings.max_body_bytes,
            body_timeout: Duration::from_secs(settings.request_timeout_s),
            sse_heartbeat: Duration::from_secs(settings.sse_heartbeat_s),
            read_only: settings.read_only,
            closing,
            uploads: Arc::new(Semaphore::new(MAX_UPLOADS)),
            meters: HttpMeters::default(),
            openapi_json: json.into(),
            reference: Reference::of(&value),
            routes: Routes::of(&document),
        }
    }

    /// Whom a request with this bearer token speaks for; `None` refuses it.
    pub(super) fn identify(&self, token: Option<&str>) -> Option<Identity> {
        self.access.read().unwrap_or_else(PoisonError::into_inner).identify(token)
    }

    /// True when no key is asked for.
    pub(super) fn is_keyless(&self) -> bool {
        self.access.read().unwrap_or_else(PoisonError::into_inner).is_keyless()
    }

    /// Asks for these keys from now on.
    pub(super) fn set_access(&self, access: Access) {
        *self.access.write().unwrap_or_else(PoisonError::into_inner) = access;
    }
}

impl AppState {
    /// Who reads telemetry.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` where there is no place for it; whoever has found an index has one.
    pub(super) fn reader(&self) -> ApiResult<&Reader> {
        self.place.as_ref().map(Place::reader).ok_or_else(ApiError::internal)
    }

    /// Where the telemetry of a run that has started is; `None` for a run without.
    pub(super) async fn telemetry_ref(&self, run: RunId) -> ApiResult<Option<String>> {
        let Some(place) = &self.place else { return Ok(None) };
        let runtime = self.runtime.clone();
        let telemetry = runs::blocking(move || runtime.telemetry(run)).await?;
        Ok(telemetry.map(|_| place.telemetry_ref(run)))
    }
}

/// Registers every route.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(health::health).service(health::live).service(health::ready).service(openapi::openapi_json);
    config.service(meters::metrics);
    // A scope takes every path that starts like it: what is public stands before it, and the shorter path after the longer.
    // Of middleware, the last one named meets a request first: nobody learns of a mode without a key.
    let scope_of = |path| {
        let inner = scope::scope(path).wrap(from_fn(read_only::refuse_changes)).wrap(from_fn(closing::refuse_work));
        inner.wrap(from_fn(auth::authenticate))
    };
    config.service(
        scope_of(API_PATH)
            .configure(runs::routes)
            .configure(datasets::routes)
            .configure(models::routes)
            .configure(telemetry::routes)
            .configure(nodes::routes)
            .configure(event_scripts::routes)
            .configure(keys::routes),
    );
    config.service(scope_of(EXPERIMENTS_PATH).configure(experiments::routes));
}

/// The application: routes inside, then the host check, headers, compression, and the JSON shape of errors outermost.
pub fn app(
    state: Data<AppState>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let headers = DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff")).add(("Cache-Control", "no-store"));
    App::new()
        .app_data(state)
        .configure(|config| routes(&mut ServiceConfig::new(config)))
        .default_service(web::to(fallback::fallback))
        .wrap(from_fn(auth::guard_host))
        .wrap(headers)
        .wrap(Compress::default())
        .wrap(from_fn(shape::shape))
}
