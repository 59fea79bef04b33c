//! Whose telemetry an id means: a run's own, or that of one of a node's runs. The only place that knows; it reads what is stored.

use civitas_actors::RuntimeError;
use civitas_store::{RunId, RunRecord, RunStatus, TenantId};
use civitas_telemetry::{Index, State, TelemetryError};
use serde::Serialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::http::app::AppState;
use crate::http::errors::{ApiError, ApiResult, ErrorCode};
use crate::http::runs::blocking;

/// The path, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(names("id"), parameter_in = Path)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub(super) struct WhosePath(
    /// A run, or a node: of a node the newest run that has succeeded and has telemetry, unless `run` names another.
    Uuid,
);

/// What a query says of nodes, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub(super) struct OfNode {
    /// One of the node's runs, where the path names a node.
    #[param(required = false)]
    run: Option<Uuid>,
}

/// The run that an id means.
pub(super) struct Meant {
    pub(super) record: RunRecord,
    /// All runs of the node, oldest first, where the id is a node's.
    pub(super) runs: Option<Vec<RunOfNode>>,
}

/// A run of a node.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RunOfNode {
    run_id: RunId,
    status: &'static str,
}

/// The run that an id means to a tenant, `run` being one of the node's where it is a node's.
pub(super) async fn meant(state: &AppState, tenant: TenantId, id: Uuid, run: Option<Uuid>) -> ApiResult<Meant> {
    match state.runtime.run(tenant, id).await {
        Ok(_) if run.is_some() => Err(ApiError::invalid(format!("run goes with the id of a node, and {id} is a run"))),
        Ok(record) => Ok(Meant { record, runs: None }),
        Err(RuntimeError::NotFound(_)) => of_node(state, tenant, id, run).await,
        Err(error) => Err(error.into()),
    }
}

async fn of_node(state: &AppState, tenant: TenantId, id: Uuid, run: Option<Uuid>) -> ApiResult<Meant> {
    let runtime = state.runtime.clone();
    let read = blocking(move || {
        runtime.node(tenant, id)?;
        let runs = runtime.store().node_runs(id)?;
        let chosen = match run {
            Some(run) => runs.iter().map(|(known, _)| *known).find(|known| *known == run),
            None => newest(&runs, |run| runtime.telemetry(run).map(|kept| kept.is_some()))?,
        };
        Ok((runs, chosen))
    });
    let (runs, chosen) = match read.await {
        Err(error) if error.code == ErrorCode::NodeNotFound => {
            return Err(ApiError::new(ErrorCode::RunNotFound, format!("there is no run {id}, and no node of this id")));
        }
        read => read?,
    };
    let Some(chosen) = chosen else {
        return Err(match run {
            Some(run) => ApiError::invalid(format!(
                "run {run} is not one of the runs of node {id}; /api/v1/nodes/{id} lists them"
            )),
            None => {
                let detail = format!(
                    "no run of node {id} has succeeded and has telemetry; name another with run=ID: /api/v1/nodes/{id} lists them"
                );
                ApiError::new(ErrorCode::NoTelemetry, detail)
            }
        });
    };
    let record = state.runtime.run(tenant, chosen).await?;
    let runs = runs.into_iter().map(|(run_id, status)| RunOfNode { run_id, status: status.as_str() });
    Ok(Meant { record, runs: Some(runs.collect()) })
}

/// The newest of these runs, oldest first, that has succeeded and has telemetry.
fn newest<E>(
    runs: &[(RunId, RunStatus)],
    mut has_telemetry: impl FnMut(RunId) -> Result<bool, E>,
) -> Result<Option<RunId>, E> {
    for (run, _) in runs.iter().rev().filter(|(_, status)| *status == RunStatus::Succeeded) {
        if has_telemetry(*run)? {
            return Ok(Some(*run));
        }
    }
    Ok(None)
}

/// What there is of a run.
pub(in crate::http) async fn index_of(state: &AppState, record: &RunRecord) -> ApiResult<Index> {
    let none = || ApiError::new(ErrorCode::NoTelemetry, no_telemetry(record));
    let mut index = match state.place.as_ref().ok_or_else(none)?.reader().index(record.id).await {
        Err(TelemetryError::None(_)) => return Err(none()),
        index => index?,
    };
    if record.status.is_terminal() && index.state == State::Recording {
        // It ended at rest, and whoever records it was not told.
        if index.problem.is_none() && index.last_tick == Some(record.current_tick) {
            index.state = State::Complete;
        } else {
            index.state = State::Incomplete;
            index.problem.get_or_insert_with(|| "the run ended while nobody could record it".to_owned());
        }
    }
    Ok(index)
}

fn no_telemetry(record: &RunRecord) -> String {
    let id = record.id;
    match record.started_at_ms {
        None => format!("run {id} has no telemetry yet: it has not started"),
        Some(_) => {
            format!("run {id} has no telemetry: it was created with telemetry.enabled false, or before there was any")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_run_that_has_succeeded_and_has_telemetry_is_meant() {
        let run = Uuid::from_u128;
        let runs = [
            (run(1), RunStatus::Succeeded),
            (run(2), RunStatus::Succeeded),
            (run(3), RunStatus::Succeeded),
            (run(4), RunStatus::Running),
            (run(5), RunStatus::Cancelled),
        ];
        let recorded = |without: &[u128]| {
            let without: Vec<_> = without.iter().copied().map(run).collect();
            newest(&runs, |run| Ok::<_, ()>(!without.contains(&run)))
        };
        assert_eq!(recorded(&[]), Ok(Some(run(3))));
        assert_eq!(recorded(&[3]), Ok(Some(run(2))));
        assert_eq!(recorded(&[1, 2, 3]), Ok(None));
        assert_eq!(newest(&runs, |_| Err("unreadable")), Err("unreadable"));
    }
}
