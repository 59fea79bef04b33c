//! What those see who watch the server rather than its runs: were one of these to fail, a dashboard would be empty or wrong, or a
//! log could not be searched by run and tenant.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Client, Server, eventually, said_by_civitas};
use tempfile::tempdir;

/// The text at `/metrics`.
fn metrics(server: &Client) -> String {
    let answer = server.get("//metrics").expect(200);
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    assert!(answer.text.ends_with("# EOF\n"), "{}", answer.text);
    answer.text
}

/// The value of one line.
fn value(text: &str, line: &str) -> f64 {
    let value = text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("no {line} in:\n{text}")).parse().unwrap()
}

#[test]
fn what_is_counted_is_what_happened() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "2")]);
    let id = server.launch(&json!({"horizon_ticks": 30, "population": {"agents": 1_000}, "snapshot_every_ticks": 10}));
    assert_eq!(server.wait(&id).event, "completed");
    server.get("/runs?limit=0").expect_error(400, "VALIDATION_ERROR");
    let waiting = server.create(&json!({}));
    let stream = server.watch(&waiting);

    let text = eventually("the stream is counted, and the snapshots are written", || {
        let text = metrics(&server);
        let done = value(&text, "civitas_mailbox_depth{actor=\"recorder\"}") == 0.0;
        // The second and third are passed over where the run is faster than the disk; the first never is.
        let written = value(&text, "civitas_snapshot_bytes_count") >= 1.0;
        (done && written && value(&text, "civitas_streams") == 1.0).then_some(text)
    });
    for (line, expected) in [
        ("civitas_ticks_total", 30.0),
        ("civitas_agent_steps_total", 30_000.0),
        ("civitas_tick_seconds_count", 30.0),
        ("civitas_barrier_wait_seconds_count", 30.0),
        ("civitas_runs_ended_total{status=\"succeeded\"}", 1.0),
        ("civitas_refused_total{code=\"VALIDATION_ERROR\"}", 1.0),
        ("civitas_http_requests_total{method=\"GET\",status=\"400\"}", 1.0),
        ("civitas_runs{tenant=\"default\",status=\"queued\"}", 1.0),
        ("civitas_runs{tenant=\"default\",status=\"running\"}", 0.0),
        ("civitas_runs_agent_steps", 10_000.0 * 100.0),
        ("civitas_snapshots_failed_total", 0.0),
    ] {
        assert_eq!(value(&text, line), expected, "{line}\n{text}");
    }
    assert!(value(&text, "civitas_snapshot_bytes_count") <= 3.0, "{text}");
    assert!(value(&text, "civitas_store_flush_seconds_count") >= 3.0, "create, start and end are durable\n{text}");
    assert!(value(&text, "civitas_store_flush_seconds_sum") > 0.0);
    assert!(value(&text, "civitas_runs_memory_budget_bytes") > 1e6);
    let version = format!("civitas_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&version), "{text}");

    drop(stream);
    // Whoever has gone is noticed when the next event or heartbeat cannot be sent.
    server.cancel(&waiting).expect(200);
    eventually("the stream is gone", || (value(&metrics(&server), "civitas_streams") == 0.0).then_some(()));
    server.stop();
}

#[test]
fn where_there_are_keys_counts_are_for_those_who_have_one_and_health_is_for_all() {
    let folder = tempdir().unwrap();
    let key = said_by_civitas(folder.path(), &["key", "create", "--tenant", "acme"], 0);
    let key = key.split_whitespace().find(|word| word.starts_with("civ_")).unwrap();
    let server = Server::start(folder.path(), &[]);
    server.get("//metrics").expect_error(401, "UNAUTHORIZED");
    let text = metrics(&server.with_key(key));
    assert_eq!(value(&text, "civitas_refused_total{code=\"UNAUTHORIZED\"}"), 1.0);
    assert_eq!(server.get("//health/live").expect(200).body, json!({"status": "ok"}));
    assert_eq!(server.get("//health/ready").expect(200).body, json!({"status": "ready", "reasons": []}));
    server.with_key(key).create(&json!({}));
    assert_eq!(value(&metrics(&server.with_key(key)), "civitas_runs{tenant=\"acme\",status=\"queued\"}"), 1.0);
    server.stop();
}

/// Every metric that a panel of the dashboard asks for is one that the server shows.
#[test]
fn the_dashboard_asks_for_what_there_is() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&json!({"horizon_ticks": 1, "population": {"agents": 100}}));
    server.wait(&id);
    server.get("/nothing").expect_error(404, "NOT_FOUND");
    let text = eventually("the end is counted", || Some(metrics(&server)).filter(|text| text.contains("succeeded")));
    let dashboard: Value = serde_json::from_str(include_str!("../deploy/grafana/civitas.json")).unwrap();
    let mut asked = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(panel["title"].is_string() && panel["description"].is_string(), "{panel}");
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            let names = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            asked.extend(names.filter(|name| name.starts_with("civitas_")).map(str::to_owned));
        }
    }
    let families: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).map(|(name, _)| name).collect();
    let family = |name: &str| name.trim_end_matches("_total").trim_end_matches("_bucket").to_owned();
    let missing: Vec<_> = asked.iter().filter(|name| !families.contains(family(name).as_str())).collect();
    assert!(missing.is_empty(), "{missing:?} of {families:?}");
    let shown: BTreeSet<_> = asked.iter().map(|name| family(name)).collect();
    let unseen: Vec<_> = families.iter().filter(|name| !shown.contains(**name) && **name != "civitas_build").collect();
    assert!(unseen.is_empty(), "counted, but on no panel: {unseen:?}");
    assert!(text.lines().filter(|line| line.starts_with("# HELP")).count() >= families.len(), "{text}");
    server.stop();
}

#[test]
fn a_log_for_programs_has_one_object_a_line_with_run_and_tenant() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_LOG__FORMAT", "json")]);
    let id = server.launch(&json!({"horizon_ticks": 5, "population": {"agents": 500}}));
    server.wait(&id);
    let log = eventually("the end is logged", || Some(server.stderr()).filter(|log| log.contains("a run ended")));
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    for message in ["a run starts", "a run ended"] {
        let line = lines.iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("{message} in {log}"));
        assert_eq!(line["run"], id.as_str(), "{line}");
        assert!(line["tenant"].is_string() && line["timestamp"].is_string() && line["level"] == "INFO", "{line}");
    }
    server.stop();
}
