//! Runs under which the server has ended again and again go on one at a time: so the one that takes it down is found, and those that
//! only ran beside it come to their ends. Only the run whose turn it is counts as interrupted when the server ends once more.

use std::sync::{Mutex, PoisonError};

use civitas_store::StoreError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{LOOK_AT_SWITCH, ROOM_PAUSE};
use crate::messages::{BeginTrial, PartitionFault};
use crate::supervisor::{Assignment, Surroundings, retry};

/// A run's turn to be the one that is tried, where it has to be; given back when it has shown that it gets on, or has ended.
#[derive(Debug, Default)]
pub(super) struct Trial(Mutex<Option<OwnedSemaphorePermit>>);

impl Trial {
    /// Waits for the run's turn where it needs one. That it runs is on the disk when this returns.
    ///
    /// # Errors
    /// [`PartitionFault::Stopped`] where it is told to stop meanwhile, [`PartitionFault::Store`].
    pub(super) async fn begin(surroundings: &Surroundings, assignment: &Assignment) -> Result<Self, PartitionFault> {
        if !assignment.on_trial {
            return Ok(Self::default());
        }
        let permit = loop {
            match Semaphore::try_acquire_owned(surroundings.trial.clone()) {
                Ok(permit) => break permit,
                Err(_) if retry::wait(&surroundings.clock, &assignment.control, LOOK_AT_SWITCH).await => {}
                Err(_) => return Err(PartitionFault::Stopped),
            }
        };
        loop {
            match assignment.registry.send(BeginTrial(assignment.record.id)).await.unwrap_or(Ok(false)) {
                Ok(true) => return Ok(Self(Mutex::new(Some(permit)))),
                // That waits, as ends do.
                Err(StoreError::NoRoom { .. })
                    if retry::wait(&surroundings.clock, &assignment.control, ROOM_PAUSE).await => {}
                Ok(false) | Err(StoreError::NoRoom { .. }) => return Err(PartitionFault::Stopped),
                Err(error) => return Err(PartitionFault::Store(error)),
            }
        }
    }

    /// The run has a newer snapshot: it gets on.
    pub(super) fn pass(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
