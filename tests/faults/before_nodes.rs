//! A store of before there were nodes: its runs are read, go on and can be forked, and have no node.

use serde_json::{Value, json};

use super::versions::{by_name, fixture};
use crate::support::{PROJECT, Server, said_by_civitas};

#[test]
fn runs_of_before_there_were_nodes_have_none_and_their_forks_begin_a_tree() {
    // Run records of version 4: one done, one forked from it, one that waits, one that was killed in the middle.
    let folder = fixture("store-v4-forked.tar.gz");
    said_by_civitas(folder.path(), &["doctor"], 0);
    let server = Server::start(folder.path(), &[]);
    let runs = by_name(&server);
    let id = |name: &str| runs.iter().find(|run| run.0 == name).unwrap().1["id"].as_str().unwrap().to_owned();
    let map = || server.get(&format!("/nodes/universe-map/{PROJECT}")).expect(200).body;
    for (name, _) in &runs {
        assert_eq!(server.run(&id(name))["outputs"]["node_id"], json!(null), "{name}");
    }
    for waiting in ["queued", "forked"] {
        server.start(&id(waiting)).expect(202);
    }
    for ends in ["done", "queued", "forked", "interrupted"] {
        assert_eq!(server.wait(&id(ends)).data["node_id"], json!(null), "{ends}");
        assert_eq!(server.get(&format!("/runs/{}/results", id(ends))).expect(200).body["node_id"], json!(null));
    }
    assert_eq!(server.outcome(&id("queued")), server.outcome(&id("done")));
    assert_eq!(map()["total"], json!(0));

    let fork = |body: Value| server.post_json(&format!("/runs/{}/fork", id("done")), &body).expect(201).id();
    let (first, second) = (fork(json!({})), fork(json!({})));
    let node = |run: &str| server.run(run)["outputs"]["node_id"].as_str().unwrap().to_owned();
    assert_ne!(node(&first), node(&second), "there is no question of the parent's that both could share");
    let found = server.get(&format!("/nodes/{}", node(&first))).expect(200).body;
    assert_eq!((&found["depth"], &found["patch"]["from_tick"]), (&json!(0), &json!(0)));
    assert_eq!(found["effective_patch"]["variable_deltas"], json!({"social_trust": 0.1}));
    let again = server.post_json("/runs", &json!({"node_id": node(&first), "config": {"seed": 21}})).expect(201).id();
    server.start(&again).expect(202);
    assert_eq!(server.outcome(&again), server.outcome(&id("done")));
    server.stop();
    said_by_civitas(folder.path(), &["doctor"], 0);
}
