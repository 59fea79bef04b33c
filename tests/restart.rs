//! Power cuts and restarts: were one of these to fail, what a user was promised would be lost, or come out different.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::{Client, PROJECT, Server, eventually, run_civitas};
use tempfile::tempdir;

fn spec(snapshot_every_ticks: u32) -> Value {
    json!({"seed": 99, "horizon_ticks": 600, "population": {"agents": 60_000},
        "snapshot_every_ticks": snapshot_every_ticks})
}

/// The outcome of `spec` on a server that nobody disturbs.
fn undisturbed(spec: &Value) -> String {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__THREADS", "1")]);
    let id = server.launch(spec);
    server.outcome(&id)
}

/// The run, once it is as asked; it must be running still.
fn running(server: &Client, id: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    eventually(what, || {
        let run = server.run(id);
        assert_eq!(run["status"], "running", "it ended before {what}: make it longer");
        wanted(&run).then_some(run)
    })
}

/// The ticks of a run's complete snapshots.
fn snapshots(run: &Value) -> Vec<u64> {
    let refs = run["outputs"]["snapshot_refs"].as_array().unwrap();
    refs.iter().map(|name| name.as_str().unwrap().rsplit_once("tick-").unwrap().1.parse().unwrap()).collect()
}

/// The server again on its folder, on other threads and partitions than before.
fn again(folder: &Path) -> Server {
    Server::start(folder, &[("CIVITAS_SIM__THREADS", "3"), ("CIVITAS_SIM__PARTITIONS", "3")])
}

#[test]
fn a_killed_run_goes_on_by_itself_to_the_same_bytes() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_SIM__THREADS", "2")]);
    let id = server.launch(&spec(5));
    // Half of it is done, so that a run which starts over is seen at earlier ticks.
    let before = running(&server, &id, "half of it is kept", |run| snapshots(run).last() >= Some(&300));
    server.kill9();

    let server = again(folder.path());
    let events = server.watch(&id).events();
    let resumed_at = *snapshots(&before).last().unwrap();
    let stepped = events.iter().filter(|event| event.event == "progress" && event.tick() > 0);
    assert!(stepped.clone().count() > 0 && stepped.clone().all(|event| event.tick() >= resumed_at), "{events:?}");
    assert_eq!(events.last().unwrap().event, "completed");
    assert_eq!(server.outcome_now(&id, "succeeded"), undisturbed(&spec(5)));

    let after = server.run(&id);
    assert_eq!(after["progress"]["agents_processed"], json!(600 * 60_000));
    for unchanged in ["config", "name", "created_by", "project_id"] {
        assert_eq!(after[unchanged], before[unchanged]);
    }
    assert_eq!(after["timing"]["started_at"], before["timing"]["started_at"]);
}

#[test]
fn a_run_killed_before_any_snapshot_starts_over_to_the_same_bytes() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&spec(0));
    let run = running(&server, &id, "it has stepped", |run| run["progress"]["current_tick"].as_u64() > Some(0));
    assert!(snapshots(&run).is_empty(), "{run}");
    server.kill9();

    let server = again(folder.path());
    assert_eq!(server.outcome(&id), undisturbed(&spec(0)));
}

#[test]
fn kills_again_and_again_lose_nothing() {
    let folder = tempdir().unwrap();
    let long = json!({"seed": 5, "horizon_ticks": 600, "population": {"agents": 60_000}, "snapshot_every_ticks": 2});
    let mut server = Server::start(folder.path(), &[]);
    let id = server.launch(&long);
    let mut newest = 0;
    for partitions in ["1", "7", "2"] {
        let run = running(&server, &id, "a newer snapshot is complete", |run| snapshots(run).last() > Some(&newest));
        newest = *snapshots(&run).last().unwrap();
        server.kill9();
        server = Server::start(folder.path(), &[("CIVITAS_SIM__PARTITIONS", partitions)]);
    }
    assert_eq!(server.outcome(&id), undisturbed(&long));
}

#[test]
fn queued_finished_and_waiting_runs_survive_a_kill() {
    let folder = tempdir().unwrap();
    let one_place = [("CIVITAS_LIMITS__MAX_RUNNING", "1")];
    let server = Server::start(folder.path(), &one_place);
    let small = json!({"horizon_ticks": 10, "population": {"agents": 2000}});
    let (queued, cancelled, done) = (server.create(&small), server.create(&small), server.launch(&small));
    server.cancel(&cancelled).expect(200);
    server.outcome(&done);
    let results = server.get(&format!("/runs/{done}/results")).expect(200).text;

    let long = server.launch(&spec(5));
    let batch = json!({"project_id": PROJECT, "auto_start": true, "variations": [{"seed": 1}, {"seed": 2}],
        "base_config": small});
    let batch = server.post_json("/runs/batch", &batch).expect(201).body;
    let waiting = [0, 1].map(|index| batch["runs"][index]["id"].as_str().unwrap().to_owned());
    let kept = [&queued, &cancelled, &done].map(|id| (id, server.run(id)));
    running(&server, &long, "it has stepped", |run| run["progress"]["current_tick"].as_u64() > Some(0));
    assert_eq!(waiting.clone().map(|id| server.status(&id)), ["queued", "queued"]);
    server.kill9();

    let server = Server::start(folder.path(), &one_place);
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(6));
    for (id, run) in kept {
        assert_eq!(server.run(id), run);
    }
    assert_eq!(server.get(&format!("/runs/{done}/results")).expect(200).text, results);
    for id in waiting.iter().chain([&long]) {
        assert_eq!(server.wait(id).event, "completed");
    }
    assert_eq!(server.status(&queued), "queued", "nobody asked for it to start");
    server.start(&queued).expect(202);
    assert_eq!(server.outcome(&queued), server.outcome_now(&done, "succeeded"));
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there_after_it() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_LIMITS__MAX_QUEUED", "100000")]);
    let (addr, (told, acknowledged)) = (server.addr(), std::sync::mpsc::channel());
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let told = told.clone();
            std::thread::spawn(move || {
                let agent = ureq::Agent::new_with_defaults();
                // Until the server is gone in the middle of a request.
                for number in 0.. {
                    let body = json!({"project_id": PROJECT, "name": format!("{writer}-{number}")});
                    let answer = agent.post(format!("http://{addr}/api/v1/runs")).send_json(&body);
                    let Ok(run) = answer.and_then(|mut answer| answer.body_mut().read_json::<Value>()) else { return };
                    told.send((run["id"].clone(), run["name"].clone())).unwrap();
                }
            })
        })
        .collect();
    drop(told);
    let mut seen: Vec<_> = acknowledged.iter().take(200).collect();
    server.kill9();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    seen.extend(acknowledged);

    let server = Server::start(folder.path(), &[]);
    for (id, name) in &seen {
        assert_eq!(server.run(id.as_str().unwrap())["name"], *name);
    }
    let total = server.get("/runs?status=queued").expect(200).body["total"].as_u64().unwrap();
    // Each writer may have had one more on its way.
    assert!((seen.len() as u64..=seen.len() as u64 + 4).contains(&total), "{total} of {}", seen.len());
}

#[test]
fn one_folder_has_one_server() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.create(&json!({}));
    for args in [
        &["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"][..],
        &["run", "--agents", "500", "--ticks", "2", "--data-dir", "data"],
        &["key", "list", "--data-dir", "data"],
    ] {
        let refused = run_civitas(folder.path(), args, &[]);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0), "{args:?}: {said}");
        assert!(said.starts_with("error: ") && said.contains("data") && said.contains("hint: "), "{said}");
        assert!(said.contains("stop it first") && said.contains("--data-dir"), "{said}");
    }
    assert_eq!(server.status(&id), "queued", "the first is not disturbed");
}

#[test]
fn a_stop_keeps_the_work_and_open_streams_do_not_hold_it_up() {
    let folder = tempdir().unwrap();
    // Were a stream to hold it up, it would be for an hour.
    let server = Server::start(folder.path(), &[("CIVITAS_SERVER__SHUTDOWN_TIMEOUT_S", "3600")]);
    let (id, queued) = (server.launch(&spec(0)), server.create(&json!({})));
    let (mut busy, mut silent) = (server.watch(&id), server.watch(&queued));
    silent.next_event().unwrap();
    while busy.next_event().unwrap().tick() < 300 {}
    server.stop();
    for stream in [busy, silent] {
        let last = stream.events().pop().unwrap();
        assert_eq!((last.event.as_str(), last.id), ("shutdown", None), "{last:?}");
    }

    let server = again(folder.path());
    // There are no snapshots but the one of the stop: the run goes on from there.
    let at_stop = snapshots(&server.run(&id));
    assert!(at_stop.len() == 1 && at_stop[0] >= 300, "{at_stop:?}");
    let events = server.watch(&id).events();
    let mut stepped = events.iter().filter(|event| event.event == "progress" && event.tick() > 0);
    assert!(stepped.all(|event| event.tick() >= at_stop[0]), "{at_stop:?} {events:?}");
    assert_eq!(server.outcome_now(&id, "succeeded"), undisturbed(&spec(0)));
    assert_eq!(server.status(&queued), "queued");
    server.stop();
}
