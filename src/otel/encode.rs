//! Spans as OTLP has them in JSON (OpenTelemetry Protocol 1.x, `ExportTraceServiceRequest`): ids in hexadecimal digits, whole
//! numbers and times as text. Owns the names that OpenTelemetry's conventions give to attributes. Pure.

use serde_json::{Value, json};

use super::span::{Attribute, Said, Span};

/// Kinds of spans, by their numbers in the protocol.
const INTERNAL: u8 = 1;
const SERVER: u8 = 2;
/// The status of what failed, by its number in the protocol.
const FAILED: u8 = 2;
/// The field of a run's span that says what it failed of.
const FAULT: &str = "fault";

/// The program's version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The body of a request with these spans.
pub(super) fn body(service: &str, spans: &[Span]) -> Value {
    json!({"resourceSpans": [{
        "resource": resource(service),
        "scopeSpans": [{
            "scope": scope(),
            "spans": spans.iter().map(span).collect::<Vec<_>>()
        }]
    }]})
}

/// The resource that what is sent is of: this server.
pub(super) fn resource(service: &str) -> Value {
    json!({"attributes": [text("service.name", service), text("service.version", VERSION)]})
}

/// The scope that it is of: this program.
pub(super) fn scope() -> Value {
    json!({"name": "civitas", "version": VERSION})
}

fn span(span: &Span) -> Value {
    let is_request = span.name == "request";
    // What a run failed of stands in the status.
    let told = span.attributes.iter().filter(|(name, _)| (span.name, *name) != ("run", FAULT));
    let attributes = told.map(|(name, value)| attribute(conventional(span.name, name), value));
    let mut encoded = json!({
        "traceId": format!("{:032x}", span.trace), "spanId": format!("{:016x}", span.id),
        "name": name(span), "kind": if is_request { SERVER } else { INTERNAL },
        "startTimeUnixNano": span.start_ns.to_string(), "endTimeUnixNano": span.end_ns.to_string(),
        "attributes": attributes.collect::<Vec<_>>(), "events": span.said.iter().map(said).collect::<Vec<_>>(),
        "status": status(span)
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

/// A run says how it ended, and what it failed of; one that was cut off has its log alone.
fn status(span: &Span) -> Value {
    match (span.name, span.text("status")) {
        ("run", Some("failed")) => json!({"code": FAILED, "message": span.text(FAULT).unwrap_or_default()}),
        ("run", Some(_)) => json!({}),
        _ if has_failed(span) => json!({"code": FAILED}),
        _ => json!({}),
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
        ("request" | "run", "code") => "error.type",
        ("run", "id") => "civitas.run.id",
        ("run", "status") => "civitas.run.status",
        (_, "tenant") => "civitas.tenant.id",
        (_, field) => field,
    }
}

fn said(said: &Said) -> Value {
    let attributes = said.attributes.iter().map(|(name, value)| attribute(name, value));
    json!({"timeUnixNano": said.at_ns.to_string(), "name": said.name, "attributes": attributes.collect::<Vec<_>>()})
}

/// An attribute that is a text.
pub(super) fn text(key: &str, value: &str) -> Value {
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

    #[test]
    fn a_run_has_failed_if_it_says_so() {
        let word = |name, value: &str| (name, Attribute::Text(value.to_owned()));
        let warned = Said { at_ns: 6, name: "x".to_owned(), attributes: vec![word("level", "ERROR")] };
        let run = |attributes| Span {
            trace: 1,
            id: 2,
            parent: None,
            name: "run",
            start_ns: 5,
            end_ns: 7,
            attributes,
            said: vec![warned.clone()],
        };
        let failed =
            run(vec![word("status", "failed"), word("code", "MODEL_PANIC"), word("fault", "the model panicked")]);
        let failed = span(&failed);
        assert_eq!(failed["status"], json!({"code": 2, "message": "the model panicked"}));
        let attributes = json!([
            {"key": "civitas.run.status", "value": {"stringValue": "failed"}},
            {"key": "error.type", "value": {"stringValue": "MODEL_PANIC"}}
        ]);
        assert_eq!(failed["attributes"], attributes);
        assert_eq!(
            span(&run(vec![word("status", "succeeded")]))["status"],
            json!({}),
            "an error on the way is not its end"
        );
        assert_eq!(span(&run(Vec::new()))["status"], json!({"code": 2}), "cut off after an error");
    }
}
