//! The end of a runtime: in its own time, or within a given one.

use std::sync::PoisonError;
use std::time::Duration;

use civitas_store::RunId;

use super::Runtime;
use crate::error::Result;
use crate::limits::LAST_MOMENT;
use crate::messages::ShutDown;

impl Runtime {
    /// Ends the actors: takes no more work, snapshots runs in progress, which go on when a runtime is next started on
    /// the store, and returns when every thread is done. The store stays open.
    ///
    /// # Errors
    /// None today. A second call waits for the first.
    pub async fn shutdown(&self) -> Result<()> {
        self.begin_shutdown(None).await;
        // A control thread that is gone has stopped.
        let _ = self.stopped.clone().wait_for(|stopped| *stopped).await;
        Ok(())
    }

    /// The same within a time, or half a second later where threads do not come to an end. Gives the runs that could not be
    /// suspended within it: they go on from the newest snapshot that they have, as after a crash, but it does not count as one.
    /// Threads of this runtime may then still be busy; end the program.
    pub async fn shutdown_within(&self, limit: Duration) -> Vec<RunId> {
        let left = self.begin_shutdown(Some(limit)).await;
        let mut stopped = self.stopped.clone();
        let ended = stopped.wait_for(|stopped| *stopped);
        if tokio::time::timeout(LAST_MOMENT, ended).await.is_err() {
            tracing::warn!("threads of the runtime are still busy when its time is over");
        }
        left
    }

    async fn begin_shutdown(&self, within: Option<Duration>) -> Vec<RunId> {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(stop) = stop else { return Vec::new() };
        // A registry that is gone has nothing left to suspend.
        let left = self.registry.send(ShutDown { within }).await.unwrap_or_default();
        // Nobody listens where the control thread is gone.
        let _ = stop.send(());
        left
    }
}
