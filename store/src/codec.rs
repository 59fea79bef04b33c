//! Types to bytes and back: the only place that knows bincode.
//!
//! A stored record is `version: u16 | payload: bincode | crc32: u32`, numbers little-endian, the CRC over all that
//! stands before it. This envelope never changes; the version is the payload's. Decoding must never panic, nor
//! allocate more than [`MAX_DECODE_BYTES`], whatever the bytes are.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::error::DecodeError;
use bincode::{Decode, Encode};

use crate::limits::MAX_DECODE_BYTES;
use crate::old::{DatasetRecordV1, RunRecordV1};
use crate::old_runs::{RunRecordV2, RunRecordV3, SnapshotManifestV1};
use crate::old_runs_4::RunRecordV4;
use crate::{
    BatchRecord, DatasetRecord, EventRecord, KeyRecord, NodeRecord, Result, RunManifest, RunRecord, SnapshotManifest,
    StoreError, StoredTelemetry, TenantRecord,
};

const VERSION_BYTES: usize = 2;
const CRC_BYTES: usize = 4;

const BINCODE: Configuration<LittleEndian, Varint, Limit<MAX_DECODE_BYTES>> =
    bincode::config::standard().with_limit::<MAX_DECODE_BYTES>();

/// A value with the number of bytes that it took.
type Decoded<T> = std::result::Result<(T, usize), DecodeError>;

/// A type with a stored form.
pub(crate) trait Stored: Encode + Decode<()> + Sized {
    /// Names the type in messages.
    const WHAT: &'static str;
    /// The version of its payload that is written, and the newest that is read.
    const VERSION: u16;

    /// The value of an older version's payload, with the number of bytes that it took; `None` for a version that never was.
    fn decode_older(_version: u16, _payload: &[u8]) -> Option<Decoded<Self>> {
        None
    }
}

/// What stands before the chunks of a results document.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct BlobHeader {
    /// Bytes before compression.
    pub(crate) raw_len: u64,
    /// Bytes after compression.
    pub(crate) stored_len: u64,
    /// CRC-32 of the compressed bytes.
    pub(crate) crc32: u32,
}

/// The measured speed of a model.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Speed {
    /// Agent-steps per second.
    pub(crate) agent_steps_per_s: u64,
}

/// By which URL others find a copy of a run's results.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct ResultsUrl {
    pub(crate) url: String,
}

/// The last version that a data set's name was given.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct LastVersion {
    pub(crate) version: u32,
}

macro_rules! stored {
    ($($type:ty, $what:literal, $version:literal;)*) => {
        $(impl Stored for $type {
            const WHAT: &'static str = $what;
            const VERSION: u16 = $version;
        })*
    };
}

stored! {
    BatchRecord, "batch record", 1;
    NodeRecord, "node record", 1;
    EventRecord, "event record", 1;
    RunManifest, "run manifest", 1;
    KeyRecord, "key record", 1;
    TenantRecord, "tenant record", 1;
    BlobHeader, "results header", 1;
    Speed, "speed record", 1;
    LastVersion, "last version", 1;
    ResultsUrl, "URL of results", 1;
    StoredTelemetry, "telemetry record", 1;
}

impl Stored for RunRecord {
    const WHAT: &'static str = "run record";
    const VERSION: u16 = 5;

    fn decode_older(version: u16, payload: &[u8]) -> Option<Decoded<Self>> {
        match version {
            1 => Some(older::<RunRecordV1, _>(payload)),
            2 => Some(older::<RunRecordV2, _>(payload)),
            3 => Some(older::<RunRecordV3, _>(payload)),
            4 => Some(older::<RunRecordV4, _>(payload)),
            _ => None,
        }
    }
}

impl Stored for SnapshotManifest {
    const WHAT: &'static str = "snapshot manifest";
    const VERSION: u16 = 2;

    fn decode_older(version: u16, payload: &[u8]) -> Option<Decoded<Self>> {
        (version == 1).then(|| older::<SnapshotManifestV1, _>(payload))
    }
}

impl Stored for DatasetRecord {
    const WHAT: &'static str = "data set record";
    const VERSION: u16 = 2;

    fn decode_older(version: u16, payload: &[u8]) -> Option<Decoded<Self>> {
        (version == 1).then(|| older::<DatasetRecordV1, _>(payload))
    }
}

/// A payload in the stored form `Old` of an earlier version.
fn older<Old: Decode<()> + Into<T>, T>(payload: &[u8]) -> Decoded<T> {
    let (old, used): (Old, _) = bincode::decode_from_slice(payload, BINCODE)?;
    Ok((old.into(), used))
}

/// The stored form of `value`.
pub(crate) fn encode<T: Stored>(value: &T) -> Result<Vec<u8>> {
    let mut bytes = T::VERSION.to_le_bytes().to_vec();
    bincode::encode_into_std_write(value, &mut bytes, BINCODE)
        .map_err(|error| StoreError::corrupt(T::WHAT, format!("cannot be encoded: {error}")))?;
    let crc = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    Ok(bytes)
}

/// The value whose stored form is `bytes`.
pub(crate) fn decode<T: Stored>(bytes: &[u8]) -> Result<T> {
    let corrupt = |why: String| StoreError::corrupt(T::WHAT, why);
    let short = || corrupt(format!("{} bytes are too few", bytes.len()));
    let (body, crc) = bytes.split_last_chunk::<CRC_BYTES>().ok_or_else(short)?;
    let (version, payload) = body.split_first_chunk::<VERSION_BYTES>().ok_or_else(short)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return Err(corrupt("its checksum does not match".to_owned()));
    }
    let version = u16::from_le_bytes(*version);
    if version > T::VERSION {
        return Err(StoreError::NewerFormat {
            what: T::WHAT.to_owned(),
            found: version.into(),
            known: T::VERSION.into(),
        });
    }
    let decoded = match version == T::VERSION {
        true => bincode::decode_from_slice(payload, BINCODE),
        false => {
            T::decode_older(version, payload).ok_or_else(|| corrupt(format!("there never was a version {version}")))?
        }
    };
    let (value, used) = decoded.map_err(|error| corrupt(format!("cannot be decoded: {error}")))?;
    if used != payload.len() {
        return Err(corrupt(format!("{} bytes are left over", payload.len() - used)));
    }
    Ok(value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn batch(runs: usize) -> BatchRecord {
        BatchRecord {
            id: Uuid::from_u128(1),
            tenant_id: Uuid::from_u128(2),
            project_id: Uuid::from_u128(3),
            run_ids: (0..runs as u128).map(|n| Uuid::from_u128(n << 64)).collect(),
            created_at_ms: 1_700_000_000_000,
        }
    }

    /// The envelope around any payload, with a checksum that fits.
    fn sealed(version: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = version.to_le_bytes().to_vec();
        bytes.extend_from_slice(payload);
        let crc = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Formats of the folder, and the versions of records in it: a civitas that does not know one of them must not open it.
    #[test]
    fn the_folders_format_rises_with_every_record() {
        fn version<T: Stored>() -> (&'static str, u16) {
            (T::WHAT, T::VERSION)
        }
        let versions = [
            version::<RunRecord>(),
            version::<RunManifest>(),
            version::<SnapshotManifest>(),
            version::<BatchRecord>(),
            version::<DatasetRecord>(),
            version::<LastVersion>(),
            version::<TenantRecord>(),
            version::<KeyRecord>(),
            version::<BlobHeader>(),
            version::<Speed>(),
            version::<NodeRecord>(),
            version::<EventRecord>(),
        ];
        let known = [5, 1, 2, 1, 2, 1, 1, 1, 1, 1, 1, 1];
        assert_eq!(
            (crate::limits::STORE_FORMAT, versions.map(|(_, version)| version)),
            (3, known),
            "raise STORE_FORMAT when a version rises, then write both down here: {versions:?}"
        );
    }

    #[test]
    fn a_newer_version_is_named_not_guessed() {
        let mut bytes = encode(&batch(3)).unwrap();
        let payload = bytes[2..bytes.len() - 4].to_vec();
        bytes = sealed(7, &payload);
        match decode::<BatchRecord>(&bytes) {
            Err(StoreError::NewerFormat { found: 7, known: 1, .. }) => {}
            other => panic!("{other:?}"),
        }
        assert!(matches!(decode::<BatchRecord>(&sealed(0, &payload)), Err(StoreError::Corrupt { .. })));
    }

    #[test]
    fn leftover_bytes_are_an_error() {
        let bytes = encode(&Speed { agent_steps_per_s: 5 }).unwrap();
        let mut payload = bytes[2..bytes.len() - 4].to_vec();
        payload.push(0);
        assert!(decode::<Speed>(&sealed(1, &payload)).is_err());
    }

    #[test]
    fn the_longest_records_decode_within_the_limit() {
        let record = batch(30_000);
        let bytes = encode(&record).unwrap();
        assert!(bytes.len() <= crate::limits::MAX_RECORD_BYTES);
        assert_eq!(decode::<BatchRecord>(&bytes).unwrap(), record);
        let part = crate::PartManifest { index: 1 << 20, raw_len: 1 << 28, stored_len: 1 << 27, crc32: u32::MAX };
        let manifest = SnapshotManifest {
            run_id: Uuid::nil(),
            tick: 1,
            created_at_ms: 2,
            engine_version: String::new(),
            spec_hash: 3,
            digest: 4,
            parts: vec![part; 25_000],
            model: String::new(),
            reason: crate::SnapshotReason::Interval,
        };
        let bytes = encode(&manifest).unwrap();
        assert!(bytes.len() <= crate::limits::MAX_RECORD_BYTES);
        assert_eq!(decode::<SnapshotManifest>(&bytes).unwrap(), manifest);
    }

    proptest! {
        #[test]
        fn every_flipped_bit_is_an_error(runs in 0usize..40, at in any::<prop::sample::Index>()) {
            let mut bytes = encode(&batch(runs)).unwrap();
            let bit = at.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(decode::<BatchRecord>(&bytes).is_err());
        }

        #[test]
        fn every_truncation_is_an_error(runs in 0usize..40, at in any::<prop::sample::Index>()) {
            let bytes = encode(&batch(runs)).unwrap();
            prop_assert!(decode::<BatchRecord>(&bytes[..at.index(bytes.len())]).is_err());
        }

        /// Garbage whose checksum fits neither panics nor allocates what its lengths claim.
        #[test]
        fn sealed_garbage_never_panics(payload in prop::collection::vec(any::<u8>(), 0..300)) {
            let bytes = sealed(1, &payload);
            let _ = decode::<BatchRecord>(&bytes);
            let _ = decode::<SnapshotManifest>(&bytes);
            let _ = decode::<RunRecord>(&bytes);
        }

        #[test]
        fn what_is_encoded_is_decoded(runs in 0usize..200) {
            let record = batch(runs);
            prop_assert_eq!(decode::<BatchRecord>(&encode(&record).unwrap()).unwrap(), record);
        }
    }
}
