//! Stored form of runs before scenarios had effects, and what it means today. Only decoding; nothing of this is written any
//! more. A struct here never changes.

use bincode::{Decode, Encode};

use crate::old_runs::{RunRecordV2, StoredSpecV2};
use crate::types::{ForkPoint, RunRecord, StoredEra, StoredSpec};

/// Version 4 of [`StoredSpec`].
#[derive(Encode, Decode)]
pub(crate) struct StoredSpecV4 {
    first: StoredSpecV2,
    past: Vec<StoredEraV2>,
}

/// Version 2 of [`StoredEra`].
#[derive(Encode, Decode)]
struct StoredEraV2 {
    until_tick: u32,
    seed: u64,
    horizon_ticks: u32,
    variable_deltas: Vec<(String, f64)>,
}

/// Version 4 of [`RunRecord`].
#[derive(Encode, Decode)]
pub(crate) struct RunRecordV4 {
    first: RunRecordV2<StoredSpecV4>,
    forked_from: Option<ForkPoint>,
    interruptions: u32,
}

impl From<StoredSpecV4> for StoredSpec {
    fn from(StoredSpecV4 { first, past }: StoredSpecV4) -> Self {
        let era = |old: StoredEraV2| StoredEra {
            until_tick: old.until_tick,
            seed: old.seed,
            horizon_ticks: old.horizon_ticks,
            variable_deltas: old.variable_deltas,
        };
        Self { past: past.into_iter().map(era).collect(), ..first.into() }
    }
}

impl From<RunRecordV4> for RunRecord {
    fn from(old: RunRecordV4) -> Self {
        Self { forked_from: old.forked_from, interruptions: old.interruptions, ..old.first.into() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::old_runs::tests::{read, record, spec};
    use crate::types::RunStatus;

    #[test]
    fn a_record_of_version_4_is_read() {
        let era = StoredEraV2 {
            until_tick: 40,
            seed: 7,
            horizon_ticks: 100,
            variable_deltas: vec![("social_trust".to_owned(), 0.2)],
        };
        let first = record(RunStatus::Queued, StoredSpecV4 { first: spec(), past: vec![era] });
        let forked_from = Some(ForkPoint { run_id: Uuid::from_u128(9), tick: 40 });
        let run: RunRecord = read(4, RunRecordV4 { first, forked_from, interruptions: 1 });
        assert_eq!((run.forked_from, run.interruptions, run.name.as_str()), (forked_from, 1, "old"));
        assert_eq!((run.spec.seed, run.spec.effects, run.spec.bundle), (u64::MAX, 0, None));
        let [era] = &run.spec.past[..] else { panic!("{:?}", run.spec.past) };
        assert_eq!((era.until_tick, era.seed, era.horizon_ticks), (40, 7, 100));
        assert_eq!(era.variable_deltas, [("social_trust".to_owned(), 0.2)]);
    }
}
