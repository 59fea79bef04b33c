//! Budgets over HTTP: were one of these to fail, a client would not know why it has to wait, or for how much.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use serde_json::{Value, json};
use support::{PROJECT, Server, eventually, names};
use tempfile::tempdir;

/// About 9 MiB for long.
fn large() -> Value {
    json!({"horizon_ticks": 1000, "population": {"agents": 100_000}})
}

#[test]
fn a_run_without_room_is_told_the_figures_and_starts_when_there_is() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_LIMITS__MAX_MEMORY_TOTAL_MIB", "15")]);
    let (first, second) = (server.launch(&large()), server.create(&large()));
    let waits = server.start(&second).expect(202).body;
    assert_eq!(names(&waits), ["estimated_duration_seconds", "id", "message", "status", "waits_for"]);
    assert_eq!(waits["status"], "queued");
    let figures = &waits["waits_for"];
    assert_eq!(names(figures), ["budget", "estimate", "in_use", "resource", "scope"]);
    assert_eq!((&figures["resource"], &figures["budget"]), (&json!("memory_mib"), &json!(15)));
    assert_eq!(figures["estimate"], figures["in_use"], "two of a kind");
    let message = waits["message"].as_str().unwrap();
    assert!(message.starts_with("Run waits for memory") && message.contains("15 MiB"), "{message}");
    assert_eq!(server.status(&second), "queued");
    server.kill9();

    let server = Server::start(folder.path(), &[("CIVITAS_LIMITS__MAX_MEMORY_TOTAL_MIB", "15")]);
    assert_eq!((server.status(&first), server.status(&second)), ("running".to_owned(), "queued".to_owned()));
    server.cancel(&first).expect(200);
    eventually("the second runs", || (server.status(&second) == "running").then_some(()));
    server.cancel(&second).expect(200);
}

#[test]
fn what_never_fits_and_what_does_not_fit_now_are_refused_with_the_figures() {
    let folder = tempdir().unwrap();
    let env = [("CIVITAS_LIMITS__MAX_MEMORY_TOTAL_MIB", "15"), ("CIVITAS_LIMITS__MAX_TENANT_AGENT_STEPS", "1500000")];
    let server = Server::start(folder.path(), &env);
    let create = |config: Value| server.post_json("/runs", &json!({"project_id": PROJECT, "config": config}));
    let refused = create(json!({"population": {"agents": 500_000}, "horizon_ticks": 1}));
    let detail = refused.expect_error(422, "RUN_TOO_LARGE");
    assert!(
        detail.contains("limits.max_tenant_memory_mib") || detail.contains("limits.max_memory_total_mib"),
        "{detail}"
    );
    assert_eq!(refused.body["budget"]["budget"], json!(15));
    assert!(refused.body["budget"]["estimate"].as_u64() > Some(30), "{}", refused.text);

    let run = json!({"population": {"agents": 10_000}, "horizon_ticks": 100});
    create(run.clone()).expect(201);
    let refused = create(run);
    let detail = refused.expect_error(429, "QUOTA_EXCEEDED");
    assert!(detail.contains("1000000 agent-steps") && detail.contains("1500000"), "{detail}");
    let figures = json!({"resource": "agent_steps", "scope": "tenant", "estimate": 1_000_000, "in_use": 1_000_000,
        "budget": 1_500_000});
    assert_eq!(refused.body["budget"], figures);
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(1));
}
