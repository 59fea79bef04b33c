//! A few threads that walk through ticks together: what a loop written by hand needs to use several cores, and no more.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Turns of waiting before a thread lets others have its core: about ten microseconds.
const SPINS: u32 = 4_000;

/// Where threads wait for each other.
pub(super) struct Barrier {
    threads: usize,
    arrived: AtomicUsize,
    round: AtomicUsize,
}

impl Barrier {
    pub(super) fn new(threads: usize) -> Self {
        Self { threads, arrived: AtomicUsize::new(0), round: AtomicUsize::new(0) }
    }

    /// Waits until every thread is here. What they wrote before, all see after.
    pub(super) fn wait(&self) {
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.store(0, Ordering::Relaxed);
            self.round.store(round + 1, Ordering::Release);
            return;
        }
        let mut spins = 0;
        while self.round.load(Ordering::Acquire) == round {
            if spins < SPINS {
                spins += 1;
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
    }
}

/// Runs `work` with each member on a thread of its own, the first on this one.
pub(super) fn each_on_a_thread<T: Send>(members: Vec<T>, work: impl Fn(T) + Sync) {
    let work = &work;
    let mut members = members.into_iter();
    let first = members.next();
    std::thread::scope(|scope| {
        for member in members {
            scope.spawn(move || work(member));
        }
        if let Some(first) = first {
            work(first);
        }
    });
}

/// The slice in pieces of these lengths, which add up to its own.
pub(super) fn pieces<T>(mut slice: &mut [T], lengths: impl Iterator<Item = usize>) -> Vec<&mut [T]> {
    let mut pieces = Vec::new();
    for length in lengths {
        let (piece, rest) = slice.split_at_mut(length);
        pieces.push(piece);
        slice = rest;
    }
    pieces
}
