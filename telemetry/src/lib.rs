//! Telemetry of runs: what happened in every tick, as Parquet files in an object store, and the way back.
//!
//! Writing: `recorder` is what the runtime is given ([`civitas_actors::Telemetry`]); `writer` makes one run's files, in the
//! form that `tables` and `columns` say; `index` says which there are, and which a resumed run keeps. Reading: `file` fetches
//! the columns and row groups that are needed, `survey` finds out which have the rows that are looked for, `slice`, `keyframes`,
//! `events` and `aggregate` answer questions from them, and `export` gives whole tables.
//! `objects` is where all of it lies, and `places` knows the kinds of places.
//!
//! This crate knows the engine's types and the runtime's messages. It runs nothing, and knows no HTTP. Nothing here can
//! change a result.

mod aggregate;
mod ask;
mod columns;
mod error;
mod events;
mod export;
mod file;
mod index;
mod keyframes;
mod limits;
mod objects;
mod places;
mod reader;
mod recorder;
mod rows;
mod slice;
mod survey;
mod tables;
mod writer;

pub use aggregate::Aggregate;
pub use ask::{Names, SliceQuery};
pub use error::{Result, TelemetryError};
pub use events::{EVENT_TYPES, Event, EventQuery, Events};
pub use export::{Export, Format};
pub use index::{FORMAT, Group, INDEX_NAME, Index, Named, Options, SampleAgents, State, Table, TableFile};
pub use keyframes::{Keyframe, Moment, RecordedAgent};
pub use objects::{Objects, results_name, telemetry_folder};
pub use reader::Reader;
pub use recorder::Recorder;
pub use rows::{Cell, Rows, csv_text};
pub use slice::{Curves, MAX_SLICE_VALUES, Slice};
