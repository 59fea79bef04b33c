//! The committer with a target that can fail on request: what is promised when the disk gives up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use super::*;

/// Counts what happens; a change of `0` is refused, `1` panics, cleaning up after `2` panics, and the disk fails while `broken`.
struct Fake {
    broken: Arc<AtomicBool>,
    syncs: Arc<AtomicUsize>,
    untidy: bool,
}

impl Target for Fake {
    type Change = u32;

    fn stage(&mut self, changes: Vec<u32>) -> Result<()> {
        assert!(!changes.contains(&1), "asked to");
        self.untidy = changes.contains(&2);
        match changes.contains(&0) {
            true => Err(StoreError::corrupt("zero", "it was asked for")),
            false => Ok(()),
        }
    }

    fn commit(&mut self) -> Result<()> {
        self.syncs.fetch_add(1, Ordering::SeqCst);
        match self.broken.load(Ordering::SeqCst) {
            true => Err(StoreError::io("syncing", std::io::Error::other("broken"))),
            false => Ok(()),
        }
    }

    fn tidy(&mut self) {
        assert!(!self.untidy, "a page is damaged");
    }
}

struct Bench {
    committer: Committer<u32>,
    broken: Arc<AtomicBool>,
    syncs: Arc<AtomicUsize>,
    sender: mpsc::Sender<(usize, Result<()>)>,
    answers: mpsc::Receiver<(usize, Result<()>)>,
}

fn bench() -> Bench {
    let (broken, syncs) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let fake = Fake { broken: Arc::clone(&broken), syncs: Arc::clone(&syncs), untidy: false };
    let (sender, answers) = mpsc::channel();
    Bench { committer: Committer::start(fake).unwrap(), broken, syncs, sender, answers }
}

impl Bench {
    fn submit(&self, number: usize, changes: Result<Vec<u32>>) {
        let sender = self.sender.clone();
        let done: Committed = Box::new(move |result| sender.send((number, result)).unwrap());
        self.committer.submit(Request { changes, bytes: 1, done });
    }

    /// Holds the committer in a callback until the returned sender is dropped, so that a group builds up.
    fn hold(&self) -> mpsc::Sender<()> {
        let (release, held) = mpsc::channel::<()>();
        let (entered, inside) = mpsc::channel::<()>();
        let done: Committed = Box::new(move |_| {
            entered.send(()).unwrap();
            let _ = held.recv();
        });
        self.committer.submit(Request { changes: Ok(vec![9]), bytes: 1, done });
        inside.recv().unwrap();
        release
    }
}

#[test]
fn one_sync_serves_a_group_and_answers_keep_the_order() {
    let bench = bench();
    let release = bench.hold();
    for number in 0..100 {
        bench.submit(number, Ok(vec![9]));
    }
    drop(release);
    for number in 0..100 {
        let (answered, result) = bench.answers.recv().unwrap();
        assert_eq!(answered, number);
        result.unwrap();
    }
    assert_eq!(bench.syncs.load(Ordering::SeqCst), 2);
}

#[test]
fn a_refused_request_fails_alone() {
    let bench = bench();
    let release = bench.hold();
    bench.submit(0, Ok(vec![9]));
    bench.submit(1, Ok(vec![9, 0]));
    bench.submit(2, Err(StoreError::corrupt("it", "never fits")));
    bench.submit(3, Ok(vec![9]));
    drop(release);
    let answers: Vec<bool> = (0..4).map(|_| bench.answers.recv().unwrap().1.is_ok()).collect();
    assert_eq!(answers, [true, false, false, true]);
    assert!(bench.committer.failure().is_none(), "the disk is not at fault");
}

#[test]
fn after_a_failed_sync_nothing_is_accepted() {
    let bench = bench();
    let release = bench.hold();
    bench.broken.store(true, Ordering::SeqCst);
    bench.submit(0, Ok(vec![9]));
    bench.submit(1, Ok(vec![0]));
    bench.submit(2, Ok(vec![9]));
    drop(release);
    let results: Vec<_> = (0..3).map(|_| bench.answers.recv().unwrap().1).collect();
    assert!(matches!(results[0], Err(StoreError::Io { .. })), "{results:?}");
    assert!(matches!(results[1], Err(StoreError::Corrupt { .. })), "{results:?}");
    assert!(matches!(results[2], Err(StoreError::Io { .. })), "{results:?}");

    assert!(matches!(bench.committer.failure(), Some(StoreError::Stopped { .. })));
    // The disk recovers; what it lost does not.
    bench.broken.store(false, Ordering::SeqCst);
    let syncs = bench.syncs.load(Ordering::SeqCst);
    bench.submit(3, Ok(vec![9]));
    let (_, result) = bench.answers.recv().unwrap();
    assert!(matches!(result, Err(StoreError::Stopped { .. })), "{result:?}");
    assert_eq!(bench.syncs.load(Ordering::SeqCst), syncs);
}

#[test]
fn a_panic_of_the_database_is_a_failure_of_the_disk() {
    let bench = bench();
    bench.submit(0, Ok(vec![1]));
    assert!(matches!(bench.answers.recv().unwrap().1, Err(StoreError::Io { .. })));
    bench.submit(1, Ok(vec![9]));
    assert!(matches!(bench.answers.recv().unwrap().1, Err(StoreError::Stopped { .. })));
}

#[test]
fn a_panicking_callback_harms_nobody_else() {
    let bench = bench();
    let done: Committed = Box::new(|_| panic!("asked to"));
    bench.committer.submit(Request { changes: Ok(vec![9]), bytes: 1, done });
    bench.submit(1, Ok(vec![9]));
    bench.answers.recv().unwrap().1.unwrap();
}

#[test]
fn closing_answers_what_was_queued_and_refuses_the_rest() {
    let bench = bench();
    let release = bench.hold();
    for number in 0..10 {
        bench.submit(number, Ok(vec![9]));
    }
    drop(release);
    bench.committer.close();
    bench.submit(10, Ok(vec![9]));
    for number in 0..10 {
        let (answered, result) = bench.answers.try_recv().unwrap();
        assert_eq!((answered, result.is_ok()), (number, true));
    }
    assert!(matches!(bench.answers.try_recv().unwrap(), (10, Err(StoreError::Closed))));
}

#[test]
fn what_cannot_be_cleaned_up_stops_nothing() {
    let bench = bench();
    bench.submit(0, Ok(vec![2]));
    bench.answers.recv().unwrap().1.unwrap();
    bench.submit(1, Ok(vec![9]));
    bench.answers.recv().unwrap().1.unwrap();
    assert!(bench.committer.failure().is_none());
    bench.committer.close();
}
