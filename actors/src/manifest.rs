//! From what a run has noted of itself to the manifest that is stored with its results. It must not decide what is noted:
//! that is the engine's matter.

use civitas_engine::{Coordinator, MAX_STATE_DIGESTS, MAX_WORKFLOW_TICKS, Position};
use civitas_store::limits::MAX_RUN_MANIFEST_BYTES;
use civitas_store::{RunId, RunManifest, RunPosition, RunStateDigest, results_sha256};

/// Bytes of a tick's digest as it is stored, at the most.
const TICK_BYTES: usize = 9;
/// Bytes of a digest of all state as it is stored, at the most.
const STATE_BYTES: usize = 3 * 5 + 17;
/// Bytes of all the rest, generously.
const REST_BYTES: usize = 64 * 1024;

// The manifest of the longest run can be stored, or it could not end.
const _: () = assert!(
    TICK_BYTES * (MAX_WORKFLOW_TICKS as usize + 1) + STATE_BYTES * (MAX_STATE_DIGESTS + 1) + REST_BYTES
        <= MAX_RUN_MANIFEST_BYTES
);

/// The manifest of a run that ends, or rests, as it is now and with these results. `digest` is that of all state, where it is
/// known.
pub(crate) fn of(id: RunId, run: &Coordinator, results: &[u8], digest: Option<u128>) -> RunManifest {
    let (world, noted, end) = (run.world(), run.digests(), position(run.position()));
    let mut state_digests: Vec<_> = noted
        .states
        .iter()
        .map(|noted| RunStateDigest { at: position(noted.at), digest: noted.digest })
        .filter(|noted| noted.at != end || digest.is_none())
        .collect();
    state_digests.extend(digest.map(|digest| RunStateDigest { at: end, digest }));
    RunManifest {
        run_id: id,
        civitas_version: env!("CARGO_PKG_VERSION").to_owned(),
        engine_version: civitas_engine::VERSION.to_owned(),
        target: civitas_engine::TARGET.to_owned(),
        results_version: world.results_version(),
        model_version: world.model.version().to_owned(),
        parameters: world.model.parameters().iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        dataset_fingerprint: world.dataset.fingerprint(),
        spec_hash: world.fingerprint(),
        end,
        first_tick: noted.first_tick,
        tick_digests: noted.ticks,
        state_digests,
        results_sha256: results_sha256(results),
    }
}

/// A position as it is stored.
pub(crate) fn position(at: Position) -> RunPosition {
    RunPosition { tick: at.tick, steps: at.steps, extracted_below: at.extracted_below }
}
