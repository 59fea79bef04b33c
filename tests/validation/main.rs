//! The conformance suite: published and exactly computable results that the engine must reproduce, each with a tolerance
//! that theory gives. `cargo test --test validation` checks all of them, and that `docs/validation.md` shows what came out;
//! `UPDATE_DOCS=1 cargo test --test validation` writes that page.

#![allow(clippy::unwrap_used)]

mod contacts;
mod diffusion;
mod epidemics;
mod maps;
mod opinions;
mod thresholds;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use civitas::engine::{Catalogue, NetworkKind, NetworkSpec, PopulationSpec, RunSpec, Simulation};

/// One result.
pub struct Row {
    /// The model, and what is measured.
    pub what: &'static str,
    /// How it was set up.
    pub set_up: String,
    /// What theory says.
    pub expected: f64,
    /// What came out.
    pub obtained: f64,
    /// How far the two may be apart.
    pub tolerance: f64,
    /// Where the tolerance comes from.
    pub because: &'static str,
    /// Where the expectation comes from.
    pub source: &'static str,
}

impl Row {
    fn holds(&self) -> bool {
        (self.obtained - self.expected).abs() <= self.tolerance
    }
}

/// A run of a model with these parameters on a network.
pub fn spec(model: &str, agents: u32, network: NetworkSpec, parameters: &[(&str, f64)]) -> RunSpec {
    RunSpec {
        model: model.to_owned(),
        parameters: parameters.iter().map(|&(name, value)| (name.to_owned(), value)).collect(),
        population: PopulationSpec { dataset: "us-2020".to_owned(), agents },
        network,
        ..RunSpec::default()
    }
}

/// A network of this kind and degree.
pub fn network(kind: NetworkKind, mean_degree: f64) -> NetworkSpec {
    NetworkSpec { kind, mean_degree, ..NetworkSpec::default() }
}

/// Nobody listens to anybody: models that mix everybody need no ties.
pub fn alone() -> NetworkSpec {
    network(NetworkKind::Gravity, 0.0)
}

/// The run, ready to step.
pub fn simulation(spec: RunSpec) -> Simulation {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::default);
    Simulation::new(spec, &CATALOGUE, 1).unwrap()
}

/// The mean of a metric over all agents, at every tick from 0 to the horizon.
pub fn series(spec: RunSpec, metric: usize) -> Vec<f64> {
    let ticks = spec.horizon_ticks;
    let mut simulation = simulation(spec);
    let mut values = vec![simulation.conditions().society[metric]];
    for _ in 0..ticks {
        simulation.step(usize::MAX).unwrap();
        values.push(simulation.conditions().society[metric]);
    }
    values
}

/// What each of the seeds 1 to `seeds` gives.
pub fn over_seeds(seeds: u64, spec: &RunSpec, mut result: impl FnMut(RunSpec) -> f64) -> Vec<f64> {
    (1..=seeds).map(|seed| result(RunSpec { seed, ..spec.clone() })).collect()
}

/// Their mean.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard error of their mean, by how far they spread.
pub fn standard_error(values: &[f64]) -> f64 {
    let (mean, n) = (mean(values), values.len() as f64);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (n - 1.0) / n).sqrt()
}

#[test]
fn the_engine_reproduces_what_is_known() {
    let rows: Vec<Row> = std::thread::scope(|scope| {
        let parts: [fn() -> Vec<Row>; 6] =
            [epidemics::rows, contacts::rows, diffusion::rows, maps::rows, opinions::rows, thresholds::rows];
        let handles = parts.map(|part| scope.spawn(part));
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    });
    let mut table =
        "| model and quantity | set-up | expected | obtained | tolerance | source |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for row in &rows {
        let Row { what, set_up, expected, obtained, tolerance, because, source } = row;
        writeln!(
            table,
            "| {what} | {set_up} | {expected:.4} | {obtained:.4} | ±{tolerance:.4}: {because} | {source} |"
        )
        .unwrap();
    }
    print!("{table}");
    for row in &rows {
        assert!(
            row.holds(),
            "{}, {}: {} instead of {} ± {}",
            row.what,
            row.set_up,
            row.obtained,
            row.expected,
            row.tolerance
        );
    }
    check_page(&table);
}

/// Compares the page's table with what came out.
fn check_page(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/validation.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once("<!-- results -->\n").unwrap();
    let (found, tail) = rest.split_once("<!-- /results -->").unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{head}<!-- results -->\n{table}<!-- /results -->{tail}")).unwrap();
    } else {
        assert_eq!(found, table, "docs/validation.md is out of date; run UPDATE_DOCS=1 cargo test --test validation");
    }
}
