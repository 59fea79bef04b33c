//! What holds for every undirected network: the same for every partitioning, mutual, simple; and the form of each.

mod statistics;

use proptest::prelude::*;

use super::*;

const UNDIRECTED: [NetworkKind; 4] =
    [NetworkKind::Ring, NetworkKind::SmallWorld, NetworkKind::ErdosRenyi, NetworkKind::ScaleFree];

fn spec(kind: NetworkKind, mean_degree: f64, rewiring: f64) -> NetworkSpec {
    NetworkSpec { kind, mean_degree, rewiring, ..NetworkSpec::default() }
}

/// The rows of the agents `own`, made in turns of `turn` agents.
fn rows(network: &NetworkSpec, agents: u32, seed: u64, own: Range<u32>, turn: usize) -> Vec<Vec<u32>> {
    let mut rows = TieRows::new(Edges::regardless(network, agents, seed).unwrap(), own).unwrap();
    let mut seen = Vec::new();
    while !rows.advance(turn, |row| seen.push(row.to_vec())).unwrap() {}
    let (ends, ties) = rows.finish();
    let stored: Vec<_> = ends.windows(2).map(|row| ties[row[0] as usize..row[1] as usize].to_vec()).collect();
    assert_eq!(stored, seen, "what is told of the rows is what is stored");
    stored
}

fn all_rows(network: &NetworkSpec, agents: u32, seed: u64) -> Vec<Vec<u32>> {
    rows(network, agents, seed, 0..agents, usize::MAX)
}

fn check_simple_and_mutual(all: &[Vec<u32>]) {
    for (agent, mine) in all.iter().enumerate() {
        assert!(mine.windows(2).all(|pair| pair[0] < pair[1]), "{agent}: rising, none twice: {mine:?}");
        assert!(!mine.contains(&(agent as u32)), "{agent} is not tied to itself");
        for &other in mine {
            assert!(all[other as usize].binary_search(&(agent as u32)).is_ok(), "{other} is tied to {agent} too");
        }
    }
}

fn ties(all: &[Vec<u32>]) -> usize {
    all.iter().map(Vec::len).sum()
}

/// A network that [`crate::RunSpec::check`] accepts, with its number of agents.
fn any_network() -> impl Strategy<Value = (NetworkSpec, u32)> {
    (0..UNDIRECTED.len(), 1u32..700, 0.0..=1.0f64, 0.0..=1.0f64).prop_map(|(kind, agents, degree, rewiring)| {
        let kind = UNDIRECTED[kind];
        let degree = degree * degree * f64::from(agents - 1).min(40.0);
        let even = 2.0 * (degree / 2.0).floor();
        (spec(kind, if kind == NetworkKind::ErdosRenyi { degree } else { even }, rewiring), agents)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_partitions_rows_are_those_of_the_whole(
        (network, agents) in any_network(),
        seed in any::<u64>(),
        cuts in prop::collection::vec(0.0..1.0f64, 0..8),
        turn in 1usize..300,
    ) {
        let all = all_rows(&network, agents, seed);
        check_simple_and_mutual(&all);
        let mut cuts: Vec<u32> = cuts.into_iter().map(|cut| (cut * f64::from(agents)) as u32).collect();
        cuts.extend([0, agents]);
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            let part = rows(&network, agents, seed, pair[0]..pair[1], turn);
            prop_assert_eq!(&part[..], &all[pair[0] as usize..pair[1] as usize], "{:?} of {}", pair, agents);
        }
    }

    #[test]
    fn the_number_of_ties_is_the_kinds_own((network, agents) in any_network(), seed in any::<u64>()) {
        let all = all_rows(&network, agents, seed);
        let (agents, degree) = (agents as usize, network.mean_degree as usize);
        match network.kind {
            NetworkKind::Ring | NetworkKind::SmallWorld => prop_assert_eq!(ties(&all), agents * degree),
            NetworkKind::ScaleFree => {
                let half = degree / 2;
                prop_assert_eq!(ties(&all), agents * degree - half * (half + 1));
                prop_assert!(all.iter().all(|mine| mine.len() >= half));
            }
            _ => prop_assert!(ties(&all) <= agents * (agents - 1)),
        }
    }
}

#[test]
fn tiny_and_full_populations_have_the_ties_that_are_possible() {
    for agents in [1u32, 2, 3, 4, 5, 6, 7, 8, 63, 64, 65, 128, 130] {
        for kind in UNDIRECTED {
            for degree in (0..agents.min(129)).step_by(2) {
                for rewiring in [0.0, 0.5, 1.0] {
                    let all = all_rows(&spec(kind, f64::from(degree), rewiring), agents, 3);
                    assert_eq!(all.len(), agents as usize);
                    check_simple_and_mutual(&all);
                }
            }
        }
        let full = all_rows(&spec(NetworkKind::ErdosRenyi, f64::from(agents - 1), 0.0), agents, 3);
        assert!(full.iter().all(|mine| mine.len() as u32 == agents - 1), "p = 1 ties every pair");
    }
}

#[test]
fn degrees_at_the_edge_of_floating_point_do_no_harm() {
    for degree in [f64::MIN_POSITIVE, 1e-300, 1e-20, 1e-9] {
        assert_eq!(ties(&all_rows(&spec(NetworkKind::ErdosRenyi, degree, 0.0), 1_000, 3)), 0, "{degree}");
    }
}

#[test]
fn a_seed_names_one_network() {
    for kind in UNDIRECTED {
        let network = spec(kind, 6.0, 0.2);
        assert_eq!(all_rows(&network, 500, 3), all_rows(&network, 500, 3));
        assert_eq!(all_rows(&network, 500, 3) == all_rows(&network, 500, 4), kind == NetworkKind::Ring, "{kind}");
    }
}

#[test]
fn directed_and_unlisted_kinds_have_no_edges() {
    for kind in [NetworkKind::Gravity, NetworkKind::Complete, NetworkKind::Pairs, NetworkKind::Listed] {
        assert!(Edges::regardless(&spec(kind, 4.0, 0.1), 100, 1).is_none());
    }
}
