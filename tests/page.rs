//! The web page's files as the server sends them: were one of these to fail, browsers would keep an old page, refuse a file,
//! or be open to what other sites inject. What the page does is tested in a browser, in `tests/browser`.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use support::{Server, said_by_civitas};
use tempfile::tempdir;

/// The paths that the first page names: its scripts, styles and icon.
fn assets(page: &str) -> Vec<&str> {
    let after = |mark: &'static str| page.split(mark).skip(1).filter_map(|rest| rest.split('"').next());
    after("src=\"").chain(after("href=\"")).collect()
}

#[test]
fn the_page_is_there_with_all_that_it_names() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let page = server.get("//").expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-cache");
    let named = assets(&page.text);
    assert!(
        named.iter().any(|path| path.ends_with(".js")) && named.iter().any(|path| path.ends_with(".css")),
        "{named:?}"
    );
    for path in named {
        assert!(path.starts_with("/assets/"), "{path} is not a file of this server with a hash in its name");
        let asset = server.get(&format!("/{path}")).expect(200);
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
        assert_eq!(asset.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!asset.header("etag").is_empty(), "{path}");
    }
}

#[test]
fn who_has_a_file_is_not_sent_it_again() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let tag = server.get("//").expect(200).header("etag").to_owned();
    let asked = |tag: &str| server.send("GET", "//", &[("If-None-Match", tag)], None);
    let kept = asked(&tag).expect(304);
    assert!(kept.text.is_empty() && kept.header("etag") == tag, "{kept:?}");
    asked(&format!("\"other\", {tag}")).expect(304);
    asked("*").expect(304);
    asked("\"other\"").expect(200);
    let head = server.send("HEAD", "//", &[], None).expect(200);
    assert_eq!((head.text.as_str(), head.header("etag")), ("", tag.as_str()));
}

#[test]
fn nothing_inline_or_foreign_may_be_loaded() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let page = server.get("//").expect(200);
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains("data:"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    for inline in ["<style", "style=", "onclick=", "onload=", "<script>", "http://", "https://"] {
        assert!(!page.text.contains(inline), "the page has {inline}: {}", page.text);
    }
}

#[test]
fn scripts_are_sent_compressed() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let page = server.get("//").expect(200);
    let script = assets(&page.text).into_iter().find(|path| path.ends_with(".js")).unwrap();
    let addr = server.addr();
    let ask = |encoding: &str| {
        let agent: ureq::Agent = ureq::Agent::config_builder().accept_encoding(encoding).build().into();
        agent.get(format!("http://{addr}{script}")).call().unwrap()
    };
    let encoding = |answer: &ureq::http::Response<ureq::Body>| {
        answer.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(encoding(&ask("gzip")).as_deref(), Some("gzip"));
    assert_eq!(encoding(&ask("identity")), None);
}

#[test]
fn what_is_no_file_of_the_page_is_an_error_of_the_api() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    for path in ["//runs", "//assets/", "//assets/none.js", "//../Cargo.toml", "//index.htm"] {
        server.get(path).expect_error(404, "NOT_FOUND");
    }
    let refused = server.send("POST", "//", &[("Content-Type", "application/json")], Some(b"{}"));
    refused.expect_error(405, "METHOD_NOT_ALLOWED");
    assert_eq!(refused.header("allow"), "GET, HEAD");
}

#[test]
fn the_page_is_open_and_the_api_behind_it_is_not() {
    let folder = tempdir().unwrap();
    said_by_civitas(folder.path(), &["key", "create", "--tenant", "acme"], 0);
    let server = Server::start(folder.path(), &[]);
    server.get("//").expect(200);
    server.get("/runs").expect_error(401, "UNAUTHORIZED");
}

#[test]
fn without_keys_the_page_is_shown_to_this_machine_alone() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    server.send("GET", "//", &[("Host", "rebound.example")], None).expect_error(403, "FORBIDDEN_HOST");
}
