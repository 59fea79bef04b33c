//! Configurations that are wrong: each is refused with the code, the path of the field, and what is wrong with it.

use serde_json::{Value as Json, json};

use super::{base, draft, draft_of, with};

const INVALID: &str = "INVALID_EXPERIMENT";
const UNSUPPORTED: &str = "UNSUPPORTED_STEP";

/// Checks that a configuration is refused with a text that starts like this.
fn refused(config: &Json, code: &str, start: &str) {
    let error = draft(config).expect_err(&format!("accepted, not {start}: {config}"));
    assert!(error.detail.starts_with(start), "\n wanted {start}\n  found {}\n{config}", error.detail);
    assert_eq!(error.code.as_str(), code, "{}", error.detail);
}

#[test]
fn the_five_parts() {
    for part in ["name", "environment", "agent", "workflow", "map"] {
        let mut config = base();
        config.as_object_mut().unwrap().remove(part);
        refused(&config, INVALID, &format!("{part} is required"));
    }
    for (pointer, value, start) in [
        ("/name", json!(7), "name must be a string, not integer 7"),
        ("/name", json!(" "), "name must have between 1 and 200 characters"),
        ("/name", json!("x".repeat(201)), "name must have between 1 and 200 characters"),
        ("/environment", json!([]), "environment must be an object, not an array"),
        ("/agent", json!([]), "agent must be an object, not an array"),
        ("/agent", json!(null), "agent must be an object, not null"),
        ("/map", json!("us-2020"), "map must be an object, not string \"us-2020\""),
        ("/map", json!({}), "map.dataset is required"),
        ("/map/dataset", json!("mars"), "map.dataset names no data set `mars`; there are: us-2020"),
        ("/map/file_path", json!("beijing.pb"), "map.file_path is not supported: maps are data sets here"),
        ("/map/cache_path", json!("x"), "map.cache_path is not supported: maps are data sets here"),
        ("/map/size", json!(1), "map.size is not a known field; there are: dataset"),
        ("/workflow", json!("run"), "workflow must be a list of steps, or an object with steps, not string"),
        ("/llm", json!([]), "llm is not a known field; there are: name, environment, agent, workflow, map, seed"),
        ("/seed", json!(-1), "seed must be between 0 and 18446744073709551615, not -1"),
        ("/seed", json!(1.5), "seed must be a whole number without fraction or exponent, not 1.5"),
    ] {
        refused(&with(base(), pointer, value), INVALID, start);
    }
    assert_eq!(draft_of(b"{\"name\":").unwrap_err().code.as_str(), "INVALID_JSON");
    let twice = base().to_string().replacen('{', "{\"seed\": 1, \"seed\": 2, ", 1);
    let error = draft_of(twice.as_bytes()).unwrap_err();
    assert_eq!((error.code.as_str(), error.detail.as_str()), (INVALID, "seed is given twice"));
}

#[test]
fn the_environment() {
    for (field, value, start) in [
        ("start_tick", json!(-1), "environment.start_tick must be between 0 and 86399, not -1"),
        ("start_tick", json!(86_400), "environment.start_tick must be between 0 and 86399, not 86400"),
        ("start_tick", json!("8:00"), "environment.start_tick must be a whole number, not string \"8:00\""),
        ("total_tick", json!(0), "environment.total_tick must be between 1 and 86400, not 0"),
        ("total_tick", json!(86_401), "environment.total_tick must be between 1 and 86400, not 86401"),
        ("ticks_per_step", json!(0), "environment.ticks_per_step must be between 1 and 86400, not 0"),
        ("ticks_per_step", json!(0.5), "environment.ticks_per_step must be a whole number without fraction"),
        ("social_trust", json!(1.5), "environment.social_trust must be between 0 and 1, not 1.5"),
        ("social_trust", json!("high"), "environment.social_trust must be a number, not string \"high\""),
        ("weather", json!(1), "environment.weather names no variable `weather`; there are: economy_confidence"),
    ] {
        refused(&with(base(), &format!("/environment/{field}"), value), INVALID, start);
    }
    let late = with(base(), "/environment", json!({"start_tick": 80_000, "total_tick": 6_401}));
    refused(&late, INVALID, "environment.total_tick must be between 1 and 6400, not 6401");
    let twice = base().to_string().replace("{\"social_trust\"", "{\"social_trust\": 0, \"social_trust\"");
    assert_eq!(draft_of(twice.as_bytes()).unwrap_err().detail, "environment.social_trust is given twice");
}

#[test]
fn the_agents() {
    let python = "Python does not run here";
    for (field, value, start) in [
        ("citizens", json!([]), "agent.citizens must have at least one group"),
        ("citizens", json!({}), "agent.citizens must be an array, not an object"),
        ("citizens", json!([[]]), "agent.citizens[0] must be an object, not an array"),
        ("citizens", json!([{"number": 1}]), "agent.citizens[0].agent_class is required"),
        ("citizens", json!([{"agent_class": "a"}]), "agent.citizens[0].number is required"),
        ("citizens/0/number", json!(0), "agent.citizens[0].number must be between 1 and 100000000, not 0"),
        ("citizens/0/number", json!(1e9), "agent.citizens[0].number must be a whole number without fraction"),
        ("citizens/0/number", json!(100_000_000), "agent.citizens must be at most 100000000 agents together"),
        ("citizens/1/agent_class", json!(""), "agent.citizens[1].agent_class must be a name of 1 to 100 letters"),
        ("citizens/1/agent_class", json!("a b"), "agent.citizens[1].agent_class must be a name of 1 to 100 letters"),
        (
            "citizens/0/memory_config_func",
            json!("f"),
            &format!("agent.citizens[0].memory_config_func is not supported: {python}"),
        ),
        (
            "citizens/0/memory_from_file",
            json!("a.json"),
            "agent.citizens[0].memory_from_file is not supported: agents are not read from files",
        ),
        (
            "citizens/0/blocks",
            json!({"a": {}}),
            "agent.citizens[0].blocks is not supported: agents follow the model's rules",
        ),
        ("citizens/0/agent_params", json!({"a": 1}), "agent.citizens[0].agent_params is not supported"),
        ("citizens/0/param_config", json!({"a": 1}), "agent.citizens[0].param_config is not supported"),
        (
            "citizens/0/age",
            json!(7),
            "agent.citizens[0].age is not a known field; there are: agent_class, number, memory_distributions",
        ),
        (
            "firms",
            json!([{"agent_class": "firm"}]),
            "agent.firms is not supported: all agents are citizens of one model",
        ),
        ("banks", json!([1]), "agent.banks is not supported"),
        ("nbs", json!([1]), "agent.nbs is not supported"),
        ("governments", json!([1]), "agent.governments is not supported"),
        ("supervisor", json!({"agent_class": "s"}), "agent.supervisor is not supported"),
        ("init_funcs", json!(["f"]), &format!("agent.init_funcs is not supported: {python}")),
        ("model", json!("ants"), "agent.model names no model `ants`; there are: bass, bounded_confidence"),
        ("parameters", json!({"pase": 1}), "agent.parameters.pase"),
        ("parameters", json!({"pace": -1}), "agent.parameters.pace must be between"),
        ("parameters", json!({"pace": "x"}), "agent.parameters.pace must be a number, not string"),
        ("network", json!({"kind": "web"}), "agent.network.kind must be one of gravity, complete"),
        ("network", json!({"mean_degree": 300}), "agent.network.mean_degree must be between 0 and 256, not 300"),
        ("network", json!({"degree": 3}), "agent.network.degree is not a known field; there are: kind, mean_degree"),
        ("network", json!([]), "agent.network must be an object, not an array"),
        ("agents", json!(1), "agent.agents is not a known field; there are: citizens, model, parameters, network"),
    ] {
        refused(&with(base(), &format!("/agent/{field}"), value), INVALID, start);
    }
    let class = with(base(), "/agent/citizens/0/agent_class", json!("agentsociety.cityagent.SocietyAgent"));
    let detail = draft(&class).unwrap_err().detail;
    assert!(detail.starts_with("agent.citizens[0].agent_class must be a name"), "{detail}");
    assert!(detail.contains("Python classes cannot run here"), "{detail}");
    let many = vec![json!({"agent_class": "a", "number": 1}); 65];
    refused(&with(base(), "/agent/citizens", json!(many)), INVALID, "agent.citizens must be at most 64");
    let crowd = json!({"citizens": [{"agent_class": "a", "number": 100_000_000}], "network": {"mean_degree": 100}});
    refused(&with(base(), "/agent", crowd), INVALID, "agent.network.mean_degree times the number of agents must be");
    let twice = base().to_string().replace("{\"opinion\"", "{\"opinion\": {\"dist_type\": \"x\"}, \"opinion\"");
    let detail = draft_of(twice.as_bytes()).unwrap_err().detail;
    assert_eq!(detail, "agent.citizens[1].memory_distributions.opinion is given twice");
    // Fields that are known only to be refused are not proposed.
    let known = draft(&with(base(), "/agent/x", json!(1))).unwrap_err().detail;
    assert_eq!(known, "agent.x is not a known field; there are: citizens, model, parameters, network");
}

#[test]
fn distributions() {
    for (name, given, rest) in [
        ("opinion", json!([]), " must be an object, not an array"),
        ("opinion", json!({"value": 1}), ".dist_type is required"),
        (
            "opinion",
            json!({"dist_type": "poisson"}),
            ".dist_type must be one of constant, choice, uniform_int, uniform_float, normal, not \"poisson\"",
        ),
        ("opinion", json!({"dist_type": "constant"}), ".value is required"),
        ("opinion", json!({"dist_type": "constant", "value": 2}), ".value must be between -1 and 1, not 2"),
        (
            "opinion",
            json!({"dist_type": "constant", "value": [1]}),
            ".value must be a number, true, false or a text, not an array",
        ),
        ("opinion", json!({"dist_type": "constant", "value": "x"}), ".value must be a number"),
        (
            "opinion",
            json!({"dist_type": "constant", "value": 0, "mean": 0}),
            ".mean does not belong to constant, which has: value",
        ),
        ("opinion", json!({"dist_type": "choice"}), ".choices is required"),
        ("opinion", json!({"dist_type": "choice", "choices": []}), ".choices must not be empty"),
        ("opinion", json!({"dist_type": "choice", "choices": [0, 3]}), ".choices[1] must be between -1 and 1, not 3"),
        (
            "opinion",
            json!({"dist_type": "choice", "choices": [0], "weights": [1, 2]}),
            ".weights must be as many as choices",
        ),
        ("opinion", json!({"dist_type": "choice", "choices": [0], "weights": [-1]}), ".weights[0] must be between 0"),
        ("opinion", json!({"dist_type": "choice", "choices": [0], "weights": [0]}), ".weights must not all be 0"),
        ("opinion", json!({"dist_type": "choice", "choices": [0], "weights": ["a"]}), ".weights[0] must be a number"),
        ("opinion", json!({"dist_type": "uniform_int", "min_value": 0}), ".max_value is required"),
        (
            "opinion",
            json!({"dist_type": "uniform_int", "min_value": 0.5, "max_value": 1}),
            ".min_value must be a whole number, not 0.5",
        ),
        (
            "opinion",
            json!({"dist_type": "uniform_float", "min_value": 0.5, "max_value": 0}),
            ".min_value must be at most max_value",
        ),
        (
            "opinion",
            json!({"dist_type": "uniform_float", "min_value": -2, "max_value": 0}),
            ".min_value must be between -1 and 1",
        ),
        ("opinion", json!({"dist_type": "normal", "mean": 0}), ".std is required"),
        ("opinion", json!({"dist_type": "normal", "std": 0}), ".mean is required"),
        ("opinion", json!({"dist_type": "normal", "mean": 0, "std": -1}), ".std must be between 0"),
        ("opinion", json!({"dist_type": "normal", "mean": 0, "std": 1, "sd": 1}), ".sd is not a known field"),
        ("adopted", json!({"dist_type": "normal", "mean": 0, "std": 1}), ".dist_type must be constant or choice"),
        ("stance", json!({"dist_type": "constant", "value": "neutral"}), " is `stance`, which follows from the others"),
        ("age", json!({"dist_type": "constant", "value": 7}), " names no state `age`; there are: opinion"),
    ] {
        let path = format!("agent.citizens[1].memory_distributions.{name}");
        let config = with(base(), "/agent/citizens/1/memory_distributions", json!({name: given}));
        refused(&config, INVALID, &format!("{path}{rest}"));
    }
}

#[path = "wrong_steps.rs"]
mod steps;
