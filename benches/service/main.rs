//! From POST start to the `completed` event, over HTTP, for the Runs API's default run (10,000 agents, 100 ticks):
//! `cargo bench --bench service`. A real server process, a real port, a real store, one client.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 40;

struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(folder: &std::path::Path) -> Server {
    let mut process = Command::new(env!("CARGO_BIN_EXE_civitas"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder)
        .env("RUST_LOG", "error")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut line = String::new();
    let stdout = process.stdout.take().expect("stdout is piped");
    BufReader::new(stdout).read_line(&mut line).expect("the server says where it listens");
    let address = line.trim().rsplit('/').next().expect("an address").to_owned();
    Server { process, address }
}

/// Sends a request on a connection of its own and hands its lines to `line` until that says stop.
fn request(address: &str, head: &str, body: &str, mut line: impl FnMut(&str) -> bool) {
    let mut stream = TcpStream::connect(address).expect("the server accepts");
    stream.set_nodelay(true).expect("a TCP option");
    let length = body.len();
    let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    let text = format!(
        "{head} HTTP/1.1\r\nHost: {address}\r\n{kind}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).expect("the server reads");
    for read in BufReader::new(stream).lines() {
        if line(&read.expect("the server writes text")) {
            break;
        }
    }
}

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
