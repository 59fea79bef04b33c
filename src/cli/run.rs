//! `civitas run`: one scenario, read, checked and run here.

use std::path::PathBuf;
use std::process::ExitCode;

use civitas_engine::Catalogue;
use clap::{Args, value_parser};
use uuid::Uuid;

use super::audit::AuditArgs;
use super::cast::CastArgs;
use super::chart::ChartArgs;
use super::execute::{Shown, execute_new, local_identity, quieter};
use super::remote::{RemoteArgs, Server};
use super::{CANCELLED, Common, print_line, results, start_logging, stop_signal, watch};
use crate::error::{Error, Result};
use crate::scenario::{self, Changes};

const EXAMPLES: &str = "Examples:
  civitas run                                     the bundled scenario: 100,000 agents, 100 ticks
  civitas run my-scenario.toml
  civitas run --agents 1000000 --ticks 50 --seed 7
  civitas run --json | jq .outcome_summary        the results document and nothing else
  civitas run --audit a.audit                     a digest of all state per tick, for civitas diff
  civitas run --server https://civitas.example    have a server run it, and watch
  civitas run --persona region=CA,opinion=-0.4 --goal adopted=true --copies 10000
  civitas run --target Ada:region=CA --target Ben:agent=7 --goal 'opinion>0.5'

A scenario file is the body of POST /api/v1/runs as TOML or JSON:
  name = \"Confident economy\"
  [config]
  seed = 42
  horizon_ticks = 100
  [config.population]
  agents = 100000
  [scenario_patch.variable_deltas]
  economy_confidence = 0.1

One seed gives one answer, on any number of threads. Ctrl-C pauses the run, takes a snapshot and
says how to have it go on; again, it ends at once. Exit codes: 0 done, 1 failed, 2 wrong usage,
130 interrupted.";

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
    /// Project that it belongs to, in place of the scenario's
    #[arg(long, value_name = "ID")]
    project: Option<Uuid>,
    /// Compute threads; never changes results [default: the machine's cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    /// Print the results document of the API as JSON, and nothing else
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    chart: ChartArgs,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Bundle of event scripts that the run goes through, of the server or of the data folder here
    #[arg(long, value_name = "ID")]
    bundle: Option<Uuid>,
    /// Tell the bundle's impact apart from all else: the run is stepped once more without it
    #[arg(long, requires = "bundle")]
    attribution: bool,
    #[command(flatten)]
    audit: AuditArgs,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    cast: CastArgs,
}

/// Runs a scenario to its end.
pub(super) async fn run(args: RunArgs, catalogue: Catalogue) -> Result<ExitCode> {
    let settings = args.common.settings_with_threads(args.threads)?;
    start_logging(&quieter(&settings.log));
    let changes = Changes {
        agents: args.agents,
        ticks: args.ticks,
        seed: args.seed,
        bundle: args.bundle,
        attribution: args.attribution,
        cast: args.cast.changes()?,
    };
    if let Some(server) = args.remote.server(&settings)? {
        return run_there(&args, &changes, server).await;
    }
    args.cast.must_be_local()?;
    let mut draft = scenario::load(args.scenario.as_deref(), &changes)?;
    draft.project_id = args.project.or(draft.project_id).or(Some(Uuid::nil()));
    let new = draft.into_new_run(local_identity()).expect("a draft with a project is a run");

    // Before anything is stored, and with the name of the file.
    super::dataset::check(&new, &catalogue, &settings)
        .map_err(|error| scenario::refused(args.scenario.as_deref(), &error))?;

    let shown = Shown { json: args.json, width: args.chart.width() };
    execute_new(new, catalogue, &settings, shown, &args.audit).await
}

/// Has a server run the scenario, watches it, and prints what came of it.
async fn run_there(args: &RunArgs, changes: &Changes, server: Server) -> Result<ExitCode> {
    if args.threads.is_some() || args.audit.is_wanted() {
        let problem = "--threads and --audit are for runs here, and a server is named".to_owned();
        return Err(Error::Remote { problem, hint: Some("leave them out, or leave out --server".to_owned()) });
    }
    let mut body = scenario::body(args.scenario.as_deref(), changes)?;
    if args.project.is_some() || body.get("project_id").is_none() {
        body["project_id"] = args.project.unwrap_or_default().to_string().into();
    }
    let created = server.post("/runs", Some(&body))?;
    let Some(run) = created["id"].as_str().map(str::to_owned) else {
        let problem = format!("{} created a run and did not say which", server.url());
        return Err(Error::Remote { problem, hint: Some("civitas list shows it".to_owned()) });
    };
    server.post(&format!("/runs/{run}/start"), None).map_err(|error| Error::Remote {
        problem: format!("run {run} is created and not started: {error}"),
        hint: Some(format!("start it later, or give it up: civitas cancel {run} --server {}", server.url())),
    })?;
    let code = watch::watched(server.clone(), run.clone(), false, false).await?;
    let shown = Shown { json: args.json, width: args.chart.width() };
    let read = tokio::task::spawn_blocking(move || {
        // A run that ended before its first tick has none; that it failed was said.
        let any = code == ExitCode::SUCCESS || server.get(&format!("/runs/{run}/results")).is_ok();
        any.then(|| results::of_server(&server, &run, shown)).transpose()
    });
    tokio::select! {
        text = read => {
            let text = text.map_err(|error| Error::Remote { problem: error.to_string(), hint: None })??;
            text.map_or(Ok(()), |text| print_line(&text))?;
            Ok(code)
        }
        // The thread that reads waits for the server: it ends with the program.
        _ = stop_signal() => std::process::exit(i32::from(CANCELLED)),
    }
}
