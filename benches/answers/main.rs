//! How long a server takes to answer questions about the telemetry of a long run:
//! `cargo bench --bench answers`, or `-- AGENTS TICKS SAMPLE REQUESTS`, SAMPLE being a number of agents or `all`.
//!
//! A real server process executes a real run and is then asked, one question after the other, each on a connection of its own.
//! The files lie in the system's cache, as those of a run that somebody looks at do. What is told is the time from the first byte
//! of the request to the last of the answer.

#[path = "../service/server.rs"]
mod server;

use std::time::Instant;

use server::{request, request_with, serve};

/// The tag and the body of an answer, which is one line.
fn get(address: &str, path: &str) -> (String, String) {
    let (status, tag, body) = ask(address, path, "");
    assert!(status.contains(" 200 "), "{path}: {status}: {body}");
    (tag, body)
}

/// Status, tag and last line of an answer.
fn ask(address: &str, path: &str, headers: &str) -> (String, String, String) {
    let (mut status, mut tag, mut last) = (String::new(), String::new(), String::new());
    request_with(address, (&format!("GET /api/v1{path}"), headers), "", |line| {
        if status.is_empty() {
            status = line.to_owned();
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("etag")
        {
            tag = value.to_owned();
        }
        last = line.to_owned();
        false
    });
    (status, tag, last)
}

fn recorded(address: &str, (agents, ticks): (u32, u32), sample: &str) -> String {
    let project = uuid::Uuid::nil();
    let telemetry = format!(r#"{{"sample_agents": {sample}, "keyframe_every": 100}}"#);
    let config = format!(
        r#"{{"horizon_ticks": {ticks}, "population": {{"agents": {agents}}}, "snapshot_every_ticks": 0, "telemetry": {telemetry}}}"#
    );
    let body = format!(r#"{{"project_id": "{project}", "config": {config}}}"#);
    let mut id = None;
    request(address, "POST /api/v1/runs", &body, |line| {
        id = id.take().or(line.split_once(r#""id":""#).map(|(_, rest)| rest[..36].to_owned()));
        id.is_some()
    });
    let id = id.expect("the answer holds the run's id");
    request(address, &format!("POST /api/v1/runs/{id}/start"), "", |_| false);
    let mut completed = false;
    request(address, &format!("GET /api/v1/runs/{id}/progress"), "", |line| {
        completed |= line == "event: completed";
        completed
    });
    assert!(completed, "the run completes");
    id
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let number = |place: usize, default: u32| args.get(place).and_then(|arg| arg.parse().ok()).unwrap_or(default);
    let (agents, ticks, requests) = (number(0, 1_000_000), number(1, 1_000), number(3, 100).max(1) as usize);
    let sample = args.get(2).map_or("1000", String::as_str);
    let sample = if sample == "all" { r#""all""# } else { sample };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = serve(folder.path());
    let address = server.address.as_str();
    let start = Instant::now();
    let run = recorded(address, (agents, ticks), sample);
    let took_s = start.elapsed().as_secs_f64();
    let index: serde_json::Value = serde_json::from_str(&get(address, &format!("/telemetry/{run}")).1).expect("JSON");
    let files = index["files"].as_array().expect("files");
    let bytes: u64 = files.iter().filter_map(|file| file["bytes"].as_u64()).sum();
    println!(
        "{agents} agents, {ticks} ticks, sample {sample}: {took_s:.1} s; {} files, {:.1} MB",
        files.len(),
        bytes as f64 / 1e6
    );
    let tick = ticks / 2 - ticks / 2 % 100;
    let page: serde_json::Value =
        serde_json::from_str(&get(address, &format!("/telemetry/{run}/keyframe/{tick}?limit=1")).1).expect("JSON");
    let agent = &page["agents"][0]["agent"];
    println!(
        "{:<52} {:>9} {:>9} {:>9} {:>9}",
        "median, 95th percentile, highest of requests in ms", "median", "95th", "highest", "kB"
    );
    for (what, question) in [
        ("what there is", String::new()),
        ("a metric of all agents, every tick", "/slice?metrics=adoption_rate".to_owned()),
        ("a metric by region, every 10th tick", "/slice?metrics=adoption_rate&regions=all&resolution=10".to_owned()),
        (
            "every metric by region and segment, one tick",
            format!("/slice?regions=all&segments=all&from_tick={tick}&to_tick={tick}"),
        ),
        (
            "every variable by region, one tick",
            format!("/slice?metrics=none&variables=all&from_tick={tick}&to_tick={tick}"),
        ),
        ("a metric by region in a few numbers", "/aggregates?metrics=adoption_rate&regions=all".to_owned()),
        ("100 agents of a keyframe", format!("/keyframe/{tick}?limit=100")),
        ("an agent at every keyframe", format!("/agent/{agent}")),
        ("100 events", "/events?limit=100".to_owned()),
    ] {
        let path = format!("/telemetry/{run}{question}");
        let mut size = 0;
        let took_ms = timed(requests, || size = get(address, &path).1.len());
        println!("{what:<52} {took_ms} {:9.1}", size as f64 / 1e3);
        if question.contains("regions=all&resolution") {
            let (tag, _) = get(address, &path);
            let known = format!("If-None-Match: {tag}\r\n");
            let took_ms = timed(requests, || {
                let (status, _, body) = ask(address, &path, &known);
                assert!(status.contains(" 304 ") && body.is_empty(), "{status}: {body}");
            });
            println!("{:<52} {took_ms} {:9.1}", "the same, which the client has (304)", 0.0);
        }
    }
}

/// Median, 95th percentile and highest of so many times in ms.
fn timed(requests: usize, mut ask: impl FnMut()) -> String {
    let mut took_ms: Vec<f64> = (0..requests)
        .map(|_| {
            let start = Instant::now();
            ask();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    took_ms.sort_by(f64::total_cmp);
    let (median, p95, highest) = (took_ms[requests / 2], took_ms[requests * 95 / 100], took_ms[requests - 1]);
    format!("{median:9.2} {p95:9.2} {highest:9.2}")
}
