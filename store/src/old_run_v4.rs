//! The stored form of runs before they belonged to nodes, and what it means today. Only decoding; nothing of this is written any
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
pub(crate) struct StoredEraV2 {
    until_tick: u32,
    seed: u64,
    horizon_ticks: u32,
    variable_deltas: Vec<(String, f64)>,
}

/// Version 4 of [`RunRecord`]. Its runs have no node: to make one for each would be to write all of them again at the first
/// start.
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
    use crate::codec;
    use crate::old_runs::tests::{record, spec};
    use crate::types::RunStatus;

    #[test]
    fn a_record_of_version_4_is_read_and_has_no_node() {
        let deltas = vec![("social_trust".to_owned(), 0.2)];
        let past = vec![StoredEraV2 { until_tick: 60, seed: 7, horizon_ticks: 90, variable_deltas: deltas.clone() }];
        let first = record(RunStatus::Queued, StoredSpecV4 { first: spec(), past });
        let forked_from = Some(ForkPoint { run_id: Uuid::from_u128(9), tick: 60 });
        let old = RunRecordV4 { first, forked_from, interruptions: 3 };
        let mut bytes = 4_u16.to_le_bytes().to_vec();
        bytes.extend(bincode::encode_to_vec(old, bincode::config::standard()).unwrap());
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        let run: RunRecord = codec::decode(&bytes).unwrap();
        assert_eq!((run.node_id, run.parent_node_id), (None, Some(Uuid::from_u128(4))));
        assert_eq!((run.forked_from, run.interruptions, run.spec.seed), (forked_from, 3, u64::MAX));
        let era = StoredEra { until_tick: 60, seed: 7, horizon_ticks: 90, variable_deltas: deltas };
        assert_eq!(run.spec.past, [era]);
    }
}
