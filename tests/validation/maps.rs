//! What well-mixed models do without chance, tick by tick, and how far chance takes them from it: the share that each tick's
//! rule gives from the last, and its variance carried along to first order in 1 / n (the linear noise approximation of
//! van Kampen 1961, for maps). A larger population must stay as much closer.

use super::{Row, alone, mean, over_seeds, series, spec};
use civitas::engine::RunSpec;

/// Numbers of agents, and of seeds whose mean is taken.
const SIZES: [(u32, u64); 3] = [(10_000, 100), (100_000, 10), (1_000_000, 2)];

/// Share of adopters and its standard deviation at this tick.
fn bass_map(p: f64, q: f64, agents: f64, tick: u32) -> (f64, f64) {
    let (mut share, mut variance) = (0.0, 0.0);
    for _ in 0..tick {
        let hazard = p + q * share;
        let slope = 1.0 - hazard + (1.0 - share) * q;
        variance = variance * slope * slope + (1.0 - share) * hazard * (1.0 - hazard) / agents;
        share += (1.0 - share) * hazard;
    }
    (share, variance.sqrt())
}

fn bass() -> Vec<Row> {
    let (p, q, tick) = (0.001, 0.05, 80);
    let row = |(agents, seeds): (u32, u64)| {
        let parameters = [("innovation", p), ("imitation", q), ("initial_share", 0.0)];
        let spec = RunSpec { horizon_ticks: tick, ..spec("bass", agents, alone(), &parameters) };
        let (expected, deviation) = bass_map(p, q, agents.into(), tick);
        Row {
            what: "`bass`: share of adopters, against the map without chance",
            set_up: format!("p {p}, q {q} per tick, {agents} agents, at tick {tick}, mean of {seeds} seeds"),
            expected,
            obtained: mean(&over_seeds(seeds, &spec, |spec| series(spec, 0)[tick as usize])),
            tolerance: 4.0 * deviation / (seeds as f64).sqrt(),
            because: "four standard errors, by the map's own variance",
            source: "F' = F + (1 - F)(p + q F); van Kampen 1961",
        }
    };
    SIZES.map(row).into()
}

/// Susceptible and infectious shares with their covariances, in the order S, I, SS, SI, II.
type Sir = [f64; 5];

fn sir_map([s, i, ss, si, ii]: Sir, mixing: f64, recovery: f64, agents: f64) -> Sir {
    let escape = (-mixing * i).exp();
    let (risk, steeper) = (1.0 - escape, s * mixing * escape);
    // How S' and I' move with S and I.
    let (a, b, c, d) = (1.0 - risk, -steeper, risk, 1.0 + steeper - recovery);
    let (infections, recoveries) = (s * risk * escape / agents, i * recovery * (1.0 - recovery) / agents);
    [
        s - s * risk,
        i + s * risk - recovery * i,
        a * a * ss + 2.0 * a * b * si + b * b * ii + infections,
        a * c * ss + (a * d + b * c) * si + b * d * ii - infections,
        c * c * ss + 2.0 * c * d * si + d * d * ii + infections + recoveries,
    ]
}

fn epidemic() -> Vec<Row> {
    let (mixing, recovery, start) = (0.2, 0.1, 0.01);
    let states = |agents: u32, ticks: u32| {
        let first: Sir = [1.0 - start, start, 0.0, 0.0, 0.0];
        let next = |state: &Sir| Some(sir_map(*state, mixing, recovery, agents.into()));
        std::iter::successors(Some(first), next).take(ticks as usize + 1).collect::<Vec<_>>()
    };
    let peak = states(1, 300).iter().enumerate().max_by(|a, b| a.1[1].total_cmp(&b.1[1])).unwrap().0;
    let row = |(agents, seeds): (u32, u64)| {
        let parameters = [("transmission", 0.0), ("mixing", mixing), ("recovery", recovery), ("initial_share", start)];
        let spec = RunSpec { horizon_ticks: peak as u32, ..spec("epidemic", agents, alone(), &parameters) };
        let end = *states(agents, peak as u32).last().unwrap();
        Row {
            what: "`epidemic`: infectious share, against the map without chance",
            set_up: format!(
                "mixing {mixing}, recovery {recovery}, {agents} agents, {start} infectious at the start, at the map's peak, tick {peak}, mean of {seeds} seeds"
            ),
            expected: end[1],
            obtained: mean(&over_seeds(seeds, &spec, |spec| series(spec, 2)[peak])),
            tolerance: 4.0 * (end[4] / seeds as f64).sqrt(),
            because: "four standard errors, by the map's own variance",
            source: "Kermack & McKendrick 1927, in ticks; van Kampen 1961",
        }
    };
    SIZES.map(row).into()
}

pub(crate) fn rows() -> Vec<Row> {
    bass().into_iter().chain(epidemic()).collect()
}
