//! GET /metrics: what the server counts of itself, as OpenMetrics text, which Prometheus and its like read. It owns what is counted
//! of HTTP and how much of it is shown; labels come from closed lists, so that no request can make the page grow. It asks the
//! registry once and runs nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use civitas_actors::meters::Held;
use civitas_actors::{Census, Counts, RuntimeError};
use civitas_store::{DEFAULT_TENANT, TenantId};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::app::AppState;
use super::auth::{Caller, authenticate};
use super::errors::{ApiError, ApiResult, ErrorBody, ErrorCode};
use super::keys::is_admin;

/// What the body is, as the format's specification names it.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Tenants that are shown by name, those with most runs first; the rest are shown together.
const MAX_TENANTS: usize = 50;
/// The name of the rest.
const OTHERS: &str = "(others)";
/// From half a millisecond to 16 s.
const REQUEST_BUCKETS: (f64, f64, u16) = (0.000_5, 2.0, 16);

/// What is counted of requests. A clone counts to the same.
#[derive(Clone, Debug)]
pub(crate) struct HttpMeters {
    requests: Family<[(&'static str, String); 2], Counter>,
    seconds: Histogram,
    refused: Family<[(&'static str, &'static str); 1], Counter>,
    streams: Gauge,
}

impl Default for HttpMeters {
    fn default() -> Self {
        let (start, factor, length) = REQUEST_BUCKETS;
        Self {
            requests: Family::default(),
            seconds: Histogram::new(exponential_buckets(start, factor, length)),
            refused: Family::default(),
            streams: Gauge::default(),
        }
    }
}

impl HttpMeters {
    /// A request was answered so; of a stream, its beginning.
    pub(super) fn answered(&self, method: &Method, status: u16, code: Option<ErrorCode>, took: Duration) {
        let known = matches!(*method, Method::GET | Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
        let method = if known { method.to_string() } else { "other".to_owned() };
        self.requests.get_or_create(&[("method", method), ("status", status.to_string())]).inc();
        self.seconds.observe(took.as_secs_f64());
        if let Some(code) = code {
            self.refused.get_or_create(&[("code", code.as_str())]).inc();
        }
    }

    /// A stream is open for as long as this lives.
    pub(super) fn stream(&self) -> Held {
        Held::one(&self.streams)
    }

    fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests answered, by method and status", self.requests.clone());
        let seconds = "Time to a request's answer, of a stream to its beginning";
        registry.register_with_unit("http_request", seconds, Unit::Seconds, self.seconds.clone());
        registry.register("refused", "Requests refused, by error code", self.refused.clone());
        registry.register("streams", "Streams of progress that are open", self.streams.clone());
    }
}

/// Show what the server counts of itself: runs by status and tenant, ticks and agent-steps, times of ticks, barriers, flushes and
/// snapshots, queues, streams, requests and refusals. Any key will do.
#[utoipa::path(tag = "Service", responses(
    (status = 200, description = "OpenMetrics text.", body = String,
        content_type = "application/openmetrics-text"),
    (status = 401, description = "`UNAUTHORIZED`", body = ErrorBody)
))]
#[get("/metrics", wrap = "from_fn(authenticate)")]
pub(super) async fn metrics(state: Data<AppState>, Caller(caller): Caller) -> ApiResult<HttpResponse> {
    let tenants = state.runtime.store().tenants().map_err(RuntimeError::from)?;
    // Who else is a tenant here is for those who administer it.
    let sees_all = state.is_keyless() || is_admin(&state, &caller, &tenants);
    let names = tenants.into_iter().map(|tenant| (tenant.id, tenant.name)).collect();
    let shown = Shown { own: caller.tenant_id, names, all: sees_all };
    let census = state.runtime.census().await?;
    let text = text(&state, Some(&census), &shown).map_err(|_| ApiError::internal())?;
    Ok(HttpResponse::Ok().content_type(CONTENT_TYPE).body(text))
}

/// What a server counts, for the program that runs it.
#[derive(Clone)]
pub(crate) struct Figures(Data<AppState>);

impl Figures {
    pub(super) fn of(state: Data<AppState>) -> Self {
        Self(state)
    }

    /// The same as [`metrics`] shows, tenants by name; without what the registry knows where that has ended. `None` where it cannot
    /// be read.
    pub(crate) async fn text(self) -> Option<String> {
        let runtime = &self.0.runtime;
        let names = runtime.store().tenants().ok()?.into_iter().map(|tenant| (tenant.id, tenant.name)).collect();
        let census = runtime.census().await.ok();
        text(&self.0, census.as_ref(), &Shown { own: DEFAULT_TENANT, names, all: true }).ok()
    }
}

/// All that is counted, as OpenMetrics text.
fn text(state: &AppState, census: Option<&Census>, shown: &Shown) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("civitas");
    let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "The version of civitas that serves", version);
    if let Some(census) = census {
        show_census(census, shown, state.runtime.config().limits.max_memory_total_bytes, &mut registry);
    }
    state.runtime.meters().register(&mut registry);
    let store = state.runtime.store().meters();
    store.register(&mut registry);
    registry.register("store_queue", "Requests to the store that are not durable yet", store.waiting.clone());
    state.meters.register(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// Which tenants are shown by name.
struct Shown {
    own: TenantId,
    names: BTreeMap<TenantId, String>,
    /// All of them, and not the caller's own alone.
    all: bool,
}

impl Shown {
    fn name(&self, tenant: TenantId) -> &str {
        self.names.get(&tenant).map_or(civitas_store::DEFAULT_TENANT_NAME, String::as_str)
    }
}

/// Shows runs that have not ended and what they take: the caller's own, and of the others by name, where they may be, those with
/// the most runs.
fn show_census(census: &Census, shown: &Shown, budget: u64, registry: &mut Registry) {
    let mut tenants: Vec<_> = census.tenants.iter().collect();
    let all = |counts: &Counts| counts.queued + counts.paused + counts.running;
    tenants.sort_by_key(|(id, counts)| (**id != shown.own, std::cmp::Reverse(all(counts)), **id));
    let mut lines: BTreeMap<&str, Counts> = BTreeMap::from([(shown.name(shown.own), Counts::default())]);
    for (place, (id, counts)) in tenants.into_iter().enumerate() {
        let named = *id == shown.own || shown.all && place < MAX_TENANTS;
        let sum = lines.entry(if named { shown.name(*id) } else { OTHERS }).or_default();
        sum.queued += counts.queued;
        sum.paused += counts.paused;
        sum.running += counts.running;
    }
    let runs: Family<[(&'static str, String); 2], Gauge> = Family::default();
    for (tenant, counts) in lines {
        for (status, count) in [("queued", counts.queued), ("paused", counts.paused), ("running", counts.running)] {
            let labels = [("tenant", tenant.to_owned()), ("status", status.to_owned())];
            runs.get_or_create(&labels).set(count as i64);
        }
    }
    registry.register("runs", "Runs that have not ended, by tenant and status", runs);
    for (name, help, bytes) in [
        ("runs_memory", "Memory that running runs are reckoned to take", census.memory_bytes),
        ("runs_memory_budget", "Memory that running runs may be reckoned to take together", budget),
    ] {
        let gauge: Gauge = Gauge::default();
        gauge.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        registry.register_with_unit(name, help, Unit::Bytes, gauge);
    }
    let steps: Gauge = Gauge::default();
    steps.set(i64::try_from(census.agent_steps).unwrap_or(i64::MAX));
    registry.register("runs_agent_steps", "Agent-steps that runs which have not ended are worth", steps);
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn of_many_tenants_the_busiest_are_named() {
        let id = |number: u128| Uuid::from_u128(number);
        let counts = |running| Counts { running, ..Counts::default() };
        let tenants = (1..=60).map(|number| (id(number), counts(number as u64))).collect();
        let names = (1..=60).map(|number| (id(number), format!("tenant {number}"))).collect();
        let mut registry = Registry::default();
        let census = Census { tenants, memory_bytes: 5, agent_steps: 7 };
        let shown = Shown { own: id(3), names, all: true };
        show_census(&census, &shown, 9, &mut registry);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        assert!(text.contains("runs{tenant=\"tenant 60\",status=\"running\"} 60"), "{text}");
        // The caller's own is named however few its runs are.
        assert!(text.contains("runs{tenant=\"tenant 3\",status=\"running\"} 3"), "{text}");
        let rest: u64 = (1..=11).sum::<u64>() - 3;
        assert!(text.contains(&format!("runs{{tenant=\"(others)\",status=\"running\"}} {rest}")), "{text}");
        assert!(!text.contains("tenant 11\""), "{text}");
        let mut registry = Registry::default();
        show_census(&census, &Shown { all: false, ..shown }, 9, &mut registry);
        let mut other = String::new();
        encode(&mut other, &registry).unwrap();
        assert!(other.contains("tenant 3") && other.contains("(others)") && !other.contains("tenant 60"), "{other}");
        assert!(text.contains("runs_memory_bytes 5") && text.contains("runs_memory_budget_bytes 9"), "{text}");
    }

    #[test]
    fn methods_that_nobody_knows_are_counted_together() {
        let meters = HttpMeters::default();
        let odd = Method::from_bytes(b"BREW").unwrap();
        meters.answered(&odd, 405, Some(ErrorCode::NotFound), Duration::ZERO);
        meters.answered(&Method::GET, 200, None, Duration::ZERO);
        let open = meters.stream();
        let mut registry = Registry::default();
        meters.register(&mut registry);
        let show = |registry: &Registry| {
            let mut text = String::new();
            encode(&mut text, registry).unwrap();
            text
        };
        let text = show(&registry);
        assert!(text.contains("http_requests_total{method=\"other\",status=\"405\"} 1"), "{text}");
        assert!(text.contains("refused_total{code=\"NOT_FOUND\"} 1"), "{text}");
        assert!(text.contains("streams 1"), "{text}");
        drop(open);
        assert!(show(&registry).contains("streams 0"));
    }
}
