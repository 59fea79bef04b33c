//! What a run's manifest looks like in answers: who executed what, and what was noted on the way. Owns its field names; it
//! must not read anything that is not handed in.

use std::collections::BTreeMap;

use civitas_actors::ManifestedRun;
use civitas_store::RunStateDigest;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::fork::ForkedFrom;
use super::run::Config;

/// What a run noted of itself, for anyone to check it by. A copy of this and of its results says all that is needed to do it
/// again elsewhere, but for an experiment, whose groups and workflow are in the request that created it, and for a fork, which needs
/// that of its parent.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Manifest {
    /// The run.
    pub run_id: Uuid,
    /// `succeeded`, `failed`, `cancelled` or `paused`.
    #[schema(example = "succeeded")]
    pub status: &'static str,
    /// Ticks completed.
    pub ticks_completed: u32,
    /// Version of the civitas that executed its last tick.
    pub civitas_version: String,
    /// Version of its engine.
    pub engine_version: String,
    /// The engine's version of results: where it differs, the same specification may have other results.
    pub results_version: u32,
    /// The machine that it was built for, as Rust names it.
    #[schema(example = "x86_64-unknown-linux-gnu")]
    pub target: String,
    /// The model.
    pub model: ManifestModel,
    /// The data set.
    pub dataset: ManifestDataset,
    /// The configuration with every default filled in: seed, scenario, network, population, horizon.
    pub config: Config,
    /// Whose state it went on from; null where it began at tick 0.
    pub forked_from: Option<ForkedFrom>,
    /// Hash of all that decides the results, workflow included, in hexadecimal digits.
    pub specification_hash: String,
    /// A digest of the sums of every tick.
    pub tick_digests: TickDigests,
    /// Digests of all agents' state: one per snapshot that was taken, and one of the end of a run that succeeded.
    pub state_digests: Vec<StateDigest>,
    /// SHA-256 of the outcome: of the results document without `run_id`, `status`, `forked_from`, `node_id` and `telemetry_ref`.
    pub results_sha256: String,
}

/// The model of a run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ManifestModel {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Every parameter, defaults included.
    pub parameters: BTreeMap<String, f64>,
}

/// The data set of a run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ManifestDataset {
    /// Its name.
    pub name: String,
    /// Its version, 0 of one that comes with civitas; null where a program that embeds civitas brought it along.
    pub version: Option<u32>,
    /// The hash that `GET /datasets/{name}/{version}` states.
    pub content_hash: Option<String>,
    /// The hash of what is in it that the run noted and that audits state, in hexadecimal digits.
    pub fingerprint: String,
}

/// A digest for every tick.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TickDigests {
    /// The tick of the first; above 0 only where the run went on from a snapshot of a civitas that noted none.
    pub first_tick: u32,
    /// One per tick, each 16 hexadecimal digits.
    #[schema(example = json!(["0f3a5c1d2e4b6978"]))]
    pub digests: Vec<String>,
}

/// A digest of all agents' state.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StateDigest {
    /// The tick after which it was taken.
    pub tick: u32,
    /// Steps of the workflow that were done.
    pub steps: u32,
    /// The digest, 32 hexadecimal digits, as snapshots and results state it.
    pub digest: String,
}

impl From<&RunStateDigest> for StateDigest {
    fn from(noted: &RunStateDigest) -> Self {
        Self { tick: noted.at.tick, steps: noted.at.steps, digest: format!("{:032x}", noted.digest) }
    }
}

impl From<ManifestedRun> for Manifest {
    fn from(run: ManifestedRun) -> Self {
        let ManifestedRun { record, manifest, dataset, effects, cast } = run;
        Self {
            run_id: record.id,
            status: record.status.as_str(),
            ticks_completed: manifest.end.tick,
            civitas_version: manifest.civitas_version,
            engine_version: manifest.engine_version,
            results_version: manifest.results_version,
            target: manifest.target,
            model: ManifestModel {
                name: record.spec.model.clone(),
                version: manifest.model_version,
                parameters: manifest.parameters.into_iter().collect(),
            },
            dataset: ManifestDataset {
                name: record.spec.dataset.clone(),
                version: dataset.as_ref().map(|dataset| dataset.version),
                content_hash: dataset.map(|dataset| format!("{:032x}", dataset.content_hash)),
                fingerprint: format!("{:016x}", manifest.dataset_fingerprint),
            },
            config: Config::from(&record.spec).with_effects(effects).with_cast(cast),
            forked_from: ForkedFrom::of(&record),
            specification_hash: format!("{:016x}", manifest.spec_hash),
            tick_digests: TickDigests {
                first_tick: manifest.first_tick,
                digests: manifest.tick_digests.iter().map(|digest| format!("{digest:016x}")).collect(),
            },
            state_digests: manifest.state_digests.iter().map(StateDigest::from).collect(),
            results_sha256: manifest.results_sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}
