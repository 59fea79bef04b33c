//! `civitas snapshots`: the snapshots of a run in the data folder, which it can be forked from.

use std::fmt::Write;
use std::process::ExitCode;

use civitas_actors::RuntimeError;
use civitas_store::{RunId, Store};
use clap::Args;

use super::summary::count;
use super::{Common, open_store, print_line, start_logging};
use crate::error::Result;
use crate::http::wire::held::{Snapshot, SnapshotList};
use crate::settings::LogSettings;

/// What `snapshots` is told.
#[derive(Debug, Args)]
pub(super) struct SnapshotsArgs {
    /// The run
    #[arg(value_name = "RUN")]
    run: RunId,
    /// Print the answer of GET /api/v1/runs/RUN/snapshots as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// Lists the snapshots of a run.
pub(super) fn snapshots(args: &SnapshotsArgs) -> Result<ExitCode> {
    let settings = args.common.settings(Vec::new())?;
    start_logging(&LogSettings::at("off"));
    let store = open_store(&settings)?;
    store.run(args.run)?.ok_or(RuntimeError::NotFound(args.run))?;
    let items: Vec<Snapshot> = store.snapshots(args.run)?.into_iter().map(Snapshot::from).collect();
    store.close();
    if args.json {
        let list = serde_json::to_string(&SnapshotList { items }).expect("a list of snapshots has string keys only");
        print_line(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut page = String::new();
    for snapshot in &items {
        let size = count(snapshot.bytes as f64);
        // Writing to a string cannot fail.
        let _ =
            writeln!(page, "tick {:>6}  {:10} {}  {size} bytes", snapshot.tick, snapshot.reason, snapshot.created_at);
    }
    print_line(if page.is_empty() { "no snapshots" } else { page.trim_end() })?;
    Ok(ExitCode::SUCCESS)
}
