//! Event scripts and bundles on a real server: were one of these to fail, somebody's change would be lost or overwrite another's, a
//! tenant would see another's scripts, or a run would have other effects than its bundle had when it was created.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod attribution;
mod inline;
mod runs;
#[path = "../support/mod.rs"]
mod support;
mod wrong;

use serde_json::{Value, json};
use support::{Answer, Client, PROJECT, Server, said_by_civitas};
use tempfile::tempdir;

/// A project that is not the one of the other tests.
const ELSEWHERE: &str = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4aff";

/// A shock in Texas and Louisiana that is over after six ticks.
fn shock() -> Value {
    json!([{"variable": "price_sensitivity", "operation": "add", "value": 0.4, "regions": ["TX", "LA"],
        "intensity": {"shape": "pulse", "ticks": 6}}])
}

/// A campaign for some, and a little trust for all.
fn campaign() -> Value {
    json!([{"variable": "media_sentiment", "operation": "max", "value": 0.9, "segments": ["laggards", "late_majority"]},
        {"variable": "social_trust", "operation": "multiply", "value": 1.2, "from_tick": 3, "until_tick": 9}])
}

fn put(client: &Client, path: &str, body: &Value) -> Answer {
    client.send("PUT", path, &[("Content-Type", "application/json")], Some(body.to_string().as_bytes()))
}

fn delete(client: &Client, path: &str) -> Answer {
    client.send("DELETE", path, &[], None)
}

/// Makes a script; gives its id.
fn script(client: &Client, name: &str, effects: &Value) -> String {
    let body = json!({"project_id": PROJECT, "name": name, "effects": effects});
    client.post_json("/event-scripts", &body).expect(201).id()
}

/// Makes a bundle of scripts with their offsets; gives its id.
fn bundle(client: &Client, order: &str, scripts: &[(&str, u32)]) -> String {
    let scripts: Vec<_> = scripts.iter().map(|(id, offset)| json!({"script_id": id, "offset_ticks": offset})).collect();
    let body = json!({"project_id": PROJECT, "name": "Winter", "order": order, "scripts": scripts});
    client.post_json("/event-scripts/bundles", &body).expect(201).id()
}

#[test]
fn scripts_are_made_read_listed_changed_and_removed() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let body = json!({"project_id": PROJECT, "name": "Fuel shock", "effects": shock()});
    let made = server.post_json("/event-scripts", &body).expect(201);
    let (id, path) = (made.id(), format!("/event-scripts/{}", made.id()));
    assert_eq!(made.header("location"), format!("/api/v1{path}"));
    assert_eq!((&made.body["version"], &made.body["lasts_ticks"]), (&json!(1), &json!(6)));
    assert_eq!(server.get(&path).expect(200).body, made.body);
    let effect = &made.body["effects"][0];
    assert_eq!((&effect["regions"], &effect["from_tick"]), (&json!(["TX", "LA"]), &json!(0)));

    // What is shown can be sent again.
    let change = json!({"version": 1, "name": "Fuel shock", "effects": made.body["effects"]});
    let same = put(&server, &path, &change).expect(200).body;
    assert_eq!((&same["version"], &same["effects"]), (&json!(2), &made.body["effects"]));
    assert_eq!((&same["created_at"], &same["created_by"]), (&made.body["created_at"], &json!("local")));
    let late = put(&server, &path, &json!({"version": 1, "name": "Late", "effects": campaign()}));
    assert!(late.expect_error(409, "VERSION_CONFLICT").starts_with("version must be 2: "), "{}", late.text);
    assert_eq!(server.get(&path).expect(200).body, same, "nothing has changed");

    let others: Vec<_> = (0..4).map(|n| script(&server, &format!("Script {n}"), &campaign())).collect();
    let elsewhere = json!({"project_id": ELSEWHERE, "name": "Elsewhere", "effects": shock()});
    server.post_json("/event-scripts", &elsewhere).expect(201);
    let list = |query: &str| server.get(&format!("/event-scripts{query}")).expect(200).body;
    let all = list("");
    assert_eq!((&all["total"], &all["items"][0]["name"]), (&json!(6), &json!("Elsewhere")), "the newest comes first");
    let page = list(&format!("?project_id={PROJECT}&skip=1&limit=2"));
    assert_eq!(
        (&page["total"], &page["page"], &page["pages"], &page["size"]),
        (&json!(5), &json!(1), &json!(3), &json!(2))
    );
    let ids: Vec<_> = page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&others[2], &others[1]]);
    assert_eq!(page["items"][0]["effect_count"], json!(2));

    delete(&server, &format!("{path}?version=1")).expect_error(409, "VERSION_CONFLICT");
    assert_eq!(delete(&server, &format!("{path}?version=2")).expect(200).body, same);
    server.get(&path).expect_error(404, "EVENT_SCRIPT_NOT_FOUND");
    delete(&server, &path).expect_error(404, "EVENT_SCRIPT_NOT_FOUND");
    put(&server, &path, &change).expect_error(404, "EVENT_SCRIPT_NOT_FOUND");
    assert_eq!(list(&format!("?project_id={PROJECT}"))["total"], json!(4));
    server.get(&format!("/event-scripts/bundles/{id}")).expect_error(404, "EVENT_BUNDLE_NOT_FOUND");
}

#[test]
fn bundles_keep_their_scripts() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (first, second) = (script(&server, "Shock", &shock()), script(&server, "Campaign", &campaign()));
    let id = bundle(&server, "sequential", &[(&first, 4), (&second, 0), (&first, 2)]);
    let path = format!("/event-scripts/bundles/{id}");
    let made = server.get(&path).expect(200).body;
    assert_eq!(
        (&made["order"], &made["scripts"][2]),
        (&json!("sequential"), &json!({"script_id": first, "offset_ticks": 2}))
    );
    let listed = server.get(&format!("/event-scripts/bundles?project_id={PROJECT}")).expect(200).body;
    assert_eq!(listed["items"], json!([made]));

    let refused = delete(&server, &format!("/event-scripts/{first}"));
    let said = refused.expect_error(409, "EVENT_SCRIPT_IN_USE");
    assert!(said.contains("\"Winter\"") && said.contains(&id), "{said}");
    let change = json!({"version": 1, "name": "Short winter", "scripts": [{"script_id": second}]});
    let changed = put(&server, &path, &change).expect(200).body;
    assert_eq!((&changed["version"], &changed["order"]), (&json!(2), &json!("parallel")));
    put(&server, &path, &change).expect_error(409, "VERSION_CONFLICT");
    delete(&server, &format!("/event-scripts/{first}")).expect(200);
    delete(&server, &format!("/event-scripts/{second}")).expect_error(409, "EVENT_SCRIPT_IN_USE");
    delete(&server, &path).expect(200);
    delete(&server, &format!("/event-scripts/{second}")).expect(200);
    server.get(&path).expect_error(404, "EVENT_BUNDLE_NOT_FOUND");
}

#[test]
fn of_many_changes_at_once_one_comes_first() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let path = format!("/event-scripts/{}", script(&server, "Shock", &shock()));
    for version in 1..=3 {
        let change = |n: usize| {
            let body = json!({"version": version, "name": format!("Change {n}"), "effects": campaign()});
            put(&server.fresh(), &path, &body)
        };
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let change = &change;
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || change(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!((won.len(), lost.len()), (1, 7));
        assert!(lost.iter().all(|answer| answer.body["error_code"] == "VERSION_CONFLICT"));
        assert_eq!(server.get(&path).expect(200).body, won[0].body);
    }
}

#[test]
fn what_was_acknowledged_outlives_a_kill() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (kept, gone) = (script(&server, "Kept", &shock()), script(&server, "Gone", &shock()));
    let id = bundle(&server, "parallel", &[(&kept, 1)]);
    put(&server, &format!("/event-scripts/{kept}"), &json!({"version": 1, "name": "Kept", "effects": campaign()}))
        .expect(200);
    delete(&server, &format!("/event-scripts/{gone}")).expect(200);
    let seen = [format!("/event-scripts/{kept}"), format!("/event-scripts/bundles/{id}")];
    let before = seen.clone().map(|path| server.get(&path).expect(200).body);
    server.kill9();

    let server = Server::start(folder.path(), &[]);
    assert_eq!(seen.map(|path| server.get(&path).expect(200).body), before);
    server.get(&format!("/event-scripts/{gone}")).expect_error(404, "EVENT_SCRIPT_NOT_FOUND");
    server.kill9();
    let said = said_by_civitas(folder.path(), &["doctor"], 0);
    assert!(said.contains("event scripts") && said.contains("event bundles"), "{said}");
}

#[test]
fn tenants_do_not_see_each_others_scripts() {
    let folder = tempdir().unwrap();
    let key = |tenant| {
        let said = said_by_civitas(folder.path(), &["key", "create", "--tenant", tenant], 0);
        said.lines().find(|line| line.starts_with("civ_")).unwrap().to_owned()
    };
    let (acme, other) = (key("acme"), key("other"));
    let server = Server::start(folder.path(), &[]);
    let (acme, other) = (server.with_key(&acme), server.with_key(&other));
    let own = script(&acme, "Shock", &shock());
    let id = bundle(&acme, "parallel", &[(&own, 0)]);
    for (path, code) in [
        (format!("/event-scripts/{own}"), "EVENT_SCRIPT_NOT_FOUND"),
        (format!("/event-scripts/bundles/{id}"), "EVENT_BUNDLE_NOT_FOUND"),
    ] {
        other.get(&path).expect_error(404, code);
        delete(&other, &path).expect_error(404, code);
    }
    let change = json!({"version": 1, "name": "Mine", "effects": campaign()});
    put(&other, &format!("/event-scripts/{own}"), &change).expect_error(404, "EVENT_SCRIPT_NOT_FOUND");
    for path in ["/event-scripts", "/event-scripts/bundles"] {
        assert_eq!(other.get(path).expect(200).body["total"], json!(0));
    }
    let theirs = json!({"project_id": PROJECT, "name": "Mine", "scripts": [{"script_id": own}]});
    let refused = other.post_json("/event-scripts/bundles", &theirs);
    assert!(
        refused.expect_error(400, "VALIDATION_ERROR").starts_with("scripts[0].script_id must be"),
        "{}",
        refused.text
    );
    let run = json!({"project_id": PROJECT, "scenario_patch": {"event_bundle_id": id}});
    other.post_json("/runs", &run).expect_error(404, "EVENT_BUNDLE_NOT_FOUND");
    let elsewhere = json!({"project_id": ELSEWHERE, "scenario_patch": {"event_bundle_id": id}});
    let refused = acme.post_json("/runs", &elsewhere);
    assert!(
        refused.expect_error(422, "BUNDLE_MISMATCH").starts_with("scenario_patch.event_bundle_id"),
        "{}",
        refused.text
    );
    for client in [&acme, &other] {
        assert_eq!(client.get("/runs").expect(200).body["total"], json!(0), "nothing was stored");
    }
    acme.post_json("/runs", &run).expect(201);
}
