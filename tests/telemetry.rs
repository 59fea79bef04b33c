//! Telemetry through the API of a real server: were one of these to fail, a client would see a run that never was.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use serde_json::{Value, json};
use support::{Server, Sse, eventually, names, said_by_civitas};
use tempfile::tempdir;

fn config(agents: u32, ticks: u32, telemetry: Value) -> Value {
    json!({
        "horizon_ticks": ticks, "population": {"agents": agents}, "snapshot_every_ticks": 5, "telemetry": telemetry
    })
}

#[test]
fn an_index_and_slices_of_a_run_that_has_ended() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&config(2_000, 12, json!({"keyframe_every": 4, "sample_agents": 30})));
    server.outcome(&id);
    let index = server.get(&format!("/telemetry/{id}")).expect(200);
    let node = &server.run(&id)["outputs"]["node_id"];
    assert_eq!((&index.body["run_id"], &index.body["node_id"]), (&json!(id), node));
    assert!(node.is_string() && index.body.get("runs").is_none());
    assert_eq!((&index.body["state"], &index.body["last_tick"]), (&json!("complete"), &json!(12)));
    assert_eq!(index.body["keyframes"], json!([0, 4, 8, 12]));
    assert_eq!(index.body["regions"].as_array().unwrap().len(), 51);
    assert_eq!(index.body["options"]["sample_agents"], json!(30));
    assert!(index.header("cache-control").starts_with("private, max-age="), "{}", index.header("cache-control"));

    assert_eq!(index.header("vary"), "Accept, Authorization");

    // Whoever has it already is not sent it again; another question has another tag.
    let tag = index.header("etag").to_owned();
    let again = server.send("GET", &format!("/telemetry/{id}"), &[("If-None-Match", &tag)], None);
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    assert_eq!(again.header("vary"), "Accept, Authorization");
    let path = format!("/telemetry/{id}/slice?metrics=adoption_rate&regions=CA,NY&segments=all&resolution=5");
    let slice = server.send("GET", &path, &[("If-None-Match", &tag)], None).expect(200);
    assert_eq!(slice.body["ticks"], json!([0, 5, 10, 12]));
    assert_eq!(names(&slice.body["metrics"]), ["adoption_rate"]);
    let curves = &slice.body["metrics"]["adoption_rate"];
    assert_eq!(names(&curves["by_region"]), ["CA", "NY"]);
    assert_eq!(names(&curves["by_segment"]).len(), index.body["segments"].as_array().unwrap().len());
    let results = server.get(&format!("/runs/{id}/results")).expect(200).body;
    let last = results["outcome_summary"]["adoption_rate"].as_f64().unwrap();
    assert_eq!(curves["overall"][3].as_f64(), Some(last), "{curves}");
    assert_eq!(curves["by_region"]["CA"].as_array().unwrap().len(), 4);

    let text = server.send("GET", &path, &[("Accept", "text/csv")], None).expect(200);
    assert!(text.header("content-type").starts_with("text/csv"));
    let lines: Vec<_> = text.text.lines().collect();
    assert_eq!(lines[0], "tick,region,segment,adoption_rate");
    assert_eq!(lines[1], format!("0,,,{}", curves["overall"][0].as_f64().unwrap()));
    let segments = names(&curves["by_segment"]).len();
    assert_eq!(lines.len(), 1 + 4 * (1 + 2 + segments));
    let variables = server.get(&format!("/telemetry/{id}/slice?metrics=none&variables=all")).expect(200).body;
    assert_eq!(variables["metrics"], json!({}));
    assert_eq!(names(&variables["variables"]["media_sentiment"]["by_region"]).len(), 51);
}

#[test]
fn what_does_not_exist_is_named() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&config(500, 6, json!({"by_region": false})));
    server.outcome(&id);
    for (query, wanted) in [
        ("metrics=adoption", "metrics \"adoption\" does not exist; there are: adoption_rate, "),
        ("regions=CA", "regions were not recorded of metrics"),
        ("segments=nobody", "segments \"nobody\" does not exist; there are: "),
        ("variables=weather", "variables \"weather\" does not exist; there are: economy_confidence, "),
        ("from_tick=5&to_tick=4", "from_tick must be at most to_tick (4), not 5"),
        ("resolution=0", "resolution must be a whole number between 1"),
        ("tick=1", "query parameter tick is unknown; there are: from_tick, "),
    ] {
        let answer = server.get(&format!("/telemetry/{id}/slice?{query}"));
        let said = answer.expect_error(400, "VALIDATION_ERROR");
        assert!(said.starts_with(wanted), "{query}: {said}");
    }
    server.get("/telemetry/x/slice").expect_error(400, "VALIDATION_ERROR");
    server.get("/telemetry/0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10").expect_error(404, "RUN_NOT_FOUND");
    let none = server.create(&config(500, 6, json!({"enabled": false})));
    assert_eq!(server.run(&none)["config"]["telemetry"], json!({"enabled": false}));
    server.get(&format!("/telemetry/{none}")).expect_error(404, "NO_TELEMETRY");
    server.start(&none).expect(202);
    server.outcome(&none);
    assert_eq!(server.run(&none)["outputs"]["telemetry_ref"], Value::Null);
    server.get(&format!("/telemetry/{none}/slice")).expect_error(404, "NO_TELEMETRY");

    let body = json!({"project_id": support::PROJECT, "config": {"telemetry": {"sample_agents": "some"}}});
    let answer = server.post_json("/runs", &body);
    let said = answer.expect_error(400, "VALIDATION_ERROR");
    assert!(
        said.starts_with("telemetry.sample_agents must be a whole number between 0 and 1000000, or \"all\""),
        "{said}"
    );
}

#[test]
fn a_server_that_is_killed_loses_no_tick_and_repeats_none() {
    let telemetry = json!({"keyframe_every": 2, "sample_agents": 10});
    let whole = |server: &Server, id: &str| {
        let slice = server.get(&format!("/telemetry/{id}/slice?regions=all&segments=all&variables=all")).expect(200);
        let Value::Object(mut fields) = slice.body else { panic!("{}", slice.text) };
        assert_ne!((fields.remove("run_id"), fields.remove("node_id")), (None, None));
        fields
    };
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let undisturbed = server.launch(&config(40_000, 100, telemetry.clone()));
    server.outcome(&undisturbed);
    let wanted = whole(&server, &undisturbed);
    let id = server.launch(&config(40_000, 100, telemetry));
    server.kill9_after_a_snapshot(&id);
    let server = Server::start(folder.path(), &[]);
    server.outcome(&id);
    assert_eq!(whole(&server, &id), wanted);
    let [one, other] = [&id, &undisturbed].map(|id| server.get(&format!("/telemetry/{id}")).expect(200).body);
    assert_eq!((&one["keyframes"], &one["state"]), (&other["keyframes"], &json!("complete")));
}

#[test]
fn telemetry_of_a_run_under_way_is_read_as_it_comes() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&config(100_000, 1_000, json!({})));
    let index = eventually("some ticks are written", || {
        let index = server.get(&format!("/telemetry/{id}"));
        (index.body["last_tick"].as_u64() > Some(0)).then_some(index)
    });
    assert_eq!((index.body["state"].as_str(), index.header("cache-control")), (Some("recording"), "private, no-cache"));
    let slice = server.get(&format!("/telemetry/{id}/slice")).expect(200).body;
    assert!(slice["ticks"].as_array().unwrap().len() > 1);
    server.cancel(&id).expect(200);
    let ended = server.run(&id)["progress"]["current_tick"].clone();
    let index = server.get(&format!("/telemetry/{id}")).expect(200).body;
    assert_eq!((&index["state"], &index["last_tick"]), (&json!("complete"), &ended));
}

#[test]
fn telemetry_of_a_run_that_is_cancelled_while_it_is_paused_is_whole() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&config(100_000, 1_000, json!({})));
    eventually("it steps", || server.run(&id)["progress"]["current_tick"].as_u64().filter(|&tick| tick > 1));
    server.post(&format!("/runs/{id}/pause")).expect(200);
    let index = server.get(&format!("/telemetry/{id}")).expect(200);
    assert_eq!((&index.body["state"], index.header("cache-control")), (&json!("recording"), "private, no-cache"));
    server.cancel(&id).expect(200);
    let index = server.get(&format!("/telemetry/{id}")).expect(200).body;
    let ended = &server.run(&id)["progress"]["current_tick"];
    assert_eq!((&index["state"], &index["problem"], &index["last_tick"]), (&json!("complete"), &Value::Null, ended));
}

#[test]
fn agents_are_read_at_keyframes_and_over_them() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&config(900, 10, json!({"keyframe_every": 4, "sample_agents": 25})));
    server.outcome(&id);
    let get = |path: &str| server.get(&format!("/telemetry/{id}/{path}"));
    let keyframe = get("keyframe/8?limit=10&skip=5").expect(200).body;
    let agents = keyframe["agents"].as_array().unwrap();
    assert_eq!((&keyframe["total"], agents.len()), (&json!(25), 10));
    let said = agents[0]["reasons"].as_str().unwrap();
    assert!(!said.is_empty(), "the model society explains itself");
    let all = get("keyframe/8").expect(200).body;
    assert_eq!(all["agents"].as_array().unwrap()[5..15], agents[..]);

    let agent = &agents[3];
    let whole = get(&format!("agent/{}", agent["agent"])).expect(200).body;
    assert_eq!((&whole["region"], &whole["segment"]), (&agent["region"], &agent["segment"]));
    let ticks: Vec<_> = whole["trajectory"].as_array().unwrap().iter().map(|moment| moment["tick"].clone()).collect();
    assert_eq!(ticks, [0, 4, 8, 10]);
    assert_eq!(
        (&whole["trajectory"][2]["state"], &whole["trajectory"][2]["reasons"]),
        (&agent["state"], &agent["reasons"])
    );
    let lines = server.send("GET", &format!("/telemetry/{id}/keyframe/8"), &[("Accept", "text/csv")], None).expect(200);
    let exported = server.get(&format!("/runs/{id}/export?table=agents&from_tick=8&to_tick=8")).expect(200).text;
    assert_eq!(lines.text, exported, "a keyframe as a table has the columns of its file");
    assert_eq!(lines.text.lines().count(), 26);

    let text = get("keyframe/5");
    assert_eq!(text.expect_error(400, "NOT_A_KEYFRAME"), "tick 5 is no keyframe; the nearest are 4 and 8");
    assert_eq!(get("keyframe/99").expect_error(400, "NOT_A_KEYFRAME"), "tick 99 is no keyframe; the nearest is 10");
    get("keyframe/first").expect_error(400, "VALIDATION_ERROR");
    get("keyframe/8?limit=0").expect_error(400, "VALIDATION_ERROR");
    let outside = (0..).find(|id| all["agents"].as_array().unwrap().iter().all(|agent| agent["agent"] != *id)).unwrap();
    get(&format!("agent/{outside}")).expect_error(404, "AGENT_NOT_RECORDED");
    get("agent/900").expect_error(400, "VALIDATION_ERROR");

    let whole = server.launch(&config(700, 2, json!({"sample_agents": "all", "reasons": false})));
    server.outcome(&whole);
    let keyframe = server.get(&format!("/telemetry/{whole}/keyframe/2")).expect(200).body;
    assert_eq!((&keyframe["total"], &keyframe["agents"][699]["agent"]), (&json!(700), &json!(699)));
    assert_eq!(keyframe["agents"][0]["reasons"], Value::Null);
}

#[test]
fn aggregates_are_those_of_the_slice() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&config(900, 10, json!({})));
    server.outcome(&id);
    let path = "metrics=adoption_rate&regions=CA&from_tick=2";
    let slice = server.get(&format!("/telemetry/{id}/slice?{path}")).expect(200).body;
    let all = server.get(&format!("/telemetry/{id}/aggregates?{path}")).expect(200).body;
    assert_eq!((&all["from_tick"], &all["to_tick"], &all["ticks"]), (&json!(2), &json!(10), &json!(9)));
    let curve: Vec<f64> = serde_json::from_value(slice["metrics"]["adoption_rate"]["by_region"]["CA"].clone()).unwrap();
    let found = &all["metrics"]["adoption_rate"]["by_region"]["CA"];
    let largest = curve.iter().copied().fold(f64::MIN, f64::max);
    assert_eq!(
        (found["first"].as_f64(), found["last"].as_f64(), found["max"].as_f64()),
        (Some(curve[0]), Some(curve[8]), Some(largest))
    );
    let place = curve.iter().position(|&value| value == largest).unwrap();
    assert_eq!(found["max_tick"], json!(2 + place));
}

#[test]
fn the_stream_has_every_tick_once_and_then_ends() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&config(2_000, 250, json!({})));
    server.outcome(&id);
    let ticks = |query: &str, headers: &[(&str, &str)]| {
        let path = format!("/api/v1/telemetry/{id}/stream?metrics=adoption_rate&{query}");
        let events = Sse::open(server.addr(), &path, headers).events();
        let (end, slices) = events.split_last().unwrap();
        assert_eq!((end.event.as_str(), &end.data), ("end", &json!({"state": "complete", "last_tick": 250})));
        assert!(slices.iter().all(|slice| slice.event == "slice"));
        slices.iter().flat_map(|slice| slice.data["ticks"].as_array().unwrap().clone()).collect::<Vec<_>>()
    };
    let wanted: Vec<Value> = (0..=249).step_by(3).chain([250]).map(|tick| json!(tick)).collect();
    assert_eq!(ticks("resolution=3", &[]), wanted);
    assert_eq!(ticks("resolution=3", &[("Last-Event-ID", "240")]), wanted[81..]);
    // Nothing is too large for it.
    assert_eq!(ticks("resolution=4294967295&from_tick=2", &[]), [2, 250]);
    assert!(ticks("resolution=1", &[("Last-Event-ID", "4294967295")]).is_empty());
    server.get(&format!("/telemetry/{id}/stream?metrics=x")).expect_error(400, "VALIDATION_ERROR");
}

#[test]
fn tables_are_exported_whole_by_the_server_and_by_the_command() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let id = server.launch(&config(800, 20, json!({"sample_agents": 5})));
    server.outcome(&id);
    let index = server.get(&format!("/telemetry/{id}")).expect(200).body;
    let rows = |table: &str| -> u64 {
        let files = index["files"].as_array().unwrap().iter().filter(|file| file["table"] == table);
        files.map(|file| file["rows"].as_u64().unwrap()).sum()
    };
    let files = index["files"].as_array().unwrap().iter().filter(|file| file["table"] == "metrics");
    assert!(files.count() > 1, "a run with a snapshot has several files of a kind: {index}");
    let csv = server.get(&format!("/runs/{id}/export?table=metrics")).expect(200).text;
    assert_eq!(csv.lines().count() as u64, 1 + rows("metrics"));
    let part = server.get(&format!("/runs/{id}/export?from_tick=7&to_tick=8")).expect(200).text;
    let of_ticks: Vec<_> = csv.lines().filter(|line| line.starts_with("7,") || line.starts_with("8,")).collect();
    assert_eq!(part.lines().skip(1).collect::<Vec<_>>(), of_ticks);
    assert_eq!(of_ticks.len(), 2 * 57, "everybody, 51 regions, 5 segments");
    server.get(&format!("/runs/{id}/export?from_tick=8&to_tick=7")).expect_error(400, "VALIDATION_ERROR");
    let json = server.get(&format!("/runs/{id}/export?table=agents&format=json")).expect(200).body;
    assert_eq!(json.as_array().unwrap().len() as u64, rows("agents"));
    assert_eq!(json[0]["tick"], json!(0));
    server.get(&format!("/runs/{id}/export?table=nothing")).expect_error(400, "VALIDATION_ERROR");

    for (format, end) in [("csv", "csv"), ("parquet", "parquet"), ("json", "json"), ("arrow", "arrows")] {
        let said = said_by_civitas(folder.path(), &["export", &id, "--format", format, "--out", "out"], 0);
        assert!(said.contains(&format!("metrics.{end}: {} rows", rows("metrics"))), "{said}");
    }
    // What is accepted says the form where nothing else does.
    let accepted = [("Accept", "application/json")];
    let asked = server.send("GET", &format!("/runs/{id}/export?table=agents"), &accepted, None).expect(200);
    assert_eq!((&asked.body, asked.header("vary")), (&json, "Accept, Authorization"));
    let asked = server.send("GET", &format!("/runs/{id}/export?format=csv"), &accepted, None).expect(200);
    assert_eq!(asked.text, csv);
    assert_eq!(std::fs::read_to_string(folder.path().join("out/metrics.csv")).unwrap(), csv);
    let url = format!("http://{}", server.addr());
    let asked = ["export", &id, "--format", "csv", "--out", "asked", "--server", &url];
    let said = said_by_civitas(folder.path(), &asked, 0);
    assert!(said.contains(&format!("metrics.csv: {} rows", rows("metrics"))), "{said}");
    for name in ["metrics.csv", "environment.csv", "agents.csv"] {
        let [here, there] = ["out", "asked"].map(|out| std::fs::read(folder.path().join(out).join(name)).unwrap());
        assert_eq!(here, there, "{name}");
    }
    said_by_civitas(folder.path(), &[&asked[..], &["--from-tick", "7", "--to-tick", "8"]].concat(), 0);
    assert_eq!(std::fs::read_to_string(folder.path().join("asked/metrics.csv")).unwrap(), part);
    let said = said_by_civitas(folder.path(), &["export", &id, "--server", "http://127.0.0.1:1"], 1);
    assert!(said.contains("does not answer"), "{said}");
    let parquet = std::fs::read(folder.path().join("out/metrics.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    let said = said_by_civitas(folder.path(), &["export", "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10"], 1);
    assert!(said.contains("has no telemetry") && said.contains("hint: "), "{said}");
}

#[test]
fn the_telemetry_of_a_node_is_that_of_one_of_its_runs() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let first = server.create(&config(500, 6, json!({})));
    let node = server.run(&first)["outputs"]["node_id"].as_str().unwrap().to_owned();
    let said = server.get(&format!("/telemetry/{node}")).expect_error(404, "NO_TELEMETRY").to_owned();
    assert!(said.contains("run=ID"), "{said}");
    server.start(&first).expect(202);
    server.outcome(&first);
    let more = server.post_json("/runs", &json!({"node_id": node, "config": {"seed": 7}})).expect(201).body;
    let second = more["id"].as_str().unwrap().to_owned();
    let get = |path: &str| server.get(&format!("/telemetry/{node}{path}"));

    // One that waits is no answer yet, and may be named all the same.
    let index = get("").expect(200);
    assert_eq!((&index.body["run_id"], &index.body["node_id"]), (&json!(first), &json!(node)));
    assert_eq!(index.header("cache-control"), "private, no-cache", "a node may get another run");
    let runs = json!([{"run_id": first, "status": "succeeded"}, {"run_id": second, "status": "queued"}]);
    assert_eq!(index.body["runs"], runs);
    get(&format!("?run={second}")).expect_error(404, "NO_TELEMETRY");
    server.start(&second).expect(202);
    server.outcome(&second);
    let tag = index.header("etag").to_owned();
    let newer = server.send("GET", &format!("/telemetry/{node}"), &[("If-None-Match", &tag)], None).expect(200);
    assert_eq!(newer.body["run_id"], json!(second));
    for path in ["/slice", "/aggregates", "/events", "/keyframe/0"] {
        let [of_node, of_run] =
            [node.as_str(), second.as_str()].map(|id| server.get(&format!("/telemetry/{id}{path}")).expect(200).body);
        assert_eq!(of_node, of_run, "{path}");
        assert_eq!((&of_node["run_id"], &of_node["node_id"]), (&json!(second), &json!(node)));
    }
    // One of which nothing is left hides none that is older.
    let objects = folder.path().join("data/objects/telemetry");
    std::fs::rename(objects.join(&second), folder.path().join("elsewhere")).unwrap();
    assert_eq!(get("").expect(200).body["run_id"], json!(first));
    let said = get(&format!("?run={second}")).expect_error(404, "NO_TELEMETRY").to_owned();
    assert!(said.contains("nothing of it was written, or it was removed"), "{said}");
    std::fs::rename(folder.path().join("elsewhere"), objects.join(&second)).unwrap();
    assert_eq!(get("").expect(200).body["run_id"], json!(second));
    let older = get(&format!("/slice?run={first}&metrics=adoption_rate")).expect(200).body;
    let wanted = server.get(&format!("/telemetry/{first}/slice?metrics=adoption_rate")).expect(200).body;
    assert_eq!(older, wanted);
    let path = format!("/api/v1/telemetry/{node}/stream?run={first}");
    let events = Sse::open(server.addr(), &path, &[]).events();
    assert_eq!(events[0].data["run_id"], json!(first));

    // Runs of other nodes, and nodes of nobody, are not meant.
    let other = server.create(&config(400, 2, json!({})));
    let said = get(&format!("?run={other}")).expect_error(400, "VALIDATION_ERROR").to_owned();
    assert!(said.contains("is not one of the runs of node"), "{said}");
    get("?run=first").expect_error(400, "VALIDATION_ERROR");
    server.get(&format!("/telemetry/{first}?run={first}")).expect_error(400, "VALIDATION_ERROR");
    server.get(&format!("/runs/{node}/export")).expect_error(404, "RUN_NOT_FOUND");
}

#[test]
fn results_are_where_their_ref_says_even_where_their_copy_could_not_be_written() {
    // Whoever listens here answers everything with a failure, as a bucket does that has lost its disks.
    let bucket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", bucket.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in bucket.incoming() {
            use std::io::{Read, Write};
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 65_536]);
            let _ =
                stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let environment = [
        ("CIVITAS_TELEMETRY__URL", "s3://bucket/of/us"),
        ("AWS_ENDPOINT", &endpoint),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &environment);
    let id = server.launch(&config(500, 6, json!({})));
    server.wait(&id);
    let shown = server.run(&id);
    let results = shown["outputs"]["results_ref"].as_str().unwrap();
    assert_eq!(results, format!("/api/v1/runs/{id}/results"));
    server.get(results.strip_prefix("/api/v1").unwrap()).expect(200);
    server.get(&format!("/telemetry/{id}")).expect_error(503, "STORE_ERROR");
    drop(server);
    let server = Server::start(folder.path(), &environment);
    assert_eq!(server.run(&id)["outputs"], shown["outputs"]);
}
