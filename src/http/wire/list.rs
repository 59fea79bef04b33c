//! The listing: its query parameters and its page. Owns their names, bounds and defaults.

use civitas_store::{RunMode, RunPage, RunQuery, RunRecord, RunStatus, SortBy, TenantId};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::fork::ForkedFrom;
use super::number::short_or_null;
use super::run::duration_seconds;
use crate::http::errors::{ApiError, ApiResult};
use crate::time;

/// Items per page where none are asked for.
const DEFAULT_LIMIT: usize = 20;
/// The most items per page.
const MAX_LIMIT: usize = 100;
/// Names that `sort` accepts.
const SORTS: [(&str, SortBy); 4] = [
    ("created_at", SortBy::CreatedAt),
    ("name", SortBy::Name),
    ("status", SortBy::Status),
    ("duration_seconds", SortBy::Duration),
];

/// Query parameters of GET /runs, as documentation: [`ListQuery::parse`] reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub struct ListParams {
    /// Only runs of this project.
    #[param(required = false)]
    project_id: Option<Uuid>,
    /// Only runs with this status.
    #[param(required = false, example = "succeeded")]
    status: Option<String>,
    /// Only runs with this mode: `society`, `experiment`, `target` or `hybrid`.
    #[param(required = false, example = "society")]
    mode: Option<String>,
    /// How many to pass over.
    #[param(required = false, default = 0)]
    skip: Option<u64>,
    /// How many to return.
    #[param(required = false, minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// `created_at`, `name`, `status` or `duration_seconds`; a leading `-` puts the largest first.
    #[param(required = false, default = "-created_at")]
    sort: Option<String>,
}

/// What a listing is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ListQuery {
    project_id: Option<Uuid>,
    status: Option<RunStatus>,
    mode: Option<RunMode>,
    skip: usize,
    limit: usize,
    sort: SortBy,
    descending: bool,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            project_id: None,
            status: None,
            mode: None,
            skip: 0,
            limit: DEFAULT_LIMIT,
            sort: SortBy::CreatedAt,
            descending: true,
        }
    }
}

/// A page of runs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunList {
    /// The runs of this page.
    pub items: Vec<RunItem>,
    /// How many runs match in all.
    pub total: usize,
    /// Which page this is, from 1.
    pub page: usize,
    /// Items per page.
    pub size: usize,
    /// How many pages there are.
    pub pages: usize,
}

/// A run in a listing.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunItem {
    /// Its id.
    pub id: Uuid,
    /// Its project.
    pub project_id: Uuid,
    /// Its name.
    pub name: String,
    /// Its mode.
    pub mode: &'static str,
    /// Its status.
    pub status: &'static str,
    /// When it was created, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Seconds from start to end; null before it has ended.
    #[serde(serialize_with = "short_or_null")]
    pub duration_seconds: Option<f64>,
    /// Where it was forked from; null for a run that began at tick 0.
    pub forked_from: Option<ForkedFrom>,
}

impl ListQuery {
    /// Reads the decoded pairs of a query string.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` naming the first parameter that is unknown, given twice or wrong.
    pub fn parse(pairs: &[(String, String)]) -> ApiResult<Self> {
        let mut query = Self::default();
        for (index, (name, value)) in pairs.iter().enumerate() {
            if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(ApiError::invalid(format!("query parameter {name} is given twice")));
            }
            query.set(name, value)?;
        }
        Ok(query)
    }

    fn set(&mut self, name: &str, value: &str) -> ApiResult<()> {
        let wrong = |must: String| ApiError::invalid(format!("query parameter {name} must be {must}, not {value:?}"));
        match name {
            "project_id" => {
                self.project_id = Some(Uuid::parse_str(value).map_err(|_| wrong("a UUID".to_owned()))?);
            }
            "status" => {
                let status = RunStatus::ALL.into_iter().find(|status| status.as_str() == value);
                let names = RunStatus::ALL.map(RunStatus::as_str).join(", ");
                self.status = Some(status.ok_or_else(|| wrong(format!("one of {names}")))?);
            }
            "mode" => {
                let mode = RunMode::ALL.into_iter().find(|mode| mode.as_str() == value);
                let names = RunMode::ALL.map(RunMode::as_str).join(", ");
                self.mode = Some(mode.ok_or_else(|| wrong(format!("one of {names}")))?);
            }
            "skip" => self.skip = value.parse().map_err(|_| wrong("a whole number from 0".to_owned()))?,
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                self.limit = limit.ok_or_else(|| wrong(format!("between 1 and {MAX_LIMIT}")))?;
            }
            "sort" => {
                let field = value.strip_prefix('-');
                self.descending = field.is_some();
                let sort = SORTS.iter().find(|(known, _)| *known == field.unwrap_or(value));
                let names = SORTS.map(|(known, _)| known).join(", ");
                self.sort = sort.ok_or_else(|| wrong(format!("one of {names}, with - for largest first")))?.1;
            }
            _ => {
                let known = "project_id, status, mode, skip, limit, sort";
                return Err(ApiError::invalid(format!("query parameter {name} is unknown; there are: {known}")));
            }
        }
        Ok(())
    }

    /// The question to the store.
    pub fn for_tenant(&self, tenant_id: TenantId) -> RunQuery {
        RunQuery {
            tenant_id,
            project_id: self.project_id,
            status: self.status,
            mode: self.mode,
            sort: self.sort,
            descending: self.descending,
            skip: self.skip,
            limit: self.limit,
        }
    }

    /// The page as clients see it.
    pub fn page(&self, page: RunPage) -> RunList {
        RunList {
            items: page.items.into_iter().map(RunItem::from).collect(),
            total: page.total,
            page: (self.skip / self.limit).saturating_add(1),
            size: self.limit,
            pages: page.total.div_ceil(self.limit),
        }
    }
}

impl From<RunRecord> for RunItem {
    fn from(record: RunRecord) -> Self {
        Self {
            id: record.id,
            project_id: record.project_id,
            duration_seconds: duration_seconds(&record),
            forked_from: ForkedFrom::of(&record),
            name: record.name,
            mode: record.mode.as_str(),
            status: record.status.as_str(),
            created_at: time::rfc3339(record.created_at_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::wire::run::tests::record;

    fn parse(pairs: &[(&str, &str)]) -> ApiResult<ListQuery> {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ListQuery::parse(&pairs)
    }

    #[test]
    fn defaults_are_the_documented_ones() {
        let query = parse(&[]).unwrap().for_tenant(Uuid::nil());
        assert_eq!((query.skip, query.limit, query.sort, query.descending), (0, 20, SortBy::CreatedAt, true));
    }

    #[test]
    fn every_parameter_reaches_the_store() {
        let project = Uuid::from_u128(3);
        let pairs = [
            ("project_id", &*project.to_string()),
            ("status", "failed"),
            ("mode", "society"),
            ("skip", "40"),
            ("limit", "100"),
            ("sort", "duration_seconds"),
        ];
        let query = parse(&pairs).unwrap().for_tenant(Uuid::nil());
        assert_eq!(
            (query.project_id, query.status, query.mode),
            (Some(project), Some(RunStatus::Failed), Some(RunMode::Society))
        );
        assert_eq!((query.skip, query.limit, query.sort, query.descending), (40, 100, SortBy::Duration, false));
        let of_mode = |name| parse(&[("mode", name)]).unwrap().for_tenant(Uuid::nil()).mode;
        assert_eq!([of_mode("target"), of_mode("hybrid")], [Some(RunMode::Target), Some(RunMode::Hybrid)]);
    }

    #[test]
    fn bad_parameters_are_named() {
        for (pairs, detail) in [
            (&[("limit", "0")][..], "query parameter limit must be between 1 and 100, not \"0\""),
            (&[("limit", "101")], "query parameter limit must be between 1 and 100, not \"101\""),
            (&[("skip", "-1")], "query parameter skip must be a whole number from 0, not \"-1\""),
            (
                &[("status", "done")],
                "query parameter status must be one of queued, running, paused, succeeded, failed, cancelled, not \"done\"",
            ),
            (&[("mode", "x")], "query parameter mode must be one of society, experiment, target, hybrid, not \"x\""),
            (
                &[("sort", "--name")],
                "query parameter sort must be one of created_at, name, status, duration_seconds, with - for largest first, not \"--name\"",
            ),
            (&[("project_id", "x")], "query parameter project_id must be a UUID, not \"x\""),
            (
                &[("page", "2")],
                "query parameter page is unknown; there are: project_id, status, mode, skip, limit, sort",
            ),
            (&[("skip", "1"), ("skip", "2")], "query parameter skip is given twice"),
        ] {
            assert_eq!(parse(pairs).unwrap_err().detail, detail);
        }
    }

    #[test]
    fn pages_are_counted_from_one() {
        let query = parse(&[("skip", "20")]).unwrap();
        let page = query.page(RunPage { items: vec![record()], total: 50 });
        assert_eq!((page.page, page.size, page.pages, page.total), (2, 20, 3, 50));
        let item = serde_json::to_value(&page.items[0]).unwrap();
        assert_eq!(item["duration_seconds"], json!(145));
        assert_eq!(item["created_at"], json!("2026-01-09T12:00:00.000Z"));
        assert_eq!(query.page(RunPage { items: vec![], total: 0 }).pages, 0);
    }
}
