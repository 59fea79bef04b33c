//! The log of commands, on standard error, and the spans of servers: one subscriber for both. Owns how a line looks and which lines there
//! are; what is said is everybody's, where spans go is [`crate::otel`]'s.

use std::io;

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;

use super::color;
use crate::otel::SpanLayer;
use crate::settings::{LogFormat, LogSettings};

/// Starts logging to standard error.
pub(super) fn start_logging(log: &LogSettings) {
    start_tracing(log, None);
}

/// Starts logging to standard error, where `RUST_LOG` wins over the settings, and making spans where somebody takes them.
pub(super) fn start_tracing(log: &LogSettings, spans: Option<SpanLayer>) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(&log.level));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match log.format {
        LogFormat::Text => lines.with_ansi(color::is_on(&io::stderr())).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let spans = spans.map(|layer| layer.with_filter(filter_fn(SpanLayer::wants)));
    let started = tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).try_init();
    // Another subscriber, set by a program that calls this as a library, keeps its place.
    drop(started);
}
