//! One run on a runtime of its own, from submission to summary, for commands that run here what a server would run there.
//! The run is stored like any other, so that a server on the same data folder shows it afterwards. Owns the order of
//! starting and ending, the signals (which pause), and the exit code; what is run is the caller's.

use std::io::{self, Write};
use std::process::ExitCode;

use civitas_actors::{NewFork, NewRun, Progress, Runtime, RuntimeConfig, RuntimeError};
use civitas_engine::Catalogue;
use civitas_store::{DEFAULT_TENANT, RunId, RunRecord, RunStatus, StoreError, TenantId};

use super::audit::AuditArgs;
use super::progress::RunBar;
use super::summary::count;
use super::{CANCELLED, FAILED, open_store, print_line, stop_signal, summary};
use crate::audit::AuditFile;
use crate::error::{Error, Result};
use crate::http::wire::results::document;
use crate::keys::{Identity, LOCAL_CALLER};
use crate::settings::{LogSettings, Settings};
use crate::telemetry::Place;

/// Whom runs of the command line belong to.
pub(super) fn local_identity() -> Identity {
    Identity { tenant_id: DEFAULT_TENANT, created_by: LOCAL_CALLER.to_owned() }
}

/// What is to run.
pub(super) enum Wanted {
    /// A run that has been checked.
    New(Box<NewRun>),
    /// A run that goes on from a snapshot of another in the folder; whose, is its parent's matter.
    Fork(Box<NewFork>),
    /// A run of the folder that has not ended.
    Left(RunId),
}

/// How what came of a run is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// As the results document of the API, and nothing else.
    pub(super) json: bool,
    /// Columns of the charts of its trends, where there are any.
    pub(super) width: Option<usize>,
}

/// The bar is the log of a run that goes well; only what goes wrong is said besides.
pub(super) fn quieter(log: &LogSettings) -> LogSettings {
    let level = if log.level == "info" { "warn" } else { &log.level };
    LogSettings { level: level.to_owned(), ..*log }
}

/// Runs a new run that has been checked, with an audit where that is asked for.
pub(super) async fn execute_new(
    new: NewRun,
    catalogue: Catalogue,
    settings: &Settings,
    shown: Shown,
    audit: &AuditArgs,
) -> Result<ExitCode> {
    let audit = audit.open(&new.spec, &catalogue)?;
    execute(Wanted::New(Box::new(new)), catalogue, settings, shown, audit).await
}

/// Runs a run to its end, or until somebody interrupts it; prints its results document or its page. Where there is an audit, it is
/// whole when this returns.
pub(super) async fn execute(
    wanted: Wanted,
    catalogue: Catalogue,
    settings: &Settings,
    shown: Shown,
    audit: Option<AuditFile>,
) -> Result<ExitCode> {
    let store = open_store(settings)?;
    // Runs that a server left in this folder are the server's to go on with.
    let config = RuntimeConfig { recover: false, ..settings.runtime() };
    let place = Place::open(settings)?;
    place.check().await?;
    let runtime = Runtime::start_with(config, store.clone(), catalogue, Some(place.recorder())).await?;
    let done = simulate((&runtime, &place), wanted, settings, shown, audit.as_ref()).await;
    let ended = runtime.shutdown().await.map_err(Error::from);
    drop(runtime);
    store.close();
    let code = done?;
    ended?;
    if let Some(audit) = audit {
        let written = audit.finish()?;
        if !shown.json {
            let (moments, size) = (written.moments, count(written.bytes as f64));
            let _ = writeln!(io::stderr(), "audit: {moments} moments in {size} bytes");
        }
    }
    Ok(code)
}

async fn simulate(
    (runtime, place): (&Runtime, &Place),
    wanted: Wanted,
    settings: &Settings,
    shown: Shown,
    audit: Option<&AuditFile>,
) -> Result<ExitCode> {
    let (tenant, id) = start(runtime, wanted, audit).await?;
    let last = follow(runtime, tenant, id).await?;
    match runtime.results(tenant, id).await {
        Ok(results) => {
            let telemetry_ref = runtime.telemetry(id)?.map(|_| place.telemetry_ref(id));
            let text = match shown.json {
                true => document(&results, telemetry_ref.as_deref()).and_then(|bytes| String::from_utf8(bytes).ok()),
                false => summary::render(&results, &settings.store.data_dir, shown.width),
            };
            let damaged = || StoreError::Corrupt { what: format!("results of run {id}"), why: "not JSON".to_owned() };
            print_line(&text.ok_or_else(damaged)?)?;
        }
        Err(RuntimeError::NoResults(..) | RuntimeError::NoResultsYet(..)) => {}
        Err(error) => return Err(error.into()),
    }
    let again = format!("civitas resume {id} --data-dir {}", settings.store.data_dir.display());
    let (code, said) = conclude(&last, &again);
    if let Some(said) = said {
        // Standard output belongs to the results; nothing is left to do where standard error is closed.
        let _ = writeln!(io::stderr(), "{said}");
    }
    Ok(code)
}

/// Has the run start or go on.
async fn start(runtime: &Runtime, wanted: Wanted, audit: Option<&AuditFile>) -> Result<(TenantId, RunId)> {
    let record = match wanted {
        Wanted::New(new) => runtime.submit(*new).await?,
        Wanted::Fork(fork) => {
            let tenant_id = stored(runtime, fork.parent)?.tenant_id;
            runtime.fork(NewFork { tenant_id, ..*fork }).await?
        }
        Wanted::Left(id) => runtime.take_over(stored(runtime, id)?.tenant_id, id).await?,
    };
    let (tenant, id) = (record.tenant_id, record.id);
    if let Some(audit) = audit {
        runtime.audit(tenant, id, audit.sink()).await?;
    }
    match record.status {
        RunStatus::Paused if !record.start_requested => drop(runtime.resume(tenant, id).await?),
        RunStatus::Queued if !record.start_requested => drop(runtime.start_run(tenant, id).await?),
        // It goes on, or starts, by itself.
        _ => {}
    }
    Ok((tenant, id))
}

/// A run of the folder, whoever owns it.
fn stored(runtime: &Runtime, id: RunId) -> Result<RunRecord> {
    let record = runtime.store().run(id)?;
    Ok(record.ok_or(RuntimeError::NotFound(id))?)
}

/// Shows the run's progress until it has ended; a signal pauses it, so that it can go on later, and a second one ends the program.
async fn follow(runtime: &Runtime, tenant: TenantId, id: RunId) -> Result<Progress> {
    let mut watch = runtime.watch(tenant, id).await?;
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
                bar.pausing();
                latest = tokio::select! {
                    held = paused(runtime, tenant, id) => held?,
                    // Asked twice: the run stays as the store has it, and goes on from its last snapshot.
                    _ = stop_signal() => std::process::exit(i32::from(CANCELLED)),
                };
                break;
            }
        }
    }
    bar.clear();
    Ok(latest)
}

/// Pauses the run after the tick in progress; what it is then is on the disk, with a snapshot.
async fn paused(runtime: &Runtime, tenant: TenantId, id: RunId) -> Result<Progress> {
    match runtime.pause(tenant, id).await {
        Ok(record) => Ok(Progress::of(&record)),
        // It reached its end first, or is about to, or it has not begun and waits as it is.
        Err(RuntimeError::AlreadyEnded(..) | RuntimeError::WrongStatus(..) | RuntimeError::AlreadyRunning(_)) => {
            Ok(Progress::of(&runtime.run(tenant, id).await?))
        }
        Err(error) => Err(error.into()),
    }
}

/// The exit code, and what to say of a run that did not succeed.
fn conclude(last: &Progress, again: &str) -> (ExitCode, Option<String>) {
    let ticks = format!("{} of {} ticks", last.tick, last.total_ticks);
    match last.status {
        RunStatus::Succeeded => (ExitCode::SUCCESS, None),
        RunStatus::Cancelled => (ExitCode::from(CANCELLED), Some(format!("cancelled after {ticks}"))),
        RunStatus::Paused => {
            let said = format!("paused after {ticks}. To have it go on from its newest snapshot:\n  {again}");
            (ExitCode::from(CANCELLED), Some(said))
        }
        RunStatus::Queued => (ExitCode::from(CANCELLED), Some(format!("not begun. To have it run:\n  {again}"))),
        RunStatus::Running => {
            let said = format!("left after {ticks}, before its end was stored. To have it go on:\n  {again}");
            (ExitCode::from(CANCELLED), Some(said))
        }
        RunStatus::Failed => {
            let fault = last.fault.as_ref().map(|fault| format!(": {}: {}", fault.code, fault.message));
            let said = format!("error: the run failed after {ticks}{}", fault.unwrap_or_default());
            (ExitCode::from(FAILED), Some(said))
        }
    }
}
