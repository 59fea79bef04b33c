//! What came of writing a snapshot beside a run: who is told what. It writes nothing itself.

use civitas_store::{RunId, StoreError};

use crate::error::RuntimeError;

/// What the recorder answered.
pub(super) type Written = Result<Result<bool, StoreError>, actix::MailboxError>;

/// The same for those who asked for the snapshot.
pub(super) fn told(written: &Written, tick: u32) -> Result<u32, RuntimeError> {
    match written {
        Ok(Ok(true)) => Ok(tick),
        Ok(Ok(false)) => Err(RuntimeError::Overloaded),
        Ok(Err(error)) => Err(error.clone().into()),
        Err(_) => Err(RuntimeError::ShuttingDown),
    }
}

pub(super) fn report_snapshot(run: RunId, tick: u32, written: Written) {
    match written {
        Ok(Ok(true)) => tracing::debug!(%run, tick, "snapshot written"),
        Ok(Ok(false)) => tracing::warn!(%run, tick, "too many snapshots wait; this one is passed over"),
        Ok(Err(error)) => tracing::error!(%run, tick, %error, "snapshot failed"),
        Err(error) => tracing::error!(%run, tick, %error, "the recorder is gone; snapshot lost"),
    }
}
