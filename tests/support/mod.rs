//! What the whole-system tests share: the real program as a process (`server`), a client for any answer (`http`), a reader
//! of event streams (`sse`), and experiments (`experiments`). Nothing here judges; tests do.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "every test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

pub mod experiments;
pub mod http;
pub mod server;
pub mod sse;

use std::time::{Duration, Instant};

pub use http::{Answer, Client, form};
pub use server::{Server, civitas, run_civitas, said_by_civitas};
pub use sse::{Event, Sse};

/// How long anything may take before a test is taken to hang. No measure of speed: work ends long before it.
pub const WATCHDOG: Duration = Duration::from_secs(180);

/// The project that runs belong to where a test does not care.
pub const PROJECT: &str = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10";

/// Asks until there is an answer.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(start.elapsed() < WATCHDOG, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The outcome within a results document: the bytes that equal runs share. Everything around it is checked on the way.
pub fn outcome(document: &str, run_id: &str, status: &str) -> String {
    let start = format!(r#"{{"run_id":"{run_id}","status":"{status}","node_id":"#);
    let rest = document.trim_end_matches('\n').strip_prefix(&start);
    // Every run belongs to a node, but those of earlier versions.
    let rest = rest.and_then(|rest| rest.split_once(',')).map(|(_, rest)| rest);
    // A fork says whose state it went on from.
    let forked = rest.filter(|rest| rest.starts_with(r#""forked_from":{"#));
    let rest = forked.and_then(|rest| rest.split_once("},")).map(|(_, rest)| rest).or(rest);
    let (recorded, not) = (format!(r#","telemetry_ref":"/api/v1/telemetry/{run_id}"}}"#), r#","telemetry_ref":null}"#);
    let fields = rest.and_then(|rest| rest.strip_suffix(&recorded).or(rest.strip_suffix(not)));
    format!("{{{}}}", fields.unwrap_or_else(|| panic!("not the results of {run_id}, {status}: {document:.200}")))
}

/// The names of a JSON object's fields, sorted.
pub fn names(value: &serde_json::Value) -> Vec<&str> {
    let mut names: Vec<_> = value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().collect();
    names.sort();
    names.into_iter().map(String::as_str).collect()
}

/// A configuration without how the run is recorded, which is no part of what nodes and manifests ask.
pub fn asked(config: &serde_json::Value) -> serde_json::Value {
    let mut config = config.clone();
    config.as_object_mut().unwrap().remove("telemetry");
    config
}
