//! Watching from outside: the latest of something that changes, and word of every change.

use tokio::sync::watch;

use crate::request::Progress;

/// A run's progress, or how a verification stands, as it changes. Dropping it ends the watch.
#[derive(Clone)]
pub struct Watch<T = Progress> {
    pub(super) channel: watch::Receiver<T>,
}

impl<T: Clone> Watch<T> {
    /// The latest state.
    pub fn latest(&mut self) -> T {
        self.channel.borrow_and_update().clone()
    }

    /// Waits for a state newer than the last one returned by this or [`Watch::latest`]; `None` when there will be
    /// none, because the run has ended or the runtime stops.
    pub async fn changed(&mut self) -> Option<T> {
        self.channel.changed().await.ok()?;
        Some(self.latest())
    }
}
