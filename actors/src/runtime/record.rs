//! A run that is asked for as a record, before it belongs to a node and is written.

use civitas_store::{BatchId, RunRecord, RunStatus};
use uuid::Uuid;

use super::Runtime;
use crate::request::{NewRun, mode_of, to_stored};

impl Runtime {
    pub(super) fn new_record(&self, run: &NewRun, batch_id: Option<BatchId>, start_requested: bool) -> RunRecord {
        RunRecord {
            id: Uuid::now_v7(),
            tenant_id: run.tenant_id,
            project_id: run.project_id,
            batch_id,
            parent_node_id: None,
            node_id: None,
            name: run.name.clone(),
            mode: mode_of(&run.spec),
            status: RunStatus::Queued,
            spec: to_stored(&run.spec, run.execution, self.config.snapshot_every_ticks, &run.versions),
            start_requested,
            created_at_ms: self.clock.unix_ms(),
            started_at_ms: None,
            completed_at_ms: None,
            running_ms: 0,
            current_tick: 0,
            total_ticks: run.spec.horizon_ticks,
            agents_processed: 0,
            has_results: false,
            fault: None,
            created_by: run.created_by.clone(),
            forked_from: None,
            interruptions: 0,
        }
    }
}
