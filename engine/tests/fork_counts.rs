//! What a fork knows before it has its partitions: were this to fail, one that is cancelled while it is being built would say less
//! of its scenario than a run that is executed again.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::sync::Arc;

use civitas_engine::*;

/// A shift for the last to adopt, from this tick on.
fn for_laggards(tick: u32, regions: Option<&str>) -> Effect {
    let scope =
        Scope { regions: regions.map(|code| vec![code.to_owned()]), segments: Some(vec!["laggards".to_owned()]) };
    Effect { from_tick: Some(tick), scope, ..Effect::shift("social_trust", 0.2) }
}

fn parent() -> RunSpec {
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 3_000 };
    let effects = vec![for_laggards(2, None), for_laggards(8, Some("CA"))];
    RunSpec { population, horizon_ticks: 12, effects, ..RunSpec::default() }
}

/// The run up to a tick: what it saves, and its outcome so far.
fn until(spec: &RunSpec, tick: u32, partitions: usize) -> (Saved, Vec<u8>) {
    let mut run = Simulation::new(spec.clone(), &Catalogue::default(), partitions).unwrap();
    while run.tick() < tick {
        run.step(64).unwrap();
    }
    let history = Coordinator::restore(World::new(spec.clone(), &Catalogue::default()).unwrap(), &run.save().history);
    (run.save(), history.unwrap().outcome(None).canonical_json())
}

#[test]
fn a_fork_that_is_not_built_yet_says_of_its_past_what_its_parent_said() {
    let catalogue = Catalogue::default();
    let (saved, _) = until(&parent(), 5, 3);
    let from_birth = World::new(parent(), &catalogue).unwrap();
    for effects in [vec![], vec![for_laggards(5, None)], vec![for_laggards(6, Some("TX"))]] {
        let child = parent().turned(5, Turn { effects, ..Turn::default() });
        let world = World::new(child.clone(), &catalogue).unwrap();
        let fork = Coordinator::fork(&from_birth, Arc::clone(&world), &saved.history).unwrap();
        let (_, again) = until(&child, 5, 1);
        let text = String::from_utf8(fork.outcome(None).canonical_json()).unwrap();
        assert!(fork.is_counted() && text.contains("affected_agents"), "{text}");
        assert_eq!(text, String::from_utf8(again).unwrap());
        // What it keeps of that is the same once it was saved itself.
        let kept = Coordinator::restore(world, &fork.save()).unwrap();
        assert_eq!(kept.outcome(None).canonical_json(), text.as_bytes());
    }
}

#[test]
fn what_only_agents_can_tell_is_not_made_up() {
    // From the turn on both, the first and the second effect of a script, are one thing that happens, to other people than before.
    let cause = Cause {
        bundle: "campaign".to_owned(),
        step: 0,
        script_id: "letters".to_owned(),
        script_version: 1,
        script: "Letters".to_owned(),
        effect: 0,
    };
    let named = |place: u32, effect: Effect| Effect { cause: Some(Cause { effect: place, ..cause.clone() }), ..effect };
    let parent = RunSpec { effects: vec![named(0, for_laggards(2, Some("CA")))], ..parent() };
    let (saved, _) = until(&parent, 5, 2);
    let world = World::new(parent.clone(), &Catalogue::default()).unwrap();
    let turn = Turn { effects: vec![named(1, for_laggards(5, Some("TX")))], ..Turn::default() };
    let child = World::new(parent.turned(5, turn), &Catalogue::default()).unwrap();
    assert!(!Coordinator::fork(&world, child, &saved.history).unwrap().is_counted());
    assert!(Coordinator::fork(&world, Arc::clone(&world), &saved.history).unwrap().is_counted());
}
