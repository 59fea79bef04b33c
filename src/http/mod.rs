//! The service: the Runs API over HTTP, with server-sent events. Decodes requests, asks the runtime, shapes answers; it
//! owns no run and decides nothing about one.
//!
//! Map: [`server`] listens and stops; [`app`] puts routes and middleware together; `auth` says who asks, `shape` makes
//! every error JSON, `fallback` answers for paths and methods that do not exist, `read_only` refuses changes and `closing` new work, `body` reads
//! JSON; [`runs`], `datasets`, `keys` and `experiments` have one file per operation; [`wire`] the JSON structs; `page` the web page's files; [`errors`] the table of error codes; [`mod@openapi`] the document, `reference` its examples and its page.

pub mod app;
mod auth;
mod body;
mod closing;
mod datasets;
mod error_schema;
pub mod errors;
mod experiments;
mod fallback;
mod health;
mod keys;
mod meters;
mod models;
mod nodes;
pub mod openapi;
mod page;
mod read_only;
mod reference;
pub mod runs;
pub mod server;
mod shape;
mod telemetry;
pub mod wire;

pub use openapi::openapi;
pub use server::{RunningServer, start, start_with};
