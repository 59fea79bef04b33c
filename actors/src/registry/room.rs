//! What a run takes, by its record.

use civitas_engine::memory_bytes;
use civitas_store::RunRecord;

use crate::demand::Demand;
use crate::registry::Registry;
use crate::request::from_stored;

impl Registry {
    /// What a run takes, by its record. One whose model is not there any more takes nothing: it ends before it has any.
    pub(super) fn demand(&self, record: &RunRecord) -> Demand {
        let around = &self.surroundings;
        let (partitions, threads) = (around.partitions, around.compute.len());
        let spec = from_stored(&record.spec);
        let bytes = spec.and_then(|spec| memory_bytes(&spec, &around.catalogue, partitions, threads));
        let bytes = bytes.unwrap_or_else(|error| {
            tracing::warn!(run = %record.id, %error, "what a run takes cannot be estimated");
            0
        });
        Demand::new(record, bytes.saturating_add(around.datasets.memory_of(&around.catalogue, record)))
    }
}
