//! Runs under which the server has ended again and again go on one at a time: so the one that takes it down is found, and those that
//! only ran beside it come to their ends. Only the run whose turn it is counts as interrupted when the server ends once more.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::LOOK_AT_SWITCH;
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
        let begun = assignment.registry.send(BeginTrial(assignment.record.id)).await;
        begun.unwrap_or(Ok(false)).map_err(PartitionFault::Store)?.then_some(()).ok_or(PartitionFault::Stopped)?;
        Ok(Self(Mutex::new(Some(permit))))
    }

    /// The run has a newer snapshot: it gets on.
    pub(super) fn pass(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
