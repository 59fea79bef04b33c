//! `civitas verify`: executes a stored run again and compares it with what it noted. How is the runtime's matter; here are the
//! words and the exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use civitas_actors::{Runtime, RuntimeConfig, RuntimeError, Verification, VerificationState};
use civitas_engine::Catalogue;
use civitas_store::{RunId, Store, TenantId};
use clap::{Args, value_parser};

use super::execute::quieter;
use super::progress::RunBar;
use super::{
    CANCELLED, Common, FAILED, NO_ANSWER, must_be_there, open_store, print_line, report, start_logging, stop_signal,
};
use crate::error::{Error, Result};
use crate::http::wire::verification::{MakerReport, VerificationReport};

const EXAMPLES: &str = "Examples:
  civitas verify RUN
  civitas verify RUN --threads 1 --partitions 7
  civitas verify RUN --data-dir /var/lib/civitas --json | jq .difference

The run, of whatever tenant, has ended or is paused; it is executed again from tick 0 and not
changed. On a server that holds the data folder, ask for the same with POST
/api/v1/runs/{id}/verify. Exit codes: 0 the same, 1 different, 2 no answer (no such run, no
manifest, other versions, failed) or wrong usage, 130 cancelled.";

/// What `verify` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct VerifyArgs {
    /// The run's id
    #[arg(value_name = "RUN")]
    run: RunId,
    /// Print the report as JSON, and nothing else
    #[arg(long)]
    json: bool,
    /// Compute threads; never changes results [default: the machine's cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    /// Partitions; never changes results [default: the planner's choice]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1024))]
    partitions: Option<u32>,
    #[command(flatten)]
    common: Common,
}

/// Verifies a run; an error is an answer that cannot be given.
pub(super) async fn verify(args: VerifyArgs, catalogue: Catalogue) -> Result<ExitCode> {
    let found = match verified(&args, catalogue).await {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(ExitCode::from(CANCELLED)),
        Err(error) => {
            report(&error);
            return Ok(ExitCode::from(NO_ANSWER));
        }
    };
    let code = match found.state {
        VerificationState::Same => ExitCode::SUCCESS,
        VerificationState::Different(_) => ExitCode::from(FAILED),
        VerificationState::Cancelled => ExitCode::from(CANCELLED),
        VerificationState::Running | VerificationState::Failed(_) => ExitCode::from(NO_ANSWER),
    };
    let found = VerificationReport::from(found);
    print_line(&match args.json {
        true => serde_json::to_string_pretty(&found).expect("a report has string keys only"),
        false => page(&found),
    })?;
    Ok(code)
}

async fn verified(args: &VerifyArgs, catalogue: Catalogue) -> Result<Option<Verification>> {
    let number = |name, number: Option<u32>| number.map(|number| (name, number.to_string()));
    let overrides = [number("sim.threads", args.threads), number("sim.partitions", args.partitions)];
    let settings = args.common.settings(overrides.into_iter().flatten().collect())?;
    start_logging(&quieter(&settings.log));
    must_be_there(&settings.store.data_dir)?;
    let store = open_store(&settings)?;
    let tenant = store.run(args.run)?.ok_or(RuntimeError::NotFound(args.run))?.tenant_id;
    // Runs that a server left in this folder are the server's to go on with.
    let config = RuntimeConfig { recover: false, ..settings.runtime() };
    let runtime = Runtime::start(config, store.clone(), catalogue).await?;
    let found = follow(&runtime, tenant, args.run).await;
    runtime.shutdown().await?;
    drop(runtime);
    store.close();
    found
}

/// Shows how far it is until it has ended; a signal gives it up, before it has begun without a word.
async fn follow(runtime: &Runtime, tenant: TenantId, run: RunId) -> Result<Option<Verification>> {
    let signal = stop_signal();
    tokio::pin!(signal);
    let begun = tokio::select! {
        biased;
        _ = &mut signal => return Ok(None),
        begun = runtime.verify(tenant, run) => begun?,
    };
    let mut watch = runtime.watch_verification(tenant, run)?;
    let (mut latest, bar) = (watch.latest(), RunBar::new(begun.total_ticks));
    while !latest.state.has_ended() {
        bar.step(latest.tick, "executed again");
        tokio::select! {
            changed = watch.changed() => latest = changed.ok_or(Error::Runtime(RuntimeError::ShuttingDown))?,
            _ = &mut signal => latest = runtime.cancel_verification(tenant, run).await?,
        }
    }
    bar.clear();
    Ok(Some(latest))
}

/// The report for people.
fn page(found: &VerificationReport) -> String {
    let maker = |maker: &MakerReport| {
        let MakerReport { civitas_version, engine_version, results_version, target } = maker;
        format!("civitas {civitas_version}, engine {engine_version}, results version {results_version}, {target}")
    };
    let mut lines = vec![
        format!("run {}: {}", found.run_id, found.message),
        format!("  executed by  {}", maker(&found.recorded_by)),
        format!("  again by     {}", maker(&found.verified_by)),
        format!("  partitions   {} on {} threads", found.partitions, found.threads),
    ];
    if let Some(difference) = &found.difference {
        lines.push(format!("  noted        {}", difference.recorded));
        lines.push(format!("  found        {}", difference.found));
        // Standard output has the finding; nothing is left to do where standard error is closed.
        let _ = writeln!(io::stderr(), "hint: {}", difference.hint);
    }
    lines.join("\n")
}
