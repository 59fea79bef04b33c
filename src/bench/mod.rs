//! How fast this machine runs a model: through the whole runtime (actors, store, progress, results), beside a plain loop
//! written by hand where there is one, in turn, on the same threads. Both must end in the same digest.
//!
//! Speeds are those of stepping: from the first tick to stored results, without the making of population and network, which
//! is told apart. Nothing here judges a figure: machines differ, and shared ones are noisy.

mod plain;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use civitas_actors::{Execution, NewRun, Runtime, RuntimeConfig, Setup, Telemetry};
use civitas_engine::{Catalogue, RunSpec, World};
use civitas_store::{DEFAULT_TENANT, RunStatus, SledStore, Store};
use civitas_telemetry::{Objects, Recorder};
use serde::Serialize;

use crate::error::{Error, Result};

/// What to measure.
#[derive(Clone, Debug)]
pub struct Case {
    /// The run.
    pub spec: RunSpec,
    /// Compute threads, at least 1.
    pub threads: usize,
    /// How often each side is run, at least 1.
    pub rounds: usize,
    /// Ticks between snapshots, 0 for none.
    pub snapshot_every_ticks: u32,
    /// Run the plain loop as well, where there is one.
    pub with_plain_loop: bool,
    /// Record telemetry as a run does that does not say.
    pub telemetry: bool,
}

/// A figure over the rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The middle one; of two the higher.
    pub median: f64,
    /// The lowest.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
}

impl Spread {
    /// Of these values, none of which is NaN; `None` where there are none.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (lowest, highest) = (*values.first()?, *values.last()?);
        Some(Self { median: values[values.len() / 2], lowest, highest })
    }
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Name of the model.
    pub model: String,
    /// Kind of the network.
    pub network: &'static str,
    /// Mean degree that was asked for.
    pub mean_degree: f64,
    /// Number of agents.
    pub agents: u32,
    /// Number of ticks.
    pub ticks: u32,
    /// Compute threads.
    pub threads: usize,
    /// Rounds of each side.
    pub rounds: usize,
    /// Agent-steps per second of stepping through the runtime.
    pub agent_steps_per_s: Spread,
    /// The same of the plain loop; null where there is none.
    pub plain_agent_steps_per_s: Option<Spread>,
    /// The first over the second, round by round.
    pub ratio_to_plain_loop: Option<Spread>,
    /// Bytes per agent that a run holds once it is made: state, published values, ties.
    pub bytes_per_agent: f64,
    /// Seconds to make population and network through the runtime.
    pub setup_s: Spread,
    /// Digest of all agents' state at the end, 32 hexadecimal digits.
    pub state_digest: String,
}

/// One run through the runtime.
struct Round {
    setup: Setup,
    stepping: Duration,
    digest: String,
}

/// Measures a case; `done` is told after every round.
///
/// # Errors
/// What the runtime refuses, a run that does not complete, and a plain loop that ends in another state.
pub async fn measure(case: &Case, catalogue: &Catalogue, mut done: impl FnMut(usize)) -> Result<Figures> {
    let world = World::new(case.spec.clone(), catalogue).map_err(civitas_actors::RuntimeError::from)?;
    let folder = tempfile::tempdir().map_err(|source| bench_error(format!("no temporary folder: {source}")))?;
    let store = Arc::new(SledStore::open(folder.path())?);
    let config = RuntimeConfig { threads: case.threads, ..RuntimeConfig::default() };
    let telemetry = recorder(case, folder.path())?;
    let kept = Arc::clone(&store) as Arc<dyn Store>;
    let runtime = Runtime::start_with(config, kept, catalogue.clone(), telemetry).await?;
    let measured = rounds(case, &world, &runtime, &mut done).await;
    runtime.shutdown().await?;
    store.close();
    measured
}

/// What keeps the telemetry of a case that has any, in the folder of its store.
fn recorder(case: &Case, folder: &Path) -> Result<Option<Arc<dyn Telemetry>>> {
    if !case.telemetry {
        return Ok(None);
    }
    let objects = Objects::open("", &folder.join("objects"), &[]).map_err(|error| bench_error(error.to_string()))?;
    Ok(Some(Arc::new(Recorder::new(objects))))
}

async fn rounds(case: &Case, world: &Arc<World>, runtime: &Runtime, done: &mut impl FnMut(usize)) -> Result<Figures> {
    let steps = f64::from(world.layout.agents()) * f64::from(case.spec.horizon_ticks);
    let (mut speeds, mut plain_speeds, mut ratios, mut setups) = (vec![], vec![], vec![], vec![]);
    let (mut bytes, mut digest) = (0, String::new());
    for round in 0..case.rounds.max(1) {
        let Round { setup, stepping, digest: ended } = through_runtime(case, runtime).await?;
        if let Some((took, plain_digest)) = by_hand(case, world) {
            if plain_digest != ended {
                return Err(bench_error(format!("the plain loop ended in {plain_digest}, the runtime in {ended}")));
            }
            plain_speeds.push(steps / took.as_secs_f64());
            ratios.push(took.as_secs_f64() / stepping.as_secs_f64());
        }
        speeds.push(steps / stepping.as_secs_f64());
        setups.push(setup.took.as_secs_f64());
        (bytes, digest) = (setup.bytes, ended);
        done(round + 1);
    }
    let network = &case.spec.network;
    let spread = |values| Spread::of(values).expect("there is at least one round");
    Ok(Figures {
        model: case.spec.model.clone(),
        network: network.kind.as_str(),
        mean_degree: network.mean_degree,
        agents: world.layout.agents(),
        ticks: case.spec.horizon_ticks,
        threads: case.threads,
        rounds: case.rounds.max(1),
        agent_steps_per_s: spread(speeds),
        plain_agent_steps_per_s: Spread::of(plain_speeds),
        ratio_to_plain_loop: Spread::of(ratios),
        bytes_per_agent: bytes as f64 / f64::from(world.layout.agents()),
        setup_s: spread(setups),
        state_digest: digest,
    })
}

/// The plain loop, its population made before the clock starts.
fn by_hand(case: &Case, world: &Arc<World>) -> Option<(Duration, String)> {
    let mut plain = case.with_plain_loop.then(|| plain::of(world, case.threads)).flatten()?;
    let start = Instant::now();
    plain.run(case.spec.horizon_ticks);
    let took = start.elapsed();
    Some((took, format!("{:032x}", plain.digest())))
}

async fn through_runtime(case: &Case, runtime: &Runtime) -> Result<Round> {
    let execution = Execution { snapshot_every_ticks: Some(case.snapshot_every_ticks), ..Execution::default() };
    let run = NewRun { execution, ..NewRun::local("bench", case.spec.clone()) };
    let id = runtime.submit(run).await?.id;
    let mut watch = runtime.watch(DEFAULT_TENANT, id).await?;
    let start = Instant::now();
    runtime.start_run(DEFAULT_TENANT, id).await?;
    let (mut setup, mut last) = (None, watch.latest());
    while !last.status.is_terminal() {
        setup = last.setup.or(setup);
        let Some(next) = watch.changed().await else { break };
        last = next;
    }
    let took = start.elapsed();
    if last.status != RunStatus::Succeeded {
        let why = last.fault.map_or_else(|| last.status.to_string(), |fault| fault.message);
        return Err(bench_error(format!("the run did not complete: {why}")));
    }
    let setup = setup.ok_or_else(|| bench_error("the run was over before its progress was seen".to_owned()))?;
    let results = runtime.results(DEFAULT_TENANT, id).await?;
    Ok(Round { setup, stepping: took.saturating_sub(setup.took), digest: digest_of(&results.outcome_json)? })
}

fn digest_of(outcome_json: &[u8]) -> Result<String> {
    #[derive(serde::Deserialize)]
    struct Ended {
        state_digest: Option<String>,
    }
    let ended: Option<Ended> = serde_json::from_slice(outcome_json).ok();
    ended.and_then(|ended| ended.state_digest).ok_or_else(|| bench_error("the results have no digest".to_owned()))
}

fn bench_error(problem: String) -> Error {
    Error::Bench { problem }
}

#[cfg(test)]
mod tests;
