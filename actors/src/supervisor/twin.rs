//! A run's twin: the same run without a bundle of events, stepped from tick 0 once the run itself has come to its horizon, with
//! partitions of its own beside those of the run. Only the sums of its last tick are wanted, so that nothing of it is kept: a run
//! that goes on after a crash steps its twin anew, to the same sums. Whether it may go on is its callers' matter.

use civitas_engine::{Coordinator, World, guarded};

use crate::messages::PartitionFault;
use crate::supervisor::crew::Crew;
use crate::supervisor::prepare::begin;
use crate::supervisor::{Assignment, Surroundings};

/// A twin on its way.
pub(super) struct Twin {
    crew: Crew,
    run: Coordinator,
}

impl Twin {
    /// The twin of a run at tick 0; `None` for a run without.
    pub(super) async fn begin(
        surroundings: &Surroundings,
        assignment: &Assignment,
        world: &World,
    ) -> Result<Option<Self>, PartitionFault> {
        let Some(world) = world.twin().map_err(PartitionFault::Engine)? else { return Ok(None) };
        let (crew, run) = begin(surroundings, assignment, &world).await?;
        Ok(Some(Self { crew, run }))
    }

    /// Does what is next: what is due between two ticks, or a tick; `false` at the horizon.
    pub(super) async fn goes_on(&mut self) -> Result<bool, PartitionFault> {
        let due = guarded(|| self.run.due()).map_err(PartitionFault::between_ticks)?;
        if due.is_none() && self.run.series().tick() >= self.run.world().spec.horizon_ticks {
            return Ok(false);
        }
        let done = match due {
            Some(task) => {
                let findings = self.crew.act(task, self.run.conditions()).await?;
                guarded(|| self.run.learn(task, findings))
            }
            None => {
                let tally = self.crew.step(self.run.conditions()).await?;
                guarded(|| self.run.absorb(tally))
            }
        };
        done.map(|()| true).map_err(PartitionFault::between_ticks)
    }

    /// Bytes that its partitions hold.
    pub(super) fn bytes(&self) -> u64 {
        self.crew.bytes()
    }

    /// What it came to.
    pub(super) fn history(&self) -> &Coordinator {
        &self.run
    }
}
