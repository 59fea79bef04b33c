//! Bodies of POST /runs, good and bad: what they become, and how they are refused.

use civitas_engine::RunSpec;

use super::*;
use crate::http::wire::decode;

const PROJECT: &str = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10";

fn draft(body: &str) -> ApiResult<Draft> {
    decode::json::<crate::http::wire::object::Object<CreateRun>>(body.as_bytes())?.0.draft()
}

fn refusal(body: &str) -> (&'static str, String) {
    let error = draft(body).expect_err(body);
    (error.code.as_str(), error.detail)
}

#[test]
fn the_documented_body_is_accepted_unchanged() {
    let body = format!(
        r#"{{"project_id": "{PROJECT}", "name": "Market Response Simulation", "mode": "society",
        "config": {{"seed": 42, "horizon_ticks": 100, "scheduler": {{"partition_by": "region", "sample_rate": 1.0}}}},
        "scenario_patch": {{"variable_deltas": {{"economy_confidence": 0.2}}}}}}"#
    );
    let draft = draft(&body).unwrap();
    assert_eq!(draft.name, "Market Response Simulation");
    assert_eq!(draft.plan.spec.variable_deltas.get("economy_confidence"), Some(&0.2));
    let unpatched = RunSpec { variable_deltas: Default::default(), ..draft.plan.spec };
    assert_eq!(unpatched, RunSpec::default());
}

#[test]
fn the_documented_config_is_accepted_with_its_event_bundle() {
    let config = |bundle: &str| {
        format!(
            r#"{{"project_id": "{PROJECT}", "config": {{"engine_version": "1.0.0", "ruleset_version": "1.0.0",
            "dataset_version": "1.0.0", "schema_version": "2.0.0", "seed": 42, "horizon_ticks": 100,
            "scheduler": {{"partition_by": "region", "sample_rate": 1.0, "batch_size": 1000}},
            "scenario_patch": {{"variable_deltas": {{"economy_confidence": 0.1}}, "event_bundle_id": {bundle}}}}}}}"#
        )
    };
    let plan = draft(&config("null")).unwrap().plan;
    assert_eq!(plan.versions, ["1.0.0", "1.0.0", "1.0.0", "2.0.0"]);
    assert_eq!(plan.execution, Default::default());
    assert_eq!(plan.bundle, None);
    let named = draft(&config(&format!("\"{PROJECT}\""))).unwrap().plan.bundle.unwrap();
    assert_eq!((named.id.to_string().as_str(), named.version, named.attribution), (PROJECT, None, false));
}

#[test]
fn nulls_count_as_absent_and_everything_has_a_default() {
    let empty = draft("{}").unwrap();
    let nulls = r#"{"project_id": null, "name": null, "mode": null, "parent_node_id": null, "scenario_patch": null,
        "config": {"seed": null, "horizon_ticks": null, "scheduler": null, "scenario_patch": null, "model": null,
        "parameters": null, "population": {"agents": null}, "network": {"rewiring": null},
        "snapshot_every_ticks": null}}"#;
    assert_eq!(draft(nulls).unwrap(), empty);
    assert_eq!((empty.name.as_str(), &empty.plan.spec), (DEFAULT_NAME, &RunSpec::default()));
    let identity = Identity { tenant_id: Uuid::nil(), created_by: "local".to_owned() };
    assert_eq!(empty.into_new_run(identity).unwrap_err().detail, "project_id is required");
}

#[test]
fn the_patch_at_the_top_wins_name_by_name() {
    let body = r#"{"scenario_patch": {"variable_deltas": {"a": 0.1}},
        "config": {"scenario_patch": {"variable_deltas": {"a": 0.5, "b": -1}}}}"#;
    let deltas = draft(body).unwrap().plan.spec.variable_deltas;
    assert_eq!(deltas.into_iter().collect::<Vec<_>>(), [("a".to_owned(), 0.1), ("b".to_owned(), -1.0)]);
}

#[test]
fn bounds_are_stated_as_documented() {
    for body in [
        r#"{"config": {"horizon_ticks": 0}}"#,
        r#"{"config": {"horizon_ticks": 1001}}"#,
        r#"{"config": {"horizon_ticks": -1}}"#,
        r#"{"config": {"horizon_ticks": 99999999999}}"#,
    ] {
        let expected = ("VALIDATION_ERROR", "horizon_ticks must be between 1 and 1000".to_owned());
        assert_eq!(refusal(body), expected, "{body}");
    }
    for (body, start) in [
        (r#"{"config": {"seed": -1}}"#, "seed must be between 0 and 18446744073709551615"),
        (r#"{"config": {"population": {"agents": 0}}}"#, "population.agents must be between 1 and 100000000"),
        (r#"{"config": {"scheduler": {"batch_size": 0}}}"#, "scheduler.batch_size must be between 1 and 10000000"),
        (r#"{"config": {"scheduler": {"sample_rate": 0}}}"#, "scheduler.sample_rate must be above 0"),
        (
            r#"{"config": {"scheduler": {"activation": "some"}}}"#,
            "scheduler.activation must be one of all, one, not \"some\"",
        ),
        (r#"{"config": {"network": {"kind": "web"}}}"#, "network.kind must be one of gravity, complete"),
        (r#"{"config": {"network": {"kind": "ring", "mean_degree": 3}}}"#, "network.mean_degree must be"),
        (r#"{"config": {"snapshot_every_ticks": 1001}}"#, "snapshot_every_ticks must be between 0 and 1000"),
        (r#"{"config": {"network": {"rewiring": 2}}}"#, "network.rewiring must be between 0 and 1"),
        (r#"{"scenario_patch": {"variable_deltas": {"x": 1.5}}}"#, "scenario_patch.variable_deltas.x must be between"),
        (r#"{"name": ""}"#, "name must have between 1 and 200 characters"),
        (r#"{"name": "a\u0007b"}"#, "name must not contain control characters"),
        (r#"{"mode": "socety"}"#, "mode must be one of society, target, hybrid, not \"socety\""),
        (r#"{"config": {"scheduler": {"partition_by": "age"}}}"#, "scheduler.partition_by must be region"),
    ] {
        let (code, detail) = refusal(body);
        assert_eq!(code, "VALIDATION_ERROR", "{body}");
        assert!(detail.starts_with(start), "{body}: {detail}");
    }
}

#[test]
fn modes_go_with_their_fields() {
    for (body, start) in [
        (r#"{"mode": "target"}"#, "config.target is required where mode is target"),
        (r#"{"mode": "hybrid"}"#, "config.targets is required where mode is hybrid"),
        (r#"{"config": {"target": {}}}"#, "mode must be target"),
        (r#"{"mode": "hybrid", "config": {"target": {}, "targets": []}}"#, "config.target must be left out"),
        (r#"{"mode": "target", "config": {"target": {}}}"#, "target.persona is required"),
    ] {
        let (code, detail) = refusal(body);
        assert_eq!(code, "VALIDATION_ERROR");
        assert!(detail.starts_with(start), "{body}: {detail}");
    }
}

#[test]
fn wrong_shapes_name_the_field() {
    for (body, detail) in [
        (r#"{"config": {"horizon_ticks": "x"}}"#, "config.horizon_ticks must be a whole number, not string \"x\""),
        (
            r#"{"config": {"horizon_ticks": 1e2}}"#,
            "config.horizon_ticks must be a whole number without fraction or exponent, not 100.0",
        ),
        (
            r#"{"config": {"seed": 18446744073709551616}}"#,
            "config.seed must be at most 18446744073709551615 and at least -9223372036854775808",
        ),
        (r#"{"config": {"seed": true}}"#, "config.seed must be a whole number, not boolean true"),
        (
            r#"{"config": {"scheduler": {"sample_rate": "1"}}}"#,
            "config.scheduler.sample_rate must be a number, not string \"1\"",
        ),
        (r#"{"config": {"scheduler": []}}"#, "config.scheduler must be an object, not an array"),
        (r#"{"config": 5}"#, "config must be an object, not integer 5"),
        (r#"{"name": 5}"#, "name must be a string, not integer 5"),
        (r#"{"project_id": "p"}"#, "project_id must be a UUID, for instance 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10"),
        (r#"{"project_id": 7}"#, "project_id must be a UUID, not integer 7"),
        (r#"{"config": {"parameters": {"pace": "x"}}}"#, "config.parameters.pace must be a number, not string \"x\""),
        (r#"{"config": {"parameters": {"pace": 1, "pace": 2}}}"#, "config.parameters.pace is given twice"),
        (r#"{"name": "a", "name": "b"}"#, "name is given twice"),
        (
            r#"{"nmae": "a"}"#,
            "nmae is not a known field; there are: project_id, name, mode, config, parent_node_id, node_id, \
             scenario_patch, parent_run_id, from_tick",
        ),
        (
            r#"{"config": {"scheduler": {"speed": 1}}}"#,
            "config.scheduler.speed is not a known field; there are: partition_by, activation, sample_rate, batch_size",
        ),
        ("[]", "the body must be an object, not an array"),
        ("null", "the body must be an object, not null"),
        ("\"x\"", "the body must be an object, not string \"x\""),
    ] {
        assert_eq!(refusal(body), ("VALIDATION_ERROR", detail.to_owned()), "{body}");
    }
}

#[test]
fn what_is_not_json_says_where() {
    for (body, part) in [
        ("", "the body is empty"),
        ("   ", "the body is empty"),
        ("{", "line 1 column 1"),
        ("{\n  \"name\": \"x\",\n}", "line 3 column 1"),
        ("{} {}", "trailing characters at line 1 column 4"),
        (r#"{"config": {"seed": NaN}}"#, "line 1 column"),
        (r#"{"config": {"scheduler": {"sample_rate": 1e999}}}"#, "number out of range"),
    ] {
        let (code, detail) = refusal(body);
        assert_eq!(code, "INVALID_JSON", "{body}");
        assert!(detail.contains(part), "{body}: {detail}");
    }
    let not_utf8 = decode::json::<CreateRun>(b"{\"name\": \"\xff\"}").unwrap_err();
    assert_eq!(not_utf8.code, crate::http::errors::ErrorCode::InvalidJson);
}

#[test]
fn deep_nesting_is_refused_without_harm() {
    for open in ["[", "{\"config\":", "{\"a\":"] {
        assert!(draft(&open.repeat(100_000)).is_err());
    }
}
