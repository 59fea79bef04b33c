//! Experiments: a run whose agents are made up of groups, and to which things are done, asked and measured on the way.
//!
//! Map: `spec` is what users ask, as plain data; `compile` (with `words` and `values`) checks it and makes the `script`:
//! names become numbers, steps get their ticks; `groups` says who is who; `target` whom a step means; `findings` is what
//! partitions find, mergeable; `journal` what became of the steps so far; `report` what users read of it. The doing to
//! agents is the kernel's (`kernel/act`); the order of it the coordinator's.

mod compile;
mod findings;
mod groups;
mod journal;
mod report;
mod script;
mod spec;
mod target;
mod values;
mod words;

pub use findings::Findings;
pub(crate) use findings::{Column, Testimony};
pub(crate) use journal::{Journal, Next};
pub use report::{AnswerCount, Interviewed, MetricPoint, MetricReport, QuestionReport, Report, StepReport, StepResult};
pub(crate) use script::{Asked, Deed, shown};
pub use script::{Script, Task};
pub use spec::*;
pub(crate) use target::{Address, Who};
pub(crate) use values::{code, compared};
pub(crate) use words::unknown;
