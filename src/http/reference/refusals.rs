//! What every operation can refuse: the codes that middleware gives, one response per status, and an example of every
//! code. Owns which codes can meet which operation; what a code means is [`super::super::errors`]'s matter.

use std::collections::BTreeMap;

use utoipa::openapi::example::Example;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Schema};

use crate::http::errors::{ApiError, ErrorCode};

/// Where errors stand in the document.
const ERROR: &str = "#/components/schemas/Error";
/// Where examples of errors stand in the document.
const EXAMPLES: &str = "#/components/examples";
/// When a full server is asked again, in the example of it.
const AGAIN_AFTER_S: u64 = 30;

/// Adds the codes that an operation can give whatever its handler says, names every code with an example, and says who may
/// ask. `guarded` is what needs a key, `changes` what a read-only server refuses.
pub(super) fn add(operation: &mut Operation, guarded: bool, changes: bool) {
    let has_body = operation.request_body.is_some();
    let common = ErrorCode::ALL.iter().filter(|code| is_common(**code, guarded, changes, has_body));
    for code in common {
        let key = code.status().to_string();
        let response = operation.responses.responses.entry(key).or_insert_with(|| RefOr::T(empty()));
        if let RefOr::T(response) = response
            && !codes_of(&response.description).any(|named| named == *code)
        {
            let line = format!(" `{}`: {}", code.as_str(), code.meaning());
            response.description = (std::mem::take(&mut response.description) + &line).trim_start().to_owned();
        }
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            show(response);
        }
    }
    operation.security.get_or_insert_with(|| vec![SecurityRequirement::new("bearer", [""; 0])]);
}

/// True for what middleware and extractors answer, and the runtime to anything.
fn is_common(code: ErrorCode, guarded: bool, changes: bool, has_body: bool) -> bool {
    match code {
        ErrorCode::InvalidJson | ErrorCode::RequestTimeout => has_body,
        ErrorCode::ForbiddenHost | ErrorCode::ForbiddenOrigin | ErrorCode::NotAcceptable | ErrorCode::Internal => true,
        ErrorCode::ReadOnly | ErrorCode::NoRoom => guarded && changes,
        ErrorCode::Validation | ErrorCode::BadRequest | ErrorCode::Unauthorized => guarded,
        ErrorCode::ShuttingDown | ErrorCode::Overloaded | ErrorCode::Store => guarded,
        _ => false,
    }
}

/// A response with an error as its body, and nothing said yet.
fn empty() -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build();
    ResponseBuilder::new().content("application/json", content).build()
}

/// The codes that a description names between backticks.
fn codes_of(description: &str) -> impl Iterator<Item = ErrorCode> {
    let named = description.split('`').skip(1).step_by(2);
    named.filter_map(|name| ErrorCode::ALL.iter().copied().find(|code| code.as_str() == name))
}

/// Has an error's response show one example per code that it names.
fn show(response: &mut Response) {
    let codes: Vec<_> = codes_of(&response.description).collect();
    for content in response.content.values_mut() {
        if let RefOr::T(content) = content
            && is_error(content)
        {
            let refer = |code: &ErrorCode| {
                (code.as_str().to_owned(), RefOr::Ref(Ref::new(format!("{EXAMPLES}/{}", code.as_str()))))
            };
            content.examples.extend(codes.iter().map(refer));
        }
    }
}

fn is_error(content: &Content) -> bool {
    let refers = |schema: &RefOr<Schema>| matches!(schema, RefOr::Ref(to) if to.ref_location == ERROR);
    content.schema.as_ref().is_some_and(refers)
}

/// An example of every error, by code.
pub(super) fn examples() -> BTreeMap<String, RefOr<Example>> {
    ErrorCode::ALL.iter().map(|code| (code.as_str().to_owned(), RefOr::T(example(*code)))).collect()
}

fn example(code: ErrorCode) -> Example {
    let mut error = ApiError::new(code, said(code));
    if code == ErrorCode::QuotaExceeded {
        error.retry_after_s = Some(AGAIN_AFTER_S);
    }
    let mut example = Example::new();
    example.summary = code.meaning().to_owned();
    example.value = Some(serde_json::to_value(error.body()).expect("an error's body has string keys only"));
    example
}

/// What a server says with a code; where it depends on much, what the code means.
fn said(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Validation => "horizon_ticks must be between 1 and 1000",
        ErrorCode::AlreadyRunning => "Run is already running",
        ErrorCode::QuotaExceeded => "Concurrent run limit exceeded (10/10). Try again later.",
        code => code.meaning(),
    }
}
