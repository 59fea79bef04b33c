//! Data sets of one's own on a real server: were one of these to fail, a run would be of another society than it says, or
//! somebody would see a society that is not theirs.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;

use serde_json::{Value, json};
use support::{PROJECT, Server, form, run_civitas, said_by_civitas};
use tempfile::tempdir;

const REGIONS: &str = "code,name,population,latitude,longitude\nN,North,300,10,20\nS,South,100,-10,20\n";

/// Agents of two regions, one in ten of whom has adopted.
fn agents(count: usize) -> String {
    (0..count).fold("region,opinion,adopted\n".to_owned(), |text, n| {
        text + &format!("{},{},{}\n", ["N", "S"][n % 2], (n % 20) as f64 / 10.0 - 0.95, n % 10 == 0)
    })
}

fn body(name: &str, agents_csv: Option<&str>) -> Value {
    json!({"name": name, "regions_csv": REGIONS, "borders_csv": "a,b\nN,S\n", "agents_csv": agents_csv})
}

fn config(name: &str) -> Value {
    json!({"horizon_ticks": 6, "population": {"dataset": name}})
}

#[test]
fn a_data_set_is_added_run_and_kept_over_a_restart() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let text = agents(2_000);
    let added = server.post_json("/datasets", &body("mine", Some(&text))).expect(201);
    assert_eq!(added.header("location"), "/api/v1/datasets/mine/1");
    assert_eq!(
        (&added.body["version"], &added.body["regions"], &added.body["agents"]),
        (&json!(1), &json!(2), &json!(2000))
    );
    assert_eq!(added.body["columns"], json!(["adopted", "opinion"]));
    server.post_json("/datasets", &body("mine", Some(&text))).expect(200);

    let first = server.launch(&config("mine"));
    let outcome = server.outcome(&first);
    let run = server.run(&first);
    assert_eq!(run["config"]["population"], json!({"dataset": "mine", "agents": 2000}));
    assert_eq!(run["config"]["dataset_version"], "1", "the version is fixed");
    let results = server.get(&format!("/runs/{first}/results")).expect(200).body;
    assert_eq!(results["trends"]["adoption_rate"][0]["value"], 0.1);
    let waiting = server.create(&config("mine"));

    // A later version changes nothing of what is there.
    let other = server.post_json("/datasets", &body("mine", Some(&agents(1_000)))).expect(201);
    assert_eq!(other.body["version"], 2);
    server.stop();
    let server = Server::start(folder.path(), &[]);
    server.start(&waiting).expect(202);
    assert_eq!(server.outcome(&waiting), outcome);
    let newest = server.run(&server.create(&config("mine")));
    assert_eq!(
        (&newest["config"]["dataset_version"], &newest["config"]["population"]["agents"]),
        (&json!("2"), &json!(1000))
    );
    let mut older = config("mine");
    older["dataset_version"] = json!("1");
    assert_eq!(server.run(&server.create(&older))["config"]["population"]["agents"], 2000);

    let versions = server.get("/datasets/mine").expect(200).body;
    assert_eq!(versions.as_array().unwrap().len(), 2);
    let detail = server.get("/datasets/mine/1").expect(200).body;
    assert_eq!(
        (&detail["in_use"], &detail["preview"][1]["name"], &detail["preview"][1]["latitude"]),
        (&json!(true), &json!("South"), &json!(-10.0))
    );
    assert_eq!((&detail["preview"][1]["agents"], &detail["segments"]), (&json!(1000), &json!([])));
    let one = server.get("/datasets/mine/1?regions=1").expect(200).body;
    assert_eq!(one["preview"].as_array().unwrap().len(), 1);
    assert_eq!(server.get("/datasets/us-2020/0?regions=4096").expect(200).body["preview"][50]["code"], "WY");
    server.get("/datasets/mine/1?regions=-1").expect_error(400, "VALIDATION_ERROR");
    let list = server.get("/datasets").expect(200).body;
    assert_eq!((&list["items"][1]["version"], &list["bundled"]), (&json!(2), &json!(["us-2020"])));
}

#[test]
fn which_regions_and_segments_there_are_is_told_with_their_counts() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let table = "region,segment\nN,laggards\nS,innovators\nN,laggards\nN,innovators\nN,laggards\n";
    server.post_json("/datasets", &body("small", Some(table))).expect(201);
    let detail = server.get("/datasets/small/1").expect(200).body;
    let told = json!([{"name": "laggards", "agents": 3}, {"name": "innovators", "agents": 2}]);
    assert_eq!(detail["segments"], told, "in the order of the table");
    assert_eq!((&detail["preview"][0]["agents"], &detail["preview"][1]["agents"]), (&json!(4), &json!(1)));
    let states = server.get("/datasets/us-2020/0").expect(200).body;
    assert_eq!((&states["segments"], &states["preview"][0]["agents"]), (&json!([]), &Value::Null));
    // The names are those of the model, which others take.
    let model = server.get("/models/society").expect(200).body;
    let known = model["segments"].as_array().unwrap();
    assert!(known.len() == 5 && known.contains(&json!("laggards")) && model["born_into_segments"] == json!(true));
    let run = server.launch(&config("small"));
    server.outcome(&run);
    let path = format!("/telemetry/{run}/slice?metrics=adoption_rate&regions=N&segments=laggards");
    let slice = server.get(&path).expect(200).body;
    assert!(slice["metrics"]["adoption_rate"]["by_segment"]["laggards"].is_array(), "{slice:.300}");
}

#[test]
fn a_run_interrupted_goes_on_with_its_version() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    server.post_json("/datasets", &body("mine", Some(&agents(30_000)))).expect(201);
    let long = json!({"horizon_ticks": 1000, "population": {"dataset": "mine"}, "snapshot_every_ticks": 5});
    let whole = server.launch(&long);
    let wanted = server.outcome(&whole);
    let killed = server.launch(&long);
    server.kill9_after_a_snapshot(&killed);
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.outcome(&killed), wanted);
}

#[test]
fn what_is_wrong_is_told_with_file_and_line() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    for (field, text, wanted) in [
        ("regions_csv", "code,population\nA,many\n", "regions.csv line 2: population must be a whole number"),
        ("borders_csv", "a,b\nN,X\n", "borders.csv line 2: b must be the code of a region"),
        ("agents_csv", "region,opinion\nN,1\nN,x\n", "agents.csv line 3: opinion must be a finite number"),
    ] {
        let mut wrong = body("mine", None);
        wrong[field] = json!(text);
        let refused = server.post_json("/datasets", &wrong);
        assert!(refused.expect_error(422, "INVALID_DATASET").starts_with(wanted), "{}", refused.text);
    }
    let named = |name: &str| server.post_json("/datasets", &body(name, None));
    assert!(named("us-2020").expect_error(400, "VALIDATION_ERROR").contains("bundled"));
    assert!(named("a/b").expect_error(400, "VALIDATION_ERROR").starts_with("name must have 1 to 64 letters"));
    server.post_json("/datasets", &json!({"name": "x"})).expect_error(400, "VALIDATION_ERROR");
    server.post_json("/datasets", &body("mine", None)).expect(201);

    let create = |config: Value| server.post_json("/runs", &json!({"project_id": PROJECT, "config": config}));
    let unknown = create(config("other"));
    assert_eq!(unknown.expect_error(422, "UNKNOWN_DATASET"), "unknown data set `other`; available: us-2020, mine (1)");
    let mut later = config("mine");
    later["dataset_version"] = json!("7");
    let unknown = create(later);
    assert!(unknown.expect_error(422, "UNKNOWN_DATASET").contains("`mine version 7`"), "{}", unknown.text);
    server.post_json("/datasets", &body("listed", Some(&agents(10)))).expect(201);
    let refused = create(json!({"population": {"dataset": "listed", "agents": 11}}));
    assert!(refused.expect_error(400, "VALIDATION_ERROR").starts_with("population.agents must be 10, as many as"));
    let refused = create(json!({"model": "voter", "population": {"dataset": "listed"}}));
    assert!(refused.expect_error(400, "VALIDATION_ERROR").contains("no trait that the model `voter` lets be set"));
    for path in ["/datasets/none", "/datasets/mine/9"] {
        server.get(path).expect_error(404, "DATASET_NOT_FOUND");
    }
    server.get("/datasets/mine/x").expect_error(400, "VALIDATION_ERROR");
}

#[test]
fn a_version_that_a_run_names_stays() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let remove = |version: u32| server.send("DELETE", &format!("/datasets/mine/{version}"), &[], None);
    server.post_json("/datasets", &body("mine", None)).expect(201);
    server.post_json("/datasets", &body("mine", Some(&agents(10)))).expect(201);
    server.create(&config("mine"));
    remove(2).expect_error(409, "DATASET_IN_USE");
    remove(1).expect(200);
    remove(1).expect_error(404, "DATASET_NOT_FOUND");
    let again = server.post_json("/datasets", &body("mine", None)).expect(201);
    assert_eq!(again.body["version"], 3, "a number is not given twice");
}

#[test]
fn tenants_do_not_see_each_others() {
    let folder = tempdir().unwrap();
    let key = |tenant: &str| {
        let made = run_civitas(folder.path(), &["key", "create", "--tenant", tenant, "--data-dir", "data"], &[]);
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    };
    let keys = ["acme", "umbra"].map(key);
    let server = Server::start(folder.path(), &[]);
    let [acme, umbra] = keys.map(|key| server.with_key(&key));
    acme.post_json("/datasets", &body("mine", None)).expect(201);
    assert_eq!(umbra.get("/datasets").expect(200).body["items"], json!([]));
    umbra.get("/datasets/mine").expect_error(404, "DATASET_NOT_FOUND");
    umbra.send("DELETE", "/datasets/mine/1", &[], None).expect_error(404, "DATASET_NOT_FOUND");
    let refused = umbra.post_json("/runs", &json!({"project_id": PROJECT, "config": config("mine")}));
    assert!(!refused.expect_error(422, "UNKNOWN_DATASET").contains("(1)"), "{}", refused.text);
    assert_eq!(umbra.post_json("/datasets", &body("mine", None)).expect(201).body["version"], 1);
    server.get("/datasets").expect_error(401, "UNAUTHORIZED");
}

#[test]
fn files_come_as_a_form() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let kind = [("Content-Type", "multipart/form-data; boundary=frontier")];
    let send = |parts: &[(&str, &str, &[u8])]| server.send("POST", "/datasets", &kind, Some(&form(parts)));
    let (name, text) = (("name", "", &b"mine"[..]), agents(50));
    let added = send(&[name, ("regions", "places.csv", REGIONS.as_bytes()), ("agents", "people.csv", text.as_bytes())]);
    assert_eq!(added.expect(201).body["agents"], 50);
    let wrong = send(&[name, ("regions", "places.csv", b"code,population\nA,-1\n")]);
    assert!(wrong.expect_error(422, "INVALID_DATASET").starts_with("places.csv line 2: population"), "{}", wrong.text);
    let wrong = send(&[name, ("regions", "places.parquet", b"PAR1 and no more")]);
    assert!(wrong.expect_error(422, "INVALID_DATASET").starts_with("places.parquet row 0: cannot be read as Parquet"));
    send(&[name]).expect_error(400, "VALIDATION_ERROR");
    send(&[name, ("maps", "x", b"")]).expect_error(400, "VALIDATION_ERROR");
    send(&[("regions", "r.csv", REGIONS.as_bytes())]).expect_error(400, "VALIDATION_ERROR");
    let large = vec![b'x'; 64 * 1024 * 1024 + 1];
    send(&[name, ("regions", "r.csv", &large)]).expect_error(413, "PAYLOAD_TOO_LARGE");
}

#[test]
fn the_command_line_adds_shows_runs_and_removes() {
    let folder = tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("regions.csv", REGIONS);
    write("agents.csv", &agents(500));
    write("run.toml", "[config]\nhorizon_ticks = 4\n[config.population]\ndataset = \"mine\"\n");
    let run = |args: &[&str], code| said_by_civitas(folder.path(), args, code);
    assert!(run(&["run", "run.toml"], 1).contains("unknown data set `mine`; available: us-2020"));
    assert!(!folder.path().join("data").exists(), "looking for a data set makes no store");
    let added = run(&["dataset", "add", "mine", "regions.csv", "--agents", "agents.csv"], 0);
    assert_eq!(added, "added mine version 1: 2 regions, 500 agents\n");
    assert!(run(&["dataset", "add", "mine", "regions.csv", "--agents", "agents.csv"], 0).starts_with("there already"));
    assert!(run(&["run", "run.toml"], 0).contains("500 agents of mine"));
    assert!(run(&["run", "run.toml", "--agents", "7"], 1).contains("run.toml: population.agents must be 500, as many"));
    assert!(run(&["dataset", "list"], 0).contains("mine version 1: 2 regions, 500 agents, added 20"));
    let shown = run(&["dataset", "show", "mine"], 0);
    assert!(shown.contains("columns   adopted, opinion") && shown.contains("in use    yes"), "{shown}");
    assert!(run(&["dataset", "remove", "mine", "1"], 1).contains("is named by a run"));
    assert!(run(&["dataset", "remove", "mine", "2"], 1).contains("hint: `civitas dataset list`"));
    write("agents.csv", "region\nN\nQ\n");
    let wrong = run(&["dataset", "add", "mine", "regions.csv", "--agents", "agents.csv"], 1);
    assert!(
        wrong.contains("error: agents.csv line 3: region must be the code of a region") && wrong.contains("hint: ")
    );
    run(&["dataset", "add", "mine", "regions.csv"], 0);
    assert!(run(&["dataset", "remove", "mine", "2"], 0).starts_with("removed mine version 2"));
}
