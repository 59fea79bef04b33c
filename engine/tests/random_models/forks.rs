//! A fork of any run, anywhere, on any plan: it is the run that has the same turns from its first tick on. Were one of these to
//! fail, a fork would depend on how its parent was stepped, saved or split, or could not be done again by itself.

use std::sync::Arc;

use civitas_engine::*;
use proptest::prelude::*;

use super::effects::any_new_effects;
use super::{any_spec, catalogue, start, text};

/// Another seed, another scenario, both or nothing.
pub(super) fn any_turn() -> impl Strategy<Value = Turn> {
    let shift = prop::option::of(-0.5..0.5f64);
    (prop::option::of(0u64..3), shift, any_new_effects()).prop_map(|(seed, delta, effects)| Turn {
        seed,
        horizon_ticks: None,
        variable_deltas: delta.map(|delta| ("weather".to_owned(), delta)).into_iter().collect(),
        effects,
        bundle: None,
    })
}

/// The run with a turn at this place between its start and its horizon, the tick of it, and the turn: at the end of the run it
/// cannot add an effect, for none would begin.
pub(super) fn turned(spec: &RunSpec, place: f64, turn: Turn) -> (u32, RunSpec, Turn) {
    let tick = (place * f64::from(spec.horizon_ticks + 1)) as u32;
    let fits = tick < turn.horizon_ticks.unwrap_or(spec.horizon_ticks);
    let turn = if fits { turn } else { Turn { effects: Vec::new(), ..turn } };
    (tick, spec.turned(tick, turn.clone()), turn)
}

/// The run as it is at a tick on so many partitions, as a store keeps it.
fn saved(spec: &RunSpec, tick: u32, partitions: usize, batch: usize) -> Saved {
    let mut run = start(spec, partitions);
    for _ in 0..tick {
        run.step(batch).unwrap();
    }
    let mut saved = run.save();
    for state in &mut saved.states {
        *state = PartitionState::from_bytes(&state.to_bytes()).unwrap();
    }
    saved
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn a_fork_is_the_run_that_had_the_turn_all_along(
        spec in any_spec(), (place, turn, more) in (0.0..1.0f64, any_turn(), prop::option::of(1u32..6)),
        plans in (1usize..8, 1usize..8), batch in 1usize..700,
    ) {
        // The length of an experiment is that of its workflow.
        let horizon_ticks = more.filter(|_| spec.workflow.is_none()).map(|more| spec.horizon_ticks + more);
        let turn = Turn { horizon_ticks, ..turn };
        let (tick, child, turn) = turned(&spec, place, turn);
        let saved = saved(&spec, tick, plans.0, batch);
        let mut fork = Simulation::fork(&spec, turn, &catalogue(), plans.1, saved).unwrap();
        let found = text(&fork.run().unwrap());
        prop_assert_eq!(found, text(&start(&child, 1).run().unwrap()));
    }

    #[test]
    fn a_fork_with_nothing_changed_ends_in_the_parents_bytes(
        spec in any_spec(), place in 0.0..1.0f64, plans in (1usize..8, 1usize..8),
    ) {
        let (tick, child, _) = turned(&spec, place, Turn::default());
        prop_assert_eq!(&child, &spec);
        let saved = saved(&spec, tick, plans.0, 100);
        let mut fork = Simulation::fork(&spec, Turn::default(), &catalogue(), plans.1, saved).unwrap();
        prop_assert_eq!(text(&fork.run().unwrap()), text(&start(&spec, 1).run().unwrap()));
    }
}

#[test]
fn a_fork_parts_from_its_parent_at_its_tick_and_not_before() {
    let plain = RunSpec {
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 3_000 },
        horizon_ticks: 40,
        ..RunSpec::default()
    };
    let shift: Turn = Turn { variable_deltas: [("economy_confidence".to_owned(), 0.4)].into(), ..Turn::default() };
    for network in [NetworkKind::Gravity, NetworkKind::Pairs] {
        let spec = RunSpec { network: NetworkSpec { kind: network, ..NetworkSpec::default() }, ..plain.clone() };
        for turn in [Turn { seed: Some(7), ..Turn::default() }, shift.clone()] {
            let mut parent = start(&spec, 2);
            let mut child = start(&spec.turned(20, turn.clone()), 2);
            for tick in 0..40 {
                assert_eq!(parent.digest() == child.digest(), tick <= 20, "{turn:?} at tick {tick}");
                parent.step(1_000).unwrap();
                child.step(1_000).unwrap();
            }
        }
    }
    let told = start(&plain.turned(20, shift), 1).run().unwrap().key_events;
    let told: Vec<_> = told.iter().filter(|event| event.r#type == "intervention").collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].tick == 20 && told[0].description.starts_with("economy_confidence shifted by +0.4 everywhere;"));
}

#[test]
fn only_a_turn_makes_a_fork() {
    let spec = RunSpec {
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 500 },
        horizon_ticks: 10,
        ..RunSpec::default()
    };
    let saved = saved(&spec, 5, 1, 100);
    let world = |spec: &RunSpec| World::new(spec.clone(), &catalogue()).unwrap();
    let parent = world(&spec);
    let forks = |child: &RunSpec| Coordinator::fork(&parent, world(child), &saved.history).is_ok();
    let seed = Turn { seed: Some(1), ..Turn::default() };
    assert!(forks(&spec) && forks(&spec.turned(5, seed.clone())));
    assert!(
        forks(&spec.turned(6, seed.clone())) && !forks(&spec.turned(4, seed)),
        "the same up to its tick, and not only later"
    );
    assert!(!forks(&RunSpec { seed: 1, ..spec.clone() }), "another seed from its birth on");
    assert!(!forks(&RunSpec { sample_rate: 0.5, ..spec.clone() }), "another way of stepping");
    let other = world(&RunSpec { seed: 2, ..spec.clone() });
    assert!(Coordinator::fork(&other, Arc::clone(&other), &saved.history).is_err(), "another parent");
    assert!(Coordinator::fork(&parent, Arc::clone(&parent), &saved.history[..7]).is_err());
}
