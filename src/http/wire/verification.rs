//! What a verification looks like in answers, and in what `civitas verify` prints. Owns its field names and its sentences; it
//! must not read anything that is not handed in.

use civitas_actors::{Agreed, Difference, Differing, Maker, Verification, VerificationState};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::run::Fault;
use crate::time;

/// What to do about a difference that is no matter of the specification.
const HINT: &str = "to find the first agent that differs, execute the run with `civitas run --audit FILE` (or `civitas \
    experiment run --audit FILE`) where it was executed and here, and compare both files with `civitas diff`";

/// A run that is executed again and compared with what it noted.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct VerificationReport {
    /// The run.
    pub run_id: Uuid,
    /// `running`, `same`, `different`, `cancelled` or `failed`.
    #[schema(example = "same")]
    pub state: &'static str,
    /// The same in a sentence, for people.
    pub message: String,
    /// Ticks that have been executed again.
    pub tick: u32,
    /// Ticks that the run had completed.
    pub total_ticks: u32,
    /// What agreed so far.
    pub agreed: AgreedReport,
    /// The first thing that differs; what comes after it is not looked at.
    pub difference: Option<DifferenceReport>,
    /// Why it could not be brought to an end, with `failed`; says nothing about the run.
    pub error: Option<Fault>,
    /// Who executed the run.
    pub recorded_by: MakerReport,
    /// Who executes it again.
    pub verified_by: MakerReport,
    /// Partitions of the run executed again; 0 before they are made.
    pub partitions: usize,
    /// Compute threads of the server.
    pub threads: usize,
    /// When it was asked for, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it ended.
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
}

/// What agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgreedReport {
    /// Digests of ticks.
    pub tick_digests: u32,
    /// Digests of all agents' state.
    pub state_digests: u32,
    /// The results, byte for byte.
    pub results: bool,
}

/// The first thing that differs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DifferenceReport {
    /// The tick.
    pub tick: u32,
    /// `specification`, `tick_digest` (sums, means or events of the tick, or the environment of the next), `state_digest` (some
    /// agent), `results`, or `course` (how far the run comes).
    #[schema(example = "tick_digest")]
    pub what: &'static str,
    /// What the run noted.
    pub recorded: String,
    /// What came out now.
    pub found: String,
    /// What to do next.
    pub hint: &'static str,
}

/// Who executed a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MakerReport {
    /// Version of civitas.
    pub civitas_version: String,
    /// Version of its engine.
    pub engine_version: String,
    /// The engine's version of results.
    pub results_version: u32,
    /// The machine that it was built for, as Rust names it.
    pub target: String,
}

impl From<Verification> for VerificationReport {
    fn from(verification: Verification) -> Self {
        let message = message(&verification);
        let (state, difference, error) = match verification.state {
            VerificationState::Running => ("running", None, None),
            VerificationState::Same => ("same", None, None),
            VerificationState::Different(difference) => ("different", Some(difference.into()), None),
            VerificationState::Cancelled => ("cancelled", None, None),
            VerificationState::Failed(fault) => ("failed", None, Some(Fault::from(fault))),
        };
        let Agreed { tick_digests, state_digests, results } = verification.agreed;
        Self {
            run_id: verification.run_id,
            state,
            message,
            tick: verification.tick,
            total_ticks: verification.total_ticks,
            agreed: AgreedReport { tick_digests, state_digests, results },
            difference,
            error,
            recorded_by: verification.recorded_by.into(),
            verified_by: verification.verified_by.into(),
            partitions: verification.partitions,
            threads: verification.threads,
            started_at: time::rfc3339(verification.started_at_ms),
            ended_at: verification.ended_at_ms.map(time::rfc3339),
        }
    }
}

/// How it stands, in a sentence.
fn message(verification: &Verification) -> String {
    let Verification { tick, total_ticks, agreed, .. } = verification;
    let so_far = format!("{tick} of {total_ticks} ticks");
    match &verification.state {
        VerificationState::Running => format!("{so_far} are executed again, and agree"),
        VerificationState::Same => {
            let Agreed { tick_digests, state_digests, .. } = agreed;
            format!("the same: {tick_digests} digests of ticks, {state_digests} of all state, and the results")
        }
        VerificationState::Different(Difference { tick, what, .. }) => match what {
            Differing::Specification => "different: the run's record is not what was executed".to_owned(),
            Differing::Tick => {
                format!("different: at tick {tick} for the first time, in the sums, events or environment")
            }
            Differing::State => format!("different: at tick {tick} for the first time, in the state of some agent"),
            Differing::Results => format!("different: every digest up to tick {tick} agrees, and the results do not"),
            Differing::Course => format!("different: the run takes another course at tick {tick}"),
        },
        VerificationState::Cancelled => format!("given up after {so_far}, which agree"),
        VerificationState::Failed(fault) => format!("no answer after {so_far}, which agree: {}", fault.message),
    }
}

impl From<Difference> for DifferenceReport {
    fn from(difference: Difference) -> Self {
        let Difference { tick, what, recorded, found } = difference;
        let hint = match what {
            Differing::Specification => {
                "compare `config` of the manifest with what was asked; a backup has the record as it was"
            }
            Differing::Results => {
                "the results or the manifest were changed after the run; a backup has them as they were, and executing the run \
                 anew gives the results again"
            }
            Differing::Tick | Differing::State | Differing::Course => HINT,
        };
        Self { tick, what: what.as_str(), recorded, found, hint }
    }
}

impl From<Maker> for MakerReport {
    fn from(maker: Maker) -> Self {
        let Maker { civitas_version, engine_version, results_version, target } = maker;
        Self { civitas_version, engine_version, results_version, target }
    }
}
