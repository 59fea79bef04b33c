//! `civitas backup` and `civitas restore`: a store into one checksummed file, while a server holds it or not, and back.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use civitas_store::StoreError;
use civitas_store::backup::Copied;
use clap::Args;
use serde_json::json;

use super::{Common, must_be_there, open_store, print_json, print_line, start_logging};
use crate::backup;
use crate::error::{Error, Result};
use crate::telemetry;

const BACKUP_EXAMPLES: &str = "Examples:
  civitas backup /mnt/backups/monday
  civitas backup /mnt/backups/monday --data-dir /var/lib/civitas

A server that holds the data folder goes on serving: it writes the backup itself, as its own user.
The folder DIR is made where it is missing, and must be empty. All that was acknowledged before
the command is in the backup, but for telemetry: what runs recorded of every tick lies in objects of
the data folder, or where telemetry.url says. It is not in the backup: copy it besides.";

const RESTORE_EXAMPLES: &str = "Examples:
  civitas restore /mnt/backups/monday --data-dir /var/lib/civitas-restored
  civitas doctor --data-dir /var/lib/civitas-restored

The data folder must not exist or be empty. It appears whole or not at all.";

/// What `backup` is told.
#[derive(Debug, Args)]
#[command(after_help = BACKUP_EXAMPLES)]
pub(super) struct BackupArgs {
    /// Folder to write the backup into
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print what was written as JSON, and nothing else
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// What `restore` is told.
#[derive(Debug, Args)]
#[command(after_help = RESTORE_EXAMPLES)]
pub(super) struct RestoreArgs {
    /// Folder that holds the backup
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print what was made as JSON, and nothing else
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// Makes a backup of the store that the settings name.
pub(super) fn backup(args: &BackupArgs) -> Result<ExitCode> {
    let settings = args.common.settings(Vec::new())?;
    start_logging(&settings.log);
    let data_dir = &settings.store.data_dir;
    must_be_there(data_dir)?;
    let copied = match open_store(&settings) {
        Ok(store) => backup::write(&store, &args.folder)?,
        Err(Error::Store(locked @ StoreError::Locked { .. })) => ask_server(data_dir, &args.folder, locked)?,
        Err(error) => return Err(error),
    };
    // Nothing is left to do where standard error is closed.
    let _ = writeln!(io::stderr(), "telemetry is not in the backup: copy {} besides", telemetry::lies_in(&settings));
    let file = args.folder.join(backup::FILE);
    let Copied { runs, snapshots, snapshots_left_out, .. } = copied;
    if args.json {
        print_json(
            &json!({"file": file, "runs": runs, "snapshots": snapshots, "snapshots_left_out": snapshots_left_out}),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    print_line(&format!("{}: {runs} runs, {snapshots} snapshots", file.display()))?;
    if snapshots_left_out > 0 {
        print_line(&format!("{snapshots_left_out} snapshots were left out; their runs go on from older ones"))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(unix)]
fn ask_server(data_dir: &Path, folder: &Path, locked: StoreError) -> Result<Copied> {
    match backup::control::ask(data_dir, folder) {
        // Whoever holds the folder, it is no server.
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Err(locked.into()),
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::ConnectionRefused => Err(locked.into()),
        asked => asked,
    }
}

#[cfg(not(unix))]
fn ask_server(_: &Path, _: &Path, locked: StoreError) -> Result<Copied> {
    Err(locked.into())
}

/// Makes the store that a backup holds.
pub(super) fn restore(args: &RestoreArgs) -> Result<ExitCode> {
    let settings = args.common.settings(Vec::new())?;
    start_logging(&settings.log);
    let entries = backup::restore(&args.folder, &settings.store.data_dir)?;
    let data_dir = &settings.store.data_dir;
    match args.json {
        true => print_json(&json!({"data_dir": data_dir, "entries": entries}))?,
        false => print_line(&format!("{}: {entries} entries restored", data_dir.display()))?,
    }
    Ok(ExitCode::SUCCESS)
}
