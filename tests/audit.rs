//! Audits and their comparison, by the real program: were one of these to fail, the day determinism breaks would begin
//! with a tool that points elsewhere.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use civitas::audit::{AuditReader, Encoder, Next};
use civitas::engine::{AuditEntry, DigestSum, RESULTS_VERSION, region_hashes, state_digest};
use serde_json::{Value, json};
use support::server::{Process, signal};
use support::{civitas, eventually, run_civitas};
use tempfile::{TempDir, tempdir};

const SMALL: [&str; 5] = ["run", "--agents", "3000", "--ticks", "20"];

/// Runs the program and expects this exit code; what it printed and what it said.
fn ran(folder: &Path, args: &[&str], env: &[(&str, &str)], code: i32) -> (String, String) {
    let Output { status, stdout, stderr } = run_civitas(folder, args, env);
    let (printed, said) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert_eq!(status.code(), Some(code), "{args:?}\n{printed}\n{said}");
    assert!(!said.contains("panicked"), "{args:?}: {said}");
    (printed, said)
}

/// Runs a small scenario with an audit.
fn audit(folder: &Path, file: &str, args: &[&str], partitions: &str) -> String {
    ran(folder, &[&SMALL[..], &["--audit", file], args].concat(), &[("CIVITAS_SIM__PARTITIONS", partitions)], 0).0
}

/// Runs an experiment of ten ticks with an audit; `between` is what happens after the fifth, as JSON.
fn experiment(folder: &Path, name: &str, between: &[Value], args: &[&str]) {
    let run = json!({"type": "step", "steps": 5});
    let steps: Vec<_> = [std::slice::from_ref(&run), between, std::slice::from_ref(&run)].concat();
    let body = json!({"name": "x", "seed": 7, "environment": {"ticks_per_step": 3600},
        "agent": {"citizens": [{"agent_class": "citizen", "number": 3000}]}, "map": {"dataset": "us-2020"}, "workflow": steps});
    fs::write(folder.join(format!("{name}.json")), body.to_string()).unwrap();
    let (file, audit) = (format!("{name}.json"), format!("{name}.audit"));
    ran(folder, &[&["experiment", "run", &file, "--audit", &audit], args].concat(), &[], 0);
}

/// The report as JSON.
fn diff(folder: &Path, args: &[&str], code: i32) -> Value {
    serde_json::from_str(&ran(folder, &[&["diff", "--json"], args].concat(), &[], code).0).unwrap()
}

/// Everything in an audit, up to its end.
fn read(path: &Path) -> Result<(Vec<AuditEntry>, Next), civitas::error::Error> {
    let mut reader = AuditReader::open(path)?;
    let mut entries = Vec::new();
    loop {
        match reader.next_part()? {
            Next::Entry(entry) => entries.push(*entry),
            end => return Ok((entries, end)),
        }
    }
}

fn column(values: &Value, name: &str) -> Vec<Value> {
    values.as_array().unwrap().iter().map(|item| item[name].clone()).collect()
}

#[test]
fn threads_and_partitions_do_not_show() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    audit(folder, "one.audit", &["--threads", "1"], "1");
    audit(folder, "again.audit", &["--threads", "1"], "1");
    audit(folder, "two.audit", &["--threads", "2"], "5");
    let [one, again] = ["one.audit", "again.audit"].map(|file| fs::read(folder.join(file)).unwrap());
    assert_eq!(one, again, "a run that is executed alike is audited in the same bytes");
    let (page, said) = ran(folder, &["diff", "one.audit", "two.audit"], &[], 0);
    assert!(page.starts_with("the same: 21 moments up to tick 20\n") && said.is_empty(), "{page}{said}");
    assert!(page.contains("partitions: 1 vs 5") && page.contains("threads: 1 vs 2"), "{page}");
    let report = diff(folder, &["one.audit", "two.audit"], 0);
    assert_eq!((&report["verdict"], &report["state"], &report["reruns"]), (&json!("same"), &Value::Null, &json!([])));
    assert_eq!(column(&report["header"], "field"), ["partitions", "threads"]);
    let (page, _) = ran(folder, &["diff", "two.audit"], &[], 0);
    assert!(page.starts_with("reproducible: 21 moments up to tick 20\n"), "{page}");
}

#[test]
fn the_last_digest_is_that_of_the_results() {
    let folder = tempdir().unwrap();
    let printed = audit(folder.path(), "a.audit", &["--json"], "3");
    let results: Value = serde_json::from_str(&printed).unwrap();
    let (entries, end) = read(&folder.path().join("a.audit")).unwrap();
    assert_eq!(end, Next::End(civitas::engine::AuditEnd::Completed));
    let last = entries.last().unwrap().state.as_ref().unwrap();
    assert_eq!(results["state_digest"], json!(format!("{:032x}", last.digest)));
}

#[test]
fn two_seeds_differ_at_birth_and_an_agent_is_named() {
    let folder = tempdir().unwrap();
    audit(folder.path(), "a.audit", &[], "1");
    audit(folder.path(), "b.audit", &["--seed", "8"], "2");
    let report = diff(folder.path(), &["a.audit", "b.audit"], 1);
    assert_eq!((&report["verdict"], &report["state"]["tick"]), (&json!("different"), &json!(0)));
    assert_eq!(report["state"]["regions_total"], json!(51));
    assert!(report["header"].as_array().unwrap().contains(&json!({"field": "specification.seed", "a": 42, "b": 8})));
    let agent = &report["agents"][0];
    assert_eq!((&agent["agent"], &agent["region"]), (&json!(0), &json!("AL")));
    assert_eq!(agent["traits"][0]["field"], json!("opinion"));
    let (page, _) = ran(folder.path(), &["diff", "a.audit", "b.audit"], &[], 1);
    for part in
        ["at tick 0, in 51 regions", "specification.seed: 42 vs 8", "agent 0 (region AL): opinion ", " and 46 more"]
    {
        assert!(page.contains(part), "no {part:?} in\n{page}");
    }
}

#[test]
fn what_touches_one_region_is_found_there_at_its_tick() {
    let folder = tempdir().unwrap();
    let step = json!({"type": "environment", "key": "media_sentiment", "value": 0.9, "regions": ["CA"]});
    experiment(folder.path(), "base", &[], &[]);
    experiment(folder.path(), "touched", &[step], &["--threads", "2"]);
    let report = diff(folder.path(), &["base.audit", "touched.audit"], 1);
    assert_eq!((&report["environment"]["tick"], &report["environment"]["regions_total"]), (&json!(5), &json!(1)));
    assert_eq!(report["environment"]["regions"][0]["region"], json!("CA"));
    assert_eq!((&report["state"]["tick"], &report["metrics"]["tick"]), (&json!(6), &json!(6)));
    assert_eq!(column(&report["state"]["regions"], "region"), ["CA"]);
    assert!(column(&report["agents"], "region").iter().all(|region| region == "CA"), "{report}");
    let (page, _) = ran(folder.path(), &["diff", "base.audit", "touched.audit"], &[], 1);
    assert!(page.contains("environment: first differs at tick 5, before the state does, in CA\n"), "{page}");
}

#[test]
fn the_agent_that_was_changed_is_the_one_that_is_named() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let update = |value: f64| json!({"type": "update_state", "key": "opinion", "value": value, "target_agent": [1234]});
    experiment(folder, "base", &[], &["--audit-agents"]);
    experiment(folder, "high", &[update(0.75)], &["--audit-agents"]);
    experiment(folder, "low", &[update(-0.5)], &[]);
    // A baseline that keeps no trait, two experiments that keep the same one: by a re-run, and by the files alone.
    for (files, value) in [(["base.audit", "high.audit"], 0.75), (["high.audit", "low.audit"], -0.5)] {
        let report = diff(folder, &files, 1);
        assert_eq!((&report["state"]["tick"], &report["state"]["step_b"]), (&json!(5), &json!(1)), "{report}");
        assert_eq!(report["state"]["blocks_total"], json!(1));
        let block = &report["state"]["blocks"][0];
        assert!(block["first_agent"].as_u64() <= Some(1234) && block["last_agent"].as_u64() >= Some(1234), "{block}");
        assert_eq!(column(&report["agents"], "agent"), [json!(1234)]);
        let opinion = &report["agents"][0]["traits"][0];
        assert_eq!((&opinion["field"], &opinion["b"]), (&json!("opinion"), &json!(value)));
    }
    let report = diff(folder, &["base.audit", "high.audit", "--no-rerun"], 1);
    assert_eq!((&report["state"]["agents"], &report["state"]["agents_total"]), (&json!([1234]), &json!(1)));
    assert_eq!((&report["agents"], &report["reruns"]), (&json!([]), &json!([])));
    let (page, _) = ran(folder, &["diff", "base.audit", "high.audit"], &[], 1);
    assert!(page.contains("at tick 5, after step 1 of B's workflow"), "{page}");
    assert!(page.contains("1 agent, by the files' hashes: 1234\n") && page.contains(" vs 0.75, stance"), "{page}");
}

#[test]
fn a_fork_is_audited_from_its_tick_on() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let json_of = |args: &[&str]| -> Value {
        serde_json::from_str(&ran(folder, args, &[("CIVITAS_SIM__SNAPSHOT_EVERY_TICKS", "5")], 0).0).unwrap()
    };
    let of = json_of(&["run", "--agents", "3000", "--ticks", "20", "--audit", "a.audit", "--json"])["run_id"].clone();
    let run = of.as_str().unwrap();
    let tick = json_of(&["snapshots", run, "--json"])["items"][0]["tick"].as_u64().unwrap();
    json_of(&["fork", run, "--from-tick", &tick.to_string(), "--json", "--audit", "b.audit"]);
    assert_eq!(read(&folder.join("b.audit")).unwrap().0.first().map(|entry| u64::from(entry.tick)), Some(tick));
    assert!(ran(folder, &["diff", "a.audit", "b.audit"], &[], 0).0.starts_with("the same: "));
    // Another scenario from there on parts at once in the environment, and after a tick in the state.
    let other = ["--audit", "c.audit", "--set", "economy_confidence=0.2", "--json"];
    json_of(&[&["fork", run, "--from-tick", &tick.to_string()], &other[..]].concat());
    let report = diff(folder, &["a.audit", "c.audit"], 1);
    assert_eq!(
        (&report["environment"]["tick"], &report["state"]["tick"]),
        (&json!(tick), &json!(tick + 1)),
        "{report}"
    );
    for file in ["b.audit", "c.audit"] {
        let (page, _) = ran(folder, &["diff", file], &[], 0);
        assert!(page.starts_with("reproducible: ") && page.contains(" moments up to tick 20\n"), "{page}");
    }
}

#[test]
fn a_shorter_run_is_the_beginning_of_a_longer_one() {
    let folder = tempdir().unwrap();
    audit(folder.path(), "a.audit", &[], "1");
    ran(folder.path(), &["run", "--agents", "3000", "--ticks", "30", "--audit", "b.audit"], &[], 0);
    ran(folder.path(), &["run", "--agents", "2000", "--ticks", "5", "--audit", "c.audit"], &[], 0);
    let (page, _) = ran(folder.path(), &["diff", "a.audit", "b.audit"], &[], 1);
    assert!(page.starts_with("different: the same up to tick 20, where A ends and B goes on\n"), "{page}");
    let (page, _) = ran(folder.path(), &["diff", "a.audit", "c.audit"], &[], 1);
    assert!(page.starts_with("different: the runs have other agents or regions"), "{page}");
}

/// The audit with the hash of one block altered at a tick, and everything that follows from it altered along: what broken
/// determinism looks like.
fn forge(folder: &TempDir, from: &str, to: &str, tick: u32, block: usize) {
    let path = folder.path().join(from);
    let (entries, _) = read(&path).unwrap();
    let reader = AuditReader::open(&path).unwrap();
    let mut encoder = Encoder::default();
    let mut bytes = encoder.header(reader.header()).to_vec();
    for mut entry in entries {
        if let Some(state) = entry.state.as_mut().filter(|_| entry.tick >= tick) {
            state.blocks[block] = state.blocks[block].wrapping_add(1 << 40);
            state.regions = region_hashes(reader.layout(), &state.blocks);
            let low = (state.sum.0 as u64).wrapping_add(1 << 40);
            state.sum = DigestSum(state.sum.0 >> 64 << 64 | u128::from(low));
            let model = &reader.header().model;
            state.digest = state_digest(&model.name, &model.version, 3_000, entry.tick, state.sum);
        }
        bytes.extend_from_slice(encoder.entry(&entry));
    }
    bytes.extend_from_slice(encoder.end(civitas::engine::AuditEnd::Completed));
    fs::write(folder.path().join(to), bytes).unwrap();
}

#[test]
fn a_file_that_is_not_what_its_run_gives_is_said_to_be_not_reproducible() {
    let folder = tempdir().unwrap();
    audit(folder.path(), "good.audit", &[], "2");
    forge(&folder, "good.audit", "same.audit", 99, 3);
    assert_eq!(
        fs::read(folder.path().join("good.audit")).unwrap(),
        fs::read(folder.path().join("same.audit")).unwrap()
    );
    forge(&folder, "good.audit", "bad.audit", 7, 9);
    let report = diff(folder.path(), &["good.audit", "bad.audit"], 1);
    assert_eq!((&report["header"], &report["agents"]), (&json!([]), &json!([])), "the runs are one");
    assert_eq!((&report["state"]["tick"], &report["state"]["blocks"][0]["block"]), (&json!(7), &json!(9)));
    let [good, bad] = [&report["reruns"][0], &report["reruns"][1]];
    assert_eq!((&good["reproduced"], &good["tick"], &bad["reproduced"]), (&json!(true), &json!(7), &json!(false)));
    assert_eq!((&bad["state"]["tick"], &bad["state"]["blocks_total"]), (&json!(7), &json!(1)));
    assert!(report["finding"].as_str().unwrap().ends_with("; B cannot be reproduced here"), "{}", report["finding"]);

    let (page, _) = ran(folder.path(), &["diff", "bad.audit"], &[], 1);
    assert!(page.starts_with("not reproducible here: another state at tick 7\n"), "{page}");
    assert!(page.contains("A: NOT REPRODUCIBLE HERE; the file first departs at tick 7"), "{page}");
    assert!(page.contains("block 9: agents 400 to 463 (region CA)"), "{page}");
}

#[test]
fn a_damaged_file_is_never_believed() {
    let folder = tempdir().unwrap();
    ran(folder.path(), &["run", "--agents", "100", "--ticks", "4", "--audit", "a.audit"], &[], 0);
    let path = folder.path().join("a.audit");
    let (bytes, (entries, end)) = (fs::read(&path).unwrap(), read(&path).unwrap());
    let damaged = folder.path().join("damaged.audit");
    for place in (0..bytes.len()).step_by(11) {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (place % 8);
        fs::write(&damaged, flipped).unwrap();
        assert!(read(&damaged).is_err(), "byte {place} of {} is flipped and it is believed", bytes.len());
    }
    for length in (0..bytes.len()).step_by(11) {
        fs::write(&damaged, &bytes[..length]).unwrap();
        if let Ok((found, Next::Cut)) = read(&damaged) {
            assert_eq!(found, entries[..found.len()], "what stands before a cut is as it was");
        } else {
            assert!(read(&damaged).is_err(), "cut at {length}");
        }
    }
    fs::write(&damaged, [&bytes[..], b"more"].concat()).unwrap();
    assert!(read(&damaged).unwrap_err().to_string().contains("something follows its end"));
    assert!(end != Next::Cut);
}

#[test]
fn files_that_give_no_answer_say_why_and_what_to_do() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    audit(folder, "a.audit", &[], "1");
    let bytes = fs::read(folder.join("a.audit")).unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 4;
    let newer = [b"civitas-audit 2\n", &bytes[16..]].concat();
    let other = text(&bytes[..3_000]).replacen("\"seed\":42", "\"seed\":43", 1).into_bytes();
    for (name, bytes, parts) in [
        ("flipped", &flipped[..], &["is damaged after tick", "at byte"][..]),
        ("newer", &newer, &["is an audit of format 2; this civitas reads format 1"]),
        ("header", &other, &["is damaged: its header has another checksum"]),
        ("head", &bytes[..100], &["is cut within its header"]),
        ("nothing", b"", &["is not an audit"]),
        ("readme", b"# civitas\n", &["is not an audit", "civitas run --audit FILE"]),
    ] {
        let file = format!("{name}.audit");
        fs::write(folder.join(&file), bytes).unwrap();
        for args in [&["diff", &file][..], &["diff", "a.audit", &file], &["diff", &file, "a.audit", "--json"]] {
            let (printed, said) = ran(folder, args, &[], 2);
            assert!(printed.is_empty() && said.contains(&file) && said.contains("hint: "), "{args:?}: {printed}{said}");
            assert!(parts.iter().all(|part| said.contains(part)), "{args:?}: {said}");
        }
    }
    let (_, said) = ran(folder, &["diff", "a.audit", "missing.audit"], &[], 2);
    assert!(said.contains("missing.audit: cannot be read"), "{said}");

    // What was cut is the same as far as it goes, and that is said; a difference before the cut is a difference.
    fs::write(folder.join("cut.audit"), &bytes[..bytes.len() / 2]).unwrap();
    let (page, _) = ran(folder, &["diff", "a.audit", "cut.audit"], &[], 2);
    assert!(page.starts_with("the same up to tick ") && page.contains("where B is cut"), "{page}");
    let (page, _) = ran(folder, &["diff", "cut.audit"], &[], 2);
    assert!(page.starts_with("reproducible as far as it goes, "), "{page}");
    audit(folder, "seed.audit", &["--seed", "1"], "1");
    ran(folder, &["diff", "seed.audit", "cut.audit", "--no-rerun"], &[], 1);
}

#[test]
fn what_another_program_made_is_not_done_again() {
    let folder = tempdir().unwrap();
    audit(folder.path(), "a.audit", &[], "1");
    let path = folder.path().join("a.audit");
    let (entries, _) = read(&path).unwrap();
    let mut header = AuditReader::open(&path).unwrap().header().clone();
    header.results_version += 1;
    let mut encoder = Encoder::default();
    let mut bytes = encoder.header(&header).to_vec();
    entries.iter().for_each(|entry| bytes.extend_from_slice(encoder.entry(entry)));
    fs::write(folder.path().join("later.audit"), bytes).unwrap();
    let (_, said) = ran(folder.path(), &["diff", "later.audit"], &[], 2);
    let wanted =
        format!("it has results of version {}, this program gives version {RESULTS_VERSION}", RESULTS_VERSION + 1);
    assert!(said.contains(&format!("cannot be done again: {wanted}")), "{said}");
    assert!(said.contains("hint: use the civitas that wrote it"), "{said}");
}

#[test]
fn a_run_that_is_killed_or_paused_leaves_what_it_did() {
    for (how, code, finding) in [("KILL", 2, "reproducible as far as it goes, "), ("INT", 0, "reproducible: ")] {
        let folder = tempdir().unwrap();
        let args = ["run", "--agents", "20000", "--ticks", "1000", "--audit", "a.audit"];
        let (mut process, _lines) = Process::spawn(civitas(folder.path(), &args));
        let size = || fs::metadata(folder.path().join("a.audit")).map_or(0, |file| file.len());
        eventually("it has stepped", || (size() > 20_000).then_some(()));
        signal(process.child.id(), how);
        assert!(!process.wait().success());
        let (page, _) = ran(folder.path(), &["diff", "a.audit"], &[], code);
        assert!(page.starts_with(finding), "{page}");
        assert_eq!(page.contains("where it was paused"), how == "INT", "{page}");
    }
}

#[test]
fn an_audit_is_not_overwritten_nor_larger_than_agreed() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("a.audit"), "evidence").unwrap();
    let (_, said) = ran(folder.path(), &[&SMALL[..], &["--audit", "a.audit"]].concat(), &[], 1);
    assert!(said.contains("a.audit: exists already") && said.contains("hint: name another file"), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("a.audit")).unwrap(), "evidence");
    let (_, said) = ran(folder.path(), &[&SMALL[..], &["--audit", "no/a.audit"]].concat(), &[], 1);
    assert!(said.contains("no/a.audit: cannot be made"), "{said}");
    for (agents, extra) in [("100000000", &[][..]), ("2000000", &["--audit-agents"])] {
        let args = [&["run", "--agents", agents, "--ticks", "1000", "--audit", "b.audit"], extra].concat();
        let (_, said) = ran(folder.path(), &args, &[], 1);
        assert!(said.contains("GiB, more than 4") && said.contains("--audit-force"), "{said}");
    }
    assert!(!folder.path().join("b.audit").exists() && !folder.path().join("civitas-data").exists());
}

#[test]
fn help_has_examples_and_exit_codes() {
    let folder = tempdir().unwrap();
    let (help, _) = ran(folder.path(), &["diff", "--help"], &[], 0);
    for part in ["civitas diff a.audit b.audit", "--json", "--no-rerun", "0 the same, 1 different"] {
        assert!(help.contains(part), "{help}");
    }
    for command in [&["run", "--help"][..], &["experiment", "run", "--help"]] {
        let (help, _) = ran(folder.path(), command, &[], 0);
        assert!(["--audit", "--audit-agents", "--audit-force"].iter().all(|flag| help.contains(flag)), "{help}");
    }
    for wrong in [&["diff"][..], &["diff", "a", "--no-rerun"], &["run", "--audit-agents"]] {
        ran(folder.path(), wrong, &[], 2);
    }
}

/// The page that docs/operations.md shows; `UPDATE_DOCS=1 cargo test --test audit` writes it anew.
#[test]
fn the_documentation_shows_what_is_printed() {
    let folder = tempdir().unwrap();
    let update = json!({"type": "update_state", "key": "opinion", "value": 0.75, "target_agent": [1234]});
    experiment(folder.path(), "plain", &[], &["--threads", "2"]);
    experiment(folder.path(), "moved", &[update], &["--threads", "2"]);
    let (page, _) = ran(folder.path(), &["diff", "plain.audit", "moved.audit"], &[], 1);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let text = fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once("<!-- audit -->\n").unwrap();
    let (shown, tail) = rest.split_once("<!-- /audit -->").unwrap();
    let wanted = format!("```console\n$ civitas diff plain.audit moved.audit\n{page}```\n");
    if shown != wanted && std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{head}<!-- audit -->\n{wanted}<!-- /audit -->{tail}")).unwrap();
        return;
    }
    assert_eq!(shown, wanted, "docs/operations.md is out of date; run UPDATE_DOCS=1 cargo test --test audit");
}
