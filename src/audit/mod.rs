//! Audit files: what `civitas run --audit` writes and `civitas diff` reads. They hold a digest of all state for every
//! moment of a run, so that two runs can be compared to the first tick, region and agent that differ.
//!
//! Map: `format` is the layout of the bytes; `header` and `specification` what stands before the moments; `write` and
//! `read` the files; `compare` finds where two audits part; `rerun` does a recorded run again here; `agents` looks at the
//! agents of two runs; `diff` puts it together; `report` is what came of it, `text` the page that people read.
//!
//! # Format 1
//!
//! Three lines of UTF-8, each ended by a line feed, then records. All numbers are little-endian, all hashes XXH3.
//!
//! 1. `civitas-audit 1`: what it is, and the format's version.
//! 2. The header, one JSON object: [`Header`]. Fields may be added without a new version.
//! 3. XXH3-64 of the first two lines with their line feeds, as 16 hexadecimal digits.
//!
//! A record is a head, a body and a checksum. The head is 13 bytes: kind (1), tick (4), detail (4), and the lower half of
//! XXH3-64 of these nine (4). The checksum (8) is XXH3-64 of head and body. Both are seeded with the checksum before: that
//! of the last record or, for the first, that of line 3. So nothing can be left out, put in or moved unseen. With R
//! regions, B blocks and N agents (all follow from the header):
//!
//! | kind | detail | body |
//! |---|---|---|
//! | `S`: all state | workflow step, or 2^32 - 1 at the end of a tick | digest sum (16), digest (16), metrics (8), environment (8 R), regions (8 R), blocks (8 B), where `kept_traits` names any plain blocks (8 B), where `agent_hashes` is true agents (4 N) |
//! | `C`: the workflow changed the environment | 0 | metrics (8), environment (8 R) |
//! | `E`: the end | 0 completed, 1 cancelled, 2 failed, 3 paused | number of `S` and `C` records (8) |
//!
//! A block is up to 64 agents of one region; ids run region by region, so that regions' numbers of agents give both. A
//! block's hash is the lower half of XXH3-128, seeded with its number, of its agents' saved state followed by what they
//! publish; a region's is the sum of its blocks' and the lower half of the digest sum that of all, modulo 2^64. The digest
//! is XXH3-128 of the model's name, 0, its version, 0, N (4), tick (4) and the digest sum (16): the one of snapshots and
//! results. Agents' saved state is what their model saves, followed by the kept traits, those that the run's experiment
//! may set (8 each); a plain block's hash leaves these out, so that runs with other workflows can be compared. An agent's
//! hash is the lower half of XXH3-64, seeded with its id, of what its model saves, what it publishes, and every trait that
//! can be set (8 each).
//!
//! The first record is of tick 0; of a fork it is of the tick that the fork goes on from.
//!
//! Every record is written at once, so that whatever ends a run leaves whole records and at most the start of one more.

mod agents;
mod compare;
mod diff;
mod format;
mod header;
mod read;
mod report;
mod rerun;
mod specification;
mod text;
mod write;

pub use diff::{Options, diff, verify};
pub use format::{Encoder, Shape};
pub use header::Header;
pub use read::{AuditReader, Next};
pub use report::{Report, Verdict};
pub use specification::Specification;
pub use text::render;
pub use write::{AuditFile, MAX_UNFORCED_BYTES, Written, bytes_at_most};
