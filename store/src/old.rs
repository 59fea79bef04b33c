//! Stored forms of earlier versions, and what each of them means today. Only decoding; nothing of this is written any
//! more. A struct here never changes.

use bincode::{Decode, Encode};
use uuid::Uuid;

use crate::types::{BatchId, ProjectId, RunFault, RunId, RunMode, RunRecord, RunStatus, StoredSpec, TenantId};
use crate::{DatasetRecord, PartManifest};

/// The kind of network that every run had before there were kinds.
const ONLY_NETWORK: &str = "gravity";
/// Who acted in every run before there was a choice.
const ONLY_ACTIVATION: &str = "all";

/// Version 1 of [`StoredSpec`].
#[derive(Decode)]
pub(crate) struct StoredSpecV1 {
    model: String,
    parameters: Vec<(String, f64)>,
    dataset: String,
    agents: u32,
    mean_degree: f64,
    rewiring: f64,
    long_range_share: f64,
    distance_exponent: f64,
    border_factor: f64,
    seed: u64,
    horizon_ticks: u32,
    sample_rate: f64,
    batch_size: u32,
    snapshot_every_ticks: u32,
    variable_deltas: Vec<(String, f64)>,
    versions: [String; 4],
}

/// Version 1 of [`RunRecord`].
#[derive(Decode)]
pub(crate) struct RunRecordV1 {
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
    spec: StoredSpecV1,
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

/// Version 1 of [`DatasetRecord`], when no data set listed ties.
#[derive(Encode, Decode)]
pub(crate) struct DatasetRecordV1 {
    #[bincode(with_serde)]
    tenant_id: TenantId,
    name: String,
    version: u32,
    #[bincode(with_serde)]
    data_id: Uuid,
    content_hash: u128,
    regions: u32,
    borders: u32,
    agents: u32,
    columns: Vec<String>,
    bytes: u64,
    parts: Vec<PartManifest>,
    created_at_ms: u64,
    created_by: String,
}

impl From<DatasetRecordV1> for DatasetRecord {
    fn from(old: DatasetRecordV1) -> Self {
        Self {
            ties: None,
            tenant_id: old.tenant_id,
            name: old.name,
            version: old.version,
            data_id: old.data_id,
            content_hash: old.content_hash,
            regions: old.regions,
            borders: old.borders,
            agents: old.agents,
            columns: old.columns,
            bytes: old.bytes,
            parts: old.parts,
            created_at_ms: old.created_at_ms,
            created_by: old.created_by,
        }
    }
}

impl From<StoredSpecV1> for StoredSpec {
    fn from(old: StoredSpecV1) -> Self {
        Self {
            network: ONLY_NETWORK.to_owned(),
            activation: ONLY_ACTIVATION.to_owned(),
            model: old.model,
            parameters: old.parameters,
            dataset: old.dataset,
            agents: old.agents,
            mean_degree: old.mean_degree,
            rewiring: old.rewiring,
            long_range_share: old.long_range_share,
            distance_exponent: old.distance_exponent,
            border_factor: old.border_factor,
            seed: old.seed,
            horizon_ticks: old.horizon_ticks,
            sample_rate: old.sample_rate,
            batch_size: old.batch_size,
            snapshot_every_ticks: old.snapshot_every_ticks,
            variable_deltas: old.variable_deltas,
            versions: old.versions,
            past: Vec::new(),
            effects: 0,
            bundle: None,
        }
    }
}

impl From<RunRecordV1> for RunRecord {
    fn from(old: RunRecordV1) -> Self {
        Self {
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
            forked_from: None,
            interruptions: 0,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::codec;

    /// A record as version 1 wrote it: version, fields, checksum, in hexadecimal digits.
    const RECORD_V1: &str = "\
        010010000000000000000000000000000000011000000000000000000000000000000002100000000000000000000000\
        000000000301100000000000000000000000000000000400036f6c64000307736f636965747901047061636533333333\
        3333d33f0775732d32303230fbe80300000000000028409a9999999999b93f9a9999999999c93f000000000000004000\
        00000000000840fdffffffffffffffff64000000000000e03ffbe80332010c736f6369616c5f74727573749a99999999\
        99b9bf01300131013201330105010601070809640a010101580179010900056c6f63616caa473221";

    #[test]
    fn a_record_of_version_1_is_read() {
        let digits = RECORD_V1.as_bytes().chunks_exact(2).map(|pair| std::str::from_utf8(pair).unwrap());
        let bytes: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        let wanted = RunRecord {
            id: Uuid::from_u128(1),
            tenant_id: Uuid::from_u128(2),
            project_id: Uuid::from_u128(3),
            batch_id: Some(Uuid::from_u128(4)),
            parent_node_id: None,
            node_id: None,
            name: "old".to_owned(),
            mode: RunMode::Society,
            status: RunStatus::Failed,
            spec: StoredSpec {
                model: "society".to_owned(),
                parameters: vec![("pace".to_owned(), 0.3)],
                dataset: "us-2020".to_owned(),
                agents: 1_000,
                // What version 1 did not know.
                network: "gravity".to_owned(),
                activation: "all".to_owned(),
                mean_degree: 12.0,
                rewiring: 0.1,
                long_range_share: 0.2,
                distance_exponent: 2.0,
                border_factor: 3.0,
                seed: u64::MAX,
                horizon_ticks: 100,
                sample_rate: 0.5,
                batch_size: 1_000,
                snapshot_every_ticks: 50,
                variable_deltas: vec![("social_trust".to_owned(), -0.1)],
                versions: std::array::from_fn(|n| n.to_string()),
                past: Vec::new(),
                effects: 0,
                bundle: None,
            },
            start_requested: true,
            created_at_ms: 5,
            started_at_ms: Some(6),
            completed_at_ms: Some(7),
            running_ms: 8,
            current_tick: 9,
            total_ticks: 100,
            agents_processed: 10,
            has_results: true,
            fault: Some(RunFault { code: "X".to_owned(), message: "y".to_owned(), tick: Some(9), region: None }),
            created_by: "local".to_owned(),
            forked_from: None,
            interruptions: 0,
        };
        let read: RunRecord = codec::decode(&bytes).unwrap();
        assert_eq!(read, wanted);
        assert_eq!(codec::decode::<RunRecord>(&codec::encode(&read).unwrap()).unwrap(), read);
    }

    /// A record as version 1 wrote it: data sets that were added before there were ties are still there.
    #[test]
    fn a_data_set_of_version_1_is_read() {
        let old = DatasetRecordV1 {
            tenant_id: Uuid::from_u128(1),
            name: "counties".to_owned(),
            version: 3,
            data_id: Uuid::from_u128(2),
            content_hash: u128::MAX - 1,
            regions: 3_000,
            borders: 5,
            agents: 1_000_000,
            columns: vec!["opinion".to_owned()],
            bytes: 7,
            parts: vec![PartManifest { index: 0, raw_len: 7, stored_len: 6, crc32: 8 }],
            created_at_ms: 9,
            created_by: "local".to_owned(),
        };
        let mut bytes = 1u16.to_le_bytes().to_vec();
        bytes.extend(bincode::encode_to_vec(old, bincode::config::standard()).unwrap());
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        let read: DatasetRecord = codec::decode(&bytes).unwrap();
        assert_eq!((read.name.as_str(), read.version, read.agents, read.ties), ("counties", 3, 1_000_000, None));
        assert_eq!((read.parts.len(), read.bytes, read.created_by.as_str()), (1, 7, "local"));
        let ties = Some(crate::TiesRecord { count: 6, directed: true, weighted: false });
        let with_ties = DatasetRecord { ties, ..read };
        assert_eq!(codec::decode::<DatasetRecord>(&codec::encode(&with_ties).unwrap()).unwrap(), with_ties);
    }
}
