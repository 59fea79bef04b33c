//! What a user would lose if listings were wrong: runs that are not shown, shown twice, or shown to a stranger.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use civitas_store::*;
use common::*;
use proptest::prelude::*;
use uuid::Uuid;

/// One store for all cases: each case has tenants of its own, and all else in it must not show.
fn shared() -> &'static SledStore {
    static STORE: OnceLock<(tempfile::TempDir, SledStore)> = OnceLock::new();
    let (_, store) = STORE.get_or_init(|| {
        let folder = folder();
        let store = open(folder.path());
        (folder, store)
    });
    store
}

/// The naive answer.
fn expected(model: &BTreeMap<RunId, RunRecord>, query: &RunQuery) -> RunPage {
    let mut runs: Vec<&RunRecord> = model
        .values()
        .filter(|run| run.tenant_id == query.tenant_id)
        .filter(|run| query.project_id.is_none_or(|id| run.project_id == id))
        .filter(|run| query.status.is_none_or(|status| run.status == status))
        .filter(|run| query.mode.is_none_or(|mode| run.mode == mode))
        .collect();
    runs.sort_by(|a, b| {
        let order = match query.sort {
            SortBy::CreatedAt => a.created_at_ms.cmp(&b.created_at_ms),
            SortBy::Name => a.name.cmp(&b.name),
            SortBy::Status => a.status.cmp(&b.status),
            SortBy::Duration => a.duration_ms().cmp(&b.duration_ms()),
        };
        let order = order.then(a.id.cmp(&b.id));
        if query.descending { order.reverse() } else { order }
    });
    let total = runs.len();
    let items = runs.into_iter().skip(query.skip).take(query.limit).cloned().collect();
    RunPage { items, total }
}

/// A version of one of a few runs: the same number again replaces the run.
#[derive(Clone, Debug)]
struct Version {
    number: u8,
    tenant: usize,
    project: u8,
    status: RunStatus,
    name: String,
    created_at_ms: u64,
    times: Option<(u64, Option<u64>)>,
}

fn version() -> impl Strategy<Value = Version> {
    let times = prop::option::of((0u64..50, prop::option::of(0u64..90)));
    (0u8..24, 0usize..2, 0u8..3, prop::sample::select(&RunStatus::ALL), "[a-cé]{0,2}", times).prop_map(
        |(number, tenant, project, status, name, times)| Version {
            number,
            tenant,
            project,
            status,
            name,
            created_at_ms: u64::from(number % 5) << (number % 3 * 20),
            times,
        },
    )
}

type Filters = (usize, Option<u8>, Option<RunStatus>, Option<RunMode>);

fn filters() -> impl Strategy<Value = Filters> {
    (
        0usize..2,
        prop::option::of(0u8..4),
        prop::option::of(prop::sample::select(&RunStatus::ALL)),
        prop::option::of(Just(RunMode::Society)),
    )
}

fn project(number: u8) -> Uuid {
    Uuid::from_u128(1000 + u128::from(number))
}

const SORTS: [SortBy; 4] = [SortBy::CreatedAt, SortBy::Name, SortBy::Status, SortBy::Duration];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn listings_agree_with_a_naive_model(
        versions in prop::collection::vec(version(), 0..60),
        group in 1usize..5,
        queries in prop::collection::vec((filters(), any::<bool>(), 0usize..12, 0usize..12), 6),
    ) {
        let store = shared();
        let tenants = [fresh_id(), fresh_id()];
        let ids: Vec<RunId> = (0..24).map(|_| fresh_id()).collect();
        let mut model = BTreeMap::new();
        for versions in versions.chunks(group) {
            let mut changes = Vec::new();
            for version in versions {
                let record = RunRecord {
                    tenant_id: tenants[version.tenant],
                    project_id: project(version.project),
                    status: version.status,
                    name: version.name.clone(),
                    created_at_ms: version.created_at_ms,
                    started_at_ms: version.times.map(|times| times.0),
                    completed_at_ms: version.times.and_then(|times| times.1),
                    ..run(ids[version.number as usize])
                };
                changes.push(put(&record));
                model.insert(record.id, record);
            }
            store.commit_wait(changes).unwrap();
        }
        for ((tenant, project_number, status, mode), descending, skip, limit) in queries {
            for sort in SORTS {
                let query = RunQuery {
                    tenant_id: tenants[tenant],
                    project_id: project_number.map(project),
                    status,
                    mode,
                    sort,
                    descending,
                    skip,
                    limit,
                };
                prop_assert_eq!(store.list_runs(&query).unwrap(), expected(&model, &query));
                let all = RunQuery { skip: 0, limit: usize::MAX, ..query };
                prop_assert_eq!(store.list_runs(&all).unwrap(), expected(&model, &all));
            }
        }
    }
}

#[test]
fn a_run_is_under_its_present_status_only() {
    let folder = folder();
    let store = open(folder.path());
    let mut record = run(fresh_id());
    for status in RunStatus::ALL {
        record.status = status;
        record.current_tick += 1;
        store.commit_wait(vec![put(&record)]).unwrap();
        for other in RunStatus::ALL {
            let expected: &[RunRecord] = if other == status { std::slice::from_ref(&record) } else { &[] };
            assert_eq!(store.runs_with_status(other).unwrap(), expected);
            let query = RunQuery { status: Some(other), ..all_of(DEFAULT_TENANT) };
            let page = store.list_runs(&query).unwrap();
            assert_eq!((page.items.as_slice(), page.total), (expected, expected.len()));
        }
        assert_eq!(store.list_runs(&all_of(DEFAULT_TENANT)).unwrap().total, 1);
    }
}

#[test]
fn one_commit_with_many_versions_of_a_run_leaves_the_last() {
    let folder = folder();
    let store = open(folder.path());
    let first = run(fresh_id());
    let versions = RunStatus::ALL.map(|status| RunRecord { status, ..first.clone() });
    store.commit_wait(versions.iter().map(put).collect()).unwrap();
    for status in RunStatus::ALL {
        let found = store.runs_with_status(status).unwrap().len();
        assert_eq!(found, usize::from(status == RunStatus::Cancelled), "{status}");
    }
}

#[test]
fn recovery_sees_the_runs_of_all_tenants_oldest_first() {
    let folder = folder();
    let store = open(folder.path());
    let runs: Vec<RunRecord> = (0..20u64)
        .map(|n| RunRecord {
            tenant_id: Uuid::from_u128(u128::from(n % 3)),
            created_at_ms: (n * 7) % 20,
            status: RunStatus::Running,
            ..run(fresh_id())
        })
        .collect();
    store.commit_wait(runs.iter().map(put).collect()).unwrap();
    let found = store.runs_with_status(RunStatus::Running).unwrap();
    let times: Vec<u64> = found.iter().map(|run| run.created_at_ms).collect();
    assert_eq!(times, (0..20).collect::<Vec<u64>>());
}

#[test]
fn listings_during_status_changes_never_show_a_wrong_status() {
    let folder = folder();
    let store = open(folder.path());
    let runs: Vec<RunRecord> = (0..8).map(|_| run(fresh_id())).collect();
    store.commit_wait(runs.iter().map(put).collect()).unwrap();
    let statuses = RunStatus::ALL.iter().cycle().take(200);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for (status, record) in statuses.zip(runs.iter().cycle()) {
                let changed = RunRecord { status: *status, ..record.clone() };
                store.commit_wait(vec![put(&changed)]).unwrap();
            }
        });
        while !writer.is_finished() {
            for status in RunStatus::ALL {
                let query = RunQuery { status: Some(status), ..all_of(DEFAULT_TENANT) };
                let page = store.list_runs(&query).unwrap();
                assert!(page.items.iter().all(|run| run.status == status));
                assert_eq!(page.items.len(), page.total);
            }
            assert_eq!(store.list_runs(&all_of(DEFAULT_TENANT)).unwrap().total, runs.len());
        }
    });
}
