//! Agent-steps per second of `society` through the whole runtime (actors, store, progress, results) beside a plain
//! hand-written loop over the same arrays, on one compute thread each, in turn: `cargo bench --bench society`.
//!
//! Both sides are timed from the specification to the last tick, set-up included, and must end in the same digest.

mod plain;

use std::sync::Arc;
use std::time::{Duration, Instant};

use civitas::engine::{Catalogue, PopulationSpec, RunSpec};
use civitas::store::{DEFAULT_TENANT, SledStore, Store};
use civitas::{Execution, NewRun, Runtime, RuntimeConfig};
use plain::Plain;

/// Agents, ticks, rounds.
const SIZES: [(u32, u32, usize); 3] = [(10_000, 1_000, 9), (100_000, 300, 7), (1_000_000, 60, 5)];

fn spec(agents: u32, ticks: u32) -> RunSpec {
    let population = PopulationSpec { dataset: "us-2020".to_owned(), agents };
    RunSpec { population, horizon_ticks: ticks, ..RunSpec::default() }
}

/// Whole time, and the part of it that is the loop alone.
fn time_plain(spec: &RunSpec) -> (Duration, Duration, u128) {
    let start = Instant::now();
    let mut plain = Plain::new(spec);
    let built = start.elapsed();
    plain.run(spec.horizon_ticks);
    let whole = start.elapsed();
    (whole, whole - built, plain.digest())
}

async fn time_runtime(runtime: &Runtime, spec: &RunSpec) -> (Duration, String) {
    let execution = Execution { snapshot_every_ticks: Some(0), ..Execution::default() };
    let run = NewRun { execution, ..NewRun::local("bench", spec.clone()) };
    let start = Instant::now();
    let id = runtime.submit(run).await.expect("the run is accepted").id;
    runtime.start_run(DEFAULT_TENANT, id).await.expect("the run starts");
    runtime.wait(DEFAULT_TENANT, id).await.expect("the run ends");
    let took = start.elapsed();
    let results = runtime.results(DEFAULT_TENANT, id).await.expect("the run has results");
    (took, String::from_utf8(results.outcome_json).expect("results are JSON"))
}

fn median(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[0], values[values.len() / 2], values[values.len() - 1])
}

async fn runtime(threads: usize, folder: &std::path::Path) -> Runtime {
    let store: Arc<dyn Store> = Arc::new(SledStore::open(folder).expect("a store in a temporary folder"));
    let config = RuntimeConfig { threads, ..RuntimeConfig::default() };
    Runtime::start(config, store, Catalogue::default()).await.expect("the runtime starts")
}

#[tokio::main]
async fn main() {
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let one = runtime(1, folders[0].path()).await;
    let all = runtime(0, folders[1].path()).await;
    println!("society, mean degree 12; million agent-steps per second, median (lowest to highest)");
    println!(
        "{:>9} {:>6}  {:>22} {:>22} {:>22}  {:>22}",
        "agents", "ticks", "plain loop, 1 thread", "runtime, 1 thread", "runtime, all cores", "runtime/plain, 1 thread"
    );
    for (agents, ticks, rounds) in SIZES {
        let spec = spec(agents, ticks);
        let steps = f64::from(agents) * f64::from(ticks) / 1e6;
        let (mut plain, mut runtime, mut cores, mut ratio, mut bare) = (vec![], vec![], vec![], vec![], vec![]);
        for _ in 0..rounds {
            let (took, looped, digest) = time_plain(&spec);
            let (through, results) = time_runtime(&one, &spec).await;
            let (parallel, again) = time_runtime(&all, &spec).await;
            assert!(results.contains(&format!("{digest:032x}")), "plain loop and runtime differ");
            assert_eq!(results, again, "one thread and all cores differ");
            plain.push(steps / took.as_secs_f64());
            bare.push(steps / looped.as_secs_f64());
            runtime.push(steps / through.as_secs_f64());
            cores.push(steps / parallel.as_secs_f64());
            ratio.push(took.as_secs_f64() / through.as_secs_f64());
        }
        let show = |values| {
            let (low, median, high) = median(values);
            format!("{median:.1} ({low:.1} to {high:.1})")
        };
        let (low, middle, high) = median(ratio);
        let ratio = format!("{middle:.2} ({low:.2} to {high:.2})");
        println!("{agents:>9} {ticks:>6}  {:>22} {:>22} {:>22}  {ratio:>22}", show(plain), show(runtime), show(cores));
        println!("{:>9} {:>6}  {:>22}", "", "", format!("loop alone {}", show(bare)));
    }
    for runtime in [one, all] {
        runtime.shutdown().await.expect("the runtime stops");
    }
}
