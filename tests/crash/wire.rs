//! A client for a server that may die in the middle of an answer: no answer is then what it says.

use std::net::SocketAddr;

use serde_json::Value;
use ureq::http::Request;

use crate::support::{PROJECT, WATCHDOG};

/// Speaks to one life of the server, on connections of its own.
pub(crate) struct Wire {
    addr: SocketAddr,
    agent: ureq::Agent,
}

/// A whole answer.
pub(crate) struct Said {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body as it came.
    pub(crate) text: String,
    /// The body as JSON; null where it is none.
    pub(crate) body: Value,
}

impl Wire {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(WATCHDOG)).build();
        Self { addr, agent: config.new_agent() }
    }

    /// The answer, where all of it came.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Option<Said> {
        let request = Request::builder().method(method).uri(format!("http://{}/api/v1{path}", self.addr));
        let answer = match (method, body) {
            ("GET", _) => self.agent.run(request.body(()).unwrap()),
            (_, None) => self.agent.run(request.body(Vec::new()).unwrap()),
            (_, Some(body)) => {
                let body = body.to_string().into_bytes();
                self.agent.run(request.header("Content-Type", "application/json").body(body).unwrap())
            }
        };
        let mut answer = answer.ok()?;
        let text = answer.body_mut().with_config().limit(u64::MAX).read_to_string().ok()?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        Some(Said { status: answer.status().as_u16(), text, body })
    }

    /// The same for GET.
    pub(crate) fn get(&self, path: &str) -> Option<Said> {
        self.ask("GET", path, None)
    }

    /// The body of a request that creates a run with this name and configuration.
    pub(crate) fn creation(name: &str, config: &Value) -> Value {
        serde_json::json!({"project_id": PROJECT, "name": name, "config": config})
    }
}
