//! The rest of `epidemic`: contacts one by one, latent periods, immunity that wanes; and where a run's first cases are.

use super::{Row, alone, mean, network, over_seeds, series, simulation, spec, standard_error};
use civitas::engine::{NetworkKind, RunSpec};

/// Distribution of the final number of cases among `n`, the first included, of Reed and Frost's chain binomial model: every
/// case meets everybody for one tick and infects each with probability p (Abbey 1952), by going through all chains.
fn reed_frost(n: usize, p: f64) -> Vec<f64> {
    // Probability of being at (susceptible, cases of this tick).
    let mut at = vec![vec![0.0; n + 1]; n + 1];
    at[n - 1][1] = 1.0;
    let mut sizes = vec![0.0; n + 1];
    for susceptible in (0..n).rev() {
        for cases in (1..=n - susceptible).rev() {
            let here = at[susceptible][cases];
            let risk = 1.0 - (1.0 - p).powi(cases as i32);
            let mut chance = here * (1.0 - risk).powi(susceptible as i32);
            for new in 0..=susceptible {
                if new == 0 {
                    sizes[n - susceptible] += chance;
                } else {
                    at[susceptible - new][new] += chance;
                }
                chance *= (susceptible - new) as f64 / (new + 1) as f64 * risk / (1.0 - risk);
            }
        }
    }
    sizes
}

fn per_contact() -> Vec<Row> {
    const AGENTS: u32 = 10;
    const SEEDS: u64 = 10_000;
    let p = 0.15;
    let parameters = [("transmission", p), ("recovery", 1.0), ("initial_share", 1.0 / f64::from(AGENTS))];
    let spec = spec("epidemic", AGENTS, network(NetworkKind::Complete, 0.0), &parameters);
    // A chain of cases is no longer than there are agents.
    let spec = RunSpec { horizon_ticks: AGENTS + 1, ..spec };
    let cases = over_seeds(SEEDS, &spec, |spec| (series(spec, 3).last().unwrap() * f64::from(AGENTS)).round());
    let sizes = reed_frost(AGENTS as usize, p);
    let set_up = format!(
        "{AGENTS} agents, complete network, one case at the start, transmission {p}, recovery 1, {SEEDS} seeds"
    );
    let row = |(what, holds): (&'static str, fn(usize) -> bool)| {
        let expected: f64 = sizes.iter().enumerate().filter(|&(size, _)| holds(size)).map(|(_, chance)| chance).sum();
        let found = cases.iter().filter(|&&size| holds(size as usize)).count();
        Row {
            what,
            set_up: set_up.clone(),
            expected,
            obtained: found as f64 / SEEDS as f64,
            tolerance: 4.0 * (expected * (1.0 - expected) / SEEDS as f64).sqrt(),
            because: "four standard errors of a share",
            source: "Reed & Frost's chain binomial (Abbey 1952), by all chains",
        }
    };
    [
        ("`epidemic`, per contact: nobody else infected", (|size| size == 1) as fn(usize) -> bool),
        ("`epidemic`, per contact: two to four cases in all", |size| (2..=4).contains(&size)),
        ("`epidemic`, per contact: five to eight", |size| (5..=8).contains(&size)),
        ("`epidemic`, per contact: nine or all", |size| size >= 9),
    ]
    .map(row)
    .into()
}

/// Half of all are infectious and infect the other half at once, beyond doubt; how long these stay exposed is added up.
fn latent_period() -> Row {
    const AGENTS: u32 = 100_000;
    let incubation = 5.0;
    let parameters = [
        ("transmission", 0.0),
        ("mixing", 100.0),
        ("incubation", incubation),
        ("recovery", 0.0),
        ("initial_share", 0.5),
    ];
    let spec = RunSpec { horizon_ticks: 200, ..spec("epidemic", AGENTS, alone(), &parameters) };
    let exposed = series(spec, 1);
    let deviation: f64 = (incubation * (incubation - 1.0)).sqrt();
    Row {
        what: "`epidemic`: mean latent period",
        set_up: format!("incubation {incubation}, {} agents exposed at the same tick", AGENTS / 2),
        expected: incubation,
        obtained: exposed.iter().sum::<f64>() / exposed[1],
        tolerance: 4.0 * deviation / f64::from(AGENTS / 2).sqrt(),
        because: "four standard errors of a geometric time",
        source: "mean of the geometric distribution",
    }
}

/// Immunity that wanes keeps the infection alive, at the fixed point of the map without chance.
fn endemic() -> Row {
    const AGENTS: u32 = 20_000;
    const SEEDS: u64 = 16;
    let (mixing, recovery, waning) = (0.3, 0.1, 0.05);
    let parameters =
        [("transmission", 0.0), ("mixing", mixing), ("recovery", recovery), ("waning", waning), ("initial_share", 0.2)];
    let spec = RunSpec { horizon_ticks: 400, ..spec("epidemic", AGENTS, alone(), &parameters) };
    let levels = over_seeds(SEEDS, &spec, |spec| mean(&series(spec, 2)[200..]));
    let (mut s, mut i): (f64, f64) = (0.5, 0.2);
    for _ in 0..100_000 {
        let (infected, waned) = (s * (1.0 - (-mixing * i).exp()), waning * (1.0 - s - i));
        (s, i) = (s - infected + waned, i + infected - recovery * i);
    }
    Row {
        what: "`epidemic`: endemic infectious share with waning immunity",
        set_up: format!(
            "mixing {mixing}, recovery {recovery}, waning {waning}, {AGENTS} agents, ticks 200 to 400, mean of {SEEDS} seeds"
        ),
        expected: i,
        obtained: mean(&levels),
        tolerance: 4.0 * standard_error(&levels),
        because: "four standard errors over the seeds",
        source: "fixed point of the map: S (1 - exp(-m I)) = r I = w R",
    }
}

/// Of two neighbours on a ring, half are alike where those of opinion A are placed at random.
fn placement() -> Row {
    const AGENTS: u32 = 1_000;
    const SEEDS: u64 = 400;
    let spec = spec("voter", AGENTS, network(NetworkKind::Ring, 2.0), &[("initial_share", 0.5)]);
    let changed = over_seeds(SEEDS, &spec, |spec| {
        let mut simulation = simulation(spec);
        let opinions = |simulation: &civitas::engine::Simulation| simulation.save().states[0].saved.clone();
        let before = opinions(&simulation);
        simulation.step(usize::MAX).unwrap();
        let changed = before.iter().zip(opinions(&simulation)).filter(|(a, b)| **a != *b).count();
        changed as f64 / f64::from(AGENTS)
    });
    Row {
        what: "`voter`: agents that change in the first tick",
        set_up: format!("{AGENTS} agents, half of them A, ring of degree 2, mean of {SEEDS} seeds"),
        expected: f64::from(AGENTS) / 2.0 / f64::from(AGENTS - 1),
        obtained: mean(&changed),
        tolerance: 4.0 * standard_error(&changed),
        because: "four standard errors over the seeds",
        source: "half of all, placed at random: (n/2) / (n - 1) of anyone's neighbours differ",
    }
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = per_contact();
    rows.extend([latent_period(), endemic(), placement()]);
    rows
}
