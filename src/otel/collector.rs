//! The collector as something that bodies are posted to: its address, its headers, and what its answers mean. Whoever posts has a
//! thread of its own: nothing else may wait here.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{address, headers};
use crate::settings::OtelSettings;

/// How long the collector may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// One path of a collector.
#[derive(Debug)]
pub(super) struct Collector {
    agent: ureq::Agent,
    url: String,
    headers: BTreeMap<String, String>,
}

impl Collector {
    /// What takes bodies at this path of the collector that the settings name.
    ///
    /// # Errors
    /// The option with what it must be.
    pub(super) fn new(settings: &OtelSettings, path: &str) -> Result<Self, String> {
        let url = format!("{}{path}", address(&settings.endpoint)?);
        let agent = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).build().new_agent();
        Ok(Self { agent, url, headers: headers(&settings.headers)? })
    }

    /// Its address, without the headers, which may be secret.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Sends a body; otherwise says why not, and whether another time may help (OTLP 1.x, "Retryable Response Codes").
    pub(super) fn post(&self, body: &str) -> Result<(), (String, bool)> {
        let mut request = self.agent.post(&self.url).header("Content-Type", "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        match request.send(body) {
            Ok(_) => Ok(()),
            Err(ureq::Error::StatusCode(status)) => {
                Err((format!("it answered {status}"), [429, 502, 503, 504].contains(&status)))
            }
            Err(error) => Err((error.to_string(), true)),
        }
    }
}
