//! The Run object field by field, as documented, and a round trip of its configuration.

use civitas_actors::{Execution, to_stored};
use civitas_engine::RunSpec;
use civitas_store::{RunMode, RunStatus};
use serde_json::json;

use super::*;
use crate::http::wire::create::CreateRun;
use crate::http::wire::decode;

/// A run that ended well.
pub(crate) fn record() -> RunRecord {
    let versions = std::array::from_fn(|_| "1.0.0".to_owned());
    RunRecord {
        id: Uuid::from_u128(1),
        tenant_id: Uuid::from_u128(2),
        project_id: Uuid::from_u128(3),
        batch_id: None,
        parent_node_id: None,
        node_id: None,
        name: "Baseline Simulation".to_owned(),
        mode: RunMode::Society,
        status: RunStatus::Succeeded,
        spec: to_stored(&RunSpec::default(), Execution::default(), 50, &versions),
        start_requested: true,
        created_at_ms: 1_767_960_000_000,
        started_at_ms: Some(1_767_960_005_000),
        completed_at_ms: Some(1_767_960_150_000),
        running_ms: 145_000,
        current_tick: 100,
        total_ticks: 100,
        agents_processed: 1_000_000,
        has_results: true,
        fault: None,
        created_by: "local".to_owned(),
        forked_from: None,
        interruptions: 0,
    }
}

#[test]
fn the_run_object_has_the_documented_fields() {
    let shown = serde_json::to_value(Run::new(record(), [50, 100])).unwrap();
    let id = Uuid::from_u128(1);
    let expected = json!({
        "id": id, "project_id": Uuid::from_u128(3), "tenant_id": Uuid::from_u128(2), "name": "Baseline Simulation",
        "mode": "society", "status": "succeeded",
        "config": {
            "engine_version": "1.0.0", "ruleset_version": "1.0.0", "dataset_version": "1.0.0",
            "schema_version": "1.0.0", "seed": 42, "horizon_ticks": 100,
            "scheduler": {"partition_by": "region", "activation": "all", "sample_rate": 1.0, "batch_size": 1000},
            "scenario_patch": null, "model": "society", "parameters": {},
            "population": {"dataset": "us-2020", "agents": 10000},
            "network": {"kind": "gravity", "mean_degree": 12.0, "rewiring": 0.1, "long_range_share": 0.1, "distance_exponent": 2.0,
                "border_factor": 2.0},
            "snapshot_every_ticks": 50
        },
        "progress": {"current_tick": 100, "total_ticks": 100, "agents_processed": 1000000, "percent_complete": 100},
        "outputs": {"node_id": null, "telemetry_ref": null, "results_ref": format!("/api/v1/runs/{id}/results"),
            "snapshot_refs": [format!("snapshot:{id}/tick-50"), format!("snapshot:{id}/tick-100")]},
        "timing": {"queued_at": "2026-01-09T12:00:00.000Z", "started_at": "2026-01-09T12:00:05.000Z",
            "completed_at": "2026-01-09T12:02:30.000Z", "duration_seconds": 145},
        "error": null, "created_by": "local", "batch_id": null, "parent_node_id": null,
        "forked_from": null
    });
    assert_eq!(shown, expected);
}

#[test]
fn a_failed_run_says_why_and_a_queued_one_has_no_duration() {
    let fault = RunFault { code: "RUN_TIMEOUT".to_owned(), message: "m".to_owned(), tick: Some(3), region: None };
    let failed = RunRecord { status: RunStatus::Failed, fault: Some(fault), ..record() };
    let shown = serde_json::to_value(Run::new(failed, [])).unwrap();
    assert_eq!(shown["error"], json!({"code": "RUN_TIMEOUT", "message": "m", "tick": 3, "region": null}));

    let queued = RunRecord {
        status: RunStatus::Queued,
        started_at_ms: None,
        completed_at_ms: None,
        has_results: false,
        current_tick: 0,
        ..record()
    };
    let shown = serde_json::to_value(Run::new(queued, [])).unwrap();
    assert_eq!(shown["timing"]["duration_seconds"], json!(null));
    assert_eq!(shown["outputs"]["results_ref"], json!(null));
    assert_eq!(shown["progress"]["percent_complete"], json!(0));
}

#[test]
fn a_configuration_that_is_sent_back_means_the_same() {
    let mut stored = record().spec;
    stored.variable_deltas = vec![("economy_confidence".to_owned(), 0.1)];
    stored.parameters = vec![("pace".to_owned(), 0.3)];
    stored.seed = u64::MAX;
    let body = json!({"config": serde_json::to_value(Config::from(&stored)).unwrap()}).to_string();
    let plan = decode::json::<CreateRun>(body.as_bytes()).unwrap().draft().unwrap().plan;
    assert_eq!(to_stored(&plan.spec, plan.execution, 7, &plan.versions), stored);
}
