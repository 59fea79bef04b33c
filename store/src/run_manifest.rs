//! What the store keeps of a run for anyone to check it by: who executed it, of what, and which digests it had on the way.
//! What the run's record says already does not stand here again. Plain structs in the store's own words, like `types`.

use bincode::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::disk::Disk;
use crate::limits::MAX_RUN_MANIFEST_BYTES;
use crate::{Result, RunId, StoreError, blobs, codec, keys};

/// What a run has noted of itself up to its end, or to the pause that it is in. Written with its results.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct RunManifest {
    /// The run.
    #[bincode(with_serde)]
    pub run_id: RunId,
    /// Version of the civitas that executed its last tick.
    pub civitas_version: String,
    /// Version of its engine.
    pub engine_version: String,
    /// The machine that it was built for, as Rust names it.
    pub target: String,
    /// The engine's version of results: another one may give others for the same specification.
    pub results_version: u32,
    /// Version of the model.
    pub model_version: String,
    /// Every parameter of the model, defaults included, by name in rising order.
    pub parameters: Vec<(String, f64)>,
    /// Hash of what is in the data set.
    pub dataset_fingerprint: u64,
    /// Hash of the run's specification, as snapshots have it.
    pub spec_hash: u64,
    /// Where the run stood when this was written.
    pub end: RunPosition,
    /// The tick of the first digest.
    pub first_tick: u32,
    /// One per tick up to the end.
    pub tick_digests: Vec<u64>,
    /// Digests of all agents' state, rising.
    pub state_digests: Vec<RunStateDigest>,
    /// SHA-256 of the results document that was stored with this.
    pub results_sha256: [u8; 32],
}

/// How far a run has come; the order is that of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct RunPosition {
    /// The last completed tick.
    pub tick: u32,
    /// Steps of the workflow that are done.
    pub steps: u32,
    /// Ticks whose metrics have been extracted: all below this one.
    pub extracted_below: u32,
}

/// A digest of all agents' state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RunStateDigest {
    /// When it was taken.
    pub at: RunPosition,
    /// The digest, as snapshots have it.
    pub digest: u128,
}

impl RunManifest {
    /// True when there is a digest for every tick from the first up to the end.
    pub fn is_whole(&self) -> bool {
        let last = u64::from(self.first_tick) + self.tick_digests.len() as u64;
        !self.tick_digests.is_empty() && last == u64::from(self.end.tick) + 1
    }
}

/// The hash of a results document that stands in its run's manifest.
pub fn results_sha256(document: &[u8]) -> [u8; 32] {
    Sha256::digest(document).into()
}

/// Reads a run's manifest.
pub(crate) fn read(disk: &Disk, run: RunId) -> Result<Option<RunManifest>> {
    let what = format!("manifest of run {run}");
    let joined = {
        let _reading = disk.reading_chunked();
        blobs::join(&disk.state, &keys::run_manifest(run), 0, MAX_RUN_MANIFEST_BYTES, &what)?
    };
    let Some(bytes) = joined else { return Ok(None) };
    let manifest: RunManifest = codec::decode(&bytes)?;
    if manifest.run_id != run {
        return Err(StoreError::corrupt(what, format!("it is of run {}", manifest.run_id)));
    }
    Ok(Some(manifest))
}
