//! What a person at a terminal and a script meet: completions, manual pages, colours, charts and JSON. Were one of these to fail, a
//! shell would offer a word that is not there, a command would have no page, or a script would read colours.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::run_civitas;
use support::server::{PROGRAM, clean};
use tempfile::tempdir;

/// What the program prints, which must end well.
fn printed(folder: &Path, args: &[&str]) -> String {
    let done = run_civitas(folder, args, &[]);
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// The help of every command at or below this one that has none below itself.
fn helps_below(folder: &Path, words: &[&str]) -> Vec<String> {
    let help = printed(folder, &[words, &["--help"]].concat());
    let Some(list) = help.split("Commands:\n").nth(1) else { return vec![help] };
    let lines = list.split("\n\n").next().unwrap().lines().filter(|line| !line.starts_with("   "));
    let names = lines.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.flat_map(|name| helps_below(folder, &[words, &[name]].concat())).collect()
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

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let folder = tempdir().unwrap();
    let said = |args: &[&str], env: &[(&str, &str)]| {
        let done = run_civitas(folder.path(), args, env);
        String::from_utf8([done.stdout, done.stderr].concat()).unwrap()
    };
    let wrong = ["results", "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10"];
    for args in [&wrong[..], &["--help"], &["run", "--agents", "0"]] {
        assert!(!said(args, &[]).contains('\x1b'), "{args:?}: a pipe is no terminal");
        let always = [args, &["--color", "always"]].concat();
        assert!(said(&always, &[("NO_COLOR", "1")]).contains("\x1b["), "{args:?}: who asks has them");
    }
    // A terminal of its own, which `script` makes.
    let on_terminal = |more: &str, env: &[(&str, &str)]| {
        let line = format!("{} results 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 {more}", PROGRAM);
        let mut command = clean(Command::new("script"), folder.path());
        command
            .args(["-qec", &line, "/dev/null"])
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .envs(env.iter().copied());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(on_terminal("", &[]).contains("\x1b[1;31merror:\x1b[0m"), "{:?}", on_terminal("", &[]));
    for plain in
        [on_terminal("", &[("NO_COLOR", "1")]), on_terminal("--color never", &[]), on_terminal("", &[("TERM", "dumb")])]
    {
        assert!(plain.contains("error:") && !plain.contains("\x1b["), "{plain:?}");
    }
}

#[test]
fn trends_are_drawn_on_a_terminal_and_for_those_who_ask() {
    let folder = tempdir().unwrap();
    let small = ["run", "--agents", "2000", "--ticks", "20"];
    let drawn = |page: &str| page.contains(" |*") && page.contains("+-----") && page.contains("tick 20");
    assert!(!drawn(&printed(folder.path(), &small)), "a pipe has none");
    let page = printed(folder.path(), &[&small[..], &["--chart"]].concat());
    assert!(drawn(&page), "{page}");
    let id = page.split("as run ").nth(1).unwrap().split(';').next().unwrap();
    assert!(drawn(&printed(folder.path(), &["results", id, "--chart"])));
    let mut command = clean(Command::new("script"), folder.path());
    command.args(["-qec", &format!("{} {}", PROGRAM, small.join(" ")), "/dev/null"]).env("TERM", "xterm");
    let shown = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(drawn(&shown), "{shown}");
}

#[test]
fn every_command_that_answers_a_program_can_do_it_in_json() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("regions.csv"), "code,name,population\nN,North,300\nS,South,100\n").unwrap();
    let read = |args: &[&str]| -> Value {
        let text = printed(folder.path(), &[args, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{args:?}: {error}: {text}"))
    };
    let made = read(&["key", "create", "--tenant", "acme"]);
    assert!(made["key"].as_str().unwrap().starts_with("civ_") && made["tenant"] == "acme", "{made}");
    let id = made["id"].as_str().unwrap();
    assert_eq!(read(&["key", "list"])["items"][0]["id"], id);
    assert!(read(&["key", "revoke", id])["revoked_at"].is_string());
    assert_eq!(read(&["dataset", "add", "mine", "regions.csv"])["version"], 1);
    assert_eq!(read(&["dataset", "list"])["items"][0]["name"], "mine");
    assert_eq!(read(&["dataset", "show", "mine"])[0]["regions"], 2);
    assert_eq!(read(&["dataset", "remove", "mine", "1"])["name"], "mine");
    let campaign = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/campaign.json");
    assert_eq!(read(&["experiment", "check", campaign.to_str().unwrap()])["ticks"], 44);
    let run = read(&["run", "--agents", "1000", "--ticks", "5"])["run_id"].as_str().unwrap().to_owned();
    let files = read(&["export", &run])["files"].as_array().unwrap().clone();
    assert!(folder.path().join(files[0]["path"].as_str().unwrap()).is_file(), "{files:?}");
    assert_eq!(read(&["backup", "saved"])["runs"], 1);
    assert!(read(&["restore", "saved", "--data-dir", "again"])["entries"].as_u64() > Some(0));
    // The others are held to it where they are tested; these say nothing that a program would ask for.
    let silent = ["serve", "openapi", "completions", "man"];
    for command in commands(folder.path()).iter().filter(|command| !silent.contains(&command.as_str())) {
        let below = helps_below(folder.path(), &[command]);
        assert!(below.iter().all(|help| help.contains("--json")), "{command} has no --json");
    }
}

#[test]
fn every_command_is_on_the_page_of_the_command_line() {
    let folder = tempdir().unwrap();
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md")).unwrap();
    for command in commands(folder.path()) {
        assert!(page.contains(&format!("`civitas {command}`")), "docs/cli.md does not tell of {command}");
    }
}
