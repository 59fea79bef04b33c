//! Thresholds: Granovetter's crowd, and Watts' cascades on random networks.

use std::sync::Arc;

use super::{Row, mean, network, over_seeds, series, simulation, spec};
use civitas::engine::{Action, NetworkKind, RunSpec, Target, Value, Workflow};

fn granovetter() -> Vec<Row> {
    let parameters = [("by_number", 1.0), ("ladder", 1.0), ("initial_share", 0.0)];
    let crowd =
        RunSpec { horizon_ticks: 150, ..spec("threshold", 100, network(NetworkKind::Complete, 0.0), &parameters) };
    let steps = vec![
        Action::UpdateState {
            key: "threshold".to_owned(),
            value: Value::Number(2.0),
            target: Target { ids: Some(vec![1]), ..Target::default() },
        },
        Action::Run { ticks: 150, seconds_per_tick: 300 },
    ];
    let workflow = Arc::new(Workflow { steps, ..Workflow::default() });
    let broken = RunSpec { workflow: Some(workflow), ..crowd.clone() };
    let row = |spec: RunSpec, set_up: &str, expected: f64| Row {
        what: "`threshold`: agents that join",
        set_up: set_up.to_owned(),
        expected,
        obtained: (series(spec, 0).last().unwrap() * 100.0).round(),
        tolerance: 0.0,
        because: "nothing is left to chance",
        source: "Granovetter 1978",
    };
    vec![
        row(crowd, "100 agents, thresholds 0, 1, ... 99, complete network", 100.0),
        row(broken, "the same with the threshold 1 replaced by 2", 1.0),
    ]
}

const AGENTS: u32 = 5_000;
const SEEDS: u64 = 1_000;
/// The largest degree at which one neighbour suffices: 1 / 0.18 = 5.6.
const VULNERABLE: usize = 5;

/// Probability that one agent sets off a global cascade on a Poisson random network of mean degree z: that it touches the
/// giant cluster of those whom one neighbour moves (Watts 2002, section 4, by generating functions).
fn trigger(z: f64) -> f64 {
    // Poisson probabilities of degree k.
    let mut poisson = vec![(-z).exp()];
    for k in 1..60 {
        poisson.push(poisson[k - 1] * z / k as f64);
    }
    // u: following an edge does not lead to the giant vulnerable cluster. A Poisson degree along an edge has k - 1 further
    // edges with the same probabilities.
    let moved: f64 = poisson[..VULNERABLE].iter().sum();
    let mut u = 0.0;
    for _ in 0..100_000 {
        let beyond: f64 = poisson[..VULNERABLE].iter().enumerate().map(|(k, p)| p * f64::powi(u, k as i32)).sum();
        u = 1.0 - moved + beyond;
    }
    1.0 - poisson.iter().enumerate().map(|(k, p)| p * f64::powi(u, k as i32)).sum::<f64>()
}

/// The share that has joined when nobody joins any more.
fn settled(spec: RunSpec) -> f64 {
    let mut simulation = simulation(spec);
    loop {
        let before = simulation.conditions().society[0];
        simulation.step(usize::MAX).unwrap();
        if simulation.conditions().society[0] == before {
            return before;
        }
    }
}

fn watts() -> Vec<Row> {
    let row = |z: f64| {
        let parameters = [("threshold", 0.18), ("initial_share", 1.0 / f64::from(AGENTS))];
        let spec = spec("threshold", AGENTS, network(NetworkKind::ErdosRenyi, z), &parameters);
        let spec = RunSpec { horizon_ticks: 1_000, ..spec };
        let global = over_seeds(SEEDS, &spec, |spec| f64::from(u8::from(settled(spec) > 0.05)));
        let expected = trigger(z);
        let error = (expected * (1.0 - expected) / SEEDS as f64).sqrt();
        Row {
            what: "`threshold`: share of seeds with a global cascade",
            set_up: format!(
                "Poisson random network of mean degree {z}, threshold 0.18, one of {AGENTS} agents at the start, {SEEDS} seeds"
            ),
            expected,
            obtained: mean(&global),
            tolerance: 4.0 * error,
            because: "four standard errors of a share",
            source: "Watts 2002: cascades for 1.021 < z < 5.765 only",
        }
    };
    [0.8, 1.5, 3.0, 4.5, 7.0].map(row).into()
}

pub(crate) fn rows() -> Vec<Row> {
    granovetter().into_iter().chain(watts()).collect()
}
