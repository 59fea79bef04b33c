//! A run's partitions as one: a message to each, in order of index, and the answers of all.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, Addr};
use civitas_engine::{
    Conditions, DigestSum, Findings, HaloRequest, Observation, PartitionHashes, PartitionState, Plan, Tally, Task,
    World, state_digest,
};
use futures_util::future::join_all;

use crate::messages::{
    ActPartition, AuditPartition, BuildPartition, LinkHalos, ObservePartition, PartitionBuilt, PartitionFault,
    Recipient, SavePartition, StepPartition, StopPartition,
};
use crate::meters::Meters;
use crate::partition::Partition;
use crate::supervisor::{Assignment, Surroundings};

/// The partitions of a run. Dropping it ends them.
pub(crate) struct Crew {
    world: Arc<World>,
    partitions: Vec<Addr<Partition>>,
    /// Bytes that each partition holds.
    bytes: Vec<u64>,
    /// Whose agents each has, by number.
    regions: Vec<Range<usize>>,
    meters: Meters,
}

/// What the partitions of a run are at its start.
pub(crate) struct Start {
    pub(crate) crew: Crew,
    pub(crate) tally: Tally,
    /// Agents that were counted besides: see [`civitas_engine::PartitionKernel::counts`].
    pub(crate) counts: Vec<u64>,
}

impl Drop for Crew {
    fn drop(&mut self) {
        for partition in &self.partitions {
            // The last message that a partition gets, and the only one that is not answered.
            partition.do_send(StopPartition);
        }
    }
}

impl Crew {
    /// Makes the partitions, in parallel over the compute threads, from `states` where there are any, and links them.
    pub(crate) async fn assemble(
        world: Arc<World>,
        surroundings: &Surroundings,
        assignment: &Assignment,
        tick: u32,
        states: Option<Arc<[PartitionState]>>,
    ) -> Result<Start, PartitionFault> {
        let plan = match surroundings.partitions {
            Some(partitions) => Plan::cut(&world, partitions),
            None => Plan::for_threads(&world, surroundings.compute.len()),
        };
        let count = plan.partitions().len();
        let (batch_size, reads) = (assignment.record.spec.batch_size, world.reads_per_agent());
        let place = |index: usize| {
            let thread = &surroundings.compute[(assignment.first_thread + index) % surroundings.compute.len()];
            let control = Arc::clone(&assignment.control);
            Partition::start_in_arbiter(thread, move |_| Partition::new(index, count, batch_size, reads, control))
        };
        let (partitions, meters) = ((0..count).map(place).collect(), surroundings.meters.clone());
        let mut crew = Self { world, partitions, bytes: Vec::new(), regions: Vec::new(), meters };
        let builds = crew.partitions.iter().enumerate().map(|(index, partition)| {
            let builder = crew.world.builder(&plan, index, states.clone());
            partition.send(BuildPartition { builder, tick })
        });
        let built = all(join_all(builds).await)?;
        let mut tally = crew.world.empty_tally();
        let mut counts = crew.world.empty_counts();
        for part in &built {
            crew.bytes.push(part.bytes);
            crew.regions.push(part.tally.regions());
            tally.merge(&part.tally).map_err(PartitionFault::Engine)?;
            for (sum, count) in counts.iter_mut().zip(&part.counts) {
                *sum += count;
            }
        }
        crew.link(&built).await?;
        Ok(Start { crew, tally, counts })
    }

    /// Tells every partition what the others need of it.
    async fn link(&self, built: &[PartitionBuilt]) -> Result<(), PartitionFault> {
        let links = self.partitions.iter().enumerate().map(|(from, partition)| {
            let needs = built.iter().zip(&self.partitions).enumerate();
            let needs = needs.filter(|(_, (part, _))| part.requests[from] != HaloRequest::Nothing);
            let recipients = needs.map(|(index, (part, peer))| {
                let request = part.requests[from].clone();
                Recipient { index, peer: peer.clone(), request }
            });
            let recipients = recipients.collect();
            partition.send(LinkHalos { recipients })
        });
        all(join_all(links).await).map(drop)
    }

    /// Steps one tick everywhere; the merged sums. What the partitions hold is known anew.
    pub(crate) async fn step(&mut self, conditions: &Conditions) -> Result<Tally, PartitionFault> {
        let begun = Instant::now();
        let step = |partition: &Addr<Partition>| {
            let answer = partition.send(StepPartition { conditions: conditions.clone() });
            async { (answer.await, begun.elapsed()) }
        };
        let (answers, took): (Vec<_>, Vec<_>) = join_all(self.partitions.iter().map(step)).await.into_iter().unzip();
        let stepped = all(answers)?;
        let mut tally = self.world.empty_tally();
        self.bytes = stepped.iter().map(|part| part.bytes).collect();
        for part in stepped {
            tally.merge(&part.tally).map_err(PartitionFault::Engine)?;
        }
        let (first, last) = (took.iter().min().copied(), took.iter().max().copied().unwrap_or_default());
        let waited = first.filter(|_| took.len() > 1).map(|first| last - first);
        self.meters.ticked(last, waited, tally.acted());
        Ok(tally)
    }

    /// Does a task of the run's experiment everywhere; the merged findings.
    pub(crate) async fn act(&self, task: Task, conditions: &Conditions) -> Result<Findings, PartitionFault> {
        let changes_agents = self.world.changes_agents(task);
        let act = |partition: &Addr<Partition>| {
            partition.send(ActPartition { task, changes_agents, conditions: conditions.clone() })
        };
        let acted = all(join_all(self.partitions.iter().map(act)).await)?;
        let mut findings = Findings::default();
        for part in acted {
            findings.merge(part, || self.world.empty_tally()).map_err(PartitionFault::Engine)?;
        }
        Ok(findings)
    }

    /// Bytes that the partitions hold: once they are made, and at the end of the last tick.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.iter().sum()
    }

    /// # Errors
    /// [`PartitionFault::Memory`] where the partitions, with what is held beside them, hold more bytes than this.
    pub(crate) fn within(&self, limit: u64, beside_bytes: u64) -> Result<(), PartitionFault> {
        let held = self.bytes() + beside_bytes;
        if held <= limit {
            return Ok(());
        }
        let largest = self.bytes.iter().zip(&self.regions).max_by_key(|(bytes, _)| **bytes);
        Err(PartitionFault::Memory { held, limit, regions: largest.map_or(0..0, |(_, regions)| regions.clone()) })
    }

    /// How many partitions there are.
    pub(crate) fn partitions(&self) -> usize {
        self.partitions.len()
    }

    /// Hashes of all partitions' blocks, and of their agents where asked for.
    pub(crate) async fn hashes(&self, agents: bool) -> Result<Vec<PartitionHashes>, PartitionFault> {
        let hash = |partition: &Addr<Partition>| partition.send(AuditPartition { agents });
        all(join_all(self.partitions.iter().map(hash)).await)
    }

    /// Those of the run's agents that `ids` names, which rise, with what the model says of each where asked for.
    pub(crate) async fn observe(
        &self,
        ids: Arc<[u32]>,
        conditions: &Conditions,
        reasons: bool,
    ) -> Result<Vec<Observation>, PartitionFault> {
        let observe = |partition: &Addr<Partition>| {
            partition.send(ObservePartition { ids: Arc::clone(&ids), reasons, conditions: conditions.clone() })
        };
        // Partitions stand in the order of their agents.
        let observed = all(join_all(self.partitions.iter().map(observe)).await)?;
        Ok(observed.into_iter().flatten().collect())
    }

    /// The digest of all state at `tick`, and the states themselves where asked for.
    pub(crate) async fn save(&self, tick: u32, state: bool) -> Result<(u128, Vec<PartitionState>), PartitionFault> {
        let save = |partition: &Addr<Partition>| partition.send(SavePartition { state });
        let saved = all(join_all(self.partitions.iter().map(save)).await)?;
        let mut sum = DigestSum::default();
        let mut states = Vec::new();
        for part in saved {
            sum.add(part.digest);
            states.extend(part.state);
        }
        let model = &self.world.model;
        Ok((state_digest(model.name(), model.version(), self.world.layout.agents(), tick, sum), states))
    }
}

/// All answers, or the first fault that says more than that the run was stopped.
fn all<T>(answers: Vec<Result<Result<T, PartitionFault>, actix::MailboxError>>) -> Result<Vec<T>, PartitionFault> {
    let mut good = Vec::with_capacity(answers.len());
    let mut fault = None;
    for answer in answers {
        match answer.unwrap_or(Err(PartitionFault::Stopped)) {
            Ok(answer) => good.push(answer),
            Err(other) => {
                let says_more = |known: &PartitionFault| match known {
                    PartitionFault::Stopped => true,
                    known => known.is_stop() && !other.is_stop(),
                };
                if fault.as_ref().is_none_or(says_more) {
                    fault = Some(other);
                }
            }
        }
    }
    fault.map_or(Ok(good), Err)
}
