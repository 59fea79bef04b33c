//! The web page in a real browser, against the real server: were one of these to fail, people who look at runs would see
//! nothing, something wrong, or could not do what the page offers. Each test is a script in `web/tests/browser`, which this
//! starts with Node.js on a server of its own. Pictures of the pages are left in `target/screenshots`.
//!
//! They need Node.js 20, Chromium and `npm ci` in `web/`. Where one of these is missing they say so and are passed over,
//! since civitas itself builds without; the checks set `CIVITAS_BROWSER_TESTS=required`, which passes over nothing.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[path = "../support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use support::{Server, civitas, said_by_civitas};
use tempfile::tempdir;

/// Browsers take a core each and more: one at a time.
static ONE: Mutex<()> = Mutex::new(());
/// Runs leave a core to the browser that looks at them.
const ONE_THREAD: (&str, &str) = ("CIVITAS_SIM__THREADS", "1");

fn web() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("web")
}

/// What is missing to run these tests; `None` when all is there.
fn missing() -> Option<&'static str> {
    let chromium = std::env::var("CIVITAS_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    let node = Command::new("node").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let node = node.is_ok_and(|status| status.success());
    [
        (node, "Node.js"),
        (Path::new(&chromium).exists(), "Chromium at /usr/bin/chromium or in CIVITAS_CHROMIUM"),
        (web().join("node_modules/playwright-core").exists(), "playwright-core: run `npm ci` in web/"),
    ]
    .into_iter()
    .find_map(|(there, name)| (!there).then_some(name))
}

/// Runs a script on this server; what it asks for on its way is done by `help`.
fn browse(script: &str, server: SocketAddr, key: Option<&str>, mut help: impl FnMut(&str)) {
    let screenshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&screenshots).unwrap();
    let mut command = Command::new("node");
    command.arg(web().join("tests/browser").join(script)).current_dir(web());
    command.env("CIVITAS_URL", format!("http://{server}")).env("CIVITAS_SCREENSHOTS", screenshots);
    if let Some(key) = key {
        command.env("CIVITAS_KEY", key);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        help(&line.unwrap());
        stdin.write_all(b"done\n").unwrap();
    }
    assert!(child.wait().unwrap().success(), "{script} failed; what it said stands above");
}

/// The same with a server of its own, unless something is missing.
fn in_browser(script: &str) {
    with_browser(|| {
        let folder = tempdir().unwrap();
        let server = Server::start(folder.path(), &[ONE_THREAD]);
        browse(script, server.addr(), None, |asked| panic!("{script} asks for {asked}"));
    });
}

fn with_browser(test: impl FnOnce()) {
    match missing() {
        Some(name) if std::env::var_os("CIVITAS_BROWSER_TESTS").is_none() => {
            eprintln!("passed over, for want of {name}")
        }
        Some(name) => panic!("these tests are required, and there is no {name}"),
        None => {
            // A test that failed before has let go of its browser.
            let _turn = ONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            test();
        }
    }
}

#[test]
fn a_run_is_created_watched_and_looked_at() {
    in_browser("create.mjs");
}

#[test]
fn a_form_says_all_that_can_be_asked() {
    in_browser("form.mjs");
}

#[test]
fn named_agents_are_asked_for_and_told_of() {
    in_browser("hybrid.mjs");
}

#[test]
fn copies_of_a_persona_are_asked_for_and_told_of() {
    in_browser("journey.mjs");
}

#[test]
fn a_run_like_another_finds_the_same() {
    in_browser("like.mjs");
}

#[test]
fn the_reference_of_the_api_fits_every_reader() {
    in_browser("reference.mjs");
}

#[test]
fn event_scripts_are_written_bundled_and_gone_through() {
    in_browser("events.mjs");
}

#[test]
fn an_experiment_tells_what_it_did_and_found() {
    in_browser("experiment.mjs");
}

#[test]
fn a_run_is_paused_forked_and_cancelled() {
    in_browser("steer.mjs");
}

#[test]
fn runs_are_found_and_compared() {
    in_browser("compare.mjs");
}

#[test]
fn scenarios_are_forked_and_compared() {
    in_browser("nodes.mjs");
}

#[test]
fn every_page_fits_every_reader() {
    in_browser("everywhere.mjs");
}

#[test]
fn a_key_is_asked_for_once() {
    with_browser(|| {
        let folder = tempdir().unwrap();
        let said = said_by_civitas(folder.path(), &["key", "create", "--tenant", "acme"], 0);
        let key = said.lines().find(|line| line.starts_with("civ_")).unwrap();
        let server = Server::start(folder.path(), &[ONE_THREAD]);
        browse("key.mjs", server.addr(), Some(key), |asked| panic!("the script asks for {asked}"));
    });
}

#[test]
fn keys_are_made_and_revoked_by_administrators() {
    with_browser(|| {
        let folder = tempdir().unwrap();
        let said = said_by_civitas(folder.path(), &["key", "create", "--tenant", "office"], 0);
        let key = said.lines().find(|line| line.starts_with("civ_")).unwrap();
        let server = Server::start(folder.path(), &[ONE_THREAD, ("CIVITAS_SERVER__ADMIN_TENANT", "office")]);
        browse("keys.mjs", server.addr(), Some(key), |asked| panic!("the script asks for {asked}"));
    });
}

#[test]
fn the_page_comes_back_with_the_server() {
    with_browser(|| {
        let folder = tempdir().unwrap();
        let mut first = Some(Server::start(folder.path(), &[ONE_THREAD]));
        let mut second = None;
        let addr = first.as_ref().unwrap().addr();
        let listen = addr.to_string();
        browse("restart.mjs", addr, None, |asked| match asked {
            "kill" => first.take().unwrap().kill9(),
            "start" => {
                let again = civitas(folder.path(), &["serve", "--listen", &listen, "--data-dir", "data"]);
                second = Some(Server::from_command(again, &[ONE_THREAD]));
            }
            other => panic!("the script asks for {other}"),
        });
        assert!(first.is_none() && second.is_some(), "the script asked for a restart");
    });
}
