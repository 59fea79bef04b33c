//! What anyone may do to check a run: read what it noted of itself, and have it executed again and compared.

use civitas_engine::{Cast, Effect, results_version};
use civitas_store::{DatasetKey, DatasetRecord, RunId, RunManifest, RunRecord, TenantId};

use super::{Runtime, Watch};
use crate::control::StopReason;
use crate::datasets::VERSION_PLACE;
use crate::error::{Result, RuntimeError};
use crate::limits::REQUEST_TIMEOUT;
use crate::messages::StartVerification;
use crate::verification::Verification;

/// A run with what it noted of itself.
#[derive(Clone, Debug)]
pub struct ManifestedRun {
    /// The run: ended, or paused.
    pub record: RunRecord,
    /// What it noted.
    pub manifest: RunManifest,
    /// Its data set; `None` where a program that embeds the runtime brought it along.
    pub dataset: Option<DatasetRecord>,
    /// The effects of its scenario.
    pub effects: Vec<Effect>,
    /// The agents that it names.
    pub cast: Option<Cast>,
}

impl Runtime {
    /// The manifest of a run that has ended or is paused.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::ManifestNotReady`] while it waits or runs, [`RuntimeError::NoManifest`]
    /// when it ended before its first tick, or before there were manifests.
    pub async fn manifest(&self, tenant: TenantId, id: RunId) -> Result<ManifestedRun> {
        let record = self.run(tenant, id).await?;
        if !record.has_results {
            return Err(match record.status.is_terminal() {
                true => RuntimeError::NoManifest(id),
                false => RuntimeError::ManifestNotReady(id, record.status),
            });
        }
        let runtime = self.clone();
        let read = tokio::task::spawn_blocking(move || {
            let manifest = runtime.store.run_manifest(id)?.ok_or(RuntimeError::NoManifest(id))?;
            let dataset = runtime.dataset_of(&record)?;
            let (effects, cast) = (runtime.effects(&record)?, runtime.cast(&record)?);
            Ok(ManifestedRun { record, manifest, dataset, effects, cast })
        });
        read.await.map_err(|_| RuntimeError::ShuttingDown)?
    }

    /// Executes a run that has ended or is paused again, on this runtime's threads and partitions, and compares it tick by
    /// tick with its manifest. Returns when that has begun; where one of this run goes on already, that is meant. It takes
    /// the place of a run and as long as a run may take, changes nothing, and is lost when the runtime ends.
    ///
    /// # Errors
    /// As [`Runtime::manifest`]; [`RuntimeError::OtherResults`] or [`RuntimeError::Spec`] where this program has not what made
    /// the run, [`RuntimeError::Quota`] when there is no place.
    pub async fn verify(&self, tenant: TenantId, id: RunId) -> Result<Verification> {
        let found = self.manifest(tenant, id).await?;
        let runtime = self.clone();
        let checked = tokio::task::spawn_blocking(move || {
            runtime.check_verifiable(&found)?;
            Result::Ok(found)
        });
        let ManifestedRun { record, manifest, .. } = checked.await.map_err(|_| RuntimeError::ShuttingDown)??;
        let message = StartVerification { record: Box::new(record), manifest: Box::new(manifest) };
        self.ask(message).await?
    }

    /// Where the latest verification of a run stands.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::NoVerification`] where there was none since the runtime started.
    pub fn verification(&self, tenant: TenantId, id: RunId) -> Result<Verification> {
        self.stored(tenant, id)?;
        self.verifications.latest(id).ok_or(RuntimeError::NoVerification(id))
    }

    /// Watches the latest verification of a run.
    ///
    /// # Errors
    /// As [`Runtime::verification`].
    pub fn watch_verification(&self, tenant: TenantId, id: RunId) -> Result<Watch<Verification>> {
        self.stored(tenant, id)?;
        let channel = self.verifications.subscribe(id).ok_or(RuntimeError::NoVerification(id))?;
        Ok(Watch { channel })
    }

    /// Waits until the latest verification of a run has ended.
    ///
    /// # Errors
    /// As [`Runtime::verification`].
    pub async fn verified(&self, tenant: TenantId, id: RunId) -> Result<Verification> {
        let mut watch = self.watch_verification(tenant, id)?;
        let mut latest = watch.latest();
        while !latest.state.has_ended() {
            // One that was put in its place by another has ended.
            latest = watch.changed().await.ok_or(RuntimeError::NoVerification(id))?;
        }
        Ok(latest)
    }

    /// Gives up a verification that goes on; returns when it has stopped, or goes on still after the time that a
    /// request may take: model code that does not come back cannot be stopped. One that has ended is left as it is.
    ///
    /// # Errors
    /// As [`Runtime::verification`].
    pub async fn cancel_verification(&self, tenant: TenantId, id: RunId) -> Result<Verification> {
        self.stored(tenant, id)?;
        // Nothing of it is kept, so that its tick need not come to its end.
        self.verifications.stop(id, StopReason::Abandon);
        match tokio::time::timeout(REQUEST_TIMEOUT, self.verified(tenant, id)).await {
            Ok(stopped) => stopped,
            Err(_) => self.verification(tenant, id),
        }
    }

    /// The data set of a stored run, where it is bundled or in the store.
    fn dataset_of(&self, record: &RunRecord) -> Result<Option<DatasetRecord>> {
        let name = record.spec.dataset.clone();
        if let Ok(bundled) = self.datasets.versions(record.tenant_id, &name)
            && bundled.first().is_some_and(|bundled| bundled.version == 0)
        {
            return Ok(bundled.into_iter().next());
        }
        if self.catalogue.dataset(&name).is_ok() {
            return Ok(None);
        }
        let Ok(version) = record.spec.versions[VERSION_PLACE].parse() else { return Ok(None) };
        Ok(self.store.dataset(&DatasetKey { tenant_id: record.tenant_id, name, version })?)
    }

    /// Refuses what cannot be expected to give the same here.
    fn check_verifiable(&self, found: &ManifestedRun) -> Result<()> {
        let ManifestedRun { record, manifest, .. } = found;
        let other = |what: String| Err(RuntimeError::OtherResults(record.id, what));
        let (theirs, ours) = (manifest.results_version, results_version(found.cast.as_ref(), &found.effects));
        if theirs != ours {
            return other(format!("results of version {theirs}, and this engine gives version {ours}"));
        }
        let name = &record.spec.model;
        let card = self.catalogue.card(name)?;
        if card.version != manifest.model_version {
            let theirs = &manifest.model_version;
            return other(format!("version {theirs} of the model {name}, and here it has version {}", card.version));
        }
        let catalogue = self.datasets.catalogue_of(&self.catalogue, record)?;
        let dataset = catalogue.dataset(&record.spec.dataset)?;
        if dataset.fingerprint() != manifest.dataset_fingerprint {
            return other(format!("other data than there are here under the name {}", dataset.name()));
        }
        Ok(())
    }
}
