//! What the tests of the runtime share: a real store in a temporary folder, runs to submit, and a model that misbehaves.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::sync::Arc;

use civitas_actors::{Execution, NewRun, NodePlace, Runtime, RuntimeConfig};
use civitas_engine::{
    Around, Catalogue, Draws, Metric, Model, Newborn, Outcome, Parameter, Parameters, PopulationSpec, Report, RunSpec,
    Simulation, State, Summary,
};
use civitas_store::{RunManifest, RunStatus, SledStore, Store, TenantId};
use uuid::Uuid;

/// A tenant for tests.
pub const TENANT: TenantId = Uuid::from_u128(7);

/// The one metric of models that tests make up, and what results say of it.
pub const LEVEL_METRICS: &[Metric] = &[Metric { name: "level", unit: "1", description: "" }];
pub const LEVEL_REPORT: Report = Report {
    summary: &[("level", 0, Summary::Final)],
    distribution: &[],
    trends: &[("level", 0)],
    milestones: &[],
    swings: &[],
    headline: 0,
};

pub fn spec(agents: u32, ticks: u32) -> RunSpec {
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents };
    RunSpec { population, horizon_ticks: ticks, ..RunSpec::default() }
}

pub fn new_run(spec: RunSpec) -> NewRun {
    NewRun {
        tenant_id: TENANT,
        project_id: Uuid::from_u128(8),
        node: NodePlace::Root,
        node_name: None,
        name: "test".to_owned(),
        created_by: "test".to_owned(),
        spec,
        bundle: None,
        agents_left_out: false,
        execution: Execution::default(),
        versions: Default::default(),
    }
}

pub fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.register::<Faulty>();
    catalogue
}

pub async fn start(config: RuntimeConfig, folder: &tempfile::TempDir) -> (Runtime, Arc<SledStore>) {
    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    let runtime = Runtime::start(config, Arc::clone(&store) as Arc<dyn Store>, catalogue()).await.unwrap();
    (runtime, store)
}

/// The results of a run that is interrupted by a shutdown every 25 ticks or so, wherever it happens to be then, and that goes
/// on in a new runtime on another number of partitions; and in how many runtimes it lived.
pub async fn interrupted(spec: &RunSpec, catalogue: Catalogue) -> (Vec<u8>, usize) {
    let (results, _, lives) = interrupted_run(spec, catalogue).await;
    (results, lives)
}

/// The same with its manifest.
pub async fn interrupted_run(spec: &RunSpec, catalogue: Catalogue) -> (Vec<u8>, RunManifest, usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut id = None;
    for life in 1.. {
        let store = Arc::new(SledStore::open(folder.path()).unwrap());
        let config = RuntimeConfig { partitions: Some(life % 4 + 1), ..RuntimeConfig::default() };
        let runtime = Runtime::start(config, Arc::clone(&store) as Arc<dyn Store>, catalogue.clone()).await.unwrap();
        let id = match id {
            Some(id) => id,
            None => *id.insert(runtime.submit_and_start(new_run(spec.clone())).await.unwrap().id),
        };
        let mut watch = runtime.watch(TENANT, id).await.unwrap();
        let mut latest = watch.latest();
        let start = latest.tick;
        while latest.tick < start + 25 && !latest.status.is_terminal() {
            latest = watch.changed().await.unwrap_or(latest);
        }
        let mut found = None;
        if latest.status.is_terminal() {
            assert_eq!(latest.status, RunStatus::Succeeded, "{:?}", latest.fault);
            let results = runtime.results(TENANT, id).await.unwrap().outcome_json;
            found = Some((results, runtime.manifest(TENANT, id).await.unwrap().manifest));
        }
        runtime.shutdown().await.unwrap();
        drop(runtime);
        store.close();
        if let Some((results, manifest)) = found {
            return (results, manifest, life);
        }
    }
    unreachable!("the run ends in some life")
}

/// What a run must answer, by the engine alone on one partition.
pub fn reference(spec: RunSpec) -> Outcome {
    Simulation::new(spec, &catalogue(), 1).unwrap().run().unwrap()
}

/// A model that panics at a tick, or takes for ever.
pub struct Faulty {
    panics_at: f32,
    slow: f32,
}

#[derive(Clone, Copy)]
pub struct Cell {
    age: u32,
}

impl State for Cell {
    type Saved = u32;

    fn save(&self) -> u32 {
        self.age
    }

    fn load(&mut self, age: u32) {
        self.age = age;
    }
}

impl Model for Faulty {
    type Agent = Cell;
    type Published = u8;
    type Mail = ();

    const NAME: &'static str = "faulty";
    const VERSION: &'static str = "1";
    const DRAWS_PER_STEP: usize = 0;
    const DRAWS_AT_BIRTH: usize = 0;
    const PARAMETERS: &'static [Parameter] = &[
        Parameter::whole("panics_at", "tick", (0.0, 1e6), 1e6, "The age at which an agent panics"),
        Parameter::whole("slow", "1", (0.0, 1e9), 0.0, "How many numbers an agent draws in a tick for nothing"),
    ];
    const METRICS: &'static [Metric] = &[Metric { name: "age", unit: "ticks", description: "" }];
    const REPORT: Report = Report {
        summary: &[("age", 0, Summary::Final)],
        distribution: &[],
        trends: &[("age", 0)],
        milestones: &[],
        swings: &[],
        headline: 0,
    };

    fn new(parameters: &Parameters) -> Self {
        Self { panics_at: parameters.get("panics_at"), slow: parameters.get("slow") }
    }

    fn create(&self, _: Newborn, _: &mut Draws<'_>) -> Cell {
        Cell { age: 0 }
    }

    fn publish(&self, _: &Cell) -> u8 {
        0
    }

    fn step(&self, cell: &mut Cell, _: Around<'_, u8>, draws: &mut Draws<'_>) {
        assert!((cell.age as f32) < self.panics_at, "agent of age {} is too old", cell.age);
        cell.age += 1;
        for _ in 0..self.slow as u32 {
            std::hint::black_box(draws.word());
        }
    }

    fn measure(&self, cell: &Cell, sums: &mut [i64]) {
        sums[0] += i64::from(cell.age) << 10;
    }
}
