//! Manifests and verifications by the program: were one of these to fail, nobody could check a run, or a check would say what is
//! not so.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::path::Path;
use std::process::Command;

use civitas::store::{Change, RunManifest, SledStore, Store};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{Client, Server, WATCHDOG, asked, eventually, names, outcome, run_civitas};
use tempfile::{TempDir, tempdir};

fn spec() -> Value {
    json!({"seed": 31, "horizon_ticks": 60, "population": {"agents": 6_000}, "snapshot_every_ticks": 7})
}

/// The manifest of a run.
fn manifest(server: &Client, id: &str) -> Value {
    server.get(&format!("/runs/{id}/manifest")).expect(200).body
}

/// The digests of its ticks.
fn digests(manifest: &Value) -> Vec<Value> {
    manifest["tick_digests"]["digests"].as_array().unwrap().clone()
}

/// Has a server verify a run, and waits for what comes of it.
fn verified(server: &Client, id: &str) -> Value {
    let begun = server.post(&format!("/runs/{id}/verify")).expect(202).body;
    assert_eq!(begun["run_id"], json!(id));
    eventually("it is verified", || {
        let stands = server.get(&format!("/runs/{id}/verify")).expect(200).body;
        (stands["state"] != "running").then_some(stands)
    })
}

/// What `civitas verify --json` prints with more arguments; it must end with this code.
fn verify(folder: &Path, id: &str, args: &[&str], code: i32) -> Value {
    let args = [&["verify", id, "--json", "--data-dir", "data"], args].concat();
    let done = run_civitas(folder, &args, &[]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!((done.status.code(), said.as_str()), (Some(code), ""), "{}", String::from_utf8_lossy(&done.stdout));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// What `civitas verify` says of a run that it gives no answer about.
fn no_answer(folder: &Path, id: &str) -> String {
    let done = run_civitas(folder, &["verify", id, "--data-dir", "data"], &[]);
    assert_eq!((done.status.code(), done.stdout.len()), (Some(2), 0));
    String::from_utf8(done.stderr).unwrap()
}

/// A folder with a run that has succeeded and a server that has stopped; the run's id.
fn with_a_run() -> (TempDir, String) {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "2")]);
    let id = server.launch(&spec());
    server.outcome(&id);
    server.stop();
    (folder, id)
}

#[test]
fn a_run_is_the_same_on_other_threads_and_partitions() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "2")]);
    let patched = json!({"seed": 31, "horizon_ticks": 60, "population": {"agents": 6_000}, "parameters": {"noise": 0.02},
        "scenario_patch": {"variable_deltas": {"social_trust": 0.1}}});
    let id = server.launch(&patched);
    let results = server.outcome(&id);
    let noted = manifest(&server, &id);
    let hash: String = Sha256::digest(&results).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(noted["results_sha256"], json!(hash));
    assert_eq!(
        (&noted["run_id"], &noted["status"], &noted["ticks_completed"]),
        (&json!(id), &json!("succeeded"), &json!(60))
    );
    assert_eq!(noted["config"], asked(&server.run(&id)["config"]));
    assert_eq!(noted["model"]["parameters"]["noise"], json!(0.02));
    assert!(noted["model"]["parameters"].as_object().unwrap().len() > 3, "defaults too: {}", noted["model"]);
    let shown = server.get("/datasets/us-2020/0").expect(200).body;
    assert_eq!((&noted["dataset"]["version"], &noted["dataset"]["content_hash"]), (&json!(0), &shown["content_hash"]));
    assert_eq!((&noted["forked_from"], &noted["tick_digests"]["first_tick"]), (&Value::Null, &json!(0)));
    assert_eq!(digests(&noted).len(), 61);
    assert!(digests(&noted).iter().all(|digest| digest.as_str().unwrap().len() == 16));
    let last = noted["state_digests"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["tick"], &last["digest"]), (&json!(60), &server.results(&id)["state_digest"]));

    server.get(&format!("/runs/{id}/verify")).expect_error(404, "NO_VERIFICATION");
    let here = verified(&server, &id);
    assert_eq!((&here["state"], &here["partitions"]), (&json!("same"), &json!(2)), "{here}");
    server.stop();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "7"), ("CIVITAS_SIM__THREADS", "3")]);
    server.get(&format!("/runs/{id}/verify")).expect_error(404, "NO_VERIFICATION");
    server.send("DELETE", &format!("/runs/{id}/verify"), &[], None).expect_error(404, "NO_VERIFICATION");
    let before = server.run(&id);
    let again = verified(&server, &id);
    assert_eq!(names(&again), names(&here));
    assert_eq!((&again["state"], &again["partitions"], &again["threads"]), (&json!("same"), &json!(7), &json!(3)));
    let states = noted["state_digests"].as_array().unwrap().len();
    assert_eq!(again["agreed"], json!({"tick_digests": 61, "state_digests": states, "results": true}));
    assert_eq!(again["recorded_by"], again["verified_by"]);
    assert_eq!(again["recorded_by"]["target"], noted["target"]);
    assert_eq!(server.send("DELETE", &format!("/runs/{id}/verify"), &[], None).expect(200).body, again, "it has ended");
    assert_eq!((server.run(&id), manifest(&server, &id)), (before, noted), "the run is not changed");
    assert!(no_answer(folder.path(), &id).contains("hint: "), "a server holds the folder");
    server.stop();
    let alone = verify(folder.path(), &id, &["--threads", "1", "--partitions", "1"], 0);
    assert_eq!((&alone["state"], &alone["partitions"], &alone["threads"]), (&json!("same"), &json!(1), &json!(1)));
}

#[test]
fn a_killed_run_notes_what_an_undisturbed_one_does() {
    let long = json!({"seed": 9, "horizon_ticks": 600, "population": {"agents": 60_000}, "snapshot_every_ticks": 5});
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "1")]);
    let id = server.launch(&long);
    server.get(&format!("/runs/{id}/manifest")).expect_error(409, "MANIFEST_NOT_READY");
    server.post(&format!("/runs/{id}/verify")).expect_error(409, "MANIFEST_NOT_READY");
    server.kill9_after_a_snapshot(&id);
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "3")]);
    server.outcome(&id);
    let interrupted = manifest(&server, &id);
    let other = server.launch(&long);
    server.outcome(&other);
    let undisturbed = manifest(&server, &other);
    for field in ["tick_digests", "specification_hash", "results_sha256", "model", "dataset", "target"] {
        assert_eq!(interrupted[field], undisturbed[field], "{field}");
    }
    let found = verified(&server, &id);
    assert_eq!((&found["state"], &found["agreed"]["tick_digests"]), (&json!("same"), &json!(601)), "{found}");
}

#[test]
fn an_experiment_and_a_cancelled_run_are_verified_too() {
    let folder = tempdir().unwrap();
    let campaign = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/campaign.json");
    let done = run_civitas(
        folder.path(),
        &["experiment", "run", campaign.to_str().unwrap(), "--json", "--data-dir", "data", "--threads", "2"],
        &[],
    );
    let printed: Value = serde_json::from_slice(&done.stdout).unwrap();
    let experiment = printed["run_id"].as_str().unwrap();
    let found = verify(folder.path(), experiment, &["--partitions", "5"], 0);
    assert_eq!((&found["state"], &found["tick"]), (&json!("same"), &json!(44)), "{found}");

    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&json!({"horizon_ticks": 1000, "population": {"agents": 60_000}}));
    let mut stream = server.watch(&id);
    while stream.next_event().unwrap().tick() < 3 {}
    let tick = server.cancel(&id).expect(200).body["ticks_completed"].clone();
    server.stop();
    let found = verify(folder.path(), &id, &["--partitions", "3"], 0);
    assert_eq!((&found["state"], &found["tick"], &found["total_ticks"]), (&json!("same"), &tick, &tick), "{found}");
}

#[test]
fn a_fork_is_verified_by_the_eras_that_it_has() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", "2")]);
    let ended = |id: &str| {
        let last = server.wait(id);
        assert_eq!(last.event, "completed", "{}", last.data);
        manifest(&server, id)
    };
    let fork = |parent: &str, body: Value| {
        let id = server.post_json(&format!("/runs/{parent}/fork"), &body).expect(201).id();
        server.start(&id).expect(202);
        id
    };
    let parent = server.launch(&json!({"seed": 3, "horizon_ticks": 50, "population": {"agents": 6_000},
        "snapshot_every_ticks": 30}));
    let of_parent = ended(&parent);
    let patch = json!({"variable_deltas": {"social_trust": 0.3}});
    let changed = json!({"config": {"seed": 4, "horizon_ticks": 80}, "scenario_patch": patch});
    let cases = [(json!({}), 51, 51), (json!({"scenario_patch": patch}), 30, 51), (changed, 30, 81)];
    let mut last = String::new();
    for (body, alike, ticks) in cases {
        let child = fork(&parent, body);
        let of_child = ended(&child);
        assert_eq!(of_child["forked_from"], json!({"run_id": parent, "tick": 30}));
        let (ours, theirs) = (digests(&of_child), digests(&of_parent));
        let same = ours.iter().zip(&theirs).take_while(|(ours, theirs)| ours == theirs).count();
        assert_eq!((same, ours.len()), (alike, ticks));
        assert_eq!(of_child["results_sha256"] == of_parent["results_sha256"], alike == 51);
        let found = verified(&server, &child);
        assert_eq!((&found["state"], &found["tick"]), (&json!("same"), &json!(ticks - 1)), "{found}");
        last = child;
    }
    // A fork of a fork, elsewhere and without a server.
    let grandchild = fork(&last, json!({"config": {"seed": 5}}));
    assert_eq!(ended(&grandchild)["forked_from"], json!({"run_id": last, "tick": 60}));
    server.stop();
    let found = verify(folder.path(), &grandchild, &["--partitions", "5"], 0);
    assert_eq!((&found["state"], &found["tick"]), (&json!("same"), &json!(80)), "{found}");
}

#[test]
fn a_verification_is_given_up_when_asked() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&json!({"horizon_ticks": 400, "population": {"agents": 60_000}}));
    server.outcome(&id);
    server.post(&format!("/runs/{id}/verify")).expect(202);
    let given_up = server.send("DELETE", &format!("/runs/{id}/verify"), &[], None).expect(200).body;
    assert_eq!(given_up["state"], "cancelled", "{given_up}");
    assert!(given_up["ended_at"].is_string() && given_up["tick"].as_u64() < Some(400), "{given_up}");
    // A server that stops does not wait for one.
    server.post(&format!("/runs/{id}/verify")).expect(202);
    server.stop();
}

/// Works on a stopped server's store.
fn with_store(folder: &Path, work: impl FnOnce(&SledStore)) {
    let store = SledStore::open(&folder.join("data")).unwrap();
    work(&store);
    store.close();
}

/// The same on the manifest of a run.
fn change_manifest(folder: &Path, id: &str, change: impl FnOnce(&mut RunManifest)) {
    with_store(folder, |store| {
        let mut manifest = store.run_manifest(id.parse().unwrap()).unwrap().unwrap();
        change(&mut manifest);
        store.commit_wait(vec![Change::PutRunManifest(Box::new(manifest))]).unwrap();
    });
}

#[test]
fn what_was_changed_in_a_store_is_found_with_its_tick() {
    let (folder, id) = with_a_run();
    let path = folder.path();
    verify(path, &id, &[], 0);
    change_manifest(path, &id, |manifest| manifest.tick_digests[23] ^= 1 << 40);
    let found = verify(path, &id, &["--partitions", "4"], 1);
    assert_eq!((&found["state"], &found["difference"]["tick"]), (&json!("different"), &json!(23)), "{found}");
    assert_eq!(found["difference"]["what"], "tick_digest");
    assert!(found["difference"]["hint"].as_str().unwrap().contains("civitas run --audit"), "{found}");
    assert_eq!((&found["agreed"]["tick_digests"], &found["agreed"]["results"]), (&json!(23), &json!(false)));
    let said = run_civitas(path, &["verify", &id, "--data-dir", "data"], &[]);
    let page = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said.status.code(), Some(1));
    for part in ["different: at tick 23", "executed by  civitas ", found["difference"]["recorded"].as_str().unwrap()] {
        assert!(page.contains(part), "no {part:?} in\n{page}");
    }
    assert!(String::from_utf8(said.stderr).unwrap().starts_with("hint: to find the first agent"));
    let server = Server::start(path, &[]);
    assert_eq!(verified(&server, &id)["difference"], found["difference"], "a server finds the same");
    server.stop();
    change_manifest(path, &id, |manifest| manifest.tick_digests[23] ^= 1 << 40);
    verify(path, &id, &[], 0);

    // Results that were changed are a matter of the doctor too: that needs no model and no time.
    with_store(path, |store| {
        let document = store.results(id.parse().unwrap()).unwrap().unwrap();
        let document = String::from_utf8(document).unwrap().replacen("\"agents\":6000", "\"agents\":6001", 1);
        store.commit_wait(vec![Change::PutResults(id.parse().unwrap(), document.into_bytes())]).unwrap();
    });
    let found = support::said_by_civitas(path, &["doctor"], 1);
    assert!(found.contains(&format!("manifest of run {id}: it was written with other results")), "{found}");
}

#[test]
fn what_cannot_be_verified_is_refused_with_a_reason() {
    let (folder, id) = with_a_run();
    let path = folder.path();
    let unknown = support::PROJECT;
    assert!(no_answer(path, unknown).contains(&format!("Run {unknown} not found")));
    change_manifest(path, &id, |manifest| manifest.results_version -= 1);
    let said = no_answer(path, &id);
    assert!(
        said.contains("gives version") && said.contains("hint: verify it with the civitas that executed it"),
        "{said}"
    );
    let wrong = run_civitas(path, &["verify", "latest"], &[]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(!path.join("nowhere").exists());
    let nowhere = run_civitas(path, &["verify", &id, "--data-dir", "nowhere"], &[]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(!path.join("nowhere").exists(), "verifying made a folder");

    let server = Server::start(path, &[]);
    server.post(&format!("/runs/{id}/verify")).expect_error(422, "OTHER_RESULTS");
    server.get(&format!("/runs/{id}/manifest")).expect(200);
    let queued = server.create(&json!({}));
    server.cancel(&queued).expect(200);
    for (method, rest) in [("GET", "manifest"), ("POST", "verify"), ("GET", "verify"), ("DELETE", "verify")] {
        let ask = |id: &str| {
            let body = (method == "POST").then_some(&b""[..]);
            server.send(method, &format!("/runs/{id}/{rest}"), &[], body)
        };
        ask("latest").expect_error(400, "VALIDATION_ERROR");
        ask(unknown).expect_error(404, "RUN_NOT_FOUND");
        let code = if rest == "manifest" || method == "POST" { "NO_MANIFEST" } else { "NO_VERIFICATION" };
        ask(&queued).expect_error(404, code);
    }
    server.send("PUT", &format!("/runs/{id}/verify"), &[], Some(b"")).expect_error(405, "METHOD_NOT_ALLOWED");
}

#[test]
fn a_run_of_a_time_without_manifests_says_so() {
    let folder = tempdir().unwrap();
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store-v2.tar.gz");
    assert!(Command::new("tar").arg("-xzf").arg(&packed).current_dir(folder.path()).status().unwrap().success());
    let server = Server::start(folder.path(), &[]);
    let runs = server.get("/runs?sort=name&limit=100").expect(200).body;
    let id = |name: &str| {
        let run = runs["items"].as_array().unwrap().iter().find(|run| run["name"] == name).unwrap();
        run["id"].as_str().unwrap().to_owned()
    };
    let done = id("done");
    server.get(&format!("/runs/{done}/manifest")).expect_error(404, "NO_MANIFEST");
    server.post(&format!("/runs/{done}/verify")).expect_error(404, "NO_MANIFEST");
    // The one that was interrupted goes on from a snapshot of that time, or from the start: what it notes now can be checked.
    let interrupted = id("interrupted");
    let last = server.wait(&interrupted);
    assert_eq!(last.event, "completed", "{}", last.data);
    let found = verified(&server, &interrupted);
    assert_eq!(found["state"], "same", "{found}");
    server.stop();
    assert!(no_answer(folder.path(), &done).contains("before there were manifests"));
    support::said_by_civitas(folder.path(), &["doctor"], 0);
}

#[test]
fn a_backup_holds_manifests() {
    let (folder, id) = with_a_run();
    support::said_by_civitas(folder.path(), &["backup", "saved"], 0);
    let restored = run_civitas(folder.path(), &["restore", "saved", "--data-dir", "elsewhere"], &[]);
    assert_eq!(restored.status.code(), Some(0));
    let done = run_civitas(folder.path(), &["verify", &id, "--data-dir", "elsewhere"], &[]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_signal_gives_it_up() {
    let folder = tempdir().unwrap();
    let args = ["run", "--json", "--agents", "100000", "--ticks", "300", "--data-dir", "data"];
    let done = run_civitas(folder.path(), &args, &[]);
    let document = String::from_utf8(done.stdout).unwrap();
    let id = serde_json::from_str::<Value>(&document).unwrap()["run_id"].as_str().unwrap().to_owned();
    outcome(&document, &id, "succeeded");
    let args = ["verify", &id, "--json", "--data-dir", "data"];
    let mut command = support::civitas(folder.path(), &args);
    command.env("RUST_LOG", "info");
    let (mut process, lines) = support::server::Process::spawn(command);
    // Sooner a signal just ends it.
    eventually("it has begun", || process.stderr().contains("a run is verified").then_some(()));
    support::server::signal(process.child.id(), "INT");
    assert_eq!(process.wait().code(), Some(130), "{}", process.stderr());
    let mut printed = String::new();
    while let Ok(line) = lines.recv_timeout(WATCHDOG) {
        printed += &line;
    }
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["state"], "cancelled");
}
