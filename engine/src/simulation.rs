//! A run executed on the calling thread, partition by partition: the kernel without actors. It is the reference
//! that every other way of executing a run must agree with, and the smallest way to use the engine.

use std::sync::Arc;

use crate::audit::{AgentView, PartitionHashes};
use crate::conditions::Conditions;
use crate::coordinator::Coordinator;
use crate::digests::Digests;
use crate::error::{EngineError, Result};
use crate::guard::unless_faulty;
use crate::kernel::{Catalogue, DigestSum, Halo, HaloRequest, PartitionKernel, state_digest};
use crate::outcome::Outcome;
use crate::run::{Plan, World, check_states};
use crate::spec::RunSpec;
use crate::state::PartitionState;
use crate::tally::Tally;
use crate::workflow::{Findings, Task};

/// A run in progress.
pub struct Simulation {
    world: Arc<World>,
    partitions: Vec<Box<dyn PartitionKernel>>,
    coordinator: Coordinator,
}

/// All that is needed to resume a run, in any partitioning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Tick of the state.
    pub tick: u32,
    /// History, from [`Coordinator::save`].
    pub history: Vec<u8>,
    /// The partitions' state.
    pub states: Vec<PartitionState>,
}

impl Simulation {
    /// The run at tick 0, split into at most `partitions` partitions.
    ///
    /// # Errors
    /// [`crate::EngineError`] when the specification is wrong.
    pub fn new(spec: RunSpec, catalogue: &Catalogue, partitions: usize) -> Result<Self> {
        let mut simulation = Self::newborn(spec, catalogue, partitions)?;
        simulation.settle()?;
        Ok(simulation)
    }

    /// The run at tick 0 before its experiment has done anything.
    pub(crate) fn newborn(spec: RunSpec, catalogue: &Catalogue, partitions: usize) -> Result<Self> {
        Self::born(World::new(spec, catalogue)?, partitions)
    }

    fn born(world: Arc<World>, partitions: usize) -> Result<Self> {
        let plan = Plan::cut(&world, partitions);
        unless_faulty(|| {
            let (partitions, start, counts) = make(&world, &plan, 0, None)?;
            let coordinator = Coordinator::new(Arc::clone(&world), start, counts);
            Ok(Self { world, partitions, coordinator })
        })
    }

    /// The run as it was saved, split into at most `partitions` partitions.
    ///
    /// # Errors
    /// [`crate::EngineError`] when the specification is wrong or the saved state is of another run.
    pub fn resume(spec: RunSpec, catalogue: &Catalogue, partitions: usize, saved: Saved) -> Result<Self> {
        let world = World::new(spec, catalogue)?;
        let plan = Plan::cut(&world, partitions);
        let states = check_states(saved.states, &world.layout)?;
        let mut coordinator = unless_faulty(|| Coordinator::restore(Arc::clone(&world), &saved.history))?;
        if coordinator.series().tick() != saved.tick {
            return Err(EngineError::State(format!("its history does not end at tick {}", saved.tick)));
        }
        let (partitions, _, counts) = unless_faulty(|| make(&world, &plan, saved.tick, Some(states)))?;
        coordinator.count(&counts);
        let mut simulation = Self { world, partitions, coordinator };
        simulation.settle()?;
        Ok(simulation)
    }

    /// The last completed tick.
    pub fn tick(&self) -> u32 {
        self.coordinator.series().tick()
    }

    /// Number of partitions.
    pub fn partitions(&self) -> usize {
        self.partitions.len()
    }

    /// Steps one tick, `batch_size` agents at a time, and does what the run's experiment has to do after it.
    ///
    /// # Errors
    /// [`EngineError::Fault`] that the model reports, after which the run is not to be used. None otherwise that a sound kernel
    /// gives; a halo or a tally that does not fit is reported rather than ignored.
    pub fn step(&mut self, batch_size: usize) -> Result<()> {
        self.step_agents(batch_size)?;
        self.settle()
    }

    /// Steps one tick, and leaves the run's experiment where it is.
    pub(crate) fn step_agents(&mut self, batch_size: usize) -> Result<()> {
        unless_faulty(|| {
            let mut sum = self.world.empty_tally();
            for partition in &mut self.partitions {
                while !partition.step_some(self.coordinator.conditions(), batch_size) {}
                sum.merge(partition.tally())?;
            }
            exchange_halos(&mut self.partitions)?;
            self.coordinator.absorb(sum);
            Ok(())
        })
    }

    /// Does what the run's experiment has to do at this tick.
    fn settle(&mut self) -> Result<()> {
        unless_faulty(|| {
            while let Some(task) = self.due() {
                self.perform(task)?;
            }
            Ok(())
        })
    }

    /// What the run's experiment has to do next at this tick; see [`Coordinator::due`].
    pub(crate) fn due(&mut self) -> Option<Task> {
        self.coordinator.due()
    }

    /// Does what was due.
    pub(crate) fn perform(&mut self, task: Task) -> Result<()> {
        let mut findings = Findings::default();
        for partition in &mut self.partitions {
            let found = loop {
                if let Some(found) = partition.act_some(task, self.coordinator.conditions(), usize::MAX) {
                    break found;
                }
            };
            findings.merge(found, || self.world.empty_tally())?;
        }
        if self.world.changes_agents(task) {
            exchange_halos(&mut self.partitions)?;
        }
        self.coordinator.learn(task, findings);
        Ok(())
    }

    /// Steps to the horizon and gives the outcome. Where the impact of a bundle is asked for as the difference from the same
    /// run without it, that one is stepped too.
    ///
    /// # Errors
    /// As [`Simulation::step`].
    pub fn run(&mut self) -> Result<Outcome> {
        self.step_out()?;
        let twin = match self.world.twin()? {
            Some(world) => {
                let mut twin = Self::born(world, self.partitions())?;
                twin.settle()?;
                twin.step_out()?;
                Some(twin)
            }
            None => None,
        };
        let twin = twin.as_ref().map(Self::coordinator);
        Ok(self.coordinator.outcome_beside(Some(self.digest()), twin))
    }

    fn step_out(&mut self) -> Result<()> {
        while self.tick() < self.world.spec.horizon_ticks {
            self.step(usize::MAX)?;
        }
        Ok(())
    }

    /// What all agents share in the next tick: the environment, and the means of every metric at the end of the last one.
    pub fn conditions(&self) -> &Conditions {
        self.coordinator.conditions()
    }

    /// The outcome up to the last completed tick.
    pub fn outcome(&self) -> Outcome {
        self.coordinator.outcome(Some(self.digest()))
    }

    /// The digest of all agents' state.
    pub fn digest(&self) -> u128 {
        let mut sum = DigestSum::default();
        for partition in &self.partitions {
            sum.add(partition.digest());
        }
        let model = &self.world.model;
        state_digest(model.name(), model.version(), self.world.layout.agents(), self.tick(), sum)
    }

    /// What the run has noted of itself.
    pub fn digests(&self) -> Digests {
        self.coordinator.digests()
    }

    /// An agent as it is; `None` for an id that nobody has.
    pub fn agent(&self, id: u32) -> Option<AgentView> {
        self.partitions.iter().find_map(|partition| partition.agent(id))
    }

    /// Hashes of all partitions' blocks, and of their agents where asked for.
    pub(crate) fn hashes(&self, agents: bool) -> Vec<PartitionHashes> {
        self.partitions.iter().map(|partition| partition.hashes(agents)).collect()
    }

    pub(crate) fn world(&self) -> &Arc<World> {
        &self.world
    }

    pub(crate) fn coordinator(&self) -> &Coordinator {
        &self.coordinator
    }

    /// All that is needed to resume.
    pub fn save(&self) -> Saved {
        Saved {
            tick: self.tick(),
            history: self.coordinator.save(),
            states: self.partitions.iter().map(|partition| partition.save()).collect(),
        }
    }
}

/// Partitions at a tick with their halos, the sums over all agents, and what was counted besides.
type Made = (Vec<Box<dyn PartitionKernel>>, Tally, Vec<u64>);

fn make(world: &Arc<World>, plan: &Plan, tick: u32, saved: Option<Arc<[PartitionState]>>) -> Result<Made> {
    let make = |index| world.partition(plan, index, tick, saved.clone());
    let mut partitions = (0..plan.partitions().len()).map(make).collect::<Result<Vec<_>>>()?;
    let (mut start, mut counts) = (world.empty_tally(), world.empty_counts());
    for partition in &mut partitions {
        start.merge(&partition.measure())?;
        for (sum, part) in counts.iter_mut().zip(partition.counts()) {
            *sum += part;
        }
    }
    exchange_halos(&mut partitions)?;
    Ok((partitions, start, counts))
}

/// Every partition with every other.
fn pairs(partitions: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..partitions).flat_map(move |to| (0..partitions).filter(move |&from| from != to).map(move |from| (to, from)))
}

/// Hands every partition the values that it asks of the others.
fn exchange_halos(partitions: &mut [Box<dyn PartitionKernel>]) -> Result<()> {
    let mut halos = Vec::new();
    for (to, from) in pairs(partitions.len()) {
        let Ok([receiver, sender]) = partitions.get_disjoint_mut([to, from]) else { continue };
        let request = &receiver.requests()[from];
        if *request != HaloRequest::Nothing {
            let (values, mail) = (sender.halo_for(request), sender.mail_for(to));
            halos.push((to, Halo { from, exchange: sender.exchange(), values, mail }));
        }
    }
    for (to, halo) in halos {
        partitions[to].receive(&halo)?;
    }
    Ok(())
}
