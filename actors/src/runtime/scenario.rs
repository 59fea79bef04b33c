//! What is kept of a run's specification beside its record, which must stay small: the workflow of an experiment, the
//! effects of a scenario, and the cast of a run that names agents. Owns which documents there are; what stands in them is the engine's.

use civitas_engine::{Cast, Effect, effects_to_bytes};
use civitas_store::{Change, RunRecord};

use super::Runtime;
use crate::error::Result;
use crate::request::NewRun;
use crate::supervisor::{cast_of, effects_of};

impl Runtime {
    /// The effects of a run's scenario. Waits for the disk.
    ///
    /// # Errors
    /// [`crate::RuntimeError::Store`] where they cannot be read.
    pub fn effects(&self, record: &RunRecord) -> Result<Vec<Effect>> {
        effects_of(record, self.store.as_ref())
    }

    /// The named agents of a run; `None` for one that has none. Waits for the disk.
    ///
    /// # Errors
    /// [`crate::RuntimeError::Store`] where they cannot be read.
    pub fn cast(&self, record: &RunRecord) -> Result<Option<Cast>> {
        cast_of(record, self.store.as_ref())
    }

    /// What is stored beside a run's record: the workflow of one that is an experiment, the effects of its scenario, the cast of
    /// one that names agents, and what its telemetry is to hold.
    ///
    /// # Errors
    /// [`crate::RuntimeError::Spec`] for a choice of telemetry that is out of its bounds.
    pub(super) fn documents_of(&self, record: &RunRecord, run: &NewRun) -> Result<Vec<Change>> {
        let workflow = run.spec.workflow.as_ref().map(|workflow| Change::PutWorkflow(record.id, workflow.to_bytes()));
        let effects = (!run.spec.effects.is_empty()).then(|| effects_to_bytes(&run.spec.effects));
        let effects = effects.map(|bytes| Change::PutEffects(record.id, bytes));
        let cast = run.spec.cast.as_ref().map(|cast| Change::PutCast(record.id, cast.to_bytes()));
        let telemetry = self.telemetry_of(record, run)?.map(|(id, held)| Change::PutTelemetry(id, held));
        Ok(workflow.into_iter().chain(effects).chain(cast).chain(telemetry).collect())
    }
}
