//! One specification, one answer: however a run is split, batched, stopped and resumed.

#![allow(clippy::unwrap_used)]

use civitas_engine::{Catalogue, NetworkSpec, PopulationSpec, RunSpec, Saved, Simulation};
use proptest::prelude::*;

fn spec(agents: u32, ticks: u32, seed: u64) -> RunSpec {
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents };
    RunSpec { population, horizon_ticks: ticks, seed, ..RunSpec::default() }
}

fn simulation(spec: &RunSpec, partitions: usize) -> Simulation {
    Simulation::new(spec.clone(), &Catalogue::default(), partitions).unwrap()
}

fn any_spec() -> impl Strategy<Value = RunSpec> {
    let network = (0.0..20.0f64, 0.0..1.0f64, 0.0..1.0f64, 0.0..3.0f64);
    (1u32..3_000, 1u32..25, any::<u64>(), 0.05..1.0f64, network, -0.5..0.5f64).prop_map(
        |(agents, ticks, seed, sample_rate, (mean_degree, rewiring, long_range_share, distance_exponent), delta)| {
            RunSpec {
                sample_rate: if sample_rate > 0.8 { 1.0 } else { sample_rate },
                network: NetworkSpec {
                    mean_degree,
                    rewiring,
                    long_range_share,
                    distance_exponent,
                    ..NetworkSpec::default()
                },
                variable_deltas: [("economy_confidence".to_owned(), delta)].into(),
                ..spec(agents, ticks, seed)
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn partitions_and_batches_never_show(spec in any_spec(), partitions in 2usize..20, batch in 1usize..5_000) {
        let mut whole = simulation(&spec, 1);
        let mut split = simulation(&spec, partitions);
        for tick in 0..spec.horizon_ticks {
            prop_assert_eq!(whole.digest(), split.digest(), "tick {}", tick);
            whole.step(usize::MAX).unwrap();
            split.step(batch).unwrap();
        }
        prop_assert_eq!(whole.digests(), split.digests());
        let (whole, split) = (whole.outcome().canonical_json(), split.outcome().canonical_json());
        prop_assert_eq!(String::from_utf8(whole).unwrap(), String::from_utf8(split).unwrap());
    }

    #[test]
    fn a_run_resumed_at_any_tick_on_any_plan_ends_in_the_same_bytes(
        spec in any_spec(), stop in 0.0..1.0f64, before in 1usize..8, after in 1usize..8,
    ) {
        let mut whole = simulation(&spec, 1);
        let expected = whole.run().unwrap();
        let mut first = simulation(&spec, before);
        for _ in 0..(stop * f64::from(spec.horizon_ticks)) as u32 {
            first.step(100).unwrap();
        }
        let saved = first.save();
        let mut second = Simulation::resume(spec, &Catalogue::default(), after, saved).unwrap();
        prop_assert_eq!(first.digest(), second.digest());
        prop_assert_eq!(second.run().unwrap().canonical_json(), expected.canonical_json());
        prop_assert_eq!(second.digests(), whole.digests());
    }
}

#[test]
fn the_issues_partition_counts_agree_on_a_real_population() {
    let spec = spec(30_000, 40, 42);
    let expected = simulation(&spec, 1).run().unwrap();
    for partitions in [2, 3, 7, 16] {
        let mut split = simulation(&spec, partitions);
        assert_eq!(split.partitions(), partitions);
        let outcome = split.run().unwrap();
        assert_eq!(outcome.state_digest, expected.state_digest, "{partitions} partitions");
        assert_eq!(outcome.canonical_json(), expected.canonical_json(), "{partitions} partitions");
    }
}

#[test]
fn state_of_another_run_or_damaged_state_is_refused() {
    let spec_a = spec(500, 10, 1);
    let saved = simulation(&spec_a, 3).save();
    let other = spec(500, 10, 2);
    assert!(Simulation::resume(other, &Catalogue::default(), 1, saved.clone()).is_err());
    let damaged: [fn(&mut Saved); 4] = [
        |saved| saved.states.truncate(2),
        |saved| saved.states[1].blocks.start += 1,
        |saved| saved.states[0].saved.truncate(7),
        |saved| saved.history.truncate(20),
    ];
    for damage in damaged {
        let mut saved = saved.clone();
        damage(&mut saved);
        assert!(Simulation::resume(spec_a.clone(), &Catalogue::default(), 2, saved).is_err());
    }
}

/// Results change only on purpose: whoever changes this digest says why in the commit, and raises the model's version.
#[test]
fn golden_digest_of_society() {
    let outcome = simulation(&spec(2_000, 50, 42), 2).run().unwrap();
    assert_eq!(outcome.state_digest.as_deref(), Some("86824625d12565b2d01a39b0ee3dae19"));
    // The sums too, for they do not all feed back into state.
    assert_eq!(xxhash_rust::xxh3::xxh3_64(&outcome.canonical_json()), 17_036_110_579_421_960_684);
}
