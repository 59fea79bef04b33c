//! Completions and manual pages: were one of these to fail, a shell would offer a word that is not there, or a command
//! would have no page.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use support::run_civitas;
use tempfile::tempdir;

/// What the program prints, which must end well.
fn printed(folder: &Path, args: &[&str]) -> String {
    let done = run_civitas(folder, args, &[]);
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// The commands that `civitas --help` lists, but `help` itself.
fn commands(folder: &Path) -> BTreeSet<String> {
    let help = printed(folder, &["--help"]);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let words = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let commands: BTreeSet<_> = words.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    assert!(commands.len() > 15, "{commands:?}");
    commands.into_iter().filter(|command| command != "help").collect()
}

#[test]
fn every_shell_is_told_of_every_command() {
    let folder = tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(folder.path(), &["completions", shell]);
        for command in commands(folder.path()) {
            assert!(script.contains(&command), "{shell} is not told of {command}");
        }
        assert!(script.contains("--data-dir") || script.contains("data-dir"), "{shell} is not told of flags");
    }
}

/// Asks bash itself, as a person does by pressing the tab key after `line`.
fn offered(folder: &Path, line: &str) -> BTreeSet<String> {
    let words: Vec<_> = line.split(' ').collect();
    let script = format!(
        "source civitas.bash; COMP_WORDS=({}); COMP_CWORD={}; _civitas civitas '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        words.len() - 1,
        words.last().unwrap(),
        words[words.len() - 2],
    );
    let done = Command::new("bash").args(["-c", &script]).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_flags_and_values() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("civitas.bash"), printed(folder.path(), &["completions", "bash"])).unwrap();
    let set = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(offered(folder.path(), "civitas ver"), set(&["verify"]));
    assert_eq!(offered(folder.path(), "civitas key re"), set(&["revoke"]));
    assert_eq!(offered(folder.path(), "civitas run --ti"), set(&["--ticks"]));
    assert_eq!(offered(folder.path(), "civitas completions f"), set(&["fish"]));
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempdir().unwrap();
    let first = printed(folder.path(), &["man"]);
    assert!(first.contains(".TH civitas 1") && first.contains("Simulate societies"), "{first}");
    printed(folder.path(), &["man", "--dir", "share/man1"]);
    let pages = folder.path().join("share/man1");
    assert_eq!(fs::read_to_string(pages.join("civitas.1")).unwrap().trim_end(), first.trim_end());
    for command in commands(folder.path()) {
        let page = fs::read_to_string(pages.join(format!("civitas-{command}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS") && page.contains("help"), "{page}");
    }
    assert!(fs::read_to_string(pages.join("civitas-key-create.1")).unwrap().contains("tenant"));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("taken"), "").unwrap();
    let done = run_civitas(folder.path(), &["man", "--dir", "taken"], &[]);
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write manual pages into taken"), "{said}");
}
