//! A run that is executed again on the calling thread, moment by moment, with the hashes that an audit of it holds: what a
//! recorded audit is compared with, and where an agent is looked at when it differs.

use std::sync::Arc;

use crate::World;
use crate::audit::{AgentView, AuditEntry, Chronicle, Moment};
use crate::error::Result;
use crate::guard::unless_faulty;
use crate::kernel::Catalogue;
use crate::simulation::Simulation;
use crate::spec::RunSpec;

/// A run in progress that gives the entries of its audit one by one.
pub struct Replay {
    simulation: Simulation,
    chronicle: Chronicle,
    /// Agents stepped at a time; never changes an entry.
    batch_size: usize,
    agents: bool,
    begun: bool,
}

impl Replay {
    /// The run before its first moment, split into at most `partitions` partitions; `agents` asks for a hash of every
    /// agent.
    ///
    /// # Errors
    /// [`crate::EngineError`] when the specification is wrong.
    pub fn new(spec: RunSpec, catalogue: &Catalogue, partitions: usize, agents: bool) -> Result<Self> {
        let simulation = Simulation::newborn(spec, catalogue, partitions)?;
        Ok(Self { simulation, chronicle: Chronicle::default(), batch_size: usize::MAX, agents, begun: false })
    }

    /// The same, stepping this many agents at a time.
    pub fn in_batches(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// The run.
    pub fn world(&self) -> &Arc<World> {
        self.simulation.world()
    }

    /// Goes on to the next moment; `None` at the end of the run.
    ///
    /// # Errors
    /// As [`Simulation::step`].
    pub fn next_entry(&mut self) -> Result<Option<AuditEntry>> {
        if !std::mem::replace(&mut self.begun, true) {
            return self.entry(Moment::Tick).map(Some);
        }
        loop {
            // Whatever partitions have no part in is done by asking what is due; asked again, the answer is the same.
            let task = unless_faulty(|| Ok(self.simulation.due()))?;
            if let Some(entry) = self.chronicle.environment(self.simulation.coordinator()) {
                return Ok(Some(entry));
            }
            match task {
                Some(task) => {
                    unless_faulty(|| self.simulation.perform(task))?;
                    if let Some(moment) = self.world().changed_at(task) {
                        return self.entry(moment).map(Some);
                    }
                }
                None if self.simulation.tick() >= self.world().spec.horizon_ticks => return Ok(None),
                None => {
                    self.simulation.step_agents(self.batch_size)?;
                    return self.entry(Moment::Tick).map(Some);
                }
            }
        }
    }

    /// An agent as it is at the last moment; `None` for an id that nobody has.
    pub fn agent(&self, id: u32) -> Option<AgentView> {
        self.simulation.agent(id)
    }

    fn entry(&mut self, moment: Moment) -> Result<AuditEntry> {
        let parts = self.simulation.hashes(self.agents);
        self.chronicle.state(self.simulation.coordinator(), moment, parts)
    }
}
