//! Requests to a server and what they come to. Errors carry what the server says is wrong and what to do about it.

use std::io::{BufRead, BufReader, Read, Write};
use std::time::Duration;

use serde_json::Value;
use ureq::http::{Request, Response, Uri};
use ureq::{Agent, Body};

use crate::error::{Error, Result};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the head of an answer may take: a little longer than the server's own time for a cancel.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a body may be silent; streams say something every `server.sse_heartbeat_s`, 15 s by default.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(180);
/// The largest answer that is read into memory, in bytes: results of 1,000 ticks and 3,000 regions are some 30 MB.
const MAX_ANSWER_BYTES: u64 = 1 << 30;

/// Bytes that are written away at a time.
const PIECE_BYTES: usize = 64 << 10;

/// A server, and who asks it.
#[derive(Clone)]
pub(in crate::cli) struct Server {
    /// Without a slash at its end.
    base: String,
    key: Option<String>,
    agent: Agent,
}

impl Server {
    /// A server at this address.
    ///
    /// # Errors
    /// [`Error::Remote`] for an address that is none.
    pub(super) fn new(url: &str, key: Option<String>) -> Result<Self> {
        let base = url.trim_end_matches('/').to_owned();
        let known = base.parse::<Uri>().ok().filter(|uri| uri.host().is_some());
        if !known.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https"))) {
            return Err(Error::Remote {
                problem: format!("{url} is no address of a server"),
                hint: Some("write it like http://127.0.0.1:8080 or https://civitas.example".to_owned()),
            });
        }
        // A redirect is told and not followed: it would turn what is to be done into a question, without its key.
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .timeout_per_read(Some(SILENCE_TIMEOUT))
            .build();
        Ok(Self { base, key, agent: config.new_agent() })
    }

    /// Its address.
    pub(in crate::cli) fn url(&self) -> &str {
        &self.base
    }

    /// GET below `/api/v1`; the JSON answer.
    ///
    /// # Errors
    /// [`Error::Remote`] with what the server says.
    pub(in crate::cli) fn get(&self, path: &str) -> Result<Value> {
        self.json(self.request("GET", path, "application/json").body(String::new()), path)
    }

    /// The same as text, as it came.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub(in crate::cli) fn get_text(&self, path: &str) -> Result<String> {
        let answer = self.sent(self.request("GET", path, "application/json").body(String::new()))?;
        self.text(answer, path)
    }

    /// The answer to a GET written away as it comes, whatever its form and size; `failed` makes an error of one in writing.
    ///
    /// # Errors
    /// As [`Server::get`], and those of writing.
    pub(in crate::cli) fn download(
        &self,
        path: &str,
        into: &mut impl Write,
        failed: impl Fn(std::io::Error) -> Error,
    ) -> Result<()> {
        let answer = self.sent(self.request("GET", path, "*/*").body(String::new()))?;
        if answer.status().as_u16() >= 300 {
            return Err(self.refused(answer));
        }
        let (mut body, mut piece) = (answer.into_body().into_reader(), vec![0; PIECE_BYTES]);
        loop {
            let read = body.read(&mut piece).map_err(|error| self.broken_off(path, &error))?;
            if read == 0 {
                return Ok(());
            }
            into.write_all(&piece[..read]).map_err(&failed)?;
        }
    }

    /// POST below `/api/v1`; the JSON answer.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub(in crate::cli) fn post(&self, path: &str, body: Option<&Value>) -> Result<Value> {
        self.send("POST", path, body)
    }

    /// A request of this method below `/api/v1`; the JSON answer.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub(in crate::cli) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let request = self.request(method, path, "application/json");
        let request = if body.is_some() { request.header("Content-Type", "application/json") } else { request };
        self.json(request.body(body.map(Value::to_string).unwrap_or_default()), path)
    }

    /// The lines of an event stream, from after the event of this id on.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub(in crate::cli) fn stream(&self, path: &str, after: Option<u64>) -> Result<impl BufRead + use<>> {
        let mut request = self.request("GET", path, "text/event-stream");
        if let Some(after) = after {
            request = request.header("Last-Event-ID", after.to_string());
        }
        let answer = self.sent(request.body(String::new()))?;
        if answer.status().as_u16() >= 300 {
            return Err(self.refused(answer));
        }
        Ok(BufReader::new(answer.into_body().into_reader()))
    }

    fn request(&self, method: &str, path: &str, accept: &str) -> ureq::http::request::Builder {
        let request =
            Request::builder().method(method).uri(format!("{}/api/v1{path}", self.base)).header("Accept", accept);
        match &self.key {
            Some(key) => request.header("Authorization", format!("Bearer {key}")),
            None => request,
        }
    }

    fn sent(&self, request: ureq::http::Result<Request<String>>) -> Result<Response<Body>> {
        let request = request.map_err(|error| Error::Remote { problem: error.to_string(), hint: None })?;
        self.agent.run(request).map_err(|error| self.unreachable(&error))
    }

    fn json(&self, request: ureq::http::Result<Request<String>>, path: &str) -> Result<Value> {
        let answer = self.sent(request)?;
        let text = self.text(answer, path)?;
        serde_json::from_str(&text).map_err(|_| self.strange(path))
    }

    fn text(&self, answer: Response<Body>, path: &str) -> Result<String> {
        if answer.status().as_u16() >= 300 {
            return Err(self.refused(answer));
        }
        let mut text = String::new();
        let read = answer.into_body().into_with_config().limit(MAX_ANSWER_BYTES).reader().read_to_string(&mut text);
        read.map_err(|error| self.broken_off(path, &error))?;
        Ok(text)
    }

    fn broken_off(&self, path: &str, error: &std::io::Error) -> Error {
        Error::Remote {
            problem: format!("the answer of {} at {path} broke off: {error}", self.base),
            hint: Some("what was asked for may have been done: look before you ask again".to_owned()),
        }
    }

    /// The server's own words, where the answer is one of civitas.
    fn refused(&self, answer: Response<Body>) -> Error {
        let status = answer.status().as_u16();
        let elsewhere = answer.headers().get("location").and_then(|value| value.to_str().ok());
        if let Some(elsewhere) = elsewhere.filter(|_| status < 400) {
            let problem = format!("{} sends elsewhere, to {elsewhere}", self.base);
            return Error::Remote { problem, hint: Some("name that address with --server URL".to_owned()) };
        }
        let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let body: Value = answer.into_body().read_json().unwrap_or_default();
        let Some(code) = body["error_code"].as_str() else {
            let problem = format!("{} answered with status {status}, and not in civitas's words", self.base);
            return Error::Remote { problem, hint: Some("is this the address of a civitas server?".to_owned()) };
        };
        let hint = match after {
            Some(seconds) => Some(format!("try again in {seconds} s")),
            None => hint_of(code).map(str::to_owned),
        };
        Error::Remote { problem: format!("{code}: {}", body["detail"].as_str().unwrap_or("no detail")), hint }
    }

    fn unreachable(&self, error: &ureq::Error) -> Error {
        let problem = format!("{} does not answer: {error}", self.base);
        Error::Remote {
            problem,
            hint: Some("is the server running, and is this its address? (civitas serve)".to_owned()),
        }
    }

    fn strange(&self, path: &str) -> Error {
        let problem = format!("what {} answered at {path} cannot be read", self.base);
        Error::Remote { problem, hint: Some("is this the address of a civitas server of the same version?".to_owned()) }
    }
}

/// What to do about a refusal from a terminal, where its own words do not say it.
fn hint_of(code: &str) -> Option<&'static str> {
    Some(match code {
        "UNAUTHORIZED" => "give a key of this server with --key KEY or CIVITAS_CLIENT__KEY",
        "VERSION_CONFLICT" => {
            "somebody changed it after you read it, and nothing was written: read it again (show --json), put your change into \
             that, and send it with its version"
        }
        "EVENT_SCRIPT_IN_USE" => "change the bundle with `civitas events bundles update`, or delete it",
        "EVENT_SCRIPT_NOT_FOUND" => "`civitas events list` shows those that there are",
        "EVENT_BUNDLE_NOT_FOUND" => "`civitas events bundles list` shows those that there are",
        "BUNDLE_MISMATCH" => "`civitas events bundles show` says its project: give the run that one with --project ID",
        "READ_ONLY" => "ask a server that is not in read-only mode (server.read_only)",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_scheme_and_a_host() {
        for url in ["http://127.0.0.1:8080", "https://civitas.example/", "http://[::1]:1"] {
            assert!(Server::new(url, None).is_ok(), "{url}");
        }
        for url in ["127.0.0.1:8080", "", "ftp://host", "http://", "localhost"] {
            let refused = Server::new(url, None).err().unwrap();
            assert!(refused.to_string().contains("no address"), "{refused}");
        }
    }
}
