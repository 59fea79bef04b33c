//! The deterministic kernel of civitas.
//!
//! A [`RunSpec`] says what to simulate; a [`World`] makes it ready; a [`Plan`] splits it into partitions; each
//! partition (behind [`PartitionKernel`]) owns its agents' columns and steps them; a [`Coordinator`] merges their sums,
//! keeps the history and the environment, and gives the [`Outcome`]. [`Simulation`] does all that on the calling
//! thread; the actor system does it on many. Either way one specification has one answer.
//!
//! ```
//! use civitas_engine::{Catalogue, PopulationSpec, RunSpec, Simulation};
//!
//! let population = PopulationSpec { dataset: "us-2020".to_owned(), agents: 2_000 };
//! let spec = RunSpec { population, horizon_ticks: 20, seed: 7, ..RunSpec::default() };
//! let one = Simulation::new(spec.clone(), &Catalogue::default(), 1)?.run()?;
//! let many = Simulation::new(spec, &Catalogue::default(), 5)?.run()?;
//! assert_eq!(one.canonical_json(), many.canonical_json());
//! # Ok::<(), civitas_engine::EngineError>(())
//! ```
//!
//! Map: `model` is the trait that modellers write against, [`models`] the built-in ones; `world` data sets, layout
//! and network; `workflow` experiments; `cast` agents that users name; `scenario` what happens to the environment; `kernel` partitions; `draws` random numbers; `fixed`, `tally`, `series` sums; `outcome`, `events`
//! the answer, `reported` what agents report for it; `guard` holds panics and faults of models; `audit` what is written down to find where
//! two runs part, `replay` a run done again for it, `digests` what every run notes to be checked by, `fork` one run's state as another's. No async, no actor, no I/O, no clock, no global state.

mod audit;
mod cast;
mod conditions;
mod coordinator;
mod digests;
mod draws;
mod error;
mod events;
pub mod fixed;
mod fork;
mod guard;
mod kernel;
mod memory;
mod model;
pub mod models;
mod outcome;
mod pack;
mod permutation;
mod replay;
mod reported;
mod results_version;
mod run;
mod scenario;
mod series;
mod simulation;
mod spec;
mod state;
mod tally;
mod telemetry;
mod twin;
mod workflow;
mod world;

/// The transcendental functions that models use: the standard library's differ between machines.
pub use libm;

pub use audit::{
    AgentView, AuditEnd, AuditEntry, AuditSink, Chronicle, Moment, PartitionHashes, StateHashes, region_hashes,
};
pub use cast::{
    Arrivals, Cast, Ensemble, FirstPassage, Goal, GoalTest, Interval, MAX_COPIES, MAX_GOAL_TESTS, MAX_NAME_CHARS,
    MAX_TARGETS, PassagePoint, PassageReport, Persona, Quality, Spread, Surrounding, Surroundings, TargetAgent,
    TargetPoint, TargetReport, wilson,
};
pub use conditions::Conditions;
pub use coordinator::Coordinator;
pub use digests::{Digests, MAX_STATE_DIGESTS, Position, StateDigest};
pub use draws::{BLOCK_AGENTS, BlockStream, DrawKey, Draws, Purpose};
pub use error::{EngineError, Result};
pub use events::KeyEvent;
pub use guard::{ModelFailure, failure_of, guarded, model_fault};
pub use kernel::{
    AnyModel, Casting, Catalogue, DigestSum, Halo, HaloRequest, ModelCard, PartitionBuilder, PartitionKernel, newborns,
    state_digest,
};
pub use memory::{AgentBytes, memory_bytes};
pub use model::{
    Around, EventKind, Letter, MAX_LETTERS_PER_AGENT, MAX_METRICS, MAX_PARTITION_MAIL_BYTES, MIN_LETTERS_EACH, Message,
    Metric, Model, Newborn, Parameter, ParameterKind, Parameters, Peers, Report, Rest, State, Summary, Trait,
    TraitKind, Variable,
};
pub use outcome::{Confidence, Outcome, OutcomeSummary, TrendPoint, Trends};
pub use pack::Pack;
pub use replay::Replay;
pub use reported::{EventCount, EventPoint, EventReport, ListedEvent, MAX_LISTED_EVENTS};
pub use results_version::{RESULTS_VERSION, results_version};
pub use run::{MAX_PARTITION_AGENTS, MAX_PARTITION_BYTES, MIN_PARTITION_AGENTS, Plan, World, check_states};
pub use scenario::{
    AppliedBundle, BundleOrder, BundleStep, Cause, Effect, EventBundle, EventScript, Intensity, MAX_BUNDLE_SCRIPTS,
    MAX_CURVE_POINTS, MAX_EFFECTS, Operation, Precondition, Scope, Subject, effects_from_bytes, effects_to_bytes,
};
pub use series::{Keyframe, Series, Shape, trend_ticks};
pub use simulation::{Saved, Simulation};
pub use spec::{
    Activation, Era, MAX_AGENTS, MAX_ERAS, MAX_HORIZON_TICKS, MAX_MEAN_DEGREE, MAX_TIES, NetworkKind, NetworkSpec,
    PopulationSpec, RunSpec, Turn,
};
pub use state::PartitionState;
pub use tally::{Moments, Tally, standard_error};
pub use telemetry::{ALL_AGENTS, Frame, MAX_SAMPLE_AGENTS, Observation, Sample, TelemetryOptions, TickEvents};
pub use workflow::{
    Action, AnswerCount, Choice, Comparison, Condition, DAY_SECONDS, Day, Distribution, Extractor, Findings, Group,
    Interviewed, MAX_CHOICES, MAX_DISTRIBUTION_CHOICES, MAX_EXTRACTORS, MAX_GROUPS, MAX_INTERVIEWS, MAX_LABEL_CHARS,
    MAX_QUESTIONS, MAX_SAMPLES, MAX_STEPS, MAX_TEXT_CHARS, MAX_WORKFLOW_TICKS, Method, MetricPoint, MetricReport,
    Question, QuestionKind, QuestionReport, Report as ExperimentReport, Script, StepReport, StepResult, Target, Task,
    Value, Workflow,
};
pub use world::{
    BUNDLED_DATASETS, Dataset, Gravity, Layout, MAX_DATASET_AGENTS, MAX_DATASET_TIES, MAX_REGIONS, MAX_TRAIT_COLUMNS,
    Region, Table, Tables, TieList, TieMaker, great_circle_km,
};

/// The engine's version: audits and manifests state which engine made them.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The machine that the engine was built for, as Rust names it.
pub const TARGET: &str = env!("CIVITAS_TARGET");
