//! A real server process on a real port, and requests to it, for benchmarks of the service. Owns how it is started and ended; what
//! is asked is the benchmarks' affair.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A server process, ended with the value.
pub(crate) struct Server {
    process: Child,
    /// Where it listens.
    pub(crate) address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts one on a free port, its data in this folder.
pub(crate) fn serve(folder: &std::path::Path) -> Server {
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
pub(crate) fn request(address: &str, head: &str, body: &str, line: impl FnMut(&str) -> bool) {
    let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    request_with(address, (head, kind), body, line);
}

/// The same with headers, each with the end of its line.
pub(crate) fn request_with(
    address: &str,
    (head, headers): (&str, &str),
    body: &str,
    mut line: impl FnMut(&str) -> bool,
) {
    let mut stream = TcpStream::connect(address).expect("the server accepts");
    stream.set_nodelay(true).expect("a TCP option");
    let length = body.len();
    let text = format!(
        "{head} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).expect("the server reads");
    for read in BufReader::new(stream).lines() {
        if line(&read.expect("the server writes text")) {
            break;
        }
    }
}
