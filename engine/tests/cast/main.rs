//! Agents that users name live in the society that everybody sees: they are who they were asked to be, the society hears
//! them, and what is told of them does not depend on how the run is executed.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod refused;

use std::sync::Arc;

use civitas_engine::{
    Cast, Catalogue, Comparison, Effect, Goal, GoalTest, Persona, PopulationSpec, Quality, RunSpec, Simulation,
    TargetAgent, Turn, Value, World,
};

/// A target with these traits, in a region and a segment.
fn target(name: &str, region: Option<&str>, segment: Option<&str>, traits: &[(&str, Value)]) -> TargetAgent {
    let persona = Persona {
        region: region.map(str::to_owned),
        segment: segment.map(str::to_owned),
        traits: traits.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    };
    TargetAgent { name: name.to_owned(), persona, ..TargetAgent::default() }
}

fn above(quality: Quality, value: f64) -> Goal {
    Goal { all: vec![GoalTest { quality, comparison: Comparison::Greater, value: Value::Number(value) }] }
}

fn spec(targets: Vec<TargetAgent>) -> RunSpec {
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 2_000 };
    let cast = (!targets.is_empty()).then(|| Arc::new(Cast::Hybrid(targets)));
    RunSpec { population, horizon_ticks: 30, seed: 5, cast, ..RunSpec::default() }
}

fn pair() -> Vec<TargetAgent> {
    let ada = target("Ada", Some("CA"), Some("laggards"), &[("opinion", Value::Number(0.9))]);
    let goal = above(Quality::Trait("opinion".to_owned()), 0.2);
    let ben = TargetAgent {
        agent: Some(7),
        goal: Some(goal),
        ..target("Ben", None, None, &[("opinion", Value::Number(-0.9)), ("susceptibility", Value::Number(1.0))])
    };
    vec![ada, ben]
}

fn run(spec: &RunSpec, partitions: usize) -> civitas_engine::Outcome {
    Simulation::new(spec.clone(), &Catalogue::default(), partitions).unwrap().run().unwrap()
}

#[test]
fn targets_are_who_they_were_asked_to_be() {
    let targets = run(&spec(pair()), 1).targets.unwrap();
    let [ada, ben] = &targets[..] else { panic!("two targets") };
    assert_eq!(
        (ada.region.as_str(), ada.segment, ada.start["adopter_category"].as_str()),
        ("CA", "laggards", Some("laggards"))
    );
    assert!((ada.start["opinion"].as_f64().unwrap() - 0.9).abs() < 1e-6 && ada.start["stance"] == "supporter");
    assert!((ada.start["initial_opinion"].as_f64().unwrap() - 0.9).abs() < 1e-3, "what follows from a trait at birth");
    assert_eq!((ben.agent, ada.reached_tick), (7, None));
    assert!(ben.start["opinion"].as_f64().unwrap() < -0.89);
    let first = ben.trajectory.iter().position(|point| point.state["opinion"].as_f64().unwrap() > 0.2);
    let reached = ben.reached_tick.unwrap();
    assert!(reached.is_some() || first.is_none(), "the first tick at the goal is noted");
    assert_eq!(ada.trajectory.first().map(|point| point.tick), Some(0));
    assert_eq!(ada.trajectory.last().unwrap().state, ada.end);
}

#[test]
fn the_society_hears_targets_and_they_hear_it() {
    let plain = run(&spec(Vec::new()), 1);
    let hybrid = run(&spec(pair()), 1);
    assert_ne!(plain.trends, hybrid.trends, "the society is another with them in it");
    let nobody = run(&spec(vec![TargetAgent { agent: Some(7), ..target("Ben", None, None, &[]) }]), 1);
    assert_eq!(plain.trends, nobody.trends, "an agent that is only named is as it was");
    assert_eq!((plain.agents, plain.state_digest), (nobody.agents, nobody.state_digest.clone()));
    let ben = |outcome: &civitas_engine::Outcome| outcome.targets.as_ref().unwrap().last().unwrap().end.clone();
    let trust = RunSpec { effects: vec![Effect::shift("social_trust", 0.4)], ..spec(pair()) };
    assert_ne!(ben(&hybrid), ben(&run(&trust, 1)), "what happens to the society happens to them");
}

#[test]
fn the_answer_does_not_depend_on_partitions_or_on_where_it_was_resumed() {
    let spec = spec(pair());
    let whole = run(&spec, 1).canonical_json();
    for partitions in [2, 7] {
        assert_eq!(run(&spec, partitions).canonical_json(), whole, "{partitions} partitions");
    }
    for (at, partitions) in [(1, 3), (17, 1), (29, 5)] {
        let mut first = Simulation::new(spec.clone(), &Catalogue::default(), 2).unwrap();
        (0..at).for_each(|_| first.step(100).unwrap());
        let mut resumed = Simulation::resume(spec.clone(), &Catalogue::default(), partitions, first.save()).unwrap();
        assert_eq!(resumed.run().unwrap().canonical_json(), whole, "resumed at {at}");
    }
}

#[test]
fn targets_follow_from_the_seed_and_from_their_place_in_the_list_alone() {
    let agents = |spec: &RunSpec| run(spec, 1).targets.unwrap().iter().map(|target| target.agent).collect::<Vec<_>>();
    let twins = vec![target("A", Some("TX"), None, &[]), target("B", Some("TX"), None, &[])];
    let one = agents(&spec(twins.clone()));
    assert_ne!(one[0], one[1], "no agent is two targets");
    let mut more = twins.clone();
    more.push(target("C", Some("NY"), Some("innovators"), &[]));
    assert_eq!(agents(&spec(more))[..2], one, "a further target leaves the others as they are");
    let others = (6..12).filter(|&seed| agents(&RunSpec { seed, ..spec(twins.clone()) }) != one);
    assert!(others.count() > 4, "another seed chooses others");
    let longer = RunSpec { horizon_ticks: 31, ..spec(twins.clone()) };
    assert_eq!(agents(&longer), one);
    let forked = spec(twins).turned(0, Turn { seed: Some(9), ..Turn::default() });
    assert_eq!(agents(&forked), one, "who is born follows from the first seed");
}

#[test]
fn a_cast_is_part_of_the_specification_and_none_leaves_no_trace() {
    let world = |spec: RunSpec| World::new(spec, &Catalogue::default()).unwrap();
    let plain = world(spec(Vec::new())).fingerprint();
    let named = world(spec(pair())).fingerprint();
    let mut other = pair();
    other[0].name = "Eve".to_owned();
    assert!(plain != named && named != world(spec(other)).fingerprint());
    // As it was before runs could name agents.
    let before = RunSpec { horizon_ticks: 30, ..RunSpec::default() };
    assert_eq!(world(before.clone()).fingerprint(), world(RunSpec { cast: None, ..before }).fingerprint());
    let outcome = String::from_utf8(run(&spec(Vec::new()), 1).canonical_json()).unwrap();
    assert!(!outcome.contains("targets"), "the results of other runs say nothing of targets");
}

#[test]
fn a_fork_goes_on_with_its_parents_targets() {
    let parent = spec(pair());
    let mut simulation = Simulation::new(parent.clone(), &Catalogue::default(), 2).unwrap();
    (0..12).for_each(|_| simulation.step(1_000).unwrap());
    let same = Simulation::fork(&parent, Turn::default(), &Catalogue::default(), 3, simulation.save());
    assert_eq!(same.unwrap().run().unwrap().canonical_json(), run(&parent, 1).canonical_json());
    let turn = Turn { seed: Some(99), ..Turn::default() };
    let child = Simulation::fork(&parent, turn.clone(), &Catalogue::default(), 1, simulation.save());
    let (child, from_birth) = (child.unwrap().run().unwrap(), run(&parent.turned(12, turn), 4));
    assert_eq!(child.canonical_json(), from_birth.canonical_json());
}

#[test]
fn damaged_histories_are_refused() {
    let spec = spec(pair());
    let mut simulation = Simulation::new(spec.clone(), &Catalogue::default(), 1).unwrap();
    simulation.step(1_000).unwrap();
    let saved = simulation.save();
    let other = RunSpec { cast: None, ..spec };
    assert!(Simulation::resume(other, &Catalogue::default(), 1, saved).is_err());
}
