//! `civitas diff`: compares two audits, or one with its run done again here. How is [`crate::audit`]'s matter; here are
//! the words and the exit code.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use civitas_engine::Catalogue;
use clap::Args;

use super::{FAILED, NO_ANSWER, print_line, report};
use crate::audit::{self, Options, Report, Verdict};
use crate::error::Result;

const EXAMPLES: &str = "Examples:
  civitas run --audit a.audit --threads 1
  civitas run --audit b.audit --threads 8
  civitas diff a.audit b.audit             the same, or the first tick, region and agent that differ
  civitas diff a.audit                     does this program still give what the file says?
  civitas diff a.audit b.audit --json | jq .state.tick
  civitas diff a.audit b.audit --no-rerun  compare the files alone; quick, and without the models

Two audits are the same when they have the same hashes at the same moments; headers may differ,
for instance in threads. Where states differ, both runs are done again up to there on one thread,
so that the agents can be named; a file whose run gives something else here is said to be not
reproducible. Exit codes: 0 the same, 1 different or not reproducible, 2 no answer: a file that
cannot be read, is damaged or cut, or cannot be done again, and wrong usage.";

/// What `diff` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DiffArgs {
    /// An audit, written by `civitas run --audit`
    #[arg(value_name = "A")]
    a: PathBuf,
    /// Another one [default: the run of A, done again here]
    #[arg(value_name = "B")]
    b: Option<PathBuf>,
    /// Print the report as JSON, and nothing else
    #[arg(long)]
    json: bool,
    /// Do not do the runs again; agents are then named only where both files hash every agent
    #[arg(long, requires = "b")]
    no_rerun: bool,
}

/// Compares audits; an error is an answer that cannot be given.
pub(super) fn diff(args: &DiffArgs, catalogue: &Catalogue) -> Result<ExitCode> {
    let found = match compared(args, catalogue) {
        Ok(found) => found,
        Err(error) => {
            report(&error);
            return Ok(ExitCode::from(NO_ANSWER));
        }
    };
    let page = match args.json {
        true => serde_json::to_string_pretty(&found).expect("a report has string keys and finite numbers only"),
        false => audit::render(&found),
    };
    print_line(&page)?;
    Ok(match found.verdict {
        Verdict::Same => ExitCode::SUCCESS,
        Verdict::Different => ExitCode::from(FAILED),
        Verdict::Unknown => ExitCode::from(NO_ANSWER),
    })
}

fn compared(args: &DiffArgs, catalogue: &Catalogue) -> Result<Report> {
    // Standard output belongs to the report; nothing is left to do where standard error is closed.
    let say = |text: &str| drop(writeln!(io::stderr(), "{text} ..."));
    match &args.b {
        None => audit::verify(&args.a, catalogue, say),
        Some(b) => audit::diff([&args.a, b], catalogue, Options { rerun: !args.no_rerun }, say),
    }
}
