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

/// Runs of a node whose telemetry is looked for, newest first: each may be a look into an object store.
const MAX_LOOKED_AT: usize = 100;

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
        let meant = match run {
            Some(run) => runs.iter().map(|(known, _)| *known).filter(|known| *known == run).collect(),
            None => candidates(&runs, |run| runtime.telemetry(run).map(|kept| kept.is_some()))?,
        };
        Ok((runs, meant))
    });
    let (runs, meant) = match read.await {
        Err(error) if error.code == ErrorCode::NodeNotFound => {
            return Err(ApiError::new(ErrorCode::RunNotFound, format!("there is no run {id}, and no node of this id")));
        }
        read => read?,
    };
    let chosen = match run {
        Some(_) => meant.first().copied(),
        None => first_recorded(state, &meant).await,
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

/// Those of these runs, oldest first, that have succeeded and were to have telemetry, newest first.
fn candidates<E>(
    runs: &[(RunId, RunStatus)],
    mut has_telemetry: impl FnMut(RunId) -> Result<bool, E>,
) -> Result<Vec<RunId>, E> {
    let mut found = Vec::new();
    for (run, _) in runs.iter().rev().filter(|(_, status)| *status == RunStatus::Succeeded) {
        if has_telemetry(*run)? {
            found.push(*run);
        }
        if found.len() == MAX_LOOKED_AT {
            break;
        }
    }
    Ok(found)
}

/// The first of these runs of which anything was kept; one whose telemetry cannot be read is meant, and says so.
async fn first_recorded(state: &AppState, runs: &[RunId]) -> Option<RunId> {
    let reader = state.place.as_ref()?.reader();
    for &run in runs {
        if !matches!(reader.index(run).await, Err(TelemetryError::None(_))) {
            return Some(run);
        }
    }
    None
}

/// What there is of a run.
pub(in crate::http) async fn index_of(state: &AppState, record: &RunRecord) -> ApiResult<Index> {
    let found = match &state.place {
        Some(place) => place.reader().index(record.id).await,
        None => Err(TelemetryError::None(record.id)),
    };
    let mut index = match found {
        Err(TelemetryError::None(_)) => {
            let (runtime, id) = (state.runtime.clone(), record.id);
            let is_wanted = blocking(move || runtime.telemetry(id)).await?.is_some();
            return Err(ApiError::new(ErrorCode::NoTelemetry, no_telemetry(record, is_wanted)));
        }
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

/// Why there is none, of a run that was to have telemetry or not.
fn no_telemetry(record: &RunRecord, is_wanted: bool) -> String {
    let id = record.id;
    let waits = record.batch_id.is_some() && record.forked_from.is_none() && record.current_tick == 0;
    let (yet, why) = match (is_wanted, record.started_at_ms, record.status.is_terminal()) {
        (false, ..) => ("", "it was created with telemetry.enabled false, or before there was any"),
        (true, None, false) => (" yet", "it has not started"),
        (true, _, false) if waits => (
            " yet",
            "it waits for an earlier run of its batch, with which it shares its first ticks, or is about to begin",
        ),
        (true, _, false) => (" yet", "nothing of it has been written so far"),
        (true, None, true) => ("", "it ended before it started"),
        (true, Some(_), true) => {
            ("", "nothing of it was written, or it was removed: the place that telemetry.url names has none")
        }
    };
    format!("run {id} has no telemetry{yet}: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::wire::run::tests::record;

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
            candidates(&runs, |run| Ok::<_, ()>(!without.contains(&run)))
        };
        assert_eq!(recorded(&[]), Ok(vec![run(3), run(2), run(1)]));
        assert_eq!(recorded(&[3]), Ok(vec![run(2), run(1)]));
        assert_eq!(recorded(&[1, 2, 3]), Ok(vec![]));
        assert_eq!(candidates(&runs, |_| Err("unreadable")), Err("unreadable"));
        let many: Vec<_> = (1..=200).map(|number| (run(number), RunStatus::Succeeded)).collect();
        let looked_at = candidates(&many, |_| Ok::<_, ()>(true)).unwrap();
        assert_eq!((looked_at.len(), looked_at[0]), (MAX_LOOKED_AT, run(200)));
    }

    #[test]
    fn why_there_is_no_telemetry_is_said() {
        let ended = record();
        let running = RunRecord { status: RunStatus::Running, completed_at_ms: None, current_tick: 0, ..record() };
        let waiting = RunRecord { batch_id: Some(Uuid::nil()), ..running.clone() };
        let queued = RunRecord { status: RunStatus::Queued, started_at_ms: None, ..running.clone() };
        let stopped = RunRecord { status: RunStatus::Cancelled, ..queued.clone() };
        for (record, is_wanted, said) in [
            (&ended, false, "has no telemetry: it was created with telemetry.enabled false"),
            (&queued, false, "has no telemetry: it was created with telemetry.enabled false"),
            (&queued, true, "has no telemetry yet: it has not started"),
            (&waiting, true, "has no telemetry yet: it waits for an earlier run of its batch"),
            (&running, true, "has no telemetry yet: nothing of it has been written"),
            (&stopped, true, "has no telemetry: it ended before it started"),
            (&ended, true, "has no telemetry: nothing of it was written, or it was removed"),
        ] {
            let found = no_telemetry(record, is_wanted);
            assert!(found.contains(said), "{found}");
        }
    }
}
