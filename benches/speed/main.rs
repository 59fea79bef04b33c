//! Agent-steps per second of `society` and `epidemic` through the whole runtime (actors, store, progress, results) beside
//! plain loops written by hand over the same arrays, in turn, on one thread and on two: `cargo bench --bench speed`, or
//! `cargo bench --bench speed -- epidemic 1000000` for one model and size.
//!
//! Speeds are those of stepping; both sides must end in the same digest. `epidemic` is endemic here (immunity wanes), so
//! that there is something to do in every tick; 10 million agents need about 2 GB.

use civitas::bench::{Case, Figures, Spread, measure};
use civitas::engine::{Catalogue, PopulationSpec, RunSpec};

/// Agents, ticks, rounds.
const SIZES: [(u32, u32, usize); 3] = [(100_000, 300, 9), (1_000_000, 60, 7), (10_000_000, 12, 5)];

fn spec(model: &str, agents: u32, horizon_ticks: u32) -> RunSpec {
    let endemic = [("transmission", 0.05), ("recovery", 0.2), ("waning", 0.02), ("initial_share", 0.05)];
    let parameters = endemic.map(|(name, value)| (name.to_owned(), value));
    RunSpec {
        model: model.to_owned(),
        parameters: if model == "epidemic" { parameters.into() } else { Default::default() },
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents },
        horizon_ticks,
        ..RunSpec::default()
    }
}

fn show(spread: Option<Spread>, unit: f64, digits: usize) -> String {
    spread.map_or_else(String::new, |Spread { median, lowest, highest }| {
        format!("{:.digits$} ({:.digits$} to {:.digits$})", median * unit, lowest * unit, highest * unit)
    })
}

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    println!("mean degree 12; million agent-steps per second, median (lowest to highest)");
    println!(
        "{:<9} {:>9} {:>5} {:>8}  {:<22} {:<22} {:<20} {:<20} {:>11} {:>8}",
        "model",
        "agents",
        "ticks",
        "threads",
        "runtime",
        "plain loop",
        "runtime/plain",
        "to one thread",
        "bytes/agent",
        "set-up s"
    );
    for model in ["society", "epidemic"] {
        for (agents, ticks, rounds) in SIZES {
            let named = |name: &String| name == model || *name == agents.to_string();
            if wanted.len() > wanted.iter().filter(|name| named(name)).count() {
                continue;
            }
            compare(model, agents, ticks, rounds).await;
        }
    }
}

/// One thread and two in turn, so that what else the machine does falls on both.
async fn compare(model: &str, agents: u32, ticks: u32, rounds: usize) {
    let mut rows: [Vec<Figures>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (row, threads) in rows.iter_mut().zip([1, 2]) {
            let spec = spec(model, agents, ticks);
            let case =
                Case { spec, threads, rounds: 1, snapshot_every_ticks: 0, with_plain_loop: true, telemetry: false };
            row.push(measure(&case, &Catalogue::default(), |_| {}).await.expect("the case runs"));
        }
    }
    let speed = |figures: &Figures| figures.agent_steps_per_s.median;
    assert!(rows[0].iter().zip(&rows[1]).all(|(one, two)| one.state_digest == two.state_digest), "threads show");
    let gains: Vec<f64> = rows[0].iter().zip(&rows[1]).map(|(one, two)| speed(two) / speed(one)).collect();
    for row in &rows {
        let spread = |of: &dyn Fn(&Figures) -> Option<Spread>| {
            Spread::of(row.iter().filter_map(|figures| of(figures).map(|spread| spread.median)).collect())
        };
        let gain = if row[0].threads > 1 { Spread::of(gains.clone()) } else { None };
        println!(
            "{model:<9} {agents:>9} {ticks:>5} {:>8}  {:<22} {:<22} {:<20} {:<20} {:>11.1} {:>8.2}",
            row[0].threads,
            show(spread(&|figures| Some(figures.agent_steps_per_s)), 1e-6, 1),
            show(spread(&|figures| figures.plain_agent_steps_per_s), 1e-6, 1),
            show(spread(&|figures| figures.ratio_to_plain_loop), 1.0, 2),
            show(gain, 1.0, 2),
            row[0].bytes_per_agent,
            spread(&|figures| Some(figures.setup_s)).map_or(0.0, |spread| spread.median),
        );
    }
}
