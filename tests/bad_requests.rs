//! Bad requests around the body: were one of these to fail, a wrong path, method, query or header would be answered
//! with something that the client cannot read, or garbage on the wire would take the server down.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use serde_json::json;
use support::{PROJECT, Server, WATCHDOG};
use tempfile::tempdir;

const JSON: &str = "application/json";

type Headers<'a> = &'a [(&'a str, &'a str)];

#[test]
fn every_wrong_request_line_or_header_is_refused_in_words() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let run = format!("/runs/{PROJECT}");
    let none: Headers<'_> = &[];
    let cases: &[(&str, &str, Headers<'_>, u16, &str)] = &[
        ("GET", "//nowhere", none, 404, "NOT_FOUND"),
        ("GET", "/", none, 404, "NOT_FOUND"),
        ("GET", "/rums", none, 404, "NOT_FOUND"),
        ("GET", "//api/v2/runs", none, 404, "NOT_FOUND"),
        ("GET", &format!("{run}/telemetry"), none, 404, "NOT_FOUND"),
        ("GET", &run, none, 404, "RUN_NOT_FOUND"),
        ("GET", "/runs/latest", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs/0190a5b2-7c1e-7f3a-9b51", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs/%FF%00", none, 400, "VALIDATION_ERROR"),
        ("POST", "/runs/latest/start", none, 400, "VALIDATION_ERROR"),
        ("POST", "/runs/latest/cancel", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs/latest/progress", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs/latest/results", none, 400, "VALIDATION_ERROR"),
        ("DELETE", &run, none, 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/runs", none, 405, "METHOD_NOT_ALLOWED"),
        ("PUT", "/runs", none, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/runs/batch", none, 405, "METHOD_NOT_ALLOWED"),
        ("GET", &format!("{run}/start"), none, 405, "METHOD_NOT_ALLOWED"),
        ("POST", &format!("{run}/results"), none, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/runs?limit=0", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs?limit=101", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs?limit=ten", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs?skip=-1", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs?skip=99999999999999999999999", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs?sort=nonsense", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs?status=done", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs?mode=x", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs?project_id=x", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs?colour=red", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs?limit=1&limit=2", none, 400, "VALIDATION_ERROR"),
        ("GET", "/runs?limit=%FF", none, 400, "VALIDATION_ERROR"),
        ("GET", &format!("{run}/progress?since=3"), none, 400, "VALIDATION_ERROR"),
        ("POST", "/runs", none, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", "/runs", &[("Content-Type", "text/plain")], 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", "/runs", &[("Content-Type", "application/json; charset=latin1")], 415, "UNSUPPORTED_MEDIA_TYPE"),
        (
            "POST",
            "/runs/batch",
            &[("Content-Type", "application/x-www-form-urlencoded")],
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        ("POST", "/runs", &[("Content-Type", JSON), ("Content-Encoding", "gzip")], 415, "UNSUPPORTED_MEDIA_TYPE"),
    ];
    for (method, path, headers, status, code) in cases {
        let body = ["POST", "PUT"].contains(method).then(|| format!(r#"{{"project_id": "{PROJECT}"}}"#).into_bytes());
        let answer = server.send(method, path, headers, body.as_deref());
        assert_eq!(answer.status, *status, "{method} {path}: {}", answer.text);
        answer.expect_error(*status, code);
        assert_eq!(!answer.header("allow").is_empty(), *status == 405, "{method} {path}");
    }
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(0), "something was left behind");
}

#[test]
fn garbage_and_half_a_request_do_not_take_the_server_down() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let open = || {
        let stream = TcpStream::connect(server.addr()).unwrap();
        stream.set_read_timeout(Some(WATCHDOG)).unwrap();
        stream
    };
    let long_header = format!("GET /health HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "y".repeat(1 << 20));
    let garbage: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        b"GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n{}",
        long_header.as_bytes(),
    ];
    for bytes in garbage {
        let mut stream = open();
        // The server may close before it has read everything.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.contains(" 200 OK"), "{:.60} was answered {answer}", String::from_utf8_lossy(bytes));
        server.get("//health").expect(200);
    }
    // Half a head, and a head whose body does not come, stay open beside the others.
    let halves = [
        "POST /api/v1/runs HTTP/1.1\r\nHost: loc".to_owned(),
        format!(
            "POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: 50\r\n\r\n{{"
        ),
    ];
    let open: Vec<_> = (0..40)
        .map(|number| {
            let mut stream = open();
            stream.write_all(halves[number % 2].as_bytes()).unwrap();
            stream
        })
        .collect();
    let id = server.launch(&json!({"horizon_ticks": 3}));
    server.outcome(&id);
    drop(open);
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(1));
}
