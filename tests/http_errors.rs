//! What clients meet when they ask wrongly, on a real server with a real store: were one of these to fail, a client
//! would get an answer that it cannot read, or one that it must not get.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::System;
use civitas::engine::Catalogue;
use civitas::settings::ServerSettings;
use civitas::store::{DEFAULT_TENANT_NAME, SledStore};
use civitas::{Runtime, RuntimeConfig, http, keys};
use serde_json::Value;

const PROJECT: &str = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10";

/// An answer: status, head and body.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// Checks the shape that all errors have, and gives the code.
    fn error_code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body));
        assert_eq!(body["status_code"], self.status, "{}", self.body);
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", self.body);
        body["error_code"].as_str().unwrap().to_owned()
    }
}

/// Sends one request as it is written, without the help of a client that would mend it.
fn send(addr: SocketAddr, request: &str, headers: &[&str], body: &str) -> Answer {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let host = if headers.iter().any(|header| header.starts_with("Host:")) { "" } else { "Host: localhost\r\n" };
    let mut head = format!("{request} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {}\r\n", body.len());
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// Runs `test` against a server on a store that `prepare` has filled.
fn with_server<T: Send + 'static>(
    prepare: impl FnOnce(&SledStore) -> T,
    test: impl FnOnce(SocketAddr, T) + Send + 'static,
) {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    let prepared = prepare(&store);
    System::new().block_on(async {
        let runtime = Runtime::start(RuntimeConfig::default(), store, Catalogue::default()).await.unwrap();
        let settings = ServerSettings { listen: ([127, 0, 0, 1], 0).into(), ..ServerSettings::default() };
        let server = http::start(&settings, runtime.clone()).await.unwrap();
        let addr = server.addr();
        let outcome = actix_web::rt::task::spawn_blocking(move || test(addr, prepared)).await;
        server.stop().await.unwrap();
        runtime.shutdown().await.unwrap();
        outcome.unwrap();
    });
}

const JSON: &str = "Content-Type: application/json";

#[test]
fn every_wrong_request_gets_its_code_in_json() {
    with_server(
        |_| (),
        |addr, ()| {
            let run = format!("/api/v1/runs/{PROJECT}");
            let large = "x".repeat(3 * 1024 * 1024);
            let project = |rest: &str| format!(r#"{{"project_id": "{PROJECT}", {rest}}}"#);
            let (unknown, bundle) = (
                project(r#""scenario_patch": {"variable_deltas": {"x": 0.1}}"#),
                project(&format!(r#""scenario_patch": {{"event_bundle_id": "{PROJECT}"}}"#)),
            );
            let cases: &[(&str, &[&str], &str, u16, &str)] = &[
                ("GET /nowhere", &[], "", 404, "NOT_FOUND"),
                ("GET /api/v1/nowhere", &[], "", 404, "NOT_FOUND"),
                ("GET /api/v1/runs/batch", &[], "", 405, "METHOD_NOT_ALLOWED"),
                ("DELETE /api/v1/runs", &[], "", 405, "METHOD_NOT_ALLOWED"),
                ("GET /api/v1/runs/abc", &[], "", 400, "VALIDATION_ERROR"),
                ("GET /api/v1/runs?page=2", &[], "", 400, "VALIDATION_ERROR"),
                (&format!("GET {run}"), &[], "", 404, "RUN_NOT_FOUND"),
                (&format!("GET {run}/progress"), &[], "", 404, "RUN_NOT_FOUND"),
                (&format!("GET {run}/results"), &[], "", 404, "RUN_NOT_FOUND"),
                (&format!("POST {run}/start"), &[], "", 404, "RUN_NOT_FOUND"),
                (&format!("POST {run}/cancel"), &[], "", 404, "RUN_NOT_FOUND"),
                ("POST /api/v1/runs", &[JSON], "{", 400, "INVALID_JSON"),
                ("POST /api/v1/runs", &[JSON], "", 400, "INVALID_JSON"),
                ("POST /api/v1/runs", &[JSON], "{}", 400, "VALIDATION_ERROR"),
                ("POST /api/v1/runs", &[JSON], &unknown, 422, "UNKNOWN_VARIABLE"),
                ("POST /api/v1/runs", &[JSON], &bundle, 404, "EVENT_BUNDLE_NOT_FOUND"),
                ("POST /api/v1/runs", &[JSON], &large, 413, "PAYLOAD_TOO_LARGE"),
                ("POST /api/v1/runs", &[], "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
                ("POST /api/v1/runs", &["Content-Type: text/plain"], "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
                ("POST /api/v1/runs/batch", &[JSON], "[]", 400, "VALIDATION_ERROR"),
                ("GET /health", &["Host: evil.example"], "", 403, "FORBIDDEN_HOST"),
                ("GET /api/v1/runs", &["Origin: https://evil.example"], "", 403, "FORBIDDEN_ORIGIN"),
            ];
            for (request, headers, body, status, code) in cases {
                let answer = send(addr, request, headers, body);
                assert_eq!((answer.status, answer.error_code().as_str()), (*status, *code), "{request} {body:.80}");
                assert_eq!(answer.head.contains("\r\nallow: "), *status == 405, "{request}");
            }
            assert_eq!(send(addr, "GET /health", &[], "").body, r#"{"status":"ok"}"#);
        },
    );
}

#[test]
fn keys_keep_tenants_apart() {
    let prepare = |store: &SledStore| {
        let make = |tenant| keys::create(store, tenant).unwrap();
        let ((acme, _), (other, _), (revoked, record)) = (make("acme"), make(DEFAULT_TENANT_NAME), make("acme"));
        keys::revoke(store, record.id).unwrap();
        [acme, other, revoked]
    };
    with_server(prepare, |addr, keys| {
        let [acme, other, revoked] = keys.map(|key| format!("Authorization: Bearer {key}"));
        for headers in [&[][..], &[revoked.as_str()], &["Authorization: Bearer civ_guess"], &["Authorization: Basic x"]]
        {
            for path in ["/api/v1/runs", "/api/v1/nowhere"] {
                let refused = send(addr, &format!("GET {path}"), headers, "");
                assert_eq!((refused.status, refused.error_code().as_str()), (401, "UNAUTHORIZED"));
                assert!(refused.head.contains("\r\nwww-authenticate: bearer"));
            }
        }
        // Who asks comes before what is asked: a body of a stranger is not even read.
        assert_eq!(send(addr, "POST /api/v1/runs", &[JSON], "{").status, 401);
        for open in ["/health", "/api/v1/openapi.json"] {
            assert_eq!(send(addr, &format!("GET {open}"), &["Host: any.example"], "").status, 200);
        }

        let body = format!(r#"{{"project_id": "{PROJECT}"}}"#);
        let made = send(addr, "POST /api/v1/runs", &[JSON, &acme], &body);
        assert_eq!(made.status, 201, "{}", made.body);
        let run: Value = serde_json::from_str(&made.body).unwrap();
        let path = format!("/api/v1/runs/{}", run["id"].as_str().unwrap());
        assert_eq!(send(addr, &format!("GET {path}"), &[&acme], "").status, 200);
        for request in [format!("GET {path}"), format!("GET {path}/progress"), format!("POST {path}/cancel")] {
            assert_eq!(send(addr, &request, &[&other], "").error_code(), "RUN_NOT_FOUND");
        }
        assert!(send(addr, "GET /api/v1/runs", &[&other], "").body.contains(r#""total":0"#));
    });
}

#[test]
fn a_server_without_keys_refuses_to_be_seen() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    System::new().block_on(async {
        let runtime = Runtime::start(RuntimeConfig::default(), store, Catalogue::default()).await.unwrap();
        let settings = ServerSettings { listen: ([0, 0, 0, 0], 0).into(), ..ServerSettings::default() };
        let refused = http::start(&settings, runtime.clone()).await.err().unwrap();
        assert!(refused.hint().is_some_and(|hint| hint.contains("civitas key create")));
        runtime.shutdown().await.unwrap();
    });
}
