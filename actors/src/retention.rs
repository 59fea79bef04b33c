//! Which snapshots of a run may go, pure: the newest stay, and those that users asked for or that a fork began with. It must
//! not read or write.

use civitas_store::SnapshotManifest;

/// Snapshots that an ended run keeps besides those that stay for ever: what a fork of its end needs.
pub(crate) const KEPT_OF_ENDED: usize = 1;

/// The ticks of the snapshots that go when the one of tick `newest` is there and `keep` are to stay.
pub(crate) fn surplus(snapshots: &[SnapshotManifest], newest: u32, keep: usize) -> Vec<u32> {
    let going = snapshots.iter().filter(|manifest| !manifest.reason.is_kept());
    let mut ticks: Vec<u32> = going.map(|manifest| manifest.tick).collect();
    // Later ticks than the newest are of a life that could not be resumed: they go first, then the earliest.
    ticks.sort_by_key(|&tick| (tick <= newest, tick));
    ticks.truncate(ticks.len().saturating_sub(keep));
    ticks
}

#[cfg(test)]
mod tests {
    use civitas_store::SnapshotReason;
    use uuid::Uuid;

    use super::*;

    fn snapshots(ticks: &[(u32, SnapshotReason)]) -> Vec<SnapshotManifest> {
        let manifest = |&(tick, reason)| SnapshotManifest {
            run_id: Uuid::nil(),
            tick,
            created_at_ms: 0,
            engine_version: String::new(),
            spec_hash: 0,
            digest: 0,
            parts: Vec::new(),
            model: String::new(),
            reason,
        };
        ticks.iter().map(manifest).collect()
    }

    #[test]
    fn the_newest_stay_and_so_does_what_was_asked_for() {
        use SnapshotReason::{Fork, Interval, Paused, Requested};
        let all = snapshots(&[(5, Fork), (10, Interval), (15, Requested), (20, Paused), (30, Interval)]);
        assert_eq!(surplus(&all, 30, 2), [10]);
        assert_eq!(surplus(&all, 30, 1), [10, 20]);
        assert!(surplus(&all, 30, 9).is_empty() && surplus(&[], 30, 2).is_empty());
    }

    #[test]
    fn what_a_life_left_that_could_not_be_resumed_goes_first() {
        let all = snapshots(&[10, 20, 80, 90].map(|tick| (tick, SnapshotReason::Interval)));
        assert_eq!(surplus(&all, 20, 2), [80, 90]);
    }
}
