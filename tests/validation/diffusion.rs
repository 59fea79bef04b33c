//! Bass: the curve of adoption and the time of its steepest point.

use super::{Row, alone, series, spec};
use civitas::engine::RunSpec;

const AGENTS: u32 = 1_000_000;
/// Ticks of a period.
const TICKS: f64 = 40.0;

/// The tick, with a fraction, at which the share first reaches `level`.
fn crossing(shares: &[f64], level: f64) -> f64 {
    let after = shares.iter().position(|&share| share >= level).unwrap();
    let (low, high) = (shares[after - 1], shares[after]);
    after as f64 - 1.0 + (level - low) / (high - low)
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (p, q, published, periods) in [(0.005, 0.84, 6.06, 12.0), (0.010, 0.42, 8.69, 16.0)] {
        let parameters = [("innovation", p / TICKS), ("imitation", q / TICKS), ("initial_share", 0.0)];
        let spec = RunSpec { horizon_ticks: (periods * TICKS) as u32, ..spec("bass", AGENTS, alone(), &parameters) };
        let shares = series(spec, 0);
        let exact = |t: f64| {
            let e = (-(p + q) * t).exp();
            (1.0 - e) / (1.0 + q / p * e)
        };
        // Early adopters come at rate p N: until imitation takes over there are about p N / (p + q) of them, and their
        // number's chance shifts the curve in time by 1 / ((p + q) sqrt(that number)).
        let shift = 1.0 / ((p + q) * (p * f64::from(AGENTS) / (p + q)).sqrt());
        let tolerance = 4.0 * shift + 1.0 / TICKS;
        rows.push(Row {
            what: "`bass`: time of peak adoption",
            set_up: format!("p {p}, q {q} per period, {TICKS} ticks a period, {AGENTS} agents: where F = (1 - p/q) / 2"),
            expected: published,
            obtained: crossing(&shares, (1.0 - p / q) / 2.0) / TICKS,
            tolerance: tolerance + 0.005,
            because: "four standard deviations of the shift that early adopters' number causes, one tick, and the rounding of the published figure",
            source: "Bass 1969: ln(q/p) / (p + q)",
        });
        for t in [periods / 4.0, periods / 2.0, periods] {
            let slope = (exact(t + 0.01) - exact(t - 0.01)) / 0.02;
            rows.push(Row {
                what: "`bass`: share of adopters",
                set_up: format!("p {p}, q {q} per period, at t = {t}"),
                expected: exact(t),
                obtained: shares[(t * TICKS) as usize],
                tolerance: tolerance * slope + 4.0 * (0.25 / f64::from(AGENTS)).sqrt(),
                because: "the same shift times the curve's slope, and four standard errors of a share",
                source: "Bass 1969, closed form",
            });
        }
    }
    rows
}
