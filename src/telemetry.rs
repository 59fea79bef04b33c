//! Telemetry as the program has it: the place for objects that its settings name, with what the environment says of it, and by
//! which names answers refer to what lies there. What is kept there is [`civitas_telemetry`]'s affair.

use civitas_actors::Telemetry;
use civitas_telemetry::{Objects, Reader, Recorder, TelemetryError, telemetry_folder};
use std::sync::Arc;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::settings::Settings;

/// What variables of the environment start with that object stores know.
const OBJECT_STORES: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];
/// The folder for objects in the data folder.
const FOLDER: &str = "objects";

/// Where telemetry and results lie by the settings, as a person would name it.
pub fn lies_in(settings: &Settings) -> String {
    match settings.telemetry.url.as_str() {
        "" => settings.store.data_dir.join(FOLDER).display().to_string(),
        url => url.to_owned(),
    }
}

/// The place for telemetry and results.
#[derive(Clone)]
pub struct Place(Reader);

impl Place {
    /// The place that the settings name.
    ///
    /// # Errors
    /// [`Error::Settings`] for a place that cannot be used.
    pub fn open(settings: &Settings) -> Result<Self> {
        let known = |name: &str| OBJECT_STORES.iter().any(|prefix| name.starts_with(prefix));
        // A variable that is not Unicode cannot be meant.
        let environment = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let options: Vec<_> = environment
            .filter(|(name, _)| known(name))
            .filter_map(|(name, value)| Some((name.to_lowercase(), value.into_string().ok()?)))
            .collect();
        let folder = std::path::absolute(settings.store.data_dir.join(FOLDER));
        let folder = folder.map_err(|error| Error::io("cannot find the data folder", error))?;
        let objects = Objects::open(&settings.telemetry.url, &folder, &options).map_err(|error| {
            let hint = "leave telemetry.url empty, or name a folder as file:///FOLDER; docs/operations.md has more";
            Error::settings(error.to_string(), hint)
        })?;
        objects.leave(settings.store.reserve_mib << 20);
        Ok(Self(Reader::new(objects)))
    }

    /// Refuses a place on another machine that says that there is no such bucket, or that it is not for this program. One that does
    /// not answer may do so later, so it is logged.
    ///
    /// # Errors
    /// [`Error::Settings`] with what the place says.
    pub async fn check(&self) -> Result<()> {
        match self.0.objects().look().await {
            Err(refused @ TelemetryError::Refused(_)) => Err(Error::settings(
                refused.to_string(),
                "is this the bucket, and do AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION open it, or for az: \
                 AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY? docs/operations.md has more",
            )),
            Err(error) => {
                tracing::warn!(%error, "the place for telemetry does not answer; a run has telemetry if it does when the run begins");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// What the runtime is given, to keep telemetry there.
    pub fn recorder(&self) -> Arc<dyn Telemetry> {
        Arc::new(Recorder::new(self.0.objects().clone()))
    }

    /// Who reads there.
    pub fn reader(&self) -> &Reader {
        &self.0
    }

    /// Where a run's telemetry is: below the API, or in an object store that others reach.
    pub fn telemetry_ref(&self, run: Uuid) -> String {
        let folder = format!("{}/", telemetry_folder(run));
        self.0.objects().url_of(&folder).unwrap_or_else(|| format!("/api/v1/telemetry/{run}"))
    }
}
