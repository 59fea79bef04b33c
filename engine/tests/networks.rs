//! Every kind of network that is made by rules under a whole run: one answer for every partitioning and after a resume, and
//! the network shows in the society as theory says. Networks that data sets list have `listed.rs`.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use civitas_engine::{
    Action, Catalogue, NetworkKind, NetworkSpec, Plan, PopulationSpec, RunSpec, Simulation, Target, Workflow, World,
};
use proptest::prelude::*;

/// The kinds that need nothing of a data set.
fn kinds() -> Vec<NetworkKind> {
    NetworkKind::ALL.into_iter().filter(|&kind| kind != NetworkKind::Listed).collect()
}

fn spec(kind: NetworkKind, agents: u32, ticks: u32, seed: u64) -> RunSpec {
    let mean_degree = f64::from(12.min((agents - 1) & !1));
    RunSpec {
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents },
        network: NetworkSpec { kind, mean_degree, ..NetworkSpec::default() },
        horizon_ticks: ticks,
        seed,
        ..RunSpec::default()
    }
}

fn simulation(spec: &RunSpec, partitions: usize) -> Simulation {
    Simulation::new(spec.clone(), &Catalogue::default(), partitions).unwrap()
}

#[test]
fn every_kind_has_one_answer_for_every_partitioning() {
    let mut digests = Vec::new();
    for kind in kinds() {
        let spec = spec(kind, 3_000, 25, 42);
        let expected = simulation(&spec, 1).run().unwrap();
        for partitions in [2, 3, 7] {
            let mut split = simulation(&spec, partitions);
            assert_eq!(split.partitions(), partitions);
            while split.tick() < spec.horizon_ticks {
                split.step(100).unwrap();
            }
            let outcome = split.outcome();
            assert_eq!(outcome.state_digest, expected.state_digest, "{kind}, {partitions} partitions");
            assert_eq!(outcome.canonical_json(), expected.canonical_json(), "{kind}, {partitions} partitions");
        }
        digests.push(expected.state_digest);
    }
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), kinds().len(), "the network shows in the state");
}

#[test]
fn tiny_societies_run_on_every_kind() {
    for agents in [1, 2, 3, 5, 64, 65] {
        for kind in kinds() {
            let spec = spec(kind, agents, 4, 1);
            let expected = simulation(&spec, 1).run().unwrap();
            let split = simulation(&spec, 3).run().unwrap();
            assert_eq!(split.canonical_json(), expected.canonical_json(), "{kind}, {agents} agents");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_run_resumed_on_another_plan_ends_in_the_same_bytes(
        kind in prop::sample::select(kinds()), agents in 1u32..900, seed in any::<u64>(), stop in 0u32..8,
        before in 1usize..8, after in 1usize..8, sample_rate in 0.3..1.0f64,
    ) {
        let spec = RunSpec { sample_rate, ..spec(kind, agents, 8, seed) };
        let expected = simulation(&spec, 1).run().unwrap();
        let mut first = simulation(&spec, before);
        for _ in 0..stop {
            first.step(100).unwrap();
        }
        let saved = first.save();
        let mut second = Simulation::resume(spec, &Catalogue::default(), after, saved).unwrap();
        prop_assert_eq!(first.digest(), second.digest());
        prop_assert_eq!(second.run().unwrap().canonical_json(), expected.canonical_json());
    }
}

#[test]
fn the_kind_is_part_of_what_a_run_is_and_the_default_is_what_it_was() {
    let fingerprint = |kind| {
        let spec = RunSpec { network: NetworkSpec { kind, ..NetworkSpec::default() }, ..RunSpec::default() };
        World::new(spec, &Catalogue::default()).unwrap().fingerprint()
    };
    let mut fingerprints: Vec<u64> = kinds().into_iter().map(fingerprint).collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), kinds().len());
    // The first kind goes without a name. Like the golden digest, it changes with the engine's RESULTS_VERSION and with the
    // model's version and parameters.
    assert_eq!(fingerprint(NetworkKind::Gravity), 12_369_418_339_234_787_252);
}

/// What an experiment changes between ticks reaches listeners on every kind of network, wherever they are.
#[test]
fn experiments_have_one_answer_on_every_kind() {
    for kind in kinds() {
        let ticks = |ticks| Action::Run { ticks, seconds_per_tick: 60 };
        let everybody = Target::default();
        let told = Action::Message { text: "Try it!".to_owned(), stance: 1.0, strength: 1.0, target: everybody };
        let asked = Action::Interview { text: "Why?".to_owned(), agents: vec![0, 7, 398, 399] };
        let steps = vec![ticks(3), told, asked, ticks(2)];
        let workflow = Workflow { steps, ..Workflow::default() };
        let spec = RunSpec { workflow: Some(Arc::new(workflow)), ..spec(kind, 400, 5, 8) };
        let expected = simulation(&spec, 1).run().unwrap().canonical_json();
        for partitions in [2, 5] {
            let split = simulation(&spec, partitions).run().unwrap().canonical_json();
            assert_eq!(String::from_utf8(split), String::from_utf8(expected.clone()), "{kind}");
        }
        let listens_to = match kind {
            NetworkKind::Complete => "I listen to 399 others",
            NetworkKind::Pairs => "I listen to 1 other,",
            NetworkKind::Ring => "I listen to 12 others",
            _ => "I listen to",
        };
        assert!(String::from_utf8(expected).unwrap().contains(listens_to), "{kind}");
    }
}

/// A builder stops after about as many agents as it is told to, whatever is left to do.
#[test]
fn building_goes_in_turns() {
    for kind in kinds() {
        let world = World::new(spec(kind, 6_400, 1, 1), &Catalogue::default()).unwrap();
        let plan = Plan::cut(&world, 2);
        let mut builder = world.builder(&plan, 1, None);
        let mut turns = 1;
        while !builder.build_some(640).unwrap() {
            turns += 1;
        }
        // Half of the agents; where ties are undirected, all agents' twice and then the rows of half of them.
        let expected = match kind {
            NetworkKind::Gravity | NetworkKind::Complete | NetworkKind::Pairs => 5..=6,
            _ => 30..=32,
        };
        assert!(expected.contains(&turns), "{kind}: {turns} turns");
        assert!(builder.build_some(640).unwrap(), "{kind}: what is made stays made");
        assert_eq!(builder.finish(0).agents(), world.layout.blocks_agents(&plan.partitions()[1]).len());
    }
}

fn adoption(kind: NetworkKind) -> f64 {
    simulation(&spec(kind, 4_000, 60, 3), 1).run().unwrap().outcome_summary.values["adoption_rate"]
}

#[test]
fn everybody_hears_everybody_in_a_complete_network_and_one_in_pairs() {
    // In a complete network all hear the same share of adopters but for themselves, so nobody's threshold is passed by
    // chance: early on imitation has nothing to imitate. A single example, as in pairs, passes every threshold at once.
    let (complete, pairs, random) =
        (adoption(NetworkKind::Complete), adoption(NetworkKind::Pairs), adoption(NetworkKind::ErdosRenyi));
    assert!(pairs > random && random > complete, "pairs {pairs}, random {random}, complete {complete}");
}
