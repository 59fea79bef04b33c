//! Between a run's supervisor and its partitions, and among partitions.
//!
//! Order: the supervisor sends `BuildPartition`, `LinkHalos`, then `StepPartition`, `ActPartition`, `SavePartition`,
//! `ObservePartition` and `AuditPartition` one at a time, each after every partition has answered the one before. Halos come from other partitions and may overtake
//! the supervisor's next message, by one exchange at the most. An exchange follows every step, and every act that changes
//! agents.

use std::ops::Range;
use std::sync::Arc;

use actix::{Addr, Message};
use civitas_engine::{
    Conditions, DigestSum, EngineError, Findings, Halo, HaloRequest, ModelFailure, Observation, PartitionBuilder,
    PartitionHashes, PartitionState, Tally, Task,
};
use civitas_store::StoreError;

use crate::partition::Partition;

/// Why a partition could not do what it was told.
#[derive(Clone, Debug)]
pub(crate) enum PartitionFault {
    /// The run was told to stop in the middle.
    Stopped,
    /// The same amid a tick, when this region was being stepped (by number).
    GivenUp { region: usize },
    /// Model code panicked or reported a fault, in this region where that is known (by number).
    Model { failure: ModelFailure, region: Option<usize> },
    /// The engine refused.
    Engine(EngineError),
    /// A fork has no snapshot that it could go on from.
    NoState,
    /// The store failed.
    Store(StoreError),
    /// The run holds more memory than it may have, in bytes; most of it for agents of these regions (by number).
    Memory { held: u64, limit: u64, regions: Range<usize> },
}

impl PartitionFault {
    /// True for what says no more than that the run was told to stop.
    pub(crate) fn is_stop(&self) -> bool {
        matches!(self, Self::Stopped | Self::GivenUp { .. })
    }

    /// A failure of model code that no partition ran, or where the region is not known.
    pub(crate) fn between_ticks(failure: ModelFailure) -> Self {
        Self::Model { failure, region: None }
    }
}

type Answer<T> = Result<T, PartitionFault>;

/// Supervisor to partition, first: make the agents and their ties.
#[derive(Message)]
#[rtype(result = "Answer<PartitionBuilt>")]
pub(crate) struct BuildPartition {
    pub(crate) builder: Box<dyn PartitionBuilder>,
    /// The tick of the state that it starts from.
    pub(crate) tick: u32,
}

/// Answers [`BuildPartition`].
#[derive(Debug)]
pub(crate) struct PartitionBuilt {
    /// Sums over the agents as made.
    pub(crate) tally: Tally,
    /// Agents per segment, and those that the scenario asks for besides.
    pub(crate) counts: Vec<u64>,
    /// Bytes that it holds.
    pub(crate) bytes: u64,
    /// What it needs of every partition, by index.
    pub(crate) requests: Vec<HaloRequest>,
}

/// Supervisor to partition, second: whom to send which halo, in order of index. Answered when they are sent for the
/// tick that the partition is at.
#[derive(Message)]
#[rtype(result = "Answer<()>")]
pub(crate) struct LinkHalos {
    pub(crate) recipients: Vec<Recipient>,
}

/// A partition that needs another's halo.
pub(crate) struct Recipient {
    /// Its number.
    pub(crate) index: usize,
    pub(crate) peer: Addr<Partition>,
    /// What it needs besides its mail.
    pub(crate) request: HaloRequest,
}

/// Partition to partition: border values and mail, once per exchange.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct ReceiveHalo(pub(crate) Halo);

/// Supervisor to partition: step one tick. Waits for the halos of the last tick where they are not there yet.
#[derive(Message)]
#[rtype(result = "Answer<PartitionStepped>")]
pub(crate) struct StepPartition {
    pub(crate) conditions: Conditions,
}

/// Answers [`StepPartition`].
#[derive(Debug)]
pub(crate) struct PartitionStepped {
    /// Sums at the end of the tick.
    pub(crate) tally: Tally,
    /// Bytes that it holds.
    pub(crate) bytes: u64,
}

/// Supervisor to partition, between ticks: do a task of the run's experiment. Waits for the halos of the last exchange
/// where they are not there yet.
#[derive(Message)]
#[rtype(result = "Answer<Findings>")]
pub(crate) struct ActPartition {
    pub(crate) task: Task,
    /// True when the task may change agents, and so cannot be given up half done but with the whole run.
    pub(crate) changes_agents: bool,
    pub(crate) conditions: Conditions,
}

/// Supervisor to partition, between ticks: copy what a snapshot keeps, where `state` is asked for, and digest it.
#[derive(Message)]
#[rtype(result = "Answer<PartitionSaved>")]
pub(crate) struct SavePartition {
    pub(crate) state: bool,
}

/// Answers [`SavePartition`].
#[derive(Debug)]
pub(crate) struct PartitionSaved {
    pub(crate) state: Option<PartitionState>,
    pub(crate) digest: DigestSum,
}

/// Supervisor to partition, between ticks and only where the run is audited: hash every block, and every agent where
/// `agents` asks for it.
#[derive(Message)]
#[rtype(result = "Answer<PartitionHashes>")]
pub(crate) struct AuditPartition {
    pub(crate) agents: bool,
}

/// Supervisor to partition, between ticks and only at keyframes of telemetry: show those of these agents, which rise by id,
/// that live there. Waits for the halos of the last exchange where they are not there yet.
#[derive(Message)]
#[rtype(result = "Answer<Vec<Observation>>")]
pub(crate) struct ObservePartition {
    pub(crate) ids: Arc<[u32]>,
    /// With what the model says of each in words.
    pub(crate) reasons: bool,
    pub(crate) conditions: Conditions,
}

/// Supervisor to partition, last: the run is over. Partitions know each other's addresses, so none would end by
/// itself.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct StopPartition;
