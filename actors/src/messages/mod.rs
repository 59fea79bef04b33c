//! What actors say to each other. A message is one struct, named in the imperative; an event is past tense. Each says
//! who sends it, what it is answered with, and what its order is.

mod partition;
mod progress;
mod recorder;
mod registry;
mod verification;

pub(crate) use partition::{
    ActPartition, AuditPartition, BuildPartition, LinkHalos, ObservePartition, PartitionBuilt, PartitionFault,
    PartitionSaved, PartitionStepped, ReceiveHalo, Recipient, SavePartition, StepPartition, StopPartition,
};
pub(crate) use progress::{CloseRun, EndRun, LatestProgress, PublishProgress, Subscribe, TrackRun};
pub(crate) use recorder::{Record, SaveSnapshot, SnapshotJob};
pub(crate) use registry::{
    AbandonRun, BeginTrial, BeginWith, Beginning, CancelRun, DeadlineReached, PauseRun, Recover, ResumeRun,
    RoomInQueue, RunEnded, RunHolds, ShutDown, StartRun, Submit, TakeCensus, TakeSnapshot,
};
pub(crate) use verification::{StartVerification, VerificationEnded};
