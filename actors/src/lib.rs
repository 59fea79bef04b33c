//! The actor system of civitas: what another service embeds.
//!
//! [`Runtime`] is a value: start it on a store, submit runs, start, watch and cancel them, read their results, shut it
//! down.
//!
//! ```
//! use std::sync::Arc;
//!
//! use civitas_actors::{NewRun, Runtime, RuntimeConfig};
//! use civitas_engine::{Catalogue, PopulationSpec, RunSpec};
//! use civitas_store::{DEFAULT_TENANT, RunStatus, SledStore};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let store = Arc::new(SledStore::open(folder.path())?);
//! let runtime = Runtime::start(RuntimeConfig::default(), store, Catalogue::default()).await?;
//!
//! let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 2_000 };
//! let spec = RunSpec { population, horizon_ticks: 20, seed: 7, ..RunSpec::default() };
//! let run = runtime.submit(NewRun::local("What if", spec)).await?;
//! runtime.start_run(DEFAULT_TENANT, run.id).await?;
//!
//! // A watcher holds the latest state only, so a slow one misses ticks and never the end.
//! let mut watch = runtime.watch(DEFAULT_TENANT, run.id).await?;
//! while let Some(progress) = watch.changed().await {
//!     println!("tick {} of {}: {}", progress.tick, progress.total_ticks, progress.status);
//! }
//! let results = runtime.results(DEFAULT_TENANT, run.id).await?;
//! assert_eq!(results.record.status, RunStatus::Succeeded);
//! assert!(results.outcome_json.starts_with(b"{"));
//! runtime.shutdown().await?;
//! # Ok(()) }
//! ```
//!
//! Behind it:
//!
//! - `registry`: who may run, what runs; alone writes run records. Decisions are pure: `admission`, `lifecycle`;
//! - `supervisor`: one per run, drives it tick by tick; resumes it after a crash;
//! - `partition`: the agents of some regions, on a compute thread;
//! - `datasets`: tenants' own data sets, and which version a run means;
//! - `event_scripts`: tenants' event scripts and bundles, and what a run has of them;
//! - `nodes`: which question a run belongs to, pure;
//! - `manifest`: what a run notes of itself; `verification`: runs that are executed again and compared with it;
//! - `recorder`: the way to the disk; `retention`, pure, says which snapshots stay there;
//! - `hub`: the way to watchers;
//! - `telemetry`: the way of a run's telemetry to whoever keeps it;
//! - `sharing`: which runs of a batch share their first ticks, pure; `supervisor::sharing` has them do so;
//! - `audit`: the way of an audit's sink to its run;
//! - `messages`: what they say to each other, with the order of it.
//!
//! This room knows no HTTP. Nothing here may change a result: results are the engine's.

mod admission;
mod audit;
mod books;
mod clock;
mod config;
mod control;
mod datasets;
mod demand;
mod error;
mod event_scripts;
pub mod faults;
mod hub;
mod lifecycle;
mod limits;
mod machine;
mod manifest;
mod messages;
pub mod meters;
mod nodes;
mod partition;
mod reading;
mod recorder;
mod registry;
mod request;
mod retention;
mod runtime;
mod sharing;
mod supervisor;
mod system;
mod telemetry;
mod verification;

pub use books::{Census, Counts};
pub use config::{Limits, RuntimeConfig};
pub use datasets::{AddedDataset, Datasets};
pub use demand::{Resource, Scope, Shortage};
pub use error::{Result, RuntimeError};
pub use event_scripts::{BundleChoice, EventDraft, EventScripts, script_of, time_line_of};
pub use nodes::{NodePlace, shifted};
pub use request::{
    CreatedBatch, DEFAULT_BATCH_SIZE, Execution, NewRun, Progress, RunResults, Setup, StartedRun, from_stored, mode_of,
    to_stored,
};
pub use runtime::{EventProblem, ManifestedRun, NewFork, Runtime, Watch};
pub use telemetry::{Telemetry, TelemetryChoice, TelemetryRecord, TelemetryStart, telemetry_options};
pub use verification::{Agreed, Difference, Differing, Maker, Verification, VerificationState};
