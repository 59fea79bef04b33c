//! Bad bodies: were one of these to fail, a mistake in a request would be answered with something that the client cannot
//! read, would leave something behind, or would take the server down.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use serde_json::json;
use support::{PROJECT, Server};
use tempfile::tempdir;

const JSON: &str = "application/json";

/// A body of POST /runs with this after the project.
fn with(rest: &str) -> Vec<u8> {
    format!(r#"{{"project_id": "{PROJECT}", {rest}}}"#).into_bytes()
}

fn deep(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

#[test]
fn every_wrong_body_is_refused_in_words_and_leaves_nothing() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let invalid_utf8 = [&with(r#""name": "x"#)[..with(r#""name": "x"#).len() - 1], b"\xff\xfe\"}"].concat();
    let large = with(&format!(r#""name": "{}""#, "x".repeat(1024 * 1024)));
    let many = format!(r#""variations": [{}]"#, ["{}"; 51].join(","));
    let long_name = with(&format!(r#""name": "{}""#, "ü".repeat(201)));
    // Where, the body, and the status, code and part of the text that must answer it.
    let cases: Vec<(&str, Vec<u8>, u16, &str, &str)> = vec![
        ("/runs", b"".to_vec(), 400, "INVALID_JSON", "empty"),
        ("/runs", b"   \n".to_vec(), 400, "INVALID_JSON", "empty"),
        ("/runs", b"project_id=1".to_vec(), 400, "INVALID_JSON", "line 1"),
        ("/runs", b"{\"project_id\": \"0190".to_vec(), 400, "INVALID_JSON", "line 1"),
        ("/runs", with("\"name\": \"x\"")[..20].to_vec(), 400, "INVALID_JSON", "line 1"),
        ("/runs", [with("\"name\": \"x\""), b"}".to_vec()].concat(), 400, "INVALID_JSON", "trailing"),
        ("/runs", invalid_utf8, 400, "INVALID_JSON", "line 1"),
        ("/runs", b"\xff\xff\x00\x01".to_vec(), 400, "INVALID_JSON", "line 1"),
        ("/runs", with(r#""config": {"seed": NaN}"#), 400, "INVALID_JSON", "line 1"),
        (
            "/runs",
            with(r#""config": {"scheduler": {"sample_rate": 1e999}}"#),
            400,
            "INVALID_JSON",
            "number out of range",
        ),
        ("/runs", b"[]".to_vec(), 400, "VALIDATION_ERROR", "object"),
        ("/runs", b"null".to_vec(), 400, "VALIDATION_ERROR", "object"),
        ("/runs", b"\"run\"".to_vec(), 400, "VALIDATION_ERROR", "object"),
        ("/runs", deep(10_000).into_bytes(), 400, "VALIDATION_ERROR", "object"),
        ("/runs", with(&format!(r#""config": {}"#, deep(10_000))), 400, "VALIDATION_ERROR", "config"),
        ("/runs", with(&format!(r#""unknown": {}"#, deep(10_000))), 400, "VALIDATION_ERROR", "unknown"),
        ("/runs", b"{}".to_vec(), 400, "VALIDATION_ERROR", "project_id"),
        ("/runs", br#"{"project_id": "mine"}"#.to_vec(), 400, "VALIDATION_ERROR", "project_id"),
        ("/runs", br#"{"project_id": 7}"#.to_vec(), 400, "VALIDATION_ERROR", "project_id"),
        ("/runs", with(r#""name": 7"#), 400, "VALIDATION_ERROR", "name must be a string"),
        ("/runs", with(r#""name": """#), 400, "VALIDATION_ERROR", "name must have between 1 and 200"),
        ("/runs", long_name, 400, "VALIDATION_ERROR", "name must have between 1 and 200"),
        ("/runs", with(r#""name": "a\u0000b""#), 400, "VALIDATION_ERROR", "name"),
        ("/runs", with(r#""name": "a", "name": "b""#), 400, "VALIDATION_ERROR", "name is given twice"),
        ("/runs", with(r#""priority": 1"#), 400, "VALIDATION_ERROR", "priority is not a known field"),
        ("/runs", with(r#""config": {"horizon_tics": 1}"#), 400, "VALIDATION_ERROR", "config.horizon_tics"),
        ("/runs", with(r#""config": []"#), 400, "VALIDATION_ERROR", "config must be an object"),
        ("/runs", with(r#""config": {"seed": "42"}"#), 400, "VALIDATION_ERROR", "config.seed"),
        ("/runs", with(r#""config": {"seed": -1}"#), 400, "VALIDATION_ERROR", "seed must be between 0"),
        ("/runs", with(r#""config": {"seed": 1.5}"#), 400, "VALIDATION_ERROR", "config.seed"),
        ("/runs", with(r#""config": {"seed": 18446744073709551616}"#), 400, "VALIDATION_ERROR", "config.seed"),
        ("/runs", with(r#""config": {"horizon_ticks": -5}"#), 400, "VALIDATION_ERROR", "horizon_ticks must be between"),
        (
            "/runs",
            with(r#""config": {"horizon_ticks": 4294967297}"#),
            400,
            "VALIDATION_ERROR",
            "horizon_ticks must be between",
        ),
        ("/runs", with(r#""config": {"population": {"agents": 0}}"#), 400, "VALIDATION_ERROR", "population.agents"),
        (
            "/runs",
            with(r#""config": {"population": {"agents": 99999999999}}"#),
            400,
            "VALIDATION_ERROR",
            "population.agents",
        ),
        (
            "/runs",
            with(r#""config": {"network": {"mean_degree": 1e300}}"#),
            400,
            "VALIDATION_ERROR",
            "network.mean_degree",
        ),
        ("/runs", with(r#""config": {"network": {"rewiring": -0.1}}"#), 400, "VALIDATION_ERROR", "network.rewiring"),
        (
            "/runs",
            with(r#""config": {"scheduler": {"sample_rate": 0}}"#),
            400,
            "VALIDATION_ERROR",
            "scheduler.sample_rate",
        ),
        (
            "/runs",
            with(r#""config": {"scheduler": {"batch_size": 0}}"#),
            400,
            "VALIDATION_ERROR",
            "scheduler.batch_size",
        ),
        (
            "/runs",
            with(r#""config": {"scheduler": {"partition_by": "age"}}"#),
            400,
            "VALIDATION_ERROR",
            "scheduler.partition_by",
        ),
        ("/runs", with(r#""config": {"snapshot_every_ticks": 1001}"#), 400, "VALIDATION_ERROR", "snapshot_every_ticks"),
        (
            "/runs",
            with(r#""config": {"parameters": {"pase": 1}}"#),
            400,
            "VALIDATION_ERROR",
            "parameters.pase does not exist; there are: ",
        ),
        ("/runs", with(r#""config": {"parameters": {"pace": "fast"}}"#), 400, "VALIDATION_ERROR", "config.parameters"),
        (
            "/runs",
            with(r#""scenario_patch": {"variable_deltas": {"social_trust": 2}}"#),
            400,
            "VALIDATION_ERROR",
            "social_trust",
        ),
        (
            "/runs",
            with(r#""mode": "democracy""#),
            400,
            "VALIDATION_ERROR",
            "mode must be one of society, target, hybrid",
        ),
        ("/runs", with(r#""mode": "target""#), 400, "VALIDATION_ERROR", "config.target is required"),
        ("/runs", with(r#""mode": "hybrid""#), 400, "VALIDATION_ERROR", "config.targets is required"),
        (
            "/runs",
            with(&format!(r#""scenario_patch": {{"event_bundle_id": "{PROJECT}"}}"#)),
            404,
            "EVENT_BUNDLE_NOT_FOUND",
            "there is no event bundle",
        ),
        (
            "/runs",
            with(r#""scenario_patch": {"variable_deltas": {"luck": 0.1}}"#),
            422,
            "UNKNOWN_VARIABLE",
            "economy_confidence, media_sentiment, social_trust, price_sensitivity",
        ),
        ("/runs", with(r#""config": {"model": "ants"}"#), 422, "UNKNOWN_MODEL", "society"),
        ("/runs", with(r#""config": {"population": {"dataset": "mars"}}"#), 422, "UNKNOWN_DATASET", "us-2020"),
        ("/runs", large, 413, "PAYLOAD_TOO_LARGE", "1048576"),
        ("/runs/batch", with(r#""variations": []"#), 400, "VALIDATION_ERROR", "variations must have between 1 and 50"),
        ("/runs/batch", with(&many), 400, "VALIDATION_ERROR", "variations must have between 1 and 50"),
        ("/runs/batch", with(r#""auto_start": true"#), 400, "VALIDATION_ERROR", "variations"),
        ("/runs/batch", with(r#""variations": [{}, {"seed": "x"}]"#), 400, "VALIDATION_ERROR", "variations[1].seed"),
        (
            "/runs/batch",
            with(r#""variations": [{}, {"horizon_ticks": 0}], "auto_start": true"#),
            400,
            "VALIDATION_ERROR",
            "variations[1]",
        ),
        (
            "/runs/batch",
            with(r#""variations": [{}, {"scenario_patch": {"variable_deltas": {"luck": 0}}}]"#),
            422,
            "UNKNOWN_VARIABLE",
            "luck",
        ),
        (
            "/runs/batch",
            with(r#""variations": [{}], "base_config": {"mode": "hybrid"}"#),
            400,
            "VALIDATION_ERROR",
            "base_config.targets is required",
        ),
    ];
    for (path, body, status, code, part) in cases {
        let answer = server.send("POST", path, &[("Content-Type", JSON)], Some(&body));
        let shown = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
        assert_eq!(answer.status, status, "{path} {shown}: {}", answer.text);
        let detail = answer.expect_error(status, code);
        assert!(detail.contains(part), "{path} {shown}: {detail} lacks {part}");
    }
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(0), "something was left behind");
    let id = server.launch(&json!({"horizon_ticks": 3}));
    server.outcome(&id);
}
