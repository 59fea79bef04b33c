//! All orders of events of small worlds: two or three runs of two tenants are created, started, paused, cancelled, verified and come to
//! their ends, while writes take their time or fail, and the server stops in good order or is killed at any moment and recovers.
//! What is checked is the code that runs: the books, admission and the lifecycle. The world around them does what the registry
//! does: it writes, in order, the records that it is given, says what came of it, and starts what waits.
//!
//! Besides [`Books::check`] it holds in every state that can be reached:
//!
//! - (M1) A run whose creation was acknowledged is on the disk.
//! - (M2) On the disk a run goes only where the lifecycle lets it, and nothing changes one that has ended.
//! - (M3) What a record says of its times and its fault fits its status (L2 to L4).
//! - (M4) Before any restart, no more runs than there are places, and no more memory than there is.
//! - (M5) When nothing is in flight, the books hold what the disk holds.
//! - (M6) When nothing is in flight, no run waits for what is free.
//! - (M7) Every run can still come to its end.

mod world;

use std::collections::{HashMap, VecDeque};

use crate::config::Limits;
use world::{EVERYTHING, Habits, PLAIN, World};

/// Goes through every world that can be reached. Gives how many they are.
fn explore(start: World) -> usize {
    let mut numbers = HashMap::from([(start.key(), 0_usize)]);
    let mut before: Vec<Vec<usize>> = vec![Vec::new()];
    let (mut done, mut todo) = (Vec::new(), VecDeque::from([(start, 0)]));
    while let Some((world, number)) = todo.pop_front() {
        world.check();
        if world.is_done() {
            done.push(number);
        }
        for (next, mishap) in world.successors() {
            let fresh = numbers.len();
            let found = *numbers.entry(next.key()).or_insert(fresh);
            if found == fresh {
                before.push(Vec::new());
                todo.push_back((next, found));
            }
            // That a mishap may bring a run to its end is no comfort.
            if !mishap {
                before[found].push(number);
            }
        }
    }
    let mut can_end = vec![false; numbers.len()];
    while let Some(number) = done.pop() {
        if !std::mem::replace(&mut can_end[number], true) {
            done.extend(&before[number]);
        }
    }
    assert!(
        can_end.iter().all(|&can| can),
        "M7: {} worlds have no way out",
        can_end.iter().filter(|can| !**can).count()
    );
    numbers.len()
}

fn limits(max_running: usize, max_running_total: usize, memory: u64) -> Limits {
    Limits {
        max_running,
        max_running_total,
        max_queued: 2,
        max_tenant_memory_bytes: u64::MAX,
        max_memory_total_bytes: memory,
        max_interruptions: 1,
        ..Limits::default()
    }
}

#[test]
fn two_runs_to_which_everything_happens() {
    let runs = [(1, EVERYTHING), (1, EVERYTHING)];
    println!("{} worlds", explore(World::new(limits(1, 1, u64::MAX), &runs, (1, 1))));
}

#[test]
fn three_runs_two_of_which_are_paused_and_cancelled() {
    let runs = [(1, Habits { pauses: true, ..PLAIN }), (1, PLAIN), (1, Habits { cancels: true, ..PLAIN })];
    println!("{} worlds", explore(World::new(limits(1, 2, u64::MAX), &runs, (1, 1))));
}

#[test]
fn three_runs_that_are_short_of_memory() {
    let runs = [(1, Habits { starts: &[false], ..PLAIN }), (2, PLAIN), (2, Habits { verifies: true, ..PLAIN })];
    println!("{} worlds", explore(World::new(limits(2, 3, 3), &runs, (1, 0))));
}

#[test]
fn a_run_under_which_the_server_ends_again_and_again() {
    let runs = [(1, Habits { snapshots: true, pauses: true, ..PLAIN }), (1, PLAIN)];
    let limits = Limits { max_interruptions: 2, ..limits(1, 1, u64::MAX) };
    println!("{} worlds", explore(World::new(limits, &runs, (4, 0))));
}
