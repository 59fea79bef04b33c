//! `civitas resume`: a run of the data folder that has not ended goes on here, to its end.

use std::process::ExitCode;

use civitas_engine::Catalogue;
use civitas_store::RunId;
use clap::{Args, value_parser};

use super::chart::ChartArgs;
use super::execute::{Shown, Wanted, execute, quieter};
use super::{Common, start_logging};
use crate::error::Result;

const EXAMPLES: &str = "Examples:
  civitas resume RUN
  civitas resume RUN --threads 8 --json > results.json

For a run that Ctrl-C paused, that was paused on a server that is stopped now, that was interrupted by a crash, or that was
created and never started: it ends in the bytes that it would have had. Pausing is asked of a running server: POST /api/v1/runs/RUN/pause.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.";

/// What `resume` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ResumeArgs {
    /// The run
    #[arg(value_name = "RUN")]
    run: RunId,
    /// Compute threads; never changes results [default: the machine's cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    /// Print the results document of the API as JSON, and nothing else
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    chart: ChartArgs,
    #[command(flatten)]
    common: Common,
}

/// Has the run go on to its end.
pub(super) async fn resume(args: ResumeArgs, catalogue: Catalogue) -> Result<ExitCode> {
    let settings = args.common.settings_with_threads(args.threads)?;
    start_logging(&quieter(&settings.log));
    execute(Wanted::Left(args.run), catalogue, &settings, Shown { json: args.json, width: args.chart.width() }, None)
        .await
}
