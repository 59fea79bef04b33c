//! Wrong configurations, part by part: each is refused with its code and a text that begins with the path of the field, and
//! nothing is started or stored.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::Server;
use crate::support::experiments::*;

/// A right experiment with something of everything; steps stand at 0 to 6.
fn right() -> Value {
    let ask = survey(json!("all"), json!([question("choice", "stance")]));
    let born = json!({"opinion": {"dist_type": "normal", "mean": 0.2, "std": 0.1}});
    let config = experiment(
        1,
        json!([
            {"type": "step", "steps": 3},
            {"type": "environment", "key": "social_trust", "value": 0.5},
            {"type": "update_state", "key": "opinion", "value": 0.5, "target_agent": [1]},
            {"type": "message", "intervene_message": "m", "stance": 0.5, "target_agent": {"agent_class": "citizen"}},
            ask,
            {"type": "interview", "interview_message": "?", "target_agent": [0]},
            {"type": "metric", "key": "opinion"},
        ]),
    );
    let groups = json!([{"agent_class": "citizen", "number": 400, "memory_distributions": born}, {"agent_class": "rival", "number": 100}]);
    with(config, "/agent/citizens", groups)
}

const INVALID: &str = "INVALID_EXPERIMENT";
const UNSUPPORTED: &str = "UNSUPPORTED_STEP";

/// Where, what is put there, the code, and the path that the answer begins with.
fn cases() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let many = |count: usize, item: Value| Value::Array(vec![item; count]);
    let filter = |text: &str| json!({"filter_str": text});
    let ask = |kind: &str| json!({"name": "q", "type": kind, "key": "opinion"});
    let born = |given: Value| json!({"opinion": given});
    vec![
        // The five parts and what else stands beside them.
        ("/name", json!(7), INVALID, "name "),
        ("/name", json!(""), INVALID, "name "),
        ("/name", json!("ü".repeat(201)), INVALID, "name "),
        ("/name", json!("a\u{0}b"), INVALID, "name "),
        ("/seed", json!(-1), INVALID, "seed "),
        ("/seed", json!("7"), INVALID, "seed "),
        ("/llm", json!([{"provider": "openai"}]), INVALID, "llm "),
        ("/environment", json!([]), INVALID, "environment "),
        ("/environment/start_tick", json!(86_400), INVALID, "environment.start_tick "),
        ("/environment/total_tick", json!(0), INVALID, "environment.total_tick "),
        ("/environment/ticks_per_step", json!(1.5), INVALID, "environment.ticks_per_step "),
        ("/environment/weather", json!(0.5), INVALID, "environment.weather "),
        ("/environment/social_trust", json!(1e308), INVALID, "environment.social_trust "),
        ("/environment/social_trust", json!("high"), INVALID, "environment.social_trust "),
        ("/map", json!("us-2020"), INVALID, "map "),
        ("/map", json!({}), INVALID, "map.dataset "),
        ("/map/dataset", json!("mars"), INVALID, "map.dataset "),
        ("/map/dataset_version", json!(1), INVALID, "map.dataset_version must be left out: us-2020 comes with civitas"),
        ("/map/dataset_version", json!("1"), INVALID, "map.dataset_version "),
        ("/map/dataset_version", json!(0), INVALID, "map.dataset_version "),
        ("/map/dataset_version", json!(1.5), INVALID, "map.dataset_version "),
        ("/agent/network", json!({"kind": "listed"}), INVALID, "agent.network.kind cannot be listed with the data set"),
        ("/map/file_path", json!("beijing.pb"), INVALID, "map.file_path "),
        // Agents.
        ("/agent", json!(null), INVALID, "agent "),
        ("/agent/citizens", json!([]), INVALID, "agent.citizens "),
        ("/agent/citizens", json!({}), INVALID, "agent.citizens "),
        ("/agent/citizens", many(65, json!({"agent_class": "a", "number": 1})), INVALID, "agent.citizens "),
        ("/agent/citizens/0/number", json!(0), INVALID, "agent.citizens[0].number "),
        ("/agent/citizens/0/number", json!(-5), INVALID, "agent.citizens[0].number "),
        ("/agent/citizens/0/number", json!(1e3), INVALID, "agent.citizens[0].number "),
        ("/agent/citizens/1/number", json!(100_000_000), INVALID, "agent.citizens "),
        (
            "/agent/citizens/1/agent_class",
            json!("agentsociety.cityagent.SocietyAgent"),
            INVALID,
            "agent.citizens[1].agent_class ",
        ),
        ("/agent/citizens/1/agent_class", json!("ünicode"), INVALID, "agent.citizens[1].agent_class "),
        ("/agent/citizens/1/memory_config_func", json!("f"), INVALID, "agent.citizens[1].memory_config_func "),
        (
            "/agent/citizens/0/memory_distributions",
            born(json!({"dist_type": "poisson"})),
            INVALID,
            "agent.citizens[0].memory_distributions.opinion.dist_type ",
        ),
        (
            "/agent/citizens/0/memory_distributions",
            born(json!({"dist_type": "normal", "mean": 0, "std": -1})),
            INVALID,
            "agent.citizens[0].memory_distributions.opinion.std ",
        ),
        (
            "/agent/citizens/0/memory_distributions",
            born(json!({"dist_type": "uniform_float", "min_value": 0.5, "max_value": 0.1})),
            INVALID,
            "agent.citizens[0].memory_distributions.opinion.min_value ",
        ),
        (
            "/agent/citizens/0/memory_distributions",
            born(json!({"dist_type": "choice", "choices": [0.1], "weights": [1, 2]})),
            INVALID,
            "agent.citizens[0].memory_distributions.opinion.weights ",
        ),
        (
            "/agent/citizens/0/memory_distributions",
            born(json!({"dist_type": "constant", "value": 1e308})),
            INVALID,
            "agent.citizens[0].memory_distributions.opinion.value ",
        ),
        (
            "/agent/citizens/0/memory_distributions",
            json!({"age": {"dist_type": "constant", "value": 7}}),
            INVALID,
            "agent.citizens[0].memory_distributions.age ",
        ),
        ("/agent/firms", json!([{"agent_class": "firm"}]), INVALID, "agent.firms "),
        ("/agent/model", json!("ants"), INVALID, "agent.model "),
        ("/agent/parameters", json!({"pase": 1}), INVALID, "agent.parameters.pase "),
        ("/agent/network", json!({"mean_degree": -1}), INVALID, "agent.network.mean_degree "),
        // The workflow, as a list and as an object.
        ("/workflow", json!("run"), INVALID, "workflow "),
        ("/workflow", json!([]), INVALID, "workflow "),
        ("/workflow", json!({}), INVALID, "workflow.steps "),
        ("/workflow", json!([{"type": "next_round"}]), INVALID, "workflow "),
        ("/workflow", json!({"steps": [{"type": "step"}, {"type": "fly"}]}), INVALID, "workflow.steps[1].type "),
        (
            "/workflow",
            json!({"steps": [{"type": "step"}], "metric_extractors": [{"key": "age"}]}),
            INVALID,
            "workflow.metric_extractors[0].key ",
        ),
        (
            "/workflow",
            json!({"steps": [{"type": "step"}], "metric_extractors": [{"type": "function", "func": "f"}]}),
            UNSUPPORTED,
            "workflow.metric_extractors[0].type ",
        ),
        ("/workflow", many(1001, json!({"type": "step"})), INVALID, "workflow "),
        ("/workflow", json!([{"type": "run", "days": 367}]), INVALID, "workflow[0].days "),
        ("/workflow", many(2, json!({"type": "run", "days": 300})), INVALID, "workflow "),
        ("/workflow/0", json!({"type": "fly"}), INVALID, "workflow[0].type "),
        ("/workflow/0", json!({}), INVALID, "workflow[0].type "),
        ("/workflow/0", json!({"type": "run", "days": 0}), INVALID, "workflow[0].days "),
        ("/workflow/0", json!({"type": "run", "days": 1e308}), INVALID, "workflow[0].days "),
        ("/workflow/0/steps", json!(-1), INVALID, "workflow[0].steps "),
        ("/workflow/0/days", json!(1), INVALID, "workflow[0].days "),
        ("/workflow/1/key", json!("weather"), INVALID, "workflow[1].key "),
        ("/workflow/1/value", json!(2), INVALID, "workflow[1].value "),
        ("/workflow/1/value", json!(true), INVALID, "workflow[1].value "),
        ("/workflow/1/regions", json!(["CA", "XX"]), INVALID, "workflow[1].regions[1] "),
        ("/workflow/2/key", json!("stance"), INVALID, "workflow[2].key "),
        ("/workflow/2/value", json!("x"), INVALID, "workflow[2].value "),
        ("/workflow/2/target_agent", json!([0, 500]), INVALID, "workflow[2].target_agent[1] "),
        ("/workflow/2/target_agent", json!([-1]), INVALID, "workflow[2].target_agent[0] "),
        ("/workflow/2/target_agent", json!([]), INVALID, "workflow[2].target_agent "),
        ("/workflow/2/target_agent", json!("everybody"), INVALID, "workflow[2].target_agent "),
        ("/workflow/2/target_agent", json!(null), INVALID, "workflow[2].target_agent "),
        ("/workflow/2/target_agent", json!({"agent_class": "nobody"}), INVALID, "workflow[2].target_agent.agent_class"),
        (
            "/workflow/3/target_agent",
            filter("opinion > 0.2 or id == 1"),
            INVALID,
            "workflow[3].target_agent.filter_str ",
        ),
        ("/workflow/3/target_agent", filter(""), INVALID, "workflow[3].target_agent.filter_str "),
        ("/workflow/3/target_agent", filter("age > 7"), INVALID, "workflow[3].target_agent.filter_str "),
        ("/workflow/3/target_agent", filter("region == 'XX'"), INVALID, "workflow[3].target_agent.filter_str "),
        ("/workflow/3/stance", json!(null), UNSUPPORTED, "workflow[3].stance "),
        ("/workflow/3/strength", json!(1.1), INVALID, "workflow[3].strength "),
        ("/workflow/3/intervene_message", json!(" "), INVALID, "workflow[3].intervene_message "),
        ("/workflow/3/type", json!("marketing_message"), UNSUPPORTED, "workflow[3].type "),
        ("/workflow/4/survey", json!({"questions": []}), INVALID, "workflow[4].survey "),
        ("/workflow/4/survey/questions/0", ask("text"), UNSUPPORTED, "workflow[4].survey.questions[0].type "),
        ("/workflow/4/survey/questions/0", ask("checkbox"), UNSUPPORTED, "workflow[4].survey.questions[0].type "),
        ("/workflow/4/survey/questions/0", ask("choice"), INVALID, "workflow[4].survey.questions[0].choices "),
        ("/workflow/4/survey/questions/0/key", json!(null), INVALID, "workflow[4].survey.questions[0].key "),
        (
            "/workflow/4/survey",
            json!({"pages": [{"elements": [ask("number")]}, {"elements": [ask("number")]}]}),
            INVALID,
            "workflow[4].survey.pages[1].elements[0].name ",
        ),
        ("/workflow/5/target_agent", json!("all"), INVALID, "workflow[5].target_agent "),
        ("/workflow/5/target_agent", many(1001, json!(1)), INVALID, "workflow "),
        ("/workflow/6/method", json!("median"), INVALID, "workflow[6].method "),
        ("/workflow/6/key", json!("stance"), INVALID, "workflow[6].key "),
        ("/workflow/6/func", json!("f"), UNSUPPORTED, "workflow[6].func "),
        ("/workflow/6", json!({"type": "function", "func": "f"}), UNSUPPORTED, "workflow[6].type "),
        ("/workflow/6", json!({"type": "intervene"}), UNSUPPORTED, "workflow[6].type "),
        ("/workflow/6", json!({"type": "save_context", "key": "a", "save_as": "b"}), UNSUPPORTED, "workflow[6].type "),
        ("/workflow/6", json!({"type": "delete_agent", "target_agent": [1]}), UNSUPPORTED, "workflow[6].type "),
    ]
}

#[test]
fn every_wrong_configuration_is_refused_and_starts_nothing() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let refused = |config: &Value, code: &str, path: &str| {
        let answer = server.post_experiment(config);
        assert_eq!(answer.status, 422, "{path}: {}", answer.text);
        let detail = answer.expect_error(422, code);
        assert!(detail.starts_with(path), "{detail:.200} does not begin with {path}");
        assert!(detail.chars().count() < 600, "an answer for people: {detail:.700}");
    };
    for part in ["name", "environment", "agent", "workflow", "map"] {
        refused(&without(right(), &format!("/{part}")), INVALID, &format!("{part} "));
    }
    let cases = cases();
    assert!(cases.len() >= 40);
    for (pointer, value, code, path) in cases {
        refused(&with(right(), pointer, value), code, path);
    }
    let large = json!([{"agent_class": "a", "number": 100_000_000}]);
    let crowd = with(
        with(experiment(1, json!([{"type": "step"}])), "/agent/citizens", large),
        "/agent/network",
        json!({"mean_degree": 40}),
    );
    server.post_experiment(&crowd).expect_error(422, "RUN_TOO_LARGE");

    assert_eq!(server.experiments("").expect(200).body, json!({"data": []}), "something was stored");
    assert_eq!(server.get("/runs").expect(200).body["total"], json!(0), "something was started");
    server.concluded(&right());
}

#[test]
fn a_label_is_no_number() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let config = with(right(), "/workflow/4/survey/questions/0", question("number", "stance"));
    let answer = server.post_experiment(&config);
    assert!(answer.expect_error(422, INVALID).starts_with("workflow[4].survey.questions[0]"));
}

#[test]
fn choices_are_told_apart() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let twice = json!({"name": "q", "type": "choice", "key": "adopted", "choices": ["x", "x"]});
    let answer = server.post_experiment(&with(right(), "/workflow/4/survey/questions/0", twice));
    assert!(answer.expect_error(422, INVALID).starts_with("workflow[4].survey.questions[0].choices[1]"));
}
