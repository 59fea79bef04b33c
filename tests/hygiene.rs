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

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
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
