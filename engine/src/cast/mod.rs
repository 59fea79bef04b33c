//! Agents that users name: in a hybrid run they live inside the society, and what becomes of each is told by itself.
//!
//! Map: `spec` is what users ask, as plain data; `goal` a state that is to be reached, and whether it is; `company` checks the
//! names and says which agents they are and what they are born with; `life` is what a run's coordinator keeps of them, and
//! what users read of it. Looking at agents is the kernel's (`kernel/watch`).

mod company;
mod goal;
mod life;
mod spec;

pub(crate) use company::Company;
pub(crate) use life::{Glimpse, Lives};
pub use life::{TargetPoint, TargetReport};
pub use spec::{Cast, Goal, GoalTest, MAX_GOAL_TESTS, MAX_NAME_CHARS, MAX_TARGETS, Persona, Quality, TargetAgent};
