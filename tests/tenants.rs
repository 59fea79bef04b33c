//! Keys and tenants: were one of these to fail, somebody would read or stop runs that are not theirs.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use serde_json::json;
use support::{Client, PROJECT, Server, run_civitas};
use tempfile::tempdir;
use uuid::Uuid;

/// Runs a `key` command that must work; gives its two outputs.
fn key(folder: &Path, args: &[&str]) -> (String, String) {
    let done = run_civitas(folder, &[&["key"], args, &["--data-dir", "data"]].concat(), &[]);
    let said = [done.stdout, done.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(done.status.code(), Some(0), "{said:?}");
    let [out, err] = said;
    (out, err)
}

/// Makes a key.
fn make(folder: &Path, tenant: &str) -> String {
    key(folder, &["create", "--tenant", tenant]).0.trim().to_owned()
}

/// The ids in the listing of keys, oldest first, with the rest of their lines.
fn listed(folder: &Path) -> Vec<(String, String)> {
    let listing = key(folder, &["list"]).0;
    let lines = listing.lines().filter_map(|line| line.split_once(' '));
    lines.filter(|(id, _)| Uuid::parse_str(id).is_ok()).map(|(id, rest)| (id.to_owned(), rest.to_owned())).collect()
}

/// Every byte of every file below a folder.
fn all_bytes(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => bytes.extend(all_bytes(&path)),
            false => drop(std::fs::File::open(path).unwrap().read_to_end(&mut bytes).unwrap()),
        }
    }
    bytes
}

#[test]
fn a_key_is_shown_once_and_kept_nowhere() {
    let folder = tempdir().unwrap();
    let (out, note) = key(folder.path(), &["create", "--tenant", "acme"]);
    let secret = out.trim_end_matches('\n');
    assert!(secret.starts_with("civ_") && secret.len() == 68 && !secret.contains(char::is_whitespace), "{out:?}");
    assert!(note.contains("acme") && note.contains("only now") && !note.contains(secret), "{note}");
    assert_ne!(make(folder.path(), "acme"), secret);

    let listing = key(folder.path(), &["list"]);
    let keys = listed(folder.path());
    assert_eq!(keys.len(), 2, "{listing:?}");
    assert!(keys.iter().all(|(_, rest)| rest.ends_with("acme")), "{keys:?}");
    assert!(![&listing.0, &listing.1].iter().any(|said| said.contains(&secret[..16])), "{listing:?}");
    let bytes = all_bytes(&folder.path().join("data"));
    assert!(bytes.windows(4).any(|window| window == b"acme"), "the search looks where keys are kept");
    for part in [secret.as_bytes(), &secret.as_bytes()[4..20]] {
        assert!(!bytes.windows(part.len()).any(|window| window == part), "the key lies in the data folder");
    }
    let unknown = run_civitas(folder.path(), &["key", "revoke", PROJECT, "--data-dir", "data"], &[]);
    let said = String::from_utf8(unknown.stderr).unwrap();
    assert_eq!(unknown.status.code(), Some(1));
    assert!(said.contains(PROJECT) && said.contains("civitas key list"), "{said}");
}

#[test]
fn only_a_key_that_works_opens() {
    let folder = tempdir().unwrap();
    let (working, revoked) = (make(folder.path(), "acme"), make(folder.path(), "acme"));
    let second = listed(folder.path())[1].0.clone();
    assert!(key(folder.path(), &["revoke", &second]).0.contains(&second));
    let server = Server::start(folder.path(), &[]);
    let wrong = format!("civ_{}", "0".repeat(64));
    let attempts = [&revoked, &wrong, "", &working[..67], &working.to_uppercase()];
    let strangers: Vec<Client> = attempts.iter().map(|key| server.with_key(key)).collect();
    for stranger in strangers.iter().chain([&*server]) {
        for answer in [stranger.get("/runs"), stranger.post_json("/runs", &json!({"project_id": PROJECT}))] {
            answer.expect_error(401, "UNAUTHORIZED");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    let basic = server.send("GET", "/runs", &[("Authorization", &format!("Basic {working}"))], None);
    basic.expect_error(401, "UNAUTHORIZED");
    assert_eq!(server.with_key(&working).get("/runs").expect(200).body["total"], json!(0), "nothing was stored");
    // With keys, other machines may ask by any name.
    server.with_key(&working).send("GET", "/runs", &[("Host", "civitas.example")], None).expect(200);
    assert!(!server.stderr().contains(&working), "{}", server.stderr());
}

#[test]
fn all_keys_revoked_is_not_the_same_as_no_keys() {
    let folder = tempdir().unwrap();
    make(folder.path(), "acme");
    let only = listed(folder.path())[0].0.clone();
    assert!(key(folder.path(), &["revoke", &only]).0.contains("no key is left"));
    let server = Server::start(folder.path(), &[]);
    server.get("/runs").expect_error(401, "UNAUTHORIZED");
}

#[test]
fn another_tenants_run_is_not_there() {
    let folder = tempdir().unwrap();
    let (mine, theirs) = (make(folder.path(), "acme"), make(folder.path(), "umbra"));
    let server = Server::start(folder.path(), &[]);
    let (mine, theirs) = (server.with_key(&mine), server.with_key(&theirs));
    let queued = mine.create(&json!({}));
    let done = mine.launch(&json!({"horizon_ticks": 5}));
    mine.outcome(&done);
    for id in [&queued, &done] {
        let before = mine.run(id);
        for (method, rest) in [
            ("GET", ""),
            ("GET", "/progress"),
            ("GET", "/results"),
            ("GET", "/manifest"),
            ("GET", "/verify"),
            ("DELETE", "/verify"),
            ("POST", "/verify"),
            ("POST", "/start"),
            ("POST", "/cancel"),
        ] {
            let body = (method == "POST").then_some(&b""[..]);
            let refused = theirs.send(method, &format!("/runs/{id}{rest}"), &[], body);
            let said = refused.expect_error(404, "RUN_NOT_FOUND").to_owned();
            // As if it had never been.
            let never = theirs.send(method, &format!("/runs/{PROJECT}{rest}"), &[], body);
            assert_eq!(never.expect_error(404, "RUN_NOT_FOUND").replace(PROJECT, id), said);
        }
        assert_eq!(mine.run(id), before);
    }
    for query in ["", &format!("?project_id={PROJECT}"), "?status=queued"] {
        assert_eq!(theirs.get(&format!("/runs{query}")).expect(200).body["total"], json!(0));
    }
    assert_eq!(mine.get("/runs").expect(200).body["total"], json!(2));
    let own = theirs.create(&json!({}));
    assert_ne!(theirs.run(&own)["tenant_id"], mine.run(&queued)["tenant_id"]);
    assert_ne!(theirs.run(&own)["created_by"], mine.run(&queued)["created_by"]);
}

#[test]
fn quotas_are_each_tenants_own() {
    let folder = tempdir().unwrap();
    let keys = ["acme", "umbra"].map(|tenant| make(folder.path(), tenant));
    let second_key = make(folder.path(), "acme");
    let env = [("CIVITAS_LIMITS__MAX_QUEUED", "2"), ("CIVITAS_LIMITS__MAX_RUNNING", "1")];
    let server = Server::start(folder.path(), &env);
    let [acme, umbra] = keys.map(|key| server.with_key(&key));
    let long = json!({"horizon_ticks": 1000, "population": {"agents": 100_000}});
    for tenant in [&acme, &umbra] {
        tenant.launch(&long);
        let waiting = tenant.create(&long);
        let refused = tenant.start(&waiting);
        assert_eq!(
            refused.expect_error(429, "QUOTA_EXCEEDED"),
            "Concurrent run limit exceeded (1/1). Try again later."
        );
        tenant.create(&long);
        let refused = tenant.post_json("/runs", &json!({"project_id": PROJECT}));
        assert_eq!(refused.expect_error(429, "QUOTA_EXCEEDED"), "Queued run limit exceeded (2/2). Try again later.");
    }
    // Another key of the same tenant is the same tenant.
    server
        .with_key(&second_key)
        .post_json("/runs", &json!({"project_id": PROJECT}))
        .expect_error(429, "QUOTA_EXCEEDED");
}

#[test]
fn waiting_tenants_are_served_in_turn() {
    let folder = tempdir().unwrap();
    let keys = ["acme", "umbra"].map(|tenant| make(folder.path(), tenant));
    let server = Server::start(folder.path(), &[("CIVITAS_LIMITS__MAX_RUNNING_TOTAL", "1")]);
    let [greedy, modest] = keys.map(|key| server.with_key(&key));
    let first = greedy.launch(&json!({"horizon_ticks": 1000, "population": {"agents": 100_000}}));
    let waiting = |tenant: &Client, runs: usize| {
        let body = json!({"project_id": PROJECT, "auto_start": true, "variations": vec![json!({}); runs]});
        let batch = tenant.post_json("/runs/batch", &body).expect(201).body;
        let ids = batch["runs"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let (many, one) = (waiting(&greedy, 6), waiting(&modest, 1));
    greedy.cancel(&first).expect(200);
    let started = |tenant: &Client, id: &String| {
        tenant.outcome(id);
        tenant.run(id)["timing"]["started_at"].as_str().unwrap().to_owned()
    };
    let many: Vec<_> = many.iter().map(|id| started(&greedy, id)).collect();
    let one = started(&modest, &one[0]);
    assert!(many.is_sorted(), "a tenant's runs start in their order: {many:?}");
    assert!(one <= many[2], "a long queue of one tenant holds up another: {one} {many:?}");
}

#[test]
fn without_keys_only_this_machine_is_served() {
    let folder = tempdir().unwrap();
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let refused = run_civitas(folder.path(), &["serve", "--listen", listen, "--data-dir", "data"], &[]);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((refused.status.code(), refused.stdout.as_slice()), (Some(1), &b""[..]), "{said}");
        assert!(said.contains("error: ") && said.contains("no API key"), "{said}");
        assert!(said.contains("civitas key create --tenant") && said.contains("127.0.0.1"), "{said}");
    }
    let server = Server::start(folder.path(), &[]);
    assert!(server.addr().ip().is_loopback());
    support::eventually("it says so", || server.stderr().contains("no API keys").then_some(()));
    assert!(server.stderr().contains("this machine only"), "{}", server.stderr());
    server.get("/runs").expect(200);

    let with = |name, value: &str| server.send("GET", "/runs", &[(name, value)], None);
    with("Host", "evil.example").expect_error(403, "FORBIDDEN_HOST");
    with("Host", "127.0.0.1.evil.example").expect_error(403, "FORBIDDEN_HOST");
    with("Origin", "https://evil.example").expect_error(403, "FORBIDDEN_ORIGIN");
    with("Host", "localhost").expect(200);
    // HTTP/1.0 needs no Host; then nobody knows whom it was meant for.
    let mut bare = TcpStream::connect(server.addr()).unwrap();
    bare.write_all(b"GET /api/v1/runs HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    bare.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 403") || answer.starts_with("HTTP/1.1 403"), "{answer}");
}

#[test]
fn with_a_key_other_addresses_are_served() {
    let folder = tempdir().unwrap();
    let secret = make(folder.path(), "acme");
    let command = support::civitas(folder.path(), &["serve", "--listen", "0.0.0.0:0", "--data-dir", "data"]);
    let server = Server::from_command(command, &[]);
    assert!(server.addr().ip().is_unspecified());
    server.get("/runs").expect_error(401, "UNAUTHORIZED");
    server.with_key(&secret).get("/runs").expect(200);
    assert!(!server.stderr().contains("no API keys"), "{}", server.stderr());
}
