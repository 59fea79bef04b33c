//! `civitas doctor`: examines a store and says what it found. It changes nothing.
//!
//! Exit codes: 0 the store is sound, 1 it is not, or it cannot be examined.

use std::process::ExitCode;

use civitas_store::doctor::{Finding, Report, examine};
use clap::Args;
use serde_json::{Value, json};

use super::{Common, FAILED, print_line, start_logging};
use crate::error::{Error, Result};
use crate::settings::LogSettings;

const EXAMPLES: &str = "Examples:
  civitas doctor
  civitas doctor --data-dir /var/lib/civitas --json
  TMPDIR=/mnt/large civitas doctor

The folder is copied to the system's temporary folder first (TMPDIR), and the copy is examined:
nothing in the folder changes. A server holds its folder while it runs: stop it, or examine what
`civitas backup` and `civitas restore` made. Exit code 0: sound, 1: not sound, or not examined.";

/// What `doctor` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DoctorArgs {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// Examines the store that the settings name.
pub(super) fn doctor(args: &DoctorArgs) -> Result<ExitCode> {
    let settings = args.common.settings(Vec::new())?;
    start_logging(&LogSettings::at("off"));
    let scratch = tempfile::Builder::new().prefix("civitas-doctor-").tempdir();
    let scratch = scratch.map_err(|source| Error::io("cannot make a temporary folder", source))?;
    let folder = &settings.store.data_dir;
    let report = examine(folder, scratch.path())?;
    let text = if args.json { as_json(&report) } else { as_text(&report) };
    print_line(&format!("{}{text}", if args.json { String::new() } else { format!("{}\n", folder.display()) }))?;
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

fn as_text(report: &Report) -> String {
    let mut lines: Vec<String> =
        report.counts.iter().map(|(plural, count)| format!("  {count:>10} {plural}")).collect();
    let say = |kind: &str, found: &Finding| format!("{kind}: {}: {}", found.what, found.why);
    lines.extend(report.notes.iter().map(|note| say("note", note)));
    lines.extend(report.faults.iter().map(|fault| say("FAULT", fault)));
    let unlisted = report.fault_count - report.faults.len() as u64;
    if unlisted > 0 {
        lines.push(format!("{unlisted} more faults are not listed"));
    }
    lines.push(match report.fault_count {
        0 => "sound: every record decodes, indices agree, every checksum matches".to_owned(),
        1 => "NOT SOUND: 1 fault".to_owned(),
        faults => format!("NOT SOUND: {faults} faults"),
    });
    lines.join("\n")
}

fn as_json(report: &Report) -> String {
    let list = |findings: &[Finding]| -> Vec<Value> {
        findings.iter().map(|found| json!({"what": found.what, "why": found.why})).collect()
    };
    json!({"sound": report.is_sound(), "counts": report.counts, "fault_count": report.fault_count,
        "faults": list(&report.faults), "notes": list(&report.notes)})
    .to_string()
}
