//! The API's JSON structs, apart from stored and engine types, with explicit conversions both ways. Everything here is
//! pure: decoding a body, filling in defaults, shaping an answer. It must not reach for the runtime or a clock.
//!
//! Map: [`decode`] turns bytes into structs with readable errors; [`number`] and [`object`] the values in them;
//! [`config`] the run's configuration as clients write it; [`create`] and [`batch`] the two bodies; [`cast`] agents that they name; [`run`] what a run
//! looks like in answers; [`place`] which node a run is to belong to; [`node`], [`node_compare`], [`node_fork`] and [`node_query`] nodes; [`held`] pauses and snapshots; [`manifest`] and [`verification`] what it noted and doing it again; [`list`] the listing and its query; [`dataset`] data sets, [`preview`] how much of them is shown; [`model`] models; [`key`] keys; [`results`] the results document, [`report`] its part for
//! experiments; [`experiment`] the experiment runner's answers; [`events`] what is streamed.

pub mod batch;
pub mod cast;
pub mod config;
pub mod create;
pub mod dataset;
pub mod decode;
pub mod events;
pub mod experiment;
pub mod fork;
pub mod fork_batch;
pub mod held;
pub mod key;
pub mod list;
pub mod manifest;
pub mod model;
pub mod node;
pub mod node_compare;
pub mod node_fork;
pub mod node_query;
pub mod number;
pub mod object;
pub mod place;
pub mod preview;
pub mod report;
pub mod results;
pub mod run;
pub mod run_changes;
pub mod scenario;
pub mod telemetry_config;
pub mod verification;
