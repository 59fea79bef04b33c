//! Networks from files on a real server and the command line: were one of these to fail, a run would be on another network
//! than the one that was handed in, or what does not fit would be stored or run all the same.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::sync::Arc;

use parquet::data_type::{FloatType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};
use support::{PROJECT, Server, form, said_by_civitas};
use tempfile::tempdir;

const REGIONS: &str = "code,population\nN,300\nS,100\n";

/// Agents in turn of two regions, each with a number for an id.
fn agents(count: usize) -> String {
    (0..count).fold("region,id,opinion\n".to_owned(), |text, n| {
        text + &format!("{},{},{}\n", ["N", "S"][n % 2], 1_000 + n, (n % 21) as f64 / 20.0)
    })
}

/// A ring of these agents with a chord for every third, and weights.
fn pairs(count: usize) -> Vec<(usize, usize, f32)> {
    let chord = |n: usize| n.is_multiple_of(3).then_some((n, (n + count / 2) % count, 0.5));
    (0..count).flat_map(|n| [Some((n, (n + 1) % count, 1.0 + n as f32)), chord(n)]).flatten().collect()
}

fn ties(count: usize, weighted: bool) -> String {
    let head = if weighted { "source,target,weight\n" } else { "source,target\n" };
    pairs(count).iter().fold(head.to_owned(), |text, (a, b, weight)| {
        text + &if weighted {
            format!("{},{},{weight}\n", 1_000 + a, 1_000 + b)
        } else {
            format!("{},{}\n", 1_000 + a, 1_000 + b)
        }
    })
}

/// The same ties as a Parquet file of whole numbers and weights.
fn ties_parquet(count: usize) -> Vec<u8> {
    let schema = "message m { required int64 source; required int64 target; required float weight; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for first in [true, false] {
        let id = |&(a, b, _): &(usize, usize, f32)| 1_000 + if first { a } else { b } as i64;
        let ids: Vec<i64> = pairs(count).iter().map(id).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&ids, None, None).unwrap();
        column.close().unwrap();
    }
    let weights: Vec<f32> = pairs(count).iter().map(|&(_, _, weight)| weight).collect();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<FloatType>().write_batch(&weights, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap()
}

fn body(name: &str, ties_csv: &str) -> Value {
    json!({"name": name, "regions_csv": REGIONS, "agents_csv": agents(2_000), "ties_csv": ties_csv})
}

fn config(name: &str, ticks: u32) -> Value {
    json!({"model": "degroot", "horizon_ticks": ticks, "population": {"dataset": name}, "network": {"kind": "listed"}})
}

#[test]
fn a_network_is_added_run_and_kept_over_a_crash() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let added = server.post_json("/datasets", &body("friends", &ties(2_000, true))).expect(201);
    let said = |answer: &Value| {
        [&answer["ties"], &answer["directed"], &answer["weighted"], &answer["columns"]].map(Value::clone)
    };
    assert_eq!(said(&added.body), [json!(2_667), json!(false), json!(true), json!(["opinion"])]);
    assert_eq!(said(&server.get("/datasets/friends/1").expect(200).body), said(&added.body));
    // The same ties as a file of another kind are the same content; one way they are another.
    let kind = [("Content-Type", "multipart/form-data; boundary=frontier")];
    let (file, people) = (ties_parquet(2_000), agents(2_000).into_bytes());
    let send = |directed: &str| {
        let parts = [
            ("name", "", &b"friends"[..]),
            ("regions", "", REGIONS.as_bytes()),
            ("agents", "", &people),
            ("directed", "", directed.as_bytes()),
            ("ties", "friends.parquet", &file),
        ];
        server.send("POST", "/datasets", &kind, Some(&form(&parts)))
    };
    assert_eq!(send("false").expect(200).body["version"], 1);
    assert_eq!(send("true").expect(201).body["directed"], json!(true));
    assert!(send("maybe").expect_error(400, "VALIDATION_ERROR").starts_with("directed must be true or false"));

    let of = |version: u32, ticks: u32| {
        let mut config = config("friends", ticks);
        config["dataset_version"] = json!(version.to_string());
        config["snapshot_every_ticks"] = json!(5);
        config
    };
    let outcome = |config: &Value| server.outcome(&server.launch(config));
    let both_ways = outcome(&of(1, 6));
    assert_ne!(both_ways, outcome(&of(2, 6)), "the direction shows");
    let mut made = of(1, 6);
    made["network"] = json!({"kind": "gravity"});
    assert_ne!(both_ways, outcome(&made), "the network shows");

    let long = of(1, 1_000);
    let wanted = outcome(&long);
    let killed = server.launch(&long);
    server.kill9_after_a_snapshot(&killed);
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.outcome(&killed), wanted);
}

#[test]
fn what_is_wrong_names_line_or_field_and_nothing_is_stored() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    for (text, wanted) in [
        (
            "source,target\n1000,7\n",
            "ties.csv line 2: target must be the id of an agent in the table of agents, not \"7\"",
        ),
        ("source,target\n1000,1001\n1001,1000\n", "ties.csv line 3: the tie of 1001 and 1000 stands twice"),
        ("source,target\n1000,1000\n", "ties.csv line 2: ties agent 1000 to itself"),
        ("source,target,weight\n1000,1001,inf\n", "ties.csv line 2: weight must be a finite number above 0"),
        ("who,whom\n1000,1001\n", "ties.csv line 1: there is no column source"),
        ("", "ties.csv line 1: there must be 1 to 256 columns"),
    ] {
        let refused = server.post_json("/datasets", &body("friends", text));
        assert!(refused.expect_error(422, "INVALID_DATASET").starts_with(wanted), "{}", refused.text);
    }
    let mut alone = body("friends", &ties(10, false));
    alone["agents_csv"] = Value::Null;
    let refused = server.post_json("/datasets", &alone);
    assert!(
        refused.expect_error(400, "VALIDATION_ERROR").starts_with("agents is required where there is a table of ties")
    );
    let refused = server.post_json("/datasets", &json!({"name": "x", "regions_csv": REGIONS, "directed": true}));
    assert!(refused.expect_error(400, "VALIDATION_ERROR").starts_with("directed needs a table of ties"));
    let refused = server.post_json("/datasets", &json!({"name": "x", "regions_csv": REGIONS, "directed": "yes"}));
    assert!(refused.expect_error(400, "VALIDATION_ERROR").starts_with("directed must be"), "{}", refused.text);
    assert_eq!(server.get("/datasets").expect(200).body["items"], json!([]));

    server.post_json("/datasets", &body("friends", &ties(2_000, true))).expect(201);
    let create = |config: Value| server.post_json("/runs", &json!({"project_id": PROJECT, "config": config}));
    let mut light = config("friends", 5);
    light["model"] = json!("voter");
    let refused = create(light);
    let detail = refused.expect_error(422, "NETWORK_MISMATCH");
    assert!(
        detail.starts_with("network.kind cannot be listed with the model `voter`, which does not weigh"),
        "{detail}"
    );
    let refused = create(config("us-2020", 5));
    let detail = refused.expect_error(422, "NETWORK_MISMATCH");
    assert!(detail.starts_with("network.kind cannot be listed with the data set `us-2020`, which lists no ties: add"));
    assert_eq!(server.get(&format!("/runs?project_id={PROJECT}")).expect(200).body["total"], 0);
    create(config("friends", 5)).expect(201);
}

#[test]
fn the_memory_of_ties_counts_before_a_run_is_accepted() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[("CIVITAS_LIMITS__MAX_RUN_MEMORY_MIB", "1")]);
    // A thousand agents, each tied to 200 others: 0.8 MB of ties in the data set, and as much in a run on them.
    let text = (0..1_000).fold("source,target\n".to_owned(), |text, n| {
        (1..=100).fold(text, |text, step| text + &format!("{},{}\n", 1_000 + n, 1_000 + (n + step) % 1_000))
    });
    let dense = json!({"name": "dense", "regions_csv": REGIONS, "agents_csv": agents(1_000), "ties_csv": text});
    assert_eq!(server.post_json("/datasets", &dense).expect(201).body["ties"], 100_000);
    let create = |config: Value| server.post_json("/runs", &json!({"project_id": PROJECT, "config": config}));
    create(config("dense", 5)).expect_error(422, "RUN_TOO_LARGE");
    let mut made = config("dense", 5);
    made["network"] = json!({"kind": "ring", "mean_degree": 4});
    create(made).expect(201);
}

#[test]
fn experiments_name_a_version_and_listed_ties() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    server.post_json("/datasets", &body("friends", &ties(2_000, false))).expect(201);
    server.post_json("/datasets", &body("friends", "source,target\n1000,1001\n")).expect(201);
    let with_map = |map: Value| {
        json!({"name": "x", "environment": {}, "map": map, "agent": {"model": "degroot", "network": {"kind": "listed"},
            "citizens": [{"agent_class": "citizen", "number": 2_000}]},
            "workflow": [{"type": "step", "steps": 20}, {"type": "metric", "key": "opinion", "method": "mean"},
                {"type": "interview", "interview_message": "Whom do you hear?", "target_agent": [0]}]})
    };
    let version = |id: &str| server.run(id)["config"]["dataset_version"].clone();
    let said = |id: &str| server.outcome(id);
    let first = server.launch_experiment(&with_map(json!({"dataset": "friends", "dataset_version": 1})));
    let newest = server.launch_experiment(&with_map(json!({"dataset": "friends"})));
    let second = server.launch_experiment(&with_map(json!({"dataset": "friends", "dataset_version": 2})));
    assert!(said(&first).contains("the 3 others that I listen to average"), "{}", said(&first));
    assert!(said(&newest).contains("the 1 others that I listen to average"));
    assert_eq!(said(&newest), said(&second));
    assert_eq!([&first, &newest, &second].map(|id| version(id)), ["1", "2", "2"]);
    let refused = server.post_experiment(&with_map(json!({"dataset": "friends", "dataset_version": 3})));
    let detail = refused.expect_error(422, "INVALID_EXPERIMENT");
    assert!(detail.starts_with("map.dataset names no data set `friends version 3`"), "{detail}");
    server.send("DELETE", "/datasets/friends/1", &[], None).expect_error(409, "DATASET_IN_USE");
}

#[test]
fn the_command_line_adds_and_runs_a_network() {
    let folder = tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("regions.csv", REGIONS.as_bytes());
    write("agents.csv", agents(500).as_bytes());
    write("ties.csv", ties(500, true).as_bytes());
    write("ties.parquet", &ties_parquet(500));
    let toml = "[config]\nmodel = \"threshold\"\nhorizon_ticks = 4\n[config.population]\ndataset = \"friends\"\n\
        [config.network]\nkind = \"listed\"\n";
    write("run.toml", toml.as_bytes());
    let run = |args: &[&str], code| said_by_civitas(folder.path(), args, code);
    let add = |rest: &[&str], code| run(&[&["dataset", "add", "friends", "regions.csv"], rest].concat(), code);
    // The model has no trait of the name opinion.
    write("agents.csv", agents(500).replace("opinion", "threshold").as_bytes());
    let added = add(&["--agents", "agents.csv", "--ties", "ties.csv"], 0);
    assert_eq!(added, "added friends version 1: 2 regions, 500 agents, 667 ties both ways, with weights\n");
    let again = add(&["--agents", "agents.csv", "--ties", "ties.parquet"], 0);
    assert!(again.starts_with("there already, nothing was added: friends version 1"), "{again}");
    assert!(add(&["--agents", "agents.csv", "--ties", "ties.parquet", "--directed"], 0).contains("667 ties one way"));
    assert!(
        run(&["dataset", "show", "friends"], 0).contains("friends version 2: 2 regions, 500 agents, 667 ties one way")
    );
    assert!(run(&["run", "run.toml"], 0).contains("500 agents of friends"));
    add(&["--ties", "ties.csv"], 2);
    add(&["--agents", "agents.csv", "--directed"], 2);
    write("ties.csv", b"source,target\n1000,1\n");
    let wrong = add(&["--agents", "agents.csv", "--ties", "ties.csv"], 1);
    assert!(wrong.contains("error: ties.csv line 2: target must be the id of an agent") && wrong.contains("hint: "));
    write("run.toml", toml.replace("friends", "us-2020").as_bytes());
    let wrong = run(&["run", "run.toml"], 1);
    assert!(wrong.contains("run.toml: network.kind cannot be listed with the data set `us-2020`"), "{wrong}");
}

#[test]
fn what_comes_with_civitas_is_shown_like_the_rest() {
    let folder = tempdir().unwrap();
    let shown = said_by_civitas(folder.path(), &["dataset", "show", "us-2020"], 0);
    assert!(shown.starts_with("us-2020 (bundled): 51 regions\n") && shown.contains("comes with civitas"), "{shown}");
    assert!(
        said_by_civitas(folder.path(), &["dataset", "remove", "us-2020", "0"], 1)
            .contains("bundled data set, which stays")
    );
    let server = Server::start(folder.path(), &[]);
    let versions = server.get("/datasets/us-2020").expect(200).body;
    let detail = server.get("/datasets/us-2020/0").expect(200).body;
    assert_eq!(versions.as_array().unwrap().len(), 1);
    assert_eq!(
        [&versions[0]["version"], &versions[0]["regions"], &versions[0]["borders"]],
        [&json!(0), &json!(51), &json!(107)]
    );
    assert_eq!([&versions[0]["created_at"], &detail["in_use"]], [&Value::Null, &json!(true)]);
    assert_eq!(detail["preview"].as_array().unwrap().len(), 20);
    server.get("/datasets/us-2020/1").expect_error(404, "DATASET_NOT_FOUND");
    let stays = server.send("DELETE", "/datasets/us-2020/0", &[], None);
    assert!(stays.expect_error(400, "VALIDATION_ERROR").starts_with("name us-2020 is that of a bundled data set"));
    assert_eq!(server.get("/datasets").expect(200).body["items"], json!([]), "it is named apart");
}
