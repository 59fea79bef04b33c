//! One run on a runtime of its own, from submission to summary, for commands that run here what a server would run there.
//! The run is stored like any other, so that a server on the same data folder shows it afterwards. Owns the order of
//! starting and ending, the signals, and the exit code; what is run is the caller's.

use std::io::{self, Write};
use std::process::ExitCode;

use civitas_actors::{NewRun, Progress, Runtime, RuntimeConfig, RuntimeError};
use civitas_engine::Catalogue;
use civitas_store::{DEFAULT_TENANT, RunId, RunStatus, StoreError};

use super::progress::RunBar;
use super::summary::count;
use super::{CANCELLED, FAILED, open_store, print_line, stop_signal, summary};
use crate::audit::AuditFile;
use crate::error::{Error, Result};
use crate::http::wire::results::document;
use crate::keys::{Identity, LOCAL_CALLER};
use crate::settings::Settings;

/// Whom runs of the command line belong to.
pub(super) fn local_identity() -> Identity {
    Identity { tenant_id: DEFAULT_TENANT, created_by: LOCAL_CALLER.to_owned() }
}

/// The bar is the log of a run that goes well; only what goes wrong is said besides.
pub(super) fn quieter(level: &str) -> String {
    if level == "info" { "warn".to_owned() } else { level.to_owned() }
}

/// Runs a run, which has been checked, to its end; prints its results document where `json` says so, else its page. Where
/// there is an audit, it is whole when this returns.
pub(super) async fn execute(
    new: NewRun,
    catalogue: Catalogue,
    settings: &Settings,
    json: bool,
    audit: Option<AuditFile>,
) -> Result<ExitCode> {
    let store = open_store(settings)?;
    // Runs that a server left in this folder are the server's to go on with.
    let config = RuntimeConfig { recover: false, ..settings.runtime() };
    let runtime = Runtime::start(config, store.clone(), catalogue).await?;
    let done = simulate(&runtime, new, settings, json, audit.as_ref()).await;
    let ended = runtime.shutdown().await.map_err(Error::from);
    drop(runtime);
    store.close();
    let code = done?;
    ended?;
    if let Some(audit) = audit {
        let written = audit.finish()?;
        if !json {
            let (moments, size) = (written.moments, count(written.bytes as f64));
            let _ = writeln!(io::stderr(), "audit: {moments} moments in {size} bytes");
        }
    }
    Ok(code)
}

async fn simulate(
    runtime: &Runtime,
    new: NewRun,
    settings: &Settings,
    json: bool,
    audit: Option<&AuditFile>,
) -> Result<ExitCode> {
    let id = runtime.submit(new).await?.id;
    if let Some(audit) = audit {
        runtime.audit(DEFAULT_TENANT, id, audit.sink()).await?;
    }
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
        RunStatus::Failed | RunStatus::Running | RunStatus::Paused | RunStatus::Queued => {
            let fault = last.fault.as_ref().map(|fault| format!(": {}: {}", fault.code, fault.message));
            let said = format!("error: the run failed after {ticks}{}", fault.unwrap_or_default());
            (ExitCode::from(FAILED), Some(said))
        }
    }
}
