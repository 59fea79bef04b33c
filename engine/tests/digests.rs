//! What a run notes of itself: were one of these to fail, a run that comes out different would be called the same, or one that
//! is the same different. That partitions and resumptions do not show is in `invariance` and `experiment`.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use civitas_engine::{Action, Catalogue, PopulationSpec, RunSpec, Saved, Simulation, Target, Value, Workflow};

fn spec(ticks: u32) -> RunSpec {
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 2_000 };
    RunSpec { population, horizon_ticks: ticks, seed: 11, ..RunSpec::default() }
}

fn simulation(spec: RunSpec) -> Simulation {
    Simulation::new(spec, &Catalogue::default(), 2).unwrap()
}

fn ticks_of(spec: RunSpec) -> Vec<u64> {
    let mut simulation = simulation(spec);
    simulation.run().unwrap();
    let digests = simulation.digests();
    assert_eq!((digests.first_tick, digests.states.len()), (0, 0));
    digests.ticks
}

/// A run of ten ticks with something done after the fourth.
fn with(steps: Vec<Action>) -> RunSpec {
    let run = |ticks| Action::Run { ticks, seconds_per_tick: 60 };
    let steps = [vec![run(4)], steps, vec![run(6)]].concat();
    RunSpec { workflow: Some(Arc::new(Workflow { steps, ..Workflow::default() })), ..spec(10) }
}

/// The first tick at which two lists differ.
fn first_difference(a: &[u64], b: &[u64]) -> Option<usize> {
    assert_eq!(a.len(), b.len());
    (0..a.len()).find(|&tick| a[tick] != b[tick])
}

#[test]
fn there_is_one_per_tick_and_no_two_are_alike() {
    let ticks = ticks_of(spec(10));
    assert_eq!(ticks.len(), 11);
    for (place, tick) in ticks.iter().enumerate() {
        assert!(!ticks[place + 1..].contains(tick));
    }
    // A longer run is the same as far as a shorter one goes.
    assert_eq!(ticks_of(spec(20))[..11], ticks);
}

#[test]
fn the_tick_that_differs_is_the_one_at_which_something_was_done() {
    let plain = ticks_of(with(vec![]));
    assert_eq!(first_difference(&plain, &ticks_of(spec(10))), None, "a workflow that does nothing does not show");
    let environment = Action::Environment { key: "social_trust".to_owned(), value: 0.9, regions: vec![] };
    let update = |target: Target| Action::UpdateState { key: "opinion".to_owned(), value: Value::Number(0.9), target };
    let one = Target { ids: Some(vec![1_234]), ..Target::default() };
    for (what, step) in [("environment", environment), ("all", update(Target::default())), ("one agent", update(one))] {
        assert_eq!(first_difference(&plain, &ticks_of(with(vec![step]))), Some(4), "{what}");
    }
    let asked = Action::Interview { text: String::new(), agents: vec![1] };
    assert_eq!(first_difference(&plain, &ticks_of(with(vec![asked]))), None, "who only looks changes nothing");
}

#[test]
fn a_snapshot_of_a_time_without_digests_is_gone_on_from() {
    let expected = ticks_of(spec(10));
    let mut first = simulation(spec(10));
    (0..4).for_each(|_| first.step(100).unwrap());
    let Saved { tick, history, states } = first.save();
    // Behind the sums: first tick, 4 digests, no digest of state.
    let older = Saved { tick, states, history: history[..history.len() - (4 + 4 + 4 * 8 + 4)].to_vec() };
    let mut second = Simulation::resume(spec(10), &Catalogue::default(), 3, older.clone()).unwrap();
    second.run().unwrap();
    assert_eq!((second.digests().first_tick, second.digests().ticks.as_slice()), (4, &expected[4..]));
    // Another resumption keeps what is there.
    let mut third = Simulation::resume(spec(10), &Catalogue::default(), 1, older).unwrap();
    third.step(100).unwrap();
    let mut third = Simulation::resume(spec(10), &Catalogue::default(), 1, third.save()).unwrap();
    third.run().unwrap();
    assert_eq!(third.digests(), second.digests());
}

#[test]
fn damaged_digests_are_refused() {
    let mut first = simulation(spec(10));
    (0..4).for_each(|_| first.step(100).unwrap());
    let saved = first.save();
    let digests = 4 + 4 + 4 * 8 + 4;
    for cut in 1..digests {
        let history = saved.history[..saved.history.len() - cut].to_vec();
        let refused = Simulation::resume(spec(10), &Catalogue::default(), 1, Saved { history, ..saved.clone() });
        assert!(refused.is_err(), "{cut} bytes less");
    }
    let mut history = saved.history.clone();
    let place = history.len() - digests;
    history[place] = 1;
    assert!(Simulation::resume(spec(10), &Catalogue::default(), 1, Saved { history, ..saved.clone() }).is_err());
    let history = [saved.history.as_slice(), &[0]].concat();
    assert!(Simulation::resume(spec(10), &Catalogue::default(), 1, Saved { history, ..saved }).is_err());
}
