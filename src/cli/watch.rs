//! `civitas watch` and `civitas cancel`: a run on a server, followed to its end or told to stop.

use std::io::Write;
use std::process::ExitCode;

use civitas_store::RunId;
use clap::Args;
use serde_json::json;

use super::remote::{Ended, RemoteArgs, Server, follow};
use super::{CANCELLED, Common, FAILED, print_line, stop_signal};
use crate::error::{Error, Result};

const WATCH_EXAMPLES: &str = "Examples:
  civitas watch 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10
  civitas watch RUN --server https://civitas.example --json | jq .tick

The bar is drawn on standard error where that is a terminal. Ctrl-C ends the watching and not the
run. Exit codes: 0 the run succeeded, 1 it failed or the server cannot be asked, 130 it was
cancelled or the watching ended.";

/// What `watch` is told.
#[derive(Debug, Args)]
#[command(after_help = WATCH_EXAMPLES)]
pub(super) struct WatchArgs {
    /// The run
    #[arg(value_name = "RUN")]
    run: RunId,
    /// Print every event as one line of JSON, {"event", "data"}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: RemoteArgs,
    #[command(flatten)]
    common: Common,
}

/// What `cancel` is told.
#[derive(Debug, Args)]
pub(super) struct CancelArgs {
    /// The run
    #[arg(value_name = "RUN")]
    run: RunId,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: RemoteArgs,
    #[command(flatten)]
    common: Common,
}

/// Follows a run to its end.
pub(super) async fn watch(args: WatchArgs) -> Result<ExitCode> {
    let server = args.remote.server_or_local(&args.common.settings(Vec::new())?)?;
    let json = args.json;
    watched(server, args.run.to_string(), json, true).await
}

/// Follows a run of a server; says how it ended where `say` says so. Ctrl-C ends this, and the run goes on.
pub(super) async fn watched(server: Server, run: String, json: bool, say: bool) -> Result<ExitCode> {
    let url = server.url().to_owned();
    let id = run.clone();
    let following = tokio::task::spawn_blocking(move || {
        follow(&server, &id, |event, data| {
            if json {
                say_event(&json!({"event": event, "data": data}).to_string());
            }
        })
    });
    tokio::select! {
        ended = following => {
            let ended = ended.map_err(|error| Error::Remote { problem: error.to_string(), hint: None })??;
            Ok(concluded(&run, &ended, say && !json))
        }
        _ = stop_signal() => {
            let _ = writeln!(std::io::stderr(), "\nthe run goes on at {url}; to see it again: civitas watch {run} --server {url}");
            // The thread that follows waits for the server: it ends with the program.
            std::process::exit(i32::from(CANCELLED));
        }
    }
}

/// Writes one line; a reader that has had enough, as in `| head`, ends the program in good order.
fn say_event(line: &str) {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: cannot write to standard output: {error}");
            std::process::exit(i32::from(FAILED));
        }
    }
}

/// The exit code; what is said goes to standard error, for standard output belongs to results.
fn concluded(run: &str, ended: &Ended, say: bool) -> ExitCode {
    let ticks = ended.data["ticks_completed"].as_u64();
    let after = ticks.map(|ticks| format!(" after {ticks} ticks")).unwrap_or_default();
    let (code, said) = match ended.event.as_str() {
        "completed" => (ExitCode::SUCCESS, say.then(|| format!("run {run} succeeded"))),
        "cancelled" => (ExitCode::from(CANCELLED), Some(format!("cancelled{after}"))),
        _ => {
            let error = &ended.data["error"];
            let why = error.as_str().map_or_else(|| error["message"].as_str().unwrap_or("?").to_owned(), str::to_owned);
            (ExitCode::from(FAILED), Some(format!("error: the run failed{after}: {why}")))
        }
    };
    if let Some(said) = said {
        let _ = writeln!(std::io::stderr(), "{said}");
    }
    code
}

/// Cancels a run.
pub(super) fn cancel(args: &CancelArgs) -> Result<ExitCode> {
    let server = args.remote.server_or_local(&args.common.settings(Vec::new())?)?;
    let answer = server.post(&format!("/runs/{}/cancel", args.run), None)?;
    if args.json {
        print_line(&answer.to_string())?;
    } else {
        let ticks = answer["ticks_completed"].as_u64().unwrap_or(0);
        print_line(&format!(
            "cancelled after {ticks} ticks; what is done so far is kept: civitas results {}",
            args.run
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
