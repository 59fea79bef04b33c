//! Modes on a real server: were one of these to fail, named agents would be others than were asked for, their way would have
//! gaps, or a run of one mode would be executed as another.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod hybrid;
mod refused;
#[path = "../support/mod.rs"]
mod support;
mod target;

use serde_json::{Value, json};
use support::{Client, PROJECT, Server};
use tempfile::tempdir;

/// A run that was created with these fields.
fn created(server: &Client, mode: &str, config: &Value) -> String {
    server.post_json("/runs", &json!({"project_id": PROJECT, "mode": mode, "config": config})).expect(201).id()
}

/// The results of a run that is started and followed to its end.
fn finished(server: &Client, id: &str) -> Value {
    server.start(id).expect(202);
    server.outcome(id);
    results(server, id)
}

fn results(server: &Client, id: &str) -> Value {
    server.get(&format!("/runs/{id}/results")).expect(200).body
}
