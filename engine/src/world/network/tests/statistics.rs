//! Each undirected network has the distributions that its theory gives it. Tolerances are some five standard errors,
//! which are derived where they are used; the seeds are fixed, so a test that passes passes for ever.

use super::*;

fn degrees(all: &[Vec<u32>]) -> Vec<f64> {
    all.iter().map(|mine| mine.len() as f64).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}

/// How far two agents are from each other on the ring.
fn gap(a: u32, b: u32, agents: u32) -> u32 {
    let gap = a.abs_diff(b);
    gap.min(agents - gap)
}

/// Share of an agent's pairs of ties that are tied to each other, over all agents (Watts & Strogatz 1998).
fn clustering(all: &[Vec<u32>]) -> f64 {
    let of = |mine: &Vec<u32>| {
        let closed: usize =
            mine.iter().map(|&a| mine.iter().filter(|&b| all[a as usize].binary_search(b).is_ok()).count()).sum();
        closed as f64 / (mine.len() * (mine.len() - 1)).max(1) as f64
    };
    all.iter().map(of).sum::<f64>() / all.len() as f64
}

#[test]
fn the_ring_ties_neighbours_and_nobody_else() {
    let agents = 1_001;
    let all = all_rows(&spec(NetworkKind::Ring, 8.0, 0.7), agents, 1);
    for (agent, mine) in all.iter().enumerate() {
        assert_eq!(mine.len(), 8);
        assert!(mine.iter().all(|&other| gap(agent as u32, other, agents) <= 4));
    }
    // 3 (k - 2) / (4 (k - 1)) for degree k (Barrat & Weigt 2000).
    assert!((clustering(&all) - 3.0 * 6.0 / (4.0 * 7.0)).abs() < 1e-9);
}

#[test]
fn the_small_world_is_rewired_as_asked_over_the_whole_ring() {
    let (agents, degree) = (60_000u32, 10u32);
    for rewiring in [0.1, 0.5, 1.0] {
        let all = all_rows(&spec(NetworkKind::SmallWorld, f64::from(degree), rewiring), agents, 7);
        assert_eq!(mean(&degrees(&all)), f64::from(degree));
        let far = |agent: usize, other: u32| gap(agent as u32, other, agents) > degree / 2;
        let (mut rewired, mut eighths) = (0, [0u32; 8]);
        for (agent, mine) in all.iter().enumerate() {
            for &other in mine.iter().filter(|&&other| far(agent, other)) {
                rewired += 1;
                let ahead = (other + agents - agent as u32) % agents;
                eighths[(u64::from(ahead) * 8 / u64::from(agents)) as usize] += 1;
            }
        }
        // 300,000 ties: standard error of a share at most 0.0009.
        let share = f64::from(rewired) / f64::from(agents * degree);
        assert!((share - rewiring).abs() < 0.0046, "{share} of {rewiring}");
        // Wherever on the ring: each eighth a binomial share of all rewired ends, a tie being seen from both.
        let expected = f64::from(rewired) / 8.0;
        for count in eighths {
            assert!((f64::from(count) - expected).abs() < 5.0 * expected.sqrt(), "{eighths:?}");
        }
        // An agent keeps k/2 near ends of its own and each far end with probability 1 - p; p k/2 far ends come to it, as
        // good as Poisson: variance k/2 p (1 - p) + k/2 p. Standard error of a variance: about sqrt(2 / n) of it.
        let expected = 5.0 * rewiring * (2.0 - rewiring);
        let found = variance(&degrees(&all));
        assert!((found / expected - 1.0).abs() < 0.04, "variance {found}, expected {expected}");
        // C(p) = C(0) (1 - p)^3 up to terms of the order of 1 / n (Barrat & Weigt 2000), whose definition weighs agents by
        // their pairs of ties: 0.02 covers the difference.
        let expected = 3.0 * 8.0 / (4.0 * 9.0) * (1.0 - rewiring).powi(3);
        assert!((clustering(&all) - expected).abs() < 0.02, "clustering {} of {expected}", clustering(&all));
    }
}

#[test]
fn erdos_renyi_degrees_are_poisson() {
    let agents = 100_000u32;
    for mean_degree in [0.5, 4.0, 11.3] {
        let all = all_rows(&spec(NetworkKind::ErdosRenyi, mean_degree, 0.0), agents, 11);
        let degrees = degrees(&all);
        // The sum of degrees is twice a binomial number of n k / 2 ties: standard error sqrt(2 k / n).
        let error = (2.0 * mean_degree / f64::from(agents)).sqrt();
        assert!((mean(&degrees) - mean_degree).abs() < 5.0 * error, "{}", mean(&degrees));
        // The variance of a Poisson sample's variance is (k + 2 k^2) / n.
        let error = ((mean_degree + 2.0 * mean_degree * mean_degree) / f64::from(agents)).sqrt();
        assert!((variance(&degrees) - mean_degree).abs() < 5.0 * error, "{}", variance(&degrees));

        let (mut chi_square, mut classes, mut share) = (0.0, 0.0, libm::exp(-mean_degree));
        for degree in 0..100 {
            let expected = share * f64::from(agents);
            if expected > 10.0 {
                let found = degrees.iter().filter(|&&d| d == f64::from(degree)).count() as f64;
                chi_square += (found - expected).powi(2) / expected;
                classes += 1.0;
            }
            share *= mean_degree / f64::from(degree + 1);
        }
        // A chi-square of d degrees of freedom has the variance 2 d.
        let error = f64::sqrt(2.0 * classes);
        assert!((chi_square - classes).abs() < 5.0 * error, "chi-square {chi_square} of {classes} classes");
    }
}

/// Every pair is tied equally often, wherever its two agents are in the order of ids and stripes.
#[test]
fn erdos_renyi_ties_are_uniform_over_pairs() {
    let agents = 400u32;
    let mut grid = [[0u32; 4]; 4];
    for seed in 0..400 {
        for (agent, mine) in all_rows(&spec(NetworkKind::ErdosRenyi, 5.0, 0.0), agents, seed).iter().enumerate() {
            for &other in mine {
                grid[agent / 100][other as usize / 100] += 1;
            }
        }
    }
    let p = 5.0 / 399.0;
    for (i, row) in grid.iter().enumerate() {
        for (j, &count) in row.iter().enumerate() {
            let pairs = 400.0 * if i == j { 100.0 * 99.0 } else { 100.0 * 100.0 };
            // Within a quarter each tie is counted at both ends, which doubles the variance.
            let error = f64::sqrt(pairs * p * if i == j { 2.0 } else { 1.0 });
            assert!((f64::from(count) - pairs * p).abs() < 5.0 * error, "{i} {j}: {count} of {}", pairs * p);
        }
    }
}

#[test]
fn scale_free_degrees_follow_the_power_law() {
    let (agents, half) = (300_000u32, 3.0);
    let all = all_rows(&spec(NetworkKind::ScaleFree, 2.0 * half, 0.0), agents, 5);
    let degrees = degrees(&all);
    assert!((mean(&degrees) - (2.0 * half - half * (half + 1.0) / f64::from(agents))).abs() < 1e-9);
    // Share of agents with k ties or more: m (m + 1) / (k (k + 1)), a sum of 2m (m + 1) / (k (k + 1) (k + 2)).
    for k in [3.0, 4.0, 6.0, 10.0, 20.0, 40.0, 80.0] {
        let expected = half * (half + 1.0) / (k * (k + 1.0)) * f64::from(agents);
        let found = degrees.iter().filter(|&&degree| degree >= k).count() as f64;
        // Binomial, and less for the dependence between agents: five times its standard error, and 1 for rounding.
        let error = (expected * (1.0 - expected / f64::from(agents))).sqrt();
        assert!((found - expected).abs() < 5.0 * error + 1.0, "{k} ties or more: {found} of {expected}");
    }
    // Hill's (1975) estimate of the exponent from the tail above k = 40; the share above k goes like (k + 1/2)^-2.
    let tail: Vec<f64> =
        degrees.iter().filter(|&&degree| degree >= 40.0).map(|k| libm::log((k + 1.0) / 40.5)).collect();
    let exponent = 1.0 + 1.0 / mean(&tail);
    let error = (exponent - 1.0) / (tail.len() as f64).sqrt();
    assert!((exponent - 3.0).abs() < 5.0 * error, "{exponent} from {} agents", tail.len());
}

#[test]
fn the_oldest_agents_of_a_scale_free_network_are_its_hubs() {
    let (agents, half) = (200_000u32, 4.0);
    let all = all_rows(&spec(NetworkKind::ScaleFree, 2.0 * half, 0.0), agents, 9);
    let degrees = degrees(&all);
    // In the mean agent i ends with m (n / i)^(1/2) ties (Barabasi & Albert 1999), so the agents up to i have
    // 2 m (n i)^(1/2) in all.
    for oldest in [2_000, 20_000, 100_000] {
        let found: f64 = degrees[..oldest].iter().sum();
        let expected = 2.0 * half * (f64::from(agents) * oldest as f64).sqrt();
        assert!((found / expected - 1.0).abs() < 0.05, "the {oldest} oldest: {found} of {expected}");
    }
    let largest = degrees.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    assert!(largest.0 < 100 && largest.1 > 500.0, "{largest:?}");
    assert!(degrees[190_000..].iter().all(|&degree| degree < 30.0));
}

/// An end is chosen in proportion to ties: of the ties of the youngest, as many go to agents with k ties as those have
/// of all ties.
#[test]
fn attachment_is_preferential() {
    let (young, agents) = (100_000u32, 130_000u32);
    let all = all_rows(&spec(NetworkKind::ScaleFree, 6.0, 0.0), agents, 2);
    let (mut before, mut gained) = ([0.0; 4], [0.0; 4]);
    for mine in &all[..young as usize] {
        let had = mine.iter().filter(|&&other| other < young).count() as f64;
        let class = [4.0, 7.0, 15.0].iter().filter(|&&edge| had >= edge).count();
        before[class] += had;
        gained[class] += mine.len() as f64 - had;
    }
    // Each gains in proportion to what it has: all classes grow by the same factor.
    let growth = gained.iter().sum::<f64>() / before.iter().sum::<f64>();
    for class in 0..4 {
        let expected = before[class] * growth;
        // Gains are Poisson around it, and grow with what is gained: rich-get-richer doubles the variance at most.
        assert!((gained[class] - expected).abs() < 5.0 * (2.0 * expected).sqrt(), "{before:?} {gained:?}");
    }
}
