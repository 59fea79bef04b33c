//! From the bytes of a body to a struct, or to an error that names the field. Owns the wording of those errors; it must
//! not know any particular body.

use serde::de::{DeserializeOwned, Deserializer};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

use crate::http::errors::{ApiError, ApiResult, ErrorCode};

/// Decodes a JSON body. Nesting is bounded by the reader (128 levels), so that no body can exhaust the stack.
///
/// # Errors
/// `INVALID_JSON` with line and column where it is not JSON, `VALIDATION_ERROR` starting with the field's path where it
/// is not what was expected.
pub fn json<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    if bytes.trim_ascii().is_empty() {
        return Err(ApiError::new(ErrorCode::InvalidJson, "the body is empty; send a JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().clone();
        json_error(&path, error.inner())
    })?;
    reader.end().map_err(|error| syntax(&error))?;
    Ok(value)
}

/// Decodes any other self-describing format, in the same words.
///
/// # Errors
/// What is wrong, starting with the field's path.
pub fn other<'de, T: DeserializeOwned, D: Deserializer<'de>>(reader: D) -> Result<T, String>
where
    D::Error: std::fmt::Display,
{
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().clone();
        describe(&path, first_line(&error.inner().to_string()))
    })
}

fn json_error(path: &Path, error: &serde_json::Error) -> ApiError {
    match error.classify() {
        Category::Data => {
            let text = error.to_string();
            let place = format!(" at line {} column {}", error.line(), error.column());
            ApiError::invalid(describe(path, text.strip_suffix(&place).unwrap_or(&text)))
        }
        Category::Syntax | Category::Eof | Category::Io => syntax(error),
    }
}

fn syntax(error: &serde_json::Error) -> ApiError {
    ApiError::new(ErrorCode::InvalidJson, format!("the body is not valid JSON: {error}"))
}

/// The first line of a reader's message that says something; TOML's messages draw the place below it.
fn first_line(text: &str) -> &str {
    let said = text.lines().map(str::trim).filter(|line| !line.is_empty());
    said.clone().find(|line| !is_drawing(line)).or(said.clone().next()).unwrap_or(text)
}

fn is_drawing(line: &str) -> bool {
    line.starts_with("TOML parse error at") || line.contains('|') && !line.contains('`')
}

/// A reader's message as a sentence that starts with the field.
fn describe(path: &Path, message: &str) -> String {
    if let Some((field, rest)) = quoted(message, "unknown field ") {
        let known = rest.trim_start_matches(", ").replace('`', "");
        let known = known.strip_prefix("expected ").map(|known| known.strip_prefix("one of ").unwrap_or(known));
        let known = known.map_or_else(|| "there are none here".to_owned(), |known| format!("there are: {known}"));
        return format!("{} is not a known field; {known}", child(path, field));
    }
    if let Some((field, _)) = quoted(message, "missing field ") {
        return format!("{} is required", child(path, field));
    }
    if let Some((field, _)) = quoted(message, "duplicate field ") {
        return format!("{} is given twice", child(path, field));
    }
    format!("{} {}", name(path), problem(message))
}

/// Splits `unknown field `x`, expected ...` into `x` and the rest.
fn quoted<'a>(message: &'a str, start: &str) -> Option<(&'a str, &'a str)> {
    message.strip_prefix(start)?.strip_prefix('`')?.split_once('`')
}

/// The message as the rest of a sentence whose subject is the field.
fn problem(message: &str) -> String {
    let mismatch = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = mismatch.and_then(|message| message.rsplit_once(", expected ")) {
        let expected = match expected {
            "a sequence" => "an array",
            "a formatted UUID string" => "a UUID",
            expected => expected,
        };
        let found = match found {
            "sequence" => "an array".to_owned(),
            "map" => "an object".to_owned(),
            found => found.replace('`', ""),
        };
        return format!("must be {expected}, not {found}");
    }
    if message.starts_with("UUID parsing failed") || message.starts_with("invalid length") {
        return "must be a UUID, for instance 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10".to_owned();
    }
    if message.starts_with("must ") { message.to_owned() } else { format!("is wrong: {message}") }
}

/// The field's path as users write it; the body itself where there is none.
fn name(path: &Path) -> String {
    let dotted = dotted(path);
    if dotted.is_empty() { "the body".to_owned() } else { dotted }
}

/// The path of `field` of the object at `path`. Readers name an unknown field in the path too, but not always.
fn child(path: &Path, field: &str) -> String {
    let dotted = dotted(path);
    if dotted == field || dotted.ends_with(&format!(".{field}")) {
        return dotted;
    }
    if dotted.is_empty() { field.to_owned() } else { format!("{dotted}.{field}") }
}

fn dotted(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("[{index}]")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                let dot = if text.is_empty() { "" } else { "." };
                text.push_str(&format!("{dot}{key}"));
            }
            Segment::Unknown => {}
        }
    }
    text
}
