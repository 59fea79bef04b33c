//! Refusals around the configuration: bodies that are none, paths, methods, ids, and servers that only show.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::experiments::*;
use crate::support::{Answer, PROJECT, Server};

fn small() -> Value {
    experiment(500, json!([{"type": "step", "steps": 3}]))
}

#[test]
fn what_is_no_configuration_is_refused_before_it_is_read() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SERVER__MAX_BODY_BYTES", "60000")]);
    let json = [("Content-Type", "application/json")];
    let post =
        |headers: &[(&str, &str)], body: &[u8]| server.send("POST", "//api/run-experiments", headers, Some(body));
    let text = small().to_string();
    let func = |levels: usize| {
        let deep = "[".repeat(levels) + &"]".repeat(levels);
        text.replace("\"type\":\"step\"", &format!("\"type\":\"step\",\"func\":{deep}"))
    };
    for (body, part) in [
        (&b""[..], "empty"),
        (b"  ", "empty"),
        (b"{", "line 1"),
        (b"name=x", "line 1"),
        (&text.as_bytes()[..text.len() - 1], "line 1"),
        (format!("{text}}}").as_bytes(), "trailing"),
        (text.replace("20261", "NaN").as_bytes(), "line 1"),
        (text.replace("20261", "1e999").as_bytes(), "number out of range"),
        (b"\xff\xfe\x00", "line 1"),
        (func(20_000).as_bytes(), "recursion limit"),
    ] {
        let answer = post(&json, body);
        let detail = answer.expect_error(400, "INVALID_JSON");
        assert!(detail.contains(part), "{detail} lacks {part}");
    }
    for body in ["[]", "null", "7", "\"run\"", &format!("{}{}", "[".repeat(20_000), "]".repeat(20_000))] {
        let answer = post(&json, body.as_bytes());
        assert!(answer.expect_error(422, "INVALID_EXPERIMENT").contains("must be an object"), "{body:.40}");
    }
    post(&json, func(50).as_bytes()).expect_error(422, "UNSUPPORTED_STEP");
    let twice = post(&json, text.replacen('{', "{\"name\":\"a\",", 1).as_bytes());
    assert_eq!(twice.expect_error(422, "INVALID_EXPERIMENT"), "name is given twice");
    let long = with(small(), "/name", json!("x".repeat(60_000)));
    assert!(server.post_experiment(&long).expect_error(413, "PAYLOAD_TOO_LARGE").contains("60000"));
    for headers in [
        &[][..],
        &[("Content-Type", "text/plain")],
        &[("Content-Type", "application/x-www-form-urlencoded")],
        &[("Content-Type", "application/json; charset=latin1")],
        &[("Content-Type", "application/json"), ("Content-Encoding", "gzip")],
    ] {
        post(headers, text.as_bytes()).expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(0), "something was started");
    server.concluded(&small());
}

#[test]
fn what_is_not_there_is_not_found_and_other_methods_are_named() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let plain = server.create(&json!({"horizon_ticks": 3}));
    let refused = |answer: Answer| assert_eq!(answer.expect_error(404, "EXPERIMENT_NOT_FOUND"), "Experiment not found");
    for id in [PROJECT, &plain, "latest", "0190a5b2-7c1e", "%FF%00", "00000000-0000-0000-0000-000000000000"] {
        refused(server.get(&format!("//api/experiments/{id}/status")));
        refused(server.stop_experiment(id));
    }
    assert_eq!(server.status(&plain), "queued", "a plain run was stopped through the experiments' door");
    let id = server.launch_experiment(&small());
    for (method, path, allow) in [
        ("PUT", "run-experiments", &["GET", "POST"][..]),
        ("DELETE", "run-experiments", &["GET", "POST"]),
        ("PATCH", "run-experiments", &["GET", "POST"]),
        ("POST", &format!("experiments/{id}/status"), &["GET"]),
        ("DELETE", &format!("experiments/{id}/status"), &["GET"]),
        ("GET", &format!("experiments/{id}/stop"), &["DELETE"]),
        ("POST", &format!("experiments/{id}/stop"), &["DELETE"]),
    ] {
        let body = (method != "GET" && method != "DELETE").then_some(&b"{}"[..]);
        let answer = server.send(method, &format!("//api/{path}"), &[("Content-Type", "application/json")], body);
        answer.expect_error(405, "METHOD_NOT_ALLOWED");
        let mut allowed: Vec<_> =
            answer.header("allow").split(", ").filter(|name| !["HEAD", "OPTIONS"].contains(name)).collect();
        allowed.sort();
        assert_eq!(allowed, allow, "{method} {path}");
    }
    for path in [
        "//api/experiments",
        &format!("//api/experiments/{id}"),
        "//api/experiments//status",
        "//api/run-experiments/x",
    ] {
        server.get(path).expect_error(404, "NOT_FOUND");
    }
    server.outcome(&id);
    assert_eq!(server.experiments("").expect(200).header("x-total-count"), "1");
}

#[test]
fn a_read_only_server_shows_everything_and_changes_nothing() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let done = server.launch_experiment(&small());
    server.outcome(&done);
    let long = server.launch_experiment(&experiment(20_000, json!([{"type": "step", "steps": 100_000}])));
    let queued = server.create(&json!({}));
    let before = (server.experiment(&done), server.results(&done));
    server.stop();

    let server = Server::start(folder.path(), &[("CIVITAS_SERVER__READ_ONLY", "true")]);
    let create = json!({"project_id": PROJECT});
    for answer in [
        server.post_experiment(&small()),
        server.post_experiment(&json!("wrong")),
        server.stop_experiment(&long),
        server.stop_experiment(PROJECT),
        server.post_json("/runs", &create),
        server.post_json("/runs/batch", &create),
        server.start(&queued),
        server.cancel(&long),
        server.send("PUT", "//api/run-experiments", &[], Some(b"")),
    ] {
        assert_eq!(answer.expect_error(403, "READ_ONLY"), "Server is in read-only mode");
    }
    assert_eq!((server.experiment(&done), server.results(&done)), before);
    assert_eq!(server.experiments("").expect(200).header("x-total-count"), "2");
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(3));
    assert_eq!((server.status(&queued), server.status(&long)), ("queued".to_owned(), "running".to_owned()));
    // What was under way goes on and can be watched.
    let mut stream = server.watch(&long);
    while stream.next_event().unwrap().tick() == 0 {}
    server.get("//health").expect(200);
    server.stop();

    let server = Server::start(folder.path(), &[]);
    server.stop_experiment(&long).expect(200);
}
