//! The command line: its words, and the way from them to an exit code. Owns flags, help and how errors are printed; each
//! command has a file of its own. It must not hold logic that another program would want: that stands beside it.
//!
//! Exit codes: 0 done, 1 a failed run or any other error, 2 wrong usage, 130 interrupted or cancelled; `diff`, `verify` and `serve` have
//! their own. docs/cli.md lists them.

mod audit;
mod backup;
mod bench;
mod cast;
mod chart;
mod color;
mod completions;
mod dataset;
mod diff;
mod doctor;
mod events;
mod execute;
mod experiment;
mod export;
mod findings;
mod fork;
mod head;
mod journeys;
mod key;
mod list;
mod log;
mod man;
mod models;
mod node;
mod progress;
mod reference;
mod remote;
mod results;
mod resume;
mod run;
mod serve;
mod snapshots;
mod summary;
mod verify;
mod watch;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use actix_web::rt::System;
use civitas_engine::Catalogue;
use civitas_store::{SledStore, StoreError};
use clap::{Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};
use log::{start_logging, start_tracing};
pub use reference::{commands, reference};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::settings::{self, Overrides, Settings, Sources};

/// Exit code of a run that failed, and of every other error.
const FAILED: u8 = 1;
/// Exit code where a comparison can give no answer.
const NO_ANSWER: u8 = 2;
/// Exit code of a run that was interrupted or cancelled: 128 and the number of SIGINT, as shells have it.
const CANCELLED: u8 = 130;

const EXAMPLES: &str = "Examples:
  civitas run                                simulate the bundled scenario and print a summary
  civitas run my-scenario.toml --agents 1000000 --ticks 50
  civitas run --json > results.json          print the results document and nothing else
  civitas experiment run campaign.json       run an experiment: survey, intervene, measure
  civitas fork RUN --set economy_confidence=0.2    what if it had gone on so
  civitas diff a.audit b.audit               where two runs part, by what run --audit wrote
  civitas verify RUN                         execute a stored run again: does it come out the same?
  civitas serve                              serve the REST API on http://127.0.0.1:8080
  civitas dataset add counties regions.csv   simulate regions of your own
  civitas key create --tenant acme           make an API key, needed to serve other machines

Commands that print something for programs to read have --json; what is not the answer goes to
standard error. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted; diff, verify and
serve say more in their own help.";

/// Simulate societies: step large populations of agents, watch them, read what came of it.
#[derive(Debug, Parser)]
#[command(name = "civitas", version, after_help = EXAMPLES)]
struct Cli {
    /// Colours: auto (on terminals, without NO_COLOR), always or never
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    #[arg(hide_possible_values = true, hide_default_value = true, display_order = 900)]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a scenario here and print a summary.
    Run(run::RunArgs),
    /// Run or check an experiment: a society to which things are done, asked and measured on the way.
    Experiment(experiment::ExperimentArgs),
    /// Have a run go on from a snapshot of another, with another seed or scenario from there on, and print a summary.
    Fork(fork::ForkArgs),
    /// Have a run go on that was paused, interrupted or never started, and print a summary.
    Resume(resume::ResumeArgs),
    /// List runs, of a server or of the data folder here.
    List(list::ListArgs),
    /// Watch a run of a server to its end.
    Watch(watch::WatchArgs),
    /// Cancel a run of a server; what is done so far is kept.
    Cancel(watch::CancelArgs),
    /// Print what came of a run, from a server or from the data folder here.
    Results(results::ResultsArgs),
    /// Write what was recorded of a run in every tick, as Parquet, CSV or JSON.
    Export(export::ExportArgs),
    /// List the snapshots of a run: what it can be forked from.
    Snapshots(snapshots::SnapshotsArgs),
    /// List, show and compare nodes: the questions that runs answer.
    Node(node::NodeArgs),
    /// Make, change and try event scripts of a server, and bundles of them.
    Events(events::EventsArgs),
    /// Compare the audits of two runs: the first tick, region and agent that differ.
    Diff(diff::DiffArgs),
    /// Execute a stored run again and compare it, tick by tick, with what it noted.
    Verify(verify::VerifyArgs),
    /// Serve the REST API.
    Serve(serve::ServeArgs),
    /// Make, list and revoke API keys.
    Key(key::KeyArgs),
    /// Add, list, show and remove data sets of your own.
    Dataset(dataset::DatasetArgs),
    /// Write everything that a store holds into one file; a server that holds it goes on.
    Backup(backup::BackupArgs),
    /// Make a store from a backup.
    Restore(backup::RestoreArgs),
    /// Examine a store: records, indices, checksums. Changes nothing.
    Doctor(doctor::DoctorArgs),
    /// List the models, or describe one.
    Models(models::ModelsArgs),
    /// Measure how fast this machine runs a model.
    Bench(bench::BenchArgs),
    /// Print the OpenAPI document of the REST API.
    Openapi,
    /// Print what a shell needs to complete the words of this program.
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write those of all commands.
    Man(man::ManArgs),
}

/// Flags that every command with a store has.
#[derive(Clone, Debug, Default, Args)]
struct Common {
    /// Folder of runs, results, snapshots and keys [default: civitas-data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Configuration to read [default: ./config.toml where it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Common {
    /// The settings, with these flags and a number of compute threads on top.
    fn settings_with_threads(&self, threads: Option<u32>) -> Result<Settings> {
        self.settings(threads.map(|threads| ("sim.threads", threads.to_string())).into_iter().collect())
    }

    /// The settings, with these flags and `more` on top.
    fn settings(&self, more: Overrides) -> Result<Settings> {
        let settings = settings::load(&Sources::of_process(self.config.clone(), more))?;
        // A folder's name need not be Unicode, which the options' sources ask for.
        Ok(match &self.data_dir {
            Some(dir) => {
                Settings { store: settings::StoreSettings { data_dir: dir.clone(), ..settings.store }, ..settings }
            }
            None => settings,
        })
    }
}

/// Runs the program with the built-in models.
pub fn main() -> ExitCode {
    main_with(Catalogue::default())
}

/// Runs the program with these models, so that a program with models of its own is a civitas with all commands: parses
/// its arguments, executes the command, prints what went wrong with what to do about it.
pub fn main_with(catalogue: Catalogue) -> ExitCode {
    // The parser's own words are coloured before it has read what is asked for.
    let parser = Cli::command().color(color::asked(std::env::args_os()));
    let cli = Cli::from_arg_matches(&parser.get_matches()).unwrap_or_else(|error| error.exit());
    color::choose(cli.color);
    let outcome = match cli.command {
        Command::Run(args) => System::new().block_on(run::run(args, catalogue)),
        Command::Experiment(args) => System::new().block_on(experiment::experiment(args, catalogue)),
        Command::Fork(args) => System::new().block_on(fork::fork(args, catalogue)),
        Command::Resume(args) => System::new().block_on(resume::resume(args, catalogue)),
        Command::Export(args) => System::new().block_on(export::export(args)),
        Command::Snapshots(args) => snapshots::snapshots(&args),
        Command::Serve(args) => System::new().block_on(serve::serve(args, catalogue)),
        Command::Verify(args) => System::new().block_on(verify::verify(args, catalogue)),
        Command::Diff(args) => diff::diff(&args, &catalogue),
        Command::List(args) => list::list(&args),
        Command::Watch(args) => System::new().block_on(watch::watch(args)),
        Command::Cancel(args) => watch::cancel(&args),
        Command::Results(args) => results::results(&args),
        Command::Models(args) => models::models(&args, &catalogue),
        Command::Node(args) => node::node(&args, &catalogue),
        Command::Events(args) => events::events(args),
        Command::Key(args) => key::key(args),
        Command::Dataset(args) => dataset::dataset(args),
        Command::Backup(args) => backup::backup(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Bench(args) => System::new().block_on(bench::bench(args, catalogue)),
        Command::Openapi => print_openapi(),
        Command::Completions(args) => completions::completions(&args, Cli::command()),
        Command::Man(args) => man::man(&args, Cli::command()),
    };
    outcome.unwrap_or_else(|error| {
        report(&error);
        ExitCode::from(FAILED)
    })
}

fn print_openapi() -> Result<ExitCode> {
    let text = serde_json::to_string_pretty(&crate::http::openapi()).expect("an OpenAPI document has string keys only");
    print_line(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Opens the store that the settings name.
fn open_store(settings: &Settings) -> Result<Arc<SledStore>> {
    Ok(Arc::new(SledStore::open_with(&settings.store.data_dir, settings.store_options())?))
}

/// Refuses a data folder that is not there, for commands that only read: opening would make one.
fn must_be_there(data_dir: &Path) -> Result<()> {
    if data_dir.is_dir() {
        return Ok(());
    }
    let source = io::Error::new(io::ErrorKind::NotFound, "there is no such folder");
    Err(StoreError::Open { path: data_dir.to_owned(), source: source.into() }.into())
}

/// Writes one line to standard output at once, so that a program that waits for it sees it.
fn print_line(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        // The reader has had enough, as in `civitas openapi | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|source| Error::io("cannot write to standard output", source)),
    }
}

/// Writes a value as one line of JSON.
fn print_json(value: &impl Serialize) -> Result<()> {
    print_line(&serde_json::to_string(value).expect("what commands print has string keys only"))
}

/// Prints an error with its causes and, where there is one, its remedy.
fn report(error: &Error) {
    let err = io::stderr();
    let mut text = format!("{} {error}", color::paint("error:", color::Paint::Error, &err));
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.contains(&said) {
            text.push_str(&format!("\n  caused by: {said}"));
        }
        cause = next.source();
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("\n{} {hint}", color::paint("hint:", color::Paint::Hint, &err)));
    }
    // Nothing is left to do where even standard error is closed.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Waits until the program is asked to stop, by Ctrl-C or SIGTERM.
async fn stop_signal() -> &'static str {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            return tokio::select! {
                _ = tokio::signal::ctrl_c() => "interrupted",
                _ = terminate.recv() => "told to terminate",
            };
        }
    }
    // Without a way to hear of signals this waits for ever, and a signal ends the program as usual.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    "interrupted"
}

#[cfg(test)]
mod tests;
