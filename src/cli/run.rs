//! `civitas run`: one scenario on a runtime of its own, from submission to summary. The run is stored like any other, so
//! that a server on the same data folder shows it afterwards.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use civitas_actors::{NewRun, Progress, Runtime, RuntimeConfig, RuntimeError};
use civitas_engine::{Catalogue, World};
use civitas_store::{DEFAULT_TENANT, RunId, RunStatus, StoreError};
use clap::{Args, value_parser};
use uuid::Uuid;

use super::progress::RunBar;
use super::{CANCELLED, Common, FAILED, open_store, print_line, start_logging, stop_signal, summary};
use crate::error::{Error, Result};
use crate::http::wire::results::document;
use crate::keys::{Identity, LOCAL_CALLER};
use crate::scenario::{self, Changes};
use crate::settings::Settings;

const EXAMPLES: &str = "Examples:
  civitas run                                     the bundled scenario: 100,000 agents, 100 ticks
  civitas run my-scenario.toml
  civitas run --agents 1000000 --ticks 50 --seed 7
  civitas run --json | jq .outcome_summary        the results document and nothing else

A scenario file is the body of POST /api/v1/runs as TOML or JSON:
  name = \"Confident economy\"
  [config]
  seed = 42
  horizon_ticks = 100
  [config.population]
  agents = 100000
  [scenario_patch.variable_deltas]
  economy_confidence = 0.1

One seed gives one answer, on any number of threads. Ctrl-C cancels and keeps what is done so far.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 cancelled.";

/// What `run` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RunArgs {
    /// Scenario file, .toml or .json [default: the bundled us-adoption]
    #[arg(value_name = "SCENARIO")]
    scenario: Option<PathBuf>,
    /// Number of agents, in place of the scenario's
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=i64::from(civitas_engine::MAX_AGENTS)))]
    agents: Option<u32>,
    /// Number of ticks, in place of the scenario's
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=i64::from(civitas_engine::MAX_HORIZON_TICKS)))]
    ticks: Option<u32>,
    /// Seed, in place of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Compute threads; never changes results [default: the machine's cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    /// Print the results document of the API as JSON, and nothing else
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// Runs a scenario to its end.
pub(super) async fn run(args: RunArgs) -> Result<ExitCode> {
    let threads = args.threads.map(|threads| ("sim.threads", threads.to_string()));
    let settings = args.common.settings(threads.into_iter().collect())?;
    start_logging(&quieter(&settings.log.level));
    let changes = Changes { agents: args.agents, ticks: args.ticks, seed: args.seed };
    let mut draft = scenario::load(args.scenario.as_deref(), changes)?;
    draft.project_id.get_or_insert(Uuid::nil());
    let identity = Identity { tenant_id: DEFAULT_TENANT, created_by: LOCAL_CALLER.to_owned() };
    let new = draft.into_new_run(identity).expect("a draft with a project is a run");

    let catalogue = Catalogue::default();
    // Before anything is stored, and with the name of the file.
    World::check(&new.spec, &catalogue).map_err(|error| scenario::refused(args.scenario.as_deref(), &error))?;

    let store = open_store(&settings)?;
    // Runs that a server left in this folder are the server's to go on with.
    let config = RuntimeConfig { recover: false, ..settings.runtime() };
    let runtime = Runtime::start(config, store.clone(), catalogue).await?;
    let done = simulate(&runtime, new, &settings, args.json).await;
    let ended = runtime.shutdown().await.map_err(Error::from);
    drop(runtime);
    store.close();
    let code = done?;
    ended?;
    Ok(code)
}

/// The bar is the log of a run that goes well; only what goes wrong is said besides.
fn quieter(level: &str) -> String {
    if level == "info" { "warn".to_owned() } else { level.to_owned() }
}

async fn simulate(runtime: &Runtime, new: NewRun, settings: &Settings, json: bool) -> Result<ExitCode> {
    let id = runtime.submit(new).await?.id;
    runtime.start_run(DEFAULT_TENANT, id).await?;
    let last = follow(runtime, id).await?;
    match runtime.results(DEFAULT_TENANT, id).await {
        Ok(results) => {
            let text = match json {
                true => document(&results).and_then(|bytes| String::from_utf8(bytes).ok()),
                false => summary::render(&results, &settings.store.data_dir),
            };
            let damaged = || StoreError::Corrupt { what: format!("results of run {id}"), why: "not JSON".to_owned() };
            print_line(&text.ok_or_else(damaged)?)?;
        }
        Err(RuntimeError::NoResults(..)) => {}
        Err(error) => return Err(error.into()),
    }
    let (code, said) = conclude(&last);
    if let Some(said) = said {
        // Standard output belongs to the results; nothing is left to do where standard error is closed.
        let _ = writeln!(io::stderr(), "{said}");
    }
    Ok(code)
}

/// Shows the run's progress until it has ended; a signal cancels it.
async fn follow(runtime: &Runtime, id: RunId) -> Result<Progress> {
    let mut watch = runtime.watch(DEFAULT_TENANT, id).await?;
    let mut latest = watch.latest();
    let bar = RunBar::new(latest.total_ticks);
    let signal = stop_signal();
    tokio::pin!(signal);
    while !latest.status.is_terminal() {
        bar.show(&latest);
        tokio::select! {
            changed = watch.changed() => match changed {
                Some(progress) => latest = progress,
                None => {
                    let why = "the end of this run could not be stored; the log says more".to_owned();
                    return Err(StoreError::Stopped { why }.into());
                }
            },
            _ = &mut signal => {
                bar.cancelling();
                latest = tokio::select! {
                    ended = cancelled(runtime, id) => ended?,
                    // Asked twice: the run stays as the store has it, and a server on the folder would go on with it.
                    _ = stop_signal() => std::process::exit(i32::from(CANCELLED)),
                };
            }
        }
    }
    bar.clear();
    Ok(latest)
}

async fn cancelled(runtime: &Runtime, id: RunId) -> Result<Progress> {
    match runtime.cancel(DEFAULT_TENANT, id).await {
        Ok(record) => Ok(Progress::of(&record)),
        // It reached its end first.
        Err(RuntimeError::AlreadyEnded(_, status)) if status.is_terminal() => {
            Ok(Progress::of(&runtime.run(DEFAULT_TENANT, id).await?))
        }
        Err(error) => Err(error.into()),
    }
}

/// The exit code, and what to say of a run that did not succeed.
fn conclude(last: &Progress) -> (ExitCode, Option<String>) {
    let ticks = format!("{} of {} ticks", last.tick, last.total_ticks);
    match last.status {
        RunStatus::Succeeded => (ExitCode::SUCCESS, None),
        RunStatus::Cancelled => (ExitCode::from(CANCELLED), Some(format!("cancelled after {ticks}"))),
        RunStatus::Failed | RunStatus::Running | RunStatus::Queued => {
            let fault = last.fault.as_ref().map(|fault| format!(": {}: {}", fault.code, fault.message));
            let said = format!("error: the run failed after {ticks}{}", fault.unwrap_or_default());
            (ExitCode::from(FAILED), Some(said))
        }
    }
}
