//! The API document's own examples, word for word where it has words: were one of these to fail, a client that was
//! written from the document would break.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use jiff::Timestamp;
use serde_json::{Value, json};
use support::{Client, PROJECT, Server, names};
use tempfile::tempdir;
use uuid::Uuid;

const PARENT: &str = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a11";

/// A node that is there, for the document's `parent_node_id`.
fn parent_node(server: &Client) -> Value {
    let run = server.run(&server.create(&json!({"horizon_ticks": 100})));
    run["outputs"]["node_id"].clone()
}

/// The document's Run object, with the values that civitas cannot have yet as null.
fn documented_run() -> Value {
    json!({
        "id": "uuid", "project_id": "uuid", "tenant_id": "uuid", "name": "Baseline Simulation", "mode": "society",
        "status": "succeeded",
        "config": {
            "engine_version": "1.0.0", "ruleset_version": "1.0.0", "dataset_version": "1.0.0",
            "schema_version": "1.0.0", "seed": 42, "horizon_ticks": 100,
            "scheduler": {"partition_by": "region", "sample_rate": 1.0, "batch_size": 1000},
            "scenario_patch": {"variable_deltas": {"economy_confidence": 0.1}, "event_bundle_id": null}
        },
        "progress": {"current_tick": 100, "total_ticks": 100, "agents_processed": 10000, "percent_complete": 100},
        "outputs": {"node_id": "uuid", "telemetry_ref": "path", "results_ref": "path", "snapshot_refs": ["ref"]},
        "timing": {"queued_at": "time", "started_at": "time", "completed_at": "time", "duration_seconds": 145},
        "error": null, "created_by": "user"
    })
}

/// Checks that `actual` has every field of `sample`, of the same JSON type, all the way down.
fn assert_shape(path: &str, sample: &Value, actual: &Value) {
    match (sample, actual) {
        (Value::Object(sample), Value::Object(actual)) => {
            for (name, value) in sample {
                let found = actual.get(name).unwrap_or_else(|| panic!("{path}.{name} is missing"));
                assert_shape(&format!("{path}.{name}"), value, found);
            }
        }
        (Value::Array(sample), Value::Array(actual)) => {
            assert!(!actual.is_empty(), "{path} is empty");
            actual.iter().for_each(|item| assert_shape(&format!("{path}[]"), &sample[0], item));
        }
        (Value::Null, Value::Null)
        | (Value::Bool(_), Value::Bool(_))
        | (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_)) => {}
        _ => panic!("{path} is {actual}, the document has {sample}"),
    }
}

fn is_time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap_or_else(|error| panic!("{value}: {error}"))
}

fn documented_create(parent: &Value) -> Value {
    json!({
        "project_id": PROJECT, "name": "Market Response Simulation", "mode": "society",
        "config": {"seed": 42, "horizon_ticks": 100, "scheduler": {"partition_by": "region", "sample_rate": 1.0}},
        "parent_node_id": parent,
        "scenario_patch": {"variable_deltas": {"economy_confidence": 0.2}}
    })
}

fn create_documented(server: &Client, parent: &Value) -> String {
    let created = server.post_json("/runs", &documented_create(parent)).expect(201);
    let body = &created.body;
    assert_eq!(names(body), ["config", "created_at", "id", "mode", "name", "project_id", "status"]);
    assert_eq!(Uuid::parse_str(&created.id()).unwrap().get_version_num(), 7);
    assert_eq!((&body["project_id"], &body["name"]), (&json!(PROJECT), &json!("Market Response Simulation")));
    assert_eq!((&body["mode"], &body["status"]), (&json!("society"), &json!("queued")));
    assert_shape("config", &documented_run()["config"], &body["config"]);
    assert_eq!(body["config"]["scenario_patch"]["variable_deltas"], json!({"economy_confidence": 0.2}));
    is_time(&body["created_at"]);
    created.id()
}

#[test]
fn the_documented_run_goes_from_creation_to_results() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let parent = parent_node(&server);
    let id = create_documented(&server, &parent);

    let queued = server.run(&id);
    assert_eq!((&queued["status"], &queued["parent_node_id"]), (&json!("queued"), &parent));
    let nothing = json!({"current_tick": 0, "total_ticks": 100, "agents_processed": 0, "percent_complete": 0});
    assert_eq!(queued["progress"], nothing);
    let node = &queued["outputs"]["node_id"];
    assert!(node.is_string() && *node != parent, "{node}");
    let no_outputs = json!({"node_id": node, "telemetry_ref": null, "results_ref": null, "snapshot_refs": []});
    assert_eq!(queued["outputs"], no_outputs);
    server.get(&format!("/runs/{id}/results")).expect_error(409, "RESULTS_NOT_READY");

    let started = server.start(&id).expect(202).body;
    assert_eq!(names(&started), ["estimated_duration_seconds", "id", "message", "status"]);
    assert_eq!((&started["id"], &started["status"]), (&json!(id), &json!("running")));
    assert_eq!(started["message"], json!("Run started successfully"));
    assert!(started["estimated_duration_seconds"].as_f64().unwrap() >= 0.0);

    let stream = server.watch(&id);
    assert!(stream.head.contains("content-type: text/event-stream"), "{}", stream.head);
    let events = stream.events();
    let [.., progress, completed] = &events[..] else { panic!("{events:?}") };
    assert_eq!(progress.event, "progress");
    assert_shape(
        "progress",
        &json!({"tick": 1, "total_ticks": 1, "percent": 1, "agents_processed": 1}),
        &progress.data,
    );
    assert_eq!(
        (progress.tick(), &progress.data["total_ticks"], &progress.data["percent"]),
        (100, &json!(100), &json!(100))
    );
    assert_eq!(progress.data["agents_processed"], json!(100 * 10_000));
    assert_eq!(
        (completed.event.as_str(), names(&completed.data)),
        ("completed", vec!["duration_seconds", "node_id", "status"])
    );
    assert_eq!((&completed.data["status"], &completed.data["node_id"]), (&json!("succeeded"), node));

    let run = server.run(&id);
    assert_shape("run", &documented_run(), &run);
    assert_eq!((&run["status"], &run["progress"]["percent_complete"]), (&json!("succeeded"), &json!(100)));
    assert_eq!(run["timing"]["duration_seconds"], completed.data["duration_seconds"]);
    let [queued, started, ended] =
        ["queued_at", "started_at", "completed_at"].map(|name| is_time(&run["timing"][name]));
    assert!(queued <= started && started <= ended, "{}", run["timing"]);
    // The path that the run names for its results leads there.
    let results =
        server.get(run["outputs"]["results_ref"].as_str().unwrap().strip_prefix("/api/v1").unwrap()).expect(200);
    check_results(&id, &results.body);
    // So does that of its telemetry.
    let telemetry = run["outputs"]["telemetry_ref"].as_str().unwrap();
    assert_eq!(results.body["telemetry_ref"], telemetry);
    let recorded = server.get(telemetry.strip_prefix("/api/v1").unwrap()).expect(200).body;
    assert_eq!((&recorded["state"], &recorded["last_tick"]), (&json!("complete"), &json!(100)));
}

fn check_results(id: &str, results: &Value) {
    let documented = json!({
        "run_id": "uuid", "status": "succeeded", "node_id": "uuid",
        "outcome_summary": {"adoption_rate": 0.72, "sentiment_shift": 0.15, "confidence_level": "high"},
        "distribution": {"supporters": 0.45, "neutral": 0.35, "skeptics": 0.20},
        "trends": {"adoption_rate": [{"tick": 0, "value": 0.50}]},
        "key_events": [{"tick": 15, "type": "media_exposure", "description": "Major news coverage", "impact": 0.08}],
        "telemetry_ref": "path"
    });
    assert_shape("results", &documented, results);
    assert_eq!((&results["run_id"], &results["status"]), (&json!(id), &json!("succeeded")));
    let adoption = results["outcome_summary"]["adoption_rate"].as_f64().unwrap();
    assert!(adoption > 0.0 && adoption < 1.0, "{adoption}");
    assert!(["high", "medium", "low"].contains(&results["outcome_summary"]["confidence_level"].as_str().unwrap()));
    let shares = results["distribution"].as_object().unwrap().values().map(|share| share.as_f64().unwrap());
    assert!((shares.sum::<f64>() - 1.0).abs() < 1e-9, "{}", results["distribution"]);
    let trend = results["trends"]["adoption_rate"].as_array().unwrap();
    assert_eq!((&trend[0]["tick"], &trend.last().unwrap()["tick"]), (&json!(0), &json!(100)));
    assert_eq!(trend.last().unwrap()["value"].as_f64(), Some(adoption));
    assert!((20..=30).contains(&trend.len()), "{}", trend.len());
}

#[test]
fn a_batch_of_five_starts_by_itself_and_succeeds() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let variations: Vec<_> = (1..=5).map(|seed| json!({"name": format!("Seed {seed}"), "seed": seed})).collect();
    let body = json!({"project_id": PROJECT, "base_config": {"mode": "society", "horizon_ticks": 100},
        "variations": variations, "auto_start": true});
    let batch = server.post_json("/runs/batch", &body).expect(201).body;
    assert_eq!((names(&batch), &batch["total"]), (vec!["batch_id", "runs", "total"], &json!(5)));
    let runs = batch["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 5);
    let mut outcomes = Vec::new();
    for (seed, run) in (1..).zip(runs) {
        let id = run["id"].as_str().unwrap();
        assert_eq!(*run, json!({"id": id, "name": format!("Seed {seed}"), "status": "queued"}));
        outcomes.push(server.outcome(id));
        let whole = server.run(id);
        assert_eq!((&whole["config"]["seed"], &whole["batch_id"]), (&json!(seed), &batch["batch_id"]));
    }
    outcomes.sort();
    outcomes.dedup();
    assert_eq!(outcomes.len(), 5, "each seed has its own outcome");
}

#[test]
fn listings_are_filtered_sorted_and_paged() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let mut made = Vec::new();
    for (name, project) in
        [("c", PROJECT), ("a", PROJECT), ("e", PROJECT), ("b", PROJECT), ("d", PROJECT), ("x", PARENT)]
    {
        made.push(server.post_json("/runs", &json!({"project_id": project, "name": name})).expect(201).id());
    }
    server.cancel(&made[0]).expect(200);
    let shown = |query: &str| -> (Vec<String>, Value) {
        let page = server.get(&format!("/runs{query}")).expect(200).body;
        let items = page["items"].as_array().unwrap();
        (items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect(), page)
    };
    let mine = format!("?project_id={PROJECT}");
    for (query, expected, total) in [
        ("", "xdbeac", 6),
        ("?sort=created_at", "caebdx", 6),
        ("?sort=-name", "xedcba", 6),
        (&format!("{mine}&sort=name"), "abcde", 5),
        (&format!("{mine}&status=queued&sort=name"), "abde", 4),
        ("?status=cancelled", "c", 1),
        ("?status=failed", "", 0),
        ("?mode=society&limit=1", "x", 6),
        ("?mode=target", "", 0),
        ("?skip=6", "", 6),
    ] {
        let (names, page) = shown(query);
        assert_eq!((names.concat().as_str(), &page["total"]), (expected, &json!(total)), "{query}");
    }
    let (names_of_page, page) = shown(&format!("{mine}&limit=2&skip=2&sort=name"));
    assert_eq!(names_of_page, ["c", "d"]);
    assert_eq!(names(&page), ["items", "page", "pages", "size", "total"]);
    assert_eq!((&page["page"], &page["size"], &page["pages"]), (&json!(2), &json!(2), &json!(3)));
    let sample = json!({"id": "uuid", "name": "x", "mode": "society", "status": "queued", "created_at": "time"});
    assert_shape("item", &sample, &page["items"][0]);
    assert_eq!(page["items"][1]["duration_seconds"], json!(null));
    let defaults = shown("").1;
    assert_eq!((&defaults["page"], &defaults["size"], &defaults["pages"]), (&json!(1), &json!(20), &json!(1)));
}

#[test]
fn refusals_are_the_documented_ones() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    for horizon_ticks in [0, 1001] {
        let body = json!({"project_id": PROJECT, "config": {"horizon_ticks": horizon_ticks}});
        let refused = server.post_json("/runs", &body).expect(400);
        assert_eq!(
            refused.body,
            json!({"detail": "horizon_ticks must be between 1 and 1000", "status_code": 400,
            "error_code": "VALIDATION_ERROR"})
        );
    }
    server.get(&format!("/runs/{PARENT}")).expect_error(404, "RUN_NOT_FOUND");

    let id = server.launch(&json!({"horizon_ticks": 1000, "population": {"agents": 200_000}}));
    let refused = server.start(&id).expect(409);
    assert_eq!(
        refused.body,
        json!({"detail": "Run is already running", "status_code": 409,
        "error_code": "ALREADY_RUNNING"})
    );
    server.cancel(&id).expect(200);
}

#[test]
fn the_eleventh_concurrent_start_is_refused() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let long = json!({"horizon_ticks": 1000, "population": {"agents": 200_000}});
    let running: Vec<_> = (0..10).map(|_| server.launch(&long)).collect();
    let eleventh = server.create(&long);
    let refused = server.start(&eleventh).expect(429);
    assert_eq!(
        refused.body,
        json!({"detail": "Concurrent run limit exceeded (10/10). Try again later.",
        "status_code": 429, "error_code": "QUOTA_EXCEEDED", "retry_after": 30})
    );
    assert_eq!(refused.header("retry-after"), "30");
    assert_eq!(server.status(&eleventh), "queued");

    server.cancel(&running[0]).expect(200);
    server.start(&eleventh).expect(202);
    running[1..].iter().chain([&eleventh]).for_each(|id| assert_eq!(server.cancel(id).status, 200));
}

#[test]
fn the_fifty_first_queued_run_is_refused() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let total = || server.get("/runs?limit=1").expect(200).body["total"].as_u64().unwrap();
    (0..49).for_each(|_| drop(server.create(&json!({}))));
    let two = json!({"project_id": PROJECT, "variations": [{}, {}]});
    server.post_json("/runs/batch", &two).expect_error(429, "QUOTA_EXCEEDED");
    assert_eq!(total(), 49, "a batch is created whole or not at all");
    server.create(&json!({}));
    let refused = server.post_json("/runs", &json!({"project_id": PROJECT})).expect(429);
    let expected = json!({"detail": "Queued run limit exceeded (50/50). Try again later.", "status_code": 429,
        "error_code": "QUOTA_EXCEEDED", "retry_after": 30});
    assert_eq!((&refused.body, refused.header("retry-after")), (&expected, "30"));
    assert_eq!(total(), 50);
}
