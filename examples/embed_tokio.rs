//! civitas inside any tokio program: `cargo run --release --example embed_tokio`.

use std::sync::Arc;

use civitas::engine::{Catalogue, RunSpec};
use civitas::store::{DEFAULT_TENANT, SledStore};
use civitas::{NewRun, Runtime, RuntimeConfig};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = Arc::new(SledStore::open(folder.path())?);
    let runtime = Runtime::start(RuntimeConfig::default(), store, Catalogue::default()).await?;

    // What if the economy looked a little better? 10,000 agents of us-2020, 100 ticks.
    let mut spec = RunSpec { seed: 7, ..RunSpec::default() };
    spec.variable_deltas.insert("economy_confidence".to_owned(), 0.1);
    let run = runtime.submit(NewRun::local("What if", spec)).await?;
    runtime.start_run(DEFAULT_TENANT, run.id).await?;

    let mut watch = runtime.watch(DEFAULT_TENANT, run.id).await?;
    while let Some(progress) = watch.changed().await {
        println!("tick {} of {}: {}", progress.tick, progress.total_ticks, progress.status);
    }
    let results = runtime.results(DEFAULT_TENANT, run.id).await?;
    let outcome: serde_json::Value = serde_json::from_slice(&results.outcome_json)?;
    println!("adoption {}", outcome["outcome_summary"]["adoption_rate"]);
    runtime.shutdown().await?;
    Ok(())
}
