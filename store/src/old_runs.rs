//! Stored forms of runs and their snapshots before there were pauses and forks, and before forks were made, and what each
//! of them means today. Only
//! decoding; nothing of this is written any more. A struct here never changes.

use bincode::{Decode, Encode};
use uuid::Uuid;

use crate::types::{BatchId, ForkPoint, ProjectId, RunFault, RunId, RunMode, RunRecord, RunStatus, TenantId};
use crate::types::{StoredEra, StoredSpec};
use crate::{PartManifest, SnapshotManifest, SnapshotReason};

/// Version 2 of [`StoredSpec`].
#[derive(Encode, Decode)]
pub(crate) struct StoredSpecV2 {
    model: String,
    parameters: Vec<(String, f64)>,
    dataset: String,
    agents: u32,
    network: String,
    mean_degree: f64,
    rewiring: f64,
    long_range_share: f64,
    distance_exponent: f64,
    border_factor: f64,
    seed: u64,
    horizon_ticks: u32,
    activation: String,
    sample_rate: f64,
    batch_size: u32,
    snapshot_every_ticks: u32,
    variable_deltas: Vec<(String, f64)>,
    versions: [String; 4],
}

/// Version 3 of [`StoredSpec`].
#[derive(Encode, Decode)]
pub(crate) struct StoredSpecV3 {
    first: StoredSpecV2,
    past: Vec<StoredEraV1>,
}

/// Version 1 of [`StoredEra`]; none was ever stored.
#[derive(Encode, Decode)]
pub(crate) struct StoredEraV1 {
    until_tick: u32,
    seed: u64,
    variable_deltas: Vec<(String, f64)>,
}

/// Version 3 of [`RunRecord`].
#[derive(Encode, Decode)]
pub(crate) struct RunRecordV3 {
    first: RunRecordV2<StoredSpecV3>,
    forked_from: Option<ForkPoint>,
    interruptions: u32,
}

/// Version 2 of [`RunRecord`], and what version 3 begins with.
#[derive(Encode, Decode)]
pub(crate) struct RunRecordV2<Spec = StoredSpecV2> {
    #[bincode(with_serde)]
    id: RunId,
    #[bincode(with_serde)]
    tenant_id: TenantId,
    #[bincode(with_serde)]
    project_id: ProjectId,
    #[bincode(with_serde)]
    batch_id: Option<BatchId>,
    #[bincode(with_serde)]
    parent_node_id: Option<Uuid>,
    name: String,
    mode: RunMode,
    status: RunStatus,
    spec: Spec,
    start_requested: bool,
    created_at_ms: u64,
    started_at_ms: Option<u64>,
    completed_at_ms: Option<u64>,
    running_ms: u64,
    current_tick: u32,
    total_ticks: u32,
    agents_processed: u64,
    has_results: bool,
    fault: Option<RunFault>,
    created_by: String,
}

/// Version 1 of [`SnapshotManifest`].
#[derive(Encode, Decode)]
pub(crate) struct SnapshotManifestV1 {
    #[bincode(with_serde)]
    run_id: RunId,
    tick: u32,
    created_at_ms: u64,
    engine_version: String,
    spec_hash: u64,
    digest: u128,
    parts: Vec<PartManifest>,
}

impl From<StoredSpecV2> for StoredSpec {
    fn from(old: StoredSpecV2) -> Self {
        Self {
            past: Vec::new(),
            effects: 0,
            bundle: None,
            model: old.model,
            parameters: old.parameters,
            dataset: old.dataset,
            agents: old.agents,
            network: old.network,
            mean_degree: old.mean_degree,
            rewiring: old.rewiring,
            long_range_share: old.long_range_share,
            distance_exponent: old.distance_exponent,
            border_factor: old.border_factor,
            seed: old.seed,
            horizon_ticks: old.horizon_ticks,
            activation: old.activation,
            sample_rate: old.sample_rate,
            batch_size: old.batch_size,
            snapshot_every_ticks: old.snapshot_every_ticks,
            variable_deltas: old.variable_deltas,
            versions: old.versions,
        }
    }
}

impl From<StoredSpecV3> for StoredSpec {
    fn from(StoredSpecV3 { first, past }: StoredSpecV3) -> Self {
        let spec = Self::from(first);
        let era = |old: StoredEraV1| StoredEra {
            until_tick: old.until_tick,
            seed: old.seed,
            horizon_ticks: spec.horizon_ticks,
            variable_deltas: old.variable_deltas,
        };
        Self { past: past.into_iter().map(era).collect(), ..spec }
    }
}

impl From<RunRecordV3> for RunRecord {
    fn from(old: RunRecordV3) -> Self {
        Self { forked_from: old.forked_from, interruptions: old.interruptions, ..old.first.into() }
    }
}

impl<Spec: Into<StoredSpec>> From<RunRecordV2<Spec>> for RunRecord {
    fn from(old: RunRecordV2<Spec>) -> Self {
        Self {
            forked_from: None,
            interruptions: 0,
            spec: old.spec.into(),
            id: old.id,
            tenant_id: old.tenant_id,
            project_id: old.project_id,
            batch_id: old.batch_id,
            parent_node_id: old.parent_node_id,
            node_id: None,
            name: old.name,
            mode: old.mode,
            status: old.status,
            start_requested: old.start_requested,
            created_at_ms: old.created_at_ms,
            started_at_ms: old.started_at_ms,
            completed_at_ms: old.completed_at_ms,
            running_ms: old.running_ms,
            current_tick: old.current_tick,
            total_ticks: old.total_ticks,
            agents_processed: old.agents_processed,
            has_results: old.has_results,
            fault: old.fault,
            created_by: old.created_by,
        }
    }
}

impl From<SnapshotManifestV1> for SnapshotManifest {
    fn from(old: SnapshotManifestV1) -> Self {
        Self {
            model: String::new(),
            reason: SnapshotReason::Interval,
            run_id: old.run_id,
            tick: old.tick,
            created_at_ms: old.created_at_ms,
            engine_version: old.engine_version,
            spec_hash: old.spec_hash,
            digest: old.digest,
            parts: old.parts,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;
    use crate::codec::{self, Stored};

    /// The bytes that an earlier version wrote for this value, read and written again as they are today.
    pub(crate) fn read<T: Stored + PartialEq + std::fmt::Debug>(version: u16, old: impl Encode) -> T {
        let mut bytes = version.to_le_bytes().to_vec();
        bytes.extend(bincode::encode_to_vec(old, bincode::config::standard()).unwrap());
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        let read: T = codec::decode(&bytes).unwrap();
        assert_eq!(codec::decode::<T>(&codec::encode(&read).unwrap()).unwrap(), read);
        read
    }

    pub(crate) fn spec() -> StoredSpecV2 {
        StoredSpecV2 {
            model: "society".to_owned(),
            parameters: vec![("pace".to_owned(), 0.3)],
            dataset: "us-2020".to_owned(),
            agents: 1_000,
            network: "complete".to_owned(),
            mean_degree: 12.0,
            rewiring: 0.1,
            long_range_share: 0.2,
            distance_exponent: 2.0,
            border_factor: 3.0,
            seed: u64::MAX,
            horizon_ticks: 100,
            activation: "one".to_owned(),
            sample_rate: 1.0,
            batch_size: 1_000,
            snapshot_every_ticks: 50,
            variable_deltas: vec![("social_trust".to_owned(), -0.1)],
            versions: std::array::from_fn(|n| n.to_string()),
        }
    }

    pub(crate) fn record<Spec>(status: RunStatus, spec: Spec) -> RunRecordV2<Spec> {
        RunRecordV2 {
            id: Uuid::from_u128(1),
            tenant_id: Uuid::from_u128(2),
            project_id: Uuid::from_u128(3),
            batch_id: None,
            parent_node_id: Some(Uuid::from_u128(4)),
            name: "old".to_owned(),
            mode: RunMode::Experiment,
            status,
            spec,
            start_requested: true,
            created_at_ms: 5,
            started_at_ms: Some(6),
            completed_at_ms: None,
            running_ms: 8,
            current_tick: 9,
            total_ticks: 100,
            agents_processed: 10,
            has_results: false,
            fault: None,
            created_by: "local".to_owned(),
        }
    }

    #[test]
    fn a_record_of_version_3_is_read() {
        let spec = StoredSpecV3 { first: spec(), past: Vec::new() };
        let first = record(RunStatus::Paused, spec);
        let run: RunRecord = read(3, RunRecordV3 { first, forked_from: None, interruptions: 2 });
        assert_eq!((run.status, run.interruptions, run.forked_from), (RunStatus::Paused, 2, None));
        assert_eq!((run.spec.seed, run.spec.past.len(), run.created_by.as_str()), (u64::MAX, 0, "local"));
    }

    #[test]
    fn a_record_of_version_2_is_read_whatever_its_status() {
        for (number, status) in RunStatus::ALL.into_iter().filter(|status| *status != RunStatus::Paused).enumerate() {
            let old = record(status, spec());
            // Statuses are stored by number: those of version 2 are the first five.
            let stored = bincode::encode_to_vec(status, bincode::config::standard()).unwrap();
            assert_eq!(stored, [number as u8], "{status}");
            let run: RunRecord = read(2, old);
            assert_eq!((run.status, run.name.as_str(), run.current_tick, run.agents_processed), (status, "old", 9, 10));
            assert_eq!(
                (run.spec.network.as_str(), run.spec.activation.as_str(), run.spec.seed),
                ("complete", "one", u64::MAX)
            );
            assert_eq!((run.forked_from, run.interruptions, run.spec.past), (None, 0, Vec::new()));
        }
    }

    #[test]
    fn a_snapshot_of_version_1_is_read() {
        let part = PartManifest { index: 0, raw_len: 7, stored_len: 6, crc32: 8 };
        let old = SnapshotManifestV1 {
            run_id: Uuid::from_u128(1),
            tick: 50,
            created_at_ms: 2,
            engine_version: "0.1.0".to_owned(),
            spec_hash: 3,
            digest: u128::MAX,
            parts: vec![part],
        };
        let manifest: SnapshotManifest = read(1, old);
        assert_eq!((manifest.tick, manifest.spec_hash, manifest.digest, manifest.parts.len()), (50, 3, u128::MAX, 1));
        assert_eq!((manifest.model.as_str(), manifest.reason), ("", SnapshotReason::Interval));
    }
}
