//! civitas simulates societies: it steps large populations of agents, partitioned by region, tick by tick.
//!
//! This crate is the outermost room. As a library it is the front door for programs that embed the runtime: it
//! re-exports [`Runtime`] with its requests and answers, the kernel as [`engine`] and the storage as [`store`]. As a
//! service (feature `http`, on by default) it adds REST, SSE, configuration, API keys and the command line.
//!
//! ```
//! use std::sync::Arc;
//!
//! use civitas::engine::{Catalogue, PopulationSpec, RunSpec};
//! use civitas::store::{DEFAULT_TENANT, SledStore};
//! use civitas::{NewRun, Runtime, RuntimeConfig};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let store = Arc::new(SledStore::open(folder.path())?);
//! let runtime = Runtime::start(RuntimeConfig::default(), store, Catalogue::default()).await?;
//!
//! // What if the economy looked a little better?
//! let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 2_000 };
//! let mut spec = RunSpec { population, horizon_ticks: 20, ..RunSpec::default() };
//! spec.variable_deltas.insert("economy_confidence".to_owned(), 0.1);
//! let run = runtime.submit(NewRun::local("What if", spec)).await?;
//! runtime.start_run(DEFAULT_TENANT, run.id).await?;
//! runtime.wait(DEFAULT_TENANT, run.id).await?;
//!
//! let outcome: serde_json::Value = serde_json::from_slice(&runtime.results(DEFAULT_TENANT, run.id).await?.outcome_json)?;
//! assert!(outcome["outcome_summary"]["adoption_rate"].as_f64().is_some());
//! runtime.shutdown().await?;
//! # Ok(()) }
//! ```
//!
//! A model of one's own is a type with the trait [`engine::Model`]; [`cli::main_with`] makes a whole program of it.
//!
//! Map: `cli` parses the command line and runs its commands; `settings` layers configuration; `scenario` reads scenario
//! files, `dataset` tables of data sets, `experiment` AgentSociety's; `nodes` reads trees of questions and what came of them, with `statistics`; `audit` writes and compares audits; `bench` measures; `keys` makes and
//! checks API keys; `telemetry` is the place where telemetry goes, `otel` sends traces to a collector; `http` serves, with `http::wire` holding the JSON structs and one file per
//! operation in `http::runs`; `error` is the one error of this room. It owns no simulation logic: what a run is stands
//! in [`engine`], how it is executed in `civitas_actors`, what is kept in [`store`].

/// The README's Rust, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

/// The page on models, its Rust compiled.
#[cfg(doctest)]
#[doc = include_str!("../docs/writing-a-model.md")]
pub struct WritingAModel;

pub use civitas_actors::{
    AddedDataset, Agreed, CreatedBatch, DEFAULT_BATCH_SIZE, Datasets, Difference, Differing, Execution, Limits, Maker,
    ManifestedRun, NewRun, NodePlace, Progress, RunResults, Runtime, RuntimeConfig, RuntimeError, Setup, StartedRun,
    Telemetry, TelemetryChoice, Verification, VerificationState, Watch, faults, shifted,
};
pub use civitas_engine as engine;
pub use civitas_store as store;

#[cfg(feature = "http")]
pub mod audit;
#[cfg(feature = "http")]
pub mod backup;
#[cfg(feature = "http")]
pub mod bench;
#[cfg(feature = "http")]
pub mod cli;
#[cfg(feature = "http")]
pub mod dataset;
#[cfg(feature = "http")]
pub mod error;
#[cfg(feature = "http")]
pub mod experiment;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "http")]
pub mod keys;
#[cfg(feature = "http")]
pub mod nodes;
#[cfg(feature = "http")]
mod otel;
#[cfg(feature = "http")]
pub mod scenario;
#[cfg(feature = "http")]
pub mod settings;
#[cfg(feature = "http")]
pub mod statistics;
#[cfg(feature = "http")]
pub mod telemetry;
#[cfg(feature = "http")]
pub mod time;
