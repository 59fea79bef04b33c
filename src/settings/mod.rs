//! Options of the program: one struct per section of config.toml, with defaults that a test compares with that file.
//! Owns names, defaults, bounds and what they become for the rooms below; where values come from is [`load`]'s matter.

mod load;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use civitas_actors::{Limits, RuntimeConfig};
use civitas_engine::{MAX_SAMPLE_AGENTS, TelemetryOptions};
use civitas_store::StoreOptions;
use civitas_store::limits::DEFAULT_RESERVE_BYTES;
use serde::{Deserialize, Serialize};

use crate::otel;

/// The least that is kept of the disk, in MiB, where anything is: a sixteenth of it is more than what the store writes for itself.
const MIN_RESERVE_MIB: u64 = 16;

pub use load::{Overrides, Sources, load};

/// Every option.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// How HTTP is served.
    pub server: ServerSettings,
    /// How runs are executed.
    pub sim: SimSettings,
    /// What tenants may do.
    pub limits: LimitSettings,
    /// Where things are kept.
    pub store: StoreSettings,
    /// What is recorded of runs, and where.
    pub telemetry: TelemetrySettings,
    /// What is logged.
    pub log: LogSettings,
    /// Where traces and metrics go.
    pub otel: OtelSettings,
    /// Which server commands ask.
    pub client: ClientSettings,
}

/// Which server commands ask that can: `run`, `list`, `watch`, `cancel`, `results`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSettings {
    /// Its address; empty for the data folder here.
    pub server: String,
    /// The API key; empty for none.
    pub key: String,
}

/// How HTTP is served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Only reading is answered.
    pub read_only: bool,
    /// Name of the tenant whose keys make and revoke keys over HTTP; empty for none.
    pub admin_tenant: String,
    /// Threads that serve HTTP, 0 for as many as there are cores.
    pub workers: usize,
    /// The largest body.
    pub max_body_bytes: usize,
    /// How long a request's head, and then its body, may take.
    pub request_timeout_s: u64,
    /// How long an idle connection is kept.
    pub keep_alive_s: u64,
    /// Time between two comments on a silent stream.
    pub sse_heartbeat_s: u64,
    /// How long a stopping server may take.
    pub shutdown_timeout_s: u64,
}

/// How runs are executed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimSettings {
    /// Compute threads, 0 for as many as there are cores.
    pub threads: usize,
    /// Partitions of every run, 0 for the planner's choice.
    pub partitions: usize,
    /// Ticks between snapshots, 0 for none.
    pub snapshot_every_ticks: u32,
    /// Complete snapshots kept per run.
    pub snapshot_keep: usize,
    /// Whether runs of a batch share the ticks that they have in common.
    pub shares_prefixes: bool,
}

/// What tenants may do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitSettings {
    /// Running runs of a tenant.
    pub max_running: usize,
    /// Queued runs of a tenant.
    pub max_queued: usize,
    /// Running time of a run.
    pub max_run_minutes: f64,
    /// Running runs of all tenants.
    pub max_running_total: usize,
    /// Memory that one run may be estimated to take, and then may take.
    pub max_run_memory_mib: u64,
    /// Memory of a tenant's running runs, 0 for as much as all.
    pub max_tenant_memory_mib: u64,
    /// Memory of all running runs, 0 for a share of the machine's.
    pub max_memory_total_mib: u64,
    /// Agent-steps of a tenant's runs that have not ended.
    pub max_tenant_agent_steps: u64,
    /// Agent-steps of all runs that have not ended.
    pub max_agent_steps_total: u64,
    /// Crashes without progress that a run survives.
    pub max_interruptions: u32,
}

/// Where things are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoreSettings {
    /// The folder.
    pub data_dir: PathBuf,
    /// What the store may cache.
    pub cache_mib: u64,
    /// How much of the disk is kept back for what is under way.
    pub reserve_mib: u64,
}

/// What is recorded of runs, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TelemetrySettings {
    /// Whether runs that do not say have telemetry.
    pub enabled: bool,
    /// Where telemetry and results are kept; empty for a folder beside the store.
    pub url: String,
    /// Ticks between two keyframes, 0 for the first and the last tick alone.
    pub keyframe_every: u32,
    /// Agents in every keyframe.
    pub sample_agents: u32,
}

/// What is logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogSettings {
    /// A level or a filter.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
}

/// Where traces and metrics go, as OpenTelemetry has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtelSettings {
    /// Address of a collector that takes OTLP over HTTP; empty for none.
    pub endpoint: String,
    /// Headers of what is sent to it, as NAME=VALUE,NAME=VALUE.
    pub headers: String,
    /// What the server calls itself.
    pub service_name: String,
    /// Time between two looks at its metrics that are sent, 0 for none.
    pub metrics_every_s: u32,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for programs that collect logs.
    Json,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            read_only: false,
            admin_tenant: String::new(),
            workers: 2,
            max_body_bytes: 1024 * 1024,
            request_timeout_s: 10,
            keep_alive_s: 30,
            sse_heartbeat_s: 15,
            shutdown_timeout_s: 25,
        }
    }
}

impl Default for SimSettings {
    fn default() -> Self {
        let RuntimeConfig { threads, partitions, snapshot_every_ticks, snapshot_keep, shares_prefixes, .. } =
            RuntimeConfig::default();
        let partitions = partitions.unwrap_or(0);
        Self { threads, partitions, snapshot_every_ticks, snapshot_keep, shares_prefixes }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            max_running: limits.max_running,
            max_queued: limits.max_queued,
            max_run_minutes: limits.max_run_time.as_secs_f64() / 60.0,
            max_running_total: limits.max_running_total,
            max_run_memory_mib: limits.max_run_memory_bytes >> 20,
            max_tenant_memory_mib: limits.max_tenant_memory_bytes >> 20,
            max_memory_total_mib: limits.max_memory_total_bytes >> 20,
            max_tenant_agent_steps: limits.max_tenant_agent_steps,
            max_agent_steps_total: limits.max_agent_steps_total,
            max_interruptions: limits.max_interruptions,
        }
    }
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { data_dir: PathBuf::from("civitas-data"), cache_mib: 64, reserve_mib: DEFAULT_RESERVE_BYTES >> 20 }
    }
}

impl LogSettings {
    /// Text of this level, for a command that has its own idea of what is worth saying.
    pub(crate) fn at(level: &str) -> Self {
        Self { level: level.to_owned(), ..Self::default() }
    }
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        let TelemetryOptions { keyframe_every, sample_agents, .. } = TelemetryOptions::default();
        Self {
            enabled: RuntimeConfig::default().telemetry.is_some(),
            url: String::new(),
            keyframe_every,
            sample_agents,
        }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

impl Default for OtelSettings {
    fn default() -> Self {
        Self { endpoint: String::new(), headers: String::new(), service_name: "civitas".to_owned(), metrics_every_s: 0 }
    }
}

impl Settings {
    /// What the runtime is told.
    pub fn runtime(&self) -> RuntimeConfig {
        RuntimeConfig {
            threads: self.sim.threads,
            partitions: (self.sim.partitions > 0).then_some(self.sim.partitions),
            snapshot_every_ticks: self.sim.snapshot_every_ticks,
            snapshot_keep: self.sim.snapshot_keep,
            shares_prefixes: self.sim.shares_prefixes,
            telemetry: self.telemetry.enabled.then(|| TelemetryOptions {
                keyframe_every: self.telemetry.keyframe_every,
                sample_agents: self.telemetry.sample_agents,
                ..TelemetryOptions::default()
            }),
            recover: true,
            limits: Limits {
                max_running: self.limits.max_running,
                max_queued: self.limits.max_queued,
                max_run_time: Duration::from_secs_f64(self.limits.max_run_minutes * 60.0),
                max_running_total: self.limits.max_running_total,
                max_run_memory_bytes: self.limits.max_run_memory_mib << 20,
                max_tenant_memory_bytes: self.limits.max_tenant_memory_mib << 20,
                max_memory_total_bytes: self.limits.max_memory_total_mib << 20,
                max_tenant_agent_steps: self.limits.max_tenant_agent_steps,
                max_agent_steps_total: self.limits.max_agent_steps_total,
                max_interruptions: self.limits.max_interruptions,
            },
        }
    }

    /// What the store is told.
    pub fn store_options(&self) -> StoreOptions {
        StoreOptions { cache_bytes: self.store.cache_mib << 20, reserve_bytes: self.store.reserve_mib << 20 }
    }

    /// The first option that is out of its bounds, with what it must be.
    fn out_of_bounds(&self) -> Option<(&'static str, String)> {
        let whole = [
            ("server.workers", self.server.workers as u64, 0, 1024),
            ("server.max_body_bytes", self.server.max_body_bytes as u64, 1024, 1 << 30),
            ("server.request_timeout_s", self.server.request_timeout_s, 1, 3600),
            ("server.keep_alive_s", self.server.keep_alive_s, 1, 3600),
            ("server.sse_heartbeat_s", self.server.sse_heartbeat_s, 1, 3600),
            ("server.shutdown_timeout_s", self.server.shutdown_timeout_s, 0, 3600),
            ("sim.threads", self.sim.threads as u64, 0, 1024),
            ("sim.partitions", self.sim.partitions as u64, 0, 1024),
            ("sim.snapshot_every_ticks", self.sim.snapshot_every_ticks.into(), 0, 1000),
            ("sim.snapshot_keep", self.sim.snapshot_keep as u64, 1, 1000),
            ("limits.max_running", self.limits.max_running as u64, 1, 100_000),
            ("limits.max_queued", self.limits.max_queued as u64, 1, 100_000),
            ("limits.max_running_total", self.limits.max_running_total as u64, 1, 100_000),
            ("limits.max_run_memory_mib", self.limits.max_run_memory_mib, 1, 1 << 30),
            ("limits.max_tenant_memory_mib", self.limits.max_tenant_memory_mib, 0, 1 << 30),
            ("limits.max_memory_total_mib", self.limits.max_memory_total_mib, 0, 1 << 30),
            ("limits.max_tenant_agent_steps", self.limits.max_tenant_agent_steps, 1, 1 << 60),
            ("limits.max_agent_steps_total", self.limits.max_agent_steps_total, 1, 1 << 60),
            ("limits.max_interruptions", self.limits.max_interruptions.into(), 0, 1_000_000),
            ("store.cache_mib", self.store.cache_mib, 1, 1 << 20),
            ("store.reserve_mib", self.store.reserve_mib, 0, 1 << 20),
            ("telemetry.keyframe_every", self.telemetry.keyframe_every.into(), 0, 1_000_000),
            ("otel.metrics_every_s", self.otel.metrics_every_s.into(), 0, 86_400),
            ("telemetry.sample_agents", self.telemetry.sample_agents.into(), 0, MAX_SAMPLE_AGENTS.into()),
        ];
        let wrong = whole.into_iter().find(|(_, value, min, max)| !(min..=max).contains(&value));
        if let Some((key, value, min, max)) = wrong {
            return Some((key, format!("must be between {min} and {max}, not {value}")));
        }
        if (1..MIN_RESERVE_MIB).contains(&self.store.reserve_mib) {
            let problem = format!("must be 0 or at least {MIN_RESERVE_MIB}, not {}", self.store.reserve_mib);
            return Some(("store.reserve_mib", problem));
        }
        let minutes = self.limits.max_run_minutes;
        if !(minutes > 0.0 && minutes <= 100_000.0) {
            return Some(("limits.max_run_minutes", format!("must be above 0 and at most 100000, not {minutes}")));
        }
        if !self.otel.endpoint.is_empty()
            && let Err(problem) = otel::address(&self.otel.endpoint)
        {
            return Some(("otel.endpoint", problem));
        }
        if let Err(problem) = otel::headers(&self.otel.headers) {
            return Some(("otel.headers", problem));
        }
        None
    }
}
