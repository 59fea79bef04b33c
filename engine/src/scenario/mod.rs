//! Scenarios: what happens to the environment while a run goes on. Effects change variables in some regions and segments,
//! from a tick on, with a strength that changes over time, and some only once a condition holds.
//!
//! Map: `effect` is what users ask, as plain data; `intensity` how strong an effect is so long after it began; `programme`
//! checks effects against the model and the data set and turns names into numbers; `course` is what a run's coordinator
//! keeps of them: which have begun, and what they make of the environment; `told` says so in the results; `bundle` puts named
//! scripts of effects on a time line; `trial` finds all mistakes in effects. Everything here is pure; agents see nothing of it but their environment.

mod bundle;
mod course;
mod effect;
mod intensity;
mod programme;
mod told;
mod trial;

pub use bundle::{AppliedBundle, BundleOrder, BundleStep, Cause, EventBundle, EventScript, MAX_BUNDLE_SCRIPTS};
pub(crate) use course::Course;
pub use effect::{Effect, MAX_EFFECTS, Operation, Precondition, Scope, Subject, effects_from_bytes, effects_to_bytes};
pub(crate) use effect::{check_effects, without_ticks_after};
pub use intensity::{Intensity, MAX_CURVE_POINTS};
pub(crate) use programme::{Programme, is_applied_again};
pub(crate) use told::applications;
