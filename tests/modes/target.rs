//! Copies of one persona in a recorded society: what is asked is what the society's telemetry says, and it is the same after a
//! crash.

use super::*;

/// Everybody adopts by chance alone and by the share of those that have, so that the passage is known from the record.
fn society(server: &Client) -> String {
    let config = json!({
        "model": "bass", "parameters": {"innovation": 0.02, "imitation": 0.3}, "horizon_ticks": 30, "seed": 1,
        "population": {"agents": 4_000}
    });
    let id = created(server, "society", &config);
    finished(server, &id);
    id
}

fn config(target: Value) -> Value {
    let mut whole = json!({"persona": {"region": "CA"}, "goal": {"trait": "adopted", "equals": true}});
    whole.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
    json!({"seed": 9, "snapshot_every_ticks": 5, "target": whole})
}

#[test]
fn the_passage_is_the_one_of_the_recorded_society() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let society = society(&server);
    let recorded = config(json!({"copies": 20_000, "society": {"run_id": society}}));
    let id = created(&server, "target", &recorded);
    let said = server.run(&id);
    assert_eq!((&said["mode"], &said["config"]["model"]), (&json!("target"), &json!("bass")));
    assert_eq!(said["config"]["horizon_ticks"], json!(30), "as long as the society");
    assert_eq!(said["config"]["target"]["society"], json!({"run_id": society, "environment": "recorded"}));
    let found = finished(&server, &id);

    // By hand from the record: the chance of each tick is p + q F(t).
    let slice = server.get(&format!("/telemetry/{society}/slice?metrics=adopted")).expect(200).body;
    let shares = slice["metrics"]["adopted"]["overall"].as_array().unwrap();
    let shares: Vec<f64> = shares.iter().map(|share| share.as_f64().unwrap()).collect();
    let expected = 1.0 - shares[..30].iter().map(|share| 1.0 - 0.02 - 0.3 * share).product::<f64>();
    let probability = found["target"]["probability"].as_f64().unwrap();
    assert!((probability - expected).abs() < 0.015, "{probability} and not {expected}");
    let interval = &found["target"]["interval_95"];
    assert!(interval["low"].as_f64().unwrap() < probability && probability < interval["high"].as_f64().unwrap());
    assert_eq!(found["target"]["copies"], json!(20_000));

    // On average is another question, and so is a society that stays as it is born, where nobody has adopted.
    let mean = config(json!({"copies": 20_000, "society": {"run_id": society, "environment": "mean"}}));
    let mean = finished(&server, &created(&server, "target", &mean));
    let share = shares.iter().sum::<f64>() / shares.len() as f64;
    let expected = 1.0 - (1.0 - 0.02 - 0.3 * share).powi(30);
    assert!((mean["target"]["probability"].as_f64().unwrap() - expected).abs() < 0.015, "{expected}");
    let mut alone = config(json!({"copies": 20_000}));
    alone["model"] = json!("bass");
    alone["parameters"] = json!({"innovation": 0.02, "imitation": 0.3});
    alone["horizon_ticks"] = json!(30);
    let alone = finished(&server, &created(&server, "target", &alone));
    let expected = 1.0 - 0.98_f64.powi(30);
    assert!((alone["target"]["probability"].as_f64().unwrap() - expected).abs() < 0.015, "{expected}");

    // Sent back, the configuration is the same run; the node's next run has the same society, the record unread.
    let again = finished(&server, &created(&server, "target", &said["config"]));
    assert_eq!((&again["target"], &again["state_digest"]), (&found["target"], &found["state_digest"]));
    let node = said["outputs"]["node_id"].as_str().unwrap();
    let more = json!({"project_id": PROJECT, "node_id": node, "config": {"seed": 9}});
    let more = server.post_json("/runs", &more).expect(201).id();
    assert_eq!(finished(&server, &more)["state_digest"], found["state_digest"]);
    let listed = server.get("/runs?mode=target").expect(200).body["total"].as_u64().unwrap();
    assert_eq!(listed, 5);
    assert!(results(&server, &society).get("target").is_none());
}

#[test]
fn a_killed_server_goes_on_with_the_same_copies() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let mut long = config(json!({"copies": 30_000}));
    long["horizon_ticks"] = json!(400);
    long["telemetry"] = json!({"enabled": false});
    let whole = finished(&server, &created(&server, "target", &long));
    let id = created(&server, "target", &long);
    server.start(&id).expect(202);
    server.kill9_after_a_snapshot(&id);
    let server = Server::start(folder.path(), &[]);
    server.outcome(&id);
    let found = results(&server, &id);
    assert_eq!((&found["target"], &found["state_digest"]), (&whole["target"], &whole["state_digest"]));
}

#[test]
fn a_society_that_cannot_be_lived_in_is_refused() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let society = society(&server);
    let ask =
        |config: &Value| server.post_json("/runs", &json!({"project_id": PROJECT, "mode": "target", "config": config}));
    let of = |run: &str, change: &dyn Fn(&mut Value)| {
        let mut asked = config(json!({"society": {"run_id": run}}));
        change(&mut asked);
        ask(&asked)
    };
    let nobody = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10";
    of(nobody, &|_| ()).expect_error(404, "RUN_NOT_FOUND");
    let waiting = server.create(&json!({"horizon_ticks": 3}));
    let said = of(&waiting, &|_| ());
    assert!(said.expect_error(422, "SOCIETY_UNUSABLE").contains("has succeeded: this one is queued"));
    let said = of(&society, &|asked| asked["model"] = json!("voter"));
    assert!(said.expect_error(422, "SOCIETY_UNUSABLE").starts_with("config.model must be as in the society"));
    let said = of(&society, &|asked| asked["horizon_ticks"] = json!(31));
    assert!(said.expect_error(400, "VALIDATION_ERROR").starts_with("horizon_ticks must be at most 30"));
    let said = of(&society, &|asked| asked["target"]["persona"]["region"] = json!("XX"));
    assert!(said.expect_error(400, "VALIDATION_ERROR").starts_with("target.persona.region names no region `XX`"));
    let said = of(&society, &|asked| asked["target"]["society"]["environment"] = json!("guessed"));
    assert!(said.expect_error(400, "VALIDATION_ERROR").contains("must be recorded or mean"));
    let silent = json!({"model": "bass", "horizon_ticks": 3, "telemetry": {"enabled": false}});
    let silent = server.launch(&silent);
    server.outcome(&silent);
    of(&silent, &|_| ()).expect_error(404, "NO_TELEMETRY");
    for (copies, start) in
        [(json!(0), "target.copies must be between 1 and 1000000"), (json!(1_000_001), "target.copies")]
    {
        let said = ask(&config(json!({"copies": copies})));
        assert!(said.expect_error(400, "VALIDATION_ERROR").starts_with(start), "{copies}");
    }
    let mut two = config(json!({}));
    two["targets"] = json!([{"name": "Ada"}]);
    assert!(ask(&two).expect_error(400, "VALIDATION_ERROR").starts_with("config.targets must be left out"));
    let base = config(json!({"society": {"run_id": society}}));
    let mut base = base.as_object().unwrap().clone();
    base.insert("mode".to_owned(), json!("target"));
    let batch = json!({"project_id": PROJECT, "base_config": base, "variations": [{}]});
    let said = server.post_json("/runs/batch", &batch);
    assert!(said.expect_error(400, "VALIDATION_ERROR").starts_with("config.target.society names a run of a server"));
}
