//! A client that takes every answer as it comes, refusals included, and a few requests that most tests make.

use std::net::SocketAddr;

use serde_json::{Value, json};
use ureq::http::{HeaderMap, Request, Response};

use super::sse::{Event, Sse};
use super::{PROJECT, WATCHDOG, outcome};

/// The largest body that is read.
const MAX_BODY_BYTES: u64 = 64 << 20;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null where it is none.
    pub body: Value,
}

impl Answer {
    /// This answer, which must have this status.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// A header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The run's id.
    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id: {}", self.text)).to_owned()
    }

    /// Checks the shape that every error has, and that it is this one; gives its text.
    pub fn expect_error(&self, status: u16, code: &str) -> &str {
        assert_eq!((self.status, self.body["error_code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(self.body["status_code"], status, "{}", self.text);
        let fields = self.body.as_object().unwrap();
        let retry = status == 429 || code == "SHUTTING_DOWN";
        let more = usize::from(retry) + usize::from(fields.contains_key("budget"));
        assert_eq!((fields.len(), fields.contains_key("retry_after")), (3 + more, retry), "{}", self.text);
        assert_eq!(self.header("retry-after").is_empty(), !retry, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/json", "{}", self.text);
        let detail = self.body["detail"].as_str().unwrap_or_default();
        assert!(!detail.is_empty(), "{}", self.text);
        detail
    }
}

/// Speaks to one server, with one key or none.
#[derive(Clone)]
pub struct Client {
    addr: SocketAddr,
    key: Option<String>,
    agent: ureq::Agent,
}

impl Client {
    /// A client; paths are below `/api/v1`.
    pub fn new(addr: SocketAddr, key: Option<&str>) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(WATCHDOG)).build();
        Self { addr, key: key.map(str::to_owned), agent: config.new_agent() }
    }

    /// The same server with a key.
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// The same with connections of its own.
    pub fn fresh(&self) -> Self {
        Self::new(self.addr, self.key.as_deref())
    }

    /// GET.
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None)
    }

    /// POST without a body.
    pub fn post(&self, path: &str) -> Answer {
        self.send("POST", path, &[], Some(b""))
    }

    /// POST with a JSON body.
    pub fn post_json(&self, path: &str, body: &Value) -> Answer {
        let headers = [("Content-Type", "application/json")];
        self.send("POST", path, &headers, Some(body.to_string().as_bytes()))
    }

    /// Any request. A path that starts with `//` is not below `/api/v1`.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Answer {
        let path =
            path.strip_prefix('/').filter(|path| path.starts_with('/')).map_or(format!("/api/v1{path}"), str::to_owned);
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.addr));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(key) = &self.key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let answer = match body {
            Some(body) => self.agent.run(request.body(body).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        read(answer.unwrap_or_else(|error| panic!("{method} {path}: {error}")))
    }

    /// Creates a run with this configuration and gives its id.
    pub fn create(&self, config: &Value) -> String {
        self.post_json("/runs", &json!({"project_id": PROJECT, "config": config})).expect(201).id()
    }

    /// Creates a run and starts it.
    pub fn launch(&self, config: &Value) -> String {
        let id = self.create(config);
        self.start(&id).expect(202);
        id
    }

    /// POST start.
    pub fn start(&self, id: &str) -> Answer {
        self.post(&format!("/runs/{id}/start"))
    }

    /// POST cancel.
    pub fn cancel(&self, id: &str) -> Answer {
        self.post(&format!("/runs/{id}/cancel"))
    }

    /// The run, whole.
    pub fn run(&self, id: &str) -> Value {
        self.get(&format!("/runs/{id}")).expect(200).body
    }

    /// Its status.
    pub fn status(&self, id: &str) -> String {
        self.run(id)["status"].as_str().unwrap().to_owned()
    }

    /// The run's event stream.
    pub fn watch(&self, id: &str) -> Sse {
        self.watch_with(id, &[])
    }

    /// The same with more headers.
    pub fn watch_with(&self, id: &str, headers: &[(&str, &str)]) -> Sse {
        let bearer = self.key.as_ref().map(|key| format!("Bearer {key}"));
        let mut headers = headers.to_vec();
        headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
        Sse::open(self.addr, &format!("/api/v1/runs/{id}/progress"), &headers)
    }

    /// Waits for the run's last event.
    pub fn wait(&self, id: &str) -> Event {
        self.watch(id).events().pop().unwrap_or_else(|| panic!("the stream of {id} was empty"))
    }

    /// Waits until the run has succeeded, and gives the outcome within its results.
    pub fn outcome(&self, id: &str) -> String {
        let last = self.wait(id);
        assert_eq!(last.event, "completed", "{}", last.data);
        self.outcome_now(id, "succeeded")
    }

    /// The outcome of a run that has ended.
    pub fn outcome_now(&self, id: &str, status: &str) -> String {
        outcome(&self.get(&format!("/runs/{id}/results")).expect(200).text, id, status)
    }
}

fn read(mut answer: Response<ureq::Body>) -> Answer {
    let bytes = answer.body_mut().with_config().limit(MAX_BODY_BYTES).read_to_vec().unwrap();
    // Of what is no text, only the head is looked at.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let body = serde_json::from_str(&text).unwrap_or_default();
    Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), text, body }
}

/// A form of these parts: field, file name, content; its boundary is `frontier`.
pub fn form(parts: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (field, file, content) in parts {
        let file = if file.is_empty() { String::new() } else { format!("; filename=\"{file}\"") };
        let head = format!("--frontier\r\nContent-Disposition: form-data; name=\"{field}\"{file}\r\n\r\n");
        bytes.extend([head.as_bytes(), content, b"\r\n"].concat());
    }
    bytes.extend(b"--frontier--\r\n");
    bytes
}
