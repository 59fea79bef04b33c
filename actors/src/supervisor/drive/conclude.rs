//! The end of a run's ticks: what is made of it once it has come to its horizon, or to a stop before. Owns the order: the digest of
//! all state, then the run's twin where it has one, then the results.

use super::ActiveRun;
use crate::control::StopReason;
use crate::lifecycle::{Ending, RunEnd};
use crate::messages::PartitionFault;
use crate::supervisor::ending;
use crate::supervisor::twin::Twin;
use civitas_store::SnapshotReason;

/// How a run ended, with the digest of its state and its twin where it came to its horizon.
type Concluded = (Ending, Option<u128>, Option<Twin>);

impl ActiveRun {
    /// Steps the run to its end, and its twin after it.
    pub(super) async fn ticked_out(&mut self) -> RunEnd {
        let ticked = self.tick_until_stopped().await;
        // Of the run alone.
        let speed = self.speed();
        let rests = ticked.as_ref().is_ok_and(|ending| *ending != Ending::Completed);
        let concluded = match ticked {
            // The digest is part of the results: a run without one has not succeeded.
            Ok(Ending::Completed) => self.at_its_horizon().await,
            Ok(ending) => Ok((ending, None, None)),
            Err(fault) => Err(fault),
        };
        let (ending, digest, twin) = concluded
            .unwrap_or_else(|fault| (ending::from_fault(&self.assignment, fault, Some(&self.coordinator)), None, None));
        if !rests {
            self.publish(true);
        }
        let twin = twin.as_ref().map(Twin::history);
        let id = self.assignment.record.id;
        ending::of(id, ending, Some(&self.coordinator), (digest, twin), &self.watch, speed)
    }

    async fn at_its_horizon(&mut self) -> Result<Concluded, PartitionFault> {
        let (digest, _) = self.crew.save(self.tick(), false).await?;
        self.publish(true);
        if self.coordinator.world().spec.attributed().is_none() {
            return Ok((Ending::Completed, Some(digest), None));
        }
        // All that is left is the twin: whoever goes on from here has come further.
        self.snapshot_beside(SnapshotReason::Interval).await?;
        let mut stepped = None;
        match self.twin(&mut stepped).await {
            Ok(()) => Ok((Ending::Completed, Some(digest), stepped)),
            // The run is kept as it is, and steps its twin when it goes on.
            Err(PartitionFault::Stopped) if self.assignment.control.reason() != Some(StopReason::Deadline) => {
                let reason = self.assignment.control.reason().ok_or(PartitionFault::Stopped)?;
                let ending = self.rest(reason).await.ok_or(PartitionFault::Stopped)?;
                Ok((ending, None, None))
            }
            Err(fault) => {
                let twin = stepped.as_ref().map(Twin::history);
                let ending = ending::from_fault(&self.assignment, fault, twin);
                Ok((ending::in_twin(ending), None, None))
            }
        }
    }

    /// Steps the run's twin to the horizon; it is in `stepped` as far as it has come.
    async fn twin(&mut self, stepped: &mut Option<Twin>) -> Result<(), PartitionFault> {
        *stepped = Twin::begin(&self.surroundings, &self.assignment, self.coordinator.world()).await?;
        let Some(twin) = stepped else { return Ok(()) };
        loop {
            self.crew.within(self.surroundings.max_run_memory_bytes, twin.bytes())?;
            self.mind_deadline();
            if self.assignment.control.reason().is_some() {
                return Err(PartitionFault::Stopped);
            }
            if self.assignment.control.snapshots_wanted() > 0 {
                self.snapshot_beside(SnapshotReason::Requested).await?;
            }
            if !twin.goes_on().await? {
                return Ok(());
            }
        }
    }

    /// The registry's timer knows of this life only; time used up before a restart counts too.
    pub(super) fn mind_deadline(&self) {
        if u128::from(self.watch.total_ms()) >= self.surroundings.max_run_time.as_millis() {
            self.assignment.control.stop(StopReason::Deadline);
        }
    }
}
