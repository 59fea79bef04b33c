//! The pages as a book: were one of these to fail, a page would be in no table of contents, or a link would lead nowhere.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the repository can be read by others: links that leave `docs/` are of this kind, for the book has only its pages.
const REPOSITORY: &str = "https://github.com/civitas-sim/civitas/";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of the pages in `docs/`, but the table of contents.
fn pages() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let names = entries.map(|name| name.into_string().unwrap());
    names.filter(|name| name.ends_with(".md") && name != "SUMMARY.md").collect()
}

/// A page's lines outside of blocks of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// Where a page's links lead.
fn links(text: &str) -> Vec<String> {
    let after = prose(text).flat_map(|line| line.split("](").skip(1));
    after.map(|rest| rest.split(')').next().unwrap().to_owned()).collect()
}

/// The anchors of a page's headings, as GitHub and mdBook make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |heading: &str| -> String {
        let lower = heading.to_lowercase();
        let known = lower.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        known.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(kept).collect()
}

/// What is wrong with a link of the page at `page`, if anything is.
fn wrong(page: &Path, link: &str) -> Option<String> {
    let in_book = page.parent() == Some(&root().join("docs"));
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target: PathBuf = if let Some(path) = path.strip_prefix(REPOSITORY) {
        let path = path.strip_prefix("blob/main/").or_else(|| path.strip_prefix("tree/main/"))?;
        root().join(path)
    } else if path.contains("://") {
        return None;
    } else if path.is_empty() {
        page.to_owned()
    } else {
        if in_book && path.contains('/') {
            return Some(format!("leaves the book; write {REPOSITORY}blob/main/..."));
        }
        page.parent().unwrap().join(path)
    };
    if !target.exists() {
        return Some("there is no such file".to_owned());
    }
    let known = || anchors(&fs::read_to_string(&target).unwrap());
    (!anchor.is_empty() && !known().contains(anchor))
        .then(|| format!("there is no such heading; there are {:?}", known()))
}

#[test]
fn every_page_is_in_the_book_once() {
    let listed = links(&fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap());
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), pages(), "docs/SUMMARY.md lists every page of docs/");
    assert_eq!(listed.len(), pages().len(), "a page is listed twice");
    let about = links(&fs::read_to_string(root().join("docs/README.md")).unwrap());
    let told: BTreeSet<_> = about.into_iter().filter(|link| !link.contains("://")).collect();
    let others: BTreeSet<_> = pages().into_iter().filter(|page| page != "README.md").collect();
    assert_eq!(told, others, "docs/README.md says what every page is for");
}

#[test]
fn every_link_leads_somewhere() {
    let mut texts: Vec<PathBuf> = pages().iter().map(|page| root().join("docs").join(page)).collect();
    let others = ["README.md", "ARCHITECTURE.md", "clients/python/README.md", "engine/README.md"];
    texts.extend(others.iter().map(|page| root().join(page)));
    texts.extend(
        ["store/README.md", "actors/README.md", "telemetry/README.md", "engine/data/README.md"]
            .iter()
            .map(|page| root().join(page)),
    );
    let (mut seen, mut dead) = (0, Vec::new());
    for page in texts {
        for link in links(&fs::read_to_string(&page).unwrap()) {
            seen += 1;
            if let Some(why) = wrong(&page, &link) {
                dead.push(format!("{}: {link}: {why}", page.display()));
            }
        }
    }
    assert!(seen > 60, "only {seen} links were seen");
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}
