//! What runs of one batch have in common: two whose specifications agree up to some tick are one run until then, and it is
//! stepped once. Pure: it owns which run may begin with whose state, at which ticks a run has to keep its state for others, and
//! from how much work on that is worth it. It must not read, write or wait; `supervisor::sharing` does that.
//!
//! Nothing depends on it but time: a run that finds no state of another begins at tick 0, to the same bytes.

mod ways;

use std::collections::BTreeSet;

use civitas_engine::RunSpec;
use civitas_store::{ForkPoint, RunId, RunMode, RunRecord};

use crate::demand::work;
use crate::limits::{MIN_SHARED_STEPS, MIN_SHARED_TICKS};

pub(crate) use ways::Ways;

/// A run of a batch.
pub(crate) struct Member {
    pub(crate) record: RunRecord,
    /// What it is asked, with what stands beside its record.
    pub(crate) spec: RunSpec,
}

/// What a run has to do with the others of its batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sharing {
    /// The runs whose state it may begin with, and up to which tick; those with which it has most in common first.
    pub(crate) sources: Vec<(RunId, u32)>,
    /// The ticks at which later runs part from it.
    pub(crate) partings: BTreeSet<u32>,
}

impl Sharing {
    /// Of the run at `place` in its batch. It begins with the state of earlier runs only, so that no two wait for each other.
    pub(crate) fn of(place: usize, batch: &[Member]) -> Self {
        let own = &batch[place];
        let mut sources: Vec<(RunId, u32)> = batch[..place]
            .iter()
            .filter_map(|earlier| Some((earlier.record.id, shared_ticks(earlier, own)?)))
            .collect();
        // In their order, where they have as much in common.
        sources.sort_by_key(|&(_, tick)| std::cmp::Reverse(tick));
        let later = batch[place + 1..].iter().filter(|later| begins_anew(&later.record));
        Self { sources, partings: later.filter_map(|later| shared_ticks(own, later)).collect() }
    }

    /// The run with whose state it begins if all goes as usual, and the tick of that state.
    pub(crate) fn source(&self) -> Option<ForkPoint> {
        self.sources.first().map(|&(run_id, tick)| ForkPoint { run_id, tick })
    }
}

/// True for a run of a batch that has not begun, and is long enough to have something in common with another.
pub(crate) fn may_begin_with_another(record: &RunRecord) -> bool {
    record.batch_id.is_some() && begins_anew(record) && record.current_tick == 0 && may_share(record)
}

/// True for a run of a batch that is long enough to have something in common with another. The way of a hybrid run's named agents is
/// recorded whole, so that it steps all of its ticks.
pub(crate) fn may_share(record: &RunRecord) -> bool {
    record.batch_id.is_some()
        && record.mode != RunMode::Hybrid
        && is_worth(record, record.total_ticks.saturating_sub(1))
}

/// True where it takes longer to step so many ticks than to keep their state and to begin with it.
pub(crate) fn is_worth(record: &RunRecord, ticks: u32) -> bool {
    ticks >= MIN_SHARED_TICKS && work(&record.spec, ticks) >= MIN_SHARED_STEPS
}

/// True for a run that is not over and does not go on from another's state already.
fn begins_anew(record: &RunRecord) -> bool {
    record.forked_from.is_none() && !record.status.is_terminal()
}

/// Up to which tick both are the same run, where that is worth anything.
fn shared_ticks(a: &Member, b: &Member) -> Option<u32> {
    // The version of a data set is no part of the specification.
    let alike = a.record.tenant_id == b.record.tenant_id && a.record.spec.versions == b.record.spec.versions;
    let ticks = if alike { a.spec.shared_ticks(&b.spec) } else { 0 };
    is_worth(&b.record, ticks).then_some(ticks)
}

#[cfg(test)]
mod tests {
    use civitas_engine::{Effect, PopulationSpec};
    use civitas_store::RunStatus;
    use uuid::Uuid;

    use super::*;
    use crate::lifecycle::tests::record;
    use crate::request::{Execution, to_stored};

    /// A run with something that begins at this tick, or nothing.
    fn member(number: u128, agents: u32, begins: Option<u32>) -> Member {
        let effect = |tick| Effect { from_tick: Some(tick), ..Effect::shift("social_trust", 0.1) };
        let population = PopulationSpec { dataset: "us-2020".to_owned(), agents };
        let spec = RunSpec { population, effects: begins.map(effect).into_iter().collect(), ..RunSpec::default() };
        let stored = to_stored(&spec, Execution::default(), 50, &Default::default());
        let batch_id = Some(Uuid::from_u128(99));
        let base = record(RunStatus::Queued);
        Member {
            record: RunRecord { id: Uuid::from_u128(number), batch_id, spec: stored, total_ticks: 100, ..base },
            spec,
        }
    }

    fn batch(begins: &[Option<u32>]) -> Vec<Member> {
        begins.iter().zip(1..).map(|(&begins, number)| member(number, 1_000_000, begins)).collect()
    }

    fn of(place: usize, batch: &[Member]) -> (Option<(u128, u32)>, Vec<u32>) {
        let Sharing { sources, partings } = Sharing::of(place, batch);
        (sources.first().map(|&(id, tick)| (id.as_u128(), tick)), partings.into_iter().collect())
    }

    #[test]
    fn each_run_begins_where_it_parts_from_the_earlier_one_that_is_most_like_it() {
        let batch = batch(&[None, Some(60), Some(80), Some(60), None]);
        let found: Vec<_> = (0..5).map(|place| of(place, &batch)).collect();
        let wanted = [
            (None, vec![60, 80, 99]),
            (Some((1, 60)), vec![60, 99]),
            (Some((1, 80)), vec![60, 80]),
            (Some((2, 99)), vec![60]),
            (Some((1, 99)), vec![]),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_is_little_work_is_not_shared() {
        let small = [member(1, 1_000, None), member(2, 1_000, None)];
        assert_eq!(Sharing::of(1, &small), Sharing::default());
        assert!(!may_share(&small[0].record));
        let early = batch(&[None, Some(MIN_SHARED_TICKS - 1), Some(MIN_SHARED_TICKS)]);
        assert_eq!([of(1, &early).0, of(2, &early).0], [None, Some((1, MIN_SHARED_TICKS))]);
    }

    #[test]
    fn nothing_is_kept_for_runs_that_are_over_or_have_begun_so_and_nothing_of_other_data_is_shared() {
        let mut batch = batch(&[None; 4]);
        batch[1].record.forked_from = Some(ForkPoint { run_id: batch[0].record.id, tick: 99 });
        batch[2].record.status = RunStatus::Cancelled;
        batch[3].record.spec.versions[2] = "2".to_owned();
        assert_eq!(of(0, &batch), (None, vec![]));
        assert!(!may_begin_with_another(&batch[1].record) && may_begin_with_another(&batch[3].record));
        assert_eq!(Sharing::of(3, &batch).source(), None);
        let alone = RunRecord { batch_id: None, ..batch[0].record.clone() };
        assert!(may_begin_with_another(&batch[0].record) && !may_begin_with_another(&alone));
    }
}
