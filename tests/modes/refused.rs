//! Requests that make no sense are refused with the field and the remedy, and leave nothing behind.

use super::*;

#[test]
fn what_a_hybrid_run_cannot_have_is_refused() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let ada = json!({"name": "Ada"});
    let with = |fields: Value| {
        let mut target = ada.clone();
        target.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!([target])
    };
    let many: Vec<_> = (0..65).map(|number| json!({"name": number.to_string()})).collect();
    for (targets, start) in [
        (json!([]), "targets must be between 1 and 64 agents, not 0"),
        (json!(many), "targets must be between 1 and 64 agents, not 65"),
        (json!([ada, ada]), "targets[1].name is \"Ada\" a second time"),
        (json!([{}]), "config.targets[0].name is required"),
        (json!({}), "config.targets must be an array, not an object"),
        (json!(["Ada"]), "config.targets[0] must be an object"),
        (json!([{"name": ""}]), "targets[0].name must have between 1 and 100 printable characters"),
        (with(json!({"region": "XX"})), "targets[0].region names no region `XX`; there are: AL"),
        (with(json!({"segment": "nobody"})), "targets[0].segment names no segment `nobody`; there are: innovators"),
        (with(json!({"agent": 500})), "targets[0].agent must be between 0 and 499, not 500"),
        (with(json!({"agent": -1})), "targets[0].agent must be between 0 and 4294967295"),
        (with(json!({"agent": 0, "region": "CA"})), "targets[0].region must be AL, where agent 0 lives"),
        (with(json!({"traits": {"mood": 1}})), "targets[0].traits.mood names no trait `mood`; there are: opinion"),
        (with(json!({"traits": {"opinion": 2}})), "targets[0].traits.opinion must be between -1 and 1, not 2"),
        (with(json!({"traits": {"opinion": "high"}})), "targets[0].traits.opinion must be a number"),
        (with(json!({"traits": {"stance": "neutral"}})), "targets[0].traits.stance cannot be given"),
        (
            with(json!({"traits": {"opinion": []}})),
            "config.targets[0].traits.opinion must be a number, true, false or a text",
        ),
        (with(json!({"goal": {"trait": "mood", "above": 0}})), "targets[0].goal.trait names no trait `mood`"),
        (with(json!({"goal": {"above": 0}})), "targets[0].goal must have either trait or metric"),
        (with(json!({"goal": {"trait": "opinion"}})), "targets[0].goal must have exactly one of above, at_least"),
        (with(json!({"goal": {"trait": "stance", "above": 0}})), "targets[0].goal can compare stance"),
        (with(json!({"goal": []})), "targets[0].goal must have between 1 and 8 conditions, not 0"),
        (with(json!({"goal": 7})), "config.targets[0].goal must be an object or a list of objects"),
        (with(json!({"age": 7})), "config.targets[0].age is not a known field"),
    ] {
        let config = json!({"population": {"agents": 500}, "targets": targets});
        let body = json!({"project_id": PROJECT, "mode": "hybrid", "config": config});
        let answer = server.post_json("/runs", &body);
        let said = answer.expect_error(400, "VALIDATION_ERROR");
        assert!(said.starts_with(start), "{targets}: {said}");
    }
    let refused = |body: Value| {
        let mut whole = json!({"project_id": PROJECT});
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        server.post_json("/runs", &whole).expect_error(400, "VALIDATION_ERROR").to_owned()
    };
    assert!(refused(json!({"config": {"targets": [ada]}})).starts_with("mode must be hybrid, where config.targets"));
    assert!(refused(json!({"mode": "hybrid"})).starts_with("config.targets is required where mode is hybrid"));
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(0), "nothing is stored");
}
