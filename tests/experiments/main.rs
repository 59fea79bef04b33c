//! The experiment runner on a real server with a real store, and on the command line: were one of these to fail, a client of
//! AgentSociety's API would get another experiment than the one it wrote, or lose one that it was promised.
//!
//! `routes`: the four routes, and the Runs API beside them. `steps`: what steps do to agents. `asking`: what they ask and
//! measure. `scale`: ten thousand agents for ten days. `stopping`: stops, failures and rushes. `restart`: power cuts.
//! `errors` and `wrong`: refusals. `command`: the command line.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[path = "../support/mod.rs"]
mod support;

mod asking;
mod command;
mod errors;
mod restart;
mod routes;
mod scale;
mod steps;
mod stopping;
mod wrong;
