//! Verifications on a real runtime and store: were one of these to fail, a run that comes out different would be called the
//! same, one that is the same different, or verifying would cost other runs something.
//!
//! `same`: what agrees. `different`: models that are not deterministic, and stores that were changed. `refused`: what cannot be
//! verified, and who may not.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

mod different;
mod refused;
mod same;

use std::sync::Arc;

use civitas_actors::{Runtime, RuntimeConfig, Verification};
use civitas_engine::{Catalogue, RunSpec};
use civitas_store::{RunId, RunStatus, SledStore, Store};
use common::{TENANT, new_run};
use tempfile::TempDir;

/// A runtime with these models, on so many partitions.
async fn started(folder: &TempDir, partitions: usize, catalogue: Catalogue) -> (Runtime, Arc<SledStore>) {
    let config = RuntimeConfig {
        partitions: Some(partitions),
        threads: 2,
        snapshot_every_ticks: 4,
        snapshot_keep: 1,
        ..RuntimeConfig::default()
    };
    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    (Runtime::start(config, Arc::clone(&store) as Arc<dyn Store>, catalogue).await.unwrap(), store)
}

async fn stopped(runtime: Runtime, store: Arc<SledStore>) {
    runtime.shutdown().await.unwrap();
    drop(runtime);
    store.close();
}

/// Runs a specification to its end, whatever that is.
async fn ended(runtime: &Runtime, spec: RunSpec) -> (RunId, RunStatus) {
    let id = runtime.submit_and_start(new_run(spec)).await.unwrap().id;
    (id, runtime.wait(TENANT, id).await.unwrap().status)
}

/// Verifies a run to the end of that.
async fn verified(runtime: &Runtime, id: RunId) -> Verification {
    let begun = runtime.verify(TENANT, id).await.unwrap();
    assert_eq!(begun.run_id, id);
    runtime.verified(TENANT, id).await.unwrap()
}
