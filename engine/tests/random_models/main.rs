//! Any model, any network, any plan: one answer. Were one of these to fail, something that a model can do would depend on
//! how its run is split, batched, stopped or resumed. Besides: populations add up, and draws belong to one agent, tick and
//! purpose alone.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod effects;
mod forks;
mod peers;
mod populations;
mod whim;

use std::sync::Arc;

use civitas_engine::*;
use proptest::prelude::*;
use whim::Whim;

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.register::<Whim>();
    catalogue
}

/// Of every kind that is made rather than listed by a data set; those have their own random cases in `tests/listed.rs`.
fn any_network() -> impl Strategy<Value = NetworkSpec> {
    let made: Vec<_> = NetworkKind::ALL.into_iter().filter(|kind| *kind != NetworkKind::Listed).collect();
    let numbers = (0u32..9, 0.0..1.0f64, 0.0..1.0f64, 0.0..3.0f64);
    (prop::sample::select(made), numbers).prop_map(|(kind, (half, rewiring, long_range_share, distance_exponent))| {
        let mean_degree = 2.0 * f64::from(half);
        NetworkSpec { kind, mean_degree, rewiring, long_range_share, distance_exponent, ..NetworkSpec::default() }
    })
}

fn any_action() -> impl Strategy<Value = Action> {
    let target = |every: u32| Target { ids: Some((0..20).step_by(every as usize).collect()), ..Target::default() };
    let message = |stance: f64, target| Action::Message { text: String::new(), stance, strength: 1.0, target };
    prop_oneof![
        3 => (1u32..4).prop_map(|ticks| Action::Run { ticks, seconds_per_tick: 60 }),
        1 => (-1.0..1.0f64, 1u32..9).prop_map(move |(stance, every)| message(stance, target(every))),
        1 => (-1.0..1.0f64).prop_map(move |stance| message(stance, Target::default())),
        1 => (0.0..1.0f64, 1u32..9).prop_map(move |(mood, every)| {
            Action::UpdateState { key: "mood".to_owned(), value: Value::Number(mood), target: target(every) }
        }),
        1 => (0.0..1.0f64).prop_map(|value| {
            Action::Environment { key: "weather".to_owned(), value, regions: vec!["CA".to_owned()] }
        }),
        1 => Just(Action::NextRound),
        1 => Just(Action::Interview { text: String::new(), agents: vec![0, 19] }),
    ]
}

/// A run without an experiment, or with one.
fn any_workflow() -> impl Strategy<Value = Option<Workflow>> {
    prop::option::of(prop::collection::vec(any_action(), 1..8)).prop_map(|steps| {
        let run = Action::Run { ticks: 2, seconds_per_tick: 60 };
        steps.map(|steps| Workflow { steps: steps.into_iter().chain([run]).collect(), ..Workflow::default() })
    })
}

/// A run that has one seed and one scenario.
fn any_plain_spec() -> impl Strategy<Value = RunSpec> {
    let model = (0u64..1 << 53, 0u32..4);
    let acting = prop_oneof![
        Just((Activation::All, 1.0)),
        Just((Activation::One, 1.0)),
        (0.05..1.0f64).prop_map(|rate| (Activation::All, rate))
    ];
    (model, any_network(), any_workflow(), acting, (20u32..1_200, 1u32..10), any::<u64>()).prop_map(
        |((genome, letters), network, workflow, (activation, sample_rate), (agents, ticks), seed)| RunSpec {
            model: "whim".to_owned(),
            parameters: [("genome".to_owned(), genome as f64), ("letters".to_owned(), f64::from(letters))].into(),
            population: PopulationSpec { dataset: "us-2020".to_owned(), agents },
            network,
            seed,
            activation,
            sample_rate,
            horizon_ticks: workflow.as_ref().map_or(ticks, Workflow::ticks),
            variable_deltas: [("weather".to_owned(), 0.25)].into(),
            effects: Vec::new(),
            workflow: workflow.map(Arc::new),
            cast: None,
            past: Vec::new(),
        },
    )
}

/// A run in which effects may come and go, and whose seed or scenario may be another from some ticks on.
fn any_spec() -> impl Strategy<Value = RunSpec> {
    let with_effects = any_plain_spec().prop_flat_map(|spec| {
        effects::any_effects(spec.horizon_ticks).prop_map(move |effects| RunSpec { effects, ..spec.clone() })
    });
    (with_effects, prop::collection::vec((0.0..1.0f64, forks::any_turn()), 0..3)).prop_map(|(spec, mut turns)| {
        turns.sort_by(|one, other| one.0.total_cmp(&other.0));
        turns.into_iter().fold(spec, |spec, (place, turn)| forks::turned(&spec, place, turn).1)
    })
}

fn start(spec: &RunSpec, partitions: usize) -> Simulation {
    Simulation::new(spec.clone(), &catalogue(), partitions).unwrap()
}

fn text(outcome: &Outcome) -> String {
    String::from_utf8(outcome.canonical_json()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn partitions_and_batches_never_show(spec in any_spec(), partitions in 2usize..8, batch in 1usize..700) {
        let (mut whole, mut split) = (start(&spec, 1), start(&spec, partitions));
        for tick in 0..spec.horizon_ticks {
            prop_assert_eq!(whole.digest(), split.digest(), "tick {}", tick);
            whole.step(usize::MAX).unwrap();
            split.step(batch).unwrap();
        }
        prop_assert_eq!(text(&whole.outcome()), text(&split.outcome()));
    }

    #[test]
    fn a_run_resumed_at_any_tick_on_any_plan_ends_in_the_same_bytes(
        spec in any_spec(), stop in 0.0..1.0f64, plans in (1usize..8, 1usize..8), batch in 1usize..700,
    ) {
        let mut whole = start(&spec, 1);
        let expected = text(&whole.run().unwrap());
        let mut first = start(&spec, plans.0);
        for _ in 0..(stop * f64::from(spec.horizon_ticks + 1)) as u32 {
            first.step(batch).unwrap();
        }
        let mut saved = first.save();
        // As a store keeps it.
        for state in &mut saved.states {
            *state = PartitionState::from_bytes(&state.to_bytes()).unwrap();
        }
        let mut second = Simulation::resume(spec, &catalogue(), plans.1, saved).unwrap();
        prop_assert_eq!(first.digest(), second.digest());
        prop_assert_eq!(text(&second.run().unwrap()), expected);
    }

    #[test]
    fn audits_agree_moment_by_moment(spec in any_spec(), partitions in 2usize..8, batch in 1usize..700) {
        let mut whole = Replay::new(spec.clone(), &catalogue(), 1, true).unwrap();
        let mut split = Replay::new(spec, &catalogue(), partitions, true).unwrap().in_batches(batch);
        while let Some(entry) = whole.next_entry().unwrap() {
            prop_assert_eq!(Some(entry), split.next_entry().unwrap());
        }
        prop_assert_eq!(split.next_entry().unwrap(), None);
    }
}

/// The random models do what they are for: between them letters fly, events are reported and agents read what others show.
#[test]
fn random_models_are_not_idle() {
    let spec = |genome: u32, letters| RunSpec {
        model: "whim".to_owned(),
        parameters: [("genome".to_owned(), f64::from(genome)), ("letters".to_owned(), letters)].into(),
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 600 },
        horizon_ticks: 6,
        ..RunSpec::default()
    };
    let mut digests = std::collections::BTreeSet::new();
    for genome in 0..20 {
        let mut simulation = start(&spec(genome, 3.0), 3);
        let events = simulation.run().unwrap().events.unwrap();
        assert!(events.by_kind["common"].count > 0, "genome {genome}");
        let mail: usize = simulation.save().states.iter().map(|state| state.mail.len()).sum();
        assert!(mail > 600 * 15 / 2, "genome {genome} has {mail} bytes of letters under way");
        digests.insert(simulation.digest());
        let mut silent = start(&spec(genome, 0.0), 3);
        silent.run().unwrap();
        digests.insert(silent.digest());
    }
    assert_eq!(digests.len(), 40, "letters change what agents do, and so do genomes");
}
