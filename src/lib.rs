//! civitas simulates societies: it steps large populations of agents, partitioned by region, tick by tick.
//!
//! This crate is the outermost room. As a library it is the front door for programs that embed the runtime: it
//! re-exports [`Runtime`] with its requests and answers, the kernel as [`engine`] and the storage as [`store`]. As a
//! service (feature `http`, on by default) it adds REST, SSE, configuration, API keys and the command line.
//!
//! ```no_run
//! use std::{path::Path, sync::Arc};
//! use civitas::{Runtime, RuntimeConfig, engine::Catalogue, store::SledStore};
//!
//! # async fn embed() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Arc::new(SledStore::open(Path::new("civitas-data"))?);
//! let runtime = Runtime::start(RuntimeConfig::default(), store, Catalogue::default()).await?;
//! # Ok(()) }
//! ```
//!
//! Map: `cli` parses the command line and runs its commands; `settings` layers configuration; `scenario` reads scenario
//! files, `dataset` tables of data sets, `experiment` AgentSociety's; `nodes` reads trees of questions and what came of them, with `statistics`; `audit` writes and compares audits; `bench` measures; `keys` makes and
//! checks API keys; `http` serves, with `http::wire` holding the JSON structs and one file per
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
    Verification, VerificationState, Watch, faults, shifted,
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
pub mod scenario;
#[cfg(feature = "http")]
pub mod settings;
#[cfg(feature = "http")]
pub mod statistics;
#[cfg(feature = "http")]
pub mod time;
