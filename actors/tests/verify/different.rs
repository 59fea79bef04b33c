//! What differs, at the right tick: models that are not deterministic, and stores that were changed.

use std::sync::atomic::{AtomicU32, Ordering};

use civitas_actors::{Difference, Differing, Runtime, VerificationState};
use civitas_engine::{Around, Catalogue, Draws, Metric, Model, Newborn, Parameters, RunSpec, State};
use civitas_store::{Change, RunId, RunManifest, RunRecord, RunStatus, SledStore, Store};

use tokio::sync::Mutex;

use super::common::{catalogue, spec};
use super::{ended, started, stopped, verified};

/// The age at which agents change what no metric counts; none at first. What no model may have.
static TURNS_AT: AtomicU32 = AtomicU32::new(u32::MAX);
/// The age at which an agent grows by two.
static LEAPS_AT: AtomicU32 = AtomicU32::new(u32::MAX);
/// Held by the tests that change them.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// A model with a global variable.
struct Fickle;

#[derive(Clone, Copy, Debug)]
struct Part {
    age: u32,
    even: bool,
}

impl State for Part {
    type Saved = (u32, bool);

    fn save(&self) -> (u32, bool) {
        (self.age, self.even)
    }

    fn load(&mut self, (age, even): (u32, bool)) {
        *self = Self { age, even };
    }
}

impl Model for Fickle {
    type Agent = Part;
    type Published = ();
    type Mail = ();
    const NAME: &'static str = "fickle";
    const VERSION: &'static str = "1";
    const METRICS: &'static [Metric] = &[Metric { name: "age", unit: "ticks", description: "" }];

    fn new(_: &Parameters) -> Self {
        Self
    }

    fn create(&self, newborn: Newborn, _: &mut Draws<'_>) -> Part {
        Part { age: 0, even: newborn.id.is_multiple_of(2) }
    }

    fn publish(&self, _: &Part) {}

    fn step(&self, part: &mut Part, _: Around<'_, ()>, _: &mut Draws<'_>) {
        part.age += if part.age == LEAPS_AT.load(Ordering::Relaxed) { 2 } else { 1 };
        part.even ^= part.age == TURNS_AT.load(Ordering::Relaxed);
    }

    fn measure(&self, part: &Part, sums: &mut [i64]) {
        sums[0] += i64::from(part.age) << 10;
    }
}

fn fickle() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.register::<Fickle>();
    catalogue
}

/// The first difference that verifying finds.
async fn difference(runtime: &Runtime, id: RunId) -> Difference {
    let found = verified(runtime, id).await;
    let VerificationState::Different(difference) = found.state else { panic!("{found:?}") };
    assert!(!found.agreed.results && difference.recorded != difference.found);
    difference
}

/// Executes a run of the model with a global variable, changes that, and verifies; what is found, and the ticks of the digests
/// of all state that there were.
async fn changed_between(variable: &AtomicU32, at: u32) -> (Difference, Vec<u32>) {
    let _alone = ONE_AT_A_TIME.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = started(&folder, 3, fickle()).await;
    let (id, status) = ended(&runtime, RunSpec { model: "fickle".to_owned(), ..spec(5_000, 20) }).await;
    assert_eq!(status, RunStatus::Succeeded);
    assert_eq!(verified(&runtime, id).await.state, VerificationState::Same);
    variable.store(at, Ordering::Relaxed);
    let found = difference(&runtime, id).await;
    variable.store(u32::MAX, Ordering::Relaxed);
    assert_eq!(verified(&runtime, id).await.state, VerificationState::Same);
    let noted = store.run_manifest(id).unwrap().unwrap().state_digests;
    stopped(runtime, store).await;
    (found, noted.into_iter().map(|noted| noted.at.tick).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_with_a_global_variable_is_found_at_its_tick() {
    let (found, _) = changed_between(&LEAPS_AT, 5).await;
    assert_eq!((found.tick, found.what), (6, Differing::Tick));
}

/// The next digest of all state.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_sum_tells_the_next_snapshot_does() {
    let (found, noted) = changed_between(&TURNS_AT, 6).await;
    let next = noted.into_iter().find(|&tick| tick >= 6).unwrap();
    assert_eq!((found.tick, found.what), (next, Differing::State));
}

/// A run of twenty ticks, executed and then changed in the store; what verifying finds.
async fn tampered(change: impl FnOnce(&SledStore, RunRecord, RunManifest) -> Vec<Change>) -> Difference {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, store) = started(&folder, 2, catalogue()).await;
    let (id, _) = ended(&runtime, spec(2_000, 20)).await;
    assert_eq!(verified(&runtime, id).await.state, VerificationState::Same);
    let (record, manifest) = (store.run(id).unwrap().unwrap(), store.run_manifest(id).unwrap().unwrap());
    let changes = change(&store, record, manifest);
    store.commit_wait(changes).unwrap();
    let found = difference(&runtime, id).await;
    stopped(runtime, store).await;
    found
}

fn put(manifest: RunManifest) -> Vec<Change> {
    vec![Change::PutRunManifest(Box::new(manifest))]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_in_the_store_is_found() {
    for tick in [0, 7, 20] {
        let found = tampered(|_, _, mut manifest| {
            manifest.tick_digests[tick] ^= 1;
            put(manifest)
        });
        let found = found.await;
        assert_eq!((found.tick, found.what), (tick as u32, Differing::Tick), "{found:?}");
    }
    let state = tampered(|_, _, mut manifest| {
        manifest.state_digests[0].digest ^= 1 << 100;
        put(manifest)
    });
    let state = state.await;
    // The first snapshot is never passed over.
    assert_eq!((state.tick, state.what), (4, Differing::State), "{state:?}");
    // A moment at which nothing was noted, and one that the run never comes to.
    let moment = tampered(|_, _, mut manifest| {
        manifest.state_digests[0].at.steps = 1;
        put(manifest)
    });
    let moment = moment.await;
    assert_eq!((moment.tick, moment.what), (4, Differing::Course), "{moment:?}");
    let end = tampered(|_, _, mut manifest| {
        manifest.end.tick = 30;
        manifest.tick_digests.resize(31, 0);
        put(manifest)
    });
    let end = end.await;
    assert_eq!((end.tick, end.what), (20, Differing::Course), "{end:?}");
    let results = tampered(|store, record, mut manifest| {
        let document = String::from_utf8(store.results(record.id).unwrap().unwrap()).unwrap();
        let document = document.replacen("\"agents\":2000", "\"agents\":2001", 1).into_bytes();
        manifest.results_sha256 = civitas_store::results_sha256(&document);
        [put(manifest), vec![Change::PutResults(record.id, document)]].concat()
    });
    let results = results.await;
    assert_eq!((results.tick, results.what), (20, Differing::Results), "{results:?}");
    let record = tampered(|_, mut record, _| {
        record.spec.seed += 1;
        vec![Change::PutRun(Box::new(record))]
    });
    let record = record.await;
    assert_eq!((record.tick, record.what), (0, Differing::Specification), "{record:?}");
}
