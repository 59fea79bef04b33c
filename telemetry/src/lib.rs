//! Telemetry of runs: what happened in every tick, as Parquet files in an object store, and the way back.
//!
//! Writing: `recorder` is what the runtime is given ([`civitas_actors::Telemetry`]); `writer` makes one run's files, in the
//! form that `tables` and `columns` say; `index` says which there are, and which a resumed run keeps. Reading: `file` fetches
//! the columns and row groups that are needed, and `slice`, `agents`, `events` and `aggregate` answer questions from them.
//! `objects` is where all of it lies.
//!
//! This crate knows the engine's types and the runtime's messages. It runs nothing, and knows no HTTP. Nothing here can
//! change a result.

mod ask;
mod columns;
mod error;
mod file;
mod index;
mod limits;
mod objects;
mod reader;
mod recorder;
mod rows;
mod slice;
mod tables;
mod writer;

pub use ask::{Names, SliceQuery};
pub use error::{Result, TelemetryError};
pub use index::{FORMAT, Group, INDEX_NAME, Index, Named, Options, SampleAgents, State, Table, TableFile};
pub use objects::{Objects, results_name, telemetry_folder};
pub use reader::Reader;
pub use recorder::Recorder;
pub use rows::{Cell, Rows, csv_text};
pub use slice::{Curves, MAX_SLICE_VALUES, Slice};
