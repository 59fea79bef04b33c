//! What an experiment looks like in answers of the experiment runner, made from its run's stored record. Owns the words of
//! that door: its statuses, its return codes, and everything within `data`.

use civitas_store::{RunMode, RunPage, RunQuery, RunRecord, RunStatus, SortBy, TenantId};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::number::short;
use super::run::{Fault, results_path};
use crate::http::errors::{ApiError, ApiResult};
use crate::time;

/// Items per page where none are asked for, and the most that there can be: AgentSociety lists all at once.
const MAX_LIMIT: usize = 1_000;

/// An answer: what was asked for stands in `data`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Answer<T> {
    /// What was asked for.
    pub data: T,
}

/// An experiment that was accepted.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ExperimentStarted {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// `running`, also while it waits for a place.
    #[schema(example = "running")]
    pub status: &'static str,
}

/// An experiment in a listing.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ExperimentItem {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// `running`, `completed`, `failed` or `stopped`.
    #[schema(example = "completed")]
    pub status: &'static str,
    /// 0 completed, 1 failed, -15 stopped; null before it has ended.
    pub returncode: Option<i32>,
    /// When it was created, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// Where an experiment stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ExperimentStatus {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// `running`, `completed`, `failed` or `stopped`.
    #[schema(example = "completed")]
    pub status: &'static str,
    /// 0 completed, 1 failed, -15 stopped; null before it has ended.
    pub returncode: Option<i32>,
    /// The status of its run in the Runs API, which tells `queued` from `running`.
    #[schema(example = "succeeded")]
    pub run_status: &'static str,
    /// How far it is.
    pub progress: ExperimentProgress,
    /// When it was created, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it first left the queue.
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    pub completed_at: Option<String>,
    /// Why it failed.
    pub error: Option<Fault>,
    /// Path of the results, whole or partial; null where there are none.
    pub results_ref: Option<String>,
}

/// How far an experiment is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ExperimentProgress {
    /// Steps completed.
    pub current_tick: u32,
    /// Steps asked for.
    pub total_ticks: u32,
    /// Share of the steps that are completed, in per cent.
    #[serde(serialize_with = "short")]
    pub percent_complete: f64,
}

/// An experiment that was stopped.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ExperimentStopped {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// `stopped`.
    #[schema(example = "stopped")]
    pub status: &'static str,
    /// -15, as a process that was terminated returns.
    pub returncode: Option<i32>,
    /// Steps completed before it was stopped.
    pub ticks_completed: u32,
}

/// The status of an experiment whose run has this one.
pub fn status(run: RunStatus) -> &'static str {
    match run {
        RunStatus::Queued | RunStatus::Running | RunStatus::Paused => "running",
        RunStatus::Succeeded => "completed",
        RunStatus::Failed => "failed",
        RunStatus::Cancelled => "stopped",
    }
}

/// What a process would have returned that did the experiment, as AgentSociety's do; -15 is SIGTERM's.
fn returncode(run: RunStatus) -> Option<i32> {
    match run {
        RunStatus::Queued | RunStatus::Running | RunStatus::Paused => None,
        RunStatus::Succeeded => Some(0),
        RunStatus::Failed => Some(1),
        RunStatus::Cancelled => Some(-15),
    }
}

impl From<RunRecord> for ExperimentStarted {
    fn from(record: RunRecord) -> Self {
        Self { id: record.id, status: status(record.status), name: record.name }
    }
}

impl From<RunRecord> for ExperimentItem {
    fn from(record: RunRecord) -> Self {
        Self {
            id: record.id,
            status: status(record.status),
            returncode: returncode(record.status),
            created_at: time::rfc3339(record.created_at_ms),
            name: record.name,
        }
    }
}

impl From<RunRecord> for ExperimentStatus {
    fn from(record: RunRecord) -> Self {
        Self {
            id: record.id,
            status: status(record.status),
            returncode: returncode(record.status),
            run_status: record.status.as_str(),
            progress: ExperimentProgress {
                current_tick: record.current_tick,
                total_ticks: record.total_ticks,
                percent_complete: f64::from(record.current_tick) * 100.0 / f64::from(record.total_ticks.max(1)),
            },
            created_at: time::rfc3339(record.created_at_ms),
            started_at: record.started_at_ms.map(time::rfc3339),
            completed_at: record.completed_at_ms.map(time::rfc3339),
            results_ref: record.has_results.then(|| results_path(record.id)),
            name: record.name,
            error: record.fault.map(Fault::from),
        }
    }
}

impl From<RunRecord> for ExperimentStopped {
    fn from(record: RunRecord) -> Self {
        Self {
            id: record.id,
            status: status(record.status),
            returncode: returncode(record.status),
            ticks_completed: record.current_tick,
            name: record.name,
        }
    }
}

/// The experiments of a page.
pub fn items(page: RunPage) -> Answer<Vec<ExperimentItem>> {
    Answer { data: page.items.into_iter().map(ExperimentItem::from).collect() }
}

/// Query parameters of GET /run-experiments, as documentation: [`PageQuery::parse`] reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub struct PageParams {
    /// How many to pass over.
    #[param(required = false, default = 0)]
    skip: Option<u64>,
    /// How many to return.
    #[param(required = false, minimum = 1, maximum = 1000, default = 1000)]
    limit: Option<u32>,
}

/// Which experiments a listing is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageQuery {
    skip: usize,
    limit: usize,
}

impl PageQuery {
    /// Reads the decoded pairs of a query string.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` naming the first parameter that is unknown, given twice or wrong.
    pub fn parse(pairs: &[(String, String)]) -> ApiResult<Self> {
        let mut query = Self { skip: 0, limit: MAX_LIMIT };
        for (index, (name, value)) in pairs.iter().enumerate() {
            let wrong = |must: &str| ApiError::invalid(format!("query parameter {name} {must}"));
            if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(wrong("is given twice"));
            }
            match name.as_str() {
                "skip" => {
                    let must = format!("must be a whole number from 0, not {value:?}");
                    query.skip = value.parse().map_err(|_| wrong(&must))?;
                }
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                    let must = format!("must be between 1 and {MAX_LIMIT}, not {value:?}");
                    query.limit = limit.ok_or_else(|| wrong(&must))?;
                }
                _ => return Err(wrong("is unknown; there are: skip, limit")),
            }
        }
        Ok(query)
    }

    /// The question to the store: the tenant's experiments, newest first.
    pub fn for_tenant(self, tenant_id: TenantId) -> RunQuery {
        RunQuery {
            tenant_id,
            project_id: None,
            status: None,
            mode: Some(RunMode::Experiment),
            sort: SortBy::CreatedAt,
            descending: true,
            skip: self.skip,
            limit: self.limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use civitas_store::RunFault;
    use serde_json::{json, to_value};

    use super::*;
    use crate::http::wire::run::tests::record;

    #[test]
    fn every_status_of_a_run_is_one_of_an_experiment() {
        for (run, wanted, code) in [
            (RunStatus::Queued, "running", json!(null)),
            (RunStatus::Running, "running", json!(null)),
            (RunStatus::Succeeded, "completed", json!(0)),
            (RunStatus::Failed, "failed", json!(1)),
            (RunStatus::Cancelled, "stopped", json!(-15)),
        ] {
            let shown = to_value(ExperimentStatus::from(RunRecord { status: run, ..record() })).unwrap();
            assert_eq!((&shown["status"], &shown["returncode"]), (&json!(wanted), &code), "{run}");
            assert_eq!(shown["run_status"], json!(run.as_str()));
            let item = to_value(ExperimentItem::from(RunRecord { status: run, ..record() })).unwrap();
            assert_eq!((&item["status"], &item["returncode"]), (&json!(wanted), &code), "{run}");
        }
    }

    #[test]
    fn the_status_has_the_documented_fields() {
        let id = Uuid::from_u128(1);
        let shown = to_value(Answer { data: ExperimentStatus::from(record()) }).unwrap();
        let wanted = json!({"data": {
            "id": id, "name": "Baseline Simulation", "status": "completed", "returncode": 0, "run_status": "succeeded",
            "progress": {"current_tick": 100, "total_ticks": 100, "percent_complete": 100},
            "created_at": "2026-01-09T12:00:00.000Z", "started_at": "2026-01-09T12:00:05.000Z",
            "completed_at": "2026-01-09T12:02:30.000Z", "error": null,
            "results_ref": format!("/api/v1/runs/{id}/results")
        }});
        assert_eq!(shown, wanted);
        let fault =
            RunFault { code: "RUN_TIMEOUT".to_owned(), message: "too long".to_owned(), tick: Some(7), region: None };
        let failed = RunRecord { status: RunStatus::Failed, fault: Some(fault), has_results: false, ..record() };
        let shown = to_value(ExperimentStatus::from(failed)).unwrap();
        let fault = json!({"code": "RUN_TIMEOUT", "message": "too long", "tick": 7, "region": null});
        assert_eq!((&shown["error"], &shown["results_ref"]), (&fault, &json!(null)));
    }

    #[test]
    fn pages_are_asked_for_by_skip_and_limit() {
        let parse = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            PageQuery::parse(&pairs).map_err(|error| error.detail)
        };
        assert_eq!(parse(&[]), Ok(PageQuery { skip: 0, limit: 1000 }));
        assert_eq!(parse(&[("skip", "3"), ("limit", "1")]), Ok(PageQuery { skip: 3, limit: 1 }));
        for (pairs, detail) in [
            (&[("limit", "0")][..], "query parameter limit must be between 1 and 1000, not \"0\""),
            (&[("limit", "1001")], "query parameter limit must be between 1 and 1000, not \"1001\""),
            (&[("skip", "-1")], "query parameter skip must be a whole number from 0, not \"-1\""),
            (&[("page", "1")], "query parameter page is unknown; there are: skip, limit"),
            (&[("skip", "1"), ("skip", "1")], "query parameter skip is given twice"),
        ] {
            assert_eq!(parse(pairs), Err(detail.to_owned()));
        }
    }
}
