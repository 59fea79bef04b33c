//! JSON schemas as people read them: the type of a field in a few words, and the fields of an object as rows of a table.
//! Pure; it shows what the schema says and judges nothing.

use serde_json::Value;

use super::text::{escape, prose};

/// Where the schemas of the document stand.
const SCHEMAS: &str = "#/components/schemas/";

/// The type that a schema gives a value, as HTML; types of the document are links.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.strip_prefix(SCHEMAS)) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escape(name));
    }
    for (word, link) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(parts) = schema[word].as_array() {
            return parts.iter().map(kind).collect::<Vec<_>>().join(link);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().map(|value| format!("<code>{}</code>", escape(&plain(value))));
        return values.collect::<Vec<_>>().join(", ");
    }
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return "anything".to_owned(),
    };
    let each = names.iter().map(|name| match *name {
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("object of {}", kind(&schema["additionalProperties"]))
        }
        name => escape(name),
    });
    let format = schema["format"].as_str().filter(|format| !format.starts_with("int") && *format != "double");
    let format = format.map(|format| format!(" ({})", escape(format))).unwrap_or_default();
    each.collect::<Vec<_>>().join(" or ") + &format + &bounds(schema)
}

/// The bounds of a number, a text or a list.
fn bounds(schema: &Value) -> String {
    let number = |name: &str| schema[name].as_number().map(ToString::to_string);
    let range = |least: Option<String>, most: Option<String>| match (least, most) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) => Some(format!("at least {least}")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (None, None) => None,
    };
    let value = range(number("minimum"), number("maximum")).map(|range| format!(", {range}"));
    let length = range(number("minLength"), number("maxLength")).map(|range| format!(", {range} characters"));
    let items = range(number("minItems"), number("maxItems")).map(|range| format!(", {range} items"));
    value.into_iter().chain(length).chain(items).collect()
}

/// A value in a line.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The fields of an object, those of its parts included, as the rows of a table; empty for what has no fields of its own.
pub(super) fn rows(document: &Value, schema: &Value) -> String {
    if let Some(to) = schema["$ref"].as_str() {
        let target = document.pointer(to.trim_start_matches('#')).unwrap_or(&Value::Null);
        // A type may contain itself, but never as a part of itself.
        return rows(document, target);
    }
    let of_parts = schema["allOf"].as_array().into_iter().flatten().map(|part| rows(document, part));
    let needed: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let own = schema["properties"].as_object().into_iter().flatten().map(|(name, field)| {
        let must = if needed.contains(&name.as_str()) { "" } else { " <span class=\"optional\">optional</span>" };
        row(&escape(name), must, field)
    });
    of_parts.chain(own).collect()
}

/// One row: a name, what is noted of it, its type, and what it means.
pub(super) fn row(name: &str, note: &str, schema: &Value) -> String {
    let mut meaning = prose(schema["description"].as_str().unwrap_or_default());
    if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
        meaning.push_str(&format!(" Default: <code>{}</code>.", escape(&plain(default))));
    }
    let kind = kind(schema);
    format!("<tr><th scope=\"row\"><code>{name}</code>{note}</th><td>{kind}</td><td>{meaning}</td></tr>\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_read_like_words() {
        for (schema, wanted) in [
            (json!({"type": "string", "format": "uuid"}), "string (uuid)"),
            (
                json!({"type": ["integer", "null"], "format": "int32", "minimum": 1, "maximum": 5}),
                "integer or null, 1 to 5",
            ),
            (
                json!({"type": "array", "items": {"$ref": "#/components/schemas/Run"}}),
                "list of <a href=\"#schema-Run\">Run</a>",
            ),
            (json!({"oneOf": [{"type": "null"}, {"type": "boolean"}]}), "null or boolean"),
            (json!({"type": "object", "additionalProperties": {"type": "number"}}), "object of number"),
            (json!({"type": "string", "enum": ["a", "b"]}), "<code>a</code>, <code>b</code>"),
            (json!({}), "anything"),
        ] {
            assert_eq!(kind(&schema), wanted, "{schema}");
        }
    }

    #[test]
    fn an_object_made_of_parts_has_the_fields_of_all() {
        let document =
            json!({"components": {"schemas": {"A": {"properties": {"one": {"type": "string"}}, "required": ["one"]}}}});
        let whole =
            json!({"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"two": {"description": "`x`"}}}]});
        let rows = rows(&document, &whole);
        assert!(rows.contains("<code>one</code></th>") && rows.contains("two</code> <span"), "{rows}");
        assert!(rows.contains("<code>x</code>"), "{rows}");
    }
}
