//! The code's own habits: were one of these to fail, who reads it next would find a file that does not say what it is
//! for, or one too long for one sitting.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::{Path, PathBuf};

/// Folders of source code, from the workspace's root.
const FOLDERS: [&str; 14] = [
    "actors/src",
    "actors/tests",
    "benches",
    "engine/examples",
    "engine/src",
    "engine/tests",
    "examples",
    "src",
    "store/examples",
    "store/src",
    "store/tests",
    "telemetry/src",
    "telemetry/tests",
    "tests",
];
/// The most lines that a file may have.
const MAX_LINES: usize = 400;
/// Folders of the web page's sources and tests.
const PAGE_FOLDERS: [&str; 2] = ["web/src", "web/tests"];
/// The most lines that a script or a style sheet of the page may have.
const MAX_SCRIPT_LINES: usize = 300;

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    files_of(folder, &["rs"])
}

fn files_of(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(files_of(&path, extensions));
        } else if path.extension().is_some_and(|found| extensions.iter().any(|known| found == *known)) {
            files.push(path);
        }
    }
    files
}

#[test]
fn every_file_says_what_it_is_for_and_is_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut seen, mut wrong) = (0, Vec::new());
    for folder in FOLDERS {
        for file in rust_files(&root.join(folder)) {
            seen += 1;
            let text = fs::read_to_string(&file).unwrap();
            let opens = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!["));
            if !opens.is_some_and(|line| line.starts_with("//! ")) {
                wrong.push(format!("{} does not open with //!", file.display()));
            }
            let lines = text.lines().count();
            if lines > MAX_LINES {
                wrong.push(format!("{} has {lines} lines, more than {MAX_LINES}", file.display()));
            }
        }
    }
    assert!(seen > 100, "only {seen} files were seen");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_script_of_the_page_says_what_it_is_for_and_is_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<_> =
        PAGE_FOLDERS.iter().flat_map(|of| files_of(&root.join(of), &["ts", "tsx", "mjs", "css"])).collect();
    assert!(files.len() > 30, "only {} files were seen", files.len());
    let wrong: Vec<_> = files.iter().filter_map(|file| script_fault(file)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a script or a style sheet.
fn script_fault(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).unwrap();
    let (lines, shown) = (text.lines().count(), file.display());
    if !text.starts_with("// ") && !text.starts_with("/* ") {
        return Some(format!("{shown} does not open with a comment that says what it is for"));
    }
    (lines > MAX_SCRIPT_LINES).then(|| format!("{shown} has {lines} lines, more than {MAX_SCRIPT_LINES}"))
}
