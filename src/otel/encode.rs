//! Spans as OTLP has them in JSON (OpenTelemetry Protocol 1.x, `ExportTraceServiceRequest`): ids in hexadecimal digits, whole
//! numbers and times as text. Owns the names that OpenTelemetry's conventions give to attributes. Pure.

use serde_json::{Value, json};

use super::span::{Attribute, Said, Span};

/// Kinds of spans, by their numbers in the protocol.
const INTERNAL: u8 = 1;
const SERVER: u8 = 2;
/// The status of what failed, by its number in the protocol.
const FAILED: u8 = 2;

/// The body of a request with these spans.
pub(super) fn body(service: &str, spans: &[Span]) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    json!({"resourceSpans": [{
        "resource": {"attributes": [text("service.name", service), text("service.version", version)]},
        "scopeSpans": [{
            "scope": {"name": "civitas", "version": version},
            "spans": spans.iter().map(span).collect::<Vec<_>>()
        }]
    }]})
}

fn span(span: &Span) -> Value {
    let is_request = span.name == "request";
    let attributes = span.attributes.iter().map(|(name, value)| attribute(conventional(span.name, name), value));
    let mut encoded = json!({
        "traceId": format!("{:032x}", span.trace), "spanId": format!("{:016x}", span.id),
        "name": name(span), "kind": if is_request { SERVER } else { INTERNAL },
        "startTimeUnixNano": span.start_ns.to_string(), "endTimeUnixNano": span.end_ns.to_string(),
        "attributes": attributes.collect::<Vec<_>>(), "events": span.said.iter().map(said).collect::<Vec<_>>(),
        "status": if has_failed(span) { json!({"code": FAILED}) } else { json!({}) }
    });
    if let Some(parent) = span.parent {
        encoded["parentSpanId"] = format!("{parent:016x}").into();
    }
    encoded
}

/// `GET /api/v1/runs/{id}`: paths themselves would be a name for every run.
fn name(span: &Span) -> String {
    match (span.name, span.text("method"), span.text("route")) {
        ("request", Some(method), Some(route)) => format!("{method} {route}"),
        ("request", Some(method), None) => method.to_owned(),
        (name, ..) => name.to_owned(),
    }
}

/// A failed request is one that the server is to blame for; a run says so in its log.
fn has_failed(span: &Span) -> bool {
    let status = span.attributes.iter().find_map(|(name, value)| match value {
        Attribute::Whole(status) if *name == "status" => Some(*status),
        _ => None,
    });
    let error = |said: &Said| said.attributes.contains(&("level", Attribute::Text("ERROR".to_owned())));
    status.is_some_and(|status| status >= 500) || span.said.iter().any(error)
}

/// The name that OpenTelemetry's semantic conventions have for a field of ours.
fn conventional<'a>(span: &str, field: &'a str) -> &'a str {
    match (span, field) {
        ("request", "method") => "http.request.method",
        ("request", "route") => "http.route",
        ("request", "path") => "url.path",
        ("request", "status") => "http.response.status_code",
        ("request", "code") => "error.type",
        ("run", "id") => "civitas.run.id",
        (_, "tenant") => "civitas.tenant.id",
        (_, field) => field,
    }
}

fn said(said: &Said) -> Value {
    let attributes = said.attributes.iter().map(|(name, value)| attribute(name, value));
    json!({"timeUnixNano": said.at_ns.to_string(), "name": said.name, "attributes": attributes.collect::<Vec<_>>()})
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn attribute(key: &str, value: &Attribute) -> Value {
    let value = match value {
        Attribute::Text(value) => json!({"stringValue": value}),
        Attribute::Whole(value) => json!({"intValue": value.to_string()}),
        // JSON has no number for what is none.
        Attribute::Number(value) if !value.is_finite() => json!({"stringValue": value.to_string()}),
        Attribute::Number(value) => json!({"doubleValue": value}),
        Attribute::Flag(value) => json!({"boolValue": value}),
    };
    json!({"key": key, "value": value})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_as_the_protocol_says() {
        let whole = |name, value| (name, Attribute::Whole(value));
        let word = |name, value: &str| (name, Attribute::Text(value.to_owned()));
        let request = Span {
            trace: 0x0af7,
            id: 0xb7,
            parent: Some(0xc8),
            name: "request",
            start_ns: 5,
            end_ns: 7,
            attributes: vec![word("method", "GET"), word("route", "/api/v1/runs/{id}"), whole("status", 503)],
            said: vec![Said { at_ns: 6, name: "x".to_owned(), attributes: vec![("share", Attribute::Number(0.5))] }],
        };
        let body = body("civitas", &[request]);
        let span = &body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        let wanted = json!({
            "traceId": "00000000000000000000000000000af7", "spanId": "00000000000000b7", "parentSpanId": "00000000000000c8",
            "name": "GET /api/v1/runs/{id}", "kind": 2, "startTimeUnixNano": "5", "endTimeUnixNano": "7",
            "attributes": [
                {"key": "http.request.method", "value": {"stringValue": "GET"}},
                {"key": "http.route", "value": {"stringValue": "/api/v1/runs/{id}"}},
                {"key": "http.response.status_code", "value": {"intValue": "503"}}
            ],
            "events": [{"timeUnixNano": "6", "name": "x", "attributes": [{"key": "share", "value": {"doubleValue": 0.5}}]}],
            "status": {"code": 2}
        });
        assert_eq!(*span, wanted);
        let resource = &body["resourceSpans"][0]["resource"]["attributes"];
        assert_eq!(resource[0], json!({"key": "service.name", "value": {"stringValue": "civitas"}}));
    }
}
