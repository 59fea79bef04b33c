//! Passing over agents that rest changes nothing: `epidemic` and the same model that never rests end in the same bytes, in
//! any partitioning, after any interruption, on networks of every kind.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use civitas_engine::models::Epidemic;
use civitas_engine::*;
use proptest::prelude::*;

/// `epidemic`, stepped in full.
struct Restless(Epidemic);

impl Model for Restless {
    type Agent = u8;
    type Published = u8;
    type Mail = ();

    const NAME: &'static str = Epidemic::NAME;
    const VERSION: &'static str = Epidemic::VERSION;
    const PARAMETERS: &'static [Parameter] = Epidemic::PARAMETERS;
    const VARIABLES: &'static [Variable] = Epidemic::VARIABLES;
    const METRICS: &'static [Metric] = Epidemic::METRICS;
    const REPORT: Report = Epidemic::REPORT;
    const TRAITS: &'static [Trait] = Epidemic::TRAITS;
    const MUTUAL: bool = Epidemic::MUTUAL;

    fn new(parameters: &Parameters) -> Self {
        Self(Epidemic::new(parameters))
    }

    fn create(&self, newborn: Newborn, draws: &mut Draws<'_>) -> u8 {
        self.0.create(newborn, draws)
    }

    fn publish(&self, stage: &u8) -> u8 {
        self.0.publish(stage)
    }

    fn step(&self, stage: &mut u8, around: Around<'_, u8>, draws: &mut Draws<'_>) {
        self.0.step(stage, around, draws);
    }

    fn values(&self, stage: &u8, values: &mut [f32]) {
        self.0.values(stage, values);
    }

    fn trait_value(&self, stage: &u8, place: usize) -> f64 {
        self.0.trait_value(stage, place)
    }

    fn set_trait(&self, stage: &mut u8, place: usize, value: f64) {
        self.0.set_trait(stage, place, value);
    }
}

fn restless() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.register::<Restless>();
    catalogue
}

#[derive(Clone, Debug)]
struct Case {
    spec: RunSpec,
    partitions: usize,
    resumed: usize,
    batch: usize,
    interrupted: u32,
}

/// An experiment that infects some in the middle, and heals others.
fn workflow(ticks: u32, changes: bool) -> Option<Arc<Workflow>> {
    let run = |ticks| Action::Run { ticks, seconds_per_tick: 3_600 };
    let set = |value: &str, ids: std::ops::Range<u32>| Action::UpdateState {
        key: "stage".to_owned(),
        value: Value::Text(value.to_owned()),
        target: Target { ids: Some(ids.collect()), ..Target::default() },
    };
    let half = (ticks / 2).max(1);
    let steps = vec![run(half), set("infectious", 0..30), set("recovered", 40..90), run(half)];
    changes.then(|| Arc::new(Workflow { steps, ..Workflow::default() }))
}

prop_compose! {
    fn case()(
        kind in prop::sample::select(vec![
            NetworkKind::Gravity, NetworkKind::Ring, NetworkKind::SmallWorld, NetworkKind::ErdosRenyi,
            NetworkKind::ScaleFree, NetworkKind::Complete, NetworkKind::Pairs,
        ]),
        agents in 100u32..3_000,
        seed in any::<u64>(),
        half_degree in 0u32..6,
        initial_share in prop::sample::select(vec![0.0, 0.002, 0.05, 0.5]),
        mixing in prop::sample::select(vec![0.0, 0.0, 0.2]),
        incubation in prop::sample::select(vec![0.0, 3.0]),
        waning in prop::sample::select(vec![0.0, 0.05]),
        sample_rate in prop::sample::select(vec![1.0, 1.0, 0.4]),
        one in prop::bool::weighted(0.1),
        changes in any::<bool>(),
        (partitions, resumed) in (1usize..6, 1usize..6),
        batch in prop::sample::select(vec![1usize, 7, 300, usize::MAX]),
        interrupted in 0u32..40,
    ) -> Case {
        let parameters = [
            ("transmission", 0.15), ("initial_share", initial_share), ("mixing", mixing), ("incubation", incubation),
            ("waning", waning), ("recovery", 0.2),
        ];
        let workflow = workflow(40, changes);
        let spec = RunSpec {
            model: "epidemic".to_owned(),
            parameters: parameters.map(|(name, value)| (name.to_owned(), value)).into(),
            population: PopulationSpec { dataset: "us-2020".to_owned(), agents },
            network: NetworkSpec { kind, mean_degree: f64::from(2 * half_degree), ..NetworkSpec::default() },
            seed,
            horizon_ticks: 40,
            activation: if one { Activation::One } else { Activation::All },
            sample_rate: if one { 1.0 } else { sample_rate },
            variable_deltas: BTreeMap::new(),
            effects: Vec::new(),
            workflow,
            cast: None,
            past: Vec::new(),
        };
        // Whoever rests is passed over whichever seed is in force.
        let spec = spec.turned(10, Turn { seed: Some(!seed), ..Turn::default() });
        Case { spec, partitions, resumed, batch, interrupted }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn resting_never_shows(case in case()) {
        let (rested, full) = (Catalogue::default(), restless());
        let mut stepped = Simulation::new(case.spec.clone(), &full, 1).unwrap();
        let expected = stepped.run().unwrap().canonical_json();

        let mut whole = Simulation::new(case.spec.clone(), &rested, case.partitions).unwrap();
        for _ in 0..case.interrupted {
            whole.step(case.batch).unwrap();
        }
        let saved = whole.save();
        let mut resumed = Simulation::resume(case.spec.clone(), &rested, case.resumed, saved).unwrap();
        let bytes = whole.run().unwrap().canonical_json();
        prop_assert_eq!(String::from_utf8(bytes).unwrap(), String::from_utf8(expected.clone()).unwrap());
        prop_assert_eq!(resumed.run().unwrap().canonical_json(), expected);
    }
}

/// The infection reaches part of the society, so that there are agents of every kind to pass over and to step.
#[test]
fn the_cases_are_not_trivial() {
    let spec = RunSpec {
        model: "epidemic".to_owned(),
        parameters: [("transmission".to_owned(), 0.05), ("initial_share".to_owned(), 0.01)].into(),
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 20_000 },
        horizon_ticks: 10,
        ..RunSpec::default()
    };
    let outcome = Simulation::new(spec, &Catalogue::default(), 3).unwrap().run().unwrap();
    assert_eq!(outcome.agent_steps, 200_000, "who is passed over has acted");
    let infectious = outcome.distribution["infectious"];
    assert!(infectious > 0.02 && outcome.distribution["susceptible"] > 0.2, "{:?}", outcome.distribution);
}
