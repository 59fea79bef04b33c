//! Power cuts: a killed server leaves behind what it has written, synced or not; here everything is lost that was not on the disk.

use super::disk::Disk;
use super::{Figures, MAX_QUEUED, begun, report, started, work_until};
use crate::check;
use crate::support::said_by_civitas;

/// How often the power is cut.
const CUTS: u32 = 5;

#[test]
fn what_was_acknowledged_survives_power_cuts() {
    let Some(mut disk) = Disk::empty() else { return };
    let (mut rng, model) = begun(CUTS);
    let mut figures = Figures::default();
    for cut in 0..CUTS {
        let server = started(&disk.path(), &model, &mut rng, &mut figures);
        let (witness, mut left) = (format!("witness-{cut}"), None);
        work_until(server, &model, &mut rng, |pid| {
            // Written and not synced, as the proof that such bytes are lost.
            std::fs::write(disk.path().join(&witness), vec![1; 1 << 20]).unwrap();
            left = Some(disk.cut_under(pid));
        });
        figures.at_work += 1;
        disk = left.unwrap().power_on();
        let left = std::fs::metadata(disk.path().join(&witness)).map_or(0, |witness| witness.len());
        assert_eq!(left, 0, "what was never synced is there after a power cut: none was made");
    }
    let server = started(&disk.path(), &model, &mut rng, &mut figures);
    check::all_ends(&server, &model, MAX_QUEUED);
    server.stop();
    said_by_civitas(&disk.path(), &["doctor"], 0);
    report(&model, &mut figures);
}
