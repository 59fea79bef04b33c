//! The examples of operations: what was asked, and what a real server answered, one file per operation named by its id.
//! Owns how they come into the OpenAPI document. The files are written by
//! `UPDATE_DOCS=1 cargo test --test reference`, which asks a real server; nobody writes them by hand.

use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::Value;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{Content, RefOr, Schema};

#[derive(RustEmbed)]
#[folder = "src/http/reference/examples/"]
struct Files;

/// A request and its answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    /// Path and query, as they were sent.
    path: String,
    /// The body that was sent, by media type.
    #[serde(default)]
    request: std::collections::BTreeMap<String, Value>,
    /// The status that came.
    status: u16,
    /// The body that came, its lists cut short; missing where it is no text.
    #[serde(default)]
    response: Option<Value>,
}

/// Adds the example of an operation to its parameters, its body and the response of its success. `template` is its path.
pub(super) fn add(template: &str, operation: &mut Operation) {
    let file = operation.operation_id.as_deref().and_then(|id| Files::get(&format!("{id}.json")));
    let Some(file) = file else { return };
    let exchange: Exchange =
        serde_json::from_slice(&file.data).expect("examples are written by a test, as they are read");
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && let Some(text) = value_of(parameter, template, &exchange.path)
        {
            let value = typed(parameter, text);
            *parameter = ParameterBuilder::from(std::mem::take(parameter)).example(Some(value)).build();
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        for (kind, value) in exchange.request {
            show(body.content.get_mut(&kind), value);
        }
    }
    let answer = operation.responses.responses.get_mut(&exchange.status.to_string());
    if let (Some(RefOr::T(answer)), Some(value)) = (answer, exchange.response) {
        show(answer.content.values_mut().next(), value);
    }
}

fn show(content: Option<&mut RefOr<Content>>, value: Value) {
    if let Some(RefOr::T(content)) = content {
        content.example = Some(value);
    }
}

/// What a parameter was in a request; `None` where it was left out.
fn value_of(parameter: &Parameter, template: &str, path: &str) -> Option<String> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    match parameter.parameter_in {
        ParameterIn::Path => {
            let place = template.split('/').position(|part| part == format!("{{{}}}", parameter.name))?;
            path.split('/').nth(place).map(str::to_owned)
        }
        ParameterIn::Query => {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(name, _)| *name == parameter.name).map(|(_, value)| value.to_owned()).next()
        }
        _ => None,
    }
}

/// A parameter's text as its schema has it: numbers as numbers.
fn typed(parameter: &Parameter, text: String) -> Value {
    let Some(RefOr::T(Schema::Object(object))) = &parameter.schema else { return text.into() };
    let number = |kind: &Type| matches!(kind, Type::Integer | Type::Number);
    let is_number = match &object.schema_type {
        SchemaType::Type(kind) => number(kind),
        SchemaType::Array(kinds) => kinds.iter().any(number),
        SchemaType::AnyValue => false,
    };
    let parsed = is_number.then(|| serde_json::from_str(&text).ok()).flatten();
    parsed.unwrap_or_else(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_belongs_to_an_operation() {
        let document = serde_json::to_value(crate::http::openapi()).unwrap();
        let ids: Vec<_> = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|item| {
                item.as_object().unwrap().values().filter_map(|operation| operation["operationId"].as_str())
            })
            .collect();
        for file in Files::iter() {
            assert!(ids.contains(&file.strip_suffix(".json").unwrap()), "{file} is of no operation: remove it");
        }
    }
}
