//! The doctor's look at runs' manifests: every one can be read, is of a run that has come as far as it says, and goes with the
//! results that are stored. Whether doing a run again gives the same is not asked here: that is what verifying is for.

use super::Report;
use super::records::{Runs, ids};
use crate::disk::Disk;
use crate::limits::MAX_RESULTS_BYTES;
use crate::sled_store::document;
use crate::{Result, RunStatus, keys, results_sha256, run_manifest};

/// Looks at every manifest. A run without one is of a time before there were any.
pub(super) fn look(disk: &Disk, runs: &Runs, report: &mut Report) -> Result<()> {
    for id in ids(disk, &keys::all_run_manifests())? {
        let what = format!("manifest of run {id}");
        let read = run_manifest::read(disk, id);
        let Some(manifest) = report.checked(&what, read)?.flatten() else { continue };
        report.count("manifests", 1);
        if !manifest.is_whole() {
            report.fault(&what, format!("its digests do not reach to its tick {}", manifest.end.tick));
        }
        let Some(run) = runs.get(&id) else {
            report.fault(&what, "there is no such run");
            continue;
        };
        // One that goes on after a pause is further than its manifest, which its next end replaces.
        if run.status != RunStatus::Running && run.current_tick != manifest.end.tick {
            let ticks = (manifest.end.tick, run.current_tick);
            report.fault(&what, format!("it ends at tick {}, and the run at tick {}", ticks.0, ticks.1));
        }
        let results = document(disk, &keys::results(id), &format!("results of run {id}"), MAX_RESULTS_BYTES);
        match results {
            Ok(None) => report.fault(&what, "the run has no results"),
            Ok(Some(results)) if results_sha256(&results) != manifest.results_sha256 => {
                report.fault(&what, "it was written with other results than those that are stored");
            }
            Ok(Some(_)) => {}
            Err(error) if error.is_fatal() => return Err(error),
            // Told with the results.
            Err(_) => {}
        }
    }
    Ok(())
}
