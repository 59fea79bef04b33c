//! SIR, well mixed: Kermack & McKendrick's final size and peak.

use super::{Row, alone, mean, over_seeds, series, spec};

const AGENTS: u32 = 200_000;
const SEEDS: u64 = 4;
/// Share that is infectious at the start.
const START: f64 = 0.0005;

/// The final size z of the epidemic among all, from a start at this share: z = 1 - (1 - start) exp(-R0 z).
fn final_size(r0: f64, start: f64) -> f64 {
    let mut z = 1.0;
    for _ in 0..10_000 {
        z = 1.0 - (1.0 - start) * (-r0 * z).exp();
    }
    z
}

/// Standard deviation of the final share over seeds, for geometric infectious periods of mean m: the central limit theorem
/// of von Bahr & Martin-Löf (1980) with variance m² of the period.
fn final_spread(r0: f64) -> f64 {
    let z = final_size(r0, 0.0);
    let s = 1.0 - z;
    let variance = z * s * (1.0 + r0 * r0 * s) / ((1.0 - r0 * s) * (1.0 - r0 * s));
    (variance / f64::from(AGENTS)).sqrt()
}

/// The largest infectious share of the same epidemic without chance, tick by tick.
fn peak_of_the_map(r0: f64, recovery: f64) -> f64 {
    let (mut s, mut i, mut peak) = (1.0 - START, START, START);
    for _ in 0..100_000 {
        let infected = s * (1.0 - (-r0 * recovery * i).exp());
        (s, i) = (s - infected, i + infected - recovery * i);
        peak = i.max(peak);
    }
    peak
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    // A latent period moves cases in time and changes nothing of who infects whom.
    for (r0, incubation, published) in
        [(1.5, 0.0, 0.58281), (2.0, 0.0, 0.79681), (3.0, 0.0, 0.94048), (2.0, 4.0, 0.79681)]
    {
        let recovery = 0.1;
        let parameters = [
            ("transmission", 0.0),
            ("mixing", r0 * recovery),
            ("incubation", incubation),
            ("recovery", recovery),
            ("initial_share", START),
        ];
        let spec = civitas::engine::RunSpec {
            horizon_ticks: if incubation > 0.0 { 800 } else { 500 },
            ..spec("epidemic", AGENTS, alone(), &parameters)
        };
        let sizes = over_seeds(SEEDS, &spec, |spec| {
            let left = series(spec, 0);
            1.0 - left.last().unwrap()
        });
        let bias = (final_size(r0, START) - published).abs();
        rows.push(Row {
            what: "`epidemic`: final size, well mixed",
            set_up: format!("R0 {r0}, latent for {incubation} ticks, {AGENTS} agents, {START} infectious at the start, mean of {SEEDS} seeds"),
            expected: published,
            obtained: mean(&sizes),
            tolerance: bias + 4.0 * final_spread(r0) / (SEEDS as f64).sqrt(),
            because: "the start's own share, and four standard errors (von Bahr & Martin-Löf 1980)",
            source: "Kermack & McKendrick 1927; Miller 2012",
        });
    }
    for (r0, published) in [(2.0, 0.15343), (3.0, 0.30046)] {
        let recovery = 0.02;
        let parameters =
            [("transmission", 0.0), ("mixing", r0 * recovery), ("recovery", recovery), ("initial_share", START)];
        let spec = civitas::engine::RunSpec { horizon_ticks: 700, ..spec("epidemic", AGENTS, alone(), &parameters) };
        let peaks = over_seeds(SEEDS, &spec, |spec| series(spec, 2).into_iter().fold(0.0, f64::max));
        let bias = (peak_of_the_map(r0, recovery) - published).abs();
        // At the peak the infectious share fluctuates by about sqrt(i (1 - i) / N), and the early phase shifts time only.
        let spread = 2.0 * (published * (1.0 - published) / f64::from(AGENTS)).sqrt();
        rows.push(Row {
            what: "`epidemic`: largest infectious share, well mixed",
            set_up: format!("R0 {r0}, recovery {recovery} per tick, {AGENTS} agents, mean of {SEEDS} seeds"),
            expected: published,
            obtained: mean(&peaks),
            tolerance: bias + 4.0 * spread / (SEEDS as f64).sqrt(),
            because: "the step's size (from the same map without chance), and four standard errors",
            source: "Kermack & McKendrick 1927: 1 - (1 + ln R0) / R0",
        });
    }
    rows
}
