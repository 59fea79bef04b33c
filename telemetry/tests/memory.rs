//! How much memory an answer takes: were this to fail, one question about one agent of a large run would take the memory of all
//! of them, and end the program that other runs live in.
//!
//! One test has this program to itself, for the most memory that a process ever had is the process's.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![cfg(target_os = "linux")]

mod common;

use std::fs;

use civitas_actors::TelemetryChoice;
use civitas_engine::ALL_AGENTS;
use common::{recorded, run_of, spec};

const AGENTS: u32 = 10_000;
const TICKS: u32 = 30;
/// Decoded, a row of `agents` takes some 250 bytes. What a few row groups take that are decoded at a time, and allocators keep for
/// the threads that do it, is half of what the whole table would.
const MOST_BYTES: u64 = AGENTS as u64 * TICKS as u64 * 140;

/// A line of what the system says of this process's memory, in bytes.
fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let found = status.lines().find_map(|known| known.strip_prefix(line)).unwrap();
    found.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn one_agent_of_a_whole_population_takes_little_memory() {
    let choice = TelemetryChoice { keyframe_every: Some(1), sample_agents: Some(ALL_AGENTS), ..Default::default() };
    let (_folder, reader, index) = recorded(run_of(spec(AGENTS, TICKS), 0, choice)).await;
    // The most that it ever had is the most from now on.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = memory("VmRSS");
    let moments = reader.trajectory(&index, AGENTS - 7).await.unwrap();
    let taken = memory("VmHWM").saturating_sub(before);
    assert!(moments.iter().map(|moment| moment.moment.tick).eq(0..=TICKS));
    assert!(moments.iter().all(|moment| moment.agent == AGENTS - 7 && moment.moment.reasons.is_some()));
    assert!(taken < MOST_BYTES, "{taken} bytes for {} moments of one agent, more than {MOST_BYTES}", moments.len());
}
