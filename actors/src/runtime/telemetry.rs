//! What a run's telemetry is to hold: settled when the run is created, and read back.

use civitas_engine::TelemetryOptions;
use civitas_store::{RunId, RunRecord, StoredTelemetry};

use super::{NewFork, Runtime};
use crate::error::Result;
use crate::request::NewRun;
use crate::telemetry::{TelemetryChoice, telemetry_options, to_stored};

impl Runtime {
    /// What the telemetry of a run holds; `None` where it has none.
    ///
    /// # Errors
    /// The store's.
    pub fn telemetry(&self, id: RunId) -> Result<Option<TelemetryOptions>> {
        Ok(self.store.telemetry(id)?.map(telemetry_options))
    }

    /// By which URL others find a copy of a run's results; `None` where there is none.
    ///
    /// # Errors
    /// The store's.
    pub fn results_url(&self, id: RunId) -> Result<Option<String>> {
        Ok(self.store.results_url(id)?)
    }

    /// What is to be stored of a new run's telemetry, where it is to have any.
    ///
    /// # Errors
    /// [`crate::RuntimeError::Spec`] for a choice that is out of its bounds.
    pub(super) fn telemetry_of(&self, record: &RunRecord, run: &NewRun) -> Result<Option<(RunId, StoredTelemetry)>> {
        let options = run.execution.telemetry.settled(self.config.telemetry).filter(|_| self.keeps_telemetry);
        options.as_ref().map_or(Ok(()), TelemetryOptions::check)?;
        Ok(options.map(|options| (record.id, to_stored(options))))
    }

    /// The telemetry of a fork: what it does not say is as with its parent.
    pub(super) fn forks_telemetry(&self, fork: &NewFork, parent: RunId) -> Result<TelemetryChoice> {
        Ok(TelemetryChoice::of(fork.telemetry.settled(self.telemetry(parent)?)))
    }
}
