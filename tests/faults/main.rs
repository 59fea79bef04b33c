//! Faults of the disk: were one of these to fail, a full or damaged disk would cost more than what it holds, or nobody would
//! be told.
//!
//! `short`: little room left. `full`: none, without any warning. `denied`: a folder that cannot be written. `damage`: snapshots that are not what was written.
//! `versions`: stores of other versions of civitas; `before_nodes`: one whose runs have no nodes. A second server on one folder is in `tests/restart.rs`.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[path = "../support/mod.rs"]
mod support;

mod before_nodes;
mod damage;
mod denied;
mod full;
mod mounted;
mod short;
mod versions;
