//! Traces and metrics for OpenTelemetry, sent as OTLP over HTTP where `otel.endpoint` names a collector: every request, every run
//! from start to end with what was logged of it, and now and then what `/metrics` shows. Owns how spans come from `tracing` (`layer`),
//! what they look like on the wire (`encode`) and the way there (`send`); how figures look (`figures`) and when they go (`meter`). Where
//! no collector is named nothing is made; whatever happens to one, no request and no run waits for it or fails by it.

mod collector;
mod encode;
mod figures;
mod layer;
mod meter;
mod send;
mod span;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::Error;
use crate::settings::OtelSettings;

use collector::Collector;
pub(crate) use layer::SpanLayer;
pub(crate) use meter::MeterExporter;
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
    let collector = collector(settings, "/v1/traces")?;
    let (layer, spans) = SpanLayer::new();
    let sender = Sender::start(collector, settings.service_name.clone(), spans, layer.lost());
    let sender = sender.map_err(|error| Error::io("no thread for traces can be had", error))?;
    Ok((Some(layer), Some(Exporter(sender))))
}

impl Exporter {
    /// Sends what is left, if that is soon done.
    pub(crate) fn finish(self) {
        self.0.finish();
    }
}

/// Sends what `figures` gives, OpenMetrics text, as often as the settings say; `None` where they say never. It is asked on the
/// caller's runtime, and what it gives is sent by a thread.
///
/// # Errors
/// As [`start`].
pub(crate) fn start_meters<F>(
    settings: &OtelSettings,
    figures: impl Fn() -> F + Send + 'static,
) -> Result<Option<MeterExporter>, Error>
where
    F: Future<Output = Option<String>> + Send + 'static,
{
    if settings.endpoint.is_empty() || settings.metrics_every_s == 0 {
        return Ok(None);
    }
    let collector = collector(settings, "/v1/metrics")?;
    let every = Duration::from_secs(settings.metrics_every_s.into());
    let exporter = MeterExporter::start(collector, settings.service_name.clone(), every, figures);
    exporter.map(Some).map_err(|error| Error::io("no thread for metrics can be had", error))
}

fn collector(settings: &OtelSettings, path: &str) -> Result<Collector, Error> {
    let wrong =
        |problem| Error::settings(format!("otel {problem}"), "config.toml says what each option of [otel] may be");
    Collector::new(settings, path).map_err(wrong)
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
