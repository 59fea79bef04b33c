//! Opinions: clusters under bounded confidence, the voter model's exact consensus time, DeGroot's consensus.

use super::{Row, mean, network, over_seeds, series, simulation, spec};
use civitas::engine::{
    Activation, DrawKey, Draws, Gravity, Layout, NetworkKind, NetworkSpec, Purpose, RunSpec, Simulation, TieMaker,
    World,
};

/// Opinions closer than this are one.
const SAME: f64 = 0.01;

/// Every agent's opinion, by id.
fn opinions(simulation: &Simulation) -> Vec<f64> {
    let states = simulation.save().states;
    let bytes = states.iter().flat_map(|state| state.saved.chunks_exact(8));
    bytes.map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect()
}

/// Sizes of the groups of opinions that lie close together.
fn clusters(mut opinions: Vec<f64>) -> Vec<usize> {
    opinions.sort_by(f64::total_cmp);
    let mut sizes = vec![1];
    for pair in opinions.windows(2) {
        if pair[1] - pair[0] > SAME { sizes.push(1) } else { *sizes.last_mut().unwrap() += 1 }
    }
    sizes
}

fn after(spec: RunSpec) -> Vec<f64> {
    let mut simulation = simulation(spec);
    simulation.run().unwrap();
    opinions(&simulation)
}

fn hegselmann_krause() -> Vec<Row> {
    let row = |(confidence, expected): (f64, f64)| {
        let parameters = [("confidence", confidence), ("spaced", 1.0)];
        let spec = spec("bounded_confidence", 1_001, network(NetworkKind::Complete, 0.0), &parameters);
        Row {
            what: "`bounded_confidence`, rule 0: clusters",
            set_up: format!("1001 agents at (i + 1/2)/1001, all together, confidence {confidence}"),
            expected,
            obtained: clusters(after(RunSpec { horizon_ticks: 100, ..spec })).len() as f64,
            tolerance: 0.0,
            because: "nothing is left to chance",
            source: "Hegselmann & Krause 2002; Lorenz 2007",
        }
    };
    [(0.05, 9.0), (0.25, 1.0)].map(row).into()
}

fn deffuant() -> Vec<Row> {
    const SEEDS: u64 = 15;
    let row = |(confidence, expected): (f64, f64)| {
        let parameters = [("confidence", confidence), ("rule", 1.0)];
        let spec = spec("bounded_confidence", 1_000, network(NetworkKind::Pairs, 0.0), &parameters);
        let spec = RunSpec { horizon_ticks: 500, ..spec };
        // A twentieth of the agents: what is smaller are the stragglers that the model leaves at the ends.
        let major = |spec| clusters(after(spec)).into_iter().filter(|&size| size >= 50).count() as f64;
        let mut counts = over_seeds(SEEDS, &spec, major);
        counts.sort_by(f64::total_cmp);
        Row {
            what: "`bounded_confidence`, rule 1: major clusters",
            set_up: format!("1000 agents in pairs, convergence 1/2, confidence {confidence}: median of {SEEDS} seeds"),
            expected,
            obtained: counts[SEEDS as usize / 2],
            tolerance: 0.0,
            because: "most seeds",
            source: "Deffuant et al. 2000",
        }
    };
    [(0.2, 2.0), (0.25, 2.0), (0.3, 1.0), (0.4, 1.0)].map(row).into()
}

/// Mean number of single updates to consensus from `k` of `n` agents with opinion A on a complete network: the
/// birth-death chain that goes up and down with probability k (n - k) / (n (n - 1)), solved by elimination.
fn consensus_time(n: usize, start: usize) -> f64 {
    let step = |k: usize| (k * (n - k)) as f64 / (n * (n - 1)) as f64;
    // -T(k-1) + 2 T(k) - T(k+1) = 1 / step(k), with T(0) = T(n) = 0.
    let (mut slope, mut rest) = (vec![0.0; n], vec![0.0; n]);
    for k in 1..n {
        let pivot = 2.0 - slope[k - 1];
        slope[k] = 1.0 / pivot;
        rest[k] = (1.0 / step(k) + rest[k - 1]) / pivot;
    }
    let mut time = 0.0;
    for k in (start..n).rev() {
        time = rest[k] + slope[k] * time;
    }
    time
}

fn voter() -> Vec<Row> {
    const SEEDS: u64 = 3_000;
    const AGENTS: u32 = 10;
    let runs = |share: f64| {
        let network = network(NetworkKind::Complete, 0.0);
        let spec = spec("voter", AGENTS, network, &[("initial_share", share)]);
        let spec = RunSpec { activation: Activation::One, horizon_ticks: 1_000, ..spec };
        let mut ends = Vec::new();
        let times = over_seeds(SEEDS, &spec, |spec| {
            let shares = series(spec, 0);
            let end = shares.iter().position(|&share| share == 0.0 || share == 1.0).unwrap();
            ends.push(shares[end]);
            end as f64
        });
        (times, ends)
    };
    let (times, _) = runs(0.5);
    let spread = (mean(&times.iter().map(|time| time * time).collect::<Vec<_>>()) - mean(&times).powi(2)).sqrt();
    assert!((consensus_time(10, 5) - 58.107).abs() < 0.001, "{}", consensus_time(10, 5));
    let (_, ends) = runs(0.3);
    let error = |share: f64| 4.0 * (share * (1.0 - share) / SEEDS as f64).sqrt();
    vec![
        Row {
            what: "`voter`: single-agent updates to consensus",
            set_up: format!("{AGENTS} agents, complete network, half and half, one at a time, mean of {SEEDS} seeds"),
            expected: consensus_time(10, 5),
            obtained: mean(&times),
            tolerance: 4.0 * spread / (SEEDS as f64).sqrt(),
            because: "four standard errors of the runs",
            source: "birth-death chain; Sood & Redner 2005",
        },
        Row {
            what: "`voter`: probability of ending all A",
            set_up: format!("the same, from a share of 0.3, {SEEDS} seeds"),
            expected: 0.3,
            obtained: mean(&ends),
            tolerance: error(0.3),
            because: "four standard errors of a share",
            source: "Sood & Redner 2005",
        },
    ]
}

/// Whom every agent of a run listens to, on the default kind of network.
fn rows_of(spec: &RunSpec) -> Vec<Vec<u32>> {
    let world = World::new(spec.clone(), &Default::default()).unwrap();
    let gravity = Gravity::new(&world.dataset, &world.layout, &spec.network);
    let maker = TieMaker::new(&world.layout, &gravity, &spec.network, spec.seed);
    let mut rows = Vec::new();
    (0..world.layout.blocks()).for_each(|block| maker.block(block, |ties| rows.push(ties.to_vec())));
    rows
}

/// The initial opinions: one uniform number per agent from its block's population stream.
fn drawn(spec: &RunSpec, layout: &Layout) -> Vec<f64> {
    let mut key = DrawKey::new(spec.seed, Purpose::Population);
    let mut all = Vec::new();
    for block in 0..layout.blocks() {
        let mut words = [0; 64];
        key.fill(block, 0, &mut words);
        for (lane, id) in layout.block_agents(block).enumerate() {
            all.push(f64::from(Draws::new(&words[lane..=lane], &key, id, 0).unit()));
        }
    }
    all
}

fn degroot() -> Vec<Row> {
    const SELF: f64 = 0.3;
    let network = NetworkSpec { mean_degree: 8.0, long_range_share: 0.5, ..NetworkSpec::default() };
    let spec = RunSpec { horizon_ticks: 600, ..spec("degroot", 500, network, &[("self_weight", SELF)]) };
    let ties = rows_of(&spec);
    let start = drawn(&spec, &World::new(spec.clone(), &Default::default()).unwrap().layout);
    // The left eigenvector, by what every agent passes on to those that it listens to.
    let mut weights = vec![1.0 / 500.0; 500];
    for _ in 0..20_000 {
        let mut next = vec![0.0; 500];
        for (agent, peers) in ties.iter().enumerate() {
            next[agent] += if peers.is_empty() { weights[agent] } else { SELF * weights[agent] };
            for &peer in peers {
                next[peer as usize] += (1.0 - SELF) * weights[agent] / peers.len() as f64;
            }
        }
        weights = next;
    }
    let expected = weights.iter().zip(&start).map(|(weight, opinion)| weight * opinion).sum();
    let end = after(spec);
    let spread = end.iter().fold(0.0, |most: f64, opinion| most.max((opinion - end[0]).abs()));
    let set_up = "500 agents, directed network of degree 8 over 51 regions, half of the ties between regions, self-weight 0.3, 600 ticks".to_owned();
    vec![
        Row {
            what: "`degroot`: consensus",
            set_up: set_up.clone(),
            expected,
            obtained: mean(&end),
            tolerance: 1e-6,
            because: "what is left of the second eigenvalue",
            source: "DeGroot 1974: the left eigenvector's mean of the initial opinions",
        },
        Row {
            what: "`degroot`: largest difference at the end",
            set_up,
            expected: 0.0,
            obtained: spread,
            tolerance: 1e-6,
            because: "what is left of the second eigenvalue",
            source: "DeGroot 1974",
        },
    ]
}

pub(crate) fn rows() -> Vec<Row> {
    [hegselmann_krause(), deffuant(), voter(), degroot()].into_iter().flatten().collect()
}
