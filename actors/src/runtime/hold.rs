//! What a user does to a run in progress without ending it: pause it, have it go on, have a snapshot taken. And what a program
//! does that has not taken over the runs of its store, but wants one of them.

use civitas_store::{RunId, RunRecord, SnapshotManifest, TenantId};

use super::Runtime;
use crate::error::{Result, RuntimeError};
use crate::messages::{PauseRun, Recover, ResumeRun, TakeSnapshot};
use crate::request::StartedRun;

impl Runtime {
    /// Takes over one run that another runtime left on this store, where this one was told to leave them alone
    /// ([`crate::RuntimeConfig::recover`]): one that was interrupted goes on, one that is queued or paused can be started or
    /// resumed.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::AlreadyEnded`], or [`RuntimeError::Store`] where the disk has too little room.
    pub async fn take_over(&self, tenant: TenantId, id: RunId) -> Result<RunRecord> {
        let record = self.stored(tenant, id)?;
        if record.status.is_terminal() {
            return Err(RuntimeError::AlreadyEnded(id, record.status));
        }
        if !self.config.recover {
            self.store.room()?;
            self.ask(Recover(vec![record.clone()])).await?;
        }
        Ok(record)
    }

    /// Pauses a running run after the tick in progress: its place is free for another, and it stays paused, over restarts
    /// too, until it is resumed or cancelled. The pause and, where there was room for one, a snapshot are on the disk when this
    /// returns; without one it goes on from an older state, to the same end.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::AlreadyEnded`] when it reached its end first, or
    /// [`RuntimeError::WrongStatus`] for a queued or paused run.
    pub async fn pause(&self, tenant: TenantId, id: RunId) -> Result<RunRecord> {
        let message = PauseRun { tenant_id: tenant, run_id: id };
        self.ask(message).await?
    }

    /// Has a paused run go on; that it runs is on the disk when this returns.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::AlreadyRunning`], [`RuntimeError::AlreadyEnded`],
    /// [`RuntimeError::WrongStatus`] for a queued run, or [`RuntimeError::Quota`] when there is no place.
    pub async fn resume(&self, tenant: TenantId, id: RunId) -> Result<StartedRun> {
        let message = ResumeRun { tenant_id: tenant, run_id: id };
        self.ask(message).await?
    }

    /// Takes a snapshot of a running run after the tick in progress; it is on the disk when this returns, and is kept as
    /// long as the run.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::AlreadyEnded`], [`RuntimeError::WrongStatus`] for a run that does not
    /// run, or [`RuntimeError::Overloaded`] where too many wait.
    pub async fn take_snapshot(&self, tenant: TenantId, id: RunId) -> Result<SnapshotManifest> {
        let message = TakeSnapshot { tenant_id: tenant, run_id: id };
        let tick = match self.ask(message).await? {
            // It may have come to its end meanwhile, which says more.
            Err(RuntimeError::AlreadyRunning(_)) => {
                let status = self.stored(tenant, id)?.status;
                let ended = status.is_terminal();
                Err(if ended { RuntimeError::AlreadyEnded(id, status) } else { RuntimeError::AlreadyRunning(id) })
            }
            told => told,
        }?;
        let taken = self.store.snapshots(id)?.into_iter().find(|manifest| manifest.tick == tick);
        taken.ok_or(RuntimeError::Overloaded)
    }
}
