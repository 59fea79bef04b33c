//! The page at /docs/api: were one of these to fail, somebody would not find an operation, or the page would ask something of
//! another server.

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{Answer, Server};

/// Elements that have no end.
const VOID: [&str; 4] = ["meta", "link", "input", "!doctype"];

fn page(server: &Server) -> Answer {
    let page = server.get("//docs/api").expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    page
}

#[test]
fn it_shows_every_operation_and_type_of_the_document() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (page, document) = (page(&server).text, server.get("/openapi.json").expect(200).body);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, spec) in item.as_object().unwrap() {
            let id = spec["operationId"].as_str().unwrap();
            for part in
                [format!("<article id=\"{id}\">"), format!("<a href=\"#{id}\">"), format!("<code>{path}</code>")]
            {
                assert!(page.contains(&part), "{method} {path}: no {part}");
            }
        }
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("<article id=\"schema-{name}\"")), "{name}");
    }
    // Every link within the page leads somewhere.
    for target in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(page.contains(&format!("id=\"{target}\"")), "#{target} leads nowhere");
    }
    // An example of the document is there, and the command that asks it.
    assert!(page.contains("Market Response Simulation") && page.contains("curl "), "no examples");
}

#[test]
fn it_is_whole_and_loads_nothing_from_elsewhere() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let page = page(&server);
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!((page.header("x-content-type-options"), page.header("cache-control")), ("nosniff", "no-cache"));
    let mut open = Vec::new();
    for tag in page.text.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        let name = tag.split_whitespace().next().unwrap().to_lowercase();
        for of in ["src=\"", "href=\""] {
            let Some((_, rest)) = tag.split_once(of) else { continue };
            let to = rest.split('"').next().unwrap();
            assert!(to.starts_with('#') || to.starts_with('/') && !to.starts_with("//"), "{tag}");
            if name == "script" || name == "link" {
                server.get(&format!("/{to}")).expect(200);
            }
        }
        assert!(!tag.contains(" style=") && !tag.contains(" on"), "inline, which the policy refuses: {tag}");
        match name.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop().as_deref(), Some(closed), "at </{closed}>"),
            None if VOID.contains(&name.as_str()) => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

#[test]
fn its_files_are_asked_for_again_and_not_sent_again() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    for (path, kind) in
        [("//docs/api", "text/html"), ("//docs/api.css", "text/css"), ("//docs/api.js", "text/javascript")]
    {
        let first = server.get(path).expect(200);
        assert!(first.header("content-type").starts_with(kind), "{path}");
        let again = server.send("GET", path, &[("If-None-Match", first.header("etag"))], None).expect(304);
        assert_eq!((again.text.as_str(), again.header("etag")), ("", first.header("etag")));
        let refused = server.post(path);
        refused.expect_error(405, "METHOD_NOT_ALLOWED");
        assert_eq!(refused.header("allow"), "GET, HEAD");
    }
    assert_eq!(server.get("//docs/nothing").expect(404).body["error_code"], Value::from("NOT_FOUND"));
}
