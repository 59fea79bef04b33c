//! One thread that makes commits durable, many at a time, and answers them in order.
//!
//! Requests wait in a bounded queue. The thread takes what is there, up to [`MAX_BATCH`] changes or
//! [`MAX_BATCH_BYTES`], has the [`Target`] stage each request, commits all at once, and only then answers. It owns
//! the order of commits and the rule of fail-stop: after a failed fsync nothing later can be trusted (the kernel may
//! have dropped the dirty pages and will report success next time), so that every later commit is refused. It knows
//! nothing of sled or records.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crossbeam::channel::{self, Receiver, Sender};

use crate::limits::{COMMIT_QUEUE, MAX_BATCH, MAX_BATCH_BYTES};
use crate::meters::StoreMeters;
use crate::{Committed, Result, StoreError};

/// What the committer commits to. All calls come from its thread.
pub(crate) trait Target: Send + 'static {
    /// A prepared change.
    type Change: Send + 'static;

    /// Adds one request to the group, whole or not at all. Nothing is written yet.
    fn stage(&mut self, changes: Vec<Self::Change>) -> Result<()>;

    /// Writes the group, whole or not at all, and makes it durable.
    fn commit(&mut self) -> Result<()>;

    /// Cleans up after a group that is durable and answered.
    fn tidy(&mut self);
}

/// One commit: its changes, or why they can never be stored, and who is told.
pub(crate) struct Request<C> {
    pub(crate) changes: Result<Vec<C>>,
    /// How much there is to write, roughly.
    pub(crate) bytes: usize,
    pub(crate) done: Committed,
}

/// The handle of the thread.
pub(crate) struct Committer<C> {
    queue: RwLock<Option<Sender<Request<C>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// What is answered once a commit could not be made durable.
    stopped: Arc<OnceLock<StoreError>>,
    meters: StoreMeters,
}

impl<C: Send + 'static> Committer<C> {
    /// Starts the thread. The target is dropped when the thread ends.
    pub(crate) fn start(target: impl Target<Change = C>) -> Result<Self> {
        let (sender, receiver) = channel::bounded(COMMIT_QUEUE);
        let stopped = Arc::<OnceLock<_>>::default();
        let own = Arc::clone(&stopped);
        let meters = StoreMeters::default();
        let counting = meters.clone();
        let thread = thread::Builder::new()
            .name("civitas-commit".to_owned())
            .spawn(move || run(target, &receiver, &own, &counting))
            .map_err(|error| StoreError::io("starting the committer", error))?;
        Ok(Self { queue: RwLock::new(Some(sender)), thread: Mutex::new(Some(thread)), stopped, meters })
    }

    /// Queues a request, waiting for a place. After [`Committer::close`] it is answered at once, on this thread.
    pub(crate) fn submit(&self, request: Request<C>) {
        self.meters.waiting.inc();
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        let refused = match queue.as_ref() {
            Some(sender) => sender.send(request).err().map(|refused| refused.0),
            None => Some(request),
        };
        drop(queue);
        if let Some(request) = refused {
            self.meters.waiting.dec();
            answer(request.done, Err(StoreError::Closed));
        }
    }

    /// What is counted.
    pub(crate) fn meters(&self) -> &StoreMeters {
        &self.meters
    }

    /// Why every commit is refused; `None` while they are not.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        self.stopped.get().cloned()
    }

    /// Takes no more requests, and returns when all that were queued are answered. Called from a callback it
    /// cannot wait for its own thread, which then ends by itself after the last answer.
    pub(crate) fn close(&self) {
        self.queue.write().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        match thread {
            Some(handle) if handle.thread().id() != thread::current().id() => {
                if let Err(panic) = handle.join() {
                    tracing::error!(panic = panic_text(&*panic), "the committer panicked");
                }
            }
            _ => {}
        }
    }
}

fn run<T: Target>(
    mut target: T,
    queue: &Receiver<Request<T::Change>>,
    stopped: &OnceLock<StoreError>,
    meters: &StoreMeters,
) {
    while let Some(group) = next_group(queue) {
        let answers = match stopped.get() {
            None => commit_group(&mut target, group, stopped, meters),
            Some(error) => group.into_iter().map(|r| (r.done, Err(StoreError::clone(error)))).collect(),
        };
        for (done, result) in answers {
            meters.waiting.dec();
            meters.commits.inc_by(u64::from(result.is_ok()));
            answer(done, result);
        }
        if stopped.get().is_none() {
            // What is answered is on the disk; what could not be cleaned up takes room, and nothing else.
            let tidied = unpanicked(|| {
                target.tidy();
                Ok(())
            });
            if let Err(error) = tidied {
                tracing::error!(%error, "bytes that nothing names stay");
            }
        }
    }
}

/// Waits for one request and takes those that are there already; `None` when the queue is closed and empty.
fn next_group<C>(queue: &Receiver<Request<C>>) -> Option<Vec<Request<C>>> {
    let (mut changes, mut bytes) = (0, 0);
    let mut next = Some(queue.recv().ok()?);
    let mut group = Vec::new();
    while let Some(request) = next {
        changes += request.changes.as_ref().map_or(1, |changes| changes.len().max(1));
        bytes += request.bytes;
        group.push(request);
        let full = changes >= MAX_BATCH || bytes >= MAX_BATCH_BYTES;
        next = if full { None } else { queue.try_recv().ok() };
    }
    Some(group)
}

/// Stages and commits a group. A failure of the disk is the answer to all of it, and `stopped` is set to the
/// answer for all who come later.
fn commit_group<T: Target>(
    target: &mut T,
    group: Vec<Request<T::Change>>,
    stopped: &OnceLock<StoreError>,
    meters: &StoreMeters,
) -> Vec<(Committed, Result<()>)> {
    let mut failure = None;
    let mut answers = Vec::with_capacity(group.len());
    for Request { changes, done, .. } in group {
        let staged = changes.and_then(|changes| guarded(|| target.stage(changes)));
        failure = failure.or_else(|| staged.clone().err().filter(StoreError::is_fatal));
        answers.push((done, staged));
    }
    if failure.is_none() && answers.iter().any(|(_, staged)| staged.is_ok()) {
        let begun = Instant::now();
        failure = guarded(|| target.commit()).err();
        meters.flush_seconds.observe(begun.elapsed().as_secs_f64());
    }
    if let Some(error) = failure {
        tracing::error!(%error, "a commit could not be made durable; the store accepts no more");
        stopped.get_or_init(|| StoreError::Stopped { why: error.to_string() });
        for (_, result) in answers.iter_mut().filter(|(_, result)| result.is_ok()) {
            *result = Err(error.clone());
        }
    }
    answers
}

/// What `work` gives. sled panics where its files are not what it wrote: to whoever reads that is damage like any other.
pub(crate) fn unpanicked<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let why = format!("its files are damaged: {}; `civitas doctor` says what is left", panic_text(&*panic));
        Err(StoreError::corrupt("the database", why))
    })
}

/// A panic while writing leaves as much unknown as a failed write does.
fn guarded(work: impl FnOnce() -> Result<()>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = format!("the database panicked: {}", panic_text(&*panic));
        Err(StoreError::io("committing", std::io::Error::other(text)))
    })
}

fn answer(done: Committed, result: Result<()>) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| done(result))) {
        tracing::error!(panic = panic_text(&*panic), "the callback of a commit panicked");
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "committer_tests.rs"]
mod tests;
