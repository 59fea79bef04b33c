//! Text to HTML: escaping, prose with code between backticks, and commands for a shell. Pure.

use serde_json::Value;

/// Longest body that a command has on one line, in characters.
const ONE_LINE_CHARS: usize = 90;

/// Text that means itself in HTML, in attributes too.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Prose: what stands between backticks is code.
pub(super) fn prose(text: &str) -> String {
    let mut html = String::new();
    for (place, part) in text.split('`').enumerate() {
        match place % 2 {
            0 => html.push_str(&escape(part)),
            _ => html.push_str(&format!("<code>{}</code>", escape(part))),
        }
    }
    html
}

/// A value as people read it: JSON on several lines, texts as they are.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim_end().to_owned(),
        value => serde_json::to_string_pretty(value).expect("a JSON value has string keys only"),
    }
}

/// The `curl` that asks for a path with a body.
pub(super) fn curl(method: &str, path: &str, with_key: bool, body: Option<&Value>, streams: bool) -> String {
    let mut words = vec![format!("curl{}", if streams { " -N" } else { "" })];
    if method != "GET" && !(method == "POST" && body.is_some()) {
        words.push(format!("-X {method}"));
    }
    if with_key {
        words.push("-H \"Authorization: Bearer $KEY\"".to_owned());
    }
    words.push(quoted(&format!("http://127.0.0.1:8080{path}")));
    if let Some(body) = body {
        let compact = body.to_string();
        let body = if compact.chars().count() <= ONE_LINE_CHARS { compact } else { shown(body) };
        words.push("-H 'Content-Type: application/json'".to_owned());
        words.push(format!("-d {}", quoted(&body)));
    }
    words.join(" \\\n  ")
}

/// One word of a shell, whatever is in it.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || ":/._-".contains(c));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_in_a_text_becomes_markup() {
        assert_eq!(escape("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
        assert_eq!(prose("with `<b>` in it"), "with <code>&lt;b&gt;</code> in it");
    }

    #[test]
    fn commands_can_be_pasted() {
        let asked = curl("GET", "/api/v1/runs?limit=2&skip=1", true, None, false);
        assert_eq!(
            asked,
            "curl \\\n  -H \"Authorization: Bearer $KEY\" \\\n  'http://127.0.0.1:8080/api/v1/runs?limit=2&skip=1'"
        );
        let said = curl("POST", "/a", false, Some(&json!({"name": "it's"})), false);
        assert!(said.ends_with(r#"-d '{"name":"it'\''s"}'"#) && !said.contains("-X"), "{said}");
        assert!(curl("DELETE", "/a", false, None, false).contains("-X DELETE"));
        assert!(curl("GET", "/a", false, None, true).starts_with("curl -N"));
    }
}
