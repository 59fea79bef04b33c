//! The OpenAPI document as one page of HTML: a list of all operations, then each with its parameters, its body, its answers and a
//! command that asks it, then the types. Pure: the same document gives the same page.

use serde_json::Value;

use super::shapes::{row, rows};
use super::text::{curl, escape, prose, shown};

/// An operation of the document.
struct Operation<'a> {
    method: String,
    path: &'a str,
    spec: &'a Value,
}

impl Operation<'_> {
    fn id(&self) -> &str {
        self.spec["operationId"].as_str().unwrap_or_default()
    }

    fn is_of(&self, tag: &str) -> bool {
        self.spec["tags"].as_array().into_iter().flatten().any(|own| own == tag)
    }

    fn needs_key(&self) -> bool {
        let schemes = self.spec["security"].as_array().into_iter().flatten();
        schemes.flat_map(Value::as_object).any(|scheme| !scheme.is_empty())
    }
}

/// The page.
pub(super) fn render(document: &Value) -> String {
    let operations = operations(document);
    let tags: Vec<&Value> = document["tags"].as_array().into_iter().flatten().collect();
    let mut html = HEAD.to_owned();
    html.push_str("<nav aria-label=\"Operations\">\n");
    for tag in &tags {
        html.push_str(&format!("<h2>{}</h2>\n<ul>\n", escape(name(tag))));
        for operation in operations.iter().filter(|operation| operation.is_of(name(tag))) {
            let (id, method) = (escape(operation.id()), badge(&operation.method));
            html.push_str(&format!(
                "<li data-of=\"{id}\"><a href=\"#{id}\">{method} {}</a></li>\n",
                escape(operation.path)
            ));
        }
        html.push_str("</ul>\n");
    }
    html.push_str("<h2>Types</h2>\n<ul><li><a href=\"#types\">All types</a></li></ul>\n</nav>\n<main>\n");
    html.push_str(&introduction(document));
    for tag in &tags {
        let description = prose(tag["description"].as_str().unwrap_or_default());
        html.push_str(&format!("<section>\n<h2>{}</h2>\n<p>{description}</p>\n", escape(name(tag))));
        for operation in operations.iter().filter(|operation| operation.is_of(name(tag))) {
            html.push_str(&article(document, operation));
        }
        html.push_str("</section>\n");
    }
    html.push_str(&types(document));
    html.push_str("</main>\n</div>\n</body>\n</html>\n");
    html
}

const HEAD: &str = r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>The API of civitas</title>
<link rel="stylesheet" href="/docs/api.css">
<script src="/docs/api.js" defer></script>
</head>
<body>
<a class="skip" href="#start">To the operations</a>
<header>
<p class="title"><a href="/">civitas</a> API</p>
<div class="search" hidden>
<label for="search">Search</label>
<input id="search" type="search" placeholder="run results, tick, QUOTA_EXCEEDED" autocomplete="off" spellcheck="false">
<p id="found" role="status"></p>
</div>
</header>
<div class="columns">
"##;

fn name(tag: &Value) -> &str {
    tag["name"].as_str().unwrap_or_default()
}

/// Every operation, by path and method.
fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let methods = ["get", "post", "put", "patch", "delete"].into_iter();
            methods.filter_map(move |method| {
                let spec = item.get(method)?;
                Some(Operation { method: method.to_uppercase(), path, spec })
            })
        })
        .collect()
}

fn badge(method: &str) -> String {
    format!("<span class=\"method {}\">{method}</span>", method.to_lowercase())
}

fn introduction(document: &Value) -> String {
    let version = escape(document["info"]["version"].as_str().unwrap_or_default());
    let description = prose(document["info"]["description"].as_str().unwrap_or_default());
    let key = prose(document["components"]["securitySchemes"]["bearer"]["description"].as_str().unwrap_or_default());
    format!(
        "<section id=\"start\">\n<h1>The API of civitas {version}</h1>\n<p>{description}</p>\n\
        <p>{key} It is sent as <code>Authorization: Bearer KEY</code>. Every error is JSON with <code>detail</code> for people and \
        <code>error_code</code> for programs. Examples are real answers, their lists cut short. The same for programs: \
        <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>, OpenAPI {}.</p>\n</section>\n",
        escape(document["openapi"].as_str().unwrap_or_default())
    )
}

/// An operation, whole.
fn article(document: &Value, operation: &Operation<'_>) -> String {
    let (id, spec) = (escape(operation.id()), operation.spec);
    let mut html = format!(
        "<article id=\"{id}\">\n<h3>{} <code>{}</code></h3>\n",
        badge(&operation.method),
        escape(operation.path)
    );
    for part in ["summary", "description"] {
        if let Some(text) = spec[part].as_str() {
            html.push_str(&format!("<p>{}</p>\n", prose(text)));
        }
    }
    let who = if operation.needs_key() { "Needs an API key where the server has keys." } else { "Needs no API key." };
    html.push_str(&format!("<p class=\"who\">{who}</p>\n"));
    html.push_str(&block("Ask", &command(operation)));
    let parameters: String = spec["parameters"].as_array().into_iter().flatten().map(parameter).collect();
    html.push_str(&table("Parameters", ["Name", "Type", "Meaning"], &parameters));
    for (kind, content) in spec["requestBody"]["content"].as_object().into_iter().flatten() {
        let fields = rows(document, &content["schema"]);
        html.push_str(&table(&format!("Body, {}", escape(kind)), ["Field", "Type", "Meaning"], &fields));
    }
    let mut answers = String::new();
    for (status, response) in spec["responses"].as_object().into_iter().flatten() {
        answers.push_str(&answer(status, response));
    }
    html.push_str(&table("Answers", ["Status", "Body", "Meaning"], &answers));
    if let Some((status, example)) = example_of_success(spec) {
        html.push_str(&block(&format!("Answer, {}", escape(status)), &shown(example)));
    }
    html.push_str("</article>\n");
    html
}

/// A parameter's row: where it stands, and whether it may be left out.
fn parameter(parameter: &Value) -> String {
    let place = parameter["in"].as_str().unwrap_or_default();
    let optional = if parameter["required"] == true { "" } else { ", optional" };
    let note = format!(" <span class=\"optional\">{}{optional}</span>", escape(place));
    let mut schema = parameter["schema"].clone();
    if let (Some(fields), Some(said)) = (schema.as_object_mut(), parameter["description"].as_str()) {
        fields.insert("description".to_owned(), said.into());
    }
    row(&escape(parameter["name"].as_str().unwrap_or_default()), &note, &schema)
}

fn answer(status: &str, response: &Value) -> String {
    let bodies = response["content"].as_object().into_iter().flatten();
    let bodies: Vec<_> = bodies
        .map(|(kind, content)| {
            let media = if kind == "application/json" { String::new() } else { format!(" ({})", escape(kind)) };
            super::shapes::kind(&content["schema"]) + &media
        })
        .collect();
    let said = prose(response["description"].as_str().unwrap_or_default());
    format!("<tr><th scope=\"row\">{}</th><td>{}</td><td>{said}</td></tr>\n", escape(status), bodies.join(", "))
}

/// The example of the first success that has one.
fn example_of_success(spec: &Value) -> Option<(&String, &Value)> {
    let responses = spec["responses"].as_object()?.iter().filter(|(status, _)| status.starts_with('2'));
    let contents = responses.flat_map(|(status, response)| {
        response["content"].as_object().into_iter().flatten().map(move |(_, content)| (status, content))
    });
    contents.filter_map(|(status, content)| Some((status, content.get("example")?))).next()
}

/// The command that asks what the examples ask.
fn command(operation: &Operation<'_>) -> String {
    let (mut path, mut query) = (operation.path.to_owned(), Vec::new());
    for parameter in operation.spec["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let Some(example) = parameter.get("example") else { continue };
        let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        match parameter["in"].as_str() {
            Some("path") => path = path.replace(&format!("{{{name}}}"), &text),
            Some("query") => query.push(format!("{name}={text}")),
            _ => {}
        }
    }
    if !query.is_empty() {
        path.push_str(&format!("?{}", query.join("&")));
    }
    let body = operation.spec["requestBody"]["content"]["application/json"].get("example");
    let streams = operation.spec["responses"]["200"]["content"].get("text/event-stream").is_some();
    curl(&operation.method, &path, operation.needs_key(), body, streams)
}

/// A table; nothing where it has no rows.
fn table(caption: &str, heads: [&str; 3], rows: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    format!(
        "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table>\n<caption>{caption}</caption>\n\
        <thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
    )
}

/// Something to read or copy as it is.
fn block(caption: &str, text: &str) -> String {
    format!(
        "<figure><figcaption>{caption}</figcaption><pre tabindex=\"0\"><code>{}</code></pre></figure>\n",
        escape(text)
    )
}

/// Every type of the document.
fn types(document: &Value) -> String {
    let mut html = "<section id=\"types\">\n<h2>Types</h2>\n<p>What bodies are made of.</p>\n".to_owned();
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let name = escape(name);
        html.push_str(&format!("<article id=\"schema-{name}\" class=\"type\">\n<h3>{name}</h3>\n"));
        if let Some(text) = schema["description"].as_str() {
            html.push_str(&format!("<p>{}</p>\n", prose(text)));
        }
        match rows(document, schema) {
            fields if fields.is_empty() => html.push_str(&format!("<p>{}</p>\n", super::shapes::kind(schema))),
            fields => html.push_str(&table(&format!("Fields of {name}"), ["Field", "Type", "Meaning"], &fields)),
        }
        html.push_str("</article>\n");
    }
    html + "</section>\n"
}
