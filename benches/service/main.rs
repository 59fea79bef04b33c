//! From POST start to the `completed` event, over HTTP, for the Runs API's default run (10,000 agents, 100 ticks):
//! `cargo bench --bench service`. A real server process, a real port, a real store, one client.

mod server;

use std::time::Instant;

use server::{request, serve};

const ROUNDS: usize = 40;

fn create(address: &str, seed: usize) -> String {
    let project = uuid::Uuid::nil();
    let body = format!(r#"{{"project_id": "{project}", "config": {{"seed": {seed}, "horizon_ticks": 100}}}}"#);
    let mut id = None;
    request(address, "POST /api/v1/runs", &body, |line| {
        let found = line.split_once(r#""id":""#).map(|(_, rest)| rest[..36].to_owned());
        id = id.take().or(found);
        id.is_some()
    });
    id.expect("the answer holds the run's id")
}

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = serve(folder.path());
    let mut took_ms: Vec<f64> = (0..ROUNDS)
        .map(|seed| {
            let run = create(&server.address, seed);
            let start = Instant::now();
            request(&server.address, &format!("POST /api/v1/runs/{run}/start"), "", |_| false);
            let mut completed = false;
            request(&server.address, &format!("GET /api/v1/runs/{run}/progress"), "", |line| {
                completed |= line == "event: completed";
                completed
            });
            assert!(completed, "the run completes");
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    took_ms.sort_by(f64::total_cmp);
    let (median, p95) = (took_ms[ROUNDS / 2], took_ms[ROUNDS * 95 / 100]);
    println!("10,000 agents x 100 ticks, POST start to `completed`, {ROUNDS} runs one after the other:");
    println!("median {median:.0} ms, 95th percentile {p95:.0} ms, lowest {:.0} ms", took_ms[0]);
}
