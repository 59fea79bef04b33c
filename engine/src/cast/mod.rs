//! Agents that users name: in a hybrid run they live inside the society, and what becomes of each is told by itself; in a run
//! of mode target all agents are copies of one persona, each going its own way in a given society.
//!
//! Map: `spec` is what users ask, as plain data; `goal` a state that is to be reached, and whether it is; `company` checks the
//! names and says which agents they are and what they are born with; `life` is what a run's coordinator keeps of them, and
//! what users read of it. Of copies `ensemble` is what users ask, `troupe` what it means, `journey` what is counted of them, and
//! `passage` what the counts say. Looking at agents is the kernel's (`kernel/watch`), and so is whom copies meet
//! (`kernel/strangers`).

mod company;
mod ensemble;
mod goal;
mod journey;
mod life;
mod passage;
mod spec;
mod troupe;

pub(crate) use company::Company;
pub use ensemble::{Ensemble, MAX_COPIES, Surrounding, Surroundings};
pub(crate) use journey::{Crossings, Journeys, ONE};
pub(crate) use life::{Glimpse, Lives};
pub use life::{TargetPoint, TargetReport};
pub use passage::{Arrivals, FirstPassage, Interval, PassagePoint, PassageReport, Spread, wilson};
pub use spec::{Cast, Goal, GoalTest, MAX_GOAL_TESTS, MAX_NAME_CHARS, MAX_TARGETS, Persona, Quality, TargetAgent};
pub(crate) use troupe::{NEWBORNS, Troupe};
