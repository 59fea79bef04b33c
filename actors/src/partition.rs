//! The partition actor: owns a kernel partition, steps it batch by batch, exchanges halos with its peers.
//!
//! It lives on a compute thread. Between batches it looks at the run's switch; every few milliseconds it lets the
//! thread's other partitions have their turn. A panic of model code ends here, as a fault of this run.

mod observe;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, ResponseFuture, WrapFuture};
use actix::{ActorContext, MailboxError};
use civitas_engine::{
    BLOCK_AGENTS, Conditions, Findings, HaloRequest, ModelFailure, Observation, PartitionBuilder, PartitionHashes,
    PartitionKernel, Task, guarded,
};
use tokio::sync::oneshot;

use crate::control::RunControl;
use crate::limits::{AWAKE_TURNS, PARTITION_MAILBOX_SPARE, READS_OF_A_STEP, YIELD_AGENTS};
use crate::messages::{
    ActPartition, AuditPartition, BuildPartition, LinkHalos, ObservePartition, PartitionBuilt, PartitionFault,
    PartitionSaved, PartitionStepped, ReceiveHalo, Recipient, SavePartition, StepPartition, StopPartition,
};

type Answer<T> = Result<T, PartitionFault>;
type Reply<T> = oneshot::Sender<Answer<T>>;

/// What a partition is busy with.
enum Work {
    Idle,
    Building { builder: Box<dyn PartitionBuilder>, tick: u32, reply: Reply<PartitionBuilt> },
    Stepping { conditions: Conditions, reply: Reply<PartitionStepped> },
    Acting { message: ActPartition, reply: Reply<Findings> },
    Observing { message: ObservePartition, reply: Reply<Vec<Observation>> },
}

/// Owns the state of the agents of some regions of one run.
pub(crate) struct Partition {
    index: usize,
    /// Partitions of the run.
    partitions: usize,
    batch_size: usize,
    /// Agents that are stepped in one turn.
    step_turn: usize,
    /// Agents that are made in one turn: a tie costs as much as an agent.
    build_turn: usize,
    control: Arc<RunControl>,
    kernel: Option<Box<dyn PartitionKernel>>,
    work: Work,
    recipients: Vec<Recipient>,
    /// Halos that an exchange needs.
    needed: usize,
    /// Halos that have come for the kernel's exchange, and for the one after.
    arrived: [usize; 2],
    /// The first thing that went wrong with a halo; told to the supervisor with the next step.
    halo_fault: Option<PartitionFault>,
    /// How often it has waited for a message; a wait ends when the number goes up.
    waits: Rc<Cell<u64>>,
}

impl Partition {
    /// A partition of a run that steps `batch_size` agents between two looks at its control messages, each of which reads
    /// `reads` others' values in a tick.
    pub(crate) fn new(index: usize, partitions: usize, batch_size: u32, reads: f64, control: Arc<RunControl>) -> Self {
        let step_turn = step_turn(reads as usize);
        Self {
            index,
            partitions,
            // A block at least, for that is what is stepped at once; no more than what one turn takes.
            batch_size: (batch_size as usize).clamp(BLOCK_AGENTS, step_turn),
            step_turn,
            build_turn: (YIELD_AGENTS / (1 + reads as usize)).max(BLOCK_AGENTS),
            control,
            kernel: None,
            work: Work::Idle,
            recipients: Vec::new(),
            needed: 0,
            arrived: [0, 0],
            halo_fault: None,
            waits: Rc::default(),
        }
    }

    /// Goes on with the work at hand for a while; comes back to it after the thread's other actors.
    fn work(&mut self, ctx: &mut Context<Self>) {
        let stepping = matches!(self.work, Work::Stepping { .. });
        let busy = match std::mem::replace(&mut self.work, Work::Idle) {
            Work::Idle => false,
            Work::Building { builder, tick, reply } => self.build(builder, tick, reply),
            Work::Stepping { conditions, reply } => self.step(conditions, reply),
            Work::Acting { message, reply } => self.act(message, reply),
            Work::Observing { message, reply } => self.observe(message, reply),
        };
        if busy {
            let turn = tokio::task::yield_now().into_actor(self);
            ctx.spawn(turn.map(|(), partition, ctx| partition.work(ctx)));
        } else if stepping && self.partitions > 1 {
            self.stay_awake(ctx);
        }
    }

    /// Keeps the thread from going to sleep for a moment: the next message of this run's ticks is on its way from another
    /// thread, and to be woken for it takes longer than to wait. Other actors of the thread have their turns meanwhile.
    fn stay_awake(&mut self, ctx: &mut Context<Self>) {
        let (wait, waits) = (self.waits.get() + 1, Rc::clone(&self.waits));
        waits.set(wait);
        let awake = async move {
            let mut turns = 0;
            while turns < AWAKE_TURNS && waits.get() == wait {
                turns += 1;
                tokio::task::yield_now().await;
            }
        };
        ctx.spawn(awake.into_actor(self));
    }

    /// True when there is more to build. Nothing is lost when building stops, so a shutdown stops it too.
    fn build(&mut self, mut builder: Box<dyn PartitionBuilder>, tick: u32, reply: Reply<PartitionBuilt>) -> bool {
        let mut done = 0;
        while done < self.build_turn {
            if self.control.reason().is_some() {
                drop(reply.send(Err(PartitionFault::Stopped)));
                return false;
            }
            match guarded(|| builder.build_some(BLOCK_AGENTS)) {
                Err(failure) => {
                    drop(reply.send(Err(PartitionFault::between_ticks(failure))));
                    return false;
                }
                Ok(Err(error)) => {
                    drop(reply.send(Err(PartitionFault::Engine(error))));
                    return false;
                }
                Ok(Ok(false)) => done += BLOCK_AGENTS,
                Ok(Ok(true)) => {
                    drop(reply.send(self.built(builder, tick)));
                    return false;
                }
            }
        }
        self.work = Work::Building { builder, tick, reply };
        true
    }

    fn built(&mut self, builder: Box<dyn PartitionBuilder>, tick: u32) -> Answer<PartitionBuilt> {
        let made = guarded(|| {
            let mut kernel = builder.finish(tick);
            let tally = kernel.measure();
            let counts = kernel.counts();
            (kernel, tally, counts)
        });
        let (kernel, tally, counts) = made.map_err(PartitionFault::between_ticks)?;
        let requests = kernel.requests().to_vec();
        self.needed = requests.iter().filter(|request| **request != HaloRequest::Nothing).count();
        let bytes = kernel.bytes() as u64;
        self.kernel = Some(kernel);
        Ok(PartitionBuilt { tally, counts, bytes, requests })
    }

    /// True when there is more to step; waits, without being busy, for halos that are still on their way.
    fn step(&mut self, conditions: Conditions, reply: Reply<PartitionStepped>) -> bool {
        if let Some(fault) = self.halo_fault.take() {
            drop(reply.send(Err(fault)));
            return false;
        }
        if self.arrived[0] < self.needed {
            self.work = Work::Stepping { conditions, reply };
            return false;
        }
        let Some(kernel) = &mut self.kernel else {
            drop(reply.send(Err(not_built())));
            return false;
        };
        let mut done = 0;
        while done < self.step_turn {
            if self.control.abandons_tick() {
                drop(reply.send(Err(PartitionFault::GivenUp { region: kernel.current_region() })));
                return false;
            }
            match guarded(|| kernel.step_some(&conditions, self.batch_size)) {
                Err(failure) => {
                    let region = Some(kernel.current_region());
                    drop(reply.send(Err(PartitionFault::Model { failure, region })));
                    return false;
                }
                Ok(false) => done += self.batch_size,
                Ok(true) => {
                    let (tally, bytes) = (kernel.tally().clone(), kernel.bytes() as u64);
                    self.arrived = [self.arrived[1], 0];
                    let sent = self.send_halos();
                    drop(reply.send(sent.map(|()| PartitionStepped { tally, bytes })));
                    return false;
                }
            }
        }
        self.work = Work::Stepping { conditions, reply };
        true
    }

    /// True when there is more of a task of the run's experiment to do; waits, without being busy, for halos that are still
    /// on their way. A task that only looks is given up at a shutdown too: it can be done again.
    fn act(&mut self, message: ActPartition, reply: Reply<Findings>) -> bool {
        if let Some(fault) = self.halo_fault.take() {
            drop(reply.send(Err(fault)));
            return false;
        }
        if self.arrived[0] < self.needed {
            self.work = Work::Acting { message, reply };
            return false;
        }
        let mut done = 0;
        while done < YIELD_AGENTS {
            let looks_only = !message.changes_agents && self.control.reason().is_some();
            if looks_only || self.control.abandons_tick() {
                drop(reply.send(Err(PartitionFault::Stopped)));
                return false;
            }
            match self.act_some(&message) {
                Ok(None) => done += self.batch_size,
                Ok(Some(findings)) => {
                    drop(reply.send(Ok(findings)));
                    return false;
                }
                Err(fault) => {
                    drop(reply.send(Err(fault)));
                    return false;
                }
            }
        }
        self.work = Work::Acting { message, reply };
        true
    }

    /// Some of a task, and the halos when it is done and has changed agents.
    fn act_some(&mut self, message: &ActPartition) -> Answer<Option<Findings>> {
        let Some(kernel) = &mut self.kernel else { return Err(not_built()) };
        let before = kernel.exchange();
        let findings = guarded(|| kernel.act_some(message.task, &message.conditions, self.batch_size));
        let in_task = |failure: ModelFailure| failure.saying(|said| in_task(message.task, &said));
        let findings = findings.map_err(|failure| PartitionFault::between_ticks(in_task(failure)))?;
        if kernel.exchange() != before {
            self.arrived = [self.arrived[1], 0];
            self.send_halos()?;
        }
        Ok(findings)
    }

    /// Sends every peer its halo of the kernel's exchange, in order of index. A whole column is packed once and shared.
    fn send_halos(&mut self) -> Answer<()> {
        let Some(kernel) = &mut self.kernel else { return Err(not_built()) };
        let pack = |kernel: &mut Box<dyn PartitionKernel>, request| {
            guarded(|| kernel.halo_for(request)).map_err(PartitionFault::between_ticks)
        };
        let mut whole = None;
        for Recipient { index, peer, request } in &self.recipients {
            let values = match (request, &whole) {
                (HaloRequest::Nothing, _) => continue,
                (HaloRequest::Whole, Some(values)) => Arc::clone(values),
                (HaloRequest::Whole, None) => Arc::clone(whole.insert(pack(kernel, request)?)),
                (HaloRequest::Some(_), _) => pack(kernel, request)?,
            };
            let mail = guarded(|| kernel.mail_for(*index)).map_err(PartitionFault::between_ticks)?;
            let halo = civitas_engine::Halo { from: self.index, exchange: kernel.exchange(), values, mail };
            if peer.try_send(ReceiveHalo(halo)).is_err() {
                // The mailbox has room for one halo from each peer, so only an ended peer refuses.
                return Err(PartitionFault::Stopped);
            }
        }
        Ok(())
    }
}

impl Actor for Partition {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // Every peer may have one halo of this tick and one of the next on its way.
        ctx.set_mailbox_capacity(PARTITION_MAILBOX_SPARE + 2 * self.partitions);
    }
}

impl Handler<BuildPartition> for Partition {
    type Result = ResponseFuture<Answer<PartitionBuilt>>;

    fn handle(&mut self, message: BuildPartition, ctx: &mut Self::Context) -> Self::Result {
        let (reply, answer) = oneshot::channel();
        self.work = Work::Building { builder: message.builder, tick: message.tick, reply };
        self.work(ctx);
        answered(answer)
    }
}

impl Handler<LinkHalos> for Partition {
    type Result = Answer<()>;

    fn handle(&mut self, message: LinkHalos, _: &mut Self::Context) -> Self::Result {
        self.recipients = message.recipients;
        self.send_halos()
    }
}

impl Handler<ReceiveHalo> for Partition {
    type Result = ();

    fn handle(&mut self, ReceiveHalo(halo): ReceiveHalo, ctx: &mut Self::Context) {
        let Some(kernel) = &mut self.kernel else { return };
        match guarded(|| kernel.receive(&halo)) {
            Ok(Ok(())) => self.arrived[(halo.exchange - kernel.exchange()) as usize] += 1,
            Ok(Err(error)) => self.halo_fault = Some(PartitionFault::Engine(error)),
            Err(failure) => self.halo_fault = Some(PartitionFault::between_ticks(failure)),
        }
        // A step or a task may be waiting for this one. In the middle of a step the next turn is on its way already.
        let waiting = !matches!(self.work, Work::Idle | Work::Building { .. });
        let waits = waiting && self.arrived[0] == self.needed;
        let own = self.kernel.as_ref().map_or(0, |kernel| kernel.exchange());
        if (waits || self.halo_fault.is_some()) && halo.exchange == own {
            self.work(ctx);
        }
    }
}

impl Handler<StepPartition> for Partition {
    type Result = ResponseFuture<Answer<PartitionStepped>>;

    fn handle(&mut self, message: StepPartition, ctx: &mut Self::Context) -> Self::Result {
        let (reply, answer) = oneshot::channel();
        self.work = Work::Stepping { conditions: message.conditions, reply };
        self.waits.set(self.waits.get() + 1);
        self.work(ctx);
        answered(answer)
    }
}

impl Handler<ActPartition> for Partition {
    type Result = ResponseFuture<Answer<Findings>>;

    fn handle(&mut self, message: ActPartition, ctx: &mut Self::Context) -> Self::Result {
        let (reply, answer) = oneshot::channel();
        self.work = Work::Acting { message, reply };
        self.work(ctx);
        answered(answer)
    }
}

impl Handler<SavePartition> for Partition {
    type Result = Answer<PartitionSaved>;

    fn handle(&mut self, message: SavePartition, _: &mut Self::Context) -> Self::Result {
        let Some(kernel) = &self.kernel else { return Err(not_built()) };
        let saved = guarded(|| PartitionSaved { state: message.state.then(|| kernel.save()), digest: kernel.digest() });
        saved.map_err(PartitionFault::between_ticks)
    }
}

impl Handler<AuditPartition> for Partition {
    type Result = Answer<PartitionHashes>;

    fn handle(&mut self, message: AuditPartition, _: &mut Self::Context) -> Self::Result {
        let Some(kernel) = &self.kernel else { return Err(not_built()) };
        guarded(|| kernel.hashes(message.agents)).map_err(PartitionFault::between_ticks)
    }
}

impl Handler<StopPartition> for Partition {
    type Result = ();

    fn handle(&mut self, _: StopPartition, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

fn answered<T: 'static>(answer: oneshot::Receiver<Answer<T>>) -> ResponseFuture<Answer<T>> {
    Box::pin(async move { answer.await.unwrap_or(Err(PartitionFault::Stopped)) })
}

/// Agents that are stepped in one turn: fewer where each reads very many others, as on a complete network.
fn step_turn(reads: usize) -> usize {
    (YIELD_AGENTS / (reads / READS_OF_A_STEP).max(1)).max(BLOCK_AGENTS)
}

/// What a failure said, with where in the workflow it happened.
fn in_task(task: Task, said: &str) -> String {
    match task {
        Task::Step(step) => format!("{said}, in step {step} of the workflow"),
        Task::Extract { tick } => format!("{said}, in the metrics extracted at tick {tick}"),
    }
}

fn not_built() -> PartitionFault {
    PartitionFault::Engine(civitas_engine::EngineError::State("the partition has not been built".to_owned()))
}

impl From<MailboxError> for PartitionFault {
    fn from(_: MailboxError) -> Self {
        Self::Stopped
    }
}
