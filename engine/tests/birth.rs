//! Who is born how: shares of all agents are exact, chosen by the seed, and the same however a run is split.

#![allow(clippy::unwrap_used)]

use civitas_engine::*;

/// Who begins with opinion A in a run of `voter`.
fn chosen(agents: u32, share: f64, seed: u64, partitions: usize) -> Vec<bool> {
    let spec = RunSpec {
        model: "voter".to_owned(),
        parameters: [("initial_share".to_owned(), share)].into(),
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents },
        network: NetworkSpec { kind: NetworkKind::Ring, mean_degree: 0.0, ..NetworkSpec::default() },
        seed,
        ..RunSpec::default()
    };
    let saved = Simulation::new(spec, &Catalogue::default(), partitions).unwrap().save();
    saved.states.iter().flat_map(|state| state.saved.iter().map(|&byte| byte == 1)).collect()
}

fn count(chosen: &[bool]) -> usize {
    chosen.iter().filter(|&&chosen| chosen).count()
}

#[test]
fn shares_are_exact_to_one_agent_for_every_seed() {
    for agents in [1, 2, 63, 1_000, 1_301] {
        for share in [0.0, 1e-9, 0.0005, 0.1, 0.3, 0.5, 0.999, 1.0] {
            for seed in [1, 2, 3] {
                let exact = (f64::from(agents) * share + 0.5).floor() as usize;
                assert_eq!(count(&chosen(agents, share, seed, 1)), exact, "{share} of {agents}");
            }
        }
    }
}

#[test]
fn a_share_is_what_64_bits_say_it_is() {
    let newborn = |lot| Newborn { id: 0, agents: MAX_AGENTS, region: 0, segment: None, lot };
    // In 32 bits 0.3 of a hundred million would be one more.
    assert!(newborn(29_999_999).among(0.3) && !newborn(30_000_000).among(0.3));
    assert!(newborn(0).among(1e-8) && !newborn(1).among(1e-8));
    assert!(!newborn(0).among(f64::NAN) && !newborn(0).among(-1.0) && newborn(MAX_AGENTS - 1).among(2.0));
}

#[test]
fn the_seed_chooses_and_partitions_do_not() {
    let whole = chosen(3_000, 0.5, 1, 1);
    assert_eq!(whole, chosen(3_000, 0.5, 1, 7));
    let other = chosen(3_000, 0.5, 2, 1);
    // Half of them by chance, within five standard deviations of 27.
    let alike = whole.iter().zip(&other).filter(|(a, b)| a == b).count();
    assert!((1_365..=1_635).contains(&alike), "{alike}");
    // No pattern along the ids: of two next to each other, half are alike.
    let runs = whole.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!((1_365..=1_635).contains(&runs), "{runs}");
}

#[test]
fn smaller_shares_are_part_of_larger_ones() {
    let (few, many) = (chosen(2_000, 0.01, 5, 1), chosen(2_000, 0.2, 5, 1));
    assert!(few.iter().zip(&many).all(|(&few, &many)| many || !few));
}

/// On a ring where every other one had opinion A all would change at every tick, for ever.
#[test]
fn voters_on_a_ring_do_not_flip_for_ever() {
    let spec = RunSpec {
        model: "voter".to_owned(),
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents: 500 },
        network: NetworkSpec { kind: NetworkKind::Ring, mean_degree: 2.0, ..NetworkSpec::default() },
        ..RunSpec::default()
    };
    let mut simulation = Simulation::new(spec, &Catalogue::default(), 1).unwrap();
    let opinions = |simulation: &Simulation| simulation.save().states[0].saved.clone();
    let before = opinions(&simulation);
    simulation.step(usize::MAX).unwrap();
    let after = opinions(&simulation);
    let changed = before.iter().zip(&after).filter(|(a, b)| a != b).count();
    // Whoever is copied is of the other opinion half of the time.
    assert!((200..=300).contains(&changed), "{changed}");
}
