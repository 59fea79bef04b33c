//! Traces for OpenTelemetry, sent as OTLP over HTTP where `otel.endpoint` names a collector: every request, and every run from
//! start to end with what was logged of it. Owns how spans come from `tracing` (`layer`), what they look like on the wire
//! (`encode`) and the way there (`send`). Where no collector is named nothing is made; whatever happens to one, no request and
//! no run waits for it or fails by it.

mod encode;
mod layer;
mod send;
mod span;

use std::collections::BTreeMap;

use crate::error::Error;
use crate::settings::OtelSettings;

pub(crate) use layer::SpanLayer;
use send::Sender;

/// Sends spans until it is dropped; then what is left is sent.
pub(crate) struct Exporter(Sender);

/// A layer that makes spans and what sends them; neither without an endpoint.
///
/// # Errors
/// Where the address or the headers are none, which reading the settings refuses before, and where no thread can be had.
pub(crate) fn start(settings: &OtelSettings) -> Result<(Option<SpanLayer>, Option<Exporter>), Error> {
    if settings.endpoint.is_empty() {
        return Ok((None, None));
    }
    let wrong =
        |problem| Error::settings(format!("otel {problem}"), "config.toml says what each option of [otel] may be");
    let url = format!("{}/v1/traces", address(&settings.endpoint).map_err(wrong)?);
    let headers = headers(&settings.headers).map_err(wrong)?;
    let (layer, spans) = SpanLayer::new();
    let sender = Sender::start(url, headers, settings.service_name.clone(), spans, layer.lost());
    let sender = sender.map_err(|error| Error::io("no thread for traces can be had", error))?;
    Ok((Some(layer), Some(Exporter(sender))))
}

impl Exporter {
    /// Sends what is left, if that is soon done.
    pub(crate) fn finish(self) {
        self.0.finish();
    }
}

/// The address of a collector, without a slash at its end.
pub(crate) fn address(endpoint: &str) -> Result<&str, String> {
    let rest = ["http://", "https://"].iter().find_map(|scheme| endpoint.strip_prefix(scheme));
    let host = rest.map(|rest| rest.split('/').next().unwrap_or_default());
    match host {
        Some(host) if !host.is_empty() && !endpoint.contains(char::is_whitespace) => Ok(endpoint.trim_end_matches('/')),
        _ => Err(format!("must be the address of a collector, for instance http://127.0.0.1:4318, not {endpoint:?}")),
    }
}

/// The headers of `NAME=VALUE,NAME=VALUE`; their values are never said.
pub(crate) fn headers(text: &str) -> Result<BTreeMap<String, String>, String> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let read = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').ok_or("must be NAME=VALUE, several of them separated by commas")?;
        let (name, value) = (name.trim(), value.trim());
        let token = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let clean = value.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        match token && clean {
            true => Ok((name.to_owned(), value.to_owned())),
            false => Err("has a name or a value that no header can have"),
        }
    });
    read.collect::<Result<_, &str>>().map_err(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_headers_are_checked() {
        assert_eq!(address("http://127.0.0.1:4318/"), Ok("http://127.0.0.1:4318"));
        assert_eq!(address("https://otlp.example/tenant"), Ok("https://otlp.example/tenant"));
        for wrong in ["127.0.0.1:4318", "http://", "ftp://x", "http://a b"] {
            assert!(address(wrong).unwrap_err().contains("http://127.0.0.1:4318"), "{wrong}");
        }
        let read = headers("Authorization=Basic dXNlcg==, x-scope=a").unwrap();
        assert_eq!(read["Authorization"], "Basic dXNlcg==");
        assert_eq!((read.len(), headers("").unwrap().len()), (2, 0));
        for wrong in ["secret", "a b=c", "=secret", "a=secret\u{7}"] {
            assert!(!headers(wrong).unwrap_err().contains("secret"), "{wrong:?}");
        }
    }
}
