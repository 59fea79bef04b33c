//! The README's commands as printed: whoever pastes them must get what the page says.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const CIVITAS: &str = env!("CARGO_BIN_EXE_civitas");

/// The `bash` blocks of the README, in order.
fn blocks() -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let blocks = text.split("```bash\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The arguments of each `cargo run --release -- ...` in a block, comments cut off.
fn civitas_commands(block: &str) -> Vec<Vec<String>> {
    let lines = block.lines().filter_map(|line| line.strip_prefix("cargo run --release -- "));
    lines.map(|line| line.split('#').next().unwrap().split_whitespace().map(str::to_owned).collect()).collect()
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_first_screen_runs_the_bundled_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let commands = civitas_commands(&blocks()[0]);
    assert_eq!(commands, [["run"]]);
    let output = Command::new(CIVITAS).args(&commands[0]).current_dir(&folder).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for expected in ["adoption rate", "sentiment", "confidence", "supporters", "stored in civitas-data as run"] {
        assert!(text.contains(expected), "no {expected:?} in\n{text}");
    }
    // The figures that the page shows are the ones that come out.
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let shown = page.split("```text\n").nth(1).unwrap().split("  ...").next().unwrap();
    assert!(text.starts_with(shown), "the README shows\n{shown}\nthe program prints\n{text}");
}

#[test]
fn the_test_command_is_the_one_that_the_checks_run() {
    assert!(blocks()[0].contains("cargo test --workspace"));
    let checks = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run")).unwrap();
    assert!(checks.contains("cargo test --workspace"));
}

#[test]
fn the_tour_works_when_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let blocks = blocks();
    let serve = civitas_commands(&blocks[1]);
    assert_eq!(serve, [["serve"]]);
    let mut server = Command::new(CIVITAS)
        .args(&serve[0])
        .current_dir(&folder)
        .env("CIVITAS_SERVER__LISTEN", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Server)
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(server.0.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("civitas listening on http://").unwrap();
    assert!(blocks[2].contains("127.0.0.1:8080"));
    let tour = blocks[2].replace("127.0.0.1:8080", address);
    let output = Command::new("bash").args(["-eu", "-c", &tour]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{:?}\n{text}", output.status);
    for expected in [
        r#""message":"Run started successfully""#,
        "event: completed",
        r#""outcome_summary":{"adoption_rate":"#,
        r#""batch_id":""#,
        r#""total":5"#,
        r#""name":"Market response""#,
        r#""total":6"#,
    ] {
        assert!(text.contains(expected), "no {expected:?} in\n{text}");
    }
}

#[test]
fn the_experiment_runs_as_printed() {
    let folder = tempfile::tempdir().unwrap();
    let commands = civitas_commands(&blocks()[3]);
    let [command] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(command[..2], ["experiment", "run"]);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(&command[2]);
    let output = Command::new(CIVITAS).args(["experiment", "run"]).arg(file).current_dir(&folder).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for expected in ["Before the campaign", "My opinion is", "opinion of citizens"] {
        assert!(text.contains(expected), "no {expected:?} in\n{text}");
    }
}
