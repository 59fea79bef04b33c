//! Keys over HTTP: were one of these to fail, somebody could make or revoke keys who must not, a revoked key would still open
//! the door, or a key would be shown to others.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use serde_json::json;
use support::{Client, Server, said_by_civitas};
use tempfile::{TempDir, tempdir};

/// A server with a key of the tenant that administers keys and one of another.
fn server() -> (TempDir, Server, String, String) {
    let folder = tempdir().unwrap();
    let made = |tenant| {
        let said = said_by_civitas(folder.path(), &["key", "create", "--tenant", tenant], 0);
        said.lines().find(|line| line.starts_with("civ_")).unwrap().to_owned()
    };
    let (admin, other) = (made("office"), made("acme"));
    let server = Server::start(folder.path(), &[("CIVITAS_SERVER__ADMIN_TENANT", "office")]);
    (folder, server, admin, other)
}

fn tenants(client: &Client) -> Vec<String> {
    let list = client.get("/keys").expect(200).body;
    list["items"].as_array().unwrap().iter().map(|key| key["tenant"].as_str().unwrap().to_owned()).collect()
}

fn revoke(client: &Client, id: &str) -> support::Answer {
    client.send("DELETE", &format!("/keys/{id}"), &[], None)
}

#[test]
fn an_administrator_makes_and_revokes_keys_while_the_server_runs() {
    let (folder, server, admin, _) = server();
    let admin = server.with_key(&admin);
    assert_eq!(admin.get("/keys").expect(200).body["admin"], true);
    assert_eq!(tenants(&admin), ["office", "acme"]);
    let made = admin.post_json("/keys", &json!({"tenant": " visitors "})).expect(201).body;
    assert_eq!(made["tenant"], "visitors");
    let visitor = server.with_key(made["key"].as_str().unwrap());
    visitor.get("/runs").expect(200);
    let listed = admin.get("/keys").expect(200);
    assert!(!listed.text.contains("civ_") && !listed.text.contains("sha256"), "{}", listed.text);

    let id = made["id"].as_str().unwrap();
    let revoked = revoke(&admin, id).expect(200).body;
    visitor.get("/runs").expect_error(401, "UNAUTHORIZED");
    assert_eq!(revoke(&admin, id).expect(200).body, revoked, "again changes nothing");
    // What was answered is on the disk.
    drop(server);
    let again = Server::start(folder.path(), &[]);
    let visitor = again.with_key(made["key"].as_str().unwrap());
    visitor.get("/runs").expect_error(401, "UNAUTHORIZED");
    again.get("/runs").expect_error(401, "UNAUTHORIZED");
}

#[test]
fn others_see_their_own_keys_and_change_none() {
    let (folder, server, admin, other) = server();
    let acme = server.with_key(&other);
    let list = acme.get("/keys").expect(200).body;
    assert_eq!((tenants(&acme), &list["admin"]), (vec!["acme".to_owned()], &json!(false)));
    assert_eq!(list["items"][0]["own"], true);
    acme.post_json("/keys", &json!({"tenant": "office"})).expect_error(403, "ADMIN_ONLY");
    let all = server.with_key(&admin).get("/keys").expect(200).body;
    let of_office = all["items"][0]["id"].as_str().unwrap();
    revoke(&acme, of_office).expect_error(403, "ADMIN_ONLY");
    server.get("/keys").expect_error(401, "UNAUTHORIZED");
    drop(server);
    // Without the option nobody administers keys, and without keys nobody makes the first over HTTP.
    let plain = Server::start(folder.path(), &[]);
    plain.with_key(&admin).post_json("/keys", &json!({"tenant": "x"})).expect_error(403, "ADMIN_ONLY");
    let keyless = tempdir().unwrap();
    let open = Server::start(keyless.path(), &[("CIVITAS_SERVER__ADMIN_TENANT", "default")]);
    open.post_json("/keys", &json!({"tenant": "x"})).expect_error(403, "ADMIN_ONLY");
    open.get("/runs").expect(200);
}

#[test]
fn what_makes_no_sense_is_refused_in_words() {
    let (_folder, server, admin, _) = server();
    let admin = server.with_key(&admin);
    for body in [json!({"tenant": "  "}), json!({"tenant": "a\nb"}), json!({}), json!({"tenant": "a", "role": "admin"})]
    {
        admin.post_json("/keys", &body).expect_error(400, "VALIDATION_ERROR");
    }
    revoke(&admin, "latest").expect_error(400, "VALIDATION_ERROR");
    revoke(&admin, "0190a5b2-7c1e-7f3a-9b51-000000000000").expect_error(404, "KEY_NOT_FOUND");
    let own = admin.get("/keys").expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
    revoke(&admin, &own).expect_error(409, "KEY_IN_USE");
    admin.get("/runs").expect(200);
    assert_eq!(tenants(&admin).len(), 2, "nothing was made");
}
