//! Verifications: runs that are executed again, from tick 0, and compared with what they noted of themselves. Here is what
//! one says of itself; `check`, pure, compares; `board` keeps the latest of every run. Who executes it is the supervisors'
//! matter (`supervisor::verifier`), who may is the registry's.
//!
//! A verification changes nothing: it writes neither records nor snapshots, and is lost when the runtime ends.

mod board;
mod check;

use civitas_engine::{RESULTS_VERSION, VERSION};
use civitas_store::{RunFault, RunId, RunManifest};

pub(crate) use board::Board;
pub(crate) use check::Check;

/// Where a verification stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// The run that is verified.
    pub run_id: RunId,
    /// How it stands.
    pub state: VerificationState,
    /// Ticks that have been executed again.
    pub tick: u32,
    /// Ticks that the run had completed when its manifest was written.
    pub total_ticks: u32,
    /// What agreed so far.
    pub agreed: Agreed,
    /// Who executed the run.
    pub recorded_by: Maker,
    /// Who executes it again.
    pub verified_by: Maker,
    /// Partitions of the run executed again; 0 before they are made.
    pub partitions: usize,
    /// Compute threads of the runtime.
    pub threads: usize,
    /// When it was asked for, in milliseconds since the Unix epoch.
    pub started_at_ms: u64,
    /// When it ended, in milliseconds since the Unix epoch.
    pub ended_at_ms: Option<u64>,
}

/// How a verification stands.
#[derive(Clone, Debug, PartialEq)]
pub enum VerificationState {
    /// It goes on.
    Running,
    /// Everything agrees, to the last byte of the results.
    Same,
    /// It came to something else; what comes after the first difference was not looked at.
    Different(Difference),
    /// It was given up, because somebody asked for that or the runtime stopped.
    Cancelled,
    /// It could not be brought to an end, which says nothing about the run.
    Failed(RunFault),
}

impl VerificationState {
    /// True when it goes on no more.
    pub fn has_ended(&self) -> bool {
        *self != Self::Running
    }
}

/// What agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// Digests of ticks.
    pub tick_digests: u32,
    /// Digests of all state.
    pub state_digests: u32,
    /// The results.
    pub results: bool,
}

/// The first thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The tick.
    pub tick: u32,
    /// What it is.
    pub what: Differing,
    /// What the run noted.
    pub recorded: String,
    /// What came out now.
    pub found: String,
}

/// What can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differing {
    /// The specification: the run's record is not what was executed.
    Specification,
    /// The sums, means or events of the tick, or the environment of the next.
    Tick,
    /// The state of some agent.
    State,
    /// The results document.
    Results,
    /// How far the run comes.
    Course,
}

impl Differing {
    /// The word used in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Specification => "specification",
            Self::Tick => "tick_digest",
            Self::State => "state_digest",
            Self::Results => "results",
            Self::Course => "course",
        }
    }
}

/// Who executed a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    /// Version of civitas.
    pub civitas_version: String,
    /// Version of its engine.
    pub engine_version: String,
    /// The engine's version of results.
    pub results_version: u32,
    /// The machine that it was built for, as Rust names it.
    pub target: String,
}

impl Maker {
    /// Who executed the run of a manifest.
    pub fn of(manifest: &RunManifest) -> Self {
        Self {
            civitas_version: manifest.civitas_version.clone(),
            engine_version: manifest.engine_version.clone(),
            results_version: manifest.results_version,
            target: manifest.target.clone(),
        }
    }

    /// This program.
    pub fn here() -> Self {
        Self {
            civitas_version: env!("CARGO_PKG_VERSION").to_owned(),
            engine_version: VERSION.to_owned(),
            results_version: RESULTS_VERSION,
            target: civitas_engine::TARGET.to_owned(),
        }
    }
}
