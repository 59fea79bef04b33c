//! What `deploy/` holds: were one of these to fail, an image or a service that was installed by the book would not start,
//! or would be killed while it still suspends its runs.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{Server, civitas, said_by_civitas};
use tempfile::tempdir;

const DATA_DIR: &str = "/var/lib/civitas";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The values of a file's lines that start with `key`.
fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    text.lines().filter_map(|line| line.strip_prefix(key)).map(str::trim).collect()
}

/// The environment that a file gives the program, with a data folder and a port of the test's.
fn environment(lines: &[&str]) -> Vec<(String, String)> {
    assert!(lines.iter().any(|line| line.contains(DATA_DIR)), "the data folder is stated: {lines:?}");
    let pairs = lines.iter().map(|line| line.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.replace(DATA_DIR, "data").replace(":8080", ":0"))).collect()
}

/// Starts the program with this environment and arguments, as the file does.
fn started(folder: &Path, environment: &[(String, String)], args: &[&str]) -> Server {
    let environment: Vec<_> = environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Server::from_command(civitas(folder, args), &environment)
}

#[test]
fn the_image_serves_with_a_key_and_knows_its_health() {
    let text = read("deploy/Dockerfile");
    let environment = environment(&values(&text, "ENV "));
    assert_eq!(values(&text, "ENTRYPOINT "), [r#"["/usr/local/bin/civitas"]"#]);
    assert_eq!(values(&text, "CMD "), [r#"["serve"]"#]);
    let folder = tempdir().unwrap();
    // It listens to others, so that it refuses to start before there is a key, as the page says.
    let pairs = environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let keyless = civitas(folder.path(), &["serve"]).envs(pairs).output().unwrap();
    assert_eq!(keyless.status.code(), Some(1), "{}", String::from_utf8_lossy(&keyless.stderr));
    said_by_civitas(folder.path(), &["key", "create", "--tenant", "acme"], 0);

    let server = started(folder.path(), &environment, &["serve"]);
    let check = values(&text, "    CMD ")[0];
    let healthy = |address: &str| {
        let command = check.replace("http://127.0.0.1:8080", address);
        assert_ne!(command, check, "the health check asks the port that is exposed");
        Command::new("sh").args(["-c", &command]).status().unwrap().success()
    };
    let address = format!("http://127.0.0.1:{}", server.addr().port());
    assert!(healthy(&address));
    server.stop();
    assert!(!healthy(&address), "a server that is gone is not healthy");
}

#[test]
fn the_image_is_built_by_a_rust_that_is_new_enough() {
    let image = values(&read("deploy/Dockerfile"), "FROM rust:")[0].to_owned();
    let wanted = values(&read("Cargo.toml"), "rust-version = ")[0].trim_matches('"').to_owned();
    let minor = |version: &str| version.split('.').nth(1).unwrap().parse::<u32>().unwrap();
    assert!(minor(&image) >= minor(&wanted), "{image} is older than {wanted}");
}

#[test]
fn the_service_starts_and_has_the_time_to_stop() {
    let text = read("deploy/civitas.service");
    let folder = tempdir().unwrap();
    let environment = environment(&values(&text, "Environment="));
    let command: Vec<_> = values(&text, "ExecStart=")[0].split(' ').collect();
    assert_eq!(command[0], "/usr/local/bin/civitas");
    // Its working folder may have a configuration, which the service reads.
    fs::write(folder.path().join("config.toml"), "[server]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let server = started(folder.path(), &environment, &command[1..]);
    assert_eq!(server.get("/runs").expect(200).body["total"], 0);
    assert!(folder.path().join("data").is_dir(), "the data folder is the stated one");
    server.stop();

    let config = read("config.toml");
    let suspends_within: u64 = values(&config, "shutdown_timeout_s = ")[0].parse().unwrap();
    let killed_after: u64 = values(&text, "TimeoutStopSec=")[0].parse().unwrap();
    assert!(killed_after >= suspends_within + 5, "{killed_after} s are too few for {suspends_within} s and a few");
}
