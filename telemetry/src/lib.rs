//! Telemetry of runs: what happened in every tick, as Parquet files in an object store, and the way back.
//!
//! Writing: `recorder` is what the runtime is given ([`civitas_actors::Telemetry`]); `writer` makes one run's files, in the
//! form that `tables` and `columns` say; `index` says which there are, and which a resumed run keeps. Reading: `file` fetches
//! the columns and row groups that are needed, `survey` finds out which have the rows that are looked for, `cut` lets go of the
//! others, `slice`, `keyframes`, `events` and `aggregate` answer questions from them, `sheet` makes tables of answers, and `export`
//! gives whole tables; `form` knows the forms of tables, of which `arrow` is one.
//! `objects` is where all of it lies, and `places` knows the kinds of places.
//!
//! A run whose telemetry is kept, and one of its curves:
//!
//! ```
//! use std::sync::Arc;
//!
//! use civitas_actors::{NewRun, Runtime, RuntimeConfig};
//! use civitas_engine::{Catalogue, PopulationSpec, RunSpec};
//! use civitas_store::{DEFAULT_TENANT, SledStore};
//! use civitas_telemetry::{Objects, Reader, Recorder, SliceQuery};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! // An empty address is a folder; with the feature `s3` it may be `s3://bucket/prefix`.
//! let objects = Objects::open("", &folder.path().join("objects"), &[])?;
//! let store = Arc::new(SledStore::open(&folder.path().join("data"))?);
//! let recorder = Arc::new(Recorder::new(objects.clone()));
//! let runtime = Runtime::start_with(RuntimeConfig::default(), store, Catalogue::default(), Some(recorder)).await?;
//!
//! let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 2_000 };
//! let spec = RunSpec { population, horizon_ticks: 20, ..RunSpec::default() };
//! let run = runtime.submit_and_start(NewRun::local("Baseline", spec)).await?;
//! runtime.wait(DEFAULT_TENANT, run.id).await?;
//!
//! let reader = Reader::new(objects);
//! let index = reader.index(run.id).await?;
//! let slice = reader.slice(&index, &SliceQuery::default()).await?;
//! assert_eq!(slice.ticks.len(), slice.metrics["adoption_rate"].overall.len());
//! runtime.shutdown().await?;
//! # Ok(()) }
//! ```
//!
//! This crate knows the engine's types and the runtime's messages. It runs nothing, and knows no HTTP. Nothing here can
//! change a result.

mod aggregate;
mod arrow;
mod ask;
mod columns;
mod cut;
mod error;
mod events;
mod export;
mod file;
mod form;
mod index;
mod keyframes;
mod limits;
mod objects;
mod places;
mod reader;
mod recorder;
mod rows;
mod sheet;
mod slice;
mod survey;
mod tables;
mod writer;

pub use aggregate::Aggregate;
pub use ask::{Names, SliceQuery};
pub use error::{Result, TelemetryError};
pub use events::{EVENT_TYPES, Event, EventQuery, Events};
pub use export::Export;
pub use form::Format;
pub use index::{FORMAT, Group, INDEX_NAME, Index, Named, Options, SampleAgents, State, Table, TableFile};
pub use keyframes::{Keyframe, Moment, RecordedAgent};
pub use objects::{Objects, results_name, telemetry_folder};
pub use reader::Reader;
pub use recorder::Recorder;
pub use rows::{Cell, Rows};
pub use slice::{Curves, MAX_SLICE_VALUES, Slice};
